//! Errors have a place, the chain of files that led there, and how to fix them.

// Helpers of tests are outside of `#[test]` functions; what cannot be set up should fail right
// there.
#![allow(clippy::unwrap_used)]

use oarlock_kustomize::{Options, build};
use oarlock_plugin::{Failure, MemoryHost, TreePath};

/// Builds `overlay` of a tree and returns what went wrong.
fn failure(files: &[(&str, &str)]) -> Failure {
    let host = MemoryHost::new(files.iter().copied());
    match build(&host, &TreePath::new("overlay").expect("a plain path"), &Options::default()) {
        Err(failures) => failures.into_vec().swap_remove(0),
        Ok(resources) => panic!("built {} resources", resources.len()),
    }
}

const KUSTOMIZATION: &str = "overlay/kustomization.yaml";
const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

#[test]
fn failures_have_message_place_and_hint() {
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str, &'a str);
    let cases: &[Case<'_>] = &[
        (&[("overlay/a.yaml", "")], "no kustomization file in `overlay`", "overlay", "`kustomization.yaml`"),
        (
            &[(KUSTOMIZATION, "resources: [a.yaml]"), ("overlay/Kustomization", "resources: [a.yaml]")],
            "two kustomization files in `overlay`",
            "overlay/Kustomization",
            "remove it or `overlay/kustomization.yaml`",
        ),
        (
            &[(KUSTOMIZATION, "# nothing\n")],
            "`overlay/kustomization.yaml` is empty",
            KUSTOMIZATION,
            "`resources`",
        ),
        (
            &[(KUSTOMIZATION, "resources:\n- a.yaml\nnamePrefx: x\n")],
            "a kustomization has no field `namePrefx`",
            "overlay/kustomization.yaml:3:1",
            "is `namePrefix` meant?",
        ),
        (
            &[(KUSTOMIZATION, "kind: Deployment\nresources: [a.yaml]\n")],
            "`kind` of a kustomization is `Kustomization` or `Component`",
            "overlay/kustomization.yaml:1:7",
            "",
        ),
        (
            &[(KUSTOMIZATION, "apiVersion: v1\nkind: Component\nnamePrefix: a\n")],
            "`apiVersion` of a `Component` is `kustomize.config.k8s.io/v1alpha1`",
            "overlay/kustomization.yaml:1:13",
            "",
        ),
        (
            &[(KUSTOMIZATION, "resources: a.yaml\n")],
            "`resources` is a list, not a string",
            "overlay/kustomization.yaml:1:12",
            "",
        ),
        (
            &[(KUSTOMIZATION, "resources:\n- b.yaml\n")],
            "there is no file or directory `b.yaml`",
            "overlay/kustomization.yaml:2:3",
            "",
        ),
        (
            &[(KUSTOMIZATION, "resources:\n- ../a.yaml\n"), ("a.yaml", CONFIG_MAP)],
            "the file `../a.yaml` is not in or below `overlay`",
            "overlay/kustomization.yaml:2:3",
            "make its directory a kustomization",
        ),
        (
            &[(KUSTOMIZATION, "resources:\n- ../../../etc/passwd\n")],
            "`overlay/../../../etc/passwd` climbs out of the repository",
            "overlay/kustomization.yaml:2:3",
            "",
        ),
        (
            &[(KUSTOMIZATION, "resources:\n- https://github.com/org/repo//deploy?ref=v1\n")],
            "`https://github.com/org/repo//deploy?ref=v1` is remote, and a render has no network",
            "overlay/kustomization.yaml:2:3",
            "oarlock vendor --fetch",
        ),
        (
            &[(KUSTOMIZATION, "resources:\n- github.com/org/repo/deploy\n")],
            "`github.com/org/repo/deploy` is remote, and a render has no network",
            "overlay/kustomization.yaml:2:3",
            "oarlock vendor --fetch",
        ),
        (
            &[
                (KUSTOMIZATION, "resources:\n- ../base\n"),
                ("base/kustomization.yaml", "resources:\n- ../overlay\n"),
            ],
            "cycle: `../overlay` is `overlay`, which led here",
            "base/kustomization.yaml:2:3",
            "neither include itself nor a directory above it",
        ),
        (
            &[(KUSTOMIZATION, "resources:\n- a.yaml\n"), ("overlay/a.yaml", "kind: ConfigMap\n")],
            "an object of kind `ConfigMap` has no `metadata.name`",
            "overlay/a.yaml:1:1",
            "",
        ),
        (
            &[
                (KUSTOMIZATION, "resources:\n- a.yaml\n- b.yaml\n"),
                ("overlay/a.yaml", CONFIG_MAP),
                ("overlay/b.yaml", CONFIG_MAP),
            ],
            "`v1 ConfigMap a` is there already",
            "overlay/b.yaml:1:1",
            "another name or namespace",
        ),
        (
            &[(KUSTOMIZATION, "components:\n- ../base\n"), ("base/kustomization.yaml", "resources: []\n")],
            "`base/kustomization.yaml` is no component",
            "base/kustomization.yaml",
            "`resources` instead of `components`",
        ),
        (
            &[(KUSTOMIZATION, "configMapGenerator:\n- name: a\n  literals: [b]\n")],
            "the literal `b` is not of the form `key=value`",
            "overlay/kustomization.yaml:2:3",
            "",
        ),
        (
            &[(KUSTOMIZATION, "configMapGenerator:\n- name: a\n  behavior: merge\n  literals: [b=c]\n")],
            "there is no `v1 ConfigMap a` to merge with or to replace",
            "overlay/kustomization.yaml:2:3",
            "leave `behavior` out",
        ),
        (
            &[(KUSTOMIZATION, "helmCharts:\n- name: a\n")],
            "charts are rendered only where that is allowed",
            "overlay/kustomization.yaml:2:3",
            "`enableHelm: true`",
        ),
        (
            &[(
                KUSTOMIZATION,
                "transformers:\n- |-\n  apiVersion: someteam/v1\n  kind: Printer\n  metadata: {name: a}\n",
            )],
            "`someteam/v1 Printer` is a plugin of kustomize, and only the built-in ones run here",
            "overlay/kustomization.yaml:2:3",
            "`apiVersion: builtin`",
        ),
    ];
    for (files, message, origin, hint) in cases {
        let failure = failure(files);
        let place = failure.origin.as_ref().map(ToString::to_string).unwrap_or_default();
        assert_eq!((failure.message.as_str(), place.as_str()), (*message, *origin), "{failure:?}");
        assert!(failure.hint.as_deref().unwrap_or_default().contains(hint), "{failure:?}");
    }
}

#[test]
fn the_way_to_a_fault_is_told() {
    let failure = failure(&[
        (KUSTOMIZATION, "resources:\n- ../middle\n"),
        ("middle/kustomization.yaml", "namePrefix: a-\nresources:\n- ../base\n"),
        ("base/kustomization.yaml", "resources:\n- a.yaml\n"),
        ("base/a.yaml", "kind: [\n"),
    ]);
    assert_eq!(failure.origin.as_ref().unwrap().path, "base/a.yaml");
    let expected = [
        "loaded by `base/kustomization.yaml:2`",
        "loaded by `middle/kustomization.yaml:3`",
        "loaded by `overlay/kustomization.yaml:2`",
    ];
    assert_eq!(failure.notes, expected);
}

#[test]
fn deprecated_fields_are_warned_about_once() {
    let host = MemoryHost::new([
        (KUSTOMIZATION, "resources: [../left, ../right]\n"),
        ("left/kustomization.yaml", "bases: [../base]\nnamePrefix: left-\n"),
        ("right/kustomization.yaml", "resources: [../base]\nnamePrefix: right-\n"),
        ("base/kustomization.yaml", "commonLabels: {a: b}\nresources: [a.yaml]\n"),
        ("base/a.yaml", CONFIG_MAP),
    ]);
    let resources = build(&host, &TreePath::new("overlay").unwrap(), &Options::default()).unwrap();
    assert_eq!(
        resources.iter().map(oarlock_kustomize::Resource::name).collect::<Vec<_>>(),
        ["left-a", "right-a"]
    );
    let warnings: Vec<_> = host.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "left/kustomization.yaml:1:8: `bases` is deprecated",
            "base/kustomization.yaml:1:15: `commonLabels` is deprecated",
        ]
    );
}

#[test]
fn keys_that_are_set_twice_are_warned_about_with_both_lines() {
    let warnings = |kustomization: &str| {
        let host = MemoryHost::new([(KUSTOMIZATION, kustomization), ("overlay/a.yaml", CONFIG_MAP)]);
        let built = build(&host, &TreePath::new("overlay").unwrap(), &Options::default()).unwrap();
        let names: Vec<_> = built.iter().map(|resource| resource.name().to_owned()).collect();
        let mut told: Vec<_> = host.warnings().iter().map(ToString::to_string).collect();
        told.push(names.join(" "));
        told
    };
    assert_eq!(
        warnings("resources: [a.yaml]\nnamePrefix: x-\nimages: []\nnamePrefix: y-\n"),
        [
            "overlay/kustomization.yaml:4:1: `namePrefix` is set in line 2 and again in line 4; the last one counts",
            "y-a"
        ]
    );
    assert_eq!(
        warnings("resources: [a.yaml]\nimages:\n- name: x\n  newTag: a\n  newTag: b\n"),
        [
            "overlay/kustomization.yaml:5:3: `newTag` is set in line 4 and again in line 5; the last one counts",
            "a"
        ]
    );
    // Of two spellings the one counts that Go's JSON has last, wherever it stands.
    for (kustomization, name) in [
        ("namePrefix: x-\nresources: [a.yaml]\nNamePrefix: y-\n", "x-a"),
        ("NamePrefix: y-\nresources: [a.yaml]\nnamePrefix: x-\n", "x-a"),
    ] {
        let told = warnings(kustomization);
        assert!(told[0].ends_with("are the same field; `namePrefix` counts"), "{told:?}");
        assert_eq!(told[1..], [name]);
    }
    // What a merge key brings in is not set twice, and many are not reported one by one.
    assert_eq!(
        warnings("resources: [a.yaml]\nlabels:\n- pairs: &p {a: b}\n- pairs: {<<: *p, a: c}\n"),
        ["a"]
    );
    let many = (0..30).map(|n| format!("commonAnnotations: {{a: '{n}'}}\n")).collect::<Vec<_>>().concat();
    let told = warnings(&format!("resources: [a.yaml]\n{many}"));
    assert_eq!(told.len(), 12);
    assert_eq!(
        told[10],
        "overlay/kustomization.yaml: 19 more keys are set twice in `overlay/kustomization.yaml`"
    );
}

#[test]
fn all_mistakes_of_a_kustomization_are_reported() {
    let base = "nameprefx: b-
images:
- name: web
  newTagg: '1'
replicas:
- name: web
  count: many
resurces:
- a.yaml
";
    let host =
        MemoryHost::new([(KUSTOMIZATION, "resources: [../base]\n"), ("base/kustomization.yaml", base)]);
    let failures = build(&host, &TreePath::new("overlay").unwrap(), &Options::default()).unwrap_err();
    let shown: Vec<String> = failures.as_slice().iter().map(Failure::to_string).collect();
    assert_eq!(
        shown,
        [
            "base/kustomization.yaml:1:1: a kustomization has no field `nameprefx`",
            "base/kustomization.yaml:4:3: there is no field `newTagg` here",
            "base/kustomization.yaml:7:10: a string where a whole number is expected",
            "base/kustomization.yaml:8:1: a kustomization has no field `resurces`",
        ]
    );
    let notes = &failures.as_slice()[0].notes;
    assert!(
        !notes.is_empty() && failures.as_slice().iter().all(|failure| failure.notes == *notes),
        "{failures:?}"
    );
}
