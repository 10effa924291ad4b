//! Argo CD's repo-server and the plugin server: first by the function in which it generates
//! manifests, then the real program, with git and Redis. What it makes of plugins' answers is what
//! users see.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use oarlock_engine::manifest::Manifest;
use oarlock_engine::pipeline::{LocatedProject, Renderer};
use oarlock_engine::source::{Directory, Source, TreePath};
use oarlock_fleet::{Application, ApplicationRender, Filter, Fleet, Settings};
use oarlock_tests::argocd::{RepoServer, Server};
use oarlock_tests::redis::Redis;
use oarlock_tests::{Run, Tree, repository};
use serde_json::{Value, json};

const TRACKING: &str = "argocd.argoproj.io/tracking-id";

/// Directories of the example that are applications: kustomizations, charts, charts within
/// kustomizations.
const APPLICATIONS: [&str; 8] = [
    "components/ua/users-v2/overlays/prod",
    "components/ua/messages/overlays/dev",
    "components/ua/auth-service/overlays/prod",
    "components/ua/message-broker",
    "components/ua/user-exchange-topology",
    "components/infra/cert-manager/overlays/prod",
    "components/infra/rabbitmq-operators/overlays/dev",
    "components/ra/approved-experiments/overlays/prod",
];

fn request(tree: &Path, application: &str, more: &Value) -> Value {
    let mut request = json!({
        "repository": tree, "application": application, "name": "shop", "namespace": "harbour", "project": "default",
        "revision": "0123456789abcdef0123456789abcdef01234567", "plugin": {"name": "oarlock"},
    });
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request
}

fn manifests(answer: &Value) -> Vec<Value> {
    manifests_of(answer, "shop")
}

/// The manifests of an answer for an Application as values, without what the repo-server writes
/// into them itself.
fn manifests_of(answer: &Value, application: &str) -> Vec<Value> {
    assert_eq!(answer["error"], Value::Null, "{application}");
    assert_eq!(answer["sourceType"], "Plugin");
    let texts = answer["manifests"].as_array().unwrap().iter();
    let mut manifests: Vec<Value> =
        texts.map(|text| serde_json::from_str(text.as_str().unwrap()).unwrap()).collect();
    for manifest in &mut manifests {
        let metadata = manifest["metadata"].as_object_mut().unwrap();
        let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) else {
            continue;
        };
        let tracking = annotations.remove(TRACKING);
        assert!(tracking.is_none_or(|id| id.as_str().unwrap().starts_with(&format!("{application}:"))));
        if annotations.is_empty() {
            metadata.remove("annotations");
        }
    }
    manifests
}

/// What `oarlock render` gives for the same Application.
fn rendered(tree: &Path, application: &str) -> Vec<Value> {
    let file = tempfile::NamedTempFile::new().unwrap();
    let it = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop}\nspec: {project: default, destination: {namespace: harbour}, source: {repoURL: 'https://git.example.com/gitops.git'}}\n";
    std::fs::write(file.path(), it).unwrap();
    let run = Run::new("render --output json --application").arg(file.path()).arg(application);
    let text = run.arg("--root").arg(tree).at(tree).ends_with(0).stdout;
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_function_gives_what_render_gives() {
    let server = Server::start("");
    let gitops = repository().join("examples/gitops");
    let requests = APPLICATIONS.map(|application| request(&gitops, application, &json!({})));
    let Some(answers) = server.generate(&requests) else { return };
    for (application, answer) in APPLICATIONS.iter().zip(&answers) {
        assert_eq!(manifests(answer), rendered(&gitops, application), "{application}");
    }
}

/// An Application of the example's fleet that the plugin renders, and what the fleet renders of it.
struct Deployed {
    title: String,
    request: Value,
    manifests: Vec<Value>,
}

/// The Applications of the example that name the plugin, and whose revision is the one at hand.
fn deployed(gitops: &Path) -> Vec<Deployed> {
    let tree: Arc<dyn Source> = Arc::new(Directory::open(gitops).unwrap());
    let renderer = Renderer::bundled(oarlock_fleet::workload()).unwrap();
    let project = LocatedProject::load(tree.as_ref(), &TreePath::root()).unwrap();
    let Settings { repositories, options, roots, .. } = Settings::load(&tree, &project).unwrap();
    let fleet = Fleet::new(renderer, repositories, options).unwrap();
    let mut all = Vec::new();
    for root in &roots {
        let environment = fleet.environment(&root.environment, &root.path);
        let each = |application: &Application, render: ApplicationRender| {
            let object = &application.definition.manifest;
            let source = &object["spec"]["source"];
            if source["plugin"]["name"] != "oarlock" || !render.external.is_empty() {
                return Ok::<_, std::convert::Infallible>(());
            }
            let title = format!("{}: {}", root.environment, application.definition.title());
            assert!(render.is_ok(), "{title}");
            let more = json!({
                "name": object["metadata"]["name"], "project": object["spec"]["project"],
                "namespace": object["spec"]["destination"]["namespace"], "plugin": source["plugin"],
            });
            let parse = |manifest: &Manifest| serde_json::from_str(&manifest.json).unwrap();
            let manifests = render.manifests().map(parse).collect();
            let request = request(gitops, source["path"].as_str().unwrap(), &more);
            all.push(Deployed { title, request, manifests });
            Ok(())
        };
        let Ok(_) = fleet.render_all(&environment, &Filter::default(), &(), each);
    }
    all
}

#[test]
fn the_whole_example_is_what_the_fleet_renders() {
    let server = Server::start("");
    let deployed = deployed(&repository().join("examples/gitops"));
    assert!(deployed.len() >= 40, "only {} Applications", deployed.len());
    let requests: Vec<Value> = deployed.iter().map(|one| one.request.clone()).collect();
    let Some(answers) = server.generate(&requests) else { return };
    for (one, answer) in deployed.iter().zip(&answers) {
        let name = one.request["name"].as_str().unwrap();
        assert_eq!(manifests_of(answer, name), one.manifests, "{}", one.title);
    }
}

fn small() -> Tree {
    Tree::with(&[
        ("app/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"),
        ("app/kustomization.yaml", "resources: [a.yaml]\n"),
        ("broken/kustomization.yaml", "resources:\n- missing.yaml\n"),
        ("plain/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: plain\n"),
        ("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\n"),
        (
            "chart/templates/a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n  namespace: {{ .Release.Namespace }}\ndata:\n  version: {{ .Capabilities.KubeVersion.Version }}\n  boats: {{ .Capabilities.APIVersions.Has \"example.com/v1/Boat\" | quote }}\n  colour: {{ .Values.colour }}\n",
        ),
    ])
}

#[test]
fn what_argo_cd_knows_reaches_the_chart() {
    let (server, tree) = (Server::start(""), small());
    let told = json!({
        "kubeVersion": "v1.30.4-gke.1", "apiVersions": ["v1", "example.com/v1", "example.com/v1/Boat"],
        "plugin": {
            "name": "oarlock", "env": [{"name": "COLOUR", "value": "red-$ARGOCD_APP_NAME"}],
            "parameters": [{"name": "helm-parameters", "map": {"colour": "$COLOUR"}}],
        },
    });
    let Some(answers) = server.generate(&[request(tree.root(), "chart", &told)]) else { return };
    let manifest = &manifests(&answers[0])[0];
    assert_eq!(manifest["metadata"]["name"], "shop");
    assert_eq!(manifest["metadata"]["namespace"], "harbour");
    assert_eq!(manifest["data"], json!({"version": "v1.30.4", "boats": "true", "colour": "red-shop"}));
}

#[test]
fn a_manifest_error_reads_well_to_the_user() {
    let (server, tree) = (Server::start(""), small());
    let slip = json!({"plugin": {"name": "oarlock", "parameters": [{"name": "imagse", "array": ["a:1"]}]}});
    let asked = [
        request(tree.root(), "broken", &json!({})),
        request(tree.root(), "app", &slip),
        request(tree.root(), "app", &json!({"plugin": {"name": "another"}})),
        request(tree.root(), "app", &json!({})),
    ];
    let Some(answers) = server.generate(&asked) else { return };
    for (answer, expected) in answers.iter().zip([
        "application `shop`: broken/kustomization.yaml:2:3: there is no file or directory `missing.yaml` (plugin `kustomize`)",
        "application `shop`: there is no parameter `imagse`\n  help: did you mean `images`?",
        "could not find cmp-server plugin with name \"another\"",
    ]) {
        let error = answer["error"].as_str().unwrap();
        assert!(error.contains(expected), "{error}");
        // Argo CD's controller repeats what has these codes.
        assert!(!error.contains("code = Unavailable") && !error.contains("code = ResourceExhausted"), "{error}");
    }
    assert_eq!(manifests(&answers[3]).len(), 1, "the next request is served");
}

#[test]
fn an_application_that_names_no_plugin_is_offered_where_that_is_wanted() {
    let tree = small();
    let unnamed = json!({"plugin": {}});
    let none = Value::Null;
    let asked = |plugin: &Value, application| {
        request(tree.root(), application, &json!({"plugin": plugin.get("plugin")}))
    };
    let server = Server::start("");
    let Some(answers) = server.generate(&[asked(&unnamed, "app"), asked(&none, "plain")]) else { return };
    assert!(
        answers[0]["error"]
            .as_str()
            .unwrap()
            .contains("could not find plugin supporting the given repository")
    );
    assert_eq!(
        answers[1]["sourceType"], "Directory",
        "what nobody claims is Argo CD's own affair: {}",
        answers[1]
    );
    let server = Server::start("argocd:\n  discovery:\n    generators: true\n");
    let answers =
        server.generate(&[asked(&unnamed, "app"), asked(&none, "app"), asked(&none, "plain")]).unwrap();
    assert_eq!(manifests(&answers[0]).len(), 1);
    assert_eq!(manifests(&answers[1]).len(), 1);
    assert_eq!(answers[2]["sourceType"], "Directory", "{}", answers[2]);
}

/// A repository of git with the example in it.
struct Origin(tempfile::TempDir);

impl Origin {
    fn new() -> Self {
        let origin = Self(tempfile::tempdir().unwrap());
        let mut copy = Command::new("cp");
        copy.arg("-R").arg(repository().join("examples/gitops/.")).arg(origin.0.path());
        assert!(copy.status().unwrap().success());
        origin.git(&["init", "--quiet", "--initial-branch=main"]);
        origin.commit();
        origin
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        git.arg("-C").arg(self.0.path()).args(["-c", "user.name=a", "-c", "user.email=a@example.com"]);
        let output = git.args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn commit(&self) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "a"]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn ask(&self, application: &str) -> Value {
        let url = format!("file://{}", self.0.path().display());
        let more = json!({"repository": url, "revision": "main"});
        request(self.0.path(), application, &more)
    }
}

#[test]
fn the_real_repo_server_gives_what_render_gives() {
    let Some(redis) = Redis::start() else { return };
    let (server, origin) = (Server::start(""), Origin::new());
    let Some(repo_server) = RepoServer::start(&server, &redis) else { return };
    let head = origin.git(&["rev-parse", "HEAD"]);
    let answers = repo_server.generate(&APPLICATIONS.map(|application| origin.ask(application)));
    for (application, answer) in APPLICATIONS.iter().zip(&answers) {
        assert_eq!(answer["revision"], head.as_str(), "{answer}");
        assert_eq!(manifests(answer), rendered(origin.0.path(), application), "{application}");
    }
    assert_eq!(server.origins(), ["plugins"; APPLICATIONS.len()]);

    // A commit to one application: the others are remembered by what they read, though Argo CD asks
    // for each.
    let changed = origin.0.path().join(APPLICATIONS[0]).join("kustomization.yml");
    let text = std::fs::read_to_string(&changed).unwrap();
    std::fs::write(&changed, format!("{text}nameSuffix: -next\n")).unwrap();
    let next = origin.commit();
    let answers = repo_server.generate(&APPLICATIONS.map(|application| origin.ask(application)));
    for (application, answer) in APPLICATIONS.iter().zip(&answers) {
        assert_eq!(answer["revision"], next.as_str(), "{answer}");
        assert_eq!(manifests(answer), rendered(origin.0.path(), application), "{application}");
    }
    let origins = server.origins().split_off(APPLICATIONS.len());
    assert_eq!(origins.iter().filter(|from| *from == "plugins").count(), 1, "{origins:?}");
    assert_eq!(origins.iter().filter(|from| *from == "reads").count(), APPLICATIONS.len() - 1, "{origins:?}");

    // A hard refresh by many at once: none goes wrong, and no plugin runs.
    let mut refresh = origin.ask(APPLICATIONS[1]);
    refresh
        .as_object_mut()
        .unwrap()
        .extend([("noCache".to_owned(), json!(true)), ("parallel".to_owned(), json!(16))]);
    let answers = repo_server.generate(&[refresh]);
    assert_eq!(manifests(&answers[0]), rendered(origin.0.path(), APPLICATIONS[1]));
    let origins = server.origins().split_off(2 * APPLICATIONS.len());
    assert_eq!(origins, vec!["archive"; 16]);

    // What users read of a mistake.
    std::fs::write(&changed, "resources: [missing.yml]\n").unwrap();
    origin.commit();
    let answer = &repo_server.generate(&[origin.ask(APPLICATIONS[0])])[0];
    let error = answer["error"].as_str().unwrap();
    let place = format!("application `shop`: {}/kustomization.yml:1:13: ", APPLICATIONS[0]);
    assert!(error.contains(&place), "{error}");
}
