//! Archives that are none, or that are meant to do harm.

use tonic::Code;

use crate::serve::pack::{Pack, bomb, empty_files};
use crate::serve::{Served, application, fails};

const PLAIN: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

#[test]
fn damage_is_told() {
    let served = Served::start("");
    let whole = application("whole").gzip();
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 0x55;
    for (archive, text) in [
        (&whole[..whole.len() / 2], "the archive of the repository is cut off"),
        (&whole[..whole.len() - 1], "the archive of the repository is damaged"),
        (&whole[..5], "the archive of the repository is cut off"),
        (&[], "the archive of the repository is cut off"),
        (&damaged, "the archive of the repository is damaged"),
        (b"kind: ConfigMap, and no archive", "the archive of the repository is damaged"),
    ] {
        fails(&served.render(archive), Code::InvalidArgument, text);
    }
    served.is_well();
}

#[test]
fn paths_lead_nowhere_else() {
    let served = Served::start("");
    for path in ["/etc/passwd", "../outside", "app/../../outside", "app/../../../../../../etc/passwd"] {
        let text = format!("holds `{path}`, which lies outside of it");
        fails(&served.render(&Pack::new().file(path, PLAIN).gzip()), Code::InvalidArgument, &text);
    }
    let out = "leads out of the repository through a link";
    for target in ["/etc/hostname", "../../etc/hostname", "loop"] {
        let pack = Pack::new().link("app/a.yaml", target).link("app/loop", "loop");
        let pack = pack.file("app/kustomization.yaml", "resources: [a.yaml]\n");
        let text = if target == "loop" { "through a link to itself" } else { out };
        fails(&served.render(&pack.gzip()), Code::FailedPrecondition, text);
    }
    // Nothing may be put below a link, or the next entry would lie where the link leads.
    let below = Pack::new().link("app", "/tmp").file("app/a.yaml", PLAIN);
    fails(&served.render(&below.gzip()), Code::InvalidArgument, "lies below `app`, which is no directory");
    served.is_well();
}

#[test]
fn a_bomb_of_ten_gigabytes_does_not_go_off() {
    let served = Served::start("");
    let archive = bomb(160);
    assert!((8 << 20..12 << 20).contains(&archive.len()), "{} bytes", archive.len());
    for _ in 0..3 {
        let answer = served.render(&archive);
        fails(&answer, Code::InvalidArgument, "holds more than 100 times its packed size");
        fails(&answer, Code::InvalidArgument, "`argocd.archive.ratio`");
    }
    served.is_well();
    // Where the operator minds no ratio, what it unpacks to is the next limit.
    let served = Served::start("argocd:\n  archive:\n    ratio: 100000\n");
    fails(&served.render(&archive), Code::InvalidArgument, "holds more than 1 GiB unpacked");
    served.is_well();
}

#[test]
fn directories_that_paths_imply_are_counted() {
    let served = Served::start("");
    let mut pack = application("deep");
    for number in 0..2_000 {
        pack = pack.long_file(&format!("{number}/{}x", "a/".repeat(250)), "");
    }
    let archive = pack.gzip();
    assert!(archive.len() < 256 << 10, "{} bytes", archive.len());
    for _ in 0..3 {
        fails(&served.render(&archive), Code::InvalidArgument, "holds more than 250000 entries");
    }
    served.is_well();
}

#[test]
fn names_that_are_no_utf8_are_told_in_a_line() {
    let served = Served::start("");
    let mut pack = application("names");
    for number in 0..33_000 {
        pack = pack.bytes_file(&[&b"app/\xff"[..], number.to_string().as_bytes()].concat());
    }
    for number in 0..3_u32 {
        let archive = pack.clone().file("other", &number.to_string()).gzip();
        assert_eq!(served.render(&archive).unwrap().len(), 1);
    }
    let log = served.server.log();
    assert!(log.len() < 64 << 10, "{} bytes are logged", log.len());
    served.is_well();
}

#[test]
fn links_that_lead_to_links_are_followed_once() {
    let served = Served::start("");
    // Each leads to the next one by a long way.
    let mut pack = Pack::new().file("app/a.yaml", PLAIN);
    for number in 0..20_000 {
        pack =
            pack.link(&format!("app/l{number:05}"), &format!("{}l{:05}", "../app/".repeat(12), number + 1));
    }
    assert_eq!(served.render(&pack.gzip()).unwrap().len(), 1);
    // And one whose targets are together larger than those of any repository.
    let target = "x".repeat(99);
    let mut pack = application("targets");
    for number in 0..180_000 {
        pack = pack.link(&format!("app/l{number}"), &target);
    }
    let answer = served.render(&pack.gzip());
    fails(&answer, Code::InvalidArgument, "holds more than 16 MiB of targets of links");
    fails(&answer, Code::InvalidArgument, "`argocd.archive.links`");
    served.is_well();
}

#[test]
fn a_million_empty_files_are_too_many() {
    let served = Served::start("");
    let archive = empty_files(1_000_000);
    for _ in 0..3 {
        let answer = served.render(&archive);
        fails(&answer, Code::InvalidArgument, "holds more than 250000 entries");
        fails(&answer, Code::InvalidArgument, "`argocd.archive.entries`");
    }
    served.is_well();
}
