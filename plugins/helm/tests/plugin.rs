//! The plugin through the SDK: configuration as the host sends it, and objects as the host gets
//! them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod memory;

use oarlock_helm::Helm;
use std::cell::RefCell;

use oarlock_plugin::{
    Application, Entry, Failure, Failures, Host, Level, Manifest, MemoryHost, Metadata, Plugin as _,
    ReadError, Request, Stage, TreePath, render_json,
};

use memory::{CHART, failure, render};

fn rendered(files: &[(&str, &str)], config: &str) -> Vec<Manifest> {
    render(files, config, Application::default()).0.unwrap()
}

fn values(files: &[(&str, &str)], config: &str) -> String {
    rendered(files, config)[0].at(&["data", "values"]).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn describes_itself() {
    let descriptor = Helm::describe();
    assert_eq!((descriptor.name.as_str(), descriptor.stage), ("helm", Stage::Generator));
    assert!(descriptor.config_schema.contains("ignoreMissingValueFiles"));
}

#[test]
fn claims_charts_alone() {
    let host = MemoryHost::new([("c/Chart.yaml", CHART), ("d/x.yaml", "")]);
    let claims = |directory: &str| Helm::detect(&host, &TreePath::new(directory).unwrap()).unwrap();
    assert_eq!((claims("c"), claims("d"), claims("c/templates")), (true, false, false));
}

#[test]
fn values_win_over_one_another() {
    let files = [
        ("c/values.yaml", "a: 1\nb: {p: 1, q: 2}\nc: [1]\n"),
        ("c/one.yaml", "b: {q: 3, r: 4}\n"),
        ("shared/two.yaml", "b: {p: null}\nc: []\n"),
    ];
    for (config, expected) in [
        ("{}", r#"{"a":1,"b":{"p":1,"q":2},"c":[1]}"#),
        (r#"{"valueFiles":["one.yaml","/shared/two.yaml"]}"#, r#"{"a":1,"b":{"q":3,"r":4},"c":[]}"#),
        (
            r#"{"valueFiles":["*.yaml"],"values":"a: yes\n"}"#,
            r#"{"a":true,"apiVersion":"v2","b":{"p":1,"q":2,"r":4},"c":[1],"name":"shop","version":"1.0.0"}"#,
        ),
        (r#"{"values":{"a":null},"valuesObject":{"b":null}}"#, r#"{"a":1,"c":[1]}"#),
        (
            r#"{"values":{"a":2},"parameters":[{"name":"a","value":"3"},{"name":"b.p","value":"3","forceString":true},{"name":"c","value":"{x,y}"},{"name":"d","value":"x,y"}]}"#,
            r#"{"a":3,"b":{"p":"3","q":2},"c":["x","y"],"d":"x,y"}"#,
        ),
        (
            r#"{"fileParameters":[{"name":"a","path":"one.yaml"}]}"#,
            r#"{"a":"b: {q: 3, r: 4}\n","b":{"p":1,"q":2},"c":[1]}"#,
        ),
    ] {
        assert_eq!(values(&files, config), expected, "{config}");
    }
}

#[test]
fn the_application_says_what_the_configuration_does_not() {
    let application = Application {
        name: Some("shop-prod".to_owned()),
        namespace: Some("shops".to_owned()),
        kube_version: Some("1.20.0".to_owned()),
        parameters: r#"[{"name":"values-files","array":["values-$ARGOCD_APP_NAME.yaml"]}]"#.to_owned(),
        ..Application::default()
    };
    let template = "kind: A\nversion: {{ .Capabilities.KubeVersion }}\n";
    let files = [("c/values-shop-prod.yaml", "a: 1"), ("c/templates/z.yaml", template)];
    let manifests = render(&files, "{}", application.clone()).0.unwrap();
    assert_eq!((manifests[0].name(), manifests[0].namespace()), ("shop-prod", "shops"));
    assert_eq!(manifests[0].at(&["data", "values"]).unwrap(), r#"{"a":1}"#);
    assert_eq!(manifests[1].at(&["version"]).unwrap(), "v1.20.0");
    let config = r#"{"releaseName":"other","namespace":"there"}"#;
    let manifests = render(&files, config, application).0.unwrap();
    assert_eq!((manifests[0].name(), manifests[0].namespace()), ("other", "there"));
}

#[test]
fn every_option_of_an_application_counts() {
    let template = "kind: A\nname: {{ .Release.Name }}\nnamespace: {{ .Release.Namespace }}\na: {{ .Values.a | toJson }}\n\
                    version: {{ .Capabilities.KubeVersion.Version }}\nhas: {{ .Capabilities.APIVersions.Has \"x/v1/Y\" }}\n";
    let files = [
        ("c/templates/map.yaml", template),
        ("c/values.yaml", "a: {}"),
        ("c/values.schema.json", r#"{"properties":{"a":{"type":"object"}}}"#),
        ("c/env/2.yaml", "a: {one: 2, two: 2}"),
        ("c/env/1.yaml", "a: {one: 1}"),
        ("c/crds/x.yaml", "kind: CRD"),
        ("shared/all.yaml", "a: {three: 3}"),
        ("shared/text.txt", "a,b\n"),
    ];
    let application = Application {
        name: Some("shop".to_owned()),
        namespace: Some("shops".to_owned()),
        environment: vec![("FILE".to_owned(), "all".to_owned())],
        ..Application::default()
    };
    for (config, path, expected) in [
        (r"{}", "name", "shop"),
        (r#"{"releaseName":"other"}"#, "name", "other"),
        (r"{}", "namespace", "shops"),
        (r#"{"namespace":"there"}"#, "namespace", "there"),
        (r#"{"valueFiles":["env/*.yaml"]}"#, "a", r#"{"one":2,"two":2}"#),
        (r#"{"valueFiles":["env/*.yaml","env/1.yaml"]}"#, "a", r#"{"one":1,"two":2}"#),
        (r#"{"valueFiles":["/shared/$FILE.yaml"]}"#, "a", r#"{"three":3}"#),
        (
            r#"{"valueFiles":["no.yaml","no/*","env/1.yaml"],"ignoreMissingValueFiles":true}"#,
            "a",
            r#"{"one":1}"#,
        ),
        (r#"{"valueFiles":["env/1.yaml"],"values":"a: {one: 5}"}"#, "a", r#"{"one":5}"#),
        (r#"{"values":"a: {one: 5}","valuesObject":{"a":{"two":6}}}"#, "a", r#"{"two":6}"#),
        (
            r#"{"valuesObject":{"a":{"b":1}},"parameters":[{"name":"a.b","value":"${FILE},x"}]}"#,
            "a",
            r#"{"b":"all,x"}"#,
        ),
        (r#"{"parameters":[{"name":"a.b","value":"1"},{"name":"a.b","value":"2"}]}"#, "a", r#"{"b":2}"#),
        (r#"{"parameters":[{"name":"a.b","value":"1","forceString":true}]}"#, "a", r#"{"b":"1"}"#),
        (r#"{"parameters":[{"name":"a.b","value":"{1,x}"}]}"#, "a", r#"{"b":[1,"x"]}"#),
        (r#"{"fileParameters":[{"name":"a.b","path":"/shared/text.txt"}]}"#, "a", r#"{"b":"a,b\n"}"#),
        (r#"{"skipSchemaValidation":true,"parameters":[{"name":"a","value":"1"}]}"#, "a", "1"),
        (r#"{"kubeVersion":"v1.28.5-eks-5e0fdde"}"#, "version", "v1.28.5"),
        (r#"{"kubeVersion":"1.30"}"#, "version", "v1.30"),
        (r#"{"apiVersions":["x/v1/Y"]}"#, "has", "true"),
        (r"{}", "has", "false"),
    ] {
        let manifests = render(&files, config, application.clone()).0.unwrap();
        assert_eq!(manifests[0].kind(), "CRD");
        let found = manifests[1].at(&[path]).unwrap();
        let found = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
        assert_eq!(found, expected, "{config}");
    }
    for (config, expected) in [
        (r#"{"valueFiles":["no.yaml"]}"#, "c/no.yaml: open c/no.yaml: no such file or directory"),
        (r#"{"valueFiles":["no/*"]}"#, "no file matches `c/no/*`"),
        (
            r#"{"fileParameters":[{"name":"a.b","path":"no.txt"}]}"#,
            "failed parsing --set-file data: cannot read `c/no.txt`",
        ),
        (
            r#"{"parameters":[{"name":"a","value":"1"}]}"#,
            "c/values.schema.json: values don't meet the specifications",
        ),
        (
            r#"{"kubeVersion":"abc"}"#,
            "could not parse kubernetes version abc: could not parse \"abc\" as version",
        ),
    ] {
        let failures = render(&files, config, application.clone()).0.unwrap_err().to_string();
        assert!(failures.starts_with(expected), "{config}: {failures}");
    }
}

#[test]
fn kustomize_says_what_helm_is_told_by_flags() {
    let config = r#"{"releaseName":"","nameTemplate":"{{ \"a\" }}-b","namespace":"","values":{"x":1},"apiVersions":[],
        "kubeVersion":"","includeCrds":false,"skipHooks":true,"skipTests":false}"#;
    let manifests = rendered(&[("c/crds/x.yaml", "kind: X")], config);
    assert_eq!(manifests.len(), 1);
    assert_eq!((manifests[0].name(), manifests[0].namespace()), ("a-b", "default"));
}

#[test]
fn objects_come_in_helms_order_with_their_origin() {
    let hook = |kind: &str, event: &str| {
        format!("kind: {kind}\nmetadata:\n  name: x\n  annotations:\n    helm.sh/hook: {event}\n")
    };
    let (job, test) = (hook("Job", "pre-install"), hook("Pod", "test"));
    let files = [
        ("c/crds/a.yaml", "kind: CRD1\n---\nkind: CRD2\n"),
        ("c/templates/a.yaml", "kind: Deployment\n---\nkind: Namespace\n"),
        ("c/templates/hook.yaml", job.as_str()),
        ("c/templates/list.yaml", "kind: List\nitems:\n- kind: A\n- kind: B\n"),
        ("c/templates/test.yaml", test.as_str()),
        ("c/templates/NOTES.txt", "thank you"),
        ("c/templates/empty.yaml", "{{ if false }}x{{ end }}\n---\n# nothing\n"),
    ];
    let kinds = |config: &str| {
        let manifests = rendered(&files, config);
        manifests.iter().map(|manifest| manifest.kind().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(kinds("{}"), "CRD1 CRD2 Namespace ConfigMap Deployment A B Pod Job");
    assert_eq!(kinds(r#"{"skipCrds":true,"skipTests":true}"#), "Namespace ConfigMap Deployment A B Job");
    assert_eq!(kinds(r#"{"skipCrds":true,"skipHooks":true}"#), "Namespace ConfigMap Deployment A B");
    let origins: Vec<String> =
        rendered(&files, "{}").iter().map(|one| one.origin.as_ref().unwrap().to_string()).collect();
    assert_eq!(
        origins[..4],
        ["c/crds/a.yaml:1", "c/crds/a.yaml:3", "c/templates/a.yaml", "c/templates/map.yaml"]
    );
}

#[test]
fn random_functions_are_warned_of_and_repeat() {
    let files = [("c/templates/r.yaml", "kind: Z\nmetadata:\n  name: {{ randAlphaNum 8 | quote }}\n")];
    let name = |config: &str| rendered(&files, config)[1].name().to_owned();
    assert_eq!(name("{}"), name("{}"));
    assert_ne!(name("{}"), name(r#"{"seed":1}"#));
    let warnings = render(&files, "{}", Application::default()).1.warnings();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].to_string().starts_with("c/templates/r.yaml:3:"), "{}", warnings[0]);
}

#[test]
fn a_missing_dependency_is_named_with_the_way_to_it() {
    let chart = format!(
        "{CHART}dependencies:\n- name: redis\n  version: 1.x\n  repository: https://charts.example.com\n"
    );
    let (result, _) = render(&[("c/Chart.yaml", &chart)], "{}", Application::default());
    let failures = result.unwrap_err();
    let failure = &failures.as_slice()[0];
    assert!(failure.message.contains("missing in charts/ directory: redis"), "{failure}");
    assert_eq!(failure.notes, ["missing: `redis` 1.x from `https://charts.example.com`"]);
    assert!(failure.hint.as_ref().unwrap().contains("helm dependency build c"));
}

#[test]
fn bad_configuration_is_an_error() {
    for (config, expected) in [
        (r#"{"valueFile":[]}"#, "/valueFile: configuration of plugin `helm`: unknown field `valueFile`"),
        (r#"{"releaseName":"Bad"}"#, "release name check failed: release name \"Bad\": invalid release name"),
        (
            r#"{"kubeVersion":"abc"}"#,
            "could not parse kubernetes version abc: could not parse \"abc\" as version",
        ),
        (r#"{"parameters":[{"name":"a[x]","value":"x"}]}"#, "failed parsing --set data"),
        (r#"{"values":"a: ["}"#, "failed to parse `values`"),
        (r#"{"nameTemplate":"{{"}"#, "template: name-template:1: unclosed action"),
        (r#"{"valueFiles":["nope.yaml"]}"#, "c/nope.yaml: open c/nope.yaml: no such file or directory"),
    ] {
        let found = failure(&[], config);
        assert!(found.starts_with(expected), "{config}: {found}");
    }
}

#[test]
fn the_profile_says_which_helm_it_is() {
    let files = [
        ("c/values.yaml", "a: null\nb: {c: null}\n"),
        (
            "c/templates/z.yaml",
            "kind: Z\nmetadata: {name: \"{{ .Capabilities.KubeVersion }}\"}\ndata: |+\n  x\n\n",
        ),
    ];
    for (config, kube_version, values, data) in [
        (r#"{"profile":"3.19"}"#, "v1.34.0", r#"{"a":null,"b":{"c":null}}"#, "x\n"),
        (r#"{"profile":4.1}"#, "v1.35.0", r#"{"a":null,"b":{"c":null}}"#, "x\n"),
        (r#"{"profile":"4.2"}"#, "v1.36.0", r#"{"b":{}}"#, "x\n"),
        ("{}", "v1.36.0", r#"{"b":{}}"#, "x\n"),
    ] {
        let manifests = rendered(&files, config);
        assert_eq!(manifests[0].at(&["data", "values"]).unwrap(), values, "{config}");
        assert_eq!(manifests[1].name(), kube_version);
        // White space at the end of all that is printed goes, whatever the version.
        assert_eq!(manifests[1].at(&["data"]).unwrap(), data);
    }
    let found = failure(&[], r#"{"profile":"4.9"}"#);
    assert!(found.contains("there is no profile `4.9`; there are `3.19`, `4.1`, `4.2`"), "{found}");
}

/// Text at the end of a template is printed with its line feeds since 4.2, but for the last of all
/// resources.
#[test]
fn texts_keep_their_line_feeds_since_4_2() {
    let keeps = "kind: ConfigMap\nmetadata: {name: a}\ndata:\n  k: |+\n    x\n\n";
    let files = [("c/templates/a.yaml", keeps), ("c/templates/z.yaml", "kind: Z\n")];
    for (profile, expected) in [("4.1", "x\n"), ("4.2", "x\n\n\n")] {
        let manifests = rendered(&files, &format!(r#"{{"profile":"{profile}"}}"#));
        assert_eq!(manifests[0].at(&["data", "k"]).unwrap(), expected, "{profile}");
    }
}

#[test]
fn a_circular_include_is_told_once() {
    let partials =
        "{{ define \"a\" }}{{ include \"b\" . }}{{ end }}{{ define \"b\" }}{{ include \"a\" . }}{{ end }}";
    let files = [("c/templates/_p.tpl", partials), ("c/templates/x.yaml", "{{ include \"a\" . }}")];
    for profile in ["3.19", "4.1", "4.2"] {
        let failures =
            render(&files, &format!(r#"{{"profile":"{profile}"}}"#), Application::default()).0.unwrap_err();
        let failure = &failures.as_slice()[0];
        let message = &failure.message;
        let count = |text: &str| message.matches(text).count();
        assert!(count("include \"b\"") <= 2 && count("include \"a\"") <= 3, "{message}");
        assert!(message.contains(" times more") && message.len() < 2_000, "{message}");
        assert_eq!(failure.hint.as_deref(), Some("a template includes itself without end"));
    }
    // Whatever a template says at length is cut.
    let long = "{{ fail (repeat 100000 \"ab\") }}";
    let found = failure(&[("c/templates/x.yaml", long)], "{}");
    assert!(found.len() < 17 * 1024, "{}", found.len());
}

/// A host that notes which files are read.
struct Noting {
    host: MemoryHost,
    read: RefCell<Vec<String>>,
}

impl Host for Noting {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.read.borrow_mut().push(path.to_owned());
        self.host.read(path)
    }

    fn list(&self, path: &str) -> Result<Vec<Entry>, ReadError> {
        self.host.list(path)
    }

    fn stat(&self, path: &str) -> Result<Metadata, ReadError> {
        self.host.stat(path)
    }

    fn log(&self, level: Level, message: &str) {
        self.host.log(level, message);
    }

    fn warn(&self, warning: Failure) {
        self.host.warn(warning);
    }

    fn compose(&self, plugin: &str, request: Request<String>) -> Result<Vec<Manifest>, Failures> {
        self.host.compose(plugin, request)
    }
}

#[test]
fn definitions_are_read_where_they_are_printed_or_looked_at() {
    const LEFT_OUT: &str = r#"{"skipCrds": true}"#;
    for (template, config, expected, reads) in [
        ("x", LEFT_OUT, "x", false),
        ("x", "{}", "x", true),
        (r#"{{ .Files.Get "crds/a.yaml" }}"#, LEFT_OUT, "kind: One", true),
        (r#"{{ .Files.Get "other.txt" }}"#, LEFT_OUT, "other", true),
        ("{{ len .Files }}", LEFT_OUT, "2", true),
        (r#"{{ len (.Subcharts.sub.Files.Get "crds/b.yaml") }}"#, LEFT_OUT, "9", true),
        (r#"{{ (get . "Files") | toYaml | contains "a2luZDogT25l" }}"#, LEFT_OUT, "true", true),
        ("{{ .Subcharts.sub.Chart.Name }}", LEFT_OUT, "sub", false),
    ] {
        let template = format!("kind: A\ntext: '{template}'\n");
        let host = MemoryHost::new([
            ("c/Chart.yaml", CHART),
            ("c/templates/a.yaml", template.as_str()),
            ("c/crds/a.yaml", "kind: One"),
            ("c/other.txt", "other"),
            ("c/charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n"),
            ("c/charts/sub/crds/b.yaml", "kind: Two"),
        ]);
        let host = Noting { host, read: RefCell::default() };
        let request = Request {
            directory: TreePath::new("c").unwrap(),
            application: Application::default(),
            config: config.to_owned(),
            manifests: Vec::new(),
        };
        let manifests = render_json::<Helm>(&host, request).unwrap();
        let found = manifests.iter().find(|manifest| manifest.kind() == "A").unwrap();
        assert_eq!(found.at(&["text"]).unwrap(), expected, "{template}");
        let read = host.read.borrow().iter().any(|path| path.contains("/crds/"));
        assert_eq!(read, reads, "{template}");
    }
}
