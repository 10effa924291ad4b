//! An archive whose bytes follow from its files and a date.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

/// Writes files below one directory, by name, with owner, mode and date of none but the release.
pub(super) fn write(
    archive: &Path,
    directory: &str,
    mut files: Vec<(PathBuf, PathBuf)>,
    date: u64,
) -> Result<()> {
    files.sort();
    let file = File::create(archive).with_context(|| format!("cannot write {}", archive.display()))?;
    // Without a date of its own.
    let mut tar = Builder::new(GzBuilder::new().mtime(0).write(file, Compression::best()));
    for (name, from) in files {
        let name = Path::new(directory).join(name);
        let bytes = std::fs::read(&from).with_context(|| format!("cannot read {}", from.display()))?;
        let is_program = name.ends_with("oarlock") || name.extension().is_some_and(|end| end == "sh");
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(bytes.len() as u64);
        header.set_mode(if is_program { 0o755 } else { 0o644 });
        header.set_mtime(date);
        header.set_uid(0);
        header.set_gid(0);
        tar.append_data(&mut header, &name, &bytes[..])?;
    }
    tar.into_inner()?.finish()?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_give_the_same_archive() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        std::fs::write(path("program"), "#!/bin/sh\n").unwrap();
        std::fs::write(path("text"), "text").unwrap();
        let files =
            vec![(PathBuf::from("man/b.1"), path("text")), (PathBuf::from("oarlock"), path("program"))];
        let reversed = files.iter().rev().cloned().collect();
        write(&path("one"), "a-1", files, 1_000_000).unwrap();
        write(&path("two"), "a-1", reversed, 1_000_000).unwrap();
        assert_eq!(std::fs::read(path("one")).unwrap(), std::fs::read(path("two")).unwrap());
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(File::open(path("one")).unwrap()));
        let entries: Vec<_> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                (
                    entry.path().unwrap().display().to_string(),
                    entry.header().mode().unwrap(),
                    entry.header().uid().unwrap(),
                )
            })
            .collect();
        assert_eq!(entries, [("a-1/man/b.1".to_owned(), 0o644, 0), ("a-1/oarlock".to_owned(), 0o755, 0)]);
    }
}
