use rstest::rstest;
use serde_json::json;

use super::{ObjectGroup, ValidateInput, ValidateOptions, ValidateReport, ValidateRule, documents, validate};
use crate::change::ApplicationKey;
use crate::lint::output::{sarif, text};

fn input(texts: &[&str]) -> ValidateInput {
    let group = |text: &&str| documents("a.yaml", text.as_bytes()).unwrap();
    ValidateInput { groups: texts.iter().map(group).collect(), ..ValidateInput::default() }
}

fn checked(texts: &[&str]) -> ValidateReport {
    validate(&input(texts), &ValidateOptions::default())
}

/// Line, rule and message of each finding.
fn found(report: &ValidateReport) -> Vec<String> {
    let line = |finding: &super::ValidateFinding| finding.origin.as_ref().and_then(|origin| origin.line);
    let show = |finding: &super::ValidateFinding| {
        format!("{} {} {}", line(finding).unwrap_or(0), finding.rule.id(), finding.message)
    };
    report.findings.iter().map(show).collect()
}

const DEFINITION: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  names: {kind: Thing, plural: things}
  scope: Namespaced
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {size: {type: integer}}}}}
  - {name: v2, served: false, storage: false, schema: {openAPIV3Schema: {type: object}}}
";

#[rstest]
#[case("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n  - port: '80'\n", &["6 wrong-type `Service a`: `spec.ports[0].port` is a string, not an integer"])]
#[case("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndate: {}\n", &["5 unknown-field `ConfigMap a`: unknown field `date`"])]
#[case("# a\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  template: {}\n", &["6 missing-field `Deployment a`: `spec.selector` is missing"])]
#[case("apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: a}\n  data:\n    x: zz\n", &["8 invalid-value `Secret a`: `data.x` is not base64"])]
#[case("kind: A\n", &["1 not-an-object this is no Kubernetes object: it has no `apiVersion`"])]
#[case("- 1\n", &["1 not-an-object this is no Kubernetes object: it has no `apiVersion`"])]
#[case("apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: a}\n", &["1 not-served `PodDisruptionBudget a`: Kubernetes 1.35 does not serve `PodDisruptionBudget` of `policy/v1beta1`"])]
#[case("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: x}\ndata: {b: z}\n", &["5 repeated-field `ConfigMap a`: the key `data` is set twice"])]
#[case("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a:\n", &["5 null-item `ConfigMap a`: `data.a` is null"])]
#[case("", &[])]
fn documents_have_findings_with_lines(#[case] text: &str, #[case] expected: &[&str]) {
    assert_eq!(found(&checked(&[text])), expected, "{text}");
}

#[test]
fn definitions_check_the_objects_of_their_kinds() {
    let object = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nsize: big\n";
    let unserved = "apiVersion: example.com/v2\nkind: Thing\nmetadata: {name: b}\n";
    let other = "apiVersion: example.com/v1\nkind: Other\nmetadata: {name: c}\n";
    let report = checked(&[object, unserved, other, DEFINITION]);
    assert_eq!(
        found(&report),
        [
            "4 wrong-type `Thing.example.com a`: `size` is a string, not an integer",
            "1 not-served `Thing.example.com b`: its CustomResourceDefinition does not serve `example.com/v2`",
        ]
    );
    assert_eq!(report.checked, 2);
    assert_eq!(
        json!(report.without_schema),
        json!([{"apiVersion": "example.com/v1", "kind": "Other", "objects": 1}])
    );
    assert!(text(&report).ends_with(
        "2 errors, 2 objects checked for Kubernetes 1.35, 1 without a schema (example.com/v1 Other)\n"
    ));
    // One that is given beside the objects does the same.
    let mut without = input(&[object]);
    assert_eq!(found(&validate(&without, &ValidateOptions::default())), Vec::<String>::new());
    without.definitions = documents("crd.yaml", DEFINITION.as_bytes())
        .unwrap()
        .objects
        .into_iter()
        .map(|written| written.object)
        .collect();
    assert_eq!(validate(&without, &ValidateOptions::default()).findings.len(), 1);
}

#[test]
fn a_definition_that_says_nothing_is_a_finding() {
    let broken = DEFINITION.replace("type: integer", "$ref: '#/x'");
    let object = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nsize: big\n";
    let report = checked(&[&broken, object]);
    assert_eq!(
        found(&report),
        ["1 unreadable-definition `CustomResourceDefinition things.example.com`: the schema at \
          `openAPIV3Schema.properties.size` has `$ref`, which the API server refuses"]
    );
    assert_eq!(report.without_schema.len(), 1);
}

#[test]
fn the_version_is_that_of_the_cluster() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - {name: c, restartPolicyRules: []}\n";
    let on = |cluster: &str, version: Option<&str>| ObjectGroup {
        cluster: cluster.to_owned(),
        kube_version: version.map(str::to_owned),
        ..documents("a.yaml", pod.as_bytes()).unwrap()
    };
    let input = ValidateInput {
        groups: vec![
            on("old", Some("v1.20.3")),
            on("new", Some("1.99")),
            on("mid", Some("1.33.1")),
            on("x", None),
        ],
        ..ValidateInput::default()
    };
    let report = validate(&input, &ValidateOptions::default());
    let versions: Vec<_> =
        report.kubernetes.iter().map(|(cluster, version)| format!("{cluster} {version}")).collect();
    assert_eq!(versions, ["mid 1.33", "new 1.35", "old 1.31", "x 1.35"]);
    assert_eq!(report.findings.len(), 2, "{:?}", found(&report));
    assert_eq!(report.findings[0].hint.as_deref(), Some("Kubernetes 1.34 and later has it"));
    assert_eq!(
        report.notes[0],
        "the cluster `new` has Kubernetes 1.99, whose types are not known: objects are checked for 1.35"
    );
    let all = ValidateOptions { release: Some("1.34".parse().unwrap()), ..ValidateOptions::default() };
    let report = validate(&input, &all);
    assert!(report.findings.is_empty() && report.notes.is_empty());
    let known = ValidateOptions { kube_version: Some("1.32".to_owned()), ..ValidateOptions::default() };
    assert_eq!(validate(&input, &known).kubernetes["x"], "1.32");
}

#[test]
fn annotations_and_options_silence_rules() {
    let object = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations: {oarlock.dev/lint-ignore: unknown-field}\nx: 1\n";
    let report = checked(&[object]);
    assert_eq!((report.findings.len(), report.silenced), (0, 1));
    let plain = input(&["apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nx: 1\n"]);
    let skip = ValidateOptions { skip: vec![ValidateRule::UnknownField], ..ValidateOptions::default() };
    assert!(validate(&plain, &skip).findings.is_empty());
    let mut of_application = plain;
    of_application.groups[0].application = Some((
        ApplicationKey { cluster: "c".into(), name: "app".into() },
        json!({"metadata": {"annotations": {"oarlock.dev/lint-ignore": "*"}}}),
    ));
    assert_eq!(validate(&of_application, &ValidateOptions::default()).silenced, 1);
}

#[test]
fn fingerprints_stay_when_lines_move_and_values_are_not_shown() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {x: hunter2, y: 5550123}\n";
    let (one, other) = (checked(&[secret]), checked(&[&format!("# moved\n{secret}")]));
    let prints = |report: &ValidateReport| -> Vec<String> {
        report.findings.iter().map(|finding| finding.fingerprint.clone()).collect()
    };
    assert_eq!(prints(&one), prints(&other));
    assert_eq!(one.findings.len(), 2);
    for shown in [text(&one), sarif(&one), serde_json::to_string(&one).unwrap()] {
        assert!(!shown.contains("hunter2") && !shown.contains("5550123"), "{shown}");
    }
}

#[rstest]
#[case(b"a: [\n")]
#[case(b"a: \xff\n")]
fn what_is_no_yaml_is_one_error(#[case] text: &[u8]) {
    assert!(documents("a.yaml", text).is_err());
}

#[test]
fn what_nests_too_deep_is_one_error() {
    let deep =
        format!("apiVersion: v1\nkind: ConfigMap\ndata: {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    assert!(documents("a.yaml", deep.as_bytes()).is_err());
    let deep = format!("apiVersion: v1\nkind: ConfigMap\ndata: {}{}\n", "[".repeat(300), "]".repeat(300));
    assert!(documents("a.yaml", deep.as_bytes()).is_err());
}

/// Every rule has a section that says why and how to fix it, and a row with its summary.
#[test]
fn every_rule_is_documented() {
    let page = include_str!("../../../../docs/validate.md");
    for rule in ValidateRule::ALL {
        assert!(page.contains(&format!("\n### {}\n", rule.id())), "{}", rule.id());
        assert!(page.contains(&format!("| {} |\n", rule.summary())), "{}", rule.id());
    }
}

#[test]
fn rules_in_cel_are_counted_where_there_are_objects() {
    let rules =
        "x-kubernetes-validations: [{rule: self.size > 0}, {rule: self.size < 9}], properties: {size:";
    let definition = DEFINITION.replacen("properties: {size:", rules, 1);
    assert!(checked(&[&definition]).not_evaluated.is_empty());
    let object = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nsize: 10\n";
    let report = checked(&[object, object, &definition]);
    assert_eq!(
        json!(report.not_evaluated),
        json!([{"apiVersion": "example.com/v1", "kind": "Thing", "rules": 2, "objects": 2}])
    );
    let text = text(&report);
    assert!(text.ends_with(", 2 rules in CEL not evaluated (example.com/v1 Thing)\n"), "{text}");
}
