//! A packaged chart, read in memory.

use std::io::Read as _;
use std::rc::Rc;

use oarlock_plugin::{Failure, Origin, Result};

use super::File;
use super::directory::{MAX_FILE_BYTES, MAX_FILES};
use super::load::without_mark;

/// How much an archive may unpack to, as in Helm.
const MAX_BYTES: u64 = 100 * 1024 * 1024;
/// How much more an archive may unpack to than it is large; Deflate can pack a thousandfold, no
/// chart does.
const MAX_RATIO: u64 = 250;
/// Up to here the ratio is not looked at.
const SMALL_BYTES: u64 = 8 * 1024 * 1024;

/// The files of an archive, their paths without the leading directory.
///
/// # Errors
/// If it is no archive of a chart, leads outside of itself, or is over a limit.
pub fn read_archive(data: &[u8], path: &Rc<str>) -> Result<Vec<File>> {
    let fail = |message: String| Failure::new(message).at(Origin::file(path.as_ref()));
    if !data.starts_with(&[0x1F, 0x8B]) {
        return Err(fail(format!("file '{path}' does not appear to be a gzipped archive")));
    }
    let most = MAX_BYTES.min(SMALL_BYTES.max(data.len() as u64 * MAX_RATIO));
    let too_large = || {
        fail(format!("decompressed chart is larger than the maximum size {most}"))
            .hint("a chart archive holds a chart alone; package it again without large files")
    };
    let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(data).take(most + 1));
    let mut files = Vec::new();
    let mut total = 0;
    let broken = |error: std::io::Error| fail(format!("unable to load chart archive: {error}"));
    for entry in archive.entries().map_err(broken)? {
        let mut entry = match entry {
            Ok(entry) => entry,
            // What is behind the limit looks like the end of the data.
            Err(_) if total + 1024 > most => return Err(too_large()),
            Err(error) => return Err(broken(error)),
        };
        let kind = entry.header().entry_type();
        let raw = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if kind.is_dir() || raw.ends_with('/') || kind.is_pax_global_extensions() {
            continue;
        }
        let name = name(&raw).map_err(&fail)?;
        if files.len() == MAX_FILES {
            return Err(fail(format!("the archive has more than {MAX_FILES} files")));
        }
        let size = entry.size();
        if size > most - total {
            return Err(too_large());
        }
        if size > MAX_FILE_BYTES {
            return Err(fail(format!(
                "decompressed chart file {raw:?} is larger than the maximum file size {MAX_FILE_BYTES}"
            )));
        }
        total += size;
        let mut data = Vec::new();
        entry.read_to_end(&mut data).map_err(broken)?;
        files.push(File { name, data: without_mark(data), path: path.clone() });
    }
    if files.is_empty() { Err(fail("no files in chart archive".to_owned())) } else { Ok(files) }
}

/// The path within the chart.
fn name(raw: &str) -> Result<String, String> {
    let delimiter = if raw.contains('\\') { '\\' } else { '/' };
    let (base, rest) = raw.split_once(delimiter).unwrap_or((raw, ""));
    let rest = rest.replace(delimiter, "/");
    if rest.starts_with('/') {
        return Err("chart illegally contains absolute paths".to_owned());
    }
    let name = clean(&rest);
    if name == "." {
        return Err(format!("chart illegally contains content outside the base directory: {raw:?}"));
    }
    if name.starts_with("..") {
        return Err("chart illegally references parent directory".to_owned());
    }
    if matches!(name.as_bytes(), [drive, b':', b'/', ..] if drive.is_ascii_alphabetic()) {
        return Err("chart contains illegally named files".to_owned());
    }
    if base == "Chart.yaml" {
        return Err("chart yaml not in base directory".to_owned());
    }
    Ok(name)
}

/// Go's `path.Clean` for a relative path.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn pack(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        for (name, data) in files {
            let mut header = tar::Header::new_ustar();
            // Written by hand, since the crate refuses to make paths that climb.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(data.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            packed.write_all(header.as_bytes()).unwrap();
            packed.write_all(data).unwrap();
            packed.write_all(&vec![0; data.len().next_multiple_of(512) - data.len()]).unwrap();
        }
        packed.write_all(&[0; 1024]).unwrap();
        packed.finish().unwrap()
    }

    fn read(files: &[(&str, &[u8])]) -> Result<Vec<String>, String> {
        let files = read_archive(&pack(files), &Rc::from("a.tgz")).map_err(|failure| failure.message)?;
        Ok(files.into_iter().map(|file| file.name).collect())
    }

    #[test]
    fn reads_what_is_below_the_first_directory() {
        let names = read(&[("c/Chart.yaml", b"x"), ("c/templates/./a.yaml", b""), ("d\\b", b"")]);
        assert_eq!(names.unwrap(), ["Chart.yaml", "templates/a.yaml", "b"]);
    }

    #[test]
    fn refuses_paths_that_lead_elsewhere() {
        for (name, message) in [
            ("c/../../x", "chart illegally references parent directory"),
            ("c//x", "chart illegally contains absolute paths"),
            ("x", "chart illegally contains content outside the base directory: \"x\""),
            ("c/C:/x", "chart contains illegally named files"),
            ("Chart.yaml/x", "chart yaml not in base directory"),
        ] {
            assert_eq!(read(&[(name, b"")]).unwrap_err(), message, "{name}");
        }
        assert_eq!(read(&[]).unwrap_err(), "no files in chart archive");
    }

    #[test]
    fn refuses_bombs() {
        let megabytes = vec![0; 4 * 1024 * 1024];
        let error = read(&[("c/a", &megabytes), ("c/b", &megabytes), ("c/c", &megabytes)]).unwrap_err();
        assert!(error.starts_with("decompressed chart is larger than the maximum size"), "{error}");
        let error = read(&[("c/a", &vec![0; 6 * 1024 * 1024])]).unwrap_err();
        assert!(error.contains("larger than the maximum file size 5242880"), "{error}");
    }

    #[test]
    fn broken_archives_are_errors() {
        let path = Rc::from("a.tgz");
        assert!(read_archive(b"hello", &path).is_err());
        let packed = pack(&[("c/Chart.yaml", b"name: c")]);
        for length in 0..packed.len() {
            // The end mark alone may be missing.
            if let Ok(files) = read_archive(&packed[..length], &path) {
                assert_eq!((files[0].name.as_str(), files[0].data.as_ref()), ("Chart.yaml", &b"name: c"[..]));
            }
        }
        assert!(read_archive(&packed[..packed.len() / 2], &path).is_err());
    }
}
