//! No archive makes unpacking panic, it does not matter where the pieces end in which it arrives,
//! and what is unpacked can be read by the rules of a tree.
//!
//! The input is a tar, or a gzipped tar.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use oarlock_engine::Bytes;
use oarlock_engine::source::{Archive, ArchiveLimits, Kind, Source, UnpackError, Unpacker};

const GZIP: &[u8] = &[0x1f, 0x8b];

/// Blocks of a tar, and where in a header the checksum and the name of the format are.
const BLOCK: usize = 512;
const CHECKSUM: std::ops::Range<usize> = 148..156;
const MAGIC: usize = 257;

/// Small, so that an input that reaches a limit is small, too.
const LIMITS: ArchiveLimits =
    ArchiveLimits { unpacked: Bytes(1 << 20), entries: 500, ratio: 100, path: 300, links: Bytes(4 << 10) };

/// Checks one input.
pub fn check(bytes: &[u8]) {
    let packed =
        if bytes.starts_with(GZIP) { Cow::Borrowed(bytes) } else { Cow::Owned(gzip(&repaired(bytes))) };
    let whole = unpack(std::iter::once(&*packed));
    let length = bytes.len() % 61 + 1;
    let pieces = unpack(packed.chunks(length));
    assert_eq!(shown(&whole), shown(&pieces), "in pieces of {length}");
    if let Ok(archive) = whole {
        walk(&archive);
    }
}

/// The same with the right checksum in whatever looks like a header, since no fuzzer finds it.
fn repaired(tar: &[u8]) -> Vec<u8> {
    let mut tar = tar.to_vec();
    for block in tar.chunks_exact_mut(BLOCK) {
        if block[MAGIC..].starts_with(b"ustar") {
            block[CHECKSUM].fill(b' ');
            let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
            block[CHECKSUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
    }
    tar
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::none());
    packer.write_all(bytes).expect("writing to memory does not fail");
    packer.finish().expect("writing to memory does not fail")
}

fn unpack<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Result<Archive, UnpackError> {
    let mut unpacker = Unpacker::new(LIMITS);
    for piece in pieces {
        unpacker.feed(piece)?;
    }
    unpacker.finish()
}

/// What came out. Where a stream is damaged in two ways, the pieces decide which is seen first: the
/// decompressor's own, or that of the tar in what it has given so far.
fn shown(unpacked: &Result<Archive, UnpackError>) -> String {
    match unpacked {
        Err(UnpackError::Damaged(_)) => "damaged".to_owned(),
        other => format!("{other:?}"),
    }
}

/// Reads everything that the tree lists, from its root down. A directory is entered by its real
/// path alone: through links a way can become longer than what is followed.
fn walk(archive: &Archive) {
    let mut waiting = vec![".".to_owned()];
    let mut seen = BTreeSet::from([String::new(), ".".to_owned()]);
    while let Some(directory) = waiting.pop() {
        let Ok(listing) = archive.list(&directory) else { continue };
        for entry in listing.entries {
            let path = format!("{directory}/{}", entry.name);
            let found = archive.stat(&path).unwrap_or_else(|error| panic!("{path} is listed: {error:?}"));
            assert_eq!(found.kind, entry.kind, "{path}");
            let real = archive.stat(&found.path).unwrap_or_else(|error| panic!("{path} is real: {error:?}"));
            assert_eq!(real, found, "{path}");
            match entry.kind {
                Kind::Directory => {
                    if seen.insert(found.path.clone()) {
                        waiting.push(found.path);
                    }
                }
                Kind::File => {
                    let content = archive.read(&path).expect("a small file can be read");
                    assert_eq!(content.len() as u64, found.size, "{path}");
                    assert!(found.size <= archive.bytes(), "{path}");
                }
            }
        }
    }
}
