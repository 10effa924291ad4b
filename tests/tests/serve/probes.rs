//! What Kubernetes asks, while others do what they like on the same port.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use oarlock_tests::argocd::Server;

use crate::serve::{Served, get};

fn address(server: &Server) -> String {
    server.http().trim_start_matches("http://").to_owned()
}

#[test]
fn probes_are_answered_while_others_say_nothing() {
    let served = Served::start("");
    for first in [&b""[..], b"GET /healthz HTTP/1.1\r\nhost: ", b"GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n"] {
        let idle: Vec<TcpStream> = (0..300)
            .map(|_| {
                let mut stream = TcpStream::connect(address(&served.server)).unwrap();
                // It may have had to give way already.
                let _ = stream.write_all(first);
                stream
            })
            .collect();
        for path in ["/healthz", "/readyz"] {
            assert!(get(&served.server, path).starts_with("HTTP/1.1 200 OK"), "{path}");
        }
        assert!(get(&served.server, "/metrics").contains("oarlock_memory_limit_bytes"));
        drop(idle);
    }
    served.is_well();
}

#[test]
fn a_server_whose_plugin_does_not_load_is_not_ready() {
    let outside = tempfile::tempdir().unwrap();
    let component = outside.path().join("broken.wasm");
    fs::write(&component, "no component").unwrap();
    let operator = format!("plugins:\n  broken:\n    component: {}\n", component.display());
    // It serves those who do not need that plugin.
    let served = Served::start(&operator);
    let answer = get(&served.server, "/readyz");
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("cannot load plugin `broken`"), "{answer}");
    assert!(get(&served.server, "/healthz").starts_with("HTTP/1.1 200 OK"));
}

#[test]
fn a_connection_that_is_not_read_ends() {
    let served = Served::start("");
    let mut silent = TcpStream::connect(address(&served.server)).unwrap();
    silent.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    silent.write_all(b"GET /healthz HTTP/1.1\r\n").unwrap();
    let mut rest = Vec::new();
    silent.read_to_end(&mut rest).expect("the server ends the connection");
}
