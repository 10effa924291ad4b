//! The command line as people use it: each file in `cases/cli` is a page of a manual, run and
//! compared.
//!
//! `TRYCMD=overwrite` rewrites the outputs, for review. What a page cannot show is below.

use std::io::Read;
use std::process::Stdio;

use oarlock_engine::pipeline::Profile;
use oarlock_tests::{Run, Tree, cache_dir, golden, oarlock};

const APP: [(&str, &str); 2] = [
    ("app/kustomization.yaml", "namePrefix: web-\nresources:\n- config.yaml\n"),
    (
        "app/config.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\ndata:\n  colour: blue\n",
    ),
];

#[test]
fn pages() {
    trycmd::TestCases::new()
        .case("cases/cli/*.md")
        .register_bin("oarlock", trycmd::schema::Bin::Path(oarlock()))
        .env("OARLOCK_CACHE_DIR", cache_dir().display().to_string());
}

#[test]
fn help_is_written_as_documentation() {
    for verb in [
        "render",
        "apps",
        "waves",
        "diff",
        "affected",
        "release",
        "hydrate",
        "vendor",
        "serve",
        "plugins",
        "plugin",
        "doctor",
        "facts",
        "generate",
        "discover",
        "parameters",
        "schema",
        "completions",
    ] {
        let help = Run::new("help").arg(verb).within(&Tree::new()).succeeds().stdout;
        // The one line that depends on how the tests run.
        let help = help.replace(&cache_dir().display().to_string(), "");
        assert!(help.contains("Example"), "`oarlock help {verb}` has no example");
        golden(&format!("cli/help/{verb}.txt"), &help);
    }
}

#[test]
fn completions_know_every_verb() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = Run::new("completions").arg(shell).within(&Tree::new()).succeeds().stdout;
        for word in ["render", "waves", "plugins", "check-deterministic"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn schemas_are_json_schemas_of_the_files() {
    for (file, fields) in [
        ("project", ["pipeline", "plugins", "allowEmpty"]),
        ("operator", ["bundled", "limits", "allowRepositoryPlugins"]),
    ] {
        let text = Run::new("schema").arg(file).within(&Tree::new()).succeeds().stdout;
        let schema: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(schema["additionalProperties"], false, "{file}");
        for field in fields {
            assert!(schema["properties"][field]["description"].is_string(), "{file}: {field}");
        }
    }
}

#[test]
fn plugins_are_listed_for_programs() {
    let text = Run::new("plugins --output json").within(&Tree::new()).succeeds().stdout;
    let listed: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let names: Vec<_> = listed.iter().map(|plugin| plugin["name"].as_str().unwrap()).collect();
    assert_eq!(names, oarlock_bundle::BUNDLED.iter().map(|plugin| plugin.name).collect::<Vec<_>>());
    for (plugin, bundled) in listed.iter().zip(oarlock_bundle::BUNDLED) {
        assert_eq!(plugin["digest"], format!("sha256:{}", bundled.digest));
        assert_eq!(plugin["size"], bundled.component.len());
        assert_eq!(plugin["source"], "bundled");
        assert_eq!(plugin["configSchema"]["type"], "object");
        // What the host knows of them without asking is what they say.
        assert_eq!(plugin["stage"], if bundled.is_generator { "generator" } else { "transformer" });
        for profile in Profile::names().filter_map(Profile::of_name) {
            for key in profile.settings(bundled.name).keys() {
                assert!(
                    plugin["configSchema"]["properties"][key.as_str()].is_object(),
                    "{}: {key}",
                    bundled.name
                );
            }
        }
    }
}

#[test]
fn the_enclosing_work_tree_is_what_plugins_read() {
    let tree = Tree::with(&APP).file("overlay/kustomization.yaml", "resources:\n- ../app\n");
    Run::new("render overlay --plugins kustomize").within(&tree).succeeds();
    Run::new("render . --plugins kustomize").at(&tree.path("overlay")).succeeds();
    std::fs::remove_dir(tree.path(".git")).unwrap();
    Run::new("render overlay --plugins kustomize").within(&tree).ends_with(1);
    Run::new("render overlay --plugins kustomize --root .").within(&tree).succeeds();
}

#[test]
fn messages_for_programs_are_one_object_a_line() {
    let tree = Tree::with(&APP).file("app/config.yaml", "a: 1\na: 2\n");
    let ran = Run::new("render app --output json").within(&tree).ends_with(1).prints("");
    let message: serde_json::Value = serde_json::from_str(ran.stderr.trim_end()).unwrap();
    assert_eq!(message["severity"], "error");
    assert_eq!(message["plugin"], "kustomize");
    assert_eq!(message["origin"], serde_json::json!({"path": "app/config.yaml", "line": 2, "column": 1}));
    assert!(message["message"].is_string());
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    // More than a pipe holds.
    let value = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: big\ndata:\n  a: {}\n",
        "x".repeat(1 << 20)
    );
    let tree = Tree::with(&APP).file("app/config.yaml", value);
    let mut command = Run::new("render app").into_command();
    let mut child =
        command.current_dir(tree.root()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 11];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut first).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!((&first, output.status.code()), (b"apiVersion:", Some(0)));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn colours_are_for_terminals() {
    let tree = Tree::with(&APP).file("app/config.yaml", "a: [\n");
    let ran = Run::new("render app").env("TERM", "xterm-256color").within(&tree).ends_with(1);
    assert!(!ran.stderr.contains('\u{1b}') && ran.stderr.contains("error:"), "{}", ran.stderr);
}

#[test]
fn what_renders_once_renders_the_same_again() {
    let tree = Tree::with(&APP);
    let first = Run::new("render app --check-deterministic").within(&tree).succeeds().stdout;
    Run::new("render app").within(&tree).succeeds().prints(&first);
}
