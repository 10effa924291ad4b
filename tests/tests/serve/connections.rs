//! Connections that are many, that say nothing, and that are not read.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use oarlock_tests::wire::{Body, Call, Message, messages};
use tokio::runtime::Builder;

use crate::serve::pack::Pack;
use crate::serve::{Served, application, metric, run};

/// What a client of HTTP/2 says first of all, with settings that say nothing.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

const MANY: usize = 1_000;

#[test]
fn a_thousand_connections_keep_nobody_out() {
    let served = Served::start("");
    let socket = served.server.socket();
    for first in [&b""[..], PREFACE, b"GET / HTTP/1.1\r\n\r\n", &[0xff; 64]] {
        let connections: Vec<UnixStream> = (0..MANY)
            .map(|_| {
                let mut stream = UnixStream::connect(&socket).unwrap();
                // Where this is no HTTP/2, the server may have gone already.
                let _ = stream.write_all(first);
                stream
            })
            .collect();
        served.serves();
        drop(connections);
        served.is_well();
    }
}

#[test]
fn a_thousand_requests_at_once_are_all_answered() {
    let served = Served::start("");
    let (socket, archive) = (served.server.socket(), application("crowd").gzip());
    let messages = messages(&archive, "app");
    run(async {
        let mut calls = Vec::new();
        for _ in 0..MANY {
            let mut call = Call::begin(&socket, None).await;
            call.send(&messages[0]).await.unwrap();
            calls.push(call);
        }
        // All of them have begun, and none is done.
        for mut call in calls {
            for message in &messages[1..] {
                call.send(message).await.unwrap();
            }
            assert_eq!(call.answer().await.unwrap().len(), 1);
        }
    });
    served.is_well();
}

#[test]
fn a_client_that_is_silent_is_let_go() {
    let served = Served::start("");
    let mut silent = UnixStream::connect(served.server.socket()).unwrap();
    silent.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    // The server's own greeting may come; the end of the connection does.
    let mut greeting = Vec::new();
    silent.read_to_end(&mut greeting).expect("the server ends the connection");
    served.is_well();
}

/// An application whose render is large.
fn large() -> Vec<u8> {
    let text = "x".repeat(4 << 20);
    let manifest = format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: large\ndata:\n  a: {text}\n");
    let pack = Pack::new().file("app/a.yaml", &manifest);
    pack.file("app/kustomization.yaml", "resources: [a.yaml]\n").gzip()
}

/// Asks for a large render and leaves the answer where it is.
async fn ask(served: &Served, messages: &[Message], window: u32) -> Body {
    let mut call = Call::with_window(&served.server.socket(), None, window).await;
    for message in messages {
        call.send(message).await.unwrap();
    }
    call.end().await.unwrap()
}

#[test]
fn clients_that_never_read_keep_nobody_waiting() {
    const CLIENTS: usize = 16;
    let served = Served::start("argocd:\n  archive:\n    ratio: 100000\n");
    let messages = messages(&large(), "app");
    // The client's thread goes on, so that the connection is alive and it is only the answer that
    // is not taken.
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut unread = Vec::new();
    for _ in 0..CLIENTS {
        unread.push(runtime.block_on(ask(&served, &messages, 0)));
    }
    served.serves();
    drop(unread);
    served.is_well();
}

#[test]
fn answers_that_nobody_reads_do_not_stay() {
    const CLIENTS: usize = 40;
    let served =
        Served::start("argocd:\n  answerSeconds: 2\n  memory: 256MiB\n  archive:\n    ratio: 100000\n");
    let messages = messages(&large(), "app");
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut unread = Vec::new();
    for _ in 0..CLIENTS {
        // Where answers take all the memory, one more is refused, or comes when others have had
        // their time.
        unread.push(runtime.block_on(ask(&served, &messages, 0)));
    }
    let begun = Instant::now();
    while metric(&served.server, "oarlock_memory_used_bytes") > 64 << 20 {
        assert!(begun.elapsed() < Duration::from_secs(20), "answers stay");
        std::thread::sleep(Duration::from_millis(100));
    }
    // The clients are still there.
    served.is_well();
    drop(unread);
    // The beginning of one that is read too late has come. The end of the stream is reported.
    let mut late = runtime.block_on(ask(&served, &messages, 65_535));
    std::thread::sleep(Duration::from_secs(4));
    assert!(runtime.block_on(late.read()).is_err());
    served.is_well();
}

#[test]
fn clients_that_have_gone_to_sleep_are_let_go() {
    const CLIENTS: usize = 16;
    let served = Served::start("argocd:\n  archive:\n    ratio: 100000\n");
    let messages = messages(&large(), "app");
    let before = served.server.descriptors();
    // This runtime does nothing between two calls, so nobody reads what comes.
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let unread: Vec<Body> = runtime.block_on(async {
        let mut unread = Vec::new();
        for _ in 0..CLIENTS {
            unread.push(ask(&served, &messages, 0).await);
        }
        unread
    });
    served.serves();
    let begun = Instant::now();
    while served.server.descriptors() > before {
        assert!(begun.elapsed() < Duration::from_mins(2), "connections stay: {}", served.server.log());
        std::thread::sleep(Duration::from_millis(200));
    }
    served.is_well();
    drop(unread);
}
