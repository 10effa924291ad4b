//! Paths in the tree: the one place that joins and normalises them.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Why a text is no path in the tree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The path starts at the root of the file system.
    #[error("`{0}` is an absolute path; plugins see only the repository")]
    Absolute(String),
    /// More `..` than there are directories above.
    #[error("`{0}` climbs out of the repository")]
    ClimbsOut(String),
    /// A NUL, which no file system takes.
    #[error("`{0}` contains a NUL character")]
    Nul(String),
}

/// A path from the root of the tree: `/`-separated, without `.`, `..` or empty parts; the root
/// itself is `.`.
///
/// Normalising is lexical, as kustomize does it: `a/link/../b` is `a/b` whatever `link` is.
///
/// ```
/// use oarlock_model::TreePath;
///
/// let overlay = TreePath::new("users/overlays/prod").unwrap();
/// assert_eq!(overlay.join("../../base").unwrap().as_str(), "users/base");
/// assert!(overlay.join("../../../../etc/passwd").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TreePath(String);

impl TreePath {
    /// The root of the tree.
    pub fn root() -> Self {
        Self(".".to_owned())
    }

    /// Parses a path from the root of the tree.
    ///
    /// # Errors
    /// If the path is absolute, climbs out, or contains a NUL.
    pub fn new(path: &str) -> Result<Self, PathError> {
        Self::root().join(path)
    }

    /// The place that `relative` leads to from this directory.
    ///
    /// # Errors
    /// If `relative` is absolute, climbs out of the tree, or contains a NUL.
    pub fn join(&self, relative: &str) -> Result<Self, PathError> {
        // Nearly all are, and every look into a tree comes through here.
        if is_normal(relative) {
            let parts = if self.is_root() { ["", "", relative] } else { [self.as_str(), "/", relative] };
            return Ok(Self(parts.concat()));
        }
        if relative.starts_with('/') {
            return Err(PathError::Absolute(relative.to_owned()));
        }
        if relative.contains('\0') {
            return Err(PathError::Nul(relative.replace('\0', "\\0")));
        }
        let mut parts: Vec<&str> = self.parts().collect();
        for part in relative.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    if parts.pop().is_none() {
                        return Err(PathError::ClimbsOut(self.spelled(relative)));
                    }
                }
                name => parts.push(name),
            }
        }
        Ok(Self(if parts.is_empty() { ".".to_owned() } else { parts.join("/") }))
    }

    /// The path as the user would recognise it: unnormalised, from the root.
    fn spelled(&self, relative: &str) -> String {
        if self.is_root() { relative.to_owned() } else { format!("{}/{relative}", self.0) }
    }

    /// Whether this is the root of the tree.
    pub fn is_root(&self) -> bool {
        self.0 == "."
    }

    /// The names on the way from the root; none for the root itself.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|part| *part != ".")
    }

    /// The directories above, the nearest first; none for the root.
    pub fn above(&self) -> impl Iterator<Item = Self> + use<> {
        std::iter::successors(self.parent(), Self::parent)
    }

    /// The directory above; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        Some(Self(self.0.rsplit_once('/').map_or_else(|| ".".to_owned(), |(parent, _)| parent.to_owned())))
    }

    /// The last name; `None` for the root.
    pub fn file_name(&self) -> Option<&str> {
        (!self.is_root()).then(|| self.0.rsplit_once('/').map_or(self.0.as_str(), |(_, name)| name))
    }

    /// Whether this path is `directory` or lies below it.
    pub fn starts_with(&self, directory: &Self) -> bool {
        directory.is_root()
            || self.0.strip_prefix(&directory.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The way from `directory` to this path, with `..` where needed; `.` if they are the same.
    pub fn relative_to(&self, directory: &Self) -> String {
        let (here, there): (Vec<_>, Vec<_>) = (directory.parts().collect(), self.parts().collect());
        let shared = here.iter().zip(&there).take_while(|(a, b)| a == b).count();
        let up = std::iter::repeat_n("..", here.len() - shared);
        let way: Vec<&str> = up.chain(there[shared..].iter().copied()).collect();
        if way.is_empty() { ".".to_owned() } else { way.join("/") }
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path as text.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Deref for TreePath {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for TreePath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// A path that climbs out is an error, as when it is parsed.
impl<'de> Deserialize<'de> for TreePath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// Whether a text consists of names, with one slash between two of them.
fn is_normal(text: &str) -> bool {
    // Of the name so far: its length, and whether it has nothing but dots.
    let (mut length, mut dots) = (0, true);
    for byte in text.bytes() {
        match byte {
            b'/' if length == 0 || (dots && length <= 2) => return false,
            b'/' => (length, dots) = (0, true),
            0 => return false,
            _ => {
                length += 1;
                dots &= byte == b'.';
            }
        }
    }
    length > 2 || (length > 0 && !dots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_lexically() {
        for (base, relative, expected) in [
            (".", "a/b", "a/b"),
            ("a/b", ".", "a/b"),
            ("a/b", "..", "a"),
            ("a", "..", "."),
            ("a", "./b//c/", "a/b/c"),
            ("a/b", "../c/../d", "a/d"),
            ("a", "", "a"),
            ("a", ".../..b", "a/.../..b"),
            ("a", "b/..", "a"),
            (".", "..a/.b/c.", "..a/.b/c."),
        ] {
            assert_eq!(TreePath::new(base).unwrap().join(relative).unwrap().as_str(), expected);
        }
    }

    #[test]
    fn a_text_of_names_is_normal() {
        for text in ["a", "a/b", ".a/..b/...", "..."] {
            assert!(is_normal(text), "{text}");
        }
        for text in ["", "/", ".", "..", "/a", "a/", "a//b", "./a", "a/.", "a/..", "a/../b", "a/./b", "a\0"] {
            assert!(!is_normal(text), "{text}");
        }
    }

    #[test]
    fn refuses_to_leave_the_tree() {
        let path = TreePath::new("a/b").unwrap();
        assert_eq!(path.join("../../.."), Err(PathError::ClimbsOut("a/b/../../..".to_owned())));
        assert_eq!(path.join("/etc/passwd"), Err(PathError::Absolute("/etc/passwd".to_owned())));
        assert_eq!(path.join("a\0b"), Err(PathError::Nul("a\\0b".to_owned())));
    }

    #[test]
    fn knows_the_way_between_two_places() {
        for (from, to, way) in
            [("a/b", "a/c", "../c"), ("a", "a/b/c", "b/c"), ("a/b", ".", "../.."), ("a", "a", ".")]
        {
            let (from, to) = (TreePath::new(from).unwrap(), TreePath::new(to).unwrap());
            assert_eq!(to.relative_to(&from), way);
        }
    }

    #[test]
    fn a_sibling_with_the_same_start_is_not_below() {
        let below = |path: &str, directory: &str| {
            TreePath::new(path).unwrap().starts_with(&TreePath::new(directory).unwrap())
        };
        assert!(below("a/b", "a"));
        assert!(below("a", "."));
        assert!(!below("ab", "a"));
    }
}
