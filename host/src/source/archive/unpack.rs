//! From the bytes of a gzipped tar to a tree.

use std::collections::btree_map::Entry as MapEntry;
use std::io::{self, Write};
use std::mem;

use bytes::Bytes;
use flate2::write::GzDecoder;
use oarlock_plugin::TreePath;

use super::limits::{ArchiveLimits, UnpackError};
use super::tar_stream::{Entry, Sink, TarStream};
use super::{Archive, ENTRY_BYTES, File, Folder, MAX_FILE_BYTES, Node};

/// So much is unpacked between two looks at the limits.
const PIECE_BYTES: usize = 16 << 10;

/// An archive may be this large whatever its ratio, in bytes.
const RATIO_COUNTS_FROM: u64 = 32 << 20;

/// The deepest that directories may nest.
const MAX_DEPTH: usize = 256;

/// The repository's own database, which no render needs and which is often larger than all the rest.
const GIT: &str = ".git";

/// Unpacks a gzipped tar as it comes in.
pub struct Unpacker {
    gzip: GzDecoder<Output>,
    packed: u64,
}

impl Unpacker {
    /// An unpacker to which nothing came yet.
    pub fn new(limits: ArchiveLimits) -> Self {
        Self { gzip: GzDecoder::new(Output::new(limits)), packed: 0 }
    }

    /// Takes the next bytes of the archive.
    ///
    /// # Errors
    /// If they are no gzipped tar, or the tree breaks a limit or a rule. The unpacker is of no use from then on.
    pub fn feed(&mut self, packed: &[u8]) -> Result<(), UnpackError> {
        for mut piece in packed.chunks(PIECE_BYTES) {
            self.packed += piece.len() as u64;
            while !piece.is_empty() {
                let taken = self.gzip.write(piece).map_err(|error| refusal(&error))?;
                // Zeros that fill a block are allowed after the end, and anything else there does not count.
                if taken == 0 {
                    break;
                }
                piece = &piece[taken..];
            }
            self.check_ratio()?;
        }
        Ok(())
    }

    /// How much memory the tree takes so far, roughly.
    pub fn bytes(&self) -> u64 {
        self.gzip.get_ref().tree.bytes
    }

    /// The tree, once everything came.
    ///
    /// # Errors
    /// If something is missing.
    pub fn finish(mut self) -> Result<Archive, UnpackError> {
        self.gzip.try_finish().map_err(|error| refusal(&error))?;
        let output = self.gzip.finish().map_err(|error| refusal(&error))?;
        if output.tar.is_whole() { Ok(output.tree.archive()) } else { Err(UnpackError::CutOff) }
    }

    fn check_ratio(&self) -> Result<(), UnpackError> {
        let Output { unpacked, tree, .. } = self.gzip.get_ref();
        let ratio = tree.limits.ratio;
        if *unpacked > RATIO_COUNTS_FROM && *unpacked > self.packed.saturating_mul(ratio) {
            let value = format!("{ratio} times");
            return Err(UnpackError::Limit { value, what: "its packed size", setting: "ratio" });
        }
        Ok(())
    }
}

fn refusal(error: &io::Error) -> UnpackError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<UnpackError>()) {
        Some(refusal) => refusal.clone(),
        None if error.kind() == io::ErrorKind::UnexpectedEof => UnpackError::CutOff,
        None => UnpackError::Damaged(error.to_string()),
    }
}

/// What the gzip decoder writes to.
struct Output {
    tar: TarStream,
    tree: Growing,
    unpacked: u64,
}

impl Output {
    fn new(limits: ArchiveLimits) -> Self {
        Self { tar: TarStream::new(limits), tree: Growing::new(limits), unpacked: 0 }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), UnpackError> {
        self.unpacked += bytes.len() as u64;
        let limit = self.tree.limits.unpacked;
        if self.unpacked > limit.0 {
            return Err(UnpackError::Limit {
                value: limit.to_string(),
                what: "unpacked",
                setting: "unpacked",
            });
        }
        self.tar.feed(bytes, &mut self.tree)
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.take(bytes).map(|()| bytes.len()).map_err(io::Error::other)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A tree to which entries are added.
struct Growing {
    limits: ArchiveLimits,
    root: Folder,
    entries: u64,
    bytes: u64,
    /// The file whose content is coming.
    file: Option<(TreePath, Vec<u8>)>,
}

impl Growing {
    fn new(limits: ArchiveLimits) -> Self {
        Self { limits, root: Folder::default(), entries: 0, bytes: 0, file: None }
    }

    fn archive(self) -> Archive {
        Archive { root: self.root, bytes: self.bytes }
    }

    /// The directory of a path, made where it is missing. Links on the way are refused: nothing lies below them.
    fn parent(&mut self, path: &TreePath) -> Result<&mut Folder, UnpackError> {
        let mut folder = &mut self.root;
        let parts: Vec<&str> = path.parts().collect();
        let above = &parts[..parts.len().saturating_sub(1)];
        if above.len() >= MAX_DEPTH {
            return Err(forbidden(path, format!("lies deeper than {MAX_DEPTH} directories")));
        }
        for part in above {
            folder = match folder.nodes.entry((*part).into()) {
                MapEntry::Vacant(vacant) => match vacant.insert(Node::Folder(Folder::default())) {
                    Node::Folder(folder) => folder,
                    _ => unreachable!("was put there in this line"),
                },
                MapEntry::Occupied(found) => match found.into_mut() {
                    Node::Folder(folder) => folder,
                    _ => return Err(forbidden(path, format!("lies below `{part}`, which is no directory"))),
                },
            };
        }
        Ok(folder)
    }

    fn put(&mut self, path: &TreePath, node: Node) -> Result<(), UnpackError> {
        let Some(name) = path.file_name() else { return Ok(()) };
        match self.parent(path)?.nodes.entry(name.into()) {
            MapEntry::Vacant(vacant) => {
                vacant.insert(node);
            }
            MapEntry::Occupied(mut found) => match (found.get(), &node) {
                (Node::Folder(_), Node::Folder(_)) => {}
                (Node::Folder(_), _) | (_, Node::Folder(_)) => {
                    return Err(forbidden(
                        path,
                        "is a directory once and something else another time".to_owned(),
                    ));
                }
                _ => {
                    found.insert(node);
                }
            },
        }
        Ok(())
    }

    /// Another name for a file that came before.
    fn hard_link(&mut self, path: &TreePath, target: &[u8]) -> Result<(), UnpackError> {
        let shown = String::from_utf8_lossy(target).into_owned();
        let target = std::str::from_utf8(target).ok().and_then(|target| TreePath::new(target).ok());
        let found = target.and_then(|target| {
            let folder = self.parent(&target).ok()?;
            match folder.nodes.get(target.file_name()?)? {
                Node::File(file) => Some(Node::File(file.clone())),
                Node::Large(size) => Some(Node::Large(*size)),
                _ => None,
            }
        });
        let missing =
            || forbidden(path, format!("is another name of `{shown}`, and that is no file before it"));
        self.put(path, found.ok_or_else(missing)?)
    }

    fn count(&mut self, path_length: usize) -> Result<(), UnpackError> {
        self.entries += 1;
        self.bytes += ENTRY_BYTES + path_length as u64;
        if self.entries > self.limits.entries {
            let value = self.limits.entries.to_string();
            return Err(UnpackError::Limit { value, what: "entries", setting: "entries" });
        }
        Ok(())
    }

    /// A name that no plugin could say: its directory tells of it.
    fn unreadable(&mut self, path: &[u8]) -> Result<(), UnpackError> {
        let shown = String::from_utf8_lossy(path).into_owned();
        let (above, name) = shown.trim_end_matches('/').rsplit_once('/').unwrap_or((".", shown.as_str()));
        let below = TreePath::new(above).and_then(|above| above.join("name"));
        let below = below.map_err(|error| forbidden(&shown, error.to_string()))?;
        let name = name.to_owned();
        let folder = self.parent(&below)?;
        if !folder.unreadable.contains(&name) {
            folder.unreadable.push(name);
        }
        Ok(())
    }
}

impl Sink for Growing {
    fn begin(&mut self, entry: Entry) -> Result<bool, UnpackError> {
        self.count(entry.path.len())?;
        let Ok(text) = std::str::from_utf8(&entry.path) else {
            self.unreadable(&entry.path)?;
            return Ok(false);
        };
        let path = TreePath::new(text).map_err(|_| forbidden(text, "lies outside of it".to_owned()))?;
        if path.parts().next() == Some(GIT) {
            return Ok(false);
        }
        let kind = entry.kind;
        if kind.is_dir() {
            self.put(&path, Node::Folder(Folder::default()))?;
        } else if kind.is_symlink() {
            match String::from_utf8(entry.link) {
                Ok(target) => self.put(&path, Node::Link(target.into()))?,
                Err(_) => self.unreadable(&entry.path)?,
            }
        } else if kind.is_hard_link() {
            self.hard_link(&path, &entry.link)?;
        } else if kind.is_character_special() || kind.is_block_special() || kind.is_fifo() {
            self.put(&path, Node::Other)?;
        } else if kind.is_file() || kind.is_contiguous() {
            if path.is_root() {
                return Err(forbidden(text, "is a file in place of the root".to_owned()));
            }
            if entry.size > MAX_FILE_BYTES {
                self.put(&path, Node::Large(entry.size))?;
                return Ok(false);
            }
            // The size is only a claim, so it is not allocated beforehand without bound.
            let size = usize::try_from(entry.size).unwrap_or(0);
            self.file = Some((path, Vec::with_capacity(size.min(1 << 20))));
            return Ok(true);
        } else {
            return Err(forbidden(text, "is of a kind that no tree has".to_owned()));
        }
        Ok(false)
    }

    fn content(&mut self, piece: &[u8]) {
        if let Some((_, content)) = &mut self.file {
            content.extend_from_slice(piece);
        }
    }

    fn end(&mut self) -> Result<(), UnpackError> {
        let Some((path, content)) = mem::take(&mut self.file) else { return Ok(()) };
        self.bytes += content.len() as u64;
        // Without spare capacity: trees are kept.
        let content = Bytes::from(content.into_boxed_slice());
        self.put(&path, Node::File(File { content, digest: std::sync::OnceLock::new() }))
    }
}

fn forbidden(path: &(impl std::fmt::Display + ?Sized), reason: String) -> UnpackError {
    let path: String = path.to_string().chars().take(200).collect();
    UnpackError::Forbidden { path, reason }
}
