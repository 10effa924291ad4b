//! The installation: the operator's file, the plugins, the cache of compiled code.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;

use super::finding::{Finding, Findings, count, quoted, size};
use super::{Args, project, sockets};
use crate::session::{HostOptions, Session};
use oarlock_engine::UnusableDirectory;
use oarlock_engine::pipeline::{Operator, Renderer};
use oarlock_engine::sandbox::{
    BASELINE, CacheState, CodeCache, CodeOrigin, Library, SandboxError, Services, Workload,
};
use oarlock_engine::source::Directory;

/// Checks everything that this machine shows.
///
/// # Errors
/// If the current directory cannot be opened.
pub(super) fn check(host: &HostOptions, args: &Args, findings: &mut Findings) -> Result<()> {
    sockets::check(args, findings);
    cache(host, findings);
    #[cfg(feature = "server")]
    shared(args, findings);
    let Some((library, operator)) = operator(host, findings) else { return Ok(()) };
    let library = Arc::new(library);
    plugins(&library, &operator, findings)?;
    let renderer = Renderer { library, operator: Arc::new(operator), pipeline: None, cache: None };
    project::check(&renderer, Path::new("."), findings);
    Ok(())
}

/// The operator's file, and the plugins that it allows.
fn operator(host: &HostOptions, findings: &mut Findings) -> Option<(Library, Operator)> {
    const CHECK: &str = "operator's file";
    // What loads here loads in the server.
    match Session::library(host, workload()) {
        Ok(found) => {
            findings.add(Finding::ok(
                CHECK,
                match host.operator_file() {
                    Some(path) => format!("{} says nothing that it may not", path.display()),
                    None => "none is named, so the defaults hold".to_owned(),
                },
            ));
            Some(found)
        }
        Err(error) => {
            let hint = "`--operator FILE` or OARLOCK_OPERATOR_CONFIG names it; `oarlock schema operator` tells what it may say";
            findings.add(Finding::error(CHECK, error, hint));
            None
        }
    }
}

/// What the server would do; without one, what a render of many directories does.
fn workload() -> Workload {
    #[cfg(feature = "server")]
    {
        crate::serve::workload(None)
    }
    #[cfg(not(feature = "server"))]
    {
        oarlock_fleet::workload()
    }
}

/// Whether each plugin loads, and whether that takes compiling.
fn plugins(library: &Arc<Library>, operator: &Operator, findings: &mut Findings) -> Result<()> {
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

#[cfg(feature = "server")]
/// Whether the cache that replicas share answers, where one is named.
fn shared(args: &Args, findings: &mut Findings) {
    const CHECK: &str = "shared cache";
    const HINT: &str =
        "renders go on without it; `--cache` or OARLOCK_CACHE names it, REDIS_PASSWORD has its password";
    let store = match args.cache.store() {
        Ok(Some(store)) => store,
        Ok(None) => return,
        Err(error) => return findings.add(Finding::error(CHECK, error, HINT)),
    };
    findings.add(match store.ping() {
        Ok(()) => Finding::ok(CHECK, format!("{} answers", store.address())),
        Err(error) => Finding::warn(CHECK, format!("{}: {error}", store.address()), HINT),
    });
    if !store.has_key() {
        let message = format!("anyone who can write to {} can change what is deployed", store.address());
        let hint = "give all replicas a key by OARLOCK_CACHE_KEY or `--cache-key-file`: they take no entries of others then";
        findings.add(Finding::warn(CHECK, message, hint));
    }
}

/// Where compiled code is kept.
fn cache(host: &HostOptions, findings: &mut Findings) {
    const CHECK: &str = "compiled code";
    let Some(directory) = host.cache_directory() else {
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
