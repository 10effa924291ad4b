use serde_json::json;

use super::*;
use crate::change::Origin;

fn object(kind: &str, name: &str, value: &str) -> Object {
    let origin = Some(Origin { file: format!("{name}.yaml"), line: Some(1) });
    let manifest = json!({
        "apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "n"}, "data": {"k": value},
    });
    Object { manifest, origin }
}

fn application(name: &str, outcome: RenderResult) -> Application {
    Application {
        key: ApplicationKey { cluster: "c".into(), name: name.into() },
        manifest: json!({}),
        parent: None,
        file: None,
        outcome,
        incomplete: None,
    }
}

fn rendered(name: &str, objects: &[(&str, &str, &str)]) -> Application {
    let objects = objects.iter().map(|(kind, name, value)| object(kind, name, value)).collect();
    application(name, RenderResult::Rendered(objects))
}

/// Each object that differs, as `application: change kind name`.
fn changes(before: Vec<Application>, after: Vec<Application>) -> Vec<String> {
    let sides = [before, after].map(|applications| Side { applications });
    let comparison = compare_sides(&sides[0], &sides[1], &Options::default());
    let all = comparison.applications.iter().flat_map(|application| {
        application.objects.iter().map(move |object| {
            let change = match &object.change {
                ObjectChange::Added => "added".to_owned(),
                ObjectChange::Removed => "removed".to_owned(),
                ObjectChange::Changed => "changed".to_owned(),
                ObjectChange::Renamed { from } => format!("renamed from {from}"),
                ObjectChange::MovedFrom(other) => format!("moved from {}", other.name),
                ObjectChange::MovedTo(other) => format!("moved to {}", other.name),
            };
            format!("{}: {} {change}, {} fields", application.key.name, object.id.name, object.fields.len())
        })
    });
    all.collect()
}

#[test]
fn objects_are_paired() {
    let cm = "ConfigMap";
    for (before, after, expected) in [
        (
            vec![rendered("a", &[(cm, "x", "1"), (cm, "y", "1"), (cm, "z", "1")])],
            vec![rendered("a", &[(cm, "z", "1"), (cm, "y", "2"), (cm, "w", "1")])],
            vec!["a: w added, 0 fields", "a: x removed, 0 fields", "a: y changed, 1 fields"],
        ),
        (
            vec![rendered("a", &[(cm, "x-6ct58987ht", "1")])],
            vec![rendered("a", &[(cm, "x-t5t4md8fdm", "2")])],
            vec!["a: x-t5t4md8fdm renamed from x-6ct58987ht, 1 fields"],
        ),
        (
            vec![rendered("a", &[("Pod", "x-6ct58987ht", "1")])],
            vec![rendered("a", &[("Pod", "x-t5t4md8fdm", "2")])],
            vec!["a: x-6ct58987ht removed, 0 fields", "a: x-t5t4md8fdm added, 0 fields"],
        ),
        (
            vec![rendered("a", &[(cm, "x", "1")]), rendered("b", &[])],
            vec![rendered("a", &[]), rendered("b", &[(cm, "x", "2")])],
            vec!["a: x moved to b, 0 fields", "b: x moved from a, 1 fields"],
        ),
        (
            vec![rendered("a", &[(cm, "x", "1")])],
            vec![rendered("b", &[(cm, "x", "1")])],
            vec!["a: x moved to b, 0 fields", "b: x moved from a, 0 fields"],
        ),
    ] {
        assert_eq!(changes(before, after), expected);
    }
}

#[test]
fn a_side_that_failed_is_no_difference() {
    let failed = || application("a", RenderResult::Failed(Failure { message: "no".into(), origin: None }));
    let external = || application("a", RenderResult::External("elsewhere".into()));
    let fine = || rendered("a", &[("ConfigMap", "x", "1")]);
    for (before, after, expected) in [
        (Some(fine()), Some(failed()), ApplicationChange::Failed),
        (Some(failed()), Some(fine()), ApplicationChange::Failed),
        (None, Some(failed()), ApplicationChange::Failed),
        (Some(fine()), Some(external()), ApplicationChange::External),
        (Some(failed()), Some(external()), ApplicationChange::Failed),
        (None, Some(external()), ApplicationChange::External),
        (Some(fine()), None, ApplicationChange::Removed),
        (None, Some(fine()), ApplicationChange::Added),
        (Some(fine()), Some(fine()), ApplicationChange::Unchanged),
    ] {
        let other = |value| rendered("other", &[("ConfigMap", "y", value)]);
        let before = Side { applications: before.into_iter().chain([other("1")]).collect() };
        let after = Side { applications: after.into_iter().chain([other("2")]).collect() };
        let comparison = compare_sides(&before, &after, &Options::default());
        let [first, second] = comparison.applications.as_slice() else { panic!("two Applications") };
        assert_eq!(first.change, expected);
        let is_compared = matches!(expected, ApplicationChange::Removed | ApplicationChange::Added);
        assert_eq!(first.objects.len(), usize::from(is_compared), "{expected:?}");
        assert_eq!(second.change, ApplicationChange::Changed, "the other is shown all the same");
    }
}

#[test]
fn an_application_that_failed_and_is_gone_is_removed() {
    for outcome in [
        RenderResult::Failed(Failure { message: "no".into(), origin: None }),
        RenderResult::External("elsewhere".into()),
    ] {
        let before = Side { applications: vec![application("a", outcome)] };
        let after = Side::default();
        let comparison = compare_sides(&before, &after, &Options::default());
        assert_eq!(comparison.applications[0].change, ApplicationChange::Removed);
    }
}

#[test]
fn objects_of_several_applications_are_noted() {
    let x: &[(&str, &str, &str)] = &[("ConfigMap", "x", "1")];
    let before = Side { applications: vec![rendered("a", x), rendered("b", &[])] };
    let after = Side { applications: vec![rendered("a", x), rendered("b", x), rendered("b", &[])] };
    let comparison = compare_sides(&before, &after, &Options::default());
    let [shared] = comparison.shared.as_slice() else { panic!("one object is shared") };
    let owners: Vec<&str> = shared.owners.iter().map(|key| key.name.as_str()).collect();
    assert_eq!((owners, shared.before), (vec!["a", "b"], false));
    assert_eq!(comparison.repeated, [(after.applications[1].key.clone(), false)]);
    assert!(compare_sides(&after, &after, &Options::default()).shared[0].before);
}
