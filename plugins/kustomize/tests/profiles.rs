//! Where versions of kustomize differ: the same tree under each profile. What is expected was
//! printed by releases of these versions.

// Helpers of tests are outside of `#[test]` functions; what cannot be set up should fail right
// there.
#![allow(clippy::unwrap_used)]

use std::cell::RefCell;

use oarlock_kustomize::{Options, Profile, build};
use oarlock_plugin::{
    Entry, Failure, Failures, Host, Level, Manifest, MemoryHost, Metadata, ReadError, Request, TreePath,
};
use oarlock_yaml::{Dialect, emit};

const ALL: [Profile; 4] = [Profile::V5_5, Profile::V5_6, Profile::V5_7, Profile::V5_8];

fn built(host: &dyn Host, profile: Profile) -> Result<String, Failure> {
    let options = Options { profile, enable_helm: true, ..Options::default() };
    let resources = build(host, &TreePath::new("overlay").unwrap(), &options)
        .map_err(|failures| failures.into_vec().swap_remove(0))?;
    let texts = resources.iter().map(|resource| emit(&resource.object, Dialect::Kustomize).unwrap());
    Ok(texts.collect::<Vec<_>>().join("---\n"))
}

fn of_files(files: &[(&str, &str)], profile: Profile) -> Result<String, Failure> {
    built(&MemoryHost::new(files.iter().copied()), profile)
}

const OVERLAY: &str = "overlay/kustomization.yaml";
const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

#[test]
fn image_volumes_are_tagged_since_5_7() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {volumes: [{name: v, image: {reference: nginx:v1}}]}\n";
    let overlay = "resources: [pod.yaml]\nimages: [{name: nginx, newTag: v2}]\n";
    for profile in ALL {
        let text = of_files(&[(OVERLAY, overlay), ("overlay/pod.yaml", pod)], profile).unwrap();
        let tag = if profile >= Profile::V5_7 { "nginx:v2" } else { "nginx:v1" };
        assert!(text.contains(tag), "{profile:?}: {text}");
    }
}

#[test]
fn source_values_are_known_since_5_7() {
    let overlay = "resources: [a.yaml]\nreplacements:\n- sourceValue: b\n  targets: [{select: {name: a}}]\n";
    for profile in ALL {
        let built = of_files(&[(OVERLAY, overlay), ("overlay/a.yaml", CONFIG_MAP)], profile);
        match profile {
            Profile::V5_5 | Profile::V5_6 => {
                let failure = built.unwrap_err();
                assert!(failure.hint.unwrap().contains("profile: 5.7"));
                assert_eq!(failure.origin.unwrap().line, 3);
            }
            _ => assert_eq!(built.unwrap(), CONFIG_MAP.replace("name: a", "name: b")),
        }
    }
}

#[test]
fn patch_options_that_mean_nothing_are_refused_since_5_8() {
    let overlay = "resources: [a.yaml]\npatches:\n- options: {allowNamechange: true}\n  target: {kind: ConfigMap}\n  patch: '- {op: add, path: /data, value: {k: v}}'\n";
    for profile in ALL {
        let built = of_files(&[(OVERLAY, overlay), ("overlay/a.yaml", CONFIG_MAP)], profile);
        assert_eq!(built.is_err(), profile == Profile::V5_8, "{profile:?}");
        if let Err(failure) = built {
            assert_eq!(failure.message, "a patch has no option `allowNamechange`");
        }
    }
}

#[test]
fn replacements_select_by_patterns_since_5_8() {
    let overlay = "resources: [a.yaml]\nreplacements:\n- sourceValue: x\n  targets:\n\
                   \x20 - {select: {name: dst-.*}, reject: [{name: '.*-2'}], fieldPaths: [data.k]}\n";
    let maps = ["dst-1", "dst-2", "other"].map(|name| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{k: old}}\n")
    });
    for profile in [Profile::V5_7, Profile::V5_8] {
        let text = of_files(&[(OVERLAY, overlay), ("overlay/a.yaml", &maps.join("---\n"))], profile).unwrap();
        let values: Vec<&str> = text.lines().filter(|line| line.starts_with("  k: ")).collect();
        let first = if profile == Profile::V5_8 { "  k: x" } else { "  k: old" };
        assert_eq!(values, [first, "  k: old", "  k: old"], "{profile:?}");
    }
}

#[test]
fn replacements_reach_into_texts_since_5_8() {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations:\n    a: '{\"z\":[1,2.5,{\"k\":\"v\"}],\"b\":{\"host\":\"x\",\"n\":5}}'\n\
               data:\n  c.json: |\n    {\n      \"z\": {\"host\": \"x\"},\n      \"a\": [1, 2]\n    }\n  c.yaml: |\n    # kept\n    z:\n      host: 'x' # too\n      n: [5]\n    a: x\n";
    let overlay = "resources: [a.yaml]\nreplacements:\n- sourceValue: db<1>&x\n  targets:\n  - select: {name: a}\n    fieldPaths:\n    \
                   - metadata.annotations.a.b.host\n    - metadata.annotations.a.z.2.k\n    - data.c\\.json.z.host\n    - data.c\\.yaml.z.host\n";
    let files = [(OVERLAY, overlay), ("overlay/a.yaml", map)];
    assert!(of_files(&files, Profile::V5_7).is_err());
    assert_eq!(
        of_files(&files, Profile::V5_8).unwrap(),
        r#"apiVersion: v1
data:
  c.json: |-
    {
      "a": [
        1,
        2
      ],
      "z": {
        "host": "db\u003c1\u003e\u0026x"
      }
    }
  c.yaml: |-
    # kept
    z:
      host: 'db<1>&x' # too
      n: [5]
    a: x
kind: ConfigMap
metadata:
  annotations:
    a: '{"b":{"host":"db\u003c1\u003e\u0026x","n":5},"z":[1,2.5,{"k":"db\u003c1\u003e\u0026x"}]}'
  name: a
"#
    );
    let gone = overlay.replace("z.host", "z.gone");
    assert!(of_files(&[(OVERLAY, &gone), ("overlay/a.yaml", map)], Profile::V5_8).is_err());
}

/// A host whose plugin `helm` renders a ConfigMap into the namespace of its configuration, and
/// remembers which.
struct Charts(MemoryHost, RefCell<Vec<String>>);

impl Host for Charts {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.0.read(path)
    }

    fn list(&self, path: &str) -> Result<Vec<Entry>, ReadError> {
        self.0.list(path)
    }

    fn stat(&self, path: &str) -> Result<Metadata, ReadError> {
        self.0.stat(path)
    }

    fn log(&self, level: Level, message: &str) {
        self.0.log(level, message);
    }

    fn warn(&self, warning: Failure) {
        self.0.warn(warning);
    }

    fn compose(&self, _: &str, request: Request<String>) -> Result<Vec<Manifest>, Failures> {
        let config: serde_json::Value = serde_json::from_str(&request.config).unwrap();
        self.1.borrow_mut().push(config["namespace"].as_str().unwrap_or_default().to_owned());
        let object =
            r#"{"printed":"{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: written}}\n"}"#;
        Ok(vec![Manifest::from_json(object.to_owned())?])
    }
}

#[test]
fn charts_own_their_namespaces_since_5_8() {
    for (profile, told, namespace) in [(Profile::V5_7, "", "outer"), (Profile::V5_8, "outer", "written")] {
        let host = Charts(
            MemoryHost::new([
                (OVERLAY, "namespace: outer\nresources: [../base]\n"),
                ("base/kustomization.yaml", "helmCharts: [{name: chart, releaseName: r}]\n"),
                ("base/charts/chart/Chart.yaml", "name: chart\n"),
                ("base/charts/chart/values.yaml", "a: b\n"),
            ]),
            RefCell::default(),
        );
        let text = built(&host, profile).unwrap();
        assert_eq!(host.1.borrow().as_slice(), [told], "{profile:?}");
        assert!(text.contains(&format!("namespace: {namespace}\n")), "{profile:?}: {text}");
    }
}
