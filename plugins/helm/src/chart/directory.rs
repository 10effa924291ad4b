//! A chart in a directory of the tree.

use std::cell::Cell;
use std::rc::Rc;

use oarlock_plugin::{ChartUrl, Failure, Host, Kind, Level, Origin, ReadError, Result, TreePath};

use super::ignore::Rules;
use super::load::{load_files, without_mark};
use super::record::{Field, Record, update};
use super::{Chart, File, vendored};
use crate::log::Log;
use crate::profile::Profile;
use crate::yaml::{self, YamlError};

/// The largest file that Helm takes.
pub(super) const MAX_FILE_BYTES: u64 = 5 * 1024 * 1024;
/// How many files a chart may have, those of the charts within among them.
pub(super) const MAX_FILES: usize = 10_000;

/// Loads a chart, all charts within, and those it depends on that the repository keeps elsewhere,
/// but for what its `.helmignore` leaves out.
///
/// # Errors
/// If there is no chart, or something in it is wrong.
pub fn load_directory(host: &dyn Host, directory: &TreePath, profile: Profile, log: &Log) -> Result<Chart> {
    load_tree(host, directory, &[], profile, log, None)
}

/// Loads a chart as [`load_directory`] does, but for what lies in `crds/`, which can be most of a
/// chart: those files are empty. `looked` becomes true when a template looks at `.Files`, which
/// then has to be read after all.
///
/// # Errors
/// As [`load_directory`].
pub fn load_without_definitions(
    host: &dyn Host,
    directory: &TreePath,
    profile: Profile,
    log: &Log,
    looked: &Rc<Cell<bool>>,
) -> Result<Chart> {
    load_tree(host, directory, &[], profile, log, Some(looked))
}

/// Loads a chart that others lead to.
pub(super) fn load_tree(
    host: &dyn Host,
    directory: &TreePath,
    above: &[ChartUrl],
    profile: Profile,
    log: &Log,
    looked: Option<&Rc<Cell<bool>>>,
) -> Result<Chart> {
    check_version(host, directory, profile)?;
    let ignore_path = format!("{directory}/.helmignore");
    let ignore = match host.read(&ignore_path) {
        Ok(text) => String::from_utf8_lossy(&text).into_owned(),
        Err(ReadError::NotFound | ReadError::WrongKind(_)) => String::new(),
        Err(error) => return Err(error.at(&ignore_path)),
    };
    let rules = Rules::parse(&ignore, &ignore_path)?;
    let reads_definitions = looked.is_none();
    let (files, open) = (Vec::new(), Vec::new());
    let mut walk = Walk { host, root: directory, rules, reads_definitions, files, open };
    walk.directory(directory)?;
    let mut chart = load_files(walk.files, profile, log)?;
    if let Some(looked) = looked {
        chart.watch(looked);
    }
    vendored::add(host, &mut chart, above, profile, log, looked)?;
    Ok(chart)
}

/// Helm looks at `Chart.yaml` first, to learn which kind of chart it is.
fn check_version(host: &dyn Host, directory: &TreePath, profile: Profile) -> Result<()> {
    let path = format!("{directory}/Chart.yaml");
    let path = path.strip_prefix("./").unwrap_or(&path);
    let text = host.read(path).map_err(|error| match error {
        ReadError::NotFound => {
            let message = if profile.checks_chart_versions() {
                format!("unable to detect chart at {path}: no such file or directory")
            } else {
                "Chart.yaml file is missing".to_owned()
            };
            Failure::new(message).at(Origin::file(directory.as_str()))
        }
        error => error.at(path),
    })?;
    check_api_version(&text, path, profile)
}

/// What Helm reads first of `Chart.yaml`.
#[derive(Default)]
struct ChartBase {
    api_version: String,
}

impl Record for ChartBase {
    const NAME: &'static str = "chartBase";
    const FIELDS: &'static [&'static str] = &["apiVersion"];

    fn package(_: Profile) -> &'static str {
        "loader"
    }

    fn set(&mut self, field: &Field) -> std::result::Result<(), YamlError> {
        field.text(&mut self.api_version)
    }
}

/// Refuses charts of a version that Helm does not know, or knows and does not render yet.
pub(super) fn check_api_version(text: &[u8], path: &str, profile: Profile) -> Result<()> {
    if !profile.checks_chart_versions() {
        return Ok(());
    }
    let mut base = ChartBase::default();
    yaml::read(text)
        .and_then(|node| update(&mut base, &node, profile))
        .map_err(|error| error.into_failure("cannot load Chart.yaml: ", path))?;
    let message = match base.api_version.as_str() {
        "" | "v1" | "v2" => return Ok(()),
        "v3" => "invalid chart apiVersion",
        _ => "unsupported chart version",
    };
    Err(Failure::new(message)
        .at(Origin::file(path))
        .hint(format!("`apiVersion` is `v1` or `v2`, not `{}`", base.api_version)))
}

struct Walk<'a> {
    host: &'a dyn Host,
    root: &'a TreePath,
    rules: Rules,
    /// Whether what lies in `crds/` is read.
    reads_definitions: bool,
    files: Vec<File>,
    /// The directories that are being walked, without links: a link to one of them would lead in a
    /// circle.
    open: Vec<String>,
}

impl Walk<'_> {
    fn directory(&mut self, directory: &TreePath) -> Result<()> {
        let place = self.host.stat(directory).map_err(|error| error.at(directory))?.path;
        if self.open.contains(&place) {
            self.host.log(Level::Info, &format!("`{directory}` leads back to itself and is left out"));
            return Ok(());
        }
        self.open.push(place);
        for entry in self.host.list(directory).map_err(|error| error.at(directory))? {
            let path = directory.join(&entry.name).map_err(|error| Failure::new(error.to_string()))?;
            let name = path.relative_to(self.root);
            if self.rules.ignore(&name, entry.kind == Kind::Directory) {
                continue;
            }
            match entry.kind {
                Kind::Directory => self.directory(&path)?,
                Kind::File => self.file(name, &path)?,
            }
        }
        self.open.pop();
        Ok(())
    }

    fn file(&mut self, name: String, path: &TreePath) -> Result<()> {
        if self.files.len() == MAX_FILES {
            return Err(Failure::new(format!("the chart has more than {MAX_FILES} files"))
                .at(Origin::file(self.root.as_str()))
                .hint("name what is no part of the chart in `.helmignore`"));
        }
        let is_read = self.reads_definitions || !is_definition(&name);
        let (data, size) = if is_read {
            let data = self.host.read(path).map_err(|error| error.at(path))?;
            let size = data.len() as u64;
            (data, size)
        } else {
            (Vec::new(), self.host.stat(path).map_err(|error| error.at(path))?.size)
        };
        if size > MAX_FILE_BYTES {
            let base = name.rsplit_once('/').map_or(name.as_str(), |(_, base)| base);
            return Err(Failure::new(format!(
                "chart file {base:?} is larger than the maximum file size {MAX_FILE_BYTES}"
            ))
            .at(Origin::file(path.as_str()))
            .hint("name what is no part of the chart in `.helmignore`"));
        }
        let path: Rc<str> = Rc::from(path.as_str());
        self.files.push(File { name, data: without_mark(data), path });
        Ok(())
    }
}

/// Whether a file lies in the `crds/` of the chart, or of one of the charts within.
fn is_definition(name: &str) -> bool {
    let mut rest = name;
    while let Some((_, within)) = rest.strip_prefix("charts/").and_then(|rest| rest.split_once('/')) {
        rest = within;
    }
    rest.starts_with("crds/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_lie_in_a_folder_of_a_chart() {
        for (name, expected) in [
            ("crds/a.yaml", true),
            ("crds/a/b.yaml", true),
            ("charts/x/crds/a.yaml", true),
            ("charts/x/charts/y/crds/a.yaml", true),
            ("charts/crds/crds/a.yaml", true),
            ("charts/crds/a.yaml", false),
            ("charts/crds", false),
            ("crds", false),
            ("templates/crds/a.yaml", false),
        ] {
            assert_eq!(is_definition(name), expected, "{name}");
        }
    }
}
