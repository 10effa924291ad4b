//! Fetching a repository by the user's own git, at their explicit request.

use std::path::Path;
use std::process::Command;

use oarlock_plugin::{Failure, RepositoryUrl, TreePath, shell_path, shell_word};

use crate::place::{Staging, failed};

/// Variables that would send git elsewhere than to the directory it is run for.
const MISLEADING: [&str; 5] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"];

/// The steps that make a copy, as arguments of git.
///
/// A fetch of the one reference, and not `clone --branch`, since a reference may be a commit.
fn steps(repository: &RepositoryUrl, into: &str) -> [Vec<String>; 3] {
    let reference = repository.reference.as_deref().unwrap_or("HEAD");
    let fetch = ["-C", into, "fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules"];
    [
        ["init", "--quiet", into].map(str::to_owned).to_vec(),
        fetch.into_iter().chain([repository.clone_url.as_str(), reference]).map(str::to_owned).collect(),
        ["-C", into, "checkout", "--quiet", "FETCH_HEAD"].map(str::to_owned).to_vec(),
    ]
}

/// The same steps for a shell, at the root of the tree.
///
/// None if git would take a part of the URL for an option.
pub(crate) fn command(repository: &RepositoryUrl, place: &TreePath) -> Option<String> {
    if words(repository).any(|word| word.starts_with('-')) {
        return None;
    }
    let git = |step: Vec<String>| {
        let words = std::iter::once("git".to_owned()).chain(step.iter().map(|word| shell_word(word)));
        words.collect::<Vec<_>>().join(" ")
    };
    let into = if place.as_str().starts_with('-') { format!("./{place}") } else { place.to_string() };
    let [init, fetch, checkout] = steps(repository, &into).map(git);
    Some(format!("{init} && {fetch} && {checkout} && rm -rf {}", shell_word(&format!("{into}/.git"))))
}

/// What of a URL becomes an argument of git.
fn words(repository: &RepositoryUrl) -> impl Iterator<Item = &String> {
    [Some(&repository.clone_url), repository.reference.as_ref()].into_iter().flatten()
}

/// What fetches a single file, for a shell at the root of the tree; none if curl would take the URL
/// for an option.
pub(crate) fn command_of_file(url: &str, place: &TreePath) -> Option<String> {
    let (place, word) = (shell_path(place), shell_word(url));
    (!url.starts_with('-')).then(|| format!("curl --fail --location --create-dirs --output {place} {word}"))
}

/// Fetches a repository to its place, all at once or not at all. Returns the commit.
///
/// The URL comes from the repository: it may not lead to other repositories on this machine, unless
/// the user says so.
///
/// # Errors
/// If git fails, the place lies out of the tree, or the URL is one of a file and these are not
/// allowed.
pub(crate) fn fetch(
    root: &Path,
    repository: &RepositoryUrl,
    place: &TreePath,
    allow_file_urls: bool,
) -> Result<String, Failure> {
    if let Some(word) = words(repository).find(|word| word.starts_with('-')) {
        return Err(Failure::new(format!("`{word}` would be an option of git")));
    }
    if !allow_file_urls && repository.clone_url.starts_with("file://") {
        let message = format!("`{}` leads to a repository on this machine", repository.clone_url);
        return Err(Failure::new(message).hint("`--allow-file-urls` fetches from there"));
    }
    let staging = Staging::beside(root, place)?;
    let copy = staging.copy();
    let Some(into) = copy.to_str() else {
        return Err(Failure::new(format!("`{}` is not UTF-8", copy.display())));
    };
    for step in steps(repository, into) {
        git(&step, allow_file_urls)?;
    }
    let head = ["-C", into, "rev-parse", "HEAD"].map(str::to_owned);
    let commit = git(&head, allow_file_urls)?.trim().to_owned();
    std::fs::remove_dir_all(copy.join(".git")).map_err(failed("remove git's own directory"))?;
    staging.persist()?;
    Ok(commit)
}

/// Runs git, without a shell.
fn git(arguments: &[String], allow_file_urls: bool) -> Result<String, Failure> {
    let mut command = Command::new("git");
    command.args(arguments).stdin(std::process::Stdio::inherit());
    // Where a server redirects to, too. Without a word from the user, git takes no protocol that
    // reaches into this machine.
    command.env("GIT_PROTOCOL_FROM_USER", if allow_file_urls { "1" } else { "0" });
    for variable in MISLEADING {
        command.env_remove(variable);
    }
    let output = command.output().map_err(|error| {
        Failure::new(format!("cannot run `git`: {error}")).hint("install git, or fetch the copy by hand")
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let output_text = String::from_utf8_lossy(&output.stderr);
    let verb =
        arguments.iter().find(|word| ["init", "fetch", "checkout", "rev-parse"].contains(&word.as_str()));
    let failure = Failure::new(format!("`git {}` failed", verb.map_or("", String::as_str)));
    Err(output_text.lines().filter(|line| !line.trim().is_empty()).fold(failure, Failure::note))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_safe_for_a_shell() {
        let repository = RepositoryUrl::parse("https://h.example/o/r$(id)?ref=a b'c").unwrap();
        let place = TreePath::new("vendor/r").unwrap();
        assert_eq!(
            command(&repository, &place).unwrap(),
            "git init --quiet vendor/r && git -C vendor/r fetch --quiet --depth=1 --no-tags --no-recurse-submodules \
             'https://h.example/o/r$(id)' 'a b'\\''c' && git -C vendor/r checkout --quiet FETCH_HEAD && rm -rf vendor/r/.git"
        );
    }

    #[test]
    fn options_of_git_are_no_references() {
        let tree = tempfile::tempdir().unwrap();
        let repository = RepositoryUrl::parse("https://h.example/o/r?ref=--upload-pack=touch").unwrap();
        let failure =
            fetch(tree.path(), &repository, &TreePath::new("vendor/r").unwrap(), false).unwrap_err();
        assert_eq!(failure.message, "`--upload-pack=touch` would be an option of git");
        assert!(!tree.path().join("vendor").exists());
        assert_eq!(command(&repository, &TreePath::new("vendor/r").unwrap()), None);
    }

    #[test]
    fn repositories_on_this_machine_are_fetched_from_at_request_alone() {
        let tree = tempfile::tempdir().unwrap();
        let repository = RepositoryUrl::parse("FILE:///srv/git/r").unwrap();
        let failure =
            fetch(tree.path(), &repository, &TreePath::new("vendor/r").unwrap(), false).unwrap_err();
        assert_eq!(failure.message, "`file:///srv/git/r` leads to a repository on this machine");
        assert!(!tree.path().join("vendor").exists());
    }
}
