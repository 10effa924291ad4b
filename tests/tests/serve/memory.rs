//! The memory that all requests share: what does not fit is rejected as retryable, and the server
//! stays within it.

use std::fs;
use std::time::Duration;

use bytes::Bytes;
use oarlock_tests::guests;
use oarlock_tests::wire::{Call, Message, Variable, messages};
use tonic::Code;

use crate::serve::pack::Pack;
use crate::serve::{Served, application, fails, metadata, metric, run};

/// How much more than its budget the server may take, in KiB: its own code, and what the allocator
/// holds back for a second. A debug build was seen to take 440 MiB in all at a budget of 128 MiB.
const BESIDE_KIB: u64 = 384 << 10;

/// A repository that takes so many MiB, and is another one for each number.
fn repository(number: usize, mebibytes: usize) -> Vec<u8> {
    let text = format!("{number:08}").repeat(10 << 17);
    let file = |pack: Pack, part| pack.file(&format!("other/{part}"), &text);
    (0..mebibytes / 10).fold(application("large"), file).gzip()
}

fn stays_within(served: &Served, budget_mib: u64) {
    let Some(now) = served.server.memory() else { return };
    assert!(now <= (budget_mib << 10) + BESIDE_KIB, "{} MiB of memory are taken", now >> 10);
}

const BUDGET: &str = "argocd:\n  memory: 128MiB\n  archive:\n    ratio: 100000\n";

#[test]
fn a_repository_that_does_not_fit_is_told_to_come_again() {
    let served = Served::start(BUDGET);
    for number in 0..4 {
        let answer = served.render(&repository(number, 160));
        fails(&answer, Code::ResourceExhausted, "the 128 MiB of memory for requests are in use; try again");
        fails(&answer, Code::ResourceExhausted, "`argocd.memory`");
        stays_within(&served, 128);
    }
    // What is remembered gives way.
    for number in 0..8 {
        assert_eq!(served.render(&repository(number, 50)).unwrap().len(), 1);
        stays_within(&served, 128);
    }
    let used = metric(&served.server, "oarlock_memory_used_bytes");
    assert!(used <= 128 << 20, "{used} bytes are booked");
    assert_eq!(metric(&served.server, "oarlock_memory_limit_bytes"), 128 << 20);
    assert!(metric(&served.server, "oarlock_memory_refused_total") >= 4);
}

/// A server of two threads that knows a plugin which spins.
fn with_guest(operator: &str) -> (tempfile::TempDir, Served) {
    let outside = tempfile::tempdir().unwrap();
    let component = outside.path().join("hostile.wasm");
    fs::write(&component, guests::HOSTILE).unwrap();
    let operator = format!("{operator}{}", guests::pinned("hostile", &component));
    (outside, Served::start(&operator))
}

fn behaving(behaviour: &str) -> Pack {
    let project =
        format!("pipeline: [hostile]\nplugins:\n  hostile:\n    config:\n      behave: {behaviour}\n");
    Pack::new().file("app/a.yaml", "a: b\n").file("app/oarlock.yaml", &project)
}

#[test]
fn trees_that_wait_are_counted() {
    // Trees are not remembered, so that all memory comes back.
    let operator = format!("{BUDGET}  treeCache: 0\nlimits:\n  deadlineSeconds: 3\n");
    let (_outside, served) = with_guest(&operator);
    std::thread::scope(|scope| {
        // Each thread is busy, and repositories of their own wait.
        let waiting: Vec<_> = (0..16)
            .map(|number| {
                let served = &served;
                scope.spawn(move || {
                    let text = format!("{number:08}").repeat(50 << 17);
                    let mut messages = messages(&behaving("loop").file("other", &text).gzip(), "app");
                    let url = format!("https://git.example.com/{number}.git");
                    metadata(&mut messages)
                        .environment
                        .push(Variable { name: "ARGOCD_APP_SOURCE_REPO_URL".into(), value: url });
                    let answer = served.ask(&messages);
                    stays_within(served, 128);
                    answer.unwrap_err()
                })
            })
            .collect();
        let codes: Vec<Code> = waiting.into_iter().map(|thread| thread.join().unwrap().code()).collect();
        assert!(codes.contains(&Code::ResourceExhausted), "{codes:?}");
        assert!(
            codes.iter().all(|code| matches!(code, Code::ResourceExhausted | Code::Internal)),
            "{codes:?}"
        );
    });
    served.is_well();
}

#[test]
fn what_waits_is_let_go_when_its_client_leaves() {
    let operator = format!("{BUDGET}limits:\n  deadlineSeconds: 5\n");
    let (_outside, served) = with_guest(&operator);
    let socket = served.server.socket();
    let request = |number: usize, text: &str| {
        let mut request = messages(&behaving("loop").file("other", text).gzip(), "app");
        let value = format!("https://git.example.com/{number}.git");
        metadata(&mut request)
            .environment
            .push(Variable { name: "ARGOCD_APP_SOURCE_REPO_URL".into(), value });
        request
    };
    run(async {
        let mut busy = Vec::new();
        for number in 0..16 {
            let mut call = Call::begin(&socket, None).await;
            for message in &request(number, "small") {
                call.send(message).await.unwrap();
            }
            busy.push(tokio::spawn(call.answer()));
        }
        // Far more than there is room for, were those of clients kept that have gone.
        for number in 16..32 {
            let text = format!("{number:08}").repeat(40 << 17);
            let mut call = Call::begin(&socket, Some(Duration::from_millis(1_500))).await;
            for message in &request(number, &text) {
                call.send(message).await.unwrap();
            }
            assert_eq!(call.answer().await.unwrap_err().code(), Code::DeadlineExceeded);
        }
        busy.iter().for_each(tokio::task::JoinHandle::abort);
    });
    served.is_well();
}

#[test]
fn instances_are_counted() {
    let (_outside, served) = with_guest("argocd:\n  memory: 96MiB\n");
    for _ in 0..3 {
        let answer = served.render(&behaving("eat-memory").gzip());
        fails(&answer, Code::ResourceExhausted, "plugin `hostile`");
        fails(&answer, Code::ResourceExhausted, "of the memory that requests share");
        fails(&answer, Code::ResourceExhausted, "`argocd.memory`");
        stays_within(&served, 96);
    }
    served.is_well();
}

#[test]
fn messages_that_are_not_whole_are_counted() {
    let served = Served::start(BUDGET);
    let socket = served.server.socket();
    run(async {
        let mut calls = Vec::new();
        let mut refused = 0;
        for _ in 0..16 {
            let mut call = Call::begin(&socket, None).await;
            // A message of 90 MiB is announced, and some of it comes.
            let head = [&[0][..], &(90_u32 << 20).to_be_bytes()].concat();
            let _ = call.send_bytes(Bytes::from(head)).await;
            let piece = Bytes::from(vec![0; 1 << 20]);
            for _ in 0..20 {
                if call.send_bytes(piece.clone()).await.is_err() {
                    refused += 1;
                    break;
                }
            }
            calls.push(call);
            stays_within(&served, 128);
        }
        assert!(refused > 0, "all of them were taken");
    });
    served.is_well();
}

#[test]
fn a_message_that_does_not_fit_is_read_to_its_end() {
    let served = Served::start("argocd:\n  memory: 48MiB\n  treeCache: 0\n  renderCache: 0\n");
    let mut request: Vec<Message> = messages(&application("parameters").gzip(), "app");
    let value = "x".repeat(47 << 20);
    metadata(&mut request).environment.push(Variable { name: "ARGOCD_ENV_LARGE".into(), value });
    fails(&served.ask(&request), Code::ResourceExhausted, "the 48 MiB of memory for requests are in use");
    served.is_well();
}

#[test]
fn a_request_has_an_end() {
    let (_outside, served) = with_guest("argocd:\n  requestSeconds: 2\nlimits:\n  deadlineSeconds: 60\n");
    let request = messages(&behaving("loop").gzip(), "app");
    let answer = run(async {
        // The client waits as long as it takes.
        let mut call = Call::begin(&served.server.socket(), None).await;
        for message in &request {
            call.send(message).await.unwrap();
        }
        call.answer().await
    });
    fails(&answer, Code::DeadlineExceeded, "the 2.0 s that a request may take are over");
    fails(&answer, Code::DeadlineExceeded, "`argocd.requestSeconds`");
    served.is_well();
}
