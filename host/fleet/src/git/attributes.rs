//! What `.gitattributes` and git's configuration make of a file when it is checked out: line ends,
//! encodings, `$Id$`. Filters are programs, and are not run.

use std::sync::{Mutex, PoisonError};

use gix::ObjectId;
use gix::attrs::StateRef;
use gix::bstr::{BStr, ByteSlice as _};
use gix::filter::plumbing::pipeline::convert::to_worktree;
use gix::worktree::stack::state::attributes::Source as AttributesSource;
use oarlock_engine::source::ReadError;

use super::repository::Shared;

/// Converts content to what a checkout has.
pub(super) struct Attributes(Mutex<Machinery>);

struct Machinery {
    /// Without drivers: no program is started.
    pipeline: gix::filter::plumbing::Pipeline,
    stack: gix::worktree::Stack,
    selection: gix::attrs::search::Outcome,
    /// The names of the filters that are configured.
    drivers: Vec<String>,
}

impl Attributes {
    /// What holds for the files of a tree; `None` where nothing is ever converted. `has_files` says
    /// whether there is a `.gitattributes` in it.
    pub(super) fn of_tree(shared: &Shared, tree: ObjectId, has_files: bool) -> Result<Option<Self>, String> {
        shared.with(|repository| {
            if !Self::are_there(repository, has_files) {
                return Ok(None);
            }
            let read = || -> gix::Result<Self> {
                let index = repository.index_from_tree(&tree)?;
                let stack = repository.attributes_only(&index, AttributesSource::IdMapping)?.detach();
                let mut options = gix::filter::Pipeline::options(repository)?;
                let drivers =
                    std::mem::take(&mut options.drivers).into_iter().map(|driver| driver.name.to_string());
                let drivers = drivers.collect();
                let pipeline = gix::filter::plumbing::Pipeline::new(
                    repository.command_context()?,
                    repository.object_hash(),
                    options,
                );
                let mut selection = gix::attrs::search::Outcome::default();
                selection.initialize_with_selection(
                    &gix::attrs::search::MetadataCollection::default(),
                    ["filter", "ident"],
                );
                Ok(Self(Mutex::new(Machinery { pipeline, stack, selection, drivers })))
            };
            read().map(Some).map_err(|error| error.to_string())
        })
    }

    /// Whether anything may convert files: attributes of the tree, or this repository's own
    /// settings.
    pub(super) fn are_there(repository: &gix::Repository, has_files: bool) -> bool {
        has_files || has_own(repository)
    }

    /// The content of a file in a checkout.
    pub(super) fn check_out(
        &self,
        shared: &Shared,
        path: &BStr,
        content: &[u8],
    ) -> Result<Vec<u8>, ReadError> {
        let mut machinery = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Machinery { pipeline, stack, selection, drivers } = &mut *machinery;
        let failed = |error: &dyn std::fmt::Display| {
            ReadError::Failed(format!("the attributes of `{path}` cannot be read: {error}"))
        };
        shared.with(|repository| {
            let entry =
                stack.at_path(path, None, &repository.objects).map_err(|error| failed(&error))?;
            selection.reset();
            entry.matching_attributes(selection);
            let mut has_ident = false;
            for found in selection.iter_selected() {
                let name = found.assignment.name.as_str();
                match found.assignment.state {
                    StateRef::Set if name == "ident" => has_ident = true,
                    StateRef::Value(value) if name == "filter" => {
                        let filter = value.as_bstr().to_string();
                        // What Git LFS does is known without its program.
                        if filter != "lfs" && drivers.contains(&filter) {
                            return Err(ReadError::Refused(format!(
                                "`{path}` passes through the filter `{filter}` of git, a program that Oarlock does not run"
                            )));
                        }
                    }
                    _ => {}
                }
            }
            let options = to_worktree::Options::default();
            let converted = pipeline
                .convert_to_worktree(
                    content,
                    path,
                    &mut |_, found| {
                        entry.matching_attributes(found);
                    },
                    options,
                )
                .map_err(|error| failed(&error))?;
            // Only filters give anything else than bytes.
            let converted = converted.as_bytes().unwrap_or(content);
            Ok(if has_ident { with_spaced_ids(converted) } else { converted.to_vec() })
        })
    }
}

/// `$Id: …$` as git writes it: with a space before the last `$`, which the library leaves out.
fn with_spaced_ids(content: &[u8]) -> Vec<u8> {
    const BEGIN: &[u8] = b"$Id: ";
    let mut spaced = Vec::with_capacity(content.len() + 8);
    let mut rest = content;
    while let Some(place) = rest.find(BEGIN) {
        let (before, id) = rest.split_at(place + BEGIN.len());
        let length = id.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        spaced.extend_from_slice(before);
        spaced.extend_from_slice(&id[..length]);
        if matches!(length, 40 | 64) && id.get(length) == Some(&b'$') {
            spaced.push(b' ');
        }
        rest = &id[length..];
    }
    spaced.extend_from_slice(rest);
    spaced
}

/// Whether the configuration of the repository or the user converts files.
fn has_own(repository: &gix::Repository) -> bool {
    let config = repository.config_snapshot();
    let is_converting = config.string("core.autocrlf").is_some_and(|value| {
        !matches!(
            value.to_str().unwrap_or_default().to_ascii_lowercase().as_str(),
            "false" | "no" | "off" | "0" | ""
        )
    });
    let places = repository.attribute_global_paths().unwrap_or_default();
    let own = repository.common_dir().join("info/attributes");
    is_converting || places.into_iter().chain([own]).any(|place| place.exists())
}
