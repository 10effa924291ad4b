//! Plugins that go over each of their limits, asked for by a repository.

use std::fs;
use std::time::Duration;

use oarlock_tests::guests;
use oarlock_tests::wire::{Variable, messages};
use tonic::Code;

use crate::serve::pack::Pack;
use crate::serve::{Served, fails, metadata};

/// How a plugin behaves, and what is said of it.
const CASES: [(&str, &str, &str); 16] = [
    ("behave: loop", "limit of 3 s per call", "`limits.deadlineSeconds`"),
    ("behave: eat-memory", "limit of 128 MiB of memory", "`limits.memory`"),
    ("behave: recurse", "limit of 1 MiB of call stack", "recurses too deeply"),
    (
        "behave: recurse-wide",
        "broke in `render`: wasm trap: out of bounds memory access",
        "a bug in the plugin",
    ),
    ("{behave: big-output, amount: 8000000}", "limit of 4 MiB of output", "`limits.output`"),
    ("{behave: many-manifests, amount: 60000}", "limit of 4 MiB of output", "`limits.output`"),
    ("{behave: big-failure, amount: 8000000}", "limit of 4 MiB of output", "`limits.output`"),
    ("{behave: read-forever, paths: [app/a.yaml]}", "limit of 1 MiB of files read", "`limits.read`"),
    ("{behave: list-forever, paths: [app]}", "limit of 3 s per call", "`limits.deadlineSeconds`"),
    ("{behave: stat-flood, amount: 1000000}", "limit of 1 MiB of paths looked up", "`limits.readRecord`"),
    ("{behave: remote-flood, amount: 1000000}", "limit of 1 MiB of paths looked up", "`limits.readRecord`"),
    ("{behave: panic-huge, amount: 3}", "panicked: xxx", "a bug in the plugin"),
    ("{behave: compose, plugin: hostile}", "limit of 3 plugins calling plugins", "`limits.composeDepth`"),
    ("behave: trap", "broke in `render`", "a bug in the plugin"),
    ("behave: panic", "panicked", "a bug in the plugin"),
    ("behave: invalid-json", "broke the contract", "a bug in the plugin"),
];

const LIMITS: &str = "limits:
  memory: 128MiB
  deadlineSeconds: 3
  output: 4MiB
  read: 1MiB
  readRecord: 1MiB
  logLines: 5
  composeDepth: 3
";

/// A server that knows the plugin.
fn served() -> (tempfile::TempDir, Served) {
    let outside = tempfile::tempdir().unwrap();
    let component = outside.path().join("hostile.wasm");
    fs::write(&component, guests::HOSTILE).unwrap();
    let operator = format!("{LIMITS}{}", guests::pinned("hostile", &component));
    (outside, Served::start(&operator))
}

/// A repository that has the plugin behave.
fn repository(config: &str) -> Vec<u8> {
    let config = config.replace('\n', "\n      ");
    let project = format!("pipeline: [hostile]\nplugins:\n  hostile:\n    config:\n      {config}\n");
    Pack::new().file("app/a.yaml", "a: b\n").file("app/oarlock.yaml", &project).gzip()
}

#[test]
fn each_limit_is_told_and_harms_nobody() {
    let (_outside, served) = served();
    for (config, text, hint) in CASES {
        // Twice: the first failure must leave nothing for the second.
        for _ in 0..2 {
            let answer = served.render(&repository(config));
            // What plugins call is refused as an answer to the caller, who may make something else
            // of it.
            let code = if text.contains("calling") { Code::FailedPrecondition } else { Code::Internal };
            for text in [text, hint, "plugin `hostile`"] {
                fails(&answer, code, text);
            }
        }
        served.serves();
    }
    served.is_well();
}

#[test]
fn a_flood_of_words_does_not_reach_the_log() {
    let (_outside, served) = served();
    for config in [
        "{behave: log-flood, amount: 100000}",
        "{behave: warn-flood, amount: 100000}",
        "{behave: log-huge, amount: 100}",
        "{behave: warn-huge, amount: 100}",
    ] {
        assert_eq!(served.render(&repository(config)).unwrap().len(), 1);
    }
    let log = served.server.log();
    assert!(log.lines().count() < 100, "{} lines", log.lines().count());
    served.is_well();
}

#[test]
fn plugins_that_spin_leave_a_thread_to_other_repositories() {
    let (_outside, served) = served();
    let mut messages = messages(&repository("behave: loop"), "app");
    let url = "https://git.example.com/spinning.git".to_owned();
    let variable = Variable { name: "ARGOCD_APP_SOURCE_REPO_URL".into(), value: url };
    metadata(&mut messages).environment.push(variable);
    // Three for each that can run at once.
    let count = std::thread::available_parallelism().unwrap().get() * 3;
    std::thread::scope(|scope| {
        let spinning: Vec<_> = (0..count).map(|_| scope.spawn(|| served.ask(&messages))).collect();
        while !served.server.log().contains("limit of 3 s per call") {
            std::thread::sleep(Duration::from_millis(20));
        }
        served.serves();
        assert!(spinning.iter().any(|spinning| !spinning.is_finished()), "it was served last");
        for spinning in spinning {
            fails(&spinning.join().unwrap(), Code::Internal, "limit of 3 s per call");
        }
    });
    served.is_well();
}
