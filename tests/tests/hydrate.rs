//! `oarlock hydrate`: rendered manifests in the layout of Argo CD's source hydrator. Repositories
//! are made by git; where there is none, the tests say so and pass.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;

use oarlock_samples::git;
use oarlock_tests::fleet::{OWN, application};
use oarlock_tests::{Ran, Run, Tree, argocd, difference, repository, visibly};
use serde_json::{Value, json};

struct Repository(Tree);

impl Repository {
    /// The files of a tree as the first commit of `main`; `None` without git.
    fn of(tree: Tree) -> Option<Self> {
        if !git::is_installed() {
            visibly("git is not installed, so nothing is tested");
            return None;
        }
        let repository = Self(tree);
        repository.git("init --quiet --initial-branch=main");
        repository.commit("begin");
        Some(repository)
    }

    fn git(&self, arguments: &str) -> String {
        git::run(self.0.root(), arguments)
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        self.0.write(path, content);
        self
    }

    fn commit(&self, message: &str) -> String {
        self.git("add --all");
        fs::write(self.0.outside().join("message"), message).unwrap();
        self.git(&format!(
            "commit --quiet --allow-empty --file={}",
            self.0.outside().join("message").display()
        ));
        self.git("rev-parse HEAD")
    }

    fn hydrate(&self, arguments: &str) -> Ran {
        Run::new("hydrate -o ../out").args(arguments).within(&self.0)
    }

    fn out(&self) -> BTreeMap<String, String> {
        self.0.files("../out")
    }
}

fn config_map(name: &str, value: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{key: \"{value}\"}}\n")
}

fn fleet() -> Tree {
    Tree::new()
        .file("oarlock.yaml", format!("fleet:\n  repository: {OWN}\n  roots: {{prod: root.yaml}}\n"))
        .file("root.yaml", application("root", "path: apps"))
        .file("apps/web.yaml", application("web", "path: web"))
        .file("apps/mail.yaml", application("mail", "path: mail"))
        .file("web/a.yaml", config_map("web", "1"))
        .file("mail/a.yaml", config_map("mail", "1"))
}

#[test]
fn each_application_has_a_directory() {
    let Some(repository) = Repository::of(fleet()) else { return };
    let commit = repository.git("rev-parse HEAD");
    let ran = repository.hydrate("").succeeds();
    assert_eq!(ran.stdout, "+ apps\n+ mail\n+ web\n3 of 3 directories changed\n");
    let out = repository.out();
    let names = ["README.md", "hydrator.metadata", "manifest.yaml"];
    let mut expected = vec![".gitattributes".to_owned()];
    expected
        .extend(["apps", "mail", "web"].iter().flat_map(|path| names.map(|name| format!("{path}/{name}"))));
    expected.push("hydrator.metadata".to_owned());
    expected.sort();
    assert_eq!(out.keys().cloned().collect::<Vec<_>>(), expected);
    assert_eq!(
        out["web/manifest.yaml"],
        "apiVersion: v1\ndata:\n  key: \"1\"\nkind: ConfigMap\nmetadata:\n  name: web\n"
    );
    let metadata: Value = serde_json::from_str(&out["web/hydrator.metadata"]).unwrap();
    assert_eq!(metadata, json!({"repoURL": OWN, "drySha": commit}));
    // Once more, nothing is touched.
    let before = modified(&repository);
    let ran = repository.hydrate("--output json").ends_with(0);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&report["formatVersion"], &report["written"]), (&json!(1), &json!(false)));
    assert_eq!(report["drySha"], commit);
    assert_eq!(report["directories"][2]["change"], "unchanged");
    assert_eq!(report["directories"][2]["applications"][0]["name"], "web");
    assert_eq!(modified(&repository), before);
}

/// When each file was written.
fn modified(repository: &Repository) -> Vec<std::time::SystemTime> {
    let paths = repository.out().into_keys();
    paths.map(|path| repository.0.path("../out").join(path).metadata().unwrap().modified().unwrap()).collect()
}

#[test]
fn what_changed_changes_and_what_is_stale_goes() {
    let Some(repository) = Repository::of(fleet()) else { return };
    let first = repository.git("rev-parse HEAD");
    repository.hydrate("").ends_with(0);
    repository.write("../out/web/OWNERS", "ada\n").write("../out/README.md", "# prod\n");
    // Another repository may commit to the same branch.
    repository.write("../out/other/manifest.yaml", "kind: A\n");
    repository
        .write("../out/other/hydrator.metadata", "{\"repoURL\": \"https://git.example.com/org/other\"}\n");
    let before = repository.out();
    repository.write("mail/a.yaml", config_map("mail", "2"));
    fs::remove_file(repository.0.path("apps/web.yaml")).unwrap();
    // The work tree does not count.
    let ran = repository.hydrate("").ends_with(0);
    assert_eq!(ran.stdout, "0 of 3 directories changed\n");
    let second = repository.commit("second");
    let ran = repository.hydrate("--dry-run").ends_with(0);
    assert_eq!(ran.stdout, "~ apps\n~ mail\n- web\n3 of 3 directories changed\n");
    assert!(repository.out() == before);
    repository.hydrate("").ends_with(0);
    let after = repository.out();
    assert!(!after.contains_key("web/manifest.yaml") && after.contains_key("web/OWNERS"));
    assert!(
        after["mail/manifest.yaml"].contains("\"2\"") && after["mail/hydrator.metadata"].contains(&second)
    );
    assert!(after.contains_key("other/manifest.yaml") && after["README.md"] == "# prod\n");
    // A commit that renders to the same leaves everything, the commit that it names too.
    repository.write("notes", "x");
    repository.commit("third");
    let ran = repository.hydrate("").ends_with(0);
    assert_eq!(ran.stdout, "0 of 2 directories changed\n");
    assert!(repository.out() == after);
    // An earlier one.
    repository.hydrate(&format!("--revision {first}")).ends_with(0);
    assert!(repository.out()["web/manifest.yaml"].contains("name: web"));
    // A part leaves the rest.
    let ran = repository.hydrate("--only mail").ends_with(0);
    assert_eq!(ran.stdout, "~ mail\n1 of 1 directories changed\n");
    assert!(repository.out().contains_key("web/manifest.yaml"));
}

/// A file that Argo CD takes for a manifest, and cannot read.
const BROKEN: &str = "apiVersion: v1\nkind: [\nmetadata: {}\n";

#[test]
fn what_does_not_render_stays() {
    let Some(repository) = Repository::of(fleet()) else { return };
    repository.hydrate("").ends_with(0);
    let before = repository.out();
    repository.write("web/a.yaml", BROKEN).write("mail/a.yaml", config_map("mail", "2"));
    repository.commit("broken");
    let ran = repository.hydrate("").ends_with(1);
    assert!(
        ran.stderr.contains("web/a.yaml") && ran.stderr.contains("for Application `argocd/web`"),
        "{}",
        ran.stderr
    );
    assert!(ran.stdout.contains("! web on in-cluster failed: what is there of it stays"), "{}", ran.stdout);
    let after = repository.out();
    assert_eq!(after["web/manifest.yaml"], before["web/manifest.yaml"]);
    assert!(after["mail/manifest.yaml"].contains("\"2\""));
    // An environment that cannot be read says of none that it is gone.
    repository.write("apps/mail.yaml", BROKEN);
    repository.commit("broken");
    repository.hydrate("").ends_with(1);
    assert!(repository.out().contains_key("mail/manifest.yaml"));
}

fn hydrated(name: &str, path: &str, branch: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}, namespace: argocd}}\nspec:\n  destination: \
         {{name: in-cluster, namespace: {name}}}\n  sourceHydrator:\n    drySource: {{repoURL: {OWN}, path: {name}, targetRevision: main}}\n    \
         syncSource: {{targetBranch: {branch}, path: {path}}}\n"
    )
}

#[test]
fn hydrators_of_applications_say_where() {
    let tree = fleet()
        .file("apps/web.yaml", hydrated("web", "rendered/web", "environments/prod"))
        .file("apps/mail.yaml", hydrated("mail", "rendered/mail", "environments/dev"));
    let Some(repository) = Repository::of(tree) else { return };
    let ran = repository.hydrate("").ends_with(1);
    assert!(ran.stderr.contains("several branches"), "{}", ran.stderr);
    assert!(ran.stderr.contains("environments/dev, environments/prod"), "{}", ran.stderr);
    let ran = repository.hydrate("--branch environments/prod").ends_with(0);
    assert_eq!(ran.stdout, "+ rendered/web\n1 of 1 directories changed\n");
    let ran = repository.hydrate("--branch none").ends_with(1);
    assert!(ran.stderr.contains("no Application is hydrated to `none`"), "{}", ran.stderr);
    repository.write("apps/web.yaml", hydrated("web", ".", "environments/prod"));
    repository.commit("root");
    let ran = repository.hydrate("--branch environments/prod").ends_with(1);
    assert!(ran.stderr.contains("cannot be hydrated to the root of a branch"), "{}", ran.stderr);
    // Two to one directory.
    repository.write("apps/web.yaml", hydrated("web", "x", "environments/dev"));
    repository.write("apps/mail.yaml", hydrated("mail", "x", "environments/dev"));
    repository.commit("both");
    let ran = repository.hydrate("").ends_with(1);
    assert!(ran.stderr.contains("`x` would have different manifests of"), "{}", ran.stderr);
}

#[test]
fn a_directory_of_something_else_is_refused() {
    let Some(repository) = Repository::of(fleet()) else { return };
    repository.write("../out/README.md", "# mine\n");
    let ran = repository.hydrate("").ends_with(1);
    assert!(ran.stderr.contains("no hydrator has written it"), "{}", ran.stderr);
    assert_eq!(repository.out().len(), 1);
    let ran = Run::new("hydrate -o .").within(&repository.0).ends_with(1);
    assert!(ran.stderr.contains("no hydrator has written it"), "{}", ran.stderr);
    let ran = Run::new("hydrate -o oarlock.yaml").within(&repository.0).ends_with(2);
    assert!(ran.stderr.contains("is not a directory"), "{}", ran.stderr);
    for (arguments, expected) in [
        ("nowhere", "there is no environment `nowhere`"),
        ("--revision nowhere", "there is no commit `nowhere`"),
        ("--revision=--all", "there is no commit `--all`"),
    ] {
        let ran = Run::new("hydrate -o ../new").args(arguments).within(&repository.0).ends_with(2);
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
        assert!(!repository.0.path("../new").exists());
    }
    // A link on the way leads elsewhere.
    fs::remove_file(repository.0.path("../out/README.md")).unwrap();
    repository.write("../out/hydrator.metadata", "{}\n");
    fs::create_dir(repository.0.path("../elsewhere")).unwrap();
    symlink("../elsewhere", repository.0.path("../out/web")).unwrap();
    let ran = repository.hydrate("").ends_with(1);
    assert!(ran.stderr.contains("cannot read `web/manifest.yaml` in the output directory"), "{}", ran.stderr);
    assert!(ran.stderr.contains("through a link"), "{}", ran.stderr);
    assert_eq!(repository.0.files("../elsewhere").len(), 0);
    assert_eq!(repository.out().len(), 1, "all files or none");
}

/// A work tree of a branch of its own, as the page has it.
#[test]
fn a_branch_gets_a_readable_history() {
    let Some(repository) = Repository::of(fleet()) else { return };
    repository.git("branch rendered");
    repository.git("worktree add --quiet ../out rendered");
    let out = repository.0.path("../out");
    git::run(&out, "rm --quiet -r .");
    repository.hydrate("").ends_with(0);
    git::run(&out, "add --all");
    git::run(&out, "commit --quiet --message=1");
    repository.write("mail/a.yaml", config_map("mail", "2"));
    repository.commit("second");
    repository.hydrate("").ends_with(0);
    assert_eq!(
        git::run(&out, "status --porcelain"),
        "M hydrator.metadata\n M mail/README.md\n M mail/hydrator.metadata\n M mail/manifest.yaml"
    );
}

const MESSAGE: &str = "Deploy web\n\nWhy: \"<b>\" & more\n\nArgocd-reference-commit-author: Zoë L. <zoe@example.com>\n\
                       Argocd-reference-commit-sha: 0123abcd\nArgocd-reference-commit-subject: Fix <it>\n\
                       Argocd-reference-commit-body: \"Fix it\\n\\nSigned-off-by: Z\"\n\
                       Argocd-reference-commit-repourl: https://git.example.com/org/web\n\
                       Argocd-reference-commit-date: 2025-06-09T13:50:18+00:00\nSigned-off-by: Ada <ada@example.com>\n";

/// Objects whose YAML is not plain.
const ODD: &str = r##"apiVersion: v1
kind: ConfigMap
metadata: {name: odd, annotations: {"on": "yes", n: "1", t: "2024-01-01", argocd.argoproj.io/tracking-id: x}}
data:
  empty: ""
  text: "a\nb\n"
  spaces: "  a\n b"
  long: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb cccccccccccccccccccccc ddddddddd"
  hash: "# a"
  colon: "a: b"
  "null": "~"
  a10: x
  a9: x
  B: x
  tab: "a\tb"
  unicode: "zoë \u2028 \u0007"
---
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: one}}
  - {apiVersion: example.com/v1, kind: Thing, metadata: {name: two}, spec: {f: 1.5, big: 1e21, small: 0.0001, whole: 2.0, i: 9007199254740993, t: true, z: null, l: [[1, [2]], {a: []}, {}]}}
"##;

#[test]
fn the_files_are_those_of_argo_cd() {
    let tree = fleet().file("web/odd.yaml", ODD);
    let Some(example) = Repository::of(Tree::new().copy_of(&repository().join("examples/gitops"), "."))
    else {
        return;
    };
    let Some(small) = Repository::of(tree) else { return };
    let mut compared = 0;
    for (repository, environment) in [(&small, "prod"), (&example, "prod")] {
        let commit = repository.commit(MESSAGE);
        let ran = repository.hydrate(&format!("{environment} --output json"));
        let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
        let mut directories = BTreeMap::new();
        for directory in report["directories"].as_array().unwrap() {
            let key = &directory["applications"][0];
            let only = key["name"].as_str().unwrap();
            let ran = Run::new("render --output json --fleet")
                .args(environment)
                .arg(format!("--only={only}"))
                .within(&repository.0);
            let objects: Vec<Value> =
                serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{only}: {}", ran.stderr));
            // As the repo-server and the controller hand them on.
            let objects = objects.into_iter().flat_map(|object| match &object["items"] {
                Value::Array(items) => items.clone(),
                _ => vec![object],
            });
            let objects = objects.map(|mut object| {
                let annotations = object.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut);
                annotations.map(|annotations| annotations.remove("argocd.argoproj.io/tracking-id"));
                object.to_string()
            });
            directories.insert(directory["path"].as_str().unwrap().to_owned(), objects.collect::<Vec<_>>());
        }
        let request = json!({
            "repository": repository.0.root(),
            "revision": commit,
            "url": report["repository"],
            "directories": directories,
        });
        let Some(answers) = argocd::hydrator(&[request]) else { return };
        assert!(answers[0]["error"].is_null(), "{}", answers[0]["error"]);
        let expected: BTreeMap<String, String> = serde_json::from_value(answers[0]["files"].clone()).unwrap();
        let found = repository.out();
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for (path, text) in &expected {
            assert!(found[path] == *text, "{path}\n{}", difference(text, &found[path]));
            compared += 1;
        }
    }
    visibly(&format!("{compared} files are those of Argo CD's commit-server"));
    assert!(compared > 50, "{compared}");
}
