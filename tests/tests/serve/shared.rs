//! The cache that replicas share: what one rendered, the other need not; and whatever becomes of
//! the cache, renders go on.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use oarlock_tests::argocd::Server;
use oarlock_tests::redis::{PASSWORD, Redis, free_port};
use oarlock_tests::{Run, Tree, wire};

use super::pack::Pack;
use super::{application, run};

/// Passes bytes on to a port, until the test has it cut all connections and accept no more.
struct Wire {
    port: u16,
    cut: Arc<AtomicBool>,
    streams: Arc<Mutex<Vec<TcpStream>>>,
}

impl Wire {
    fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let wire = Self {
            port: listener.local_addr().unwrap().port(),
            cut: Arc::default(),
            streams: Arc::default(),
        };
        let (cut, streams) = (Arc::clone(&wire.cut), Arc::clone(&wire.streams));
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                if cut.load(Ordering::Relaxed) {
                    continue;
                }
                let Ok(far) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                let pairs = [(&near, &far), (&far, &near)]
                    .map(|(a, b)| (a.try_clone().unwrap(), b.try_clone().unwrap()));
                streams.lock().unwrap().extend([near, far]);
                for (mut from, mut to) in pairs {
                    thread::spawn(move || std::io::copy(&mut from, &mut to));
                }
            }
        });
        wire
    }

    fn cut(&self, cut: bool) {
        self.cut.store(cut, Ordering::Relaxed);
        for stream in self.streams.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn replica(port: u16) -> Server {
    replica_with(port, &[])
}

fn replica_with(port: u16, more: &[&str]) -> Server {
    let cache = format!("redis://:{}@127.0.0.1:{port}/3", PASSWORD.replace(' ', "%20"));
    Server::start_with(&[&["--cache", &cache], more].concat())
}

/// Asks a replica, and says where the answer came from.
fn ask(server: &Server, pack: &Pack) -> (Vec<String>, String) {
    let manifests = run(wire::ask(&server.socket(), &wire::messages(&pack.gzip(), "app"))).unwrap();
    (manifests, server.origins().pop().unwrap())
}

/// Waits until something is so.
#[track_caller]
fn until(what: &str, mut is: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A counter of the shared cache.
fn counted(server: &Server, result: &str) -> u64 {
    let mut stream = TcpStream::connect(server.http().trim_start_matches("http://")).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let name = format!("oarlock_shared_cache_total{{result=\"{result}\"}} ");
    text.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok()).unwrap_or(0)
}

#[test]
fn what_one_replica_rendered_the_other_need_not() {
    let Some(redis) = Redis::start() else { return };
    let (one, two) = (replica(redis.port()), replica(redis.port()));
    let (manifests, origin) = ask(&one, &application("a"));
    assert_eq!(origin, "plugins");
    until("a render is written", || counted(&one, "written") == 1);
    // Another revision, in which nothing that was read has changed.
    assert_eq!(ask(&two, &application("a").file("other", "1")), (manifests.clone(), "shared".to_owned()));
    assert_eq!(ask(&two, &application("a").file("other", "2")).1, "reads", "from then on it is its own");
    assert_eq!(ask(&two, &application("b")).1, "plugins");
    assert_eq!((counted(&two, "hit"), counted(&two, "miss")), (1, 1));
    // One with other plugins has no use for it.
    let extra = format!("extra={}", oarlock_tests::guests::hello().display());
    let other = replica_with(redis.port(), &["--plugin", &extra]);
    assert_eq!(ask(&other, &application("a")), (manifests, "plugins".to_owned()));
    assert_eq!((counted(&other, "miss"), counted(&other, "failed")), (1, 0));
    assert!(!format!("{}{}", one.log(), two.log()).contains(PASSWORD));
}

#[test]
fn few_renders_of_an_application_are_kept() {
    let Some(redis) = Redis::start() else { return };
    let server = replica(redis.port());
    for number in 0..7 {
        assert_eq!(ask(&server, &application(&format!("n{number}"))).1, "plugins");
    }
    until("all are written", || counted(&server, "written") == 7);
    let keys = redis.say(&["-n", "3", "--scan"]);
    let of = |end| keys.lines().filter(|key| key.ends_with(end)).collect::<Vec<_>>();
    let (reads, manifests) = (of(":reads"), of(":manifests"));
    assert_eq!((keys.lines().count(), reads.len(), manifests.len()), (9, 4, 4), "{keys}");
    let seconds: u64 = redis.say(&["-n", "3", "TTL", manifests[0]]).trim().parse().unwrap();
    assert!((80_000..=86_400).contains(&seconds), "{seconds}");
}

#[test]
fn nonsense_in_the_cache_is_passed_over() {
    let Some(redis) = Redis::start() else { return };
    let (one, two) = (replica(redis.port()), replica(redis.port()));
    let (manifests, _) = ask(&one, &application("a"));
    until("a render is written", || counted(&one, "written") == 1);
    let keys = redis.say(&["-n", "3", "--scan"]);
    let key = |end| keys.lines().find(|key| key.ends_with(end)).unwrap();
    redis.say(&["-n", "3", "SET", key(":manifests"), "no manifests"]);
    assert_eq!(ask(&two, &application("a")), (manifests.clone(), "plugins".to_owned()));
    // Something else under the very key.
    redis.say(&["-n", "3", "DEL", key("}")]);
    redis.say(&["-n", "3", "LPUSH", key("}"), "a list, no text"]);
    let three = replica(redis.port());
    assert_eq!(ask(&three, &application("a")), (manifests, "plugins".to_owned()));
}

/// A file with a key.
fn key_file(key: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "{key}").unwrap();
    file
}

#[test]
fn renders_are_taken_from_those_who_have_the_key() {
    let Some(redis) = Redis::start() else { return };
    let (key, other) = (key_file("0123456789abcdef0123"), key_file("fedcba98765432100123"));
    let with = |key: &tempfile::NamedTempFile| {
        replica_with(redis.port(), &["--cache-key-file", key.path().to_str().unwrap()])
    };
    let one = with(&key);
    let (manifests, _) = ask(&one, &application("a"));
    until("a render is written", || counted(&one, "written") == 1);
    assert_eq!(ask(&with(&key), &application("a")), (manifests.clone(), "shared".to_owned()));
    // Neither those with another key nor those without one.
    assert_eq!(ask(&with(&other), &application("a")).1, "plugins");
    assert_eq!(ask(&replica(redis.port()), &application("a")).1, "plugins");
    assert_eq!(ask(&with(&key), &application("a")).1, "shared", "and they did not write over it");
    // Someone who can write to Redis cannot change what is there, nor put one render in the place
    // of another.
    ask(&one, &application("b"));
    until("another render is written", || counted(&one, "written") == 2);
    let keys = redis.say(&["-n", "3", "--scan"]);
    let request = {
        let name = |key: &str| key.split(['{', '}']).nth(1).unwrap().to_owned();
        let mut names: Vec<String> = keys.lines().filter(|key| key.ends_with(":reads")).map(name).collect();
        names.sort();
        // The one with two renders.
        names.windows(2).find(|pair| pair[0] == pair[1]).unwrap()[0].clone()
    };
    let parts = |end: &str| {
        let is = |key: &&str| key.contains(&request) && key.ends_with(end);
        keys.lines().filter(is).map(str::to_owned).collect::<Vec<_>>()
    };
    let manifests_of = parts(":manifests");
    redis.say(&["-n", "3", "COPY", &manifests_of[0], "spare"]);
    redis.say(&["-n", "3", "COPY", &manifests_of[1], &manifests_of[0], "REPLACE"]);
    redis.say(&["-n", "3", "COPY", "spare", &manifests_of[1], "REPLACE"]);
    for application in ["a", "b"] {
        assert_eq!(ask(&with(&key), &self::application(application)).1, "plugins", "{application}");
    }
    // A key that is too short is reported at the start, without its value.
    let short = key_file("too short");
    let tree = Tree::new();
    let path = short.path().to_str().unwrap();
    let ran = Run::new("serve --cache redis://127.0.0.1 --cache-key-file").arg(path).within(&tree);
    assert!(ran.stderr.contains("the key of the shared cache has 9 bytes"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("too short\n"), "{}", ran.stderr);
}

#[test]
fn a_cut_connection_costs_speed_and_no_error() {
    let Some(redis) = Redis::start() else { return };
    let wire = Wire::to(redis.port());
    let server = replica(wire.port);
    assert_eq!(ask(&server, &application("a")).1, "plugins");
    until("a render is written", || counted(&server, "written") == 1);
    wire.cut(true);
    for number in 0..20 {
        assert_eq!(ask(&server, &application(&format!("cut{number}"))).1, "plugins");
    }
    let log = server.log();
    assert_eq!(log.matches("the shared cache fails").count(), 1, "it is told once: {log}");
    assert!(counted(&server, "failed") > 0);
    wire.cut(false);
    until("it is used again", || {
        let number = counted(&server, "failed");
        ask(&server, &application(&format!("again{number}")));
        counted(&server, "written") > 1
    });
    assert!(server.log().contains("the shared cache answers again"));
}

#[test]
fn a_cache_that_never_answers_keeps_nobody_waiting() {
    // Takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = Server::start_with(&["--cache", &format!("redis://{}", silent.local_addr().unwrap())]);
    let begun = Instant::now();
    for number in 0..10 {
        assert_eq!(ask(&server, &application(&format!("n{number}"))).1, "plugins");
    }
    assert!(begun.elapsed() < Duration::from_secs(10), "each waited: {:?}", begun.elapsed());
}

#[test]
fn doctor_asks_whether_the_cache_answers() {
    let tree = Tree::new();
    let doctor =
        |address: &str| Run::new("doctor --cache").arg(address).env("REDIS_PASSWORD", PASSWORD).within(&tree);
    let ran = doctor(&format!("redis://127.0.0.1:{}", free_port()));
    assert!(ran.stdout.contains("warn  shared cache: 127.0.0.1:"), "{}", ran.stdout);
    let ran = doctor("127.0.0.1");
    assert!(
        ran.stdout.contains("fail  shared cache: `127.0.0.1` is no address of a cache"),
        "{}",
        ran.stdout
    );
    let Some(redis) = Redis::start() else { return };
    let ran = doctor(&format!("redis://127.0.0.1:{}", redis.port()));
    assert!(
        ran.stdout.contains(&format!("ok    shared cache: 127.0.0.1:{} answers", redis.port())),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("can change what is deployed"), "{}", ran.stdout);
    let key = key_file("0123456789abcdef0123");
    let ran = Run::new("doctor --cache")
        .arg(format!("redis://127.0.0.1:{}", redis.port()))
        .arg("--cache-key-file")
        .arg(key.path())
        .env("REDIS_PASSWORD", PASSWORD)
        .within(&tree);
    assert!(!ran.stdout.contains("can change what is deployed"), "{}", ran.stdout);
}
