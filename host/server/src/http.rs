//! What Kubernetes and Prometheus ask: `/healthz`, `/readyz`, `/metrics`; and `/facts`, which `oarlock facts` asks for.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
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

/// What is reported of it.
#[derive(Default)]
pub(super) struct Readiness(Mutex<Ready>);

impl Readiness {
    pub(super) fn is_now(&self, ready: Ready) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = ready;
    }

    fn answer(&self) -> (StatusCode, String) {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Ready::Yes => (StatusCode::OK, "ok\n".to_owned()),
            Ready::No => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n".to_owned()),
            Ready::Broken(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")),
        }
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
