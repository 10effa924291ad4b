//! `oarlock report`: the file that it writes, and the page in a browser.
//!
//! The browser is Chromium, driven by Playwright: `tests/report/browser.mjs` has the checks, and
//! `cargo xtask test` installs both. Where one is missing, the test says so and passes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use oarlock_fleet::change::{Application, ApplicationKey, Object, Options, Origin, RenderResult, Side};
use oarlock_fleet::findings::Commit;
use oarlock_fleet::fleet_report::{About, FleetReport, ReportEnvironment, of_change, of_fleet, page};
use oarlock_fleet::lint::{LintEnvironment, LintInput, lint};
use oarlock_samples::git;
use oarlock_tests::fleet::{OWN, application};
use oarlock_tests::{Ran, Run, Tree, overwrites, repository, visibly};
use serde_json::{Value, json};

fn report(tree: &Tree, arguments: &str) -> Ran {
    Run::new(&format!("report {arguments}")).within(tree)
}

fn fleet() -> Tree {
    Tree::new()
        .file("oarlock.yaml", format!("fleet:\n  repository: {OWN}\n  roots: {{prod: root.yaml}}\n"))
        .file("root.yaml", application("root", "path: apps"))
        .file("apps/web.yaml", application("web", "path: web"))
        .file("web/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: \"1\"}\n")
        .file("web/s.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: hunter2}\n")
}

#[test]
fn a_fleet_is_written_as_a_page_or_as_data() {
    let tree = fleet();
    let ran = report(&tree, "-o report.html").ends_with(0);
    assert_eq!(ran.stdout, "");
    assert_eq!(
        ran.stderr,
        "report.html: No findings (2 Applications in 1 environment on 1 cluster, 3 objects)\n"
    );
    let html = &tree.files(".")["report.html"];
    assert!(html.starts_with("<!doctype html>") && html.ends_with("</html>\n"));
    assert_eq!(report(&tree, "").ends_with(0).stdout, *html, "equal input gives an equal page");
    let ran = report(&tree, "--output json").ends_with(0);
    assert!(!ran.stdout.contains("hunter2") && ran.stdout.contains("«secret 1»"));
    let data: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&data["formatVersion"], &data["fleet"]), (&json!(1), &json!(OWN)));
    let web = &data["applications"][1];
    assert_eq!((&web["application"]["name"], &web["state"]), (&json!("web"), &json!("unchanged")));
    assert_eq!(web["parent"], json!({"kind": "Application", "name": "root"}));
    assert_eq!(web["objects"][0]["origin"]["file"], "web/a.yaml");
    assert_eq!(
        web["details"]["texts"][0]["after"],
        "apiVersion: v1\ndata:\n  a: \"1\"\nkind: ConfigMap\nmetadata:\n  name: web\n  namespace: web\n"
    );
}

#[test]
fn a_change_is_shown_with_both_sides() {
    if !git::is_installed() {
        visibly("git is not installed, so nothing is tested");
        return;
    }
    let tree = fleet();
    git::run(tree.root(), "init --quiet --initial-branch=main");
    git::run(tree.root(), "add --all");
    git::run(tree.root(), "commit --quiet --message=1");
    let data = |arguments: &str, code: i32| -> Value {
        let ran = report(&tree, &format!("{arguments} --output json")).ends_with(code);
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let same = data("main", 0);
    assert_eq!(
        (&same["verdict"], &same["change"]["verdict"]),
        (&json!("No rendered changes"), &json!("same"))
    );
    assert_eq!(same["applications"][1]["objects"].as_array().unwrap().len(), 2, "what is the same is shown");
    assert!(report(&tree, "main").ends_with(0).stdout.contains("No rendered changes"));

    tree.write("web/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: \"2\"}\n");
    tree.write("web/s.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: hunter3}\n");
    let changed = data("main", 0);
    let web = &changed["applications"][1];
    assert_eq!((&web["state"], &web["counts"]["changed"]), (&json!("changed"), &json!(2)));
    let texts = &web["details"]["texts"];
    assert_eq!(texts[0]["equal"], json!([[0, 0, 2], [3, 3, 5]]));
    assert!(texts[1]["before"].as_str().unwrap().contains("«secret 1»"));
    assert!(texts[1]["after"].as_str().unwrap().contains("«secret 2»"));
    assert_eq!(changed["applications"][0]["state"], "unchanged");

    // A failure is shown, and it is the exit status.
    tree.write("web/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web\n");
    let failed = data("main", 1);
    assert_eq!(failed["applications"][1]["failure"]["side"], "head");
    let ran = report(&tree, "-o report.html").ends_with(1);
    assert!(
        ran.stderr.contains("report.html: Needs attention: 1 Application failed to render"),
        "{}",
        ran.stderr
    );
    assert!(tree.files(".").contains_key("report.html"));
}

#[test]
fn what_cannot_be_reported_leaves_the_file_as_it_was() {
    let tree = fleet();
    tree.write("report.html", "before");
    for (arguments, code, error) in [
        ("--only nothing", 2, "error: there is no Application to report on\n"),
        (
            "-e nowhere",
            2,
            "error: there is no file or directory `nowhere`, and the environments of oarlock.yaml are prod\n",
        ),
        ("main..topic", 2, ""),
    ] {
        let ran = report(&tree, &format!("{arguments} -o report.html")).ends_with(code);
        if !error.is_empty() {
            assert_eq!(ran.stderr, error);
        }
        assert_eq!(tree.files(".")["report.html"], "before", "{arguments}");
    }
    report(&tree, "-o web").ends_with(2).tells("error: web is a directory\n");
    report(&tree, "-o none/report.html").ends_with(2).tells("error: there is no directory none\n");
    let nothing = Tree::new().file("a.yaml", "a: 1\n");
    let ran = report(&nothing, "-o report.html").ends_with(2);
    assert!(ran.stderr.starts_with("error: nothing says where the fleet is"), "{}", ran.stderr);
    assert!(!nothing.files(".").contains_key("report.html"));
}

/// A name that is HTML, a script, commands of a terminal, and writing from right to left.
const HOSTILE: &str = "<img src=x onerror=pwned=1></script><script>pwned=1</script>`${pwned=1}`\u{1b}[31m\u{202e}fdp\u{200b}&amp;{{data}}";

fn object(kind: &str, name: &str, fields: &Value) -> Object {
    let mut manifest =
        json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": name}});
    for (key, value) in fields.as_object().unwrap() {
        manifest[key] = value.clone();
    }
    Object { manifest, origin: Some(Origin { file: format!("{name}/a.yaml"), line: Some(3) }) }
}

fn rendered(cluster: &str, name: &str, objects: Vec<Object>) -> Application {
    let manifest = json!({
        "metadata": {"name": name, "annotations": {"argocd.argoproj.io/sync-wave": "1"}},
        "spec": {"project": name, "destination": {"namespace": name},
                 "source": {"repoURL": name, "path": name, "targetRevision": name}},
    });
    Application {
        key: ApplicationKey { cluster: cluster.to_owned(), name: name.to_owned() },
        manifest,
        parent: None,
        file: Some(format!("{name}.yaml")),
        outcome: RenderResult::Rendered(objects),
        incomplete: None,
    }
}

/// A change in which every name and value is hostile.
fn hostile() -> FleetReport {
    let side = |value: &str| {
        let text = format!("{HOSTILE}{value}");
        let vault = json!({"apiVersion": "secrets.hashicorp.com/v1beta1",
            "spec": {"mount": HOSTILE, "path": HOSTILE, "destination": {"name": HOSTILE, "create": true}}});
        let pod = json!({"spec": {"containers": [{"name": HOSTILE, "image": text,
            "securityContext": {"privileged": value == "2"}, "envFrom": [{"secretRef": {"name": HOSTILE}}]}]}});
        let mut data = json!({"data": {}});
        data["data"][&text] = json!(text);
        let objects = vec![
            object("ConfigMap", HOSTILE, &data),
            object("Pod", HOSTILE, &pod),
            object("VaultStaticSecret", HOSTILE, &vault),
            object(HOSTILE, HOSTILE, &data),
        ];
        let mut applications = vec![rendered(HOSTILE, HOSTILE, objects)];
        if value == "2" {
            let message = format!("{HOSTILE}\n{HOSTILE}");
            let failure = oarlock_fleet::change::Failure { message, origin: None };
            let outcome = RenderResult::Failed(failure);
            applications
                .push(Application { outcome, ..rendered(HOSTILE, &format!("{HOSTILE}2"), Vec::new()) });
        }
        Side { applications }
    };
    let (before, after) = (side("1"), side("2"));
    let keys = after.applications.iter().map(|application| (application.key.clone(), HOSTILE.to_owned()));
    let environments = keys.collect();
    let about = About {
        fleet: HOSTILE.to_owned(),
        profile: HOSTILE.to_owned(),
        head: Commit { name: HOSTILE.to_owned(), reference: Some(HOSTILE.to_owned()) },
        environments: vec![ReportEnvironment {
            name: HOSTILE.to_owned(),
            root: HOSTILE.to_owned(),
            problems: vec![HOSTILE.to_owned()],
        }],
    };
    of_change(about, Commit::default(), (&before, after), &environments, &Options::default())
}

/// 1,000 Applications with 10 objects each, and how long their YAML is.
fn thousand() -> (FleetReport, usize) {
    let mut environments: Vec<LintEnvironment> = Vec::new();
    for (number, name) in ["dev", "prod", "staging", "test"].into_iter().enumerate() {
        let mut environment = LintEnvironment { name: name.to_owned(), ..LintEnvironment::default() };
        for index in (number..1000).step_by(4) {
            let called = format!("web-{index:04}");
            let objects = (0..10).map(|part| {
                let labels: Value = (0..8).map(|at| (format!("example.com/label-{at}"), json!(called))).collect();
                let env: Vec<Value> = (0..12)
                    .map(|at| json!({"name": format!("VARIABLE_{at}"), "value": format!("{called}-{part}-{at}")}))
                    .collect();
                let pod = json!({"metadata": {"labels": labels}, "spec": {"containers": [{
                    "name": "web", "image": format!("registry.example.com/{called}:1.{part}.0"), "env": env,
                    "resources": {"limits": {"memory": "256Mi"}, "requests": {"cpu": "100m", "memory": "128Mi"}},
                }]}});
                let spec = json!({"apiVersion": "apps/v1", "spec": {"replicas": part, "template": pod}});
                object("Deployment", &format!("{called}-{part}"), &spec)
            });
            let cluster = format!("{name}-{}", index % 3);
            environment.side.applications.push(rendered(&cluster, &called, objects.collect()));
        }
        environments.push(environment);
    }
    let about = About {
        fleet: "a large fleet".to_owned(),
        environments: environments
            .iter()
            .map(|it| ReportEnvironment {
                name: it.name.clone(),
                root: "root.yaml".into(),
                problems: Vec::new(),
            })
            .collect(),
        ..About::default()
    };
    let input = LintInput { environments, undeployed: Vec::new() };
    let report = of_fleet(about, &input, &lint(&input, &[], None));
    let texts = report.applications.iter().flat_map(|it| it.details.as_ref().unwrap().texts.iter());
    let yaml = texts.map(|text| text.after.as_ref().unwrap().len()).sum();
    (report, yaml)
}

#[test]
fn a_page_is_much_smaller_than_the_yaml_that_it_describes() {
    let (report, yaml) = thousand();
    let size = page(report).len();
    assert!(size * 3 < yaml, "{size} bytes for {yaml} of YAML");
}

/// The example repository with a branch that changes it, as a page of the change and one of the
/// fleet.
fn example() -> Option<(Tree, Value)> {
    if !git::is_installed() {
        visibly("git is not installed, so the report of the example is not looked at");
        return None;
    }
    let tree = Tree::new().copy_of(&repository().join("examples/gitops"), ".");
    let replace = |path: &str, from: &str, to: &str| {
        let text = fs::read_to_string(tree.path(path)).unwrap();
        assert!(text.contains(from), "{path} has no {from}");
        tree.write(path, text.replace(from, to));
    };
    git::run(tree.root(), "init --quiet --initial-branch=main");
    git::run(tree.root(), "add --all");
    git::run(tree.root(), "commit --quiet --message=1");
    git::run(tree.root(), "checkout --quiet -b release-2.32");
    let users = "components/ua/users-v2";
    replace(&format!("{users}/overlays/prod/patch-image.yml"), ":2.31.4", ":2.32.0");
    replace(&format!("{users}/overlays/prod/config.yaml"), "maximum-pool-size: 20", "maximum-pool-size: 30");
    replace(&format!("{users}/base/deployment.yml"), "allowPrivilegeEscalation: false", "privileged: true");
    fs::remove_file(tree.path("argocd/prod/ua/mailchimp-webhooks.yaml")).unwrap();
    git::run(tree.root(), "add --all");
    git::run(tree.root(), "commit --quiet --message=2");
    let ran = report(&tree, "main..release-2.32 --output json");
    let data = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    for (arguments, file) in [("main..release-2.32", "change.html"), ("", "fleet.html")] {
        let ran = report(&tree, &format!("{arguments} -o {file}"));
        assert!(matches!(ran.code, Some(0 | 1)), "{}", ran.stderr);
    }
    Some((tree, data))
}

/// Chromium, and the directory in which Playwright is installed.
fn browser() -> Option<(PathBuf, PathBuf)> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed = |names: &[&str]| {
        let directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
        let mut files = names.iter().flat_map(|name| directories.iter().map(move |at| at.join(name)));
        files.find(|file| file.is_file())
    };
    let chromium = std::env::var_os("OARLOCK_CHROMIUM")
        .map(PathBuf::from)
        .or_else(|| installed(&["chromium", "chromium-browser", "google-chrome"]));
    let playwright = std::env::var_os("OARLOCK_PLAYWRIGHT")
        .map(PathBuf::from)
        .or_else(|| {
            let test = std::env::current_exe().ok()?;
            Some(test.ancestors().nth(3)?.join("peers/playwright"))
        })
        .filter(|directory| directory.join("node_modules/playwright-core").is_dir());
    match (chromium, playwright, installed(&["node"])) {
        (Some(chromium), Some(playwright), Some(_)) => Some((chromium, playwright)),
        (chromium, playwright, node) => {
            let missing = [(chromium, "Chromium"), (playwright, "Playwright"), (node, "node")];
            let missing: Vec<&str> =
                missing.iter().filter(|(found, _)| found.is_none()).map(|(_, name)| *name).collect();
            visibly(&format!(
                "{} not here, so the report's page is not tested: `cargo xtask test` installs what it needs",
                missing.join(", ")
            ));
            None
        }
    }
}

/// The address of the Application that shows most: it changed, and it has Secrets.
fn shown(data: &Value) -> (String, String) {
    let number = |value: &Value| value.as_u64().unwrap_or_default();
    let applications = data["applications"].as_array().unwrap();
    let found = applications
        .iter()
        .filter(|it| number(&it["counts"]["changed"]) > 1 && number(&it["secretCount"]) > 0)
        .find(|it| it["environment"] == "prod")
        .expect("an Application of prod changed and reads Secrets");
    let text = |value: &Value| value.as_str().unwrap().replace(' ', "+");
    let address = format!(
        "#environment=prod&cluster={}&application={}",
        text(&found["application"]["cluster"]),
        text(&found["application"]["name"])
    );
    (address, found["details"]["secrets"][0]["mount"].as_str().unwrap().to_owned())
}

#[test]
fn the_page_works_in_a_browser() {
    let Some((chromium, playwright)) = browser() else { return };
    let Some((tree, data)) = example() else { return };
    tree.write("hostile.html", page(hostile()));
    tree.write("thousand.html", page(thousand().0));
    let (address, mount) = shown(&data);
    let images = repository().join("docs/images");
    if overwrites() {
        fs::create_dir_all(&images).unwrap();
    }
    let pages: Value = ["change", "fleet", "hostile", "thousand"]
        .into_iter()
        .map(|name| (name.to_owned(), json!(tree.path(&format!("{name}.html")))))
        .collect();
    let plan = json!({
        "chromium": chromium,
        "playwright": playwright,
        "pages": pages,
        "search": {
            "object": "web-service-v2-config",
            "changes": format!("{address}&tab=changes"),
            "secrets": format!("{address}&tab=secrets"),
            "mount": mount,
            "one": "web-0999",
        },
        "shots": {
            "overview": "",
            "changes": format!("{address}&tab=changes&view=split"),
            "waves": format!("{address}&tab=waves"),
        },
        "screenshots": overwrites().then_some(images),
    });
    tree.write("plan.json", plan.to_string());
    let script: &Path = &repository().join("tests/report/browser.mjs");
    let ran = Command::new("node").arg(script).arg(tree.path("plan.json")).output().expect("node starts");
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    for line in out.lines().filter(|line| line.starts_with("1,000 Applications")) {
        visibly(line);
    }
    assert!(ran.status.success(), "{out}\n{err}");
}
