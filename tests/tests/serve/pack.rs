//! Archives as nobody packs them.

use std::io::Write as _;

use flate2::write::GzEncoder;
use flate2::{Compress, Compression, Crc, FlushCompress};
use tar::{EntryType, Header};

/// A tar that is being written.
#[derive(Clone, Default)]
pub(crate) struct Pack(Vec<u8>);

impl Pack {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds a file whose path is written as it is.
    pub(crate) fn file(mut self, path: &str, text: &str) -> Self {
        self.0.extend_from_slice(header(path, EntryType::Regular, text.len() as u64).as_bytes());
        self.0.extend_from_slice(text.as_bytes());
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    /// Adds a file whose path is longer than a header has room for.
    pub(crate) fn long_file(mut self, path: &str, text: &str) -> Self {
        let length = path.len() + " path=\n".len();
        let total = (length..length + 10).find(|total| total.to_string().len() + length == *total).unwrap();
        let record = format!("{total} path={path}\n");
        self.0.extend_from_slice(header("pax", EntryType::XHeader, record.len() as u64).as_bytes());
        self.0.extend_from_slice(record.as_bytes());
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self.file("replaced", text)
    }

    /// Adds an empty file whose path is no text.
    pub(crate) fn bytes_file(mut self, path: &[u8]) -> Self {
        let mut header = header("", EntryType::Regular, 0);
        header.as_ustar_mut().unwrap().name[..path.len()].copy_from_slice(path);
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self
    }

    /// Adds a symbolic link.
    pub(crate) fn link(mut self, path: &str, target: &str) -> Self {
        let mut header = header(path, EntryType::Symlink, 0);
        header.set_link_name_literal(target).unwrap();
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self
    }

    /// The tar, gzipped.
    pub(crate) fn gzip(&self) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&self.0).unwrap();
        gzip.write_all(&[0; 1024]).unwrap();
        gzip.finish().unwrap()
    }
}

/// So many empty files, each of a name of its own.
pub(crate) fn empty_files(count: u32) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    for number in 0..count {
        gzip.write_all(header(&format!("app/{number:x}"), EntryType::Regular, 0).as_bytes()).unwrap();
    }
    gzip.write_all(&[0; 1024]).unwrap();
    gzip.finish().unwrap()
}

/// One file of so many times 64 MiB of zeros, packed a thousandfold.
///
/// Zeros that follow a full flush refer to nothing before them, so they are packed once and the
/// bytes are repeated.
pub(crate) fn bomb(times: u32) -> Vec<u8> {
    const PART: usize = 64 << 20;
    let mut deflate = Compress::new(Compression::best(), false);
    let mut crc = Crc::new();
    let mut pack = |bytes: &[u8], flush| {
        crc.update(bytes);
        let mut packed = Vec::with_capacity(bytes.len() / 500 + 1024);
        deflate.compress_vec(bytes, &mut packed, flush).unwrap();
        packed
    };
    let head = header("app/zeros", EntryType::Regular, u64::from(times) * PART as u64);
    let head = pack(head.as_bytes(), FlushCompress::Full);
    let zeros = pack(&vec![0; PART], FlushCompress::Full);
    let end = pack(&[0; 1024], FlushCompress::Finish);
    // The checksum at the end is that of one part, and the server does not come to it.
    let tail = [crc.sum().to_le_bytes(), crc.amount().to_le_bytes()].concat();
    let gzip_head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    [&gzip_head[..], &head, &zeros.repeat(times as usize), &end, &tail].concat()
}

fn header(path: &str, kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.as_ustar_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(size);
    header.set_cksum();
    header
}
