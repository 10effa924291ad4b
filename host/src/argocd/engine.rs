//! From a tree and what is known of an Application to its manifests: remembered, or rendered by a thread of the pool.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::sync::oneshot;
use tonic::Status;
use tracing::{Span, info, info_span, warn};

use super::context::Context;
use super::facts::Clusters;
use super::metrics::{Metrics, Origin};
use super::pool::Pool;
use super::renders::{Key, Render, Renders};
use super::settings::ArgoCd;
use super::shared::{self, Found, Shared, Store};
use super::trees::Trees;
use super::upload::{Upload, Uploads};
use super::{render, reply, status};
use crate::pipeline::{Renderer, Task};
use crate::sandbox::{Interrupt, SandboxError};
use crate::source::{Digest, Source};

/// So long a render that is interrupted has to say so itself, which tells more than the queue knows.
const LAST_WORDS: Duration = Duration::from_millis(50);

/// Everything that requests share.
pub(super) struct Engine {
    pub(super) renderer: Renderer,
    pub(super) uploads: Arc<Uploads>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) clusters: Clusters,
    renders: Renders,
    shared: Option<Shared>,
    pool: Pool,
}

/// Cancels a render when nobody waits for it any more.
struct Waiting(Arc<Interrupt>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Engine {
    /// An engine with so many threads that render, and perhaps a store that it shares with others.
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
        let uploads = Uploads::new(settings.archive, patience, Trees::new(settings.tree_cache.0));
        let uploads = Arc::new(uploads);
        let renders = Renders::new(settings.render_cache.0);
        let pool = Pool::new(threads, settings.queue).context("cannot start threads")?;
        let shared = match store {
            Some(store) => Some(Shared::new(store, shared::identity(&renderer)?, Arc::clone(&metrics))?),
            None => None,
        };
        Ok(Self { renderer, uploads, metrics, clusters: Clusters::default(), renders, shared, pool })
    }

    pub(super) fn settings(&self) -> &ArgoCd {
        &self.renderer.operator.argo_cd
    }

    /// Sets the gauges to what they measure.
    pub(super) fn measure(&self) {
        let (waiting, running) = self.pool.load();
        self.metrics.load(waiting, running);
        self.metrics.caches(self.uploads.trees.size(), self.renders.size());
    }

    /// The manifests of an Application.
    pub(super) async fn render(
        self: &Arc<Self>,
        upload: Upload,
        until: Option<Instant>,
    ) -> Result<Arc<Render>, Status> {
        self.clusters.hear(&upload.context.application);
        let key = self.key(&upload.context);
        let begun = Instant::now();
        let name = upload.context.name().to_owned();
        let (checksum, packed, known) = (upload.checksum, upload.packed, upload.known);
        let (render, origin) = match self.renders.of_archive(&key, &checksum) {
            Some(render) => (Ok(render), Origin::Archive),
            None => {
                self.in_pool(until, upload, move |engine, upload, interrupt| {
                    engine.look_or_render(key, upload, interrupt)
                })
                .await?
            }
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
        until: Option<Instant>,
        upload: Upload,
        work: impl FnOnce(&Self, &Upload, &Arc<Interrupt>) -> T + Send + 'static,
    ) -> Result<T, Status> {
        let name = upload.context.name().to_owned();
        let account = upload.context.account();
        let interrupt = Arc::new(Interrupt::new(until));
        // Dropped with this future, which is dropped when the client leaves.
        let _waiting = Waiting(Arc::clone(&interrupt));
        let (answer, answered) = oneshot::channel();
        let started = Arc::new(AtomicBool::new(false));
        let job = {
            let (engine, interrupt, started) =
                (Arc::clone(self), Arc::clone(&interrupt), Arc::clone(&started));
            let queued = Instant::now();
            let (request, queue) = (Span::current(), info_span!("queue"));
            move || {
                drop(queue);
                let _within = request.entered();
                started.store(true, Ordering::Relaxed);
                engine.metrics.stage("queue", queued.elapsed());
                if !interrupt.is_over() {
                    let _ = answer.send(work(&engine, &upload, &interrupt));
                }
            }
        };
        self.pool.submit(&account, job).map_err(|full| status::busy(&name, &full.to_string()))?;
        let given = interrupt.given();
        let answered = async {
            answered.await.map_err(|_| {
                Status::internal(format!(
                    "application `{name}`: the render broke off; this is a bug in oarlock"
                ))
            })
        };
        let Some(until) = until else { return answered.await };
        match tokio::time::timeout_at((until + LAST_WORDS).into(), answered).await {
            Ok(answered) if interrupt.is_over() && answered.is_err() => {
                Err(self.late(&name, given, &started))
            }
            Ok(answered) => answered,
            Err(_) => Err(self.late(&name, given, &started)),
        }
    }

    fn late(&self, name: &str, given: Option<Duration>, started: &AtomicBool) -> Status {
        let at = if started.load(Ordering::Relaxed) {
            "and the render is not done".to_owned()
        } else {
            format!("and {} renders are waiting for a thread", self.pool.load().0)
        };
        status::of_deadline(name, given.unwrap_or_default(), &at)
    }

    fn look_or_render(
        &self,
        key: Key,
        upload: &Upload,
        interrupt: &Arc<Interrupt>,
    ) -> (Result<Arc<Render>, Status>, Origin) {
        if let Some(render) = self.renders.of_tree(&key, upload.checksum, upload.tree.as_ref()) {
            return (Ok(render), Origin::Reads);
        }
        if let Some(found) =
            self.shared.as_ref().and_then(|shared| shared.of_tree(&key, upload.tree.as_ref()))
        {
            let Found { reads, manifests } = found;
            return (Ok(self.renders.keep(key, upload.checksum, reads, manifests)), Origin::Shared);
        }
        let begun = Instant::now();
        let render = info_span!("render").in_scope(|| self.fresh(key, upload, interrupt));
        self.metrics.stage("render", begun.elapsed());
        (render, Origin::Plugins)
    }

    fn fresh(&self, key: Key, upload: &Upload, interrupt: &Arc<Interrupt>) -> Result<Arc<Render>, Status> {
        let name = upload.context.name();
        let invalid = |failure| status::of_render(name, crate::pipeline::PlanError::Project(failure).into());
        let directory = upload.context.directory().map_err(invalid)?;
        let tree: Arc<dyn Source> = Arc::clone(&upload.tree) as Arc<dyn Source>;
        let task = Task {
            application: upload.context.told(self.settings()),
            interrupt: Some(Arc::clone(interrupt)),
            ..Task::new(&tree, &directory)
        };
        let outcome = render::render(&self.renderer, task);
        for notice in outcome.services.take_warnings() {
            warn!(application = name, plugin = notice.plugin, "{}", notice.failure);
        }
        for (plugin, time) in outcome.services.take_times() {
            self.metrics.plugin(&plugin, time);
        }
        match outcome.rendered {
            Ok(rendered) => {
                let manifests = reply::manifests(&rendered.manifests);
                let reads = outcome.configuration.into_iter().chain(outcome.reads).collect();
                let render = self.renders.keep(key, upload.checksum, reads, manifests);
                if let Some(shared) = &self.shared {
                    shared.keep(&key, &render);
                }
                Ok(render)
            }
            Err(error) => {
                if let crate::pipeline::RenderError::Sandbox(SandboxError::Limit { plugin, kind, .. }) =
                    &error
                {
                    self.metrics.limit(plugin, kind.name());
                }
                Err(status::of_render(name, error))
            }
        }
    }

    /// Everything that a render depends on besides the tree and this process.
    fn key(&self, context: &Context) -> Key {
        let application = context.told(self.settings());
        let text = serde_json::to_vec(&(&context.directory, &application)).unwrap_or_default();
        Key(Digest::of(&text))
    }
}
