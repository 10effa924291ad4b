//! The server for Argo CD and clients that mean it ill: each gets a status that says what was
//! wrong, the next request is served, and the memory is back where it was.

mod archives;
mod configuration;
mod connections;
mod limits;
mod memory;
mod monitoring;
mod pack;
mod probes;
mod reload;
mod shared;
mod streams;
mod traces;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use oarlock_tests::argocd::Server;
use oarlock_tests::wire::{self, Answer, Message, Metadata, Part};
use tonic::Code;

use self::pack::Pack;

/// How much more memory than before the server may keep, in KiB: what the allocator holds back, and
/// the caches, which are bounded. What is looked for is a request that leaves its repository, its
/// render or its connection behind, and those are larger here.
const SLACK_KIB: u64 = 96 << 10;

/// How long it may take until the memory is given back.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that has served, and what memory it took then.
struct Served {
    server: Server,
    memory: Option<u64>,
}

impl Served {
    fn start(operator: &str) -> Self {
        let mut served = Self { memory: None, server: Server::start(operator) };
        served.serves();
        served.memory = served.server.memory();
        served
    }

    /// Asks by messages that are sent as they are.
    fn ask(&self, messages: &[Message]) -> Answer {
        run(wire::ask(&self.server.socket(), messages))
    }

    /// An archive that is sent as it should be, for its directory `app`.
    fn render(&self, archive: &[u8]) -> Answer {
        self.ask(&wire::messages(archive, "app"))
    }

    /// The next request is served.
    #[track_caller]
    fn serves(&self) {
        // Not remembered from the last time: plugins run.
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let name = format!("a-{}", NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        let manifests = self.render(&application(&name).gzip()).unwrap();
        assert_eq!(manifests.len(), 1);
        assert!(manifests[0].contains(&format!("\"name\":\"{name}\"")), "{manifests:?}");
    }

    /// The server is as it was.
    #[track_caller]
    fn is_well(&self) {
        self.serves();
        let Some(before) = self.memory else { return };
        let begun = Instant::now();
        loop {
            let now = self.server.memory().expect("the server runs");
            if now <= before + SLACK_KIB {
                return;
            }
            let (now, before) = (now >> 10, before >> 10);
            assert!(begun.elapsed() < PATIENCE, "{now} MiB of memory are taken, before it were {before} MiB");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

/// A small application in the directory `app`.
fn application(name: &str) -> Pack {
    let manifest = format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n");
    Pack::new().file("app/a.yaml", &manifest).file("app/kustomization.yaml", "resources: [a.yaml]\n")
}

/// What a request says of itself.
fn metadata(request: &mut [Message]) -> &mut Metadata {
    match &mut request[0].part {
        Some(Part::Metadata(metadata)) => metadata,
        _ => unreachable!("metadata comes first"),
    }
}

#[track_caller]
fn fails(answer: &Answer, code: Code, text: &str) {
    let status = answer.as_ref().unwrap_err();
    assert_eq!(status.code(), code, "{status:?}");
    assert!(status.message().contains(text), "{status:?}");
    assert!(status.message().starts_with("application `"), "it does not stand alone: {status:?}");
}

/// What is answered on the port for probes.
fn get(server: &Server, path: &str) -> String {
    let mut stream = TcpStream::connect(server.http().trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// A metric without labels.
fn metric(server: &Server, name: &str) -> u64 {
    let text = get(server, "/metrics");
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
    value.unwrap_or_else(|| panic!("there is no {name}: {text}"))
}

/// Runs a client.
fn run<T>(client: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(client)
}
