//! The lock file.

use oarlock_plugin::serde_json::{self, Map, Value};
use oarlock_plugin::{Failure, Failures, Origin, TreePath};

/// Images and their digests.
pub(crate) struct Lock {
    path: String,
    digests: Map<String, Value>,
}

impl Lock {
    /// Reads a lock file.
    ///
    /// # Errors
    /// If it is no JSON object, or has what is no digest.
    pub(crate) fn parse(path: &TreePath, text: &[u8]) -> Result<Self, Failures> {
        let digests: Map<String, Value> = serde_json::from_slice(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let origin = Origin::at(path.as_str(), number(line), number(column));
            Failure::new(format!("not a JSON object: {error}")).at(origin)
        })?;
        let wrong = digests.iter().filter(|(_, digest)| !digest.as_str().is_some_and(is_digest));
        let failures = wrong.map(|(image, _)| {
            Failure::new(format!("`{image}` has no digest"))
                .at(Origin::file(path.as_str()))
                .hint("a digest is `sha256:` and 64 hexadecimal digits")
        });
        Failures::check(failures.collect())?;
        Ok(Self { path: path.as_str().to_owned(), digests })
    }

    /// The file, from the root of the repository.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The digest of an image.
    pub(crate) fn digest(&self, image: &str) -> Option<&str> {
        self.digests.get(image)?.as_str()
    }
}

fn number(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(0)
}

fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}
