use rstest::rstest;
use serde_json::{Value, json};

use crate::change::{Application, ApplicationKey, Failure, Object, Origin, RenderResult, Side};
use crate::lint::{ApplicationFacts, Baseline, LintEnvironment, LintInput, LintRule, PluginWarning, lint};

/// An object of a kind, given as `apiVersion Kind`, named `x` in the namespace `n`.
fn object(kind: &str, fields: Value) -> Value {
    let (version, kind) = kind.split_once(' ').unwrap();
    let mut object = fields;
    object["apiVersion"] = json!(version);
    object["kind"] = json!(kind);
    for (key, value) in [("name", "x"), ("namespace", "n")] {
        if object["metadata"].get(key).is_none() {
            object["metadata"][key] = json!(value);
        }
    }
    object
}

fn annotated(kind: &str, name: &str, value: &str) -> Value {
    object(kind, json!({"metadata": {"annotations": {name: value}}}))
}

#[allow(clippy::needless_pass_by_value)] // `json!` makes it in each call
fn manifest(spec: Value) -> Value {
    json!({"metadata": {"name": "a"}, "spec": spec})
}

fn application(name: &str, spec: Value, objects: Vec<Value>) -> Application {
    let objects = objects.into_iter().map(|manifest| Object { manifest, origin: None });
    Application {
        key: ApplicationKey { cluster: "c".into(), name: name.into() },
        manifest: manifest(spec),
        parent: None,
        file: None,
        outcome: RenderResult::Rendered(objects.collect()),
        incomplete: None,
    }
}

fn input(applications: Vec<Application>) -> LintInput {
    let environment =
        LintEnvironment { name: "prod".into(), side: Side { applications }, ..LintEnvironment::default() };
    LintInput { environments: vec![environment], undeployed: Vec::new() }
}

fn rules(input: &LintInput) -> Vec<&'static str> {
    lint(input, &[], None).findings.iter().map(|finding| finding.rule.id()).collect()
}

/// The rules by which something is found in an Application that syncs and prunes by itself.
fn found(objects: Vec<Value>) -> Vec<&'static str> {
    let spec = json!({"syncPolicy": {"automated": {"prune": true, "selfHeal": true}}});
    rules(&input(vec![application("a", spec, objects)]))
}

const WAVE: &str = "argocd.argoproj.io/sync-wave";
const HOOK: &str = "argocd.argoproj.io/hook";
const DELETE_POLICY: &str = "argocd.argoproj.io/hook-delete-policy";
const OPTIONS: &str = "argocd.argoproj.io/sync-options";

#[rstest]
#[case(annotated("v1 ConfigMap", WAVE, "-3"), None)]
#[case(annotated("v1 ConfigMap", WAVE, "first"), Some("invalid-wave"))]
#[case(annotated("v1 ConfigMap", WAVE, "1.5"), Some("invalid-wave"))]
#[case(object("v1 ConfigMap", json!({"metadata": {"annotations": {WAVE: 1}}})), Some("invalid-wave"))]
#[case(annotated("batch/v1 Job", HOOK, "PreSync, PostSync"), None)]
#[case(annotated("batch/v1 Job", HOOK, "presync"), Some("invalid-hook"))]
#[case(annotated("batch/v1 Job", DELETE_POLICY, "BeforeHookCreation"), None)]
#[case(annotated("batch/v1 Job", DELETE_POLICY, "hook-succeeded"), Some("invalid-hook"))]
#[case(annotated("v1 ConfigMap", OPTIONS, "Prune=false,Delete=confirm"), None)]
#[case(annotated("v1 ConfigMap", OPTIONS, "Prune=False"), Some("invalid-sync-option"))]
#[case(annotated("v1 ConfigMap", OPTIONS, "Prune"), Some("invalid-sync-option"))]
#[case(annotated("v1 ConfigMap", OPTIONS, "CreateNamespace=true"), Some("invalid-sync-option"))]
#[case(object("v1 PersistentVolumeClaim", json!({})), Some("volume-pruned"))]
#[case(annotated("v1 PersistentVolumeClaim", OPTIONS, "Prune=false"), None)]
#[case(annotated("v1 PersistentVolumeClaim", "helm.sh/resource-policy", "keep"), None)]
#[case(object("v1 ConfigMap", json!({"metadata": {"namespace": ""}})), Some("namespace-missing"))]
#[case(object("v1 Namespace", json!({"metadata": {"namespace": ""}})), None)]
#[case(object("example.com/v1 Thing", json!({"metadata": {"namespace": ""}})), None)]
#[case(object("policy/v1beta1 PodDisruptionBudget", json!({})), Some("removed-api"))]
#[case(object("policy/v1 PodDisruptionBudget", json!({})), None)]
#[case(object("v1 Pod", json!({"spec": {"containers": [{"name": "c", "image": "h:5000/a"}]}})), Some("floating-image"))]
#[case(object("v1 Pod", json!({"spec": {"containers": [{"name": "c", "image": "a:latest"}]}})), Some("floating-image"))]
#[case(object("v1 Pod", json!({"spec": {"containers": [{"name": "c", "image": "a:1"}]}})), None)]
#[case(object("v1 Pod", json!({"spec": {"containers": [{"name": "c", "image": "a@sha256:0"}]}})), None)]
#[case(object("v1 Pod", json!({"spec": {"imagePullSecrets": [{"name": "s"}]}})), Some("secret-missing"))]
fn an_object(#[case] object: Value, #[case] expected: Option<&str>) {
    assert_eq!(found(vec![object.clone()]), expected.into_iter().collect::<Vec<_>>(), "{object}");
}

#[test]
fn an_autoscaler_and_the_manifest_do_not_both_set_replicas() {
    let scaler = object(
        "autoscaling/v2 HorizontalPodAutoscaler",
        json!({"spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}}}),
    );
    let workload = |spec: Value| object("apps/v1 Deployment", json!({"spec": spec}));
    let fixed = workload(json!({"replicas": 2}));
    assert_eq!(found(vec![scaler.clone(), fixed.clone()]), ["replicas-conflict"]);
    assert!(found(vec![scaler.clone(), workload(json!({}))]).is_empty());
    let spec = json!({
        "syncPolicy": {"automated": {"selfHeal": true}},
        "ignoreDifferences": [{"group": "apps", "kind": "Deployment", "jsonPointers": ["/spec/replicas"]}],
    });
    assert!(rules(&input(vec![application("a", spec, vec![scaler, fixed])])).is_empty());
}

#[test]
fn one_object_has_one_owner() {
    let config = || object("v1 ConfigMap", json!({}));
    let two =
        input(vec![application("a", json!({}), vec![config()]), application("b", json!({}), vec![config()])]);
    assert_eq!(rules(&two), ["shared-object"]);
    assert_eq!(found(vec![config(), config()]), ["repeated-object"]);
    let generated = || object("v1 ConfigMap", json!({"metadata": {"name": "", "generateName": "x-"}}));
    assert!(found(vec![generated(), generated()]).is_empty());
}

#[rstest]
#[case(json!({"repoURL": "https://h/own", "targetRevision": "main", "path": "a"}), true, None)]
#[case(json!({"repoURL": "https://h/other", "targetRevision": "main", "path": "a"}), false, Some("floating-revision"))]
#[case(json!({"repoURL": "https://h/other", "targetRevision": "v1.2.0", "path": "a"}), false, None)]
#[case(json!({"repoURL": "https://h/charts", "targetRevision": "1.*", "chart": "a"}), false, Some("floating-revision"))]
#[case(json!({"repoURL": "https://h/charts", "targetRevision": "1.2.0", "chart": "a"}), false, None)]
#[case(json!({"repoURL": "https://h/own", "path": "a", "helm": {"valueFiles": ["$values/a.yaml"]}}), true, Some("broken-values-reference"))]
#[case(json!({"repoURL": "https://h/own", "path": "a", "helm": {"valueFiles": ["$ARGOCD_APP_NAME.yaml", "a.yaml"]}}), true, None)]
fn a_source(#[case] source: Value, #[case] is_own: bool, #[case] expected: Option<&str>) {
    let mut input = input(vec![application("a", json!({"source": source}), Vec::new())]);
    let facts = ApplicationFacts { own_sources: vec![is_own], ..ApplicationFacts::default() };
    let key = input.environments[0].side.applications[0].key.clone();
    input.environments[0].facts.insert(key, facts);
    assert_eq!(rules(&input), expected.into_iter().collect::<Vec<_>>());
}

#[test]
fn a_revision_is_found_once_for_each_place_where_it_is_written() {
    let template = Origin { file: "sets/web.yaml".into(), line: Some(4) };
    let environment = |name: &str, names: &[&str], file: &Origin| {
        let source = json!({"repoURL": "https://h/other", "targetRevision": "HEAD", "path": "a"});
        let make = |name: &&str| application(name, json!({"source": source.clone()}), Vec::new());
        let mut environment = LintEnvironment { name: name.into(), ..LintEnvironment::default() };
        environment.side.applications = names.iter().map(make).collect();
        for one in &environment.side.applications {
            let facts = ApplicationFacts { origin: Some(file.clone()), ..ApplicationFacts::default() };
            environment.facts.insert(one.key.clone(), facts);
        }
        environment
    };
    let found = |environments: Vec<LintEnvironment>| {
        lint(&LintInput { environments, undeployed: Vec::new() }, &[], None)
    };
    let one = found(vec![environment("prod", &["a"], &template)]).findings.remove(0);
    assert_eq!(
        one.message,
        "repository `https://h/other` is taken at `HEAD`, so that it changes without a commit here"
    );
    assert_eq!(one.application.unwrap().name, "a");
    let report =
        found(vec![environment("dev", &["e"], &template), environment("prod", &["d", "c", "b"], &template)]);
    let [all] = report.findings.as_slice() else { panic!("{report:#?}") };
    assert_eq!(
        all.message,
        "repository `https://h/other` is taken at `HEAD` by 4 Applications (`b`, `c`, `d` and 1 more), \
         so that it changes without a commit here"
    );
    assert_eq!((&all.environment, &all.application, all.origin.as_ref()), (&None, &None, Some(&template)));
    // A baseline knows it, however many follow.
    assert_eq!(all.fingerprint, one.fingerprint);
    let elsewhere = Origin { file: "apps/f.yaml".into(), line: Some(1) };
    let report =
        found(vec![environment("dev", &["a", "b"], &template), environment("prod", &["f"], &elsewhere)]);
    assert_eq!(report.findings.len(), 2);
    assert_eq!(report.findings[0].environment.as_deref(), Some("dev"));
    // Those that say so do not count.
    let mut some = environment("prod", &["a", "b", "c"], &template);
    some.side.applications[1].manifest["metadata"]["annotations"] =
        json!({"oarlock.dev/lint-ignore": "floating-revision"});
    let report = found(vec![some]);
    assert!(report.findings[0].message.contains("2 Applications (`a`, `c`)"), "{report:#?}");
    assert_eq!(report.silenced, 1);
}

#[test]
fn a_reference_that_a_source_has_is_fine() {
    let spec = json!({"sources": [
        {"repoURL": "https://h/own", "path": "a", "helm": {"valueFiles": ["$values/a.yaml"]}},
        {"repoURL": "https://h/values", "targetRevision": "v1", "ref": "values"},
    ]});
    let mut input = input(vec![application("a", spec, Vec::new())]);
    let facts = ApplicationFacts { own_sources: vec![true, false], ..ApplicationFacts::default() };
    let key = input.environments[0].side.applications[0].key.clone();
    input.environments[0].facts.insert(key, facts);
    assert!(rules(&input).is_empty());
}

#[test]
fn projects_permit_what_they_say() {
    let spec = |project: &str| {
        json!({"project": project, "source": {"repoURL": "https://h/own", "targetRevision": "v1"},
               "destination": {"name": "c", "namespace": "n"}})
    };
    let with = |project: &str, projects: Vec<Value>| {
        let mut input = input(vec![application("a", spec(project), Vec::new())]);
        input.environments[0].projects = projects.into_iter().map(|project| (project, None)).collect();
        rules(&input)
    };
    let project = |sources: &[&str], namespace: &str| {
        json!({"metadata": {"name": "p"}, "spec": {"sourceRepos": sources,
               "destinations": [{"name": "c", "namespace": namespace}]}})
    };
    assert!(with("p", vec![project(&["*"], "n")]).is_empty());
    assert_eq!(with("p", vec![project(&["https://h/x"], "n")]), ["project-forbids-source"]);
    assert_eq!(with("p", vec![project(&["*"], "m")]), ["project-forbids-destination"]);
    assert_eq!(with("q", vec![project(&["*"], "n")]), ["project-missing"]);
    assert!(with("q", Vec::new()).is_empty(), "projects are made elsewhere");
    assert!(with("default", vec![project(&["*"], "n")]).is_empty());
}

#[test]
fn what_was_told_while_rendering_is_found() {
    let mut input = input(vec![
        application("a", json!({}), vec![object("v1 ConfigMap", json!({}))]),
        Application {
            outcome: RenderResult::Failed(Failure { message: "no such file\nmore".into(), origin: None }),
            ..application("b", json!({}), Vec::new())
        },
    ]);
    let warning = |plugin: &str| PluginWarning {
        plugin: plugin.into(),
        message: "it is odd".into(),
        hint: None,
        origin: None,
    };
    let id = crate::change::ObjectId::of(&object("v1 ConfigMap", json!({})));
    let facts = ApplicationFacts {
        warnings: ["vault", "sync-wave", "other"].map(warning).to_vec(),
        random: vec![(id, vec!["data.a".into()])],
        ..ApplicationFacts::default()
    };
    let key = input.environments[0].side.applications[0].key.clone();
    input.environments[0].facts.insert(key, facts);
    input.undeployed.push("old".into());
    let report = lint(&input, &[], None);
    let ids: Vec<&str> = report.findings.iter().map(|finding| finding.rule.id()).collect();
    assert_eq!(
        ids,
        ["render-failed", "random-value", "vault", "sync-wave", "plugin-warning", "undeployed-path"]
    );
    assert_eq!(report.findings[0].message, "`b` does not render: no such file");
    let skipped = lint(&input, &[LintRule::Vault], None);
    assert_eq!(skipped.findings.len(), ids.len() - 1);
}

#[test]
fn annotations_silence_rules() {
    let ignored = |rules: &str| {
        let mut claim = object("v1 PersistentVolumeClaim", json!({}));
        claim["metadata"]["annotations"] = json!({"oarlock.dev/lint-ignore": rules});
        let spec = json!({"syncPolicy": {"automated": {"prune": true}}});
        let report = lint(&input(vec![application("a", spec, vec![claim])]), &[], None);
        (report.findings.len(), report.silenced)
    };
    assert_eq!(ignored("volume-pruned"), (0, 1));
    assert_eq!(ignored("x, volume-pruned"), (0, 1));
    assert_eq!(ignored("*"), (0, 1));
    assert_eq!(ignored("volume"), (1, 0));
}

#[test]
fn a_baseline_leaves_new_findings() {
    let claims = |names: &[&str]| {
        let claim = |name: &&str| object("v1 PersistentVolumeClaim", json!({"metadata": {"name": name}}));
        let spec = json!({"syncPolicy": {"automated": {"prune": true}}});
        input(vec![application("a", spec, names.iter().map(claim).collect())])
    };
    let all = lint(&claims(&["x", "y"]), &[], None);
    assert_eq!(all.findings.len(), 2);
    let baseline = Baseline::of(all.known());
    let later = lint(&claims(&["y", "z"]), &[], Some(&baseline));
    assert_eq!(later.findings.len(), 1);
    assert!(later.findings[0].message.contains("n/z"));
    assert_eq!((later.known, later.resolved), (1, 1));
}
