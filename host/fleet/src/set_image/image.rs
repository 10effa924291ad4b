//! References of images.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A reference of an image: `registry.example.com/users:v1@sha256:…`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImageReference {
    /// Registry and repository, as they are written.
    pub name: String,
    /// The tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// Why a text is no reference of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// The name is empty or has characters that names do not have.
    #[error("the name is empty or has characters other than letters, digits and `.-_/:`")]
    Name,
    /// The tag is not one.
    #[error("the tag is not made of up to 128 letters, digits and `._-`, or starts with `.` or `-`")]
    Tag,
    /// The digest is not one.
    #[error("the digest is not an algorithm, a `:` and at least 32 hexadecimal digits")]
    Digest,
}

impl ImageReference {
    /// Whether it says which version of the image is meant.
    pub fn is_versioned(&self) -> bool {
        self.tag.is_some() || self.digest.is_some()
    }
}

impl FromStr for ImageReference {
    type Err = ImageError;

    /// Reads a reference as container runtimes do.
    ///
    /// ```
    /// use oarlock_fleet::ImageReference;
    ///
    /// let image: ImageReference = "localhost:5000/users:v1".parse()?;
    /// assert_eq!((image.name.as_str(), image.tag.as_deref()), ("localhost:5000/users", Some("v1")));
    /// # Ok::<(), oarlock_fleet::ImageError>(())
    /// ```
    fn from_str(text: &str) -> Result<Self, ImageError> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (rest, None),
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || "._-/:".contains(c);
        let bounded = name.starts_with(|c: char| c.is_ascii_alphanumeric()) && !name.ends_with(['/', ':']);
        if !bounded || !name.chars().all(is_name) || name.contains("//") {
            return Err(ImageError::Name);
        }
        if let Some(tag) = tag {
            let is_tag = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            if tag.is_empty() || tag.len() > 128 || tag.starts_with(['.', '-']) || !tag.chars().all(is_tag) {
                return Err(ImageError::Tag);
            }
        }
        if let Some(digest) = digest {
            let (algorithm, digits) = digest.split_once(':').ok_or(ImageError::Digest)?;
            let is_hex = digits.len() >= 32 && digits.chars().all(|c| c.is_ascii_hexdigit());
            if algorithm.is_empty() || !algorithm.chars().all(|c| c.is_ascii_alphanumeric()) || !is_hex {
                return Err(ImageError::Digest);
            }
        }
        Ok(Self { name: name.to_owned(), tag: tag.map(str::to_owned), digest: digest.map(str::to_owned) })
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_and_written_back() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for text in [
            "nginx".to_owned(),
            "nginx:1.27".to_owned(),
            "localhost:5000/users".to_owned(),
            "localhost:5000/team/users:abc123".to_owned(),
            format!("registry.example.com/users@{digest}"),
            format!("registry.example.com/users:v1@{digest}"),
        ] {
            assert_eq!(text.parse::<ImageReference>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        for (text, expected) in [
            ("", ImageError::Name),
            ("-x", ImageError::Name),
            ("a b", ImageError::Name),
            ("{{ .Values.image }}", ImageError::Name),
            ("$(IMAGE)", ImageError::Name),
            ("https://example.com/users", ImageError::Name),
            ("users/", ImageError::Name),
            ("users:", ImageError::Tag),
            ("users:a b", ImageError::Tag),
            ("users:-x", ImageError::Tag),
            ("users:<b>", ImageError::Tag),
            ("users@sha256", ImageError::Digest),
            ("users@sha256:abc", ImageError::Digest),
            ("users@sha256:\u{1b}[31m", ImageError::Digest),
        ] {
            assert_eq!(text.parse::<ImageReference>(), Err(expected), "{text}");
        }
    }
}
