//! From a tree and what is known of an Application to its manifests: remembered, or rendered by a
//! thread of the pool.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::sync::oneshot;
use tonic::{Code, Status};
use tracing::{Span, info, info_span, warn};

use super::deadline::Deadline;
use super::facts::Clusters;
use super::live::{Exchange, Live};
use super::memory::{Exhausted, Memory, Reservation, default_budget};
use super::metrics::{Metrics, Origin};
use super::pool::{Account, Pool};
use super::renders::{Key, Render, Renders, size_of_manifests, size_of_reads};
use super::shared::{Found, Shared, Store};
use super::trees::Trees;
use super::upload::{Upload, Uploads};
use super::watched::Watched;
use super::{reply, status};
use oarlock_engine::application::Context;
use oarlock_engine::pipeline::{self, Operator, RenderError, Renderer, Task};
use oarlock_engine::render_cache;
use oarlock_engine::sandbox::{Interrupt, Meter, SandboxError};
use oarlock_engine::source::{Digest, ReadRecord, Source, TreePath};

/// How long an interrupted render may take to report it itself; its error says more than the queue
/// knows.
const INTERRUPT_MARGIN: Duration = Duration::from_millis(50);

/// What a render takes in the host, whatever its plugins do: the repository's configuration, the
/// record of reads, warnings.
const RENDER_BYTES: u64 = 16 << 20;

/// Everything that requests share.
pub(super) struct Backend {
    live: Exchange,
    pub(super) uploads: Arc<Uploads>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) clusters: Clusters,
    pub(super) memory: Arc<Memory>,
    renders: Arc<Renders>,
    /// How many renders run plugins, and do not wait for memory.
    rendering: AtomicUsize,
    shared: Option<Shared>,
    pool: Pool,
}

/// Cancels a render when nobody waits for it any more, and lets go of its repository where it has
/// not begun.
struct Waiting {
    interrupt: Arc<Interrupt>,
    upload: Arc<Mutex<Option<Upload>>>,
}

/// A render that is wanted: by which plugins and settings, and where it is kept.
struct Wanted {
    live: Arc<Live>,
    key: Key,
    /// Its key for other replicas, if it can be shared with them.
    shared: Option<Key>,
}

/// The first one to take an upload has it.
fn taken(upload: &Mutex<Option<Upload>>) -> Option<Upload> {
    upload.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// A render that runs plugins.
pub(super) struct Rendering<'e> {
    backend: &'e Backend,
    _memory: Reservation,
}

impl Drop for Rendering<'_> {
    fn drop(&mut self) {
        self.backend.rendering.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.interrupt.cancel();
        drop(taken(&self.upload));
    }
}

impl Backend {
    /// A backend with so many threads that render, and perhaps a store that it shares with others.
    ///
    /// # Errors
    /// If the system gives no threads, or a plugin cannot be read.
    pub(super) fn new(
        renderer: Renderer,
        threads: usize,
        store: Option<Store>,
        metrics: Arc<Metrics>,
    ) -> Result<Self> {
        let settings = &renderer.operator.argo_cd;
        let patience = Duration::from_secs(settings.upload_seconds.into());
        let budget = settings.memory.unwrap_or_else(default_budget);
        info!("all requests together may take {budget} of memory");
        let memory = Memory::new(budget);
        let trees = Arc::new(Trees::new(settings.tree_cache.0));
        let renders = Arc::new(Renders::new(settings.render_cache.0));
        // Trees first: one of them frees more, and is easier to come by again.
        memory.relieved_by(Arc::downgrade(&trees) as _);
        memory.relieved_by(Arc::downgrade(&renders) as _);
        let uploads = Arc::new(Uploads::new(settings.archive, patience, trees, Arc::clone(&memory)));
        let pool = Pool::new(threads, settings.queue).context("cannot start threads")?;
        let shared = match store {
            Some(store) => Some(Shared::new(store, Arc::clone(&metrics), Arc::clone(&memory))?),
            None => None,
        };
        let (clusters, rendering) = (Clusters::default(), AtomicUsize::default());
        let live = Exchange::new(renderer);
        Ok(Self { live, uploads, metrics, clusters, memory, renders, rendering, shared, pool })
    }

    /// The plugins and settings that a request takes when it comes.
    pub(super) fn live(&self) -> Arc<Live> {
        self.live.now()
    }

    /// Has requests that come from now on use other plugins and settings.
    pub(super) fn exchange(&self, renderer: Renderer) -> Arc<Live> {
        self.live.exchange(renderer)
    }

    /// Finds out what replicas have to have in common, so that renders are shared from now on.
    ///
    /// # Errors
    /// If a plugin cannot be read.
    pub(super) fn identify(&self, live: &Live) -> Result<(), SandboxError> {
        if self.shared.is_some() && live.identity.get().is_none() {
            let _ = live.identity.set(render_cache::identity(&live.renderer)?);
        }
        Ok(())
    }

    /// What the operator says now.
    pub(super) fn operator(&self) -> Arc<Operator> {
        Arc::clone(&self.live().renderer.operator)
    }

    /// Sets the gauges to what they measure.
    pub(super) fn measure(&self) {
        let (waiting, running) = self.pool.load();
        self.metrics.load(waiting, running);
        self.metrics.caches(self.uploads.trees.size(), self.renders.size());
        self.metrics.memory(self.memory.size());
    }

    /// The manifests of an Application.
    pub(super) async fn render(
        self: &Arc<Self>,
        upload: Upload,
        deadline: &Deadline,
    ) -> Result<Arc<Render>, Status> {
        self.clusters.remember(&upload.context.application);
        let wanted = self.wanted(&upload.context);
        let begun = Instant::now();
        let name = upload.context.name().to_owned();
        let (checksum, packed, known) = (upload.checksum, upload.packed, upload.known);
        let (render, origin) = match self.renders.of_archive(&wanted.key, &checksum) {
            Some(render) => (Ok(render), Origin::Archive),
            None => {
                self.in_pool(deadline, upload, move |backend, upload, interrupt| {
                    backend.look_or_render(&wanted, upload, interrupt)
                })
                .await?
            }
        };
        // The deadline is known here; what was done before it, where it was exceeded.
        let render = match render {
            Err(status)
                if deadline.is_over()
                    && (status.code() != Code::DeadlineExceeded || !deadline.is_of_client()) =>
            {
                Err(self.late(&name, deadline, true))
            }
            render => render,
        };
        self.metrics.rendered(origin);
        Span::current().record("from", origin.name());
        let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let manifests = render.as_ref().map_or(0, |render| render.manifests.len());
        info!(application = name, %checksum, packed, repository_known = known, from = origin.name(), manifests, took_ms, "render");
        render
    }

    /// Runs something on the account of an upload's application, with its end in view.
    pub(super) async fn in_pool<T: Send + 'static>(
        self: &Arc<Self>,
        deadline: &Deadline,
        upload: Upload,
        work: impl FnOnce(&Self, &Upload, &Arc<Interrupt>) -> T + Send + 'static,
    ) -> Result<T, Status> {
        let name = upload.context.name().to_owned();
        let account = Account::of(&upload.context);
        let interrupt = Arc::new(Interrupt::new(Some(deadline.at())));
        let upload = Arc::new(Mutex::new(Some(upload)));
        // Dropped with this future, which is dropped when the client leaves.
        let _waiting = Waiting { interrupt: Arc::clone(&interrupt), upload: Arc::clone(&upload) };
        let (answer, answered) = oneshot::channel();
        let started = Arc::new(AtomicBool::new(false));
        let job = {
            let (backend, started) = (Arc::clone(self), Arc::clone(&started));
            let queued = Instant::now();
            let (request, queue) = (Span::current(), info_span!("queue"));
            move || {
                drop(queue);
                let _within = request.entered();
                backend.metrics.stage("queue", queued.elapsed());
                let Some(upload) = taken(&upload) else { return };
                started.store(true, Ordering::Relaxed);
                if !interrupt.is_over() {
                    let _ = answer.send(work(&backend, &upload, &interrupt));
                }
            }
        };
        self.pool.submit(&account, job).map_err(|full| status::busy(&name, &full.to_string()))?;
        match tokio::time::timeout_at((deadline.at() + INTERRUPT_MARGIN).into(), answered).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) if !deadline.is_over() => Err(Status::internal(format!(
                "application `{name}`: the render broke off; this is a bug in oarlock"
            ))),
            _ => Err(self.late(&name, deadline, started.load(Ordering::Relaxed))),
        }
    }

    fn late(&self, name: &str, deadline: &Deadline, started: bool) -> Status {
        let at = if started {
            "and the render is not done".to_owned()
        } else {
            format!("and {} renders are waiting for a thread", self.pool.load().0)
        };
        deadline.status(name, &at)
    }

    /// Waits until there is memory for a render that runs plugins, unless it is the only one.
    ///
    /// # Errors
    /// If there is no memory even so.
    pub(super) fn begin(&self, interrupt: &Interrupt) -> Result<Rendering<'_>, Exhausted> {
        let limits = self.operator().limits;
        let allowance = limits.memory.0.saturating_add(limits.output.0).saturating_add(RENDER_BYTES);
        self.memory.wait(allowance, interrupt, || self.rendering.load(Ordering::Relaxed) == 0);
        let memory = self.memory.reserve(RENDER_BYTES)?;
        self.rendering.fetch_add(1, Ordering::Relaxed);
        Ok(Rendering { backend: self, _memory: memory })
    }

    /// What a render of a tree needs besides the tree and the directory.
    pub(super) fn task<'a>(
        &self,
        upload: &Upload,
        tree: &'a Arc<dyn Source>,
        directory: &'a TreePath,
        interrupt: &Arc<Interrupt>,
    ) -> Task<'a> {
        Task {
            application: upload.context.for_plugins(self.operator().argo_cd.revision),
            interrupt: Some(Arc::clone(interrupt)),
            meter: Some(Arc::clone(&self.memory) as Arc<dyn Meter>),
            ..Task::new(tree, directory)
        }
    }

    fn look_or_render(
        &self,
        wanted: &Wanted,
        upload: &Upload,
        interrupt: &Arc<Interrupt>,
    ) -> (Result<Arc<Render>, Status>, Origin) {
        let tree = Arc::new(Watched { tree: Arc::clone(&upload.tree), interrupt: Arc::clone(interrupt) });
        if let Some(render) = self.renders.of_tree(&wanted.key, upload.checksum, tree.as_ref()) {
            return (Ok(render), Origin::Reads);
        }
        let shared = self.shared.as_ref().zip(wanted.shared.as_ref());
        if let Some(found) = shared.and_then(|(shared, key)| shared.of_tree(key, tree.as_ref())) {
            let Found { reads, manifests } = found;
            return (self.keep(wanted.key, upload, reads, manifests), Origin::Shared);
        }
        let begun = Instant::now();
        let render = info_span!("render").in_scope(|| self.fresh(wanted, upload, tree, interrupt));
        self.metrics.stage("render", begun.elapsed());
        (render, Origin::Plugins)
    }

    /// Remembers a render.
    fn keep(
        &self,
        key: Key,
        upload: &Upload,
        reads: ReadRecord,
        manifests: Vec<String>,
    ) -> Result<Arc<Render>, Status> {
        let bytes = size_of_manifests(&manifests) + size_of_reads(&reads);
        let memory = self.memory.reserve(bytes);
        let memory = memory.map_err(|exhausted| status::exhausted(upload.context.name(), exhausted))?;
        Ok(self.renders.keep(key, upload.checksum, reads, manifests, memory))
    }

    fn fresh(
        &self,
        wanted: &Wanted,
        upload: &Upload,
        tree: Arc<Watched>,
        interrupt: &Arc<Interrupt>,
    ) -> Result<Arc<Render>, Status> {
        let name = upload.context.name();
        let invalid =
            |failure| status::of_render(name, oarlock_engine::pipeline::PlanError::from(failure).into());
        let directory = upload.context.directory().map_err(invalid)?;
        let _rendering = self.begin(interrupt).map_err(|exhausted| status::exhausted(name, exhausted))?;
        let tree: Arc<dyn Source> = tree;
        let outcome =
            pipeline::render(&wanted.live.renderer, self.task(upload, &tree, &directory, interrupt));
        for notice in outcome.services.take_warnings() {
            warn!(application = name, plugin = notice.plugin, "{}", notice.failure);
        }
        for (plugin, time) in outcome.services.take_times() {
            self.metrics.plugin(&plugin, time);
        }
        match outcome.rendered {
            // What was read after the end is not what is in the tree.
            Ok(_) if interrupt.is_over() => Err(Status::cancelled("nobody waits for the render any more")),
            Ok(rendered) => {
                let manifests = reply::manifests(&rendered.manifests);
                let reads = outcome.configuration.into_iter().chain(outcome.reads).collect();
                let render = self.keep(wanted.key, upload, reads, manifests)?;
                if let Some((shared, key)) = self.shared.as_ref().zip(wanted.shared.as_ref()) {
                    shared.keep(key, &render);
                }
                Ok(render)
            }
            Err(error) => {
                if let RenderError::Sandbox(SandboxError::Limit { plugin, kind, .. }) = &error {
                    self.metrics.limit(plugin, kind.name());
                }
                Err(status::of_render(name, error))
            }
        }
    }

    /// What a render depends on besides the tree and this process, and the keys by which it is
    /// kept.
    fn wanted(&self, context: &Context) -> Wanted {
        let live = self.live();
        let application = context.for_plugins(live.renderer.operator.argo_cd.revision);
        let text = serde_json::to_vec(&(&context.directory, &application)).unwrap_or_default();
        let request = Digest::of(&text);
        let key = Key(Digest::of(&[&request.0[..], &live.generation.to_le_bytes()].concat()));
        let shared = live.identity.get().map(|identity| Key(Digest::of(&[identity.0, request.0].concat())));
        Wanted { live, key, shared }
    }
}
