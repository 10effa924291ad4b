//! The guides of the example, word for word: an image goes to dev, is released to prod and rolled
//! back; prod moves to its fallback cluster and back. Every `sh` block of a guide is run as it
//! stands, by a shell, in a clone of a repository that stands for the one at the forge.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use oarlock_samples::git;
use oarlock_tests::{Tree, cache_dir, oarlock, repository, visibly};

/// Stands for GitHub's program: keeps what it is asked for.
const GH: &str = "#!/bin/sh\nset -eu\n{ for word in \"$@\"; do printf '%s\\n' \"$word\"; done; echo; } >> \"$GH_LOG\"\n\
                  while [ $# -gt 0 ]; do [ \"$1\" != --body-file ] || cat \"$2\" >> \"$GH_LOG.body\"; shift; done\n";

/// A clone of the example's repository, and what is around it.
struct Story {
    tree: Tree,
    guides: BTreeMap<&'static str, Vec<String>>,
}

impl Story {
    /// The example at a forge with the branches `main` and `master-v1`, and a clone of it.
    fn begin() -> Option<Self> {
        if !git::is_installed() {
            visibly("git is not installed, so the story of the example is not told");
            return None;
        }
        let tree = Tree::new();
        let outside = tree.outside();
        let example = repository().join("examples/gitops");
        let seed = Tree::new().copy_of(&example, ".");
        fs::remove_dir_all(seed.path(".git")).unwrap();
        git::run(seed.root(), "init --quiet --initial-branch=main");
        git::run(seed.root(), "add --all");
        git::run(seed.root(), "commit --quiet --message=Begin");
        git::run(seed.root(), "branch master-v1");
        let forge = outside.join("forge.git");
        git::run(outside, &format!("clone --quiet --bare {} {}", seed.root().display(), forge.display()));
        fs::remove_dir_all(tree.root()).unwrap();
        git::run(outside, &format!("clone --quiet {} {}", forge.display(), tree.root().display()));
        git::run(tree.root(), "config user.name Ada");
        git::run(tree.root(), "config user.email ada@example.com");
        let bin = outside.join("bin");
        fs::create_dir(&bin).unwrap();
        fs::write(bin.join("gh"), GH).unwrap();
        fs::set_permissions(bin.join("gh"), fs::Permissions::from_mode(0o755)).unwrap();
        std::os::unix::fs::symlink(oarlock(), bin.join("oarlock")).unwrap();
        let guide = |name| (name, blocks(&example.join("docs").join(name)));
        let guides = ["release-guide.md", "fallback-cluster.md"].map(guide).into_iter().collect();
        Some(Self { tree, guides })
    }

    /// Runs the next block of a guide, which must begin with these words. Gives what it prints.
    #[track_caller]
    fn next(&mut self, guide: &str, begins: &str) -> String {
        let block = self.guides.get_mut(guide).unwrap().remove(0);
        assert!(block.starts_with(begins), "the next block of {guide} is\n{block}");
        let mut path = vec![self.tree.outside().join("bin")];
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        let output = Command::new("sh")
            .args(["-euc", &block])
            .current_dir(self.tree.root())
            .env_clear()
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("HOME", self.tree.outside())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GH_LOG", self.log())
            .env("OARLOCK_CACHE_DIR", cache_dir())
            .output()
            .unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{block}\n{out}{err}");
        out.into_owned()
    }

    fn log(&self) -> PathBuf {
        self.tree.outside().join("gh.log")
    }

    /// The last request to the forge, a word an item, and the text of it.
    fn pull_request(&self) -> (Vec<String>, String) {
        let body = self.log().with_extension("log.body");
        let found = (
            fs::read_to_string(self.log()).unwrap().lines().map(str::to_owned).collect(),
            fs::read_to_string(&body).unwrap(),
        );
        fs::remove_file(self.log()).unwrap();
        fs::remove_file(body).unwrap();
        found
    }

    fn git(&self, arguments: &str) -> String {
        git::run(self.tree.root(), arguments)
    }

    /// Merges a branch at the forge, as its button does.
    fn merge(&self, branch: &str, into: &str) {
        let place = self.tree.outside().join("merge");
        let forge = self.tree.outside().join("forge.git");
        git::run(
            self.tree.outside(),
            &format!("clone --quiet --branch {into} {} {}", forge.display(), place.display()),
        );
        git::run(&place, &format!("merge --quiet --no-ff --message=Merge origin/{branch}"));
        git::run(&place, &format!("push --quiet origin {into}"));
        fs::remove_dir_all(place).unwrap();
    }

    /// The files that differ between two commits.
    fn changed(&self, range: &str) -> Vec<String> {
        self.git(&format!("diff --name-only {range}")).lines().map(str::to_owned).collect()
    }
}

/// The `sh` blocks of a page, those in lists without their indentation.
fn blocks(page: &Path) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap();
    let (mut blocks, mut lines) = (Vec::new(), text.lines());
    while let Some(line) = lines.next() {
        if line.trim_start() != "```sh" {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let block = lines.by_ref().take_while(|line| line.trim_start() != "```");
        blocks.push(block.map(|line| line.get(indent..).unwrap_or_default()).collect::<Vec<_>>().join("\n"));
    }
    blocks
}

/// What of a request to the forge follows a word.
fn option<'r>(request: &'r [String], name: &str) -> &'r str {
    let at = request.iter().position(|word| word == name).unwrap_or_else(|| panic!("{request:?}"));
    &request[at + 1]
}

#[test]
fn the_guides_of_the_example_lead_from_dev_to_prod_and_to_the_fallback_cluster_and_back() {
    let Some(mut story) = Story::begin() else { return };
    releases(&mut story);
    falls_back(&mut story);
    for (guide, left) in &story.guides {
        assert!(left.is_empty(), "{guide} says more than is tested: {left:?}");
    }
}

const OVERLAYS: &str = "components/ua/users-v2/overlays";

fn releases(story: &mut Story) {
    let guide = "release-guide.md";
    // A build goes to dev.
    story.next(guide, "oarlock set-image ");
    assert_eq!(story.changed("HEAD~1"), [format!("{OVERLAYS}/dev/patch-image.yml")]);
    assert_eq!(story.git("rev-parse HEAD"), story.git("rev-parse origin/main"));

    // It is released to prod, while something else is checked out and half edited.
    story.git("switch --quiet --create topic");
    story.tree.write("oarlock.yaml", "pipeline: [\n");
    story.git("add oarlock.yaml");
    let (before, staged) = (story.tree.files("."), fs::read(story.tree.path(".git/index")).unwrap());
    let out = story.next(guide, "git fetch origin\noarlock release users-v2 2.32.0 ");
    assert!(out.contains("user-office-web-service:2.31.4 → "), "{out}");
    assert!(out.contains("not written: this is a dry run"), "{out}");
    assert!(out.contains("users-v2-prod-v4 on prod-v4"), "{out}");
    let head = "release/prod/users-v2-2.32.0";
    assert_eq!(
        story.changed(&format!("origin/main origin/{head}")),
        [format!("{OVERLAYS}/prod/patch-image.yml")]
    );
    assert_eq!(
        story.git(&format!("log -1 --format=%an:%ae:%cn:%s origin/{head}")),
        "Ada:ada@example.com:Ada:Release users-v2 2.32.0 to prod"
    );
    let without_git = |files: BTreeMap<String, String>| -> BTreeMap<String, String> {
        files.into_iter().filter(|(path, _)| !path.starts_with(".git/")).collect()
    };
    assert!(without_git(story.tree.files(".")) == without_git(before), "the work tree is touched");
    assert!(fs::read(story.tree.path(".git/index")).unwrap() == staged, "the index is touched");
    assert_eq!(story.git("branch --show-current"), "topic");
    let (request, body) = story.pull_request();
    assert_eq!((option(&request, "--base"), option(&request, "--head")), ("main", head));
    assert_eq!(option(&request, "--title"), "Release users-v2 2.32.0 to prod");
    assert!(body.starts_with("<!-- oarlock:diff:release -->\n"), "{body}");
    assert!(body.contains("Routine: only images"), "{body}");
    assert!(
        body.contains("2.31.4") && body.contains("2.32.0") && body.contains("users-v2-prod-v4"),
        "{body}"
    );
    story.merge(head, "main");
    story.git("checkout --quiet --force main");

    // The Applications of users-v1 follow a branch of their own.
    story.next(guide, "git fetch origin\noarlock release users-v1 1.118.3 ");
    let head = "release/prod/users-v1-1.118.3";
    assert_eq!(
        story.changed(&format!("origin/master-v1 origin/{head}")),
        ["components/ua/users-v1/overlays/prod/patch-image.yml"]
    );
    assert_eq!(option(&story.pull_request().0, "--base"), "master-v1");
    story.merge(head, "master-v1");

    // Nothing is left to be compared once the clone has what was merged.
    let out = story.next(guide, "git pull ");
    assert!(out.contains("No rendered changes"), "{out}");
    assert!(story.git(&format!("show main:{OVERLAYS}/prod/patch-image.yml")).contains(":2.32.0"));

    // Back to the version before.
    story.next(guide, "git fetch origin\noarlock release users-v2 2.31.4 ");
    let head = "release/prod/users-v2-2.31.4";
    assert_eq!(option(&story.pull_request().0, "--head"), head);
    story.merge(head, "main");
    story.git("pull --quiet origin main");
    assert_eq!(story.git("diff HEAD~3 --name-only"), format!("{OVERLAYS}/dev/patch-image.yml"));
}

fn falls_back(story: &mut Story) {
    let guide = "fallback-cluster.md";
    let begun = story.git("rev-parse HEAD^{tree}");
    story.next(guide, "oarlock failover users-v2 --env prod --to prod-fallback --keep\n");
    assert_eq!(story.changed("HEAD~1"), ["argocd/prod/ua/users-v2.yaml"]);
    let out = story.next(guide, "oarlock failover users-v2 --env prod --to prod-fallback\n");
    assert!(out.contains("users-v2-prod-v4 on prod-v4 is gone"), "{out}");
    let out = story.next(guide, "oarlock failover '*' --env prod --to prod-fallback --dry-run");
    assert!(out.matches(" → ").count() > 20, "{out}");
    assert!(story.changed("HEAD~1").len() > 10);
    story.next(guide, "oarlock failover '*' --env prod --to prod-v4\n");
    assert_eq!(story.git("rev-parse HEAD^{tree}"), begun, "the last step brings every byte back");
}
