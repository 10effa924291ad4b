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

#[test]
fn a_name_that_is_no_utf8_is_told() {
    let mut header = Header::new_ustar();
    header.set_size(1);
    header.set_entry_type(EntryType::Regular);
    header.as_ustar_mut().unwrap().name[..5].copy_from_slice(b"a/b\xff\0");
    header.set_cksum();
    let mut tar = Tar::new();
    tar.0.append(&header, &b"x"[..]).unwrap();
    let tree = unpack(&tar.packed()).unwrap();
    assert_eq!(tree.list("a").unwrap().unreadable, ["b\u{fffd}"]);
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
        (ArchiveLimits { unpacked: crate::sandbox::Bytes(4096), ..limits }, "more than 4 KiB unpacked"),
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
