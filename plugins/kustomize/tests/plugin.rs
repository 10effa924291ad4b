//! The plugin through the SDK's face.

// Helpers of tests are outside of `#[test]` functions; what cannot be set up should fail right
// there.
#![allow(clippy::unwrap_used)]

use oarlock_kustomize::Kustomize;
use oarlock_plugin::{Application, MemoryHost, Plugin, Request, TreePath, render_json};

#[test]
fn detects_and_renders_kustomizations() {
    let host = MemoryHost::new([
        ("app/Kustomization", "namePrefix: prod-\nresources: [sub/a.yaml]\n"),
        ("app/sub/a.yaml", "# first\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\ndata: {b: c}\n"),
    ]);
    let app = TreePath::new("app").unwrap();
    assert!(Kustomize::detect(&host, &app).unwrap());
    assert!(!Kustomize::detect(&host, &TreePath::new("app/sub").unwrap()).unwrap());

    let request = |config: &str| Request {
        directory: app.clone(),
        application: Application::default(),
        config: config.to_owned(),
        manifests: Vec::new(),
    };
    let manifests = render_json::<Kustomize>(&host, request("{}")).unwrap();
    let [manifest] = manifests.as_slice() else { panic!("{} manifests", manifests.len()) };
    assert_eq!(manifest.origin.as_ref().unwrap().to_string(), "app/sub/a.yaml:2:1");
    assert_eq!(
        manifest.clone().into_json(),
        r#"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"prod-a"},"data":{"b":"c"}}"#
    );

    let failures = render_json::<Kustomize>(&host, request(r#"{"enableHelmet": true}"#)).unwrap_err();
    assert!(failures.to_string().contains("unknown field `enableHelmet`"), "{failures}");
}
