//! Trees of git repositories, made by git itself. Where there is no `git`, the tests say so and
//! pass.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "what cannot be set up ends the test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use oarlock_engine::source::{Digest, Kind, ReadError, Source};
use oarlock_fleet::Revisions as _;
use oarlock_fleet::git::{GitError, GitRepository, RepositoryState};
use oarlock_samples::git;
use tempfile::TempDir;

static COMMITS: AtomicU32 = AtomicU32::new(0);

/// A repository in a directory of its own.
struct Repository(TempDir);

impl Repository {
    /// An empty repository on the branch `main`; `None` without git.
    fn new() -> Option<Self> {
        let repository = Self(tempfile::tempdir().unwrap());
        if !git::is_installed() {
            eprintln!("git is not installed, so nothing is tested");
            return None;
        }
        repository.git("init --quiet --initial-branch=main");
        Some(repository)
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn git(&self, arguments: &str) -> String {
        git::run(self.root(), arguments)
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        let place = self.root().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, content).unwrap();
        self
    }

    fn commit(&self) -> String {
        self.git("add --all");
        // Each commit has a message of its own, and so an id of its own.
        let number = COMMITS.fetch_add(1, Ordering::Relaxed);
        self.git(&format!("commit --quiet --allow-empty --message={number}"));
        self.git("rev-parse HEAD")
    }

    fn open(&self) -> GitRepository {
        GitRepository::open(self.root()).unwrap()
    }
}

/// Every file of a tree with its content, or why it has none.
fn files(tree: &dyn Source) -> BTreeMap<String, Result<String, ReadError>> {
    let mut files = BTreeMap::new();
    let mut open = vec![String::new()];
    while let Some(directory) = open.pop() {
        let Ok(listing) = tree.list(if directory.is_empty() { "." } else { &directory }) else {
            files.insert(directory, Ok("closed".to_owned()));
            continue;
        };
        for entry in listing.entries {
            let path = if directory.is_empty() { entry.name } else { format!("{directory}/{}", entry.name) };
            if entry.kind == Kind::Directory {
                open.push(path);
            } else {
                let content = tree.read(&path);
                if let Ok(content) = &content {
                    assert_eq!(tree.digest(&path), Ok(Digest::of(content)));
                    assert_eq!(tree.stat(&path).unwrap().size, content.len() as u64);
                }
                files.insert(path, content.map(|content| String::from_utf8_lossy(&content).into_owned()));
            }
        }
    }
    files
}

#[test]
fn a_commit_is_the_tree_that_would_be_checked_out() {
    let Some(repository) = Repository::new() else { return };
    repository.write("a.yaml", "a: 1\n").write("deep/er/b.yaml", "b: 1\n");
    std::os::unix::fs::symlink("deep/er", repository.root().join("link")).unwrap();
    std::os::unix::fs::symlink("../secret", repository.root().join("out")).unwrap();
    let first = repository.commit();
    repository.write("a.yaml", "a: 2\n");
    repository.commit();
    let opened = repository.open();
    let tree = opened.commit_tree(opened.commit(&first).unwrap()).unwrap();
    assert_eq!(tree.read("a.yaml").unwrap(), b"a: 1\n");
    assert_eq!(tree.stat("link/b.yaml").unwrap().path, "deep/er/b.yaml");
    assert!(matches!(tree.read("out"), Err(ReadError::Refused(_))));
    assert_eq!(tree.read("none"), Err(ReadError::NotFound));
    assert_eq!(tree.list(".").unwrap().entries.len(), 3, "a link that leads out is left out");
    // Packed objects are the same.
    repository.git("gc --quiet");
    let opened = repository.open();
    let again = opened.commit_tree(opened.commit("HEAD~1").unwrap()).unwrap();
    assert_eq!(files(tree.as_ref()), files(again.as_ref()));
}

#[test]
fn the_work_tree_is_what_git_would_add() {
    let Some(repository) = Repository::new() else { return };
    repository
        .write(".gitignore", "*.log\nbuild/\n")
        .write("kept.yaml", "a: 1\n")
        .write("gone.yaml", "a: 1\n")
        .write("build/known.yaml", "a: 1\n");
    repository.git("add --force build/known.yaml");
    repository.commit();
    repository
        .write("kept.yaml", "a: 2\n")
        .write("new/er.yaml", "a: 1\n")
        .write("debug.log", "no")
        .write("build/out.yaml", "no");
    fs::remove_file(repository.root().join("gone.yaml")).unwrap();
    let tree = repository.open().work_tree(&[]).unwrap();
    let found: Vec<String> = files(tree.as_ref()).into_keys().collect();
    assert_eq!(found, [".gitignore", "build/known.yaml", "kept.yaml", "new/er.yaml"]);
    assert_eq!(tree.read("kept.yaml").unwrap(), b"a: 2\n");
    assert_eq!(tree.read("debug.log"), Err(ReadError::NotFound));
    let hidden = [oarlock_plugin::TreePath::new("kept.yaml").unwrap()];
    assert!(repository.open().work_tree(&hidden).unwrap().stat("kept.yaml").is_err());
}

#[test]
fn a_clean_work_tree_is_the_commit_whatever_the_line_ends() {
    for config in ["core.autocrlf true", "core.autocrlf input", "core.eol crlf", "core.autocrlf false"] {
        let Some(repository) = Repository::new() else { return };
        repository
            .write(
                ".gitattributes",
                "*.txt text\n*.crlf text eol=crlf\n*.lf text eol=lf\n*.bin -text\n*.id ident\n",
            )
            .write("sub/.gitattributes", "*.auto text=auto\n")
            .write("a.txt", "a\nb\n")
            .write("a.crlf", "a\nb\n")
            .write("a.lf", "a\nb\n")
            .write("a.bin", "a\r\nb\n")
            .write("a.id", "$Id$\n")
            .write("sub/a.auto", "a\nb\n")
            .write("a.yaml", "a\nb\n");
        repository.commit();
        repository.git(&format!("config {config}"));
        // A fresh checkout, by git.
        for name in [
            ".gitattributes",
            "sub/.gitattributes",
            "a.txt",
            "a.crlf",
            "a.lf",
            "a.bin",
            "a.id",
            "sub/a.auto",
            "a.yaml",
        ] {
            fs::remove_file(repository.root().join(name)).unwrap();
        }
        repository.git("checkout --quiet -- .");
        assert_eq!(repository.git("status --porcelain"), "", "{config}");
        let opened = repository.open();
        let commit = opened.commit_tree(opened.head().unwrap()).unwrap();
        let work_tree = opened.work_tree(&[]).unwrap();
        assert_eq!(files(commit.as_ref()), files(work_tree.as_ref()), "{config}");
        assert_eq!(commit.read("a.crlf").unwrap(), b"a\r\nb\r\n");
    }
}

#[test]
fn what_is_not_in_the_repository_is_said_and_not_rendered() {
    let Some(repository) = Repository::new() else { return };
    let Some(other) = Repository::new() else { return };
    other.write("x.yaml", "a: 1\n").commit();
    let pointer =
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 4\n", Digest::of(b"real"));
    repository.write("big.yaml", &pointer);
    repository.git(&format!(
        "-c protocol.file.allow=always submodule --quiet add {} module",
        other.root().display()
    ));
    repository.write(".gitattributes", "*.secret filter=vault\n").write("a.secret", "cipher");
    repository.git("config filter.vault.smudge false");
    repository.git("config filter.vault.clean cat");
    repository.commit();
    let opened = repository.open();
    for tree in [opened.commit_tree(opened.head().unwrap()).unwrap(), opened.work_tree(&[]).unwrap()] {
        let refused = |path: &str, word: &str| {
            let found = tree.read(path);
            assert!(
                matches!(&found, Err(ReadError::Refused(why)) if why.contains(word)),
                "{path}: {found:?}"
            );
        };
        refused("big.yaml", "Git LFS");
        refused("module/x.yaml", "submodule");
        assert!(tree.list(".").unwrap().entries.iter().any(|entry| entry.name == "module"));
    }
    let commit = opened.commit_tree(opened.head().unwrap()).unwrap();
    assert!(
        matches!(commit.read("a.secret"), Err(ReadError::Refused(why)) if why.contains("filter `vault`"))
    );
    // What the local store of Git LFS has is known.
    let digest = Digest::of(b"real").to_string();
    repository.write(&format!(".git/lfs/objects/{}/{}/{digest}", &digest[..2], &digest[2..4]), "real");
    assert_eq!(commit.read("big.yaml").unwrap(), b"real");
}

#[test]
fn names_in_any_encoding_are_left_out_and_said() {
    use std::os::unix::ffi::OsStrExt as _;
    let Some(repository) = Repository::new() else { return };
    repository.write("a.yaml", "a: 1\n");
    fs::write(repository.root().join(std::ffi::OsStr::from_bytes(b"bad\xff.yaml")), "a: 1\n").unwrap();
    fs::write(repository.root().join("sp ace\"'\u{e4}.yaml"), "a: 1\n").unwrap();
    repository.commit();
    let opened = repository.open();
    for tree in [opened.commit_tree(opened.head().unwrap()).unwrap(), opened.work_tree(&[]).unwrap()] {
        let listing = tree.list(".").unwrap();
        assert_eq!(listing.entries.len(), 2);
        assert!(listing.left_out.summary(".").unwrap().message.contains("bad"));
        assert_eq!(tree.read("sp ace\"'\u{e4}.yaml").unwrap(), b"a: 1\n");
    }
}

/// The commits of a range, `None` for the work tree.
fn sides(
    repository: &GitRepository,
    text: Option<&str>,
) -> Result<(Option<String>, Option<String>), GitError> {
    let id = |state: RepositoryState| match state {
        RepositoryState::Commit { id, .. } => Some(id.to_string()),
        RepositoryState::WorkTree => None,
    };
    repository.range(text).map(|range| (id(range.base), id(range.head)))
}

#[test]
fn a_branch_is_compared_with_where_it_left_the_default_branch() {
    let Some(repository) = Repository::new() else { return };
    let base = repository.commit();
    repository.git("checkout --quiet -b topic");
    let topic = repository.commit();
    repository.git("checkout --quiet main");
    let main = repository.commit();
    repository.git("checkout --quiet topic");
    let opened = repository.open();
    let range = |text: Option<&str>| sides(&opened, text).unwrap();
    assert_eq!(range(None), (Some(base.clone()), None));
    assert_eq!(opened.range(None).unwrap().branch.as_deref(), Some("main"));
    assert_eq!(range(Some("main")), (Some(main.clone()), None));
    assert_eq!(range(Some("main..topic")), (Some(main.clone()), Some(topic.clone())));
    assert_eq!(range(Some("main...topic")), (Some(base.clone()), Some(topic.clone())));
    assert_eq!(range(Some("HEAD~1..")), (Some(base.clone()), Some(topic.clone())));
    assert_eq!(range(Some(&base[..8])).0, Some(base));
    for text in ["", "a..b..c", "a....b"] {
        assert!(sides(&opened, Some(text)).is_err(), "{text}");
    }
    let error = opened.range(Some("nope..topic")).unwrap_err();
    assert_eq!(error.to_string(), "there is no commit `nope` in the repository");
    assert!(error.hint().unwrap().contains("origin/nope"));
    // Names that git would take for options or paths are revisions that do not exist.
    for text in ["--all", "../x", "HEAD:a", "main^{tree}", "\u{1b}[31m"] {
        assert!(matches!(opened.commit(text), Err(GitError::UnknownRevision { .. })), "{text}");
    }
    assert!(
        opened.open("main").is_some() && opened.open("nope").is_none() && opened.open("HEAD~1").is_none()
    );
    assert!(std::sync::Arc::ptr_eq(&opened.open("main").unwrap(), &opened.open(&main).unwrap()));
}

#[test]
fn the_merge_that_a_ci_system_checks_out_is_compared_with_its_first_parent() {
    let Some(repository) = Repository::new() else { return };
    repository.commit();
    repository.git("checkout --quiet -b release");
    let release = repository.commit();
    repository.git("checkout --quiet -b topic");
    repository.commit();
    repository.git("checkout --quiet --detach release");
    repository.git("merge --quiet --no-ff topic");
    let opened = repository.open();
    assert_eq!(sides(&opened, None).unwrap(), (Some(release), None));
    // A merge that the default branch has is none.
    repository.git("branch --force main HEAD");
    let head = repository.git("rev-parse HEAD");
    assert_eq!(sides(&repository.open(), None).unwrap(), (Some(head), None));
}

#[test]
fn a_shallow_clone_says_how_to_get_the_rest() {
    let Some(repository) = Repository::new() else { return };
    repository.commit();
    repository.git("checkout --quiet -b topic");
    repository.commit();
    repository.git("checkout --quiet main");
    repository.commit();
    repository.git("checkout --quiet --detach main");
    repository.git("merge --quiet --no-ff topic");
    repository.git("branch merged HEAD");
    repository.git("checkout --quiet main");
    let clone = |arguments: &str| {
        let outer = tempfile::tempdir().unwrap();
        let source = repository.root().display();
        git::run(outer.path(), &format!("clone --quiet {arguments} file://{source} clone"));
        let opened = GitRepository::open(&outer.path().join("clone")).unwrap();
        (outer, opened)
    };
    let (outer, merged) = clone("--depth=1 --branch=merged");
    git::run(&outer.path().join("clone"), "checkout --quiet --detach");
    let error = merged.range(None).unwrap_err();
    assert!(matches!(error, GitError::ShallowMerge(_)), "{error}");
    let (_outer, topic) = clone("--depth=1 --no-single-branch --branch=topic");
    let error = topic.range(None).unwrap_err();
    assert!(matches!(error, GitError::NoMergeBase { is_shallow: true, .. }), "{error}");
    assert!(error.to_string().ends_with("in this shallow clone"), "{error}");
    for error in [error, topic.range(Some("v1")).unwrap_err()] {
        let hint = error.hint().unwrap();
        assert!(hint.contains("fetch-depth: 0") && hint.contains("git fetch --unshallow"), "{hint}");
    }
}

#[test]
fn bare_repositories_and_further_work_trees_are_read() {
    let Some(repository) = Repository::new() else { return };
    repository.write("a.yaml", "a: 1\n");
    repository.commit();
    repository.git("worktree add --quiet -b topic linked/one");
    let linked = repository.root().join("linked/one");
    fs::write(linked.join("b.yaml"), "b: 1\n").unwrap();
    let opened = GitRepository::open(&linked).unwrap();
    assert!(matches!(opened.range(None).unwrap().head, RepositoryState::WorkTree));
    assert_eq!(files(opened.work_tree(&[]).unwrap().as_ref()).len(), 2);
    let outer = tempfile::tempdir().unwrap();
    git::run(outer.path(), &format!("clone --quiet --bare {} bare.git", repository.root().display()));
    let bare = GitRepository::open(&outer.path().join("bare.git")).unwrap();
    assert!(matches!(bare.range(None), Err(GitError::Bare)));
    assert!(matches!(bare.range(Some("main")), Err(GitError::Bare)));
    assert_eq!(files(bare.commit_tree(bare.commit("main").unwrap()).unwrap().as_ref()).len(), 1);
    assert!(bare.range(Some("main..main")).is_ok());
}

#[test]
fn what_is_no_repository_or_has_no_commit_says_so() {
    let outer = tempfile::tempdir().unwrap();
    assert!(matches!(GitRepository::open(outer.path()), Err(GitError::NotARepository(_))));
    let Some(repository) = Repository::new() else { return };
    assert!(matches!(repository.open().range(None), Err(GitError::Unborn)));
    fs::write(repository.root().join(".git/HEAD"), "nonsense").unwrap();
    assert!(GitRepository::open(repository.root()).is_err() || repository.open().head().is_err());
}

#[test]
fn a_damaged_repository_is_an_error() {
    let Some(repository) = Repository::new() else { return };
    repository.write("a/b.yaml", "a: 1\n");
    repository.commit();
    let blob = repository.git("rev-parse HEAD:a/b.yaml");
    let tree = repository.git("rev-parse HEAD:a");
    let place = |id: &str| repository.root().join(".git/objects").join(&id[..2]).join(&id[2..]);
    fs::remove_file(place(&blob)).unwrap();
    let opened = repository.open();
    let commit = opened.commit_tree(opened.head().unwrap()).unwrap();
    assert!(matches!(commit.read("a/b.yaml"), Err(ReadError::Failed(why)) if why.contains("a/b.yaml")));
    fs::remove_file(place(&tree)).unwrap();
    let opened = repository.open();
    let error = opened.commit_tree(opened.head().unwrap()).err().unwrap();
    assert!(error.to_string().contains("`a` of commit"), "{error}");
}
