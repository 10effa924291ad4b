//! Versions of images without the name of the image.

use std::fmt;
use std::str::FromStr;

use crate::set_image::{ImageError, ImageReference};

/// A version of an image: a tag, a digest, or both as `TAG@DIGEST`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseVersion(ImageReference);

impl ReleaseVersion {
    /// This version of an image.
    pub fn of(&self, name: &str) -> ImageReference {
        ImageReference { name: name.to_owned(), ..self.0.clone() }
    }

    /// The version as a part of the name of a branch: a digest is shortened.
    pub(super) fn in_branch(&self) -> String {
        /// As git shortens ids.
        const DIGITS: usize = 12;
        let digest = self.0.digest.as_ref().map(|digest| {
            let (algorithm, digits) = digest.split_once(':').unwrap_or(("", digest));
            format!("{algorithm}-{}", digits.get(..DIGITS).unwrap_or(digits))
        });
        self.0.tag.clone().or(digest).unwrap_or_default()
    }
}

impl FromStr for ReleaseVersion {
    type Err = ImageError;

    fn from_str(text: &str) -> Result<Self, ImageError> {
        // Any name will do.
        let is_digest = text.contains(':') && !text.contains('@');
        let reference = if is_digest { format!("x@{text}") } else { format!("x:{text}") };
        let reference: ImageReference = reference.parse()?;
        if reference.name == "x" { Ok(Self(reference)) } else { Err(ImageError::Tag) }
    }
}

impl fmt::Display for ReleaseVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.0.tag, &self.0.digest) {
            (Some(tag), Some(digest)) => write!(f, "{tag}@{digest}"),
            (Some(one), None) | (None, Some(one)) => f.write_str(one),
            (None, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_tags_digests_or_both() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let both = format!("v1@{digest}");
        for (text, image, branch) in [
            ("v1.2.3", "users:v1.2.3".to_owned(), "v1.2.3"),
            (digest.as_str(), format!("users@{digest}"), "sha256-aaaaaaaaaaaa"),
            (both.as_str(), format!("users:{both}"), "v1"),
        ] {
            let version: ReleaseVersion = text.parse().unwrap();
            assert_eq!(version.of("users").to_string(), image);
            assert_eq!((version.to_string().as_str(), version.in_branch().as_str()), (text, branch));
        }
        for text in ["", "-x", "a b", "v1/2", "users:v1", "v1@sha256:1", "<b>", "\u{1b}[31m"] {
            assert!(text.parse::<ReleaseVersion>().is_err(), "{text:?}");
        }
    }
}
