//! Places in a configuration, which plugins see as JSON: only the host knows in which file it is
//! written.

use std::fmt;

use crate::failure::Origin;

/// One step from a value to a value inside of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A key of a mapping.
    Key(String),
    /// An index into a list, from 0.
    Index(usize),
}

/// The steps from a whole document to a value in it; none for the document itself.
///
/// It is written in two ways: [`Display`](fmt::Display) writes it for people,
/// [`to_json_pointer`](Self::to_json_pointer) for programs.
///
/// ```
/// use oarlock_model::{Pointer, Step};
///
/// let pointer: Pointer = [Step::Key("a/b".to_owned()), Step::Index(0)].into_iter().collect();
/// assert_eq!(pointer.to_string(), "a/b[0]");
/// assert_eq!(pointer.to_json_pointer(), "/a~1b/0");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pointer(Vec<Step>);

impl Pointer {
    /// The steps, outermost first.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether it leads to the document itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The steps as a JSON pointer (RFC 6901), except for the document itself, which is `/`: an
    /// [`Origin`] has no empty path.
    pub fn to_json_pointer(&self) -> String {
        json_pointer(self.0.iter().map(|step| match step {
            Step::Key(key) => key.clone(),
            Step::Index(index) => index.to_string(),
        }))
    }
}

impl FromIterator<Step> for Pointer {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl fmt::Display for Pointer {
    /// `a.b[0]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if depth == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A key as a part of a JSON pointer, after a `/` (RFC 6901, section 3).
pub fn pointer_part(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The key that a part of a JSON pointer stands for (RFC 6901, section 4).
pub fn pointer_key(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

/// Keys as a JSON pointer; `/` where there are none.
fn json_pointer<K: AsRef<str>>(keys: impl IntoIterator<Item = K>) -> String {
    let mut text = String::new();
    for key in keys {
        text.push('/');
        text.push_str(&pointer_part(key.as_ref()));
    }
    if text.is_empty() { "/".to_owned() } else { text }
}

impl Origin {
    /// A place in the request's configuration, for a failure or a warning about it: the keys that
    /// lead there. The host replaces it with the place in the file where that is written.
    ///
    /// As a path it is a JSON pointer (RFC 6901), which no path of the tree can be, since those are
    /// never absolute.
    ///
    /// ```
    /// use oarlock_model::Origin;
    ///
    /// assert_eq!(Origin::in_config(["secrets", "db/main", "path"]).path, "/secrets/db~1main/path");
    /// ```
    pub fn in_config<'a>(keys: impl IntoIterator<Item = &'a str>) -> Self {
        Self::file(json_pointer(keys))
    }

    /// A field of the object that is written at this place, by the keys that lead there; places in
    /// lists are numbers from 0. The host replaces it with the line of the field, where the object
    /// stands in the file as it is.
    ///
    /// ```
    /// use oarlock_model::Origin;
    ///
    /// let field = Origin::at("app/a.yaml", 1, 1).within(["metadata".to_owned(), "name".to_owned()]);
    /// assert_eq!(field.to_string(), "app/a.yaml#/metadata/name:1:1");
    /// ```
    #[must_use]
    pub fn within(&self, keys: impl IntoIterator<Item = String>) -> Self {
        let pointer = json_pointer(keys);
        match pointer.as_str() {
            "/" => self.clone(),
            pointer => Self { path: format!("{}#{pointer}", self.path), ..self.clone() },
        }
    }

    /// Where the object starts that has this field, and the keys that lead to the field.
    pub fn split_field(&self) -> Option<(Self, Vec<String>)> {
        let (path, pointer) = self.path.split_once("#/")?;
        let keys = Self::file(format!("/{pointer}")).config_keys()?;
        Some((Self { path: path.to_owned(), ..self.clone() }, keys))
    }

    /// The keys of a place in the configuration; `None` for a place in a file. Places in lists are
    /// numbers from 0.
    pub fn config_keys(&self) -> Option<Vec<String>> {
        let rest = self.path.strip_prefix('/')?;
        Some(if rest.is_empty() { Vec::new() } else { rest.split('/').map(pointer_key).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_name_keys() {
        for keys in [&[][..], &["a"], &["a/b", "~1", ""], &["0", "x y"]] {
            let origin = Origin::in_config(keys.iter().copied());
            assert_eq!(origin.config_keys().unwrap(), keys, "{}", origin.path);
        }
        assert_eq!(Origin::file("a/b.yaml").config_keys(), None);
    }
}
