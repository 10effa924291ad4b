//! Globs by the rules of `doublestar`, which Argo CD expands `valueFiles` with: what a pattern
//! stands for, and in which order.
//!
//! `*` and `?` stand for anything but a slash, `[…]` for one character of a class, `{…,…}` for
//! alternatives, and `**` between slashes for any number of directories. A directory's files come
//! before those of the directories in it, each by their names.

use oarlock_plugin::{Failure, Host, Kind, ReadError, Result, TreePath};

/// How many directories a pattern may lead through.
const MAX_DIRECTORIES: usize = 10_000;
/// How many patterns alternatives may make of one.
const MAX_ALTERNATIVES: usize = 1_000;

/// What a pattern stands for, from the root of the tree.
pub(super) struct Expansion<'a> {
    host: &'a dyn Host,
    written: &'a str,
    /// Whether alternatives are sorted all together; else for each of the directories before them.
    sorts_all: bool,
    /// How many directories were listed.
    listed: usize,
    alternatives: usize,
}

/// Something that matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) path: String,
    pub(super) is_directory: bool,
}

/// What matches a pattern.
///
/// # Errors
/// If the pattern is none, or leads too far.
pub(super) fn expand(pattern: &str, host: &dyn Host) -> Result<Vec<Match>> {
    if !is_valid(pattern) {
        return Err(Failure::new(format!("`{pattern}` is no pattern"))
            .hint("write `\\[` for a bracket that stands for itself"));
    }
    let sorts_all = has_double_star_before_end(pattern);
    Expansion { host, written: pattern, sorts_all, listed: 0, alternatives: 0 }.matches(pattern, true)
}

impl Expansion<'_> {
    /// What matches a pattern whose last part may stand for files, or for directories alone.
    fn matches(&mut self, pattern: &str, files: bool) -> Result<Vec<Match>> {
        if !has_meta(pattern) {
            return Ok(self.one(&unescaped(pattern), files).into_iter().collect());
        }
        // The last `}` or slash, whichever comes later, says what is done first.
        let end = last_of(pattern, b"/}").filter(|end| pattern.as_bytes()[*end] == b'}');
        if let Some((start, end)) = end.and_then(|end| Some((opening(&pattern[..end])?, end))) {
            return self.alternatives(pattern, start, end, files);
        }
        let mut found = Vec::new();
        match last_of(pattern, b"/") {
            Some(slash) => {
                for directory in self.matches(&pattern[..slash], false)? {
                    self.within(&directory.path, &pattern[slash + 1..], files, &mut found)?;
                }
            }
            None => self.within("", pattern, files, &mut found)?,
        }
        Ok(found)
    }

    /// A path in which nothing stands for something else.
    fn one(&self, path: &str, files: bool) -> Option<Match> {
        // Nothing leads up from what alternatives have made.
        if path.split('/').any(|part| part == "..") {
            return None;
        }
        let place = TreePath::new(path).ok()?;
        let is_directory = self.host.stat(&place).ok()?.kind == Kind::Directory;
        let path = if place.is_root() { String::new() } else { place.into_string() };
        (files || is_directory).then_some(Match { path, is_directory })
    }

    /// What matches with each of the alternatives in a pair of braces, sorted and without what
    /// comes twice.
    fn alternatives(&mut self, pattern: &str, start: usize, end: usize, files: bool) -> Result<Vec<Match>> {
        let before = last_of(&pattern[..start], b"/}").filter(|at| pattern.as_bytes()[*at] == b'/');
        let (directories, from) = match before {
            Some(slash) => {
                let found = self.matches(&pattern[..slash], false)?;
                let within = |found: &Match| match found.path.as_str() {
                    "" => String::new(),
                    path => format!("{}/", escaped(path)),
                };
                (found.iter().map(within).collect(), slash + 1)
            }
            None => (vec![String::new()], 0),
        };
        let mut all: Vec<Match> = Vec::new();
        for directory in directories {
            let mut found: Vec<Match> = Vec::new();
            for alternative in split(&pattern[start + 1..end]) {
                self.alternatives += 1;
                if self.alternatives > MAX_ALTERNATIVES {
                    return Err(self.too_much(MAX_ALTERNATIVES, "alternatives"));
                }
                let (prefix, rest) = (&pattern[from..start], &pattern[end + 1..]);
                found.extend(self.matches(&format!("{directory}{prefix}{alternative}{rest}"), files)?);
            }
            sort(&mut found);
            all.append(&mut found);
        }
        if self.sorts_all {
            sort(&mut all);
        }
        Ok(all)
    }

    /// What matches the last part of a pattern in a directory.
    fn within(&mut self, directory: &str, part: &str, files: bool, found: &mut Vec<Match>) -> Result<()> {
        if part == "**" {
            return self.all_within(directory, files, found);
        }
        for (path, name, is_directory) in self.list(directory)? {
            if (files || is_directory) && matches(part, &name) {
                found.push(Match { path, is_directory });
            }
        }
        Ok(())
    }

    /// A directory and all that lies below it. A link that leads back to where it lies is left out.
    fn all_within(&mut self, directory: &str, files: bool, found: &mut Vec<Match>) -> Result<()> {
        let mut pending = vec![(directory.to_owned(), true, 0)];
        // The directories that lead to a place, without links.
        let mut open: Vec<String> = Vec::new();
        while let Some((path, is_directory, depth)) = pending.pop() {
            if is_directory {
                open.truncate(depth);
                let place = place_of(&path)?;
                let real = match self.host.stat(&place) {
                    Ok(found) => found.path,
                    Err(ReadError::NotFound | ReadError::WrongKind(_)) => continue,
                    Err(error) => return Err(error.at(&place)),
                };
                if open.contains(&real) {
                    continue;
                }
                open.push(real);
                let entries = self.list(&path)?.into_iter().rev();
                pending.extend(entries.map(|(path, _, is_directory)| (path, is_directory, depth + 1)));
            }
            if is_directory || files {
                found.push(Match { path, is_directory });
            }
        }
        Ok(())
    }

    /// The entries of a directory by their names; none where there is none.
    fn list(&mut self, directory: &str) -> Result<Vec<(String, String, bool)>> {
        self.listed += 1;
        if self.listed > MAX_DIRECTORIES {
            return Err(self.too_much(MAX_DIRECTORIES, "directories"));
        }
        let place = place_of(directory)?;
        let mut entries = match self.host.list(&place) {
            Ok(entries) => entries,
            Err(ReadError::NotFound | ReadError::WrongKind(_)) => return Ok(Vec::new()),
            Err(error) => return Err(error.at(&place)),
        };
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        let entry = |entry: oarlock_plugin::Entry| {
            let path =
                if directory.is_empty() { entry.name.clone() } else { format!("{directory}/{}", entry.name) };
            (path, entry.name, entry.kind == Kind::Directory)
        };
        Ok(entries.into_iter().map(entry).collect())
    }

    fn too_much(&self, limit: usize, of_what: &str) -> Failure {
        Failure::new(format!("`{}` leads through more than {limit} {of_what}", self.written))
    }
}

/// A path from the root, which is the empty one.
fn place_of(path: &str) -> Result<TreePath> {
    if path.is_empty() {
        return Ok(TreePath::root());
    }
    TreePath::new(path).map_err(|error| Failure::new(error.to_string()))
}

fn sort(matches: &mut Vec<Match>) {
    matches.sort_by(|a, b| a.path.cmp(&b.path));
    matches.dedup();
}

/// Whether there is a `**` with something behind it.
fn has_double_star_before_end(pattern: &str) -> bool {
    let bytes = pattern.as_bytes();
    let mut at = 0;
    while at + 3 < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'*' if bytes[at + 1] == b'*' => return true,
            _ => {}
        }
        at += 1;
    }
    false
}

/// A path with a backslash before each character that would stand for something else.
fn escaped(path: &str) -> String {
    let escape = |character: char| "*?[]{}\\".contains(character).then_some('\\');
    path.chars().flat_map(|character| escape(character).into_iter().chain([character])).collect()
}

fn has_meta(pattern: &str) -> bool {
    let mut bytes = pattern.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'*' | b'?' | b'[' | b'{' => return true,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
    false
}

/// The last of some characters that no backslash stands before.
fn last_of(pattern: &str, wanted: &[u8]) -> Option<usize> {
    let bytes = pattern.as_bytes();
    (0..bytes.len()).rev().find(|&at| wanted.contains(&bytes[at]) && (at == 0 || bytes[at - 1] != b'\\'))
}

/// The brace that belongs to one that closes behind a text.
fn opening(before: &str) -> Option<usize> {
    let bytes = before.as_bytes();
    let mut open = 1;
    (0..bytes.len()).rev().filter(|&at| at == 0 || bytes[at - 1] != b'\\').find(|&at| {
        match bytes[at] {
            b'}' => open += 1,
            b'{' => open -= 1,
            _ => {}
        }
        open == 0
    })
}

/// The alternatives between braces.
fn split(inner: &str) -> Vec<&str> {
    let (mut parts, mut from, mut open) = (Vec::new(), 0, 0);
    let mut escaped = false;
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'{' => open += 1,
            b'}' => open -= 1,
            b',' if open == 0 => {
                parts.push(&inner[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inner[from..]);
    parts
}

/// A text without the backslashes before what they take its meaning.
fn unescaped(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern.chars();
    while let Some(character) = rest.next() {
        out.push(if character == '\\' { rest.next().unwrap_or('\\') } else { character });
    }
    out
}

/// Whether all classes and braces are closed, and something follows each backslash.
fn is_valid(pattern: &str) -> bool {
    let bytes = pattern.as_bytes();
    let (mut at, mut open) = (0, 0_usize);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => {
                at += 1;
                if at >= bytes.len() {
                    return false;
                }
            }
            b'[' => match class_end(bytes, at) {
                Some(end) => at = end,
                None => return false,
            },
            b'{' => open += 1,
            b'}' if open == 0 => return false,
            b'}' => open -= 1,
            _ => {}
        }
        at += 1;
    }
    open == 0
}

/// Where the class ends that begins at a place. It has at least one character.
fn class_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    if matches!(bytes.get(at), Some(b'!' | b'^')) {
        at += 1;
    }
    if bytes.get(at) == Some(&b']') {
        return None;
    }
    loop {
        match bytes.get(at)? {
            b'\\' => at += 1,
            b']' => return Some(at),
            _ => {}
        }
        at += 1;
    }
}

/// Whether a name matches a part of a pattern, which is valid and without braces.
fn matches(part: &str, name: &str) -> bool {
    let (part, name): (Vec<char>, Vec<char>) = (part.chars().collect(), name.chars().collect());
    let (mut at, mut here) = (0, 0);
    // The place behind the last star, and what it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while here < name.len() || at < part.len() {
        let taken = match part.get(at) {
            Some('*') => {
                star = Some((at + 1, here));
                at += 1;
                continue;
            }
            Some(_) => name.get(here).and_then(|character| one(&part, at, *character)),
            None => None,
        };
        match (taken, star) {
            (Some(next), _) => {
                at = next;
                here += 1;
            }
            (None, Some((behind, took))) if took < name.len() => {
                star = Some((behind, took + 1));
                at = behind;
                here = took + 1;
            }
            (None, _) => return false,
        }
    }
    true
}

/// Where a pattern goes on if what stands at a place takes a character.
fn one(part: &[char], at: usize, character: char) -> Option<usize> {
    match part[at] {
        '?' => Some(at + 1),
        '[' => {
            let (takes, next) = class(part, at, character);
            takes.then_some(next)
        }
        '\\' => (part.get(at + 1) == Some(&character)).then_some(at + 2),
        other => (other == character).then_some(at + 1),
    }
}

/// Whether a class takes a character, and where the pattern goes on behind it.
fn class(part: &[char], start: usize, character: char) -> (bool, usize) {
    let mut at = start + 1;
    let negated = matches!(part.get(at), Some('!' | '^'));
    at += usize::from(negated);
    let next = |at: &mut usize| {
        let escaped = usize::from(part.get(*at) == Some(&'\\'));
        let character = part.get(*at + escaped).copied();
        *at += escaped + 1;
        character
    };
    let mut takes = false;
    while part.get(at).is_some_and(|character| *character != ']') {
        let Some(low) = next(&mut at) else { break };
        let is_range = part.get(at) == Some(&'-') && part.get(at + 1).is_some_and(|end| *end != ']');
        if is_range {
            at += 1;
            takes |= next(&mut at).is_some_and(|high| (low..=high).contains(&character));
        } else {
            takes |= low == character;
        }
    }
    (takes != negated, at + 1)
}

#[cfg(test)]
mod tests;
