//! A tar that is read as it comes: pieces of any length go in, entries come out.

use std::borrow::Cow;
use std::mem;

use tar::{EntryType, Header, PaxExtensions};

use super::limits::{ArchiveLimits, UnpackError};

const BLOCK: usize = 512;

/// The most bytes that extended headers and long names may have.
const MAX_EXTENSION_BYTES: u64 = 64 << 10;

/// An entry whose content begins.
pub(super) struct Entry {
    pub(super) path: Vec<u8>,
    pub(super) link: Vec<u8>,
    pub(super) kind: EntryType,
    pub(super) size: u64,
}

/// What a tar stream contains, in order.
pub(super) trait Sink {
    /// An entry begins; says whether its content is wanted.
    fn begin(&mut self, entry: Entry) -> Result<bool, UnpackError>;
    /// A piece of the content of the entry that began last.
    fn content(&mut self, piece: &[u8]);
    /// The entry that began last is whole.
    ///
    /// # Errors
    /// If its place is taken.
    fn end(&mut self) -> Result<(), UnpackError>;
}

/// Where in the tar the next byte lies.
pub(super) struct TarStream {
    limits: ArchiveLimits,
    position: Position,
    /// The block, or the extension, that is not whole yet.
    partial: Vec<u8>,
    /// What extensions say of the next entry.
    next: Extension,
}

/// What the next byte is of.
enum Position {
    Header,
    /// Content: what is left of it, whether it is wanted, and how much fills its last block.
    Content {
        left: u64,
        wanted: bool,
        fill: usize,
    },
    /// An extension of this kind and length.
    Extension {
        kind: EntryType,
        length: usize,
        fill: usize,
    },
    Fill(usize),
    /// An empty block has come; what follows does not count.
    End,
}

#[derive(Default)]
struct Extension {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
}

impl TarStream {
    pub(super) fn new(limits: ArchiveLimits) -> Self {
        Self { limits, position: Position::Header, partial: Vec::new(), next: Extension::default() }
    }

    /// Takes the next piece.
    pub(super) fn feed(&mut self, mut input: &[u8], sink: &mut impl Sink) -> Result<(), UnpackError> {
        while !input.is_empty() {
            match &mut self.position {
                Position::Header => {
                    let Some(block) = collect(&mut self.partial, &mut input, BLOCK) else { return Ok(()) };
                    self.header(&block, sink)?;
                }
                Position::Content { left, wanted, fill } => {
                    let length = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
                    let (now, later) = input.split_at(length);
                    input = later;
                    *left -= now.len() as u64;
                    if *wanted {
                        sink.content(now);
                    }
                    if *left == 0 {
                        if *wanted {
                            sink.end()?;
                        }
                        self.position = after(*fill);
                    }
                }
                Position::Extension { kind, length, fill } => {
                    let Some(data) = collect(&mut self.partial, &mut input, *length) else { return Ok(()) };
                    let (kind, fill) = (*kind, *fill);
                    self.extend(kind, &data)?;
                    self.position = after(fill);
                }
                Position::Fill(left) => {
                    let length = (*left).min(input.len());
                    input = &input[length..];
                    self.position = after(*left - length);
                }
                Position::End => return Ok(()),
            }
        }
        Ok(())
    }

    /// Whether what came so far is a whole tar. One without empty blocks at its end counts as
    /// whole, as for tar itself.
    pub(super) fn is_whole(&self) -> bool {
        match self.position {
            Position::Header => self.partial.is_empty(),
            Position::End => true,
            _ => false,
        }
    }

    fn header(&mut self, block: &[u8], sink: &mut impl Sink) -> Result<(), UnpackError> {
        if block.iter().all(|byte| *byte == 0) {
            self.position = Position::End;
            return Ok(());
        }
        let damaged = |error: std::io::Error| UnpackError::Damaged(error.to_string());
        let header = Header::from_byte_slice(block);
        let sum: u32 = block[..148].iter().chain(&block[156..]).map(|byte| u32::from(*byte)).sum::<u32>()
            + 8 * u32::from(b' ');
        if header.cksum().map_err(damaged)? != sum {
            return Err(UnpackError::Damaged("a header has the wrong checksum".to_owned()));
        }
        let kind = header.entry_type();
        let own_size = header.entry_size().map_err(damaged)?;
        if kind.is_pax_local_extensions()
            || kind.is_gnu_longname()
            || kind.is_gnu_longlink()
            || kind.is_pax_global_extensions()
        {
            if own_size > MAX_EXTENSION_BYTES {
                return Err(UnpackError::Damaged("an extended header is larger than 64 KiB".to_owned()));
            }
            let length = usize::try_from(own_size).unwrap_or(0);
            self.position = Position::Extension { kind, length, fill: fill(own_size) };
            if length == 0 {
                self.position = Position::Header;
            }
            return Ok(());
        }
        let next = mem::take(&mut self.next);
        let size = next.size.unwrap_or(own_size);
        // Only files have content; what a header of another kind says of its size is to be ignored.
        let size = if kind.is_file() || kind.is_contiguous() { size } else { 0 };
        let entry = Entry {
            path: next.path.unwrap_or_else(|| header.path_bytes().into_owned()),
            link: next
                .link
                .unwrap_or_else(|| header.link_name_bytes().map(Cow::into_owned).unwrap_or_default()),
            kind,
            size,
        };
        if entry.path.len() as u64 > self.limits.path {
            let value = self.limits.path.to_string();
            return Err(UnpackError::Limit { value, what: "bytes in a path", setting: "path" });
        }
        let wanted = sink.begin(entry)?;
        if size > 0 {
            self.position = Position::Content { left: size, wanted, fill: fill(size) };
        } else if wanted {
            sink.end()?;
        }
        Ok(())
    }

    fn extend(&mut self, kind: EntryType, data: &[u8]) -> Result<(), UnpackError> {
        let trimmed = || data.strip_suffix(&[0]).unwrap_or(data).to_vec();
        if kind.is_gnu_longname() {
            self.next.path = Some(trimmed());
        } else if kind.is_gnu_longlink() {
            self.next.link = Some(trimmed());
        } else if kind.is_pax_local_extensions() {
            for record in PaxExtensions::new(data) {
                let record = record.map_err(|error| UnpackError::Damaged(error.to_string()))?;
                match record.key_bytes() {
                    b"path" => self.next.path = Some(record.value_bytes().to_vec()),
                    b"linkpath" => self.next.link = Some(record.value_bytes().to_vec()),
                    b"size" => {
                        let size = record.value().ok().and_then(|text| text.parse().ok());
                        let wrong =
                            || UnpackError::Damaged("an extended header has no number as size".to_owned());
                        self.next.size = Some(size.ok_or_else(wrong)?);
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

/// How much fills the last block of so many bytes.
fn fill(size: u64) -> usize {
    usize::try_from(size.wrapping_neg() % BLOCK as u64).unwrap_or(0)
}

fn after(fill: usize) -> Position {
    if fill == 0 { Position::Header } else { Position::Fill(fill) }
}

/// The next so many bytes, once they are there.
fn collect(partial: &mut Vec<u8>, input: &mut &[u8], length: usize) -> Option<Vec<u8>> {
    let (now, later) = input.split_at((length - partial.len()).min(input.len()));
    partial.extend_from_slice(now);
    *input = later;
    (partial.len() == length).then(|| mem::take(partial))
}
