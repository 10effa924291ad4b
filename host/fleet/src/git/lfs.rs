//! Files that git keeps as pointers to Git LFS.

use std::path::PathBuf;

use oarlock_engine::source::{Digest, ReadError};

/// How every pointer begins.
const BEGIN: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";

/// The largest file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// The longest pointer, as Git LFS has it, in bytes.
const MAX_BYTES: usize = 1024;

/// The content that a pointer stands for, where the local store has it; `None` for any other
/// content.
pub(super) fn resolve(
    content: &[u8],
    path: &str,
    common: impl FnOnce() -> PathBuf,
) -> Option<Result<Vec<u8>, ReadError>> {
    if content.len() >= MAX_BYTES || !content.starts_with(BEGIN) {
        return None;
    }
    let missing = || {
        ReadError::Refused(format!(
            "`{path}` is a pointer to Git LFS, and its content is not in this clone: run `git lfs fetch --all`"
        ))
    };
    let found = digest(content).and_then(|digest| {
        let name = digest.to_string();
        let place = common().join("lfs/objects").join(&name[..2]).join(&name[2..4]).join(&name);
        if std::fs::metadata(&place).ok()?.len() > MAX_FILE_BYTES {
            return None;
        }
        let stored = std::fs::read(place).ok()?;
        (Digest::of(&stored) == digest).then_some(stored)
    });
    Some(found.ok_or_else(missing))
}

fn digest(content: &[u8]) -> Option<Digest> {
    let text = std::str::from_utf8(content).ok()?;
    let hex = text.lines().find_map(|line| line.strip_prefix("oid sha256:"))?;
    Digest::from_hex(hex.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_told_from_content() {
        let store = tempfile::tempdir().unwrap();
        let digest = Digest::of(b"real").to_string();
        let pointer = |digest: &str| {
            format!("version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 4\n")
        };
        assert!(resolve(b"a: 1\n", "a", || store.path().to_owned()).is_none());
        let missing = resolve(pointer(&digest).as_bytes(), "a", || store.path().to_owned()).unwrap();
        assert!(matches!(missing, Err(ReadError::Refused(reason)) if reason.contains("pointer to Git LFS")));
        let place = store.path().join("lfs/objects").join(&digest[..2]).join(&digest[2..4]);
        std::fs::create_dir_all(&place).unwrap();
        std::fs::write(place.join(&digest), "real").unwrap();
        assert_eq!(
            resolve(pointer(&digest).as_bytes(), "a", || store.path().to_owned()).unwrap(),
            Ok(b"real".to_vec())
        );
        std::fs::write(place.join(&digest), "fake").unwrap();
        assert!(resolve(pointer(&digest).as_bytes(), "a", || store.path().to_owned()).unwrap().is_err());
        assert!(resolve(pointer("../../x").as_bytes(), "a", || store.path().to_owned()).unwrap().is_err());
    }
}
