//! git's pathspecs, as `git ls-files -- PATTERN` matches them: what selects the files of a git
//! generator.
//!
//! A pathspec is a path, which takes all that lies below it, or a pattern whose `*` and `?` cross
//! `/`. `:(MAGIC)` and the short `:!`, `:^` and `:/` change that; `:(glob)` keeps wildcards within
//! a directory.

mod wildmatch;

use wildmatch::{Wildmatch, wildmatch};

/// A pathspec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pathspec {
    /// Normalised: without `.`, `..` and double slashes; empty for everything.
    pattern: String,
    /// How many bytes at its start hold no wildcard.
    plain: usize,
    is_exclude: bool,
    ignores_case: bool,
    is_glob: bool,
}

/// Why git refuses a pathspec.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PathspecError {
    #[error("`{0}` is outside of the repository")]
    Outside(String),
    #[error("`:({0})` is no pathspec magic")]
    Magic(String),
    #[error("`:(attr)` is not supported, since attributes of files are not known")]
    Attributes,
    #[error("`:(` is never closed in the pathspec `{0}`")]
    Open(String),
    #[error("a pathspec is longer than {MAX_LENGTH} bytes")]
    TooLong,
    #[error("`:(literal)` and `:(glob)` contradict one another")]
    Contradiction,
}

/// Longest pathspec in bytes: as long as a path may be. Each is matched with every file.
const MAX_LENGTH: usize = 4096;

impl Pathspec {
    /// Reads a pathspec.
    ///
    /// # Errors
    /// If git would refuse it.
    pub(crate) fn new(text: &str) -> Result<Self, PathspecError> {
        let mut spec =
            Self { pattern: String::new(), plain: 0, is_exclude: false, ignores_case: false, is_glob: false };
        if text.len() > MAX_LENGTH {
            return Err(PathspecError::TooLong);
        }
        let mut is_literal = false;
        let rest = match text.strip_prefix(':') {
            None => text,
            Some(magic) if magic.starts_with('(') => {
                let Some((words, rest)) = magic[1..].split_once(')') else {
                    return Err(PathspecError::Open(text.to_owned()));
                };
                for word in words.split(',').filter(|word| !word.is_empty()) {
                    match word {
                        "top" => {}
                        "literal" => is_literal = true,
                        "glob" => spec.is_glob = true,
                        "icase" => spec.ignores_case = true,
                        "exclude" => spec.is_exclude = true,
                        word if word == "attr" || word.starts_with("attr:") => {
                            return Err(PathspecError::Attributes);
                        }
                        word if word.starts_with("prefix:") => {}
                        word => return Err(PathspecError::Magic(word.to_owned())),
                    }
                }
                rest
            }
            Some(magic) => {
                let mut rest = magic;
                while let Some(sign) = rest.chars().next() {
                    match sign {
                        '/' => {}
                        '!' | '^' => spec.is_exclude = true,
                        ':' => {
                            rest = &rest[1..];
                            break;
                        }
                        // git keeps these for magic to come. Any other character starts the
                        // pattern.
                        sign if "\"#%&',-;<=>@_`~".contains(sign) => {
                            return Err(PathspecError::Magic(sign.to_string()));
                        }
                        _ => break,
                    }
                    rest = &rest[sign.len_utf8()..];
                }
                rest
            }
        };
        if is_literal && spec.is_glob {
            return Err(PathspecError::Contradiction);
        }
        spec.pattern = normalize(rest)?;
        spec.plain = if is_literal {
            spec.pattern.len()
        } else {
            spec.pattern.find(['*', '?', '[', '\\']).unwrap_or(spec.pattern.len())
        };
        Ok(spec)
    }

    /// Whether a file is selected. A pathspec that excludes is alone, so that it selects all
    /// others.
    pub(crate) fn selects(&self, path: &str) -> bool {
        self.matches(path) != self.is_exclude
    }

    /// The directory that all selected files lie in: `.` for the root.
    pub(crate) fn directory(&self) -> &str {
        if self.is_exclude || self.ignores_case {
            return ".";
        }
        let plain = &self.pattern[..self.plain];
        match plain.rfind('/') {
            Some(end) => &plain[..end],
            None => ".",
        }
    }

    fn matches(&self, path: &str) -> bool {
        let (pattern, path) = (self.pattern.as_bytes(), path.as_bytes());
        let same = |one: &[u8], other: &[u8]| {
            if self.ignores_case { one.eq_ignore_ascii_case(other) } else { one == other }
        };
        if pattern.is_empty() {
            return true;
        }
        if path.get(..pattern.len()).is_some_and(|start| same(start, pattern))
            && (path.len() == pattern.len()
                || pattern.last() == Some(&b'/')
                || path.get(pattern.len()) == Some(&b'/'))
        {
            return true;
        }
        // The rest is matched from the first wildcard on.
        self.plain < pattern.len()
            && path.get(..self.plain).is_some_and(|start| same(start, &pattern[..self.plain]))
            && wildmatch(
                &pattern[self.plain..],
                &path[self.plain..],
                Wildmatch { within_directories: self.is_glob, ignores_case: self.ignores_case },
            )
    }
}

/// `normalize_path_copy`, from the root of the repository.
fn normalize(pattern: &str) -> Result<String, PathspecError> {
    let outside = || PathspecError::Outside(pattern.to_owned());
    if pattern.starts_with('/') {
        return Err(outside());
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in pattern.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or_else(outside)?;
            }
            part => parts.push(part),
        }
    }
    let mut normal = parts.join("/");
    let is_directory = pattern.ends_with('/') || pattern.ends_with("/.") || pattern.ends_with("/..");
    if is_directory && !normal.is_empty() {
        normal.push('/');
    }
    Ok(normal)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const FILES: [&str; 6] =
        ["a.yaml", ".hid/h.yaml", "cfg/x/b.yaml", "cfg/c.yaml", "deep/a/b/d.json", "Cfg/E.yaml"];

    #[rstest]
    #[case("a.yaml", &["a.yaml"])]
    #[case("./a.yaml", &["a.yaml"])]
    #[case("deep", &["deep/a/b/d.json"])]
    #[case("deep/", &["deep/a/b/d.json"])]
    #[case("deep/a/../a", &["deep/a/b/d.json"])]
    #[case("dee", &[])]
    #[case("*.yaml", &["a.yaml", ".hid/h.yaml", "cfg/x/b.yaml", "cfg/c.yaml", "Cfg/E.yaml"])]
    #[case("**/*.yaml", &[".hid/h.yaml", "cfg/x/b.yaml", "cfg/c.yaml", "Cfg/E.yaml"])]
    #[case("cfg/*.yaml", &["cfg/x/b.yaml", "cfg/c.yaml"])]
    #[case("cfg/**/*.yaml", &["cfg/x/b.yaml"])]
    #[case(":(glob)cfg/**/*.yaml", &["cfg/x/b.yaml", "cfg/c.yaml"])]
    #[case(":(glob)cfg/*.yaml", &["cfg/c.yaml"])]
    #[case(":(glob)**/*.json", &["deep/a/b/d.json"])]
    #[case(":(icase)cfg/?.yaml", &["cfg/c.yaml", "Cfg/E.yaml"])]
    #[case(":(literal)*.yaml", &[])]
    #[case(":!*.yaml", &["deep/a/b/d.json"])]
    #[case(":(exclude)deep", &["a.yaml", ".hid/h.yaml", "cfg/x/b.yaml", "cfg/c.yaml", "Cfg/E.yaml"])]
    #[case(":/deep", &["deep/a/b/d.json"])]
    #[case(":(top,icase)CFG/c.yaml", &["cfg/c.yaml"])]
    #[case("", &FILES)]
    #[case(".", &FILES)]
    #[case("[a", &[])]
    #[case("\\a.yaml", &["a.yaml"])]
    fn selection(#[case] pathspec: &str, #[case] selected: &[&str]) {
        let pathspec = Pathspec::new(pathspec).unwrap();
        let found: Vec<_> = FILES.into_iter().filter(|file| pathspec.selects(file)).collect();
        assert_eq!(found, selected);
        for file in found {
            let directory = pathspec.directory();
            assert!(directory == "." || file.starts_with(&format!("{directory}/")), "{file}");
        }
    }

    #[test]
    fn long_pathspecs_are_refused() {
        assert_eq!(Pathspec::new(&"a".repeat(5000)), Err(PathspecError::TooLong));
    }

    #[rstest]
    #[case("/a")]
    #[case("../a")]
    #[case("a/../../b")]
    #[case(":(nope)a")]
    #[case(":(attr:x)a")]
    #[case(":(glob")]
    #[case(":(glob,literal)a")]
    #[case(":#a")]
    fn refused(#[case] pathspec: &str) {
        assert!(Pathspec::new(pathspec).is_err());
    }
}
