//! The installation: the operator's file, the plugins, the cache of compiled code.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use oarlock_plugin::Failure;

use crate::finding::{Finding, Findings, count, quoted, size};
use crate::project::{self, WorkTree};
use crate::sockets;
use oarlock_engine::UnusableDirectory;
use oarlock_engine::pipeline::{Operator, Renderer};
use oarlock_engine::sandbox::{BASELINE, CacheState, CodeCache, CodeOrigin, Library, SandboxError, Services};
use oarlock_engine::source::{Directory, OpenError};

/// What is checked: where things are, and what a program has found out about them.
pub struct Installation<'a> {
    /// Names of the plugin, each of which has a socket.
    pub names: &'a [String],
    /// Where the repo-server looks for sockets; `None` for its default.
    pub socket_directory: Option<&'a Path>,
    /// Where compiled code is kept, if it is.
    pub code_cache: Option<PathBuf>,
    /// The cache that replicas share, if there is one, or why it cannot be used.
    pub shared_cache: Option<Result<SharedCache, Failure>>,
    /// The operator's file, if one is named.
    pub operator_file: Option<&'a Path>,
    /// The plugins that the operator allows, and all else that the operator says, or what is wrong
    /// with that.
    pub operator: Result<(Library, Operator), Failure>,
    /// The work tree around the current directory, or why it is not known.
    pub work_tree: Result<WorkTree, Failure>,
}

/// The cache that replicas share.
#[derive(Clone, Debug)]
pub struct SharedCache {
    /// Where it is, for people.
    pub address: String,
    /// Whether it answers, or why not.
    pub answer: Result<(), String>,
    /// Whether entries carry a code by a key.
    pub has_key: bool,
}

/// Checks everything that this machine shows.
///
/// # Errors
/// If the current directory cannot be opened.
pub fn check_installation(installation: Installation<'_>) -> Result<Findings, OpenError> {
    let mut findings = Findings::default();
    sockets::check(installation.socket_directory, installation.names, &mut findings);
    cache(installation.code_cache, &mut findings);
    if let Some(found) = installation.shared_cache {
        shared(found, &mut findings);
    }
    let found = operator(installation.operator, installation.operator_file, &mut findings);
    let Some((library, operator)) = found else { return Ok(findings) };
    let library = Arc::new(library);
    plugins(&library, &operator, &mut findings)?;
    let renderer = Renderer { library, operator: Arc::new(operator), pipeline: None, cache: None };
    project::check(&renderer, installation.work_tree, &mut findings);
    Ok(findings)
}

/// The operator's file, and the plugins that it allows.
fn operator(
    found: Result<(Library, Operator), Failure>,
    file: Option<&Path>,
    findings: &mut Findings,
) -> Option<(Library, Operator)> {
    const CHECK: &str = "operator's file";
    match found {
        Ok(found) => {
            findings.add(Finding::ok(
                CHECK,
                match file {
                    Some(path) => format!("{} says nothing that it may not", path.display()),
                    None => "none is named, so the defaults hold".to_owned(),
                },
            ));
            Some(found)
        }
        Err(failure) => {
            findings.add(Finding::failure(CHECK, failure));
            None
        }
    }
}

/// Whether each plugin loads, and whether that takes compiling.
fn plugins(library: &Arc<Library>, operator: &Operator, findings: &mut Findings) -> Result<(), OpenError> {
    // Describing reads nothing, but every call has a tree. There may be nowhere to write one.
    let tree = Arc::new(Directory::open(Path::new("."))?);
    let services = Arc::new(Services::new(tree, Arc::clone(library), operator.limits));
    for name in library.names() {
        let check = format!("plugin {name}");
        let load = || -> Result<_, SandboxError> {
            let origin = library.code_origin(name)?;
            let begun = Instant::now();
            let descriptor = services.load(name)?.describe(&services)?;
            Ok((descriptor.version, origin, begun.elapsed()))
        };
        findings.add(match load() {
            Ok((version, CodeOrigin::Embedded, _)) => {
                Finding::ok(check, format!("{version} loads, precompiled for {BASELINE}"))
            }
            Ok((version, CodeOrigin::Compiled { unfit: Some(reason), .. }, _)) => Finding::warn(
                check,
                format!("{version} loads, but its precompiled code does not fit this machine: {reason}"),
                "it is compiled here instead, once for each cache of compiled code",
            ),
            Ok((version, CodeOrigin::Compiled { cached: true, .. }, _)) => {
                Finding::ok(check, format!("{version} loads, from the cache of compiled code"))
            }
            Ok((version, CodeOrigin::Compiled { cached: false, .. }, took)) => Finding::ok(
                check,
                format!("{version} loads; it had to be compiled, in {} ms", took.as_millis()),
            ),
            Err(error) => {
                let hint =
                    "take the component that the operator's file allows, built for this version's contract";
                let failure = error.into_failures().swap_remove(0);
                match failure.hint {
                    Some(_) => Finding::failure(check, failure),
                    None => Finding::failure(check, failure.hint(hint)),
                }
            }
        });
    }
    Ok(())
}

/// Whether the cache that replicas share answers.
fn shared(found: Result<SharedCache, Failure>, findings: &mut Findings) {
    const CHECK: &str = "shared cache";
    const HINT: &str =
        "renders go on without it; `--cache` or OARLOCK_CACHE names it, REDIS_PASSWORD has its password";
    let SharedCache { address, answer, has_key } = match found {
        Ok(cache) => cache,
        Err(failure) => return findings.add(Finding::failure(CHECK, failure.hint(HINT))),
    };
    findings.add(match answer {
        Ok(()) => Finding::ok(CHECK, format!("{address} answers")),
        Err(error) => Finding::warn(CHECK, format!("{address}: {error}"), HINT),
    });
    if !has_key {
        let message = format!("anyone who can write to {address} can change what is deployed");
        let hint = "give all replicas a key by OARLOCK_CACHE_KEY or `--cache-key-file`: they take no entries of others then";
        findings.add(Finding::warn(CHECK, message, hint));
    }
}

/// Where compiled code is kept.
fn cache(directory: Option<PathBuf>, findings: &mut Findings) {
    const CHECK: &str = "compiled code";
    let Some(directory) = directory else {
        findings.add(Finding::warn(
            CHECK,
            "is kept nowhere, so every start compiles all plugins",
            "set OARLOCK_CACHE_DIR, or HOME",
        ));
        return;
    };
    let place = directory.display().to_string();
    findings.add(match CodeCache::new(directory).state() {
        CacheState::Absent => Finding::ok(CHECK, format!("{place} is made when it is first needed")),
        CacheState::Private { entries: 0, .. } => Finding::ok(CHECK, format!("{place} is empty")),
        CacheState::Private { entries, bytes } => {
            Finding::ok(CHECK, format!("{place} has {}, {}", count(entries, "entry"), size(bytes)))
        }
        CacheState::Unusable(UnusableDirectory::Exposed { place: exposed, owner, mode }) => {
            let exposed = exposed.display().to_string();
            let which = if exposed == place { "it".to_owned() } else { exposed.clone() };
            Finding::warn(
                CHECK,
                format!("{place} is not used: {which} is owned by user {owner} with mode {mode:04o}, so others could put code there"),
                format!("`chmod go-w {}` as its owner, who must be the user that runs oarlock, or root", quoted(&exposed)),
            )
        }
        CacheState::Unusable(UnusableDirectory::Unreadable(reason)) => Finding::warn(
            CHECK,
            format!("{place} cannot be used: {reason}"),
            "`--cache-dir DIR` or OARLOCK_CACHE_DIR names another directory",
        ),
    });
}
