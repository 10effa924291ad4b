//! From the bytes of a gzipped tar to a tree.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use flate2::write::GzDecoder;
use oarlock_plugin::TreePath;

use super::limits::{ArchiveLimits, UnpackError};
use super::tar_stream::{Entry, Sink, TarStream};
use super::{
    Archive, Content, DIRECTORY_BYTES, ENTRY_BYTES, File, Folder, Id, LeftOut, Link, MAX_FILE_BYTES, Node,
    ROOT,
};

/// So much is unpacked between two looks at the limits.
const PIECE_BYTES: usize = 16 << 10;

/// An archive may be this large whatever its ratio, in bytes.
const RATIO_COUNTS_FROM: u64 = 32 << 20;

/// The deepest that directories may nest.
const MAX_DEPTH: usize = 256;

/// What a name takes that is left out: the first few are kept.
const LEFT_OUT_BYTES: u64 = 128;

/// The repository's own database, which no render needs and which is often larger than all the
/// rest.
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
    /// If they are no gzipped tar, or the tree breaks a limit or a rule. The unpacker is of no use
    /// from then on.
    pub fn feed(&mut self, packed: &[u8]) -> Result<(), UnpackError> {
        for mut piece in packed.chunks(PIECE_BYTES) {
            self.packed += piece.len() as u64;
            while !piece.is_empty() {
                let taken = self.gzip.write(piece).map_err(|error| refusal(&error))?;
                // Zeros that fill a block are allowed after the end, and anything else there does
                // not count.
                if taken == 0 {
                    break;
                }
                piece = &piece[taken..];
            }
            self.check_ratio()?;
        }
        Ok(())
    }

    /// How much memory the tree takes so far, roughly, the file that is coming among it.
    pub fn bytes(&self) -> u64 {
        let tree = &self.gzip.get_ref().tree;
        tree.bytes + tree.coming.as_ref().map_or(0, |file| file.content.len() as u64)
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
pub(super) struct Growing {
    limits: ArchiveLimits,
    nodes: Vec<Node>,
    entries: u64,
    /// Bytes of the targets of links.
    targets: u64,
    bytes: u64,
    coming: Option<Coming>,
    /// What was left out already, by its hash.
    left_out: HashSet<u64>,
}

/// The file whose content is coming.
struct Coming {
    path: TreePath,
    /// With room for as much as its header says, and no more comes. The system gives memory as it
    /// is written to, so that a claim takes none.
    content: Vec<u8>,
}

impl Growing {
    pub(super) fn new(limits: ArchiveLimits) -> Self {
        let root = Node { parent: ROOT, name: "".into(), content: Content::Folder(Box::default()) };
        let bytes = ENTRY_BYTES + DIRECTORY_BYTES;
        Self {
            limits,
            nodes: vec![root],
            entries: 0,
            targets: 0,
            bytes,
            coming: None,
            left_out: HashSet::new(),
        }
    }

    pub(super) fn archive(mut self) -> Archive {
        self.nodes.shrink_to_fit();
        Archive::of(self.nodes, self.bytes)
    }

    fn child(&self, folder: Id, name: &str) -> Option<Id> {
        match &self.nodes[folder as usize].content {
            Content::Folder(folder) => folder.children.get(name).copied(),
            _ => None,
        }
    }

    /// Adds a node to a directory that has none of its name.
    fn add(&mut self, parent: Id, name: &str, content: Content) -> Result<Id, UnpackError> {
        self.bytes += ENTRY_BYTES + name.len() as u64;
        if matches!(content, Content::Folder(_)) {
            self.bytes += DIRECTORY_BYTES;
        }
        let id = Id::try_from(self.nodes.len()).map_err(|_| self.too_many_entries())?;
        let name: Arc<str> = name.into();
        if let Content::Folder(folder) = &mut self.nodes[parent as usize].content {
            folder.children.insert(Arc::clone(&name), id);
        }
        self.nodes.push(Node { parent, name, content });
        Ok(id)
    }

    /// The directory of a path, made where it is missing: what a path implies counts as if it had
    /// an entry of its own. Links on the way are refused: nothing lies below them.
    fn parent(&mut self, path: &TreePath) -> Result<Id, UnpackError> {
        let depth = path.parts().count().saturating_sub(1);
        if depth >= MAX_DEPTH {
            return Err(forbidden(path, format!("lies deeper than {MAX_DEPTH} directories")));
        }
        let mut folder = ROOT;
        for part in path.parts().take(depth) {
            folder = match self.child(folder, part) {
                None => {
                    self.count()?;
                    self.add(folder, part, Content::Folder(Box::default()))?
                }
                Some(id) if matches!(self.nodes[id as usize].content, Content::Folder(_)) => id,
                Some(_) => {
                    return Err(forbidden(path, format!("lies below `{part}`, which is no directory")));
                }
            };
        }
        Ok(folder)
    }

    pub(super) fn put(&mut self, path: &TreePath, content: Content) -> Result<(), UnpackError> {
        let Some(name) = path.file_name() else { return Ok(()) };
        let parent = self.parent(path)?;
        let Some(id) = self.child(parent, name) else {
            return self.add(parent, name, content).map(|_| ());
        };
        let found = &mut self.nodes[id as usize].content;
        match (&*found, &content) {
            (Content::Folder(_), Content::Folder(_)) => {}
            (Content::Folder(_), _) | (_, Content::Folder(_)) => {
                let reason = "is a directory once and something else another time";
                return Err(forbidden(path, reason.to_owned()));
            }
            _ => *found = content,
        }
        Ok(())
    }

    /// Another name for a file that came before.
    fn hard_link(&mut self, path: &TreePath, target: &[u8]) -> Result<(), UnpackError> {
        let shown = || String::from_utf8_lossy(&target[..target.len().min(200)]).into_owned();
        let place = std::str::from_utf8(target).ok().and_then(|target| TreePath::new(target).ok());
        let found = place
            .and_then(|place| place.parts().try_fold(ROOT, |folder, part| self.child(folder, part)))
            .and_then(|id| match &self.nodes[id as usize].content {
                Content::File(file) => Some(Content::File(file.clone())),
                Content::Large(size) => Some(Content::Large(*size)),
                _ => None,
            });
        let missing =
            || forbidden(path, format!("is another name of `{}`, and that is no file before it", shown()));
        self.put(path, found.ok_or_else(missing)?)
    }

    pub(super) fn link(&mut self, path: &TreePath, target: String) -> Result<(), UnpackError> {
        let length = target.len() as u64;
        self.targets += length;
        self.bytes += length;
        let over = |value: String, what, setting| Err(UnpackError::Limit { value, what, setting });
        if length > self.limits.path {
            return over(self.limits.path.to_string(), "bytes in the target of a link", "path");
        }
        if self.targets > self.limits.links.0 {
            return over(self.limits.links.to_string(), "of targets of links", "links");
        }
        self.put(path, Content::Link(Box::new(Link { target: target.into(), led: OnceLock::new() })))
    }

    pub(super) fn count(&mut self) -> Result<(), UnpackError> {
        self.entries += 1;
        if self.entries > self.limits.entries { Err(self.too_many_entries()) } else { Ok(()) }
    }

    /// The place of a path whose names are bytes; `None` if one of them is no name of a directory
    /// or no text, and is left out.
    pub(super) fn placed(&mut self, path: &[u8]) -> Result<Option<TreePath>, UnpackError> {
        let Ok(text) = std::str::from_utf8(path) else {
            self.leave_out(path)?;
            return Ok(None);
        };
        let is_name = |name: &str| {
            !matches!(name, "" | "." | "..") && !name.eq_ignore_ascii_case(GIT) && !name.contains('\0')
        };
        if !text.split('/').all(is_name) {
            return Ok(None);
        }
        Ok(TreePath::new(text).ok())
    }

    fn too_many_entries(&self) -> UnpackError {
        let value = self.limits.entries.to_string();
        UnpackError::Limit { value, what: "entries", setting: "entries" }
    }

    /// Something whose path has a name that no plugin could say: the directory in which that name
    /// stands tells of it, once.
    pub(super) fn leave_out(&mut self, path: &[u8]) -> Result<(), UnpackError> {
        let is_text = |name: &&[u8]| std::str::from_utf8(name).is_ok();
        let path = path.strip_suffix(b"/").unwrap_or(path);
        let names: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
        let texts = names.iter().take_while(|name| is_text(name)).count();
        // Where every name is text, it is what the last one stands for.
        let last = texts.min(names.len() - 1);
        let above = names[..last].join(&b'/');
        let above = String::from_utf8_lossy(&above);
        let place = TreePath::new(&above).map_err(|error| forbidden(&above, error.to_string()))?;
        let below = place.join("name").map_err(|error| forbidden(&above, error.to_string()))?;
        let parent = self.parent(&below)?;
        if self.left_out.insert(hash(&(parent, names[last])))
            && let Content::Folder(folder) = &mut self.nodes[parent as usize].content
        {
            let left_out: &mut LeftOut = folder.left_out.get_or_insert_default();
            left_out.add(names[last]);
            self.bytes += LEFT_OUT_BYTES;
        }
        Ok(())
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl Sink for Growing {
    fn begin(&mut self, entry: Entry) -> Result<bool, UnpackError> {
        self.count()?;
        let Ok(text) = std::str::from_utf8(&entry.path) else {
            self.leave_out(&entry.path)?;
            return Ok(false);
        };
        let path = TreePath::new(text).map_err(|_| forbidden(text, "lies outside of it".to_owned()))?;
        if path.parts().next() == Some(GIT) {
            return Ok(false);
        }
        let kind = entry.kind;
        if kind.is_dir() {
            self.put(&path, Content::Folder(Box::<Folder>::default()))?;
        } else if kind.is_symlink() {
            match String::from_utf8(entry.link) {
                Ok(target) => self.link(&path, target)?,
                Err(_) => self.leave_out(&entry.path)?,
            }
        } else if kind.is_hard_link() {
            self.hard_link(&path, &entry.link)?;
        } else if kind.is_character_special() || kind.is_block_special() || kind.is_fifo() {
            self.put(&path, Content::Other)?;
        } else if kind.is_file() || kind.is_contiguous() {
            if path.is_root() {
                return Err(forbidden(text, "is a file in place of the root".to_owned()));
            }
            if entry.size > MAX_FILE_BYTES {
                self.put(&path, Content::Large(entry.size))?;
                return Ok(false);
            }
            let size = usize::try_from(entry.size).unwrap_or(0);
            self.coming = Some(Coming { path, content: Vec::with_capacity(size) });
            return Ok(true);
        } else {
            return Err(forbidden(text, "is of a kind that no tree has".to_owned()));
        }
        Ok(false)
    }

    fn content(&mut self, piece: &[u8]) {
        if let Some(coming) = &mut self.coming {
            coming.content.extend_from_slice(piece);
        }
    }

    fn end(&mut self) -> Result<(), UnpackError> {
        let Some(Coming { path, content }) = mem::take(&mut self.coming) else { return Ok(()) };
        self.bytes += content.len() as u64;
        // Without spare capacity: trees are kept.
        let content = Bytes::from(content.into_boxed_slice());
        self.put(&path, Content::File(Box::new(File { content, digest: OnceLock::new() })))
    }
}

fn forbidden(path: &(impl std::fmt::Display + ?Sized), reason: String) -> UnpackError {
    let path: String = path.to_string().chars().take(200).collect();
    UnpackError::Forbidden { path, reason }
}
