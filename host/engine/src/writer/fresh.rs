//! Many files in a directory that nobody else sees yet.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::{WriteError, threads};

/// How many files are worth a thread, and as many bytes of text.
const FILE_BYTES: usize = 2 << 10;

/// Writes files by their paths below a directory, and the directories that they need. Several
/// threads write many.
pub(super) fn write(directory: &Path, files: &BTreeMap<String, String>) -> Result<(), WriteError> {
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, content)| (path.as_str(), content.as_str())).collect();
    let work = files.iter().map(|(_, content)| content.len() + FILE_BYTES).sum();
    let parts = files.chunks(files.len().div_ceil(threads::worth(work)).max(1)).collect();
    threads::each(parts, |part| write_part(directory, part)).map(drop)
}

/// Files that lie in one directory follow each other.
fn write_part(directory: &Path, files: &[(&str, &str)]) -> Result<(), WriteError> {
    let mut made = None;
    for (path, content) in files {
        let path = directory.join(path);
        let below = path.parent().unwrap_or(directory);
        let failed = |path: &Path, reason| WriteError::Io { path: path.to_owned(), reason };
        if made.as_deref() != Some(below) {
            fs::create_dir_all(below).map_err(|reason| failed(below, reason))?;
            made = Some(below.to_owned());
        }
        fs::write(&path, content).map_err(|reason| failed(&path, reason))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(count: usize) -> BTreeMap<String, String> {
        (0..count)
            .map(|number| {
                (format!("{}/{}/{number}.yaml", number % 7, number % 3), format!("number: {number}\n"))
            })
            .collect()
    }

    #[test]
    fn many_threads_write_all_files() {
        let outer = tempfile::tempdir().unwrap();
        let files = files(2_000);
        write(outer.path(), &files).unwrap();
        for (path, content) in &files {
            assert_eq!(&fs::read_to_string(outer.path().join(path)).unwrap(), content, "{path}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_written_is_an_error() {
        let outer = tempfile::tempdir().unwrap();
        fs::write(outer.path().join("6"), "a file where a directory is needed").unwrap();
        for count in [7, 2_000] {
            let error = write(outer.path(), &files(count)).unwrap_err();
            assert!(
                matches!(&error, WriteError::Io { path, .. } if path.starts_with(outer.path().join("6"))),
                "{error}"
            );
        }
    }
}
