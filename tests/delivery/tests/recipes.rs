//! The scripts of `ci/`, run with names that a shell could take for something else.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use oarlock_delivery::{has_tools, repository, run};
use tempfile::TempDir;

/// A directory whose name a careless script would take apart.
const NASTY: &str = r#"a 'b' "c" $(touch pwned) `touch pwned` ; & * \ d"#;

/// A branch that git allows.
const BRANCH: &str = "change'\"$(touch${IFS}pwned)";

/// A program in the place of `oarlock`: it writes its arguments, one a line, and exits with the
/// status that the test sets.
const STANDIN: &str = r#"#!/bin/sh
for argument in "$@"; do printf '<%s>\n' "$argument"; done >>"$SEEN"
case "$*" in
    *html*) echo '<html>' ;;
    *) echo '<!-- oarlock:diff -->' ;;
esac
exit "${ENDS:-0}"
"#;

struct Place {
    scratch: TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { scratch: tempfile::tempdir().unwrap() };
        fs::create_dir(place.path("")).unwrap();
        place.program("oarlock", STANDIN);
        place
    }

    /// A path within the directory with the name.
    fn path(&self, path: &str) -> PathBuf {
        self.scratch.path().join(NASTY).join(path)
    }

    fn program(&self, name: &str, code: &str) {
        fs::write(self.path(name), code).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn seen(&self) -> Vec<String> {
        let seen = fs::read_to_string(self.path("seen")).unwrap_or_default();
        seen.lines().map(str::to_owned).collect()
    }

    /// A script with nothing in its environment that the test did not put there.
    fn script(&self, script: &str) -> Command {
        let mut command = Command::new(repository().join(script));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.path(""))
            .env("OARLOCK", self.path("oarlock"))
            .env("SEEN", self.path("seen"))
            .current_dir(self.path(""));
        command
    }

    /// A repository with a merge, as GitHub checks it out: gives its base and its head.
    fn merge(&self) -> (String, String) {
        let tree = self.path("tree");
        fs::create_dir(&tree).unwrap();
        git(&tree, &["init", "--quiet", "--initial-branch=main"]);
        fs::write(tree.join("it's \"a\" file"), "1").unwrap();
        let commit = |message: &str| {
            git(&tree, &["add", "--all"]);
            git(&tree, &["commit", "--quiet", "--message", message]);
        };
        commit("one");
        git(&tree, &["checkout", "--quiet", "-b", BRANCH]);
        fs::write(tree.join("it's \"a\" file"), "2").unwrap();
        commit("two");
        git(&tree, &["checkout", "--quiet", "main"]);
        fs::write(tree.join("other"), "3").unwrap();
        commit("three");
        let base = git(&tree, &["rev-parse", "HEAD"]);
        git(&tree, &["merge", "--quiet", "--no-edit", BRANCH]);
        (base, git(&tree, &["rev-parse", "HEAD"]))
    }

    /// Nothing in a name was run.
    fn is_whole(&self) {
        fn walk(directory: &Path) {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                assert_ne!(path.file_name().unwrap(), "pwned", "{}", path.display());
                if path.is_dir() {
                    walk(&path);
                }
            }
        }
        walk(self.scratch.path());
    }
}

fn git(tree: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=a", "-c", "user.email=a@example.com"]).args(arguments).current_dir(tree);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    let (code, out, err) = run(&mut command);
    assert_eq!(code, 0, "git {arguments:?}: {err}");
    out.trim().to_owned()
}

#[test]
fn a_diff_is_of_the_merge_and_its_first_parent() {
    let place = Place::new();
    let (base, head) = place.merge();
    let out = place.path("out 'of' \"it\"");
    let mut script = place.script("ci/diff.sh");
    script
        .env("OARLOCK_TREE", place.path("tree"))
        .env("OARLOCK_OUT", &out)
        .env("OARLOCK_FAIL_ON", "blocking")
        .env("OARLOCK_REPORT", "https://ci.example.com/a b?c='d'")
        .env("OARLOCK_ARGS", "--only\nit's \"a\" $(touch pwned) *\n\n--profile\n argocd-3.5");
    let (code, stdout, stderr) = run(&mut script);
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (0, "", ""));
    let more = ["<--only>", "<it's \"a\" $(touch pwned) *>", "<--profile>", "< argocd-3.5>"];
    let range = format!("<{base}..{head}>");
    let mut expected = vec!["<diff>", &range, "<--output>", "<markdown>", "<--dialect>", "<github>"];
    expected.extend(["<--artefact>", "<https://ci.example.com/a b?c='d'>", "<--fail-on>", "<blocking>"]);
    expected.extend(more);
    expected.extend(["<diff>", &range, "<--output>", "<html>"]);
    expected.extend(more);
    assert_eq!(place.seen(), expected);
    assert_eq!(fs::read_to_string(out.join("comment.md")).unwrap(), "<!-- oarlock:diff -->\n");
    assert_eq!(fs::read_to_string(out.join("report.html")).unwrap(), "<html>\n");
    place.is_whole();
}

#[test]
fn a_diff_ends_as_oarlock_does_but_a_difference_is_no_failure() {
    let place = Place::new();
    place.merge();
    for (fail_on, ends, expected) in
        [("", 0, 0), ("", 1, 0), ("", 2, 2), ("", 3, 3), ("blocking", 1, 1), ("caution", 4, 4)]
    {
        let mut script = place.script("ci/diff.sh");
        script
            .env("OARLOCK_TREE", place.path("tree"))
            .env("OARLOCK_OUT", place.path("out"))
            .env("OARLOCK_FAIL_ON", fail_on)
            .env("ENDS", ends.to_string());
        assert_eq!(run(&mut script).0, expected, "--fail-on {fail_on} and status {ends}");
    }
}

#[test]
fn a_branch_is_never_an_option() {
    let place = Place::new();
    place.merge();
    for base in ["--output=/etc/passwd", "no such branch", "$(touch pwned)", "main'"] {
        let mut script = place.script("ci/diff.sh");
        script
            .env("OARLOCK_TREE", place.path("tree"))
            .env("OARLOCK_OUT", place.path("out"))
            .env("OARLOCK_BASE", base);
        let (code, _, stderr) = run(&mut script);
        assert_eq!(code, 2, "{base}");
        assert_eq!(
            stderr,
            format!("error: there is no commit `{base}` in this checkout; fetch more of its history\n")
        );
    }
    // A branch with such a name is one all the same.
    let mut script = place.script("ci/diff.sh");
    script
        .env("OARLOCK_TREE", place.path("tree"))
        .env("OARLOCK_OUT", place.path("out"))
        .env("OARLOCK_BASE", BRANCH);
    assert_eq!(run(&mut script).0, 0);
    assert_eq!(place.seen()[0], "<diff>");
    place.is_whole();
}

#[test]
fn a_shallow_checkout_says_what_it_lacks() {
    let place = Place::new();
    place.merge();
    let shallow = place.path("shallow");
    let from = format!("file://{}", place.path("tree").display());
    git(&place.path(""), &["clone", "--quiet", "--depth=1", &from, &shallow.display().to_string()]);
    let mut script = place.script("ci/diff.sh");
    script.env("OARLOCK_TREE", &shallow).env("OARLOCK_OUT", place.path("out"));
    let (code, _, stderr) = run(&mut script);
    assert_eq!(code, 2);
    assert!(stderr.contains("there is no commit `HEAD^1` in this checkout; fetch more"), "{stderr}");
    assert!(place.seen().is_empty());
}

#[test]
fn the_default_branch_renders_everything_and_leaves_nothing() {
    let place = Place::new();
    place.merge();
    let mut script = place.script("ci/render.sh");
    script.env("OARLOCK_TREE", place.path("tree")).env("TMPDIR", place.path(""));
    assert_eq!(run(&mut script).0, 0);
    let seen = place.seen();
    assert_eq!(seen[..5], ["<render>", "<--fleet>", "<--output>", "<yaml>", "<--out>"]);
    let out = seen[5].trim_matches(['<', '>']);
    assert!(!Path::new(out).parent().unwrap().exists(), "{out}");
    let mut script = place.script("ci/render.sh");
    assert_eq!(run(script.env("ENDS", "1").env("OARLOCK_TREE", place.path("tree"))).0, 1);
}

/// A release on this machine: an archive with a program and the scripts, and its checksum.
fn release(place: &Place, version: &str, target: &str) -> PathBuf {
    let name = format!("oarlock-v{version}-{target}");
    let directory = place.path(&format!("releases/v{version}"));
    fs::create_dir_all(directory.join(&name).join("ci")).unwrap();
    fs::copy(place.path("oarlock"), directory.join(&name).join("oarlock")).unwrap();
    for script in ["diff.sh", "render.sh", "gitlab-comment.sh"] {
        fs::copy(repository().join("ci").join(script), directory.join(&name).join("ci").join(script))
            .unwrap();
    }
    let archive = format!("{name}.tar.gz");
    let (code, _, stderr) = run(Command::new("tar").args(["-czf", &archive, &name]).current_dir(&directory));
    assert_eq!(code, 0, "{stderr}");
    let (_, sums, _) = run(Command::new("sha256sum").arg(&archive).current_dir(&directory));
    // Another archive whose name ends alike, and one that begins alike.
    let other = "0".repeat(64);
    fs::write(directory.join("SHA256SUMS"), format!("{other}  x{archive}\n{sums}{other}  {archive}.sig\n"))
        .unwrap();
    place.path("releases")
}

#[test]
fn a_release_is_installed_if_its_checksum_is_right() {
    if !has_tools(&["curl", "sha256sum"], "installing is not tested") {
        return;
    }
    let place = Place::new();
    let releases = release(&place, "1.2.3", "x86_64-unknown-linux-gnu");
    // A URL has no spaces; the directory to install into may have.
    let link = place.scratch.path().join("releases");
    std::os::unix::fs::symlink(&releases, &link).unwrap();
    let install = |version: &str| {
        let mut script = place.script("ci/install.sh");
        script
            .env("OARLOCK_VERSION", version)
            .env("OARLOCK_TARGET", "x86_64-unknown-linux-gnu")
            .env("OARLOCK_RELEASES", format!("file://{}", link.display()))
            .env("OARLOCK_INSTALL_DIR", place.path("installed here"));
        run(&mut script)
    };
    assert_eq!(install("v1.2.3").0, 0);
    assert_eq!(place.seen(), ["<--version>"]);
    assert!(place.path("installed here/ci/diff.sh").is_file());

    let (code, _, stderr) = install("9.9.9");
    assert_eq!(code, 2);
    assert!(stderr.contains("error: cannot download"), "{stderr}");
    assert!(install("../1.2.3").2.contains("OARLOCK_VERSION is not the number of a release"));

    let sums = releases.join("v1.2.3/SHA256SUMS");
    let archive = "oarlock-v1.2.3-x86_64-unknown-linux-gnu.tar.gz";
    fs::remove_dir_all(place.path("installed here")).unwrap();
    for (lines, expected) in [
        (format!("{}  {archive}\n", "0".repeat(64)), "does not have the checksum that SHA256SUMS lists"),
        (format!("{}  x{archive}\n", "0".repeat(64)), "SHA256SUMS of v1.2.3 does not list"),
        (String::new(), "SHA256SUMS of v1.2.3 does not list"),
    ] {
        fs::write(&sums, lines).unwrap();
        let (code, _, stderr) = install("1.2.3");
        assert_eq!(code, 2, "{stderr}");
        assert!(stderr.contains(expected), "{stderr}");
        assert!(!place.path("installed here").exists());
    }
    place.is_whole();
}

/// The lines of a job's script in the template for GitLab, as its runner would run them.
fn gitlab_script(job: &str) -> String {
    let template = crate::yaml("ci/gitlab.yml");
    let lines = |value: &serde_json::Value| {
        value.as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let mut script = vec!["set -e".to_owned()];
    script.extend(lines(&template[".oarlock"]["before_script"]));
    script.extend(lines(&template[job]["script"]));
    script.join("\n")
}

#[test]
fn gitlab_runs_what_the_archive_holds() {
    if !has_tools(&["curl", "sha256sum", "git"], "the template for GitLab is not run") {
        return;
    }
    let place = Place::new();
    let (base, head) = place.merge();
    let releases = release(&place, "1.2.3", "x86_64-unknown-linux-gnu");
    let link = place.scratch.path().join("releases");
    std::os::unix::fs::symlink(&releases, &link).unwrap();
    // The template installs into a fixed place, which is another one for each test.
    let installed = place.scratch.path().join("installed");
    let script = gitlab_script("oarlock-diff").replace("/tmp/oarlock/", &format!("{}/", installed.display()));
    let job = |script: &str| {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", script])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", place.path(""))
            .env("SEEN", place.path("seen"))
            .env("OARLOCK", installed.join("oarlock"))
            .env("OARLOCK_VERSION", "1.2.3")
            .env("OARLOCK_TARGET", "x86_64-unknown-linux-gnu")
            .env("OARLOCK_RELEASES", format!("file://{}", link.display()))
            .env("OARLOCK_INSTALL_DIR", &installed)
            .env("OARLOCK_OUT", place.path("tree/oarlock-diff"))
            .env("OARLOCK_FAIL_ON", "blocking")
            .env("OARLOCK_BASE", &base)
            .env("OARLOCK_HEAD", &head)
            .env("CI_PROJECT_DIR", place.path("tree"))
            .current_dir(place.path("tree"));
        run(&mut shell)
    };
    let (code, _, stderr) = job(&script);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(place.seen()[..2], ["<diff>".to_owned(), format!("<{base}..{head}>")]);
    assert!(place.path("tree/oarlock-diff/comment.md").is_file());
    place.is_whole();

    fs::write(releases.join("v1.2.3/SHA256SUMS"), "").unwrap();
    fs::remove_file(place.path("seen")).unwrap();
    assert_ne!(job(&script).0, 0, "nothing is run that SHA256SUMS does not list");
    assert!(place.seen().is_empty());
}
