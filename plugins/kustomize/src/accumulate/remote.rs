//! Paths that are no paths: URLs of files and repositories, which a render without network refuses.

use oarlock_plugin::Failure;

/// Whether kustomize would fetch the path as a file.
pub(super) fn is_file_url(path: &str) -> bool {
    scheme(path).is_some_and(|(scheme, _)| scheme == "http://" || scheme == "https://")
}

/// Whether kustomize would clone the path as a repository: its `NewRepoSpecFromURL`, without taking it apart.
pub(super) fn is_repository_url(path: &str) -> bool {
    if path.starts_with('/') {
        return false;
    }
    let path = path.split_once('?').map_or(path, |(path, _query)| path);
    let path = strip_prefix_ignoring_case(path, "git::").unwrap_or(path);
    let (scheme, path) = scheme(path).unwrap_or(("", path));
    let (user, path) = user(path);
    let lower = path.to_ascii_lowercase();
    let is_github = lower.starts_with("github.com/") || lower.starts_with("github.com:");
    let scp_style = scheme.is_empty() && (user || is_github);
    if scheme.is_empty() && !scp_style {
        return false;
    }
    if scheme == "file://" {
        return !path.is_empty();
    }
    let slash = path.find('/');
    let colon =
        path.find(':').filter(|colon| scp_style && *colon > 0 && slash.is_none_or(|slash| *colon < slash));
    match colon.or(slash) {
        None | Some(0) => false,
        Some(end) => {
            let rest = &path[end + 1..];
            rest.contains("_git/") || rest.contains("//") || rest.contains(".git") || rest.contains('/')
        }
    }
}

/// Says that the network is out of reach, and what to do instead.
pub(super) fn refused(url: &str) -> Failure {
    Failure::new(format!("`{url}` is remote, and a render has no network"))
        .hint("vendor it: copy what it holds into the repository and name its path here")
}

fn scheme(path: &str) -> Option<(&'static str, &str)> {
    ["ssh://", "https://", "http://", "file://"]
        .into_iter()
        .find_map(|scheme| Some((scheme, strip_prefix_ignoring_case(path, scheme)?)))
}

/// Whether the path starts with `user@`, and what comes after it.
fn user(path: &str) -> (bool, &str) {
    match path.split_once('@') {
        Some((user, rest))
            if user.starts_with(|c: char| c.is_ascii_alphabetic())
                && user.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') =>
        {
            (true, rest)
        }
        _ => (false, path),
    }
}

fn strip_prefix_ignoring_case<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    let start = path.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| &path[prefix.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_repositories_from_paths() {
        for (path, expected) in [
            ("https://github.com/org/repo//deploy?ref=v1", true),
            ("github.com/org/repo/deploy", true),
            ("github.com/org", false),
            ("git@github.com:org/repo.git", true),
            ("git::https://example.com/org/repo.git", true),
            ("ssh://git@example.com/org/repo", true),
            ("https://example.com/file.yaml", false),
            ("../base", false),
            ("example.com/org/repo", false),
            ("/abs/path", false),
            ("base.yaml", false),
        ] {
            assert_eq!(is_repository_url(path), expected, "{path}");
        }
        assert!(is_file_url("HTTPS://example.com/file.yaml"));
        assert!(!is_file_url("http.yaml"));
    }
}
