//! What a change does to a fleet: `oarlock diff`, `oarlock affected`. Repositories are made by git;
//! where there is none, the tests say so and pass.

use std::sync::atomic::{AtomicU32, Ordering};

use oarlock_samples::git;
use oarlock_tests::fleet::{OWN, application};
use oarlock_tests::{Ran, Run, Tree, cache_dir, oarlock, repository, visibly};
use serde_json::{Value, json};

static COMMITS: AtomicU32 = AtomicU32::new(0);

/// A git repository with a tree in it.
pub(crate) struct Repository(pub(crate) Tree);

impl Repository {
    /// The files of a tree as the first commit of `main`; `None` without git.
    pub(crate) fn of(tree: Tree) -> Option<Self> {
        if !git::is_installed() {
            visibly("git is not installed, so nothing is tested");
            return None;
        }
        let repository = Self(tree);
        repository.git("init --quiet --initial-branch=main");
        repository.commit();
        Some(repository)
    }

    pub(crate) fn git(&self, arguments: &str) -> String {
        git::run(self.0.root(), arguments)
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        self.0.write(path, content);
        self
    }

    pub(crate) fn remove(&self, path: &str) -> &Self {
        std::fs::remove_file(self.0.path(path)).unwrap();
        self
    }

    pub(crate) fn commit(&self) {
        let number = COMMITS.fetch_add(1, Ordering::Relaxed);
        self.git("add --all");
        self.git(&format!("commit --quiet --allow-empty --message={number}"));
    }

    pub(crate) fn run(&self, arguments: &str) -> Ran {
        Run::new(arguments).within(&self.0)
    }

    /// The review as JSON, and the exit status.
    pub(crate) fn review(&self, arguments: &str) -> (Value, i32) {
        let ran = self.run(&format!("diff --output json {arguments}"));
        let json = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
        (json, ran.code.unwrap())
    }
}

pub(crate) fn config_map(name: &str, value: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{key: {value}}}\n")
}

/// A root, and two Applications with one base.
pub(crate) fn fleet() -> Tree {
    Tree::new()
        .file("oarlock.yaml", format!("fleet:\n  repository: {OWN}\n  roots: {{prod: root.yaml}}\n"))
        .file("root.yaml", application("root", "path: apps"))
        .file("apps/web.yaml", application("web", "path: web"))
        .file("apps/mail.yaml", application("mail", "path: mail"))
        .file("apps/plain.yaml", application("plain", "path: plain"))
        .file("base/kustomization.yaml", "resources: [a.yaml]\n")
        .file("base/a.yaml", config_map("base", "\"1\""))
        .file("web/kustomization.yaml", "namePrefix: web-\nresources: [../base]\n")
        .file("mail/kustomization.yaml", "namePrefix: mail-\nresources: [../base]\n")
        .file("plain/a.yaml", config_map("plain", "\"1\""))
}

/// The names of the Applications of a list.
pub(crate) fn names(list: &Value) -> Vec<&str> {
    let name = |entry: &'_ Value| -> Option<String> {
        let application = entry.get("application").unwrap_or(entry);
        application["name"].as_str().map(str::to_owned)
    };
    assert!(list.as_array().unwrap().iter().all(|entry| name(entry).is_some()));
    list.as_array()
        .unwrap()
        .iter()
        .map(|entry| entry.get("application").unwrap_or(entry)["name"].as_str().unwrap())
        .collect()
}

#[test]
fn a_clean_work_tree_is_the_same() {
    let Some(repository) = Repository::of(fleet()) else { return };
    let (review, code) = repository.review("");
    assert_eq!((code, &review["verdict"], &review["formatVersion"]), (0, &json!("same"), &json!(1)));
    assert_eq!(review["counts"]["unchanged"], 4);
    let ran = repository.run("diff").ends_with(0);
    assert!(ran.stdout.contains("No rendered changes"), "{}", ran.stdout);
    assert_eq!(ran.stderr, "");
    let ran = repository.run("affected").ends_with(0);
    assert_eq!(ran.stdout, "0 of 4 Applications affected\n");
}

#[test]
fn a_shared_base_changes_its_users_alone() {
    let Some(repository) = Repository::of(fleet()) else { return };
    repository.git("checkout --quiet -b topic");
    repository.write("base/a.yaml", config_map("base", "\"2\""));
    let (review, code) = repository.review("");
    assert_eq!(code, 1);
    assert_eq!(names(&review["applications"]), ["mail", "web"]);
    let object = &review["applications"][0]["objects"][0];
    assert_eq!(object["object"]["name"], "mail-base");
    assert_eq!(object["object"]["namespace"], "mail");
    assert_eq!(object["fields"][0]["path"], "data.key");
    assert_eq!((&object["fields"][0]["before"], &object["fields"][0]["after"]), (&json!("1"), &json!("2")));
    assert_eq!(review["head"]["name"], "work tree");
    assert_eq!(review["base"]["reference"], "main");
    let ran = repository.run("affected").ends_with(0);
    assert_eq!(
        ran.stdout,
        "~ in-cluster/mail  base/a.yaml\n~ in-cluster/web  base/a.yaml\n2 of 4 Applications affected\n"
    );
    // The same as a commit, and from elsewhere.
    repository.commit();
    let (committed, _) = repository.review("main..topic");
    assert_eq!(committed["applications"], review["applications"]);
    let (back, _) = repository.review("topic..main");
    assert_eq!(back["counts"]["changed"], 2);
    let (filtered, _) = repository.review("main --only web");
    assert_eq!(names(&filtered["applications"]), ["web"]);
    assert_eq!(filtered["counts"]["unchanged"], 0);
    let within = Run::new("diff main --output json").at(&repository.0.path("web"));
    assert_eq!(serde_json::from_str::<Value>(&within.stdout).unwrap()["counts"]["changed"], 2);
    for output in ["text", "markdown", "html", "markdown --dialect gitlab"] {
        let ran = repository.run(&format!("diff main --output {output}")).ends_with(1);
        assert!(ran.stdout.contains("mail-base") && !ran.stdout.contains("plain"), "{}", ran.stdout);
    }
}

#[test]
fn applications_come_and_go_and_findings_decide_the_exit_status() {
    let Some(repository) = Repository::of(fleet()) else { return };
    repository.remove("apps/mail.yaml").write("apps/new.yaml", application("new", "path: plain"));
    let (review, code) = repository.review("");
    assert_eq!(code, 1);
    let changes: Vec<&Value> =
        review["applications"].as_array().unwrap().iter().map(|application| &application["change"]).collect();
    assert_eq!(names(&review["applications"]), ["mail", "new", "root"]);
    assert_eq!(changes, ["removed", "added", "changed"]);
    let rules: Vec<&Value> =
        review["findings"].as_array().unwrap().iter().map(|finding| &finding["rule"]).collect();
    assert!(rules.iter().any(|rule| *rule == "application-orphans"), "{rules:?}");
    repository.run("diff --fail-on blocking").ends_with(0);
    repository.run("diff --fail-on caution").ends_with(1);
    let ran = repository.run("affected").ends_with(0);
    assert!(
        ran.stdout.contains("- in-cluster/mail\n+ in-cluster/new\n~ in-cluster/root  "),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_render_that_fails_on_one_side_is_a_failure_and_hides_no_other() {
    let Some(repository) = Repository::of(fleet()) else { return };
    repository.write("web/kustomization.yaml", "resources: [../base, nope.yaml]\n");
    repository.write("plain/a.yaml", config_map("plain", "\"2\""));
    let (review, code) = repository.review("");
    assert_eq!((code, &review["verdict"]), (2, &json!("failed")));
    assert_eq!(names(&review["failures"]), ["web"]);
    assert_eq!(review["failures"][0]["side"], "head");
    assert!(review["failures"][0]["failure"]["message"].as_str().unwrap().contains("nope.yaml"));
    assert_eq!(names(&review["applications"]), ["plain"]);
    // YAML that does not parse.
    repository.write("web/kustomization.yaml", "resources: [\n");
    assert_eq!(repository.review("").1, 2);
    // A change that repairs it is not a failure.
    repository.commit();
    repository.write("web/kustomization.yaml", "resources: [../base]\n");
    let (review, code) = repository.review("HEAD");
    assert_eq!((code, &review["failures"][0]["side"]), (1, &json!("base")));
}

#[test]
fn what_something_broken_would_make_is_never_gone() {
    let Some(repository) = Repository::of(fleet()) else { return };
    // The root does not parse, or what makes the others does not render.
    for (path, text) in [
        ("root.yaml", "kind: [\n".to_owned()),
        ("apps/kustomization.yaml", "resources: [nope.yaml]\n".to_owned()),
    ] {
        repository.write(path, text);
        let (review, code) = repository.review("");
        assert_eq!((code, &review["verdict"]), (2, &json!("failed")), "{path}");
        assert_eq!(review["counts"]["removed"], 0, "{path}");
        assert!(names(&review["failures"]).contains(&"web"), "{path}: {review}");
        let affected = repository.run("affected");
        assert!(affected.stdout.contains("? in-cluster/web"), "{path}: {}", affected.stdout);
        repository.git("checkout --quiet -- .");
        repository.git("clean --quiet --force");
    }
    // So is what an ApplicationSet makes that fails.
    let set = |parameter: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {{name: all, namespace: argocd}}\nspec:\n  goTemplate: true\n  \
             goTemplateOptions: [missingkey=error]\n  generators: [{{list: {{elements: [{{name: made}}]}}}}]\n  template:\n    \
             metadata: {{name: '{{{{.{parameter}}}}}'}}\n    spec:\n      project: default\n      destination: {{name: in-cluster, namespace: made}}\n      \
             source: {{repoURL: '{OWN}', path: plain}}\n"
        )
    };
    repository.write("apps/set.yaml", set("name"));
    repository.commit();
    assert!(repository.run("apps").succeeds().stdout.contains("Application made"));
    repository.write("apps/set.yaml", set("nope"));
    let (review, code) = repository.review("HEAD");
    assert_eq!(code, 2);
    assert!(names(&review["failures"]).contains(&"made"), "{review}");
    assert!(review["failures"].to_string().contains("which makes it, fails"), "{review}");
}

#[test]
fn a_fleet_in_which_nothing_is_found_is_an_error() {
    let Some(repository) = Repository::of(fleet()) else { return };
    repository.write("root.yaml", config_map("a", "\"1\""));
    repository.commit();
    repository.run("diff HEAD").ends_with(2);
    let Some(empty) = Repository::of(Tree::new().file("a.yaml", "a: 1\n")) else { return };
    for verb in ["diff", "affected"] {
        empty.run(verb).ends_with(2).tells_one_error("error: nothing says where the fleet is");
        empty
            .run(&format!("{verb} --environment nope"))
            .ends_with(2)
            .tells_one_error("error: there is no environment, file or directory `nope` in the repository");
    }
    repository.run("diff HEAD~1 --only nothing").ends_with(2);
}

#[test]
fn revisions_that_do_not_exist_and_shallow_clones_say_what_to_do() {
    let Some(repository) = Repository::of(fleet()) else { return };
    for verb in ["diff", "affected"] {
        let ran = repository.run(&format!("{verb} nope..HEAD")).ends_with(2);
        assert!(ran.stderr.contains("there is no commit `nope` in the repository"), "{}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
    repository.git("checkout --quiet -b topic");
    repository.commit();
    repository.git("checkout --quiet main");
    repository.commit();
    let outer = tempfile::tempdir().unwrap();
    let source = format!("file://{}", repository.0.root().display());
    git::run(
        outer.path(),
        &format!("clone --quiet --depth=1 --no-single-branch --branch=topic {source} clone"),
    );
    let ran = Run::new("diff").at(&outer.path().join("clone")).ends_with(2);
    assert!(
        ran.stderr.contains("`fetch-depth: 0`") && ran.stderr.contains("git fetch --unshallow"),
        "{}",
        ran.stderr
    );
    let none = Tree::new();
    std::fs::remove_dir(none.path(".git")).unwrap();
    Run::new("diff").within(&none).ends_with(2);
}

#[test]
fn bare_repositories_compare_commits() {
    let Some(repository) = Repository::of(fleet()) else { return };
    repository.write("plain/a.yaml", config_map("plain", "\"2\""));
    repository.commit();
    let outer = tempfile::tempdir().unwrap();
    git::run(outer.path(), &format!("clone --quiet --bare {} bare.git", repository.0.root().display()));
    let bare = outer.path().join("bare.git");
    let ran = Run::new("diff main~1..main --output json").at(&bare).ends_with(1);
    assert_eq!(names(&serde_json::from_str::<Value>(&ran.stdout).unwrap()["applications"]), ["plain"]);
    let ran = Run::new("diff").at(&bare).ends_with(2);
    assert!(ran.stderr.contains("a bare repository has no work tree"), "{}", ran.stderr);
}

#[test]
fn another_revision_renders_from_its_own_commit() {
    let tree = fleet()
        .file("apps/pinned.yaml", application("pinned", "path: plain\n    targetRevision: v1"))
        .file("apps/none.yaml", application("none", "path: plain\n    targetRevision: v9"))
        .file("apps/main.yaml", application("on-main", "path: plain\n    targetRevision: main"));
    let Some(repository) = Repository::of(tree) else { return };
    repository.git("tag v1");
    repository.git("checkout --quiet -b topic");
    repository.write("plain/a.yaml", config_map("plain", "\"2\""));
    let (review, code) = repository.review("");
    assert_eq!(code, 1);
    assert_eq!(names(&review["applications"]), ["on-main", "plain"]);
    assert_eq!(names(&review["external"]), ["none"]);
    assert!(review["external"][0]["reason"].as_str().unwrap().contains("revision `v9`"));
    // Another tag is another input.
    repository.git("tag v2");
    repository.write("apps/pinned.yaml", application("pinned", "path: web\n    targetRevision: v2"));
    let (review, _) = repository.review("");
    assert!(names(&review["applications"]).contains(&"pinned"), "{review}");
}

#[test]
fn two_profiles_are_compared_over_one_commit() {
    let tree = fleet()
        .file("apps/chart.yaml", application("chart", "path: chart"))
        .file("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\n")
        .file("chart/values.yaml", "a: 1\n")
        .file(
            "chart/templates/a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: chart}\ndata: {helm: {{ .Capabilities.HelmVersion.Version | quote }}}\n",
        );
    let Some(repository) = Repository::of(tree) else { return };
    let (review, code) = repository.review("--profile argocd-3.4..argocd-3.5");
    assert_eq!(code, 1, "{review}");
    assert_eq!(names(&review["applications"]), ["chart"]);
    assert_eq!(
        (&review["base"]["name"], &review["head"]["name"]),
        (&json!("argocd-3.4"), &json!("argocd-3.5"))
    );
    let (same, code) = repository.review("--profile argocd-3.5..argocd-3.5 HEAD");
    assert_eq!((code, &same["verdict"]), (0, &json!("same")));
    repository.run("diff --profile argocd-3.4..argocd-9.9").ends_with(2);
    repository.run("diff --profile argocd-3.4").ends_with(2);
    repository.run("diff --profile argocd-3.4..argocd-3.5 HEAD..HEAD").ends_with(2);
}

#[test]
fn a_large_change_stays_one_comment_and_hostile_names_stay_text() {
    let Some(repository) = Repository::of(fleet()) else { return };
    let maps = |value: &str| -> String {
        (0..10_000).map(|index| config_map(&format!("map-{index}"), value)).collect::<Vec<_>>().join("---\n")
    };
    repository.write("plain/a.yaml", maps("\"1\""));
    repository.write("plain/<img src=x>`@all.yaml", config_map("\"<script>alert(1)</script>\"", "\"1\""));
    repository.commit();
    repository.write("plain/a.yaml", maps("\"2\""));
    repository
        .write("plain/<img src=x>`@all.yaml", config_map("\"<script>alert(1)</script>\"", "\"</code>@all\""));
    let ran = repository.run("diff HEAD --output markdown").ends_with(1);
    assert!(
        ran.stdout.len() <= 65_536 && ran.stdout.starts_with("<!-- oarlock:diff"),
        "{}",
        ran.stdout.len()
    );
    let mut is_fenced = false;
    for line in ran.stdout.lines() {
        is_fenced ^= line.starts_with("```");
        if let (false, Some((before, _))) = (is_fenced, line.split_once("<script>")) {
            assert_eq!(before.matches('`').count() % 2, 1, "not in a code span: {line}");
        }
    }
    assert_eq!(ran.stdout, repository.run("diff HEAD --output markdown").stdout, "equal input, equal text");
    let page = repository.run("diff HEAD --output html").ends_with(1).stdout;
    assert!(!page.contains("<script>") && !page.contains("<img"));
    let (review, _) = repository.review("HEAD");
    assert_eq!(review["counts"]["changed"], 10_001);
}

#[test]
fn schemas_describe_what_is_printed() {
    let Some(repository) = Repository::of(fleet()) else { return };
    repository.write("base/a.yaml", config_map("base", "\"2\""));
    for (verb, schema) in [("diff", "diff"), ("affected", "affected")] {
        let printed: Value =
            serde_json::from_str(&repository.run(&format!("{verb} --output json")).stdout).unwrap();
        let schema: Value = serde_json::from_str(
            &Run::new(&format!("schema {schema}")).within(&repository.0).succeeds().stdout,
        )
        .unwrap();
        let known = schema["properties"].as_object().unwrap();
        let fields = printed.as_object().unwrap();
        assert!(fields.keys().all(|key| known.contains_key(key)), "{verb}");
        let required = schema["required"].as_array().unwrap();
        assert!(required.iter().all(|key| fields.contains_key(key.as_str().unwrap())), "{verb}");
    }
}

#[test]
fn a_fleet_that_manages_itself_is_compared() {
    let root = fleet().files(".")["root.yaml"].clone();
    let Some(repository) = Repository::of(fleet().file("apps/root.yaml", root)) else { return };
    let (review, code) = repository.review("");
    assert_eq!((review["verdict"].as_str(), code), (Some("same"), 0), "{review:#}");
    repository.write("base/a.yaml", config_map("base", "\"2\""));
    let (review, code) = repository.review("");
    assert_eq!((review["verdict"].as_str(), code), (Some("changed"), 1), "{review:#}");
    repository.run("affected").ends_with(0);
}

/// The scripts of `ci/` with the program itself, over a merge as CI systems check it out.
#[test]
fn the_recipes_for_ci_compare_a_merge() {
    let Some(fleet) = Repository::of(fleet()) else { return };
    fleet.git("checkout --quiet -b topic");
    fleet.write("base/a.yaml", config_map("base", "\"2\""));
    fleet.commit();
    fleet.git("checkout --quiet main");
    fleet.write("plain/a.yaml", config_map("plain", "\"2\""));
    fleet.commit();
    fleet.git("merge --quiet --no-edit topic");
    let scratch = tempfile::tempdir().unwrap();
    let (out, cache) = (scratch.path().join("out"), scratch.path().join("cache"));
    let script = |name: &str, settings: &[(&str, &str)]| {
        let output = std::process::Command::new(repository().join("ci").join(name))
            .env("OARLOCK", oarlock())
            .env("OARLOCK_CACHE_DIR", cache_dir())
            .env("OARLOCK_RENDER_CACHE", &cache)
            .env("OARLOCK_TREE", fleet.0.root())
            .env("OARLOCK_OUT", &out)
            .envs(settings.iter().copied())
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), stderr)
    };
    let (code, stderr) = script("render.sh", &[]);
    assert_eq!(code, Some(0), "{stderr}");
    let kept = std::fs::read_dir(&cache).unwrap().count();
    assert!(kept >= 4, "{kept} renders are kept");
    // A difference is no failure.
    for settings in [&[][..], &[("OARLOCK_FAIL_ON", "blocking")], &[("OARLOCK_DIALECT", "gitlab")]] {
        let (code, stderr) = script("diff.sh", settings);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{settings:?}");
        let comment = std::fs::read_to_string(out.join("comment.md")).unwrap();
        assert!(comment.starts_with("<!-- oarlock:diff"), "{comment}");
        assert!(comment.contains("mail-base") && comment.contains("web-base"), "{comment}");
        assert!(!comment.contains("plain"), "what main changed is no change of the merge: {comment}");
        let page = std::fs::read_to_string(out.join("report.html")).unwrap();
        assert!(page.contains("mail-base") && page.ends_with("</html>\n"), "{page}");
    }
    // What fails to render does.
    fleet.write("web/kustomization.yaml", "resources: [nope.yaml]\n");
    fleet.commit();
    let (code, _) = script("diff.sh", &[]);
    assert_eq!(code, Some(2));
    assert!(std::fs::read_to_string(out.join("comment.md")).unwrap().contains("nope.yaml"));
    assert_ne!(script("render.sh", &[]).0, Some(0));
}

#[test]
fn the_repository_says_what_is_left_out_and_what_is_noise() {
    let deployment = |replicas: u32, version: u32| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, labels: {{version: v{version}}}}}\nspec: {{replicas: {replicas}}}\n"
        )
    };
    let Some(repository) = Repository::of(fleet().file("plain/web.yaml", deployment(1, 1))) else { return };
    repository.write("plain/web.yaml", deployment(2, 2));
    let settings = |more: &str| format!("fleet:\n  repository: {OWN}\n  roots: {{prod: root.yaml}}\n{more}");
    // The fields that changed, those that are noise, and the exit status.
    let fields = |more: &str| {
        repository.write("oarlock.yaml", settings(more));
        let (review, code) = repository.review("HEAD");
        let object = &review["applications"][0]["objects"][0];
        let paths = |list: &Value| -> Vec<String> {
            let list = list.as_array().cloned().unwrap_or_default();
            list.iter().map(|field| field["path"].as_str().unwrap().to_owned()).collect()
        };
        (paths(&object["fields"]), paths(&object["noise"]), code)
    };
    let (replicas, version) = ("spec.replicas".to_owned(), "metadata.labels.version".to_owned());
    assert_eq!(fields(""), (vec![version.clone(), replicas.clone()], vec![], 1));
    assert_eq!(fields("  noise: [ver*]\n"), (vec![replicas], vec![version.clone()], 1));
    let ignored = "  ignoreDifferences: {apps_Deployment: {jsonPointers: [/spec/replicas]}}\n";
    assert_eq!(fields(ignored), (vec![version], vec![], 1));
    let all = "  ignoreDifferences: {all: {jqPathExpressions: [.spec.replicas, .metadata.labels]}}\n";
    assert_eq!(fields(all), (vec![], vec![], 0));
    repository.write("oarlock.yaml", settings("  ignoreDifferences: {a_b_c: {jsonPointers: [/a]}}\n"));
    let ran = repository.run("diff HEAD").ends_with(2);
    assert!(ran.stderr.contains("`a_b_c` is neither GROUP_KIND, KIND nor `all`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("oarlock.yaml:4:"), "{}", ran.stderr);
}

#[test]
fn every_environment_of_the_example_is_compared() {
    let Some(example) = Repository::of(Tree::new().copy_of(&repository().join("examples/gitops"), "."))
    else {
        return;
    };
    let (review, code) = example.review("");
    assert_eq!((code, &review["verdict"]), (0, &json!("same")), "{review}");
    assert!(review["counts"]["unchanged"].as_u64().unwrap() > 10, "{review}");
    let component = "components/ua/users-v2/base/kustomization.yml";
    let text = std::fs::read_to_string(example.0.path(component)).unwrap();
    example.write(component, format!("{text}\ncommonAnnotations: {{example.com/changed: \"yes\"}}\n"));
    example.commit();
    let (review, code) = example.review("HEAD~1..HEAD");
    assert_eq!(code, 1, "{review}");
    assert!(review["counts"]["applications"].as_u64().unwrap() >= 1, "{review}");
    for environment in ["dev", "prod", "management-dev", "management-prod"] {
        let ran = example.run(&format!("diff HEAD~1..HEAD --environment {environment}"));
        assert!(matches!(ran.code, Some(0 | 1)), "{environment}: {}{}", ran.stdout, ran.stderr);
    }
}
