//! Loading plugins, at the start and again when what the operator says changes: in the background,
//! while requests are served by what was loaded before.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::signal::unix::{SignalKind, signal};
use tracing::{info, warn};

use super::backend::Backend;
use super::http::{PluginState, Readiness, Ready};
use super::live::Live;
use oarlock_engine::pipeline::Renderer;
use oarlock_engine::sandbox::Library;

/// How often files are looked at. A ConfigMap reaches a pod within a minute or so.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Makes a renderer that shares the engine of a library.
pub type MakeRenderer = dyn Fn(&Library) -> anyhow::Result<Renderer> + Send + Sync;

/// Lists the files and directories that a renderer depends on.
pub type FilesOf = dyn Fn(&Renderer) -> Vec<PathBuf> + Send + Sync;

/// How the operator's file is read again.
#[derive(Clone)]
pub struct Reload {
    /// Makes a renderer of what the operator's file says now, whose library has the engine of the
    /// old one.
    pub renderer: Arc<MakeRenderer>,
    /// The files and directories that it depends on.
    pub files: Arc<FilesOf>,
}

impl std::fmt::Debug for Reload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reload").finish_non_exhaustive()
    }
}

/// Loads the plugins that the server starts with.
pub(super) fn load_first(backend: &Backend, ready: &Readiness) {
    let live = backend.live();
    serve_loaded(backend, ready, &live);
    info!("plugins are loaded");
}

/// Loads what is live, and says whether all of it can run.
fn serve_loaded(backend: &Backend, ready: &Readiness, live: &Live) {
    let failed = load(backend, ready, &live.renderer.library);
    if let Err(error) = backend.identify(live) {
        warn!("renders are not shared with other replicas: {error}");
    }
    ready.is_now(match failed.into_iter().next() {
        None => Ready::Yes,
        Some((_, why)) => Ready::Broken(why),
    });
}

/// Loads all plugins of a library, and reports each. Gives back those that cannot be loaded, and
/// why.
fn load(backend: &Backend, ready: &Readiness, library: &Library) -> BTreeMap<String, String> {
    let mut failed = BTreeMap::new();
    for name in library.names() {
        let loaded = library.get(name);
        backend.metrics.loaded(name, loaded.is_ok());
        let state = match loaded {
            Ok(_) => PluginState::Loaded(library.loaded_digest(name).unwrap_or_default().to_owned()),
            Err(error) => {
                warn!(plugin = name, "{error}");
                failed.insert(name.to_owned(), error.to_string());
                PluginState::Failed(error.to_string())
            }
        };
        ready.plugin(name, state);
    }
    failed
}

/// Reads the operator's word anew on SIGHUP and when a file changes, until the server ends.
pub(super) async fn watch(
    backend: Arc<Backend>,
    ready: Arc<Readiness>,
    reload: Reload,
) -> std::io::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    let mut seen = look(&(reload.files)(&backend.live().renderer));
    loop {
        let is_asked = tokio::select! {
            _ = hangup.recv() => true,
            () = tokio::time::sleep(LOOK_EVERY) => false,
        };
        let now = look(&(reload.files)(&backend.live().renderer));
        if now == seen && !is_asked {
            continue;
        }
        seen = now;
        let (backend, ready, reload) = (Arc::clone(&backend), Arc::clone(&ready), reload.clone());
        let done = tokio::task::spawn_blocking(move || again(&backend, &ready, &reload)).await;
        if let Err(error) = done {
            warn!("the plugins were not loaded again: {error}");
        }
    }
}

/// Loads what the operator says now, and serves it if all of it can be loaded.
fn again(backend: &Backend, ready: &Readiness, reload: &Reload) {
    let old = backend.live();
    let loaded = (reload.renderer)(&old.renderer.library).and_then(|renderer| {
        for name in renderer.library.names() {
            // What could not be loaded before keeps nothing from being loaded now.
            let was_loaded = old.renderer.library.loaded_digest(name).is_some();
            if let Err(error) = renderer.library.get(name)
                && was_loaded
            {
                return Err(error.into());
            }
        }
        Ok(renderer)
    });
    match loaded {
        Ok(renderer) => {
            let names: Vec<String> = renderer.library.names().map(str::to_owned).collect();
            backend.metrics.plugins_are(&names);
            ready.plugins_are(&names);
            let live = backend.exchange(renderer);
            serve_loaded(backend, ready, &live);
            ready.kept(None);
            backend.metrics.reloaded(true);
            info!(generation = live.generation, "the operator's file and plugins were loaded again");
        }
        Err(error) => {
            let error = format!("{error:#}");
            warn!("what was loaded before stays in use: {error}");
            ready.kept(Some(error));
            backend.metrics.reloaded(false);
        }
    }
}

/// What can be seen of files without reading them: of each its time, size and number, of a
/// directory those of its entries.
type Look = Vec<(PathBuf, Option<(SystemTime, u64, u64)>)>;

fn look(paths: &[PathBuf]) -> Look {
    let mut seen = Look::new();
    for path in paths {
        seen.push((path.clone(), stamp(path)));
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        entries.sort();
        seen.extend(entries.into_iter().map(|entry| {
            let stamp = stamp(&entry);
            (entry, stamp)
        }));
    }
    seen
}

fn stamp(path: &Path) -> Option<(SystemTime, u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    // Through links, as Kubernetes exchanges what a volume holds.
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len(), metadata.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_files_and_directories_are_seen() {
        let outer = tempfile::tempdir().unwrap();
        let path = |name: &str| outer.path().join(name);
        std::fs::create_dir(path("plugins")).unwrap();
        std::fs::write(path("operator.yaml"), "a").unwrap();
        let paths = [path("operator.yaml"), path("plugins"), path("absent")];
        let mut before = look(&paths);
        assert_eq!(before, look(&paths));
        let changes: [&dyn Fn(); 4] = [
            &|| std::fs::write(path("operator.yaml"), "longer").unwrap(),
            &|| std::fs::write(path("plugins/a.wasm"), "a").unwrap(),
            &|| std::fs::rename(path("plugins/a.wasm"), path("plugins/b.wasm")).unwrap(),
            &|| std::fs::write(path("absent"), "").unwrap(),
        ];
        for change in changes {
            change();
            let after = look(&paths);
            assert_ne!(before, after);
            before = after;
        }
    }
}
