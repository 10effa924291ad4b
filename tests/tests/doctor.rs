//! `oarlock doctor`: what it says of an installation, of Argo CD's settings, and of what Applications read.

// Helpers of tests are outside of `#[test]` functions; what cannot be set up should fail right there.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use oarlock_tests::argocd::{Server, rules};
use oarlock_tests::{Ran, Run, Tree, cache_dir, golden, repository};
use serde_json::{Value, json};

const PLAIN: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

const SECRET: &str = "apiVersion: secrets.hashicorp.com/v1beta1
kind: VaultStaticSecret
metadata:
  name: a
spec: {mount: a, path: b, type: kv-v2, destination: {name: a}}
";

/// A repository with an application made from a base, one that is broken, and configuration.
fn gitops() -> Tree {
    Tree::with(&[
        ("oarlock.yaml", "pipeline: [auto, sync-wave]\n"),
        ("apps/web/base/a.yaml", PLAIN),
        ("apps/web/base/kustomization.yaml", "resources: [a.yaml]\n"),
        ("apps/web/prod/kustomization.yaml", "resources: [../base, ../../../mixins/ha]\n"),
        ("mixins/ha/b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n"),
        ("mixins/ha/kustomization.yaml", "resources: [b.yaml]\n"),
        ("apps/plain/a.yaml", PLAIN),
        ("apps/secret/a.yaml", SECRET),
        ("apps/broken/kustomization.yaml", "resources:\n- missing.yaml\n"),
        (".git/config", "[remote \"origin\"]\n\turl = git@git.example.com:team/gitops.git\n"),
    ])
}

fn application(name: &str, path: &str, more: &str) -> String {
    format!(
        "---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {name}
  namespace: argocd
{more}spec:
  project: shop
  destination: {{namespace: shop}}
  source:
    repoURL: https://git.example.com/team/gitops.git
    path: {path}
    plugin: {{name: oarlock}}
"
    )
}

fn annotated(name: &str, path: &str, annotation: &str) -> String {
    application(
        name,
        path,
        &format!("  annotations:\n    argocd.argoproj.io/manifest-generate-paths: {annotation}\n"),
    )
}

/// An ApplicationSet for one directory.
fn application_set(name: &str, path: &str) -> String {
    format!(
        "---
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: {name}}}
spec:
  template:
    spec:
      source:
        repoURL: https://git.example.com/team/gitops
        path: '{path}'
        plugin: {{name: oarlock}}
"
    )
}

/// An Application of a chart and a directory.
const MANY: &str = "---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: many}
spec:
  sources:
  - {repoURL: 'https://charts.example.com', chart: a}
  - {repoURL: 'https://git.example.com/team/gitops', path: apps/web/prod, plugin: {name: oarlock}}
";

const GOOD: &str = "apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: argocd-cmd-params-cm, namespace: argocd}
  data:
    controller.repo.server.timeout.seconds: \"120\"
    reposerver.plugin.tar.exclusions: .git;docs
- apiVersion: apps/v1
  kind: Deployment
  metadata:
    name: argocd-repo-server
    labels: {app.kubernetes.io/component: repo-server, app.kubernetes.io/part-of: argocd}
  spec:
    template:
      spec:
        containers:
        - name: argocd-repo-server
          env:
          - {name: ARGOCD_CMP_CHUNK_SIZE, value: \"65536\"}
";

const BAD: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cmd-params-cm, namespace: cd}
data:
  controller.repo.server.timeout.seconds: \"5\"
  server.repo.server.timeout.seconds: a minute
  applicationsetcontroller.repo.server.timeout.seconds: \"0\"
  reposerver.parallelism.limit: \"1\"
  reposerver.grpc.max.size: \"10\"
  reposerver.plugin.tar.exclusions: docs/;mixins
  reposerver.plugin.use.manifest.generate.paths: \"true\"
---
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cm, namespace: cd}
data:
  configManagementPlugins: |
    - name: old
";

/// Runs with text on standard input.
fn told(tree: &Tree, text: &str, arguments: &str) -> Ran {
    fs::write(tree.outside().join("argocd.yaml"), text).unwrap();
    Run::new(&format!("doctor --argocd ../argocd.yaml {arguments}")).within(tree)
}

fn json_of(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn an_installation_that_is_well() {
    let server = Server::start("");
    let directory = server.socket().parent().unwrap().to_owned();
    let tree = gitops();
    let ran = Run::new("doctor --socket-dir").arg(&directory).within(&tree).succeeds();
    let text = ran.stdout.replace(&directory.display().to_string(), "<SOCKETS>");
    let text = text.replace(&cache_dir().display().to_string(), "<CACHE>");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.iter().all(|line| line.starts_with("ok    ")), "{text}");
    for line in [
        "ok    socket oarlock.sock: a server listens",
        "ok    operator's file: none is named, so the defaults hold",
        "ok    plugin kustomize: 0.1.0 loads, from the cache of compiled code",
        "ok    oarlock.yaml: 1 file of <ROOT> can be used",
    ] {
        assert!(lines.contains(&line), "{line}\nis not in\n{text}");
    }
    assert!(text.contains("ok    directory of sockets: <SOCKETS> is writable for user "), "{text}");
    assert!(text.contains("ok    compiled code: <CACHE> has "), "{text}");
    // One that ended without a word leaves its socket behind.
    let socket = server.socket();
    drop(server.end());
    assert!(!socket.exists());
}

#[test]
fn an_installation_that_is_not_well() {
    let tree = gitops();
    let outside = |name: &str| tree.outside().join(name);
    fs::write(outside("operator.yaml"), "limits:\n  deadlineSecond: 1\n").unwrap();
    let ran = Run::new("doctor --operator").arg("../operator.yaml").within(&tree).ends_with(1).tells("");
    assert!(ran.stdout.contains("fail  operator's file: unknown field `deadlineSecond`"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("(../operator.yaml:2:3)\n      = help: did you mean `deadlineSeconds`?\n"),
        "{}",
        ran.stdout
    );
    let ran = Run::new("doctor --operator gone.yaml").within(&tree).ends_with(1);
    assert!(ran.stdout.contains("fail  operator's file: cannot read gone.yaml"), "{}", ran.stdout);

    let digest = "0".repeat(64);
    fs::write(outside("hello.wasm"), oarlock_tests::guests::HELLO).unwrap();
    let hello = format!("  hello: {{component: hello.wasm, digest: 'sha256:{digest}'}}\n");
    let operator = format!("bundled: []\nplugins:\n{hello}  gone: {{component: gone.wasm}}\n");
    fs::write(outside("operator.yaml"), operator).unwrap();
    let ran = Run::new("doctor --operator ../operator.yaml").within(&tree).ends_with(1);
    assert!(
        ran.stdout.contains("fail  plugin hello: ") && ran.stdout.contains("allowed is sha256:0000"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("fail  plugin gone: "), "{}", ran.stdout);
    assert!(ran.stdout.contains("fail  oarlock.yaml: there is no plugin `sync-wave`"), "{}", ran.stdout);

    tree.write("apps/oarlock.yaml", "pipline: []\n");
    tree.write("mixins/oarlock.yaml", "");
    tree.write("mixins/oarlock.yml", "");
    let ran = Run::new("doctor").within(&tree).ends_with(1);
    assert!(ran.stdout.contains("fail  oarlock.yaml: unknown field `pipline`"), "{}", ran.stdout);
    assert!(ran.stdout.contains("(apps/oarlock.yaml:1:1)\n"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("warn  oarlock.yaml: `mixins` has both oarlock.yaml and oarlock.yml"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("ok    oarlock.yaml: 1 file of <ROOT>"), "{}", ran.stdout);
}

#[test]
fn directories_that_cannot_be_used() {
    let tree = gitops();
    let cache = tree.outside().join("cache");
    fs::create_dir(&cache).unwrap();
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o777)).unwrap();
    fs::write(tree.outside().join("operator.yaml"), "bundled: []\n").unwrap();
    let run = |arguments: &str| {
        Run::new("doctor --operator ../operator.yaml")
            .env("ARGOCD_PLUGINSOCKFILEPATH", arguments)
            .arg("--cache-dir")
            .arg(&cache)
            .within(&tree)
    };
    let ran = run("../nowhere").ends_with(1);
    assert!(ran.stdout.contains("fail  directory of sockets: ../nowhere: No such file"), "{}", ran.stdout);
    assert!(ran.stdout.contains("with mode 0777, so others could put code there"), "{}", ran.stdout);
    let ran = run("oarlock.yaml").ends_with(1);
    assert!(
        ran.stdout.contains("fail  directory of sockets: oarlock.yaml is no directory"),
        "{}",
        ran.stdout
    );
    // Sockets: none, one left behind, no socket.
    fs::create_dir(tree.outside().join("sockets")).unwrap();
    let socket = tree.outside().join("sockets/oarlock.sock");
    assert!(run("../sockets").stdout.contains("warn  socket oarlock.sock: is not there"));
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    assert!(run("../sockets").stdout.contains("warn  socket oarlock.sock: was left behind"));
    fs::remove_file(&socket).unwrap();
    fs::write(&socket, "").unwrap();
    assert!(
        run("../sockets")
            .ends_with(1)
            .stdout
            .contains("fail  socket oarlock.sock: is there and is no socket")
    );
}

#[test]
fn settings_that_are_good() {
    let text = [
        GOOD,
        &annotated(
            "web",
            "apps/web/prod",
            ".;../base;/mixins/ha;../oarlock.y*ml;/apps/oarlock.y*ml;/oarlock.yaml",
        ),
    ]
    .concat();
    let ran = told(&gitops(), &text, "").ends_with(0).tells("");
    golden("doctor/good.txt", &ran.stdout);
}

#[test]
fn settings_that_are_bad() {
    let text =
        [BAD, &application("web", "apps/web/prod", ""), &annotated("secret", "apps/secret", ".")].concat();
    let ran = told(&gitops(), &text, "").ends_with(1).tells("");
    golden("doctor/bad.txt", &ran.stdout);
}

#[test]
fn what_applications_read_beside_what_they_say() {
    let owner =
        "  ownerReferences:\n  - {apiVersion: argoproj.io/v1alpha1, kind: ApplicationSet, name: shop}\n";
    let text = [
        GOOD.to_owned(),
        application("none", "apps/web/prod", ""),
        annotated("little", "apps/web/prod", ".;../base"),
        annotated("much", "apps/plain", "/"),
        application("owned", "apps/plain", owner),
        application("broken", "apps/broken", ""),
        application("gone", "apps/gone", ""),
        application("whole", ".", ""),
        application("elsewhere", "apps/plain", "").replace("team/gitops", "team/other"),
        application("other-plugin", "apps/plain", "").replace("name: oarlock", "name: avp"),
        application("unnamed", "apps/plain", "").replace("{name: oarlock}", "{}"),
        application_set("set", "apps/plain"),
        application_set("paths", "{{ .path.path }}"),
        MANY.to_owned(),
    ]
    .concat();
    let ran = told(&gitops(), &text, "").ends_with(1).tells("");
    golden("doctor/applications.txt", &ran.stdout);
}

#[test]
fn programs_get_the_same_as_people() {
    let text = [GOOD, &application("web", "apps/web/prod", "")].concat();
    let found = json_of(&told(&gitops(), &text, "--output json").ends_with(0));
    let findings = found["findings"].as_array().unwrap();
    let web = findings.iter().find(|finding| finding["check"] == "Application web").unwrap();
    assert_eq!(web["status"], "warn");
    assert_eq!(web["origin"], json!({"path": "../argocd.yaml", "line": 26, "column": 9}));
    assert_eq!(found["commands"].as_array().unwrap().len(), 1);
    let command = found["commands"][0].as_str().unwrap();
    assert!(command.starts_with("kubectl -n argocd annotate application web --overwrite '"), "{command}");
    assert!(command.contains("'argocd.argoproj.io/manifest-generate-paths=.;../base;"), "{command}");
}

#[test]
fn settings_come_from_standard_input_and_from_many_files() {
    let tree = gitops();
    let mut command = Run::new("doctor --argocd - --argocd app.yaml").into_command();
    tree.write("app.yaml", annotated("web", "apps/plain", "/"));
    let mut child =
        command.current_dir(tree.root()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(GOOD.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("120 s, of which a call of a plugin may have 10 s (<stdin>:8:5)\n"), "{text}");
    assert!(text.contains("ok    Application web: ") && output.status.success(), "{text}");
}

#[test]
fn faults_of_what_is_given_are_told_at_their_place() {
    let tree = gitops();
    for (text, expected) in [
        ("a: [\n", "--> ../argocd.yaml:"),
        ("kind: Application\nkind: Application\n", "--> ../argocd.yaml:2:1"),
        (
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  source: text\n",
            "--> ../argocd.yaml:5:11",
        ),
        ("- a\n", "--> ../argocd.yaml:1:1"),
        (
            "kind: Service\nmetadata: {name: a}\n",
            "there is neither argocd-cmd-params-cm nor argocd-cm nor an Application",
        ),
        ("", "there is neither argocd-cmd-params-cm"),
    ] {
        let ran = told(&tree, text, "").ends_with(2).prints("");
        assert!(ran.stderr.starts_with("error: ") && ran.stderr.contains(expected), "{text}\n{}", ran.stderr);
    }
    let ran = Run::new("doctor --argocd gone.yaml").within(&tree).ends_with(2);
    assert!(ran.stderr.contains("cannot read gone.yaml"), "{}", ran.stderr);
}

#[test]
fn a_checkout_is_known_by_its_remotes() {
    let text = [GOOD, &annotated("web", "apps/plain", "/")].concat();
    let tree = gitops();
    let ran = told(&tree, &text, "--repo-url https://git.example.com/mirror.git").ends_with(0);
    let line = "0 sources rendered by `oarlock` from git.example.com/mirror; 1 of other repositories\n";
    assert!(ran.stdout.contains(&format!("warn  Applications: {line}")), "{}", ran.stdout);
    fs::remove_file(tree.path(".git/config")).unwrap();
    let ran = told(&tree, &text, "").ends_with(0);
    assert!(
        ran.stdout.contains("ok    Applications: 1 source rendered by `oarlock` from <ROOT>\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn what_no_render_reads_need_not_be_sent() {
    let text = [GOOD, &annotated("web", "apps/plain", "/")].concat();
    let tree = gitops();
    tree.write("pictures/a.png", vec![0; 3 << 20]);
    tree.write("docs/b.png", vec![0; 3 << 20]);
    let ran = told(&tree, &text, "").ends_with(0);
    let line = "warn  archive: 3 MiB of it is in `pictures`, which no render reads\n";
    let help = "      = help: make reposerver.plugin.tar.exclusions `.git;docs;pictures`, unless ";
    assert!(ran.stdout.contains(&format!("{line}{help}")), "{}", ran.stdout);
    // Limits, by the archive that is left.
    fs::write(tree.outside().join("operator.yaml"), "argocd: {archive: {unpacked: 1MiB}}\n").unwrap();
    let ran = told(&tree, &text, "--operator ../operator.yaml").ends_with(1);
    assert!(
        ran.stdout.contains("fail  archive: ")
            && ran.stdout.contains("more than the 1 MiB of argocd.archive.unpacked"),
        "{}",
        ran.stdout
    );
    fs::write(tree.outside().join("operator.yaml"), "argocd: {treeCache: 1MiB}\n").unwrap();
    let ran = told(&tree, &text, "--operator ../operator.yaml").ends_with(0);
    assert!(ran.stdout.contains("more than argocd.treeCache keeps"), "{}", ran.stdout);
    let small = text.replace(
        "    reposerver.plugin",
        "    reposerver.streamed.manifest.max.extracted.size: 1M\n    reposerver.plugin",
    );
    let ran = told(&tree, &small, "").ends_with(0);
    assert!(
        ran.stdout.contains(
            "warn  reposerver.streamed.manifest.max.extracted.size: 976 KiB is less than the repository"
        ),
        "{}",
        ran.stdout
    );
}

/// The law of the annotation: a commit to a file that the render depends on concerns the Application, by Argo CD's own rule.
#[test]
fn whatever_changes_the_render_concerns_the_application() {
    let example = repository().join("examples/gitops");
    for directory in
        ["components/ua/messages/overlays/prod", "components/infra/rabbitmq-operators/overlays/dev"]
    {
        let tree = Tree::new().copy_of(&example, ".");
        let found = json_of(&told(
            &tree,
            &application("web", directory, ""),
            "--repo-url git.example.com/team/gitops --output json",
        ));
        let findings = found["findings"].as_array().unwrap();
        let hint = findings.iter().find(|finding| finding["check"] == "Application web").unwrap()["hint"]
            .as_str()
            .unwrap();
        let annotation = hint.split_once("manifest-generate-paths: ").unwrap().1.trim_end_matches('`');

        let render = |tree: &Tree| Run::new("render --output json").arg(directory).within(tree).stdout;
        let before = render(&tree);
        let parts = directory.split('/').collect::<Vec<_>>();
        let component = parts[..3].join("/");
        let files: Vec<String> =
            tree.files(".").into_keys().filter(|file| !file.starts_with(".git/")).collect();
        // Those nearby, and some from all over the place.
        let files: Vec<String> = files
            .iter()
            .enumerate()
            .filter(|(index, file)| {
                file.starts_with(&component)
                    || file.starts_with("mixins")
                    || !file.contains('/')
                    || index % 40 == 0
            })
            .map(|(_, file)| file.clone())
            .collect();
        let mut matter = Vec::new();
        for file in &files {
            let text = fs::read(tree.path(file)).unwrap();
            fs::remove_file(tree.path(file)).unwrap();
            matter.push(render(&tree) != before);
            tree.write(file, text);
        }
        // New files count, too.
        let more: Vec<String> = [
            "oarlock.yaml",
            "components/oarlock.yml",
            &format!("{component}/oarlock.yaml"),
            &format!("{directory}/oarlock.yaml"),
            "docs/oarlock.yaml",
        ]
        .map(str::to_owned)
        .into();
        for file in more.iter().filter(|file| !tree.path(file).exists()) {
            tree.write(file, "pipline: []\n");
            matter.push(render(&tree) != before);
            fs::remove_file(tree.path(file)).unwrap();
        }
        let files: Vec<String> =
            files.into_iter().chain(more.into_iter().filter(|file| !tree.path(file).exists())).collect();
        assert_eq!(render(&tree), before);
        assert!(matter.iter().filter(|matters| **matters).count() > 5, "{directory}");

        let Some(answers) =
            rules(&[json!({"annotation": annotation, "directory": directory, "files": files})])
        else {
            return;
        };
        let mut others = 0;
        for ((file, matters), concerns) in
            files.iter().zip(&matter).zip(answers[0]["concerns"].as_array().unwrap())
        {
            assert!(!matters || concerns == true, "{directory}: {file} is not covered by {annotation}");
            others += usize::from(concerns == false);
        }
        assert!(others > 5, "{directory}: {annotation} covers nearly everything");
    }
}
