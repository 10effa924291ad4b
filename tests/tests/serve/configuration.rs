//! Configuration of repositories that is small as it is sent, and large as it is read.

use tonic::Code;

use crate::serve::pack::Pack;
use crate::serve::{Served, fails};

/// Lists of lists, each of which has the one before ten times.
fn nested(levels: usize) -> String {
    (0..levels).fold("x0: &x0 [a]\n".to_owned(), |text, level| {
        let aliases = vec![format!("*x{level}"); 10].join(", ");
        format!("{text}x{0}: &x{0} [{aliases}]\n", level + 1)
    })
}

fn refused(served: &Served, pack: &Pack, text: &str) {
    let answer = served.render(&pack.gzip());
    fails(&answer, Code::FailedPrecondition, text);
    fails(&answer, Code::FailedPrecondition, "oarlock.yaml");
}

#[test]
fn aliases_do_not_make_it_large() {
    let served = Served::start("");
    let config = |text: &str| format!("plugins:\n  kustomize:\n    config:\n      a:\n{text}");
    let indented = nested(8).lines().map(|line| format!("        {line}\n")).collect::<Vec<_>>().concat();
    refused(&served, &Pack::new().file("app/oarlock.yaml", &config(&indented)), "limit of 50000");
    // A long text, many times.
    let long = format!("        - &a {}\n{}", "x".repeat(100_000), "        - *a\n".repeat(1_000));
    refused(&served, &Pack::new().file("oarlock.yaml", &config(&long)), "limit of 4 MiB of text");
    // Files that would each do, one in each directory on the way.
    let each = nested(3).lines().map(|line| format!("        {line}\n")).collect::<Vec<_>>().concat();
    let mut pack = Pack::new();
    let mut directory = String::new();
    for _ in 0..40 {
        pack = pack.file(&format!("{directory}oarlock.yaml"), &config(&each));
        directory.push_str("a/");
    }
    let mut messages = oarlock_tests::wire::messages(&pack.gzip(), "app");
    crate::serve::metadata(&mut messages).directory = directory.trim_end_matches('/').to_owned();
    let answer = served.ask(&messages);
    fails(&answer, Code::FailedPrecondition, "limit of 50000 values, repetitions by aliases included");
    served.is_well();
}

#[test]
fn many_keys_are_merged_or_refused_at_once() {
    let served = Served::start("");
    let keys = |range: std::ops::Range<usize>| {
        let keys = range.map(|key| format!("      k{key}: a\n")).collect::<Vec<_>>().concat();
        format!("pipeline: [kustomize]\nplugins:\n  other:\n    config:\n{keys}")
    };
    let application = || crate::serve::application("merged");
    // As many as may be: merged with each other, and of no matter to the plugins that run.
    let pack =
        application().file("oarlock.yaml", &keys(0..20_000)).file("app/oarlock.yaml", &keys(9_000..29_000));
    assert_eq!(served.render(&pack.gzip()).unwrap().len(), 1);
    let pack =
        application().file("oarlock.yaml", &keys(0..30_000)).file("app/oarlock.yaml", &keys(30_000..60_000));
    refused(&served, &pack, "limit of ");
    served.is_well();
}
