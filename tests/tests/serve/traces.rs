//! Traces: a collector gets them where one is named, as part of the client's, and one that is not
//! there does no harm.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response};
use oarlock_tests::argocd::Server;
use oarlock_tests::wire;
use tokio::net::TcpListener;

use super::{application, run};

/// A collector that keeps what it is sent.
struct Collector {
    address: String,
    sent: Arc<Mutex<Vec<u8>>>,
}

impl Collector {
    fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let sent = Arc::<Mutex<Vec<u8>>>::default();
        let kept = Arc::clone(&sent);
        thread::spawn(move || run(collect(listener, kept)));
        Self { address, sent }
    }

    /// Whether something was sent.
    fn has(&self, what: &[u8]) -> bool {
        self.sent.lock().unwrap().windows(what.len()).any(|window| window == what)
    }
}

async fn collect(listener: std::net::TcpListener, sent: Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::from_std(listener).unwrap();
    while let Ok((stream, _)) = listener.accept().await {
        let mut connection = h2::server::handshake(stream).await.unwrap();
        while let Some(Ok((request, mut respond))) = connection.accept().await {
            assert_eq!(request.uri().path(), "/opentelemetry.proto.collector.trace.v1.TraceService/Export");
            let sent = Arc::clone(&sent);
            tokio::spawn(async move {
                let mut body = request.into_body();
                while let Some(Ok(data)) = body.data().await {
                    sent.lock().unwrap().extend_from_slice(&data);
                    let _ = body.flow_control().release_capacity(data.len());
                }
                let head = Response::builder().header("content-type", "application/grpc").body(()).unwrap();
                let mut stream = respond.send_response(head, false).unwrap();
                stream.send_data(Bytes::from_static(&[0; 5]), false).unwrap();
                stream
                    .send_trailers(HeaderMap::from_iter([(
                        http::HeaderName::from_static("grpc-status"),
                        HeaderValue::from_static("0"),
                    )]))
                    .unwrap();
            });
        }
    }
}

#[test]
fn a_request_is_a_part_of_the_clients_trace() {
    let collector = Collector::start();
    let server = Server::start_with(&["--otlp", &collector.address]);
    let pack = application("quite-secret");
    run(wire::ask(&server.socket(), &wire::messages(&pack.gzip(), "app"))).unwrap();
    run(wire::ask(&server.socket(), &wire::messages(&pack.gzip(), "nowhere"))).unwrap_err();
    // What is not sent yet goes with the end.
    server.end();
    let begun = Instant::now();
    while !collector.has(b"GenerateManifest") {
        assert!(begun.elapsed() < Duration::from_secs(20), "no trace came");
        thread::sleep(Duration::from_millis(20));
    }
    for name in ["upload", "queue", "render", "kustomize", "vault", "sync-wave", "shop", "oarlock"] {
        assert!(collector.has(name.as_bytes()), "{name}");
    }
    let trace: Vec<u8> =
        (0..16).map(|at| u8::from_str_radix(&wire::TRACE[2 * at..2 * at + 2], 16).unwrap()).collect();
    assert!(collector.has(&trace), "it is a trace of its own");
    assert!(!collector.has(b"quite-secret"), "no content of files");
}

#[test]
fn a_collector_that_is_not_there_does_no_harm() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = Server::start_with(&["--otlp", &format!("http://127.0.0.1:{port}")]);
    for number in 0..20 {
        let pack = application(&format!("n{number}"));
        run(wire::ask(&server.socket(), &wire::messages(&pack.gzip(), "app"))).unwrap();
    }
    let begun = Instant::now();
    server.end();
    assert!(begun.elapsed() < Duration::from_secs(20));
}
