//! What Kubernetes and Prometheus ask: `/healthz`, `/readyz`, `/metrics`; and `/facts`, which
//! `oarlock facts` asks for.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

use super::backend::Backend;
use oarlock_engine::printable;

/// Connections at once. When there are so many, the oldest one gives way: probes come for one
/// answer and go.
const CONNECTIONS: usize = 64;

/// How long a client may take to say what it wants, and how long a connection may last.
const PATIENCE: Duration = Duration::from_secs(10);
const LIFE: Duration = Duration::from_secs(30);

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Whether requests are served.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Ready {
    /// Not yet, or no longer.
    #[default]
    No,
    /// They are.
    Yes,
    /// They are, but a plugin that the operator configured cannot be loaded.
    Broken(String),
}

/// How it stands with a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PluginState {
    /// It is being loaded: read, compiled.
    Loading,
    /// It can run. The SHA-256 of its component.
    Loaded(String),
    /// It cannot run.
    Failed(String),
}

/// What is reported of it.
#[derive(Default)]
pub(super) struct Readiness(Mutex<Reported>);

#[derive(Default)]
struct Reported {
    ready: Ready,
    plugins: BTreeMap<String, PluginState>,
    /// Why what the operator says now is not in use.
    kept: Option<String>,
}

impl Readiness {
    fn reported(&self) -> MutexGuard<'_, Reported> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_now(&self, ready: Ready) {
        self.reported().ready = ready;
    }

    /// How it stands with one plugin.
    pub(super) fn plugin(&self, name: &str, state: PluginState) {
        self.reported().plugins.insert(name.to_owned(), state);
    }

    /// There are these plugins, and no others.
    pub(super) fn plugins_are(&self, names: &[String]) {
        let mut reported = self.reported();
        let plugins = std::mem::take(&mut reported.plugins);
        reported.plugins = names.iter().map(|name| (name.clone(), PluginState::Loading)).collect();
        reported.plugins.extend(plugins.into_iter().filter(|(name, _)| names.contains(name)));
    }

    /// Why what the operator says now is not in use; nothing if it is.
    pub(super) fn kept(&self, why: Option<String>) {
        self.reported().kept = why;
    }

    /// A line for each plugin, and whether requests are served in the last one.
    fn answer(&self) -> (StatusCode, String) {
        let reported = self.reported();
        let mut text = String::new();
        // Writing to a string does not fail.
        for (name, plugin) in &reported.plugins {
            let name = printable::line(name);
            let _ = match plugin {
                PluginState::Loading => writeln!(text, "plugin {name}: loading"),
                PluginState::Loaded(digest) => writeln!(text, "plugin {name}: loaded, sha256:{digest}"),
                PluginState::Failed(why) => writeln!(text, "plugin {name}: failed: {}", printable::line(why)),
            };
        }
        if let Some(why) = &reported.kept {
            let _ = writeln!(text, "what was loaded before stays in use: {}", printable::line(why));
        }
        let status = match &reported.ready {
            Ready::Yes => {
                text.push_str("ok\n");
                StatusCode::OK
            }
            Ready::No => {
                text.push_str("not ready\n");
                StatusCode::SERVICE_UNAVAILABLE
            }
            Ready::Broken(why) => {
                let _ = writeln!(text, "not ready: {}", printable::line(why));
                StatusCode::SERVICE_UNAVAILABLE
            }
        };
        (status, text)
    }
}

/// Answers until the task is dropped.
pub(super) async fn serve(listener: TcpListener, backend: Arc<Backend>, ready: Arc<Readiness>) {
    // Dropped with this task, and all connections with it.
    let mut connections = JoinSet::new();
    let mut oldest = VecDeque::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        oldest.retain(|connection: &AbortHandle| !connection.is_finished());
        if oldest.len() >= CONNECTIONS
            && let Some(connection) = oldest.pop_front()
        {
            connection.abort();
        }
        let (backend, ready) = (Arc::clone(&backend), Arc::clone(&ready));
        oldest.push_back(connections.spawn(async move {
            let answer = service_fn(move |request| {
                let response = answer(&request, &backend, &ready);
                async { Ok::<_, Infallible>(response) }
            });
            let mut server = http1::Builder::new();
            server.timer(TokioTimer::new()).header_read_timeout(PATIENCE).keep_alive(false);
            // A client that breaks off, or does not read, is its own affair.
            let _ = timeout(LIFE, server.serve_connection(TokioIo::new(stream), answer)).await;
        }));
    }
}

fn answer(request: &Request<Incoming>, backend: &Backend, ready: &Readiness) -> Response<Full<Bytes>> {
    let plain = "text/plain; charset=utf-8";
    let (status, kind, text) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/healthz") => (StatusCode::OK, plain, "ok\n".to_owned()),
        (&Method::GET, "/readyz") => {
            let (status, text) = ready.answer();
            (status, plain, text)
        }
        (&Method::GET, "/metrics") => {
            backend.measure();
            (StatusCode::OK, OPEN_METRICS, backend.metrics.text())
        }
        (&Method::GET, "/facts") => (StatusCode::OK, "application/json", backend.clusters.to_json()),
        _ => {
            let known = "there are /healthz, /readyz, /metrics and /facts\n";
            (StatusCode::NOT_FOUND, plain, known.to_owned())
        }
    };
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    response
}
