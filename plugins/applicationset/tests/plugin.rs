//! The plugin over trees in memory: what it makes of manifests, and what it says about bad input.

#![allow(clippy::unwrap_used)]

use oarlock_applicationset::ApplicationSets;
use oarlock_plugin::{
    Application, Failures, Manifest, MemoryHost, Origin, Plugin as _, Remotes, Request, TreePath, render_json,
};
use rstest::rstest;
use serde_json::{Value as Json, json};

const REPOSITORY: &str = "https://git.example.test/fleet.git";

fn set(spec: &Json) -> Manifest {
    let object = json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": "apps", "namespace": "argocd"},
        "spec": spec,
    });
    Manifest::from_value(&object).unwrap().with_origin(Some(Origin::at("argocd/apps.yaml", 3, 1)))
}

fn template(name: &str) -> Json {
    json!({
        "metadata": {"name": name},
        "spec": {"project": "default", "destination": {"name": "in-cluster"}},
    })
}

fn list(elements: &Json, name: &str) -> Manifest {
    set(&json!({"generators": [{"list": {"elements": elements}}], "template": template(name)}))
}

fn render(host: &MemoryHost, config: &Json, manifests: Vec<Manifest>) -> Result<Vec<Manifest>, Failures> {
    let request = Request {
        directory: TreePath::root(),
        application: Application::default(),
        config: config.to_string(),
        manifests,
    };
    render_json::<ApplicationSets>(host, request)
}

fn names(manifests: &[Manifest]) -> Vec<String> {
    manifests.iter().map(Manifest::display_name).collect()
}

/// The only failure's text.
fn failure(config: &Json, manifest: Manifest) -> String {
    let failures = render(&MemoryHost::default(), config, vec![manifest]).unwrap_err().into_vec();
    assert_eq!(failures.len(), 1, "{failures:?}");
    failures[0].to_string()
}

#[test]
fn applications_take_the_place_of_their_set() {
    let host = MemoryHost::default();
    let other =
        Manifest::from_value(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}));
    let other = other.unwrap();
    let manifests = vec![other.clone(), list(&json!([{"n": "b"}, {"n": "a"}]), "app-{{n}}"), other];
    let rendered = render(&host, &json!({}), manifests.clone()).unwrap();
    let expected = ["Namespace n", "Application argocd/app-a", "Application argocd/app-b", "Namespace n"];
    assert_eq!(names(&rendered), expected);
    assert_eq!(rendered[1].origin, manifests[1].origin);

    let kept = render(&host, &json!({"keep": true}), manifests).unwrap();
    assert_eq!(kept[3].kind(), "ApplicationSet");
    assert!(host.warnings().is_empty());
}

#[test]
fn the_configuration_is_described_and_refuses_what_it_does_not_know() {
    let descriptor = ApplicationSets::describe();
    let schema: Json = serde_json::from_str(&descriptor.config_schema).unwrap();
    for field in ["clusters", "projects", "repositories", "recorded", "release", "keep"] {
        assert!(schema["properties"][field].is_object(), "{field}: {schema}");
    }
    for config in [
        json!({"cluster": []}),
        json!({"release": "argocd-2.0"}),
        json!({"clusters": [{"name": "a"}]}),
        json!({"recorded": [{"generator": "git", "parameters": []}]}),
    ] {
        assert!(render(&MemoryHost::default(), &config, Vec::new()).is_err(), "{config}");
    }
}

#[test]
fn sets_of_other_groups_pass() {
    let other =
        json!({"apiVersion": "apps.example.com/v1", "kind": "ApplicationSet", "metadata": {"name": "n"}});
    let manifest = Manifest::from_value(&other).unwrap();
    let rendered = render(&MemoryHost::default(), &json!({}), vec![manifest.clone()]).unwrap();
    assert_eq!(rendered, [manifest]);
}

fn git_set(url: &str, revision: &str) -> Manifest {
    set(&json!({
        "generators": [{"git": {"repoURL": url, "revision": revision, "directories": [{"path": "apps/*"}]}}],
        "template": template("{{path.basename}}"),
    }))
}

#[test]
fn git_generators_read_the_tree() {
    let host = MemoryHost::new([("apps/web/x", ""), ("apps/api/x", ""), ("vendored/apps/db/x", "")])
        .with_remotes(Remotes::new([(
            "https://git.example.test/vendored.git".to_owned(),
            TreePath::new("vendored").unwrap(),
        )]));
    let here = json!({"repositories": [{"url": "git@git.example.test:fleet"}, {"url": REPOSITORY}]});
    let run = |manifest| render(&host, &here, vec![manifest]).map(|manifests| names(&manifests));
    let expected = ["Application argocd/api", "Application argocd/web"];
    assert_eq!(run(git_set(REPOSITORY, "main")).unwrap(), expected);
    assert_eq!(run(git_set("HTTPS://git.example.test/fleet", "HEAD")).unwrap(), expected);
    let vendored = run(git_set("https://git.example.test/vendored.git", "HEAD")).unwrap();
    assert_eq!(vendored, ["Application argocd/db"]);
    let unknown = run(git_set("https://git.example.test/other.git", "v1")).unwrap_err().to_string();
    assert!(
        unknown.contains("no tree is given for the repository `https://git.example.test/other.git` at `v1`"),
        "{unknown}"
    );
}

#[test]
fn a_file_that_is_wrong_is_named_with_its_line() {
    let host = MemoryHost::new([("repo/cfg/a.yaml", "name: a\nlist: [\n")]);
    let config = json!({"repositories": [{"url": REPOSITORY, "path": "repo"}]});
    let manifest = set(&json!({
        "generators": [{"git": {"repoURL": REPOSITORY, "revision": "HEAD", "files": [{"path": "cfg/*.yaml"}]}}],
        "template": template("{{name}}"),
    }));
    let failure = render(&host, &config, vec![manifest]).unwrap_err().into_vec().remove(0);
    let origin = failure.origin.unwrap();
    assert_eq!(origin.path, "repo/cfg/a.yaml");
    assert!(origin.line >= 2, "{origin:?}");
}

#[test]
fn services_take_recorded_parameters() {
    let manifest = || {
        set(&json!({
            "generators": [{"pullRequest": {"github": {"owner": "o", "repo": "r"}, "values": {"v": "pr-{{number}}"}}}],
            "template": template("{{branch_slug}}-{{values.v}}"),
        }))
    };
    let recorded = |name: &str| {
        json!({"recorded": [{
            "generator": "pullRequest",
            "applicationSet": name,
            "parameters": [{"number": "7", "branch_slug": "feature"}],
        }]})
    };
    let rendered = render(&MemoryHost::default(), &recorded("apps"), vec![manifest()]).unwrap();
    assert_eq!(names(&rendered), ["Application argocd/feature-pr-7"]);
    let unsupported = failure(&recorded("others"), manifest());
    assert!(unsupported.contains("`pullRequest` asks a service"), "{unsupported}");
}

#[rstest]
#[case("scmProvider")]
#[case("pullRequest")]
#[case("clusterDecisionResource")]
#[case("plugin")]
fn services_are_reported_by_name(#[case] generator: &str) {
    let manifest = set(&json!({"generators": [{generator: {}}], "template": template("a")}));
    let message = failure(&json!({}), manifest);
    assert!(message.contains(&format!("the generator `{generator}` asks a service")), "{message}");
    assert!(
        message.starts_with("argocd/apps.yaml:3:1: ApplicationSet `apps`: spec.generators[0]"),
        "{message}"
    );
}

#[test]
fn what_the_controller_holds_back_is_left_out_with_a_warning() {
    let host = MemoryHost::default();
    let config = json!({"projects": ["default"]});
    let elements = json!([{"n": "twin"}, {"n": "twin"}, {"n": "Upper"}, {"n": ""}, {"n": "fine"}]);
    let rendered = render(&host, &config, vec![list(&elements, "{{n}}")]).unwrap();
    assert_eq!(names(&rendered), ["Application argocd/fine"]);
    let warnings: Vec<_> = host.warnings().into_iter().map(|warning| warning.message).collect();
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    assert!(
        warnings
            .iter()
            .any(|warning| warning.contains("`twin` is not created: the ApplicationSet makes more"))
    );

    let elsewhere = json!({"projects": ["other"]});
    let rendered = render(&host, &elsewhere, vec![list(&json!([{"n": "a"}]), "{{n}}")]).unwrap();
    assert!(rendered.is_empty());
}

#[rstest]
#[case(json!({}), "one of `name` and `server`")]
#[case(json!({"name": "in-cluster", "server": "https://x"}), "one of `name` and `server`")]
#[case(json!({"name": "gone"}), "not among the registered clusters")]
#[case(json!({"server": "https://gone"}), "not among the registered clusters")]
fn destinations_that_are_none(#[case] destination: Json, #[case] reason: &str) {
    let host = MemoryHost::default();
    let clusters = json!({"clusters": [{"name": "east", "server": "https://east"}]});
    let manifest = |destination: &Json| {
        set(&json!({
            "generators": [{"list": {"elements": [{"n": "a"}]}}],
            "template": {"metadata": {"name": "a"}, "spec": {"project": "p", "destination": destination}},
        }))
    };
    assert!(render(&host, &clusters, vec![manifest(&destination)]).unwrap().is_empty());
    let warning = host.warnings().remove(0).message;
    assert!(warning.contains(reason), "{warning}");
    for known in [json!({"name": "east"}), json!({"server": "https://east/"})] {
        assert_eq!(render(&host, &clusters, vec![manifest(&known)]).unwrap().len(), 1);
    }
}

#[test]
fn unknown_generators_are_warned_of() {
    let host = MemoryHost::default();
    let manifest = set(&json!({"generators": [{"lists": {}}], "template": template("a")}));
    assert!(render(&host, &json!({}), vec![manifest]).unwrap().is_empty());
    let warning = host.warnings().remove(0).to_string();
    assert!(warning.contains("drops the unknown field `spec.generators[0].lists`"), "{warning}");
}

#[test]
fn one_broken_set_does_not_hide_another() {
    let manifests = vec![
        list(&json!([null]), "a"),
        list(&json!([{"n": "a"}]), "{{n}}"),
        set(&json!({"goTemplate": "true"})),
    ];
    let failures = render(&MemoryHost::default(), &json!({}), manifests).unwrap_err().into_vec();
    let messages: Vec<_> = failures.iter().map(|failure| &*failure.message).collect();
    assert_eq!(
        messages,
        [
            "ApplicationSet `apps`: spec.generators[0]: list: elements[0] must be a mapping, not null",
            "ApplicationSet `apps`: `spec.goTemplate` is a string, not a boolean",
        ]
    );
}

#[test]
fn a_hundred_thousand_elements_are_too_many() {
    let elements: Vec<Json> = (0..100_000).map(|index| json!({"n": format!("a{index}")})).collect();
    let message = failure(&json!({}), list(&json!(elements), "{{n}}"));
    assert!(message.contains("more than 20000 Applications"), "{message}");
}

#[test]
fn a_matrix_does_not_grow_without_end() {
    let elements: Vec<Json> = (0..2_000).map(|index| json!({"n": format!("a{index}")})).collect();
    let others: Vec<Json> = (0..2_000).map(|index| json!({"m": format!("a{index}")})).collect();
    let matrix =
        json!({"matrix": {"generators": [{"list": {"elements": elements}}, {"list": {"elements": others}}]}});
    for go in [false, true] {
        let spec = json!({"goTemplate": go, "generators": [matrix], "template": template("x")});
        let message = failure(&json!({}), set(&spec));
        assert!(message.contains("more than 100000 parameter sets"), "{message}");
    }
}

#[rstest]
#[case("{{ range until 5000 }}{{ range until 5000 }}{{ range until 5000 }}{{ end }}{{ end }}{{ end }}")]
#[case("{{ define \"a\" }}{{ template \"a\" }}{{ end }}{{ template \"a\" }}")]
#[case("{{ repeat 1000000000 \"x\" }}")]
#[case("{{ until 2000000000 }}")]
fn templates_that_take_long_are_stopped(#[case] name: &str) {
    let spec = json!({
        "goTemplate": true,
        "generators": [{"list": {"elements": [{"n": 1}]}}],
        "template": template(name),
    });
    let message = failure(&json!({}), set(&spec));
    assert!(message.contains("limit") || message.contains("exceeded"), "{message}");
}

#[test]
fn text_does_not_grow_without_end() {
    let large = "x".repeat(100_000);
    let tags = "{{n}}".repeat(10_000);
    let message = failure(&json!({}), list(&json!([{"n": large}]), &tags));
    assert!(message.contains("limit on text"), "{message}");
}

#[test]
fn a_set_that_holds_itself_is_an_error() {
    let spec = json!({
        "goTemplate": true,
        "generators": [{
            "matrix": {"generators": [
                {"list": {"elements": [{"n": "a"}]}},
                {"list": {"elements": [{"m": "{{ set . \"self\" . | len }}"}]}},
            ]},
            "selector": {"matchLabels": {"n": "a"}},
        }],
        "template": template("{{ .n }}"),
    });
    let message = failure(&json!({}), set(&spec));
    assert!(message.contains("holds itself"), "{message}");
}
