//! What Kubernetes and Prometheus ask: `/healthz`, `/readyz`, `/metrics`; and `/facts`, which `oarlock facts` asks for.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::engine::Engine;

/// Connections at once; probes need one each.
const CONNECTIONS: usize = 64;

/// How long a client may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(10);

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Answers until the task is dropped.
pub(super) async fn serve(listener: TcpListener, engine: Arc<Engine>, ready: Arc<AtomicBool>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (engine, ready) = (Arc::clone(&engine), Arc::clone(&ready));
        tokio::spawn(async move {
            let answer = service_fn(move |request| {
                let response = answer(&request, &engine, &ready);
                async { Ok::<_, Infallible>(response) }
            });
            let mut server = http1::Builder::new();
            server.timer(TokioTimer::new()).header_read_timeout(PATIENCE).keep_alive(false);
            // A client that breaks off is its own affair.
            let _ = server.serve_connection(TokioIo::new(stream), answer).await;
            drop(place);
        });
    }
}

fn answer(request: &Request<Incoming>, engine: &Engine, ready: &AtomicBool) -> Response<Full<Bytes>> {
    let plain = "text/plain; charset=utf-8";
    let (status, kind, text) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/healthz") => (StatusCode::OK, plain, "ok\n".to_owned()),
        (&Method::GET, "/readyz") if ready.load(Ordering::Relaxed) => {
            (StatusCode::OK, plain, "ok\n".to_owned())
        }
        (&Method::GET, "/readyz") => (StatusCode::SERVICE_UNAVAILABLE, plain, "not ready\n".to_owned()),
        (&Method::GET, "/metrics") => {
            engine.measure();
            (StatusCode::OK, OPEN_METRICS, engine.metrics.text())
        }
        (&Method::GET, "/facts") => (StatusCode::OK, "application/json", engine.clusters.to_json()),
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
