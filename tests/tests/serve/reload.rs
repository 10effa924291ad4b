//! The operator's file and plugins change while requests are served.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use oarlock_tests::guests;
use tonic::Code;

use super::{PATIENCE, Served, application, fails, get};

/// A repository that uses a plugin of the operator.
fn greeted() -> Vec<u8> {
    let project = "pipeline: [directory, hello]\nplugins:\n  hello:\n    config:\n      name: boat\n";
    application("a").file("app/oarlock.yaml", project).gzip()
}

/// Waits until what is said on a path of the probes contains a text.
#[track_caller]
fn wait(served: &Served, path: &str, text: &str) {
    let begun = Instant::now();
    loop {
        let said = get(&served.server, path);
        if said.contains(text) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{text} is not in {said}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn plugins_come_and_go_without_a_dropped_request() {
    let outside = tempfile::tempdir().unwrap();
    let component = outside.path().join("hello.wasm");
    std::fs::write(&component, guests::HELLO).unwrap();
    let with_hello = guests::pinned("hello", &component);
    let served = Served::start("");
    fails(&served.render(&greeted()), Code::FailedPrecondition, "there is no plugin `hello`");
    assert!(get(&served.server, "/readyz").contains("plugin kustomize: loaded, sha256:"));
    assert!(!get(&served.server, "/readyz").contains("plugin hello"));

    let (is_over, count) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for client in 0..4 {
            let (served, is_over, count) = (&served, &is_over, &count);
            scope.spawn(move || {
                let mut number = 0;
                while !is_over.load(Ordering::Relaxed) {
                    number += 1;
                    let answer = served.render(&application(&format!("c-{client}-{number}")).gzip());
                    assert_eq!(answer.map_err(|status| status.to_string()).unwrap().len(), 1);
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for number in 1..=3 {
            served.server.reconfigure(&with_hello);
            wait(
                &served,
                "/metrics",
                &format!("oarlock_reloads_total{{result=\"loaded\"}} {}\n", number * 2 - 1),
            );
            assert!(served.render(&greeted()).unwrap()[0].contains("hello, boat"));
            served.server.reconfigure("# nothing said\n");
            wait(
                &served,
                "/metrics",
                &format!("oarlock_reloads_total{{result=\"loaded\"}} {}\n", number * 2),
            );
            // What was rendered with the plugin is not used without it.
            fails(&served.render(&greeted()), Code::FailedPrecondition, "there is no plugin `hello`");
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(count.load(Ordering::Relaxed) > 0);
    served.is_well();
}

#[test]
fn what_cannot_be_loaded_leaves_what_was() {
    let outside = tempfile::tempdir().unwrap();
    let component = outside.path().join("hello.wasm");
    std::fs::write(&component, guests::HELLO).unwrap();
    let good = guests::pinned("hello", &component);
    let served = Served::start(&good);
    for (number, bad) in ["plugins: [", &good.replace("sha256:", "sha256:0000")[..]].into_iter().enumerate() {
        served.server.reconfigure(bad);
        wait(&served, "/metrics", &format!("oarlock_reloads_total{{result=\"failed\"}} {}\n", number + 1));
        let ready = get(&served.server, "/readyz");
        assert!(
            ready.starts_with("HTTP/1.1 200") && ready.contains("what was loaded before stays in use: "),
            "{ready}"
        );
        assert!(served.render(&greeted()).unwrap()[0].contains("hello, boat"));
    }
    // A component that is not the pinned one.
    std::fs::write(&component, guests::SEALED).unwrap();
    served.server.reconfigure(&good);
    wait(&served, "/metrics", "oarlock_reloads_total{result=\"failed\"} 3\n");
    assert!(served.render(&greeted()).unwrap()[0].contains("hello, boat"));
    std::fs::write(&component, guests::HELLO).unwrap();
    served.server.reconfigure(&good);
    wait(&served, "/metrics", "oarlock_reloads_total{result=\"loaded\"} 1\n");
    assert!(!get(&served.server, "/readyz").contains("stays in use"));
    served.is_well();
}

#[test]
fn a_changed_directory_is_seen() {
    let outside = tempfile::tempdir().unwrap();
    let directory = outside.path().join("plugins");
    std::fs::create_dir(&directory).unwrap();
    let served = Served::start(&format!("pluginDirectories: [{}]\n", directory.display()));
    // Nobody vouches for it yet, which is said of it alone.
    std::fs::write(directory.join("hello.wasm"), guests::HELLO).unwrap();
    wait(&served, "/readyz", "plugin hello: failed: cannot load plugin `hello`");
    served.serves();
}

#[test]
fn every_component_is_a_line_of_the_log() {
    let outside = tempfile::tempdir().unwrap();
    let component = outside.path().join("hello.wasm");
    std::fs::write(&component, guests::HELLO).unwrap();
    let unpinned =
        format!("{}  other:\n    component: {}\n", guests::pinned("hello", &component), component.display());
    let served = Served::start(&unpinned);
    let log = served.server.log();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("component loaded")).collect();
    let of = |plugin: &str| {
        let of: Vec<_> =
            lines.iter().filter(|line| line.contains(&format!("\"plugin\":\"{plugin}\""))).collect();
        assert_eq!(of.len(), 1, "{plugin}: {log}");
        of[0].to_string()
    };
    assert!(of("kustomize").contains("\"trust\":\"bundled\""));
    let hello = of("hello");
    assert!(hello.contains("\"trust\":\"digest\"") && hello.contains("\"digest\":\"sha256:"), "{hello}");
    assert!(log.contains("is neither pinned to a digest nor to be signed by anyone"), "{log}");
}
