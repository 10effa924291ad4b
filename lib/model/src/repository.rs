//! URLs of git repositories as kustomizations write them: `REPOSITORY//DIRECTORY?ref=REF` in its
//! many spellings.
//!
//! The rules are those of kustomize's `NewRepoSpecFromURL`, which other tools of the field follow.
//! [`RepositoryUrl`] parses a URL; nothing here fetches anything.

use crate::path::TreePath;

/// A URL of a directory in a git repository, parsed.
///
/// ```
/// use oarlock_model::RepositoryUrl;
///
/// let url = RepositoryUrl::parse("github.com/org/repo/deploy?ref=v1.2.0").unwrap();
/// assert_eq!(url.clone_url, "https://github.com/org/repo");
/// assert_eq!(url.directory.as_str(), "deploy");
/// assert_eq!(url.reference.as_deref(), Some("v1.2.0"));
/// assert!(RepositoryUrl::parse("../base").is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryUrl {
    /// What git clones.
    pub clone_url: String,
    /// The directory, from the root of the repository.
    pub directory: TreePath,
    /// Branch, tag or commit; the default branch where it is absent.
    pub reference: Option<String>,
    /// Whether the URL marks where the repository ends, by `//`, `.git` or `_git/`, or has nothing
    /// behind it.
    pub is_explicit: bool,
}

impl RepositoryUrl {
    /// Parses a URL; `None` for a path, or the URL of a file.
    pub fn parse(url: &str) -> Option<Self> {
        if url.starts_with('/') {
            return None;
        }
        let (location, query) = url.split_once('?').unwrap_or((url, ""));
        let (host, path) = split_host(location)?;
        let (repository, directory, marked) = split_path(path, host == "file://")?;
        if repository.is_empty() {
            return None;
        }
        // What climbs out of the repository is no URL of anything in it.
        let directory = TreePath::new(directory.trim_start_matches('/')).ok()?;
        let is_explicit = marked || directory.is_root();
        Some(Self { clone_url: host + repository, directory, reference: reference(query), is_explicit })
    }

    /// The URL of the whole repository at the same reference.
    pub fn of_repository(&self) -> String {
        match &self.reference {
            Some(reference) => format!("{}?ref={reference}", self.clone_url),
            None => self.clone_url.clone(),
        }
    }

    /// Where a copy of the repository would lie by custom: `vendor/github.com/org/repo@v1.2.0`.
    pub fn customary_place(&self) -> String {
        let reference = self.reference.as_ref().map(|reference| format!("@{}", reference.replace('/', "-")));
        let place = format!("vendor/{}{}", self.place(), reference.unwrap_or_default());
        let plain = |part: &str| -> String {
            let clean = |c: char| if c.is_ascii_alphanumeric() || "-_.@+".contains(c) { c } else { '-' };
            part.chars().map(clean).collect()
        };
        let parts: Vec<String> =
            place.split('/').filter(|part| !["", ".", ".."].contains(part)).map(plain).collect();
        parts.join("/")
    }

    /// Whether both URLs lead to the same repository at the same reference, whatever protocol, user
    /// or `.git` they are spelled with.
    pub fn is_same_repository(&self, other: &Self) -> bool {
        self.reference == other.reference && self.place() == other.place()
    }

    /// Host and path of the repository, without protocol, user and `.git`: `github.com/org/repo`.
    pub fn place(&self) -> String {
        let (is_scp, place) = match self.clone_url.split_once("://") {
            Some((_, place)) => (false, place),
            None => (true, self.clone_url.as_str()),
        };
        let place = match place.split_once('@') {
            Some((user, rest)) if !user.contains(['/', ':']) => rest,
            _ => place,
        };
        let end = place.find(if is_scp { [':', '/'] } else { ['/', '/'] }).unwrap_or(place.len());
        let (host, path) = place.split_at(end);
        let path = path.trim_start_matches(['/', ':']).trim_end_matches('/');
        format!("{}/{}", host.to_ascii_lowercase(), path.strip_suffix(".git").unwrap_or(path))
    }
}

/// Protocol, user and host, and the path behind them.
fn split_host(location: &str) -> Option<(String, &str)> {
    let location = strip_prefix_ignoring_case(location, "git::").unwrap_or(location);
    let (scheme, rest) = ["ssh://", "https://", "http://", "file://"]
        .into_iter()
        .find_map(|scheme| Some((scheme, strip_prefix_ignoring_case(location, scheme)?)))
        .unwrap_or(("", location));
    if scheme == "file://" {
        return Some((scheme.to_owned(), rest));
    }
    let (user, rest) = split_user(rest);
    let is_github = ["github.com/", "github.com:"]
        .into_iter()
        .any(|github| strip_prefix_ignoring_case(rest, github).is_some());
    let is_scp = scheme.is_empty() && (!user.is_empty() || is_github);
    if scheme.is_empty() && !is_scp {
        return None;
    }
    let slash = rest.find('/');
    let colon = rest.find(':').filter(|colon| slash.is_none_or(|slash| *colon > 0 && *colon < slash));
    let end = if is_scp { colon.or(slash) } else { slash };
    let (host, path) = end.map_or((rest, ""), |end| rest.split_at(end + 1));
    Some(match (is_github, scheme == "ssh://" || !user.is_empty()) {
        (true, true) => (format!("{user}github.com:"), path),
        (true, false) => ("https://github.com/".to_owned(), path),
        _ if host.is_empty() => return None,
        _ => (format!("{scheme}{user}{host}"), path),
    })
}

/// `USER@` and what comes after it.
fn split_user(rest: &str) -> (&str, &str) {
    let is_user = |user: &str| {
        user.starts_with(|c: char| c.is_ascii_alphabetic())
            && user.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    match rest.find('@') {
        Some(at) if is_user(&rest[..at]) => rest.split_at(at + 1),
        _ => ("", rest),
    }
}

/// The path of the repository, the directory in it, and whether a mark separates them.
fn split_path(path: &str, is_whole: bool) -> Option<(&str, &str, bool)> {
    if let Some(start) = path.find("_git/") {
        let start = start + "_git/".len();
        let end = path[start..].find('/').map_or(path.len(), |end| start + end);
        return Some((&path[..end], &path[end..], true));
    }
    if let Some((repository, directory)) = path.split_once("//") {
        return Some((repository, directory, true));
    }
    if let Some(start) = path.find(".git") {
        let (repository, directory) = path.split_at(start + ".git".len());
        return Some((repository, directory, true));
    }
    if is_whole {
        return Some((path, "", true));
    }
    // Where nothing tells, two parts are the repository, as on GitHub: organisation and name.
    let mut slashes = path.match_indices('/').map(|(index, _)| index);
    slashes.next()?;
    let end = slashes.next().unwrap_or(path.len());
    Some((&path[..end], &path[end..], false))
}

/// `ref` of a query, else its older name `version`. A query that is none has neither.
fn reference(query: &str) -> Option<String> {
    let mut pairs = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        if pair.contains(';') {
            return None;
        }
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        pairs.push((unescape(key)?, unescape(value)?));
    }
    // Only the first of a name counts.
    let value = |name: &str| {
        let first = pairs.iter().find(|(key, _)| key == name);
        first.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
    };
    value("ref").or_else(|| value("version"))
}

fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let start = text.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_parsed_as_kustomize_does() {
        for (url, clone_url, directory, reference) in [
            ("https://github.com/org/repo//deploy?ref=v1", "https://github.com/org/repo", "deploy", "v1"),
            ("github.com/org/repo/a/b", "https://github.com/org/repo", "a/b", ""),
            ("http://me@GitHub.com/org/repo", "me@github.com:org/repo", ".", ""),
            ("ssh://github.com/org/repo.git/a", "github.com:org/repo.git", "a", ""),
            ("git@github.com:org/repo.git?version=v2", "git@github.com:org/repo.git", ".", "v2"),
            ("git@git.example.com:org/repo/a", "git@git.example.com:org/repo", "a", ""),
            ("git::https://example.com/org/repo.git//x", "https://example.com/org/repo.git", "x", ""),
            ("ssh://git@example.com:22/org/repo?ref=a&ref=b", "ssh://git@example.com:22/org/repo", ".", "a"),
            ("https://me@dev.azure.com/o/p/_git/r/a/b", "https://me@dev.azure.com/o/p/_git/r", "a/b", ""),
            ("file:///srv/repo//a?ref=f%2Fx", "file:///srv/repo", "a", "f/x"),
            ("FILE:///srv/repo/a", "file:///srv/repo/a", ".", ""),
            (
                "https://example.com/org/repo/a?submodules=false&timeout=9",
                "https://example.com/org/repo",
                "a",
                "",
            ),
            ("https://example.com/org/repo?ref=a;b", "https://example.com/org/repo", ".", ""),
        ] {
            let found = RepositoryUrl::parse(url).unwrap_or_else(|| panic!("{url}"));
            let found = (
                found.clone_url.as_str(),
                found.directory.as_str(),
                found.reference.as_deref().unwrap_or(""),
            );
            assert_eq!(found, (clone_url, directory, reference), "{url}");
        }
    }

    #[test]
    fn paths_and_urls_of_files_are_not_repositories() {
        for text in [
            "github.com/org",
            "https://example.com/file.yaml",
            "https://example.com",
            "../base",
            "example.com/org/repo",
            "/abs/path",
            "base.yaml",
            "",
            "git@:org/repo",
            "https://github.com/org/repo//a/../../..",
        ] {
            assert_eq!(RepositoryUrl::parse(text), None, "{text}");
        }
    }

    #[test]
    fn copies_lie_where_their_url_says() {
        for (url, place) in [
            ("github.com/org/repo/a?ref=v1", "vendor/github.com/org/repo@v1"),
            (
                "ssh://git@example.com:22/org/repo.git?ref=release/1.2",
                "vendor/example.com-22/org/repo@release-1.2",
            ),
            ("file:///srv/../repo", "vendor/srv/repo"),
        ] {
            assert_eq!(RepositoryUrl::parse(url).unwrap().customary_place(), place, "{url}");
        }
    }

    #[test]
    fn spellings_of_one_repository_are_the_same() {
        let parse = |url| RepositoryUrl::parse(url).unwrap();
        let one = parse("https://github.com/org/repo//a?ref=v1");
        for other in [
            "github.com/org/repo?ref=v1",
            "git@github.com:org/repo.git/b?ref=v1",
            "ssh://GITHUB.com/org/repo?version=v1",
        ] {
            assert!(one.is_same_repository(&parse(other)), "{other}: {}", parse(other).place());
        }
        for other in
            ["github.com/org/repo", "github.com/org/repo2?ref=v1", "https://example.com/org/repo?ref=v1"]
        {
            assert!(!one.is_same_repository(&parse(other)), "{other}");
        }
    }
}
