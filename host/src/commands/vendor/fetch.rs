//! Fetching a repository by the user's own git, at their explicit request.

use std::path::Path;
use std::process::Command;

use oarlock_plugin::{Failure, RepositoryUrl, TreePath};

use super::place::{Staging, failed};

/// Variables that would send git elsewhere than where it is told to work.
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
pub(super) fn command(repository: &RepositoryUrl, place: &TreePath) -> String {
    let git = |step: Vec<String>| {
        let words = std::iter::once("git".to_owned()).chain(step.iter().map(|word| quoted(word)));
        words.collect::<Vec<_>>().join(" ")
    };
    let [init, fetch, checkout] = steps(repository, place).map(git);
    format!("{init} && {fetch} && {checkout} && rm -rf {}", quoted(&format!("{place}/.git")))
}

/// What fetches a single file, for a shell at the root of the tree.
pub(super) fn command_of_file(url: &str, place: &TreePath) -> String {
    format!("curl --fail --location --create-dirs --output {} {}", quoted(place), quoted(url))
}

/// A word for a shell.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@=+,%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Fetches a repository to its place, all at once or not at all. Returns the commit.
///
/// # Errors
/// If git fails, or the place lies out of the tree.
pub(super) fn fetch(root: &Path, repository: &RepositoryUrl, place: &TreePath) -> Result<String, Failure> {
    for word in [Some(&repository.clone_url), repository.reference.as_ref()].into_iter().flatten() {
        if word.starts_with('-') {
            return Err(Failure::new(format!("`{word}` would be an option of git")));
        }
    }
    let staging = Staging::beside(root, place)?;
    let copy = staging.copy();
    let Some(into) = copy.to_str() else {
        return Err(Failure::new(format!("`{}` is not UTF-8", copy.display())));
    };
    for step in steps(repository, into) {
        git(&step)?;
    }
    let head = ["-C", into, "rev-parse", "HEAD"].map(str::to_owned);
    let commit = git(&head)?.trim().to_owned();
    std::fs::remove_dir_all(copy.join(".git")).map_err(failed("remove git's own directory"))?;
    staging.persist()?;
    Ok(commit)
}

/// Runs git, without a shell.
fn git(arguments: &[String]) -> Result<String, Failure> {
    let mut command = Command::new("git");
    command.args(arguments).stdin(std::process::Stdio::inherit());
    for variable in MISLEADING {
        command.env_remove(variable);
    }
    let output = command.output().map_err(|error| {
        Failure::new(format!("cannot run `git`: {error}")).hint("install git, or fetch the copy by hand")
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let told = String::from_utf8_lossy(&output.stderr);
    let verb =
        arguments.iter().find(|word| ["init", "fetch", "checkout", "rev-parse"].contains(&word.as_str()));
    let failure = Failure::new(format!("`git {}` failed", verb.map_or("", String::as_str)));
    Err(told.lines().filter(|line| !line.trim().is_empty()).fold(failure, Failure::note))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_safe_for_a_shell() {
        let repository = RepositoryUrl::parse("https://h.example/o/r$(id)?ref=a b'c").unwrap();
        let place = TreePath::new("vendor/r").unwrap();
        assert_eq!(
            command(&repository, &place),
            "git init --quiet vendor/r && git -C vendor/r fetch --quiet --depth=1 --no-tags --no-recurse-submodules \
             'https://h.example/o/r$(id)' 'a b'\\''c' && git -C vendor/r checkout --quiet FETCH_HEAD && rm -rf vendor/r/.git"
        );
    }

    #[test]
    fn options_of_git_are_no_references() {
        let tree = tempfile::tempdir().unwrap();
        let repository = RepositoryUrl::parse("https://h.example/o/r?ref=--upload-pack=touch").unwrap();
        let failure = fetch(tree.path(), &repository, &TreePath::new("vendor/r").unwrap()).unwrap_err();
        assert_eq!(failure.message, "`--upload-pack=touch` would be an option of git");
        assert!(!tree.path().join("vendor").exists());
    }
}
