//! What archives become, the bad ones among them.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use oarlock_plugin::{Kind, ReadError};
use proptest::prelude::*;
use tar::{Builder, EntryType, Header};

use super::*;

/// A tar as Argo CD's client writes it, entry by entry.
struct Tar(Builder<Vec<u8>>);

impl Tar {
    fn new() -> Self {
        Self(Builder::new(Vec::new())).entry(".", EntryType::Directory, "", b"")
    }

    /// An entry whose name is written as it is, though `tar` itself would refuse it.
    fn entry(mut self, path: &str, kind: EntryType, link: &str, content: &[u8]) -> Self {
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        if path.len() <= 100 {
            header.as_ustar_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
        } else {
            let record = |key: &str, value: &str| {
                let length = key.len() + value.len() + 3;
                let total = (length + 1..length + 8).find(|total| total.to_string().len() + length == *total);
                format!("{} {key}={value}\n", total.unwrap())
            };
            self = self.entry("PaxHeaders", EntryType::XHeader, "", record("path", path).as_bytes());
        }
        header.as_ustar_mut().unwrap().linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_cksum();
        self.0.append(&header, content).unwrap();
        self
    }

    fn file(self, path: &str, content: &str) -> Self {
        self.entry(path, EntryType::Regular, "", content.as_bytes())
    }

    fn link(self, path: &str, target: &str) -> Self {
        self.entry(path, EntryType::Symlink, target, b"")
    }

    fn packed(self) -> Vec<u8> {
        gzip(&self.0.into_inner().unwrap())
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn unpack(packed: &[u8]) -> Result<Archive, UnpackError> {
    unpack_within(packed, ArchiveLimits::default())
}

fn unpack_within(packed: &[u8], limits: ArchiveLimits) -> Result<Archive, UnpackError> {
    let mut unpacker = Unpacker::new(limits);
    unpacker.feed(packed)?;
    unpacker.finish()
}

fn names(tree: &Archive, path: &str) -> Vec<String> {
    tree.list(path).unwrap().entries.into_iter().map(|entry| entry.name).collect()
}

#[test]
fn holds_what_was_packed() {
    let long = format!("{}/deep.yaml", "long-name/".repeat(20));
    let tar = Tar::new()
        .entry("apps", EntryType::Directory, "", b"")
        .file("apps/web.yaml", "kind: Pod")
        .file("implied/directory/a", "")
        .file(&long, "deep")
        .file(".git/objects/ab", "a database")
        .entry("pipe", EntryType::Fifo, "", b"");
    let tree = unpack(&tar.packed()).unwrap();
    assert_eq!(tree.read("apps/web.yaml").unwrap(), b"kind: Pod");
    assert_eq!(tree.digest("./apps/../apps/web.yaml"), Ok(Digest::of(b"kind: Pod")));
    assert_eq!(tree.read(&long).unwrap(), b"deep");
    assert_eq!(names(&tree, "."), ["apps", "implied", "long-name"]);
    let found = tree.stat("apps/web.yaml").unwrap();
    assert_eq!((found.kind, found.size, found.path.as_str()), (Kind::File, 9, "apps/web.yaml"));
    assert_eq!(tree.read("apps"), Err(ReadError::WrongKind(Kind::Directory)));
    assert_eq!(tree.list("apps/web.yaml"), Err(ReadError::WrongKind(Kind::File)));
    for path in ["nothing", "apps/web.yaml/below", ".git"] {
        assert_eq!(tree.stat(path), Err(ReadError::NotFound), "{path}");
    }
    assert!(matches!(tree.read("pipe"), Err(ReadError::Refused(_))));
    assert!(tree.bytes() > 13);
}

#[test]
fn follows_links_as_a_directory_does() {
    let tar = Tar::new()
        .file("a/file.yaml", "kind: Pod")
        .link("a/inside", "../a/file.yaml")
        .link("a/outside", "../../secret")
        .link("a/absolute", "/etc/hostname")
        .link("a/dangling", "nowhere")
        .link("a/loop", "loop")
        .link("a/b/up", "..")
        .link("root", "a/..")
        .entry("hard", EntryType::Link, "a/file.yaml", b"");
    let tree = unpack(&tar.packed()).unwrap();
    assert_eq!(tree.read("a/b/up/inside").unwrap(), b"kind: Pod");
    assert_eq!(tree.stat("a/b/up/inside").unwrap().path, "a/file.yaml");
    assert_eq!(tree.stat("root/root/a/b").unwrap().path, "a/b");
    assert_eq!(tree.stat("root").unwrap().path, ".");
    assert_eq!(tree.read("hard").unwrap(), b"kind: Pod");
    assert_eq!(tree.read("a/dangling"), Err(ReadError::NotFound));
    for path in ["a/outside", "a/absolute", "a/loop", "../secret", "/etc/passwd"] {
        let error = tree.read(path).unwrap_err();
        assert!(matches!(&error, ReadError::Refused(text) if text.contains(path)), "{path}: {error:?}");
    }
    assert_eq!(names(&tree, "a"), ["b", "file.yaml", "inside"]);
}

/// An empty file whose path is bytes.
fn bytes_entry(tar: &mut Tar, path: &[u8]) {
    let mut header = Header::new_ustar();
    header.set_size(0);
    header.set_entry_type(EntryType::Regular);
    header.as_ustar_mut().unwrap().name[..path.len()].copy_from_slice(path);
    header.set_cksum();
    tar.0.append(&header, &b""[..]).unwrap();
}

/// What is said of names that are left out of a directory.
fn left_out(tree: &Archive, path: &str) -> Option<String> {
    Some(tree.list(path).unwrap().left_out.summary(path)?.message)
}

#[test]
fn names_that_are_no_utf8_are_told_once() {
    let mut tar = Tar::new();
    for path in [&b"a/b\xff"[..], b"a/b\xff", b"c\xff/d", b"c\xff/e\xff", b"c\xff"] {
        bytes_entry(&mut tar, path);
    }
    let tree = unpack(&tar.packed()).unwrap();
    assert_eq!(left_out(&tree, "a").unwrap(), "`a/b\u{fffd}` is left out, since its name is not UTF-8");
    assert_eq!(left_out(&tree, ".").unwrap(), "`c\u{fffd}` is left out, since its name is not UTF-8");
    assert_eq!(names(&tree, "."), ["a"]);
    let mut tar = Tar::new();
    for number in 0..20_000_u32 {
        bytes_entry(&mut tar, &[&b"a/\xff"[..], number.to_string().as_bytes()].concat());
    }
    let told = left_out(&unpack(&tar.packed()).unwrap(), "a").unwrap();
    assert!(told.starts_with("20000 names in `a`") && told.len() < 200, "{told}");
}

#[test]
fn directories_that_paths_imply_are_counted() {
    // Each path has directories of its own.
    let tar =
        || (0..50).fold(Tar::new(), |tar, number| tar.file(&format!("{number}/{}x", "a/".repeat(99)), ""));
    let (few, many) = (Tar::new().file("x", "").packed(), tar().packed());
    let (few, many) = (unpack(&few).unwrap().bytes(), unpack(&many).unwrap().bytes());
    assert!(many - few > 50 * 100 * DIRECTORY_BYTES, "{many}");
    // The root, the files, and a hundred directories for each.
    let limits = ArchiveLimits { entries: 1 + 50 + 50 * 100, ..ArchiveLimits::default() };
    assert!(unpack_within(&tar().packed(), limits).is_ok());
    let limits = ArchiveLimits { entries: limits.entries - 1, ..limits };
    let error = unpack_within(&tar().packed(), limits).map(|_| ()).unwrap_err();
    assert!(error.to_string().ends_with("more than 5050 entries"), "{error}");
}

/// The steps that it takes to list a directory of a tree.
fn steps(tar: Tar, path: &str) -> u64 {
    let tree = unpack(&tar.packed()).unwrap();
    for _ in 0..3 {
        tree.list(path).unwrap();
    }
    tree.steps.load(std::sync::atomic::Ordering::Relaxed)
}

#[test]
fn links_are_followed_in_time_that_is_linear_in_them() {
    // Chains, chains by way of a long path, and rings.
    let chain = |count: u32| {
        (0..count).fold(Tar::new(), |tar, number| tar.link(&format!("a/{number}"), &(number + 1).to_string()))
    };
    let long = |count: u32| {
        let link = |tar: Tar, number: u32| {
            let target = format!("{}{}", "../a/".repeat(15), number + 1);
            tar.link(&format!("a/{number}"), &target)
        };
        (0..count).fold(Tar::new(), link).file(&format!("a/{count}"), "")
    };
    let ring = |count: u32| {
        let link =
            |tar: Tar, number: u32| tar.link(&format!("a/{number}"), &((number + 1) % count).to_string());
        (0..count).fold(Tar::new(), link)
    };
    for tar in [&chain as &dyn Fn(u32) -> Tar, &long, &ring] {
        let (few, many) = (steps(tar(100), "a"), steps(tar(800), "a"));
        assert!(many <= 9 * few, "{few} steps at first, {many} for eight times as much");
    }
}

#[test]
fn a_way_may_go_through_forty_links() {
    let tree = |count: u32| {
        let link = |tar: Tar, number: u32| tar.link(&number.to_string(), &(number + 1).to_string());
        unpack(&(0..count).fold(Tar::new(), link).file(&count.to_string(), "x").packed()).unwrap()
    };
    // Whatever was asked before.
    for first in ["0", "39", "20"] {
        let (forty, more) = (tree(40), tree(41));
        let _ = (forty.stat(first), more.stat(first));
        assert_eq!(forty.read("0").unwrap(), b"x");
        assert_eq!(more.read("1").unwrap(), b"x");
        let error = more.read("0").unwrap_err();
        assert!(matches!(&error, ReadError::Refused(text) if text.contains("a link to itself")), "{error:?}");
    }
}

#[test]
fn targets_of_links_are_bounded() {
    let target = "x".repeat(90);
    let tar = || Tar::new().link("a", &target).link("b", &target).packed();
    let limits = ArchiveLimits { links: oarlock_model::Bytes(180), ..ArchiveLimits::default() };
    assert!(unpack_within(&tar(), limits).is_ok());
    let limits = ArchiveLimits { links: oarlock_model::Bytes(179), ..limits };
    let error = unpack_within(&tar(), limits).map(|_| ()).unwrap_err();
    assert!(error.hint().unwrap().contains("argocd.archive.links"), "{error}");
    let limits = ArchiveLimits { path: 89, ..ArchiveLimits::default() };
    let error = unpack_within(&tar(), limits).map(|_| ()).unwrap_err();
    assert!(error.to_string().ends_with("more than 89 bytes in the target of a link"), "{error}");
}

#[test]
fn refuses_what_no_tree_has() {
    for (tar, reason) in [
        (Tar::new().file("/etc/passwd", "x"), "holds `/etc/passwd`, which lies outside of it"),
        (Tar::new().file("a/../../x", "x"), "holds `a/../../x`, which lies outside of it"),
        (
            Tar::new().link("a", "b").file("a/x", "x"),
            "holds `a/x`, which lies below `a`, which is no directory",
        ),
        (
            Tar::new().file("a/x", "").file("a", ""),
            "which is a directory once and something else another time",
        ),
        (Tar::new().entry("hard", EntryType::Link, "none", b""), "which is another name of `none`"),
        (Tar::new().entry("hard", EntryType::Link, "../none", b""), "which is another name of `../none`"),
        (Tar::new().file(&"d/".repeat(300), "x"), "which lies deeper than 256 directories"),
        (Tar::new().entry("s", EntryType::GNUSparse, "", b""), "which is of a kind that no tree has"),
    ] {
        let error = unpack(&tar.packed()).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn refuses_what_is_cut_off_or_damaged() {
    let packed = Tar::new().file("a", &"x".repeat(10_000)).file("b", "y").packed();
    for length in 0..packed.len() {
        assert!(unpack(&packed[..length]).is_err(), "{length} of {}", packed.len());
    }
    assert!(matches!(unpack(&packed[..packed.len() - 9]), Err(UnpackError::CutOff)));
    assert!(matches!(unpack(b"no gzip at all, but long enough"), Err(UnpackError::Damaged(_))));
    assert!(matches!(unpack(&gzip(&[7; 2048])), Err(UnpackError::Damaged(_))));
    assert!(matches!(unpack(&gzip(&[7; 100])), Err(UnpackError::CutOff)));
    assert_eq!(names(&unpack(&gzip(&[0; 1024])).unwrap(), "."), [""; 0]);
}

#[test]
fn a_bomb_is_refused_before_it_goes_off() {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::Regular);
    header.as_ustar_mut().unwrap().name[0] = b'a';
    header.set_size(4 << 30);
    header.set_cksum();
    let mut bomb = GzEncoder::new(Vec::new(), Compression::fast());
    bomb.write_all(header.as_bytes()).unwrap();
    for _ in 0..34 {
        bomb.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let error = unpack(&bomb.finish().unwrap()).map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "the archive of the repository holds more than 100 times its packed size");
    assert!(error.hint().unwrap().contains("argocd.archive.ratio"));
}

#[test]
fn limits_hold_and_are_named() {
    let tar = || Tar::new().file("a", &"x".repeat(5_000)).file("b", "").file(&"c".repeat(150), "").packed();
    let limits = ArchiveLimits::default();
    assert!(unpack_within(&tar(), limits).is_ok());
    for (limits, message) in [
        (ArchiveLimits { entries: 2, ..limits }, "more than 2 entries"),
        (ArchiveLimits { path: 149, ..limits }, "more than 149 bytes in a path"),
        (ArchiveLimits { unpacked: oarlock_model::Bytes(4096), ..limits }, "more than 4 KiB unpacked"),
    ] {
        let error = unpack_within(&tar(), limits).map(|_| ()).unwrap_err();
        assert!(error.to_string().ends_with(message), "{error}");
    }
}

#[test]
fn entries_without_end_are_refused() {
    let mut tar = GzEncoder::new(Vec::new(), Compression::fast());
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::Regular);
    header.set_size(0);
    for number in 0..260_000_u32 {
        let name = format!("{number:07}");
        header.as_ustar_mut().unwrap().name[..7].copy_from_slice(name.as_bytes());
        header.set_cksum();
        tar.write_all(header.as_bytes()).unwrap();
    }
    let error = unpack(&tar.finish().unwrap()).map(|_| ()).unwrap_err();
    assert!(error.to_string().ends_with("more than 250000 entries"), "{error}");
}

proptest! {
    /// However the bytes are cut on their way, the same comes out.
    #[test]
    fn does_not_care_how_it_comes(cuts in prop::collection::vec(1_usize..700, 1..40)) {
        let packed = Tar::new().file("a/b", &"text ".repeat(3_000)).link("l", "a").file("c", "d").packed();
        let mut unpacker = Unpacker::new(ArchiveLimits::default());
        let mut rest = packed.as_slice();
        for cut in cuts.iter().cycle() {
            let (now, later) = rest.split_at((*cut).min(rest.len()));
            unpacker.feed(now).unwrap();
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        let tree = unpacker.finish().unwrap();
        prop_assert_eq!(tree.read("l/b").unwrap(), "text ".repeat(3_000).into_bytes());
        prop_assert_eq!(tree.read("c").unwrap(), b"d");
    }

    #[test]
    fn takes_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..3_000)) {
        let _ = unpack(&bytes);
        let _ = unpack(&gzip(&bytes));
    }
}
