//! Components as toolchains of other languages make them: with all of WASI, and with dozens of core
//! instances. They run wherever plugins run, and what they say of their failures is not lost.

// Helpers of tests are outside of `#[test]` functions; what cannot be set up should fail right
// there.
use std::collections::BTreeMap;

use oarlock_engine::sandbox::{SandboxError, Workload};
use oarlock_tests::argocd::Server;
use oarlock_tests::wire;
use oarlock_tests::{Run, Sandbox, Tree, guests};
use serde_json::json;

const APP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

/// What the guest sees through WASI, whatever the machine and the time.
const TOLD: [(&str, &str); 15] = [
    ("seconds", "0"),
    // Two waits: of five seconds, and until ten after the begin.
    ("later", "10"),
    ("monotonic", "1000001000"),
    ("slept", "5000002000"),
    ("ready", "[false, false]"),
    ("polled", "[1]"),
    ("writable", "[1]"),
    ("written", "true"),
    ("read", "closed"),
    ("random", "6f61726c6f636b27"),
    ("variables", "0"),
    ("arguments", "0"),
    ("tcp", "access denied"),
    ("udp", "access denied"),
    ("lookup", "access denied"),
];

/// As many core instances and memories as components of interpreted languages have, and more.
fn crowd(component: &[u8]) -> Vec<u8> {
    guests::crowded(component, &[("(module (memory 1))", 3), ("(module (table 10 funcref))", 37)])
}

#[test]
fn a_wasi_that_is_sealed_gives_the_same_each_time() {
    let tree = Tree::with(&[("app/a.yaml", APP)]);
    for workload in [Workload::Few, Workload::Many { at_once: 2 }] {
        let sandbox = Sandbox::new(tree.root(), workload).with("sealed", guests::SEALED);
        let first = sandbox.render("sealed", "app", &json!({})).unwrap();
        assert_eq!(sandbox.render("sealed", "app", &json!({})).unwrap(), first);
        let object: serde_json::Value = serde_json::from_str(&first[0].json).unwrap();
        let data: BTreeMap<String, String> = serde_json::from_value(object["data"].clone()).unwrap();
        for (name, value) in TOLD {
            assert_eq!(data[name], value, "{name}");
        }
    }
}

/// Renders in each way: alone, recursively, by the server, and as `doctor` looks at it.
fn runs_everywhere(name: &str, component: &[u8], expected: &str) {
    let pipeline = match name {
        "sealed" => "pipeline: [sealed]\n",
        _ => "pipeline: [directory, hello]\nplugins: {hello: {config: {name: boat}}}\n",
    };
    let tree =
        Tree::with(&[("app/a.yaml", APP), ("app/oarlock.yaml", pipeline)]).file("plugin.wasm", component);
    let plugin = format!("--plugin={name}=plugin.wasm");
    for verb in ["render app", "render -r app"] {
        let ran = Run::new(verb).arg(&plugin).within(&tree).ends_with(0);
        assert!(ran.stdout.contains(expected), "{verb}: {}{}", ran.stdout, ran.stderr);
    }
    let operator = guests::pinned(name, &tree.path("plugin.wasm"));
    tree.write("operator.yaml", &operator);
    let ran = Run::new("doctor --operator operator.yaml").within(&tree);
    assert!(ran.stdout.contains(&format!("ok    plugin {name}: ")), "{}", ran.stdout);

    let server = Server::start(&operator);
    let mut archive =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (path, text) in [("app/a.yaml", APP), ("app/oarlock.yaml", pipeline)] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    let archive = archive.into_inner().unwrap().finish().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = runtime.block_on(wire::ask(&server.socket(), &wire::messages(&archive, "app"))).unwrap();
    assert!(answer[0].contains(expected.trim_start_matches("name: ")), "{answer:?}");
}

#[test]
fn a_component_with_all_of_wasi_runs_everywhere() {
    runs_everywhere("sealed", guests::SEALED, "access denied");
}

#[test]
fn a_component_of_many_instances_runs_everywhere() {
    runs_everywhere("hello", &crowd(guests::HELLO), "hello, boat");
    runs_everywhere("sealed", &crowd(guests::SEALED), "access denied");
}

fn sealed(config: &str) -> Run {
    let plugin = format!("--plugin=sealed={}", guests::sealed().display());
    Run::new("render app --plugins sealed").arg(plugin).arg("--config").arg(format!("sealed={config}"))
}

#[test]
fn lines_of_standard_output_and_error_are_in_the_log() {
    let tree = Tree::with(&[("app/a.yaml", APP)]);
    sealed("{}").within(&tree).succeeds();
    let ran = sealed("{}").arg("-v").within(&tree).ends_with(0);
    ran.tells("sealed: written to standard output\nsealed: written to standard error\n");
}

#[test]
fn a_reason_is_never_lost() {
    let tree = Tree::with(&[("app/a.yaml", APP)]).file("operator.yaml", "limits:\n  deadlineSeconds: 1\n");
    let bug = "  = help: this is a bug in the plugin; tell its author\n";
    for (what, exit, expected) in [
        ("exit", 3, format!("error: plugin `sealed` panicked: the reason why it exits\n{bug}")),
        (
            "report-and-fail",
            1,
            "error: what it came to\n  = note: the plugin reported: what really happened\n".to_owned(),
        ),
        (
            "report-and-loop",
            3,
            "error: plugin `sealed` went over its limit of 1 s per call\n  \
             = note: the plugin reported: stuck in a loop\n  \
             = help: raise `limits.deadlineSeconds` in the operator's configuration\n"
                .to_owned(),
        ),
    ] {
        let config = json!({"do": what}).to_string();
        sealed(&config).arg("--operator=operator.yaml").within(&tree).ends_with(exit).tells(&expected);
    }
    // What is thrown comes with the way to where it was thrown.
    let ran = sealed(r#"{"do": "throw"}"#).within(&tree).ends_with(3);
    for text in ["error: plugin `sealed` panicked: Error: thrown", "at render"] {
        assert!(ran.stderr.contains(text), "{}", ran.stderr);
    }
}

#[test]
fn wasi_takes_no_more_than_it_may() {
    let tree = Tree::with(&[("app/a.yaml", APP)]);
    let sandbox = Sandbox::new(tree.root(), Workload::Few).with("sealed", guests::SEALED);
    let good = sandbox.render("sealed", "app", &json!({})).unwrap();
    for what in ["flood", "sleeps"] {
        let services = sandbox.services();
        let config = json!({"do": what});
        sandbox.render_with(&services, "sealed", "app", &config, Vec::new()).unwrap();
        let log: usize = services.take_log().iter().map(|line| line.message.len()).sum();
        assert!(log < 5 << 20, "{what}: {log}");
    }
    for what in ["zeroes", "waits"] {
        let error = sandbox.render("sealed", "app", &json!({"do": what})).unwrap_err();
        assert!(matches!(error, SandboxError::Trapped { .. }), "{what}: {error}");
        assert_eq!(sandbox.render("sealed", "app", &json!({})).unwrap(), good, "after {what}");
    }
}

#[test]
fn a_plugin_of_the_command_line_that_nothing_uses_is_a_warning() {
    let tree = Tree::with(&[("app/a.yaml", APP)]);
    let plugin = format!("--plugin=hello={}", guests::hello().display());
    let expected = "warning: plugin `hello` of `--plugin` was not used: no pipeline names it\n  \
                    = help: name it in `--plugins`, as `--plugins auto,hello`, or in `pipeline` of oarlock.yaml\n";
    Run::new("render app").arg(&plugin).within(&tree).ends_with(0).tells(expected);
    tree.write("app/kustomization.yaml", "resources: [a.yaml]\n");
    let expected = format!("{expected}rendered 1 of 1\n");
    Run::new("render -r .").arg(&plugin).within(&tree).ends_with(0).tells(&expected);
    let config = r#"hello={"name": "boat"}"#;
    Run::new("render app --plugins auto,hello --config").arg(config).arg(&plugin).within(&tree).succeeds();
}
