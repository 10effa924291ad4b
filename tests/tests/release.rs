//! `oarlock release`: a version of an image as a branch, made in git's object database.
//! Repositories are made by git; where there is none, the tests say so and pass.

use std::collections::BTreeMap;
use std::fs;

use oarlock_samples::git;
use oarlock_tests::fleet::{OWN, application};
use oarlock_tests::{Ran, Run, Tree, visibly};
use serde_json::Value;

const DIGEST: &str = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

fn deployment(images: &[&str]) -> String {
    let mut text = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      containers:\n"
        .to_owned();
    for (index, image) in images.iter().enumerate() {
        let container = format!("        - name: c{index} # keep\n          image: {image}\n");
        text.push_str(&container);
    }
    text
}

/// One Application with some images.
fn fleet(images: &[&str]) -> Tree {
    Tree::new()
        .file("oarlock.yaml", format!("fleet:\n  repository: {OWN}\n  roots: {{prod: root.yaml}}\n"))
        .file("root.yaml", application("root", "path: apps"))
        .file("apps/web.yaml", application("web", "path: web"))
        .file("web/deployment.yaml", deployment(images))
}

/// A git repository with a tree in it.
struct Repository(Tree);

impl Repository {
    /// A repository without commits; `None` without git.
    fn empty(tree: Tree) -> Option<Self> {
        if !git::is_installed() {
            visibly("git is not installed, so nothing is tested");
            return None;
        }
        let repository = Self(tree);
        repository.git("init --quiet --initial-branch=main");
        Some(repository)
    }

    /// The files of a tree as the first commit of `main`, by a known author.
    fn of(tree: Tree) -> Option<Self> {
        let repository = Self::empty(tree)?;
        repository.git("config user.name Ada");
        repository.git("config user.email ada@example.com");
        repository.commit();
        Some(repository)
    }

    fn git(&self, arguments: &str) -> String {
        git::run(self.0.root(), arguments)
    }

    fn commit(&self) {
        self.git("add --all");
        self.git("commit --quiet --allow-empty --message=x");
    }

    fn release(&self, arguments: &str) -> Ran {
        Run::new("release").env("PATH", std::env::var_os("PATH").unwrap()).args(arguments).within(&self.0)
    }

    /// Every reference and every file, those of git too. Objects that nothing leads to do not
    /// count.
    fn state(&self) -> (String, BTreeMap<String, String>) {
        let mut files = self.0.files(".");
        files.retain(|path, _| !path.starts_with(".git/objects/"));
        (self.git("for-each-ref"), files)
    }

    /// Expects an error, and nothing to be there that was not.
    #[track_caller]
    fn refuses(&self, arguments: &str, code: i32, expected: &str) -> Ran {
        let before = self.state();
        let ran = self.release(arguments).ends_with(code);
        assert!(ran.stderr.contains(expected), "{arguments}: {}", ran.stderr);
        assert!(self.state() == before, "{arguments}: something was written");
        ran
    }
}

#[test]
fn a_release_is_a_commit_on_a_branch_of_its_own() {
    let Some(repository) = Repository::of(fleet(&["registry.example.com/web:v1"])) else { return };
    let index = fs::read(repository.0.path(".git/index")).unwrap();
    let ran = repository.release("web v2 --env prod --output json --out pr").ends_with(0);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let commit = report["commit"].as_str().unwrap();
    assert_eq!(report["formatVersion"], 1);
    assert_eq!((&report["branch"], &report["pushed"]), (&"release/prod/web-v2".into(), &false.into()));
    assert_eq!(report["image"]["tag"], "v2");
    assert_eq!(report["base"]["reference"], "main");
    assert_eq!(report["baseBranch"], "main");
    assert_eq!(report["applications"][0]["name"], "web");
    assert_eq!(report["review"]["head"]["reference"], "release/prod/web-v2");
    assert_eq!(repository.git("rev-parse release/prod/web-v2"), commit);
    assert_eq!(repository.git("rev-parse release/prod/web-v2^"), repository.git("rev-parse main"));
    assert_eq!(
        repository.git("diff --unified=0 main release/prod/web-v2").lines().skip(5).collect::<Vec<_>>(),
        ["-          image: registry.example.com/web:v1", "+          image: registry.example.com/web:v2"]
    );
    assert_eq!(
        repository.git("log -1 --format=%an|%ae|%cn|%B release/prod/web-v2"),
        "Ada|ada@example.com|Ada|Release web v2 to prod\n\nweb/deployment.yaml: registry.example.com/web:v1 -> registry.example.com/web:v2\n\n\
         Applications:\n- web on in-cluster"
    );
    assert_eq!(repository.git("fsck --strict"), "");
    assert!(fs::read(repository.0.path(".git/index")).unwrap() == index, "the index is touched");
    assert_eq!(repository.git("status --porcelain"), "?? pr/");
    assert_eq!(repository.0.files("pr")["title.txt"], "Release web v2 to prod\n");
    let body = &repository.0.files("pr")["body.md"];
    assert!(body.starts_with("<!-- oarlock:diff:release -->\n### "), "{body}");
    assert!(body.contains(commit.get(..12).unwrap()), "{body}");
    // The difference is what `oarlock diff` shows of the branch.
    let diff =
        Run::new("diff main..release/prod/web-v2 --output markdown --key release").within(&repository.0);
    let rendered = |text: &str| text.split("\n---").next().unwrap().replace("`release/prod/web-v2`", "");
    let details =
        |text: &str| text[text.find("<details>").unwrap()..text.rfind("</details>").unwrap()].to_owned();
    assert_eq!(details(&rendered(body)), details(&rendered(&diff.stdout)));
}

#[test]
fn an_existing_branch_is_replaced_by_force_alone() {
    let Some(repository) = Repository::of(fleet(&["registry.example.com/web:v1"])) else { return };
    repository.release("web v2 --env prod --branch topic").ends_with(0);
    let first = repository.git("rev-parse topic");
    let ran = repository.refuses("web v3 --env prod --branch topic", 2, "there is a branch `topic` already");
    assert!(ran.stderr.contains("--force"), "{}", ran.stderr);
    repository.release("web v3 --env prod --branch topic --force").ends_with(0);
    assert_ne!(repository.git("rev-parse topic"), first);
    assert!(repository.git("show topic:web/deployment.yaml").contains("web:v3"));
    // Not one that somebody works on, here or in another work tree.
    repository.git("switch --quiet topic");
    repository.refuses("web v4 --env prod --branch topic --force", 2, "`topic` is checked out");
    repository.git("switch --quiet main");
    repository.git("worktree add --quiet ../other topic");
    repository.refuses("web v4 --env prod --branch topic --force", 2, "`topic` is checked out");
    // A branch in the way of others.
    repository.git("branch release");
    repository.refuses("web v4 --env prod", 2, "cannot write the branch `release/prod/web-v4`");
}

#[test]
fn nothing_is_written_in_a_dry_run_or_where_nothing_changes() {
    let Some(repository) = Repository::of(fleet(&["registry.example.com/web:v1"])) else { return };
    let before = repository.state();
    let ran = repository.release("web v2 --env prod --dry-run --out pr").ends_with(0);
    assert!(ran.stdout.contains("web/deployment.yaml:10: registry.example.com/web:v1 → "), "{}", ran.stdout);
    assert!(ran.stdout.contains("this is a dry run"), "{}", ran.stdout);
    assert!(ran.stdout.contains("image registry.example.com/web: v1 → v2"), "{}", ran.stdout);
    let ran = repository.release("web v1 --env prod --out pr").ends_with(0);
    assert_eq!(ran.stdout, "`web` has registry.example.com/web:v1 in prod already\n");
    assert!(repository.state() == before);
}

#[test]
fn the_base_is_the_default_branch_whatever_is_checked_out() {
    let Some(repository) = Repository::of(fleet(&["registry.example.com/web:v1"])) else { return };
    repository.git("switch --quiet --detach");
    repository.0.write("web/deployment.yaml", deployment(&["registry.example.com/web:edited"]));
    let edited = repository.0.files("web");
    repository.release("web v2 --env prod").ends_with(0);
    assert_eq!(repository.git("rev-parse release/prod/web-v2^"), repository.git("rev-parse main"));
    assert!(repository.0.files("web") == edited);
    // A branch at the remote counts before the one here.
    repository.commit();
    repository.git("update-ref refs/remotes/origin/main HEAD");
    let ran = repository.release("web v3 --env prod --output json").ends_with(0);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (&report["base"]["reference"], &report["baseBranch"]),
        (&"origin/main".into(), &"main".into())
    );
    assert!(report["places"][0]["before"].as_str().unwrap().ends_with(":edited"));
    repository.release("web v4 --env prod --base main").ends_with(0);
    assert_eq!(repository.git("rev-parse release/prod/web-v4^"), repository.git("rev-parse main"));
    repository.refuses("web v5 --env prod --base nowhere", 2, "there is no commit `nowhere`");
    repository.refuses("web v5 --env prod --base=--all", 2, "there is no commit `--all`");
}

#[test]
fn what_a_commit_needs_is_asked_for() {
    let Some(repository) = Repository::empty(fleet(&["registry.example.com/web:v1"])) else { return };
    let ran = repository.release("web v2 --env prod").ends_with(2);
    assert!(ran.stderr.contains("the repository has no commits yet"), "{}", ran.stderr);
    repository.commit();
    let ran = repository.refuses("web v2 --env prod", 2, "`user.name`");
    assert!(ran.stderr.contains("git config user.email EMAIL"), "{}", ran.stderr);
    repository.git("config user.name Ada");
    repository.refuses("web v2 --env prod", 2, "`user.email`");
    let ran = Run::new("release web v2 --env prod")
        .env("GIT_AUTHOR_NAME", "B")
        .env("GIT_AUTHOR_EMAIL", "b@example.com");
    ran.env("EMAIL", "c@example.com").within(&repository.0).ends_with(0);
    assert_eq!(repository.git("log -1 --format=%an:%cn:%ce release/prod/web-v2"), "B:Ada:c@example.com");
    // A tree without a repository.
    let ran =
        Run::new("release web v2 --env prod --root .").at(Tree::with(&[("a", "")]).outside()).ends_with(2);
    assert!(ran.stderr.contains("is not a git repository"), "{}", ran.stderr);
}

#[test]
fn names_are_checked() {
    let Some(repository) = Repository::of(fleet(&["registry.example.com/web:v1"])) else { return };
    for (arguments, code, expected) in [
        ("web v2 --env nowhere", 1, "there is no environment `nowhere`"),
        ("nobody v2 --env prod", 1, "`prod` has no Application `nobody`"),
        ("we v2 --env prod", 1, "these are like it: web"),
        ("web a/b --env prod", 2, "invalid value 'a/b'"),
        ("web sha256:1 --env prod", 2, "the digest is not"),
        ("web v2 --env prod --branch=-x", 2, "is not the name of a branch"),
        ("web v2 --env prod --branch=a..b", 2, "is not the name of a branch"),
        ("web v2 --env prod --branch=a:b", 2, "is not the name of a branch"),
        ("web v2 --env prod --branch=HEAD", 2, "is not the name of a branch"),
        ("web v2 --env prod --push", 2, "there is no remote `origin`"),
        ("web v2 --env prod --push --remote=--upload-pack=x", 2, "there is no remote"),
        ("web v2 --env prod --push --dry-run", 2, "cannot be used with"),
        ("web v2 --env prod --title-file nowhere/title", 2, "cannot write `nowhere/title`"),
        ("root v2 --env prod", 1, "`root` has no images"),
    ] {
        repository.refuses(arguments, code, expected);
    }
    let ran = repository.release(&format!("web {DIGEST} --env prod")).ends_with(0);
    assert!(ran.stdout.contains("branch release/prod/web-sha256-9f86d081884c: "), "{}", ran.stdout);
}

#[test]
fn one_of_several_images_is_named() {
    let images = ["registry.example.com/web:v1", "registry.example.com/proxy:v1"];
    let Some(repository) = Repository::of(fleet(&images)) else { return };
    let ran = repository.refuses("web v2 --env prod", 1, "`web` has several images");
    assert!(ran.stderr.contains("registry.example.com/proxy, registry.example.com/web"), "{}", ran.stderr);
    repository.refuses("web v2 --env prod --image none", 1, "has no image `none`");
    repository.release("web v2 --env prod --image proxy").ends_with(0);
    let text = repository.git("show release/prod/web-v2:web/deployment.yaml");
    assert!(text.contains("proxy:v2") && text.contains("web:v1"), "{text}");
}

#[test]
fn an_application_that_follows_another_revision_is_released_there() {
    let tree = fleet(&["registry.example.com/web:v1"])
        .file("apps/web.yaml", application("web", "path: web\n    targetRevision: old"));
    let Some(repository) = Repository::of(tree) else { return };
    repository.git("branch old");
    let ran = repository.refuses("web v2 --env prod", 1, "follows `old`, which is another revision");
    assert!(ran.stderr.contains("--base origin/old"), "{}", ran.stderr);
    repository.release("web v2 --env prod --base old").ends_with(0);
}

#[test]
fn files_are_stored_as_git_stores_them() {
    let tree = fleet(&["registry.example.com/web:v1"])
        .file(".gitattributes", "web/*.yaml text eol=crlf\n")
        .file("web/deployment.yaml", deployment(&["registry.example.com/web:v1"]).replace('\n', "\r\n"));
    let Some(repository) = Repository::of(tree) else { return };
    fs::set_permissions(
        repository.0.path("web/deployment.yaml"),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    repository.commit();
    repository.release("web v2 --env prod").ends_with(0);
    assert_eq!(repository.git("diff --numstat main release/prod/web-v2"), "1\t1\tweb/deployment.yaml");
    assert!(repository.git("ls-tree release/prod/web-v2 web/").starts_with("100755 "));
}

#[test]
fn a_release_is_pushed_when_that_is_asked_for() {
    let Some(repository) = Repository::of(fleet(&["registry.example.com/web:v1"])) else { return };
    let forge = repository.0.outside().join("forge.git");
    git::run(repository.0.outside(), &format!("init --quiet --bare {}", forge.display()));
    repository.git(&format!("remote add forge {}", forge.display()));
    repository.release("web v2 --env prod").ends_with(0);
    assert_eq!(git::run(&forge, "for-each-ref"), "", "nothing is pushed unasked");
    let ran =
        repository.release("web v2 --env prod --force --push --remote forge --output json").ends_with(0);
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap()["pushed"], true);
    assert_eq!(
        git::run(&forge, "rev-parse release/prod/web-v2"),
        repository.git("rev-parse release/prod/web-v2")
    );
    fs::remove_dir_all(&forge).unwrap();
    let ran = repository.release("web v3 --env prod --push --remote forge").ends_with(2);
    assert!(ran.stderr.contains("`git push` failed"), "{}", ran.stderr);
    assert!(ran.stderr.contains("the branch `release/prod/web-v3` is there"), "{}", ran.stderr);
}

#[test]
fn hostile_names_stay_text() {
    let name = "<img src=x>";
    let tree = fleet(&["registry.example.com/web:v1"])
        .file("apps/web.yaml", application("web", "path: \"`web`\""))
        .file(
            "`web`/deployment.yaml",
            deployment(&["registry.example.com/web:v1"]).replace("name: web", &format!("name: \"{name}\"")),
        );
    let Some(repository) = Repository::of(tree) else { return };
    repository.release("web v2 --env prod --body-file body.md").ends_with(0);
    let body = &repository.0.files(".")["body.md"];
    assert_eq!(
        body.matches(name).count(),
        body.matches(&format!("`Deployment web/{name}`")).count(),
        "{body}"
    );
    assert!(body.contains("`` `web`/deployment.yaml:1 ``"), "{body}");
}
