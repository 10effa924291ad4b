//! Plugins that loop, eat, lie and break: each ends in one error that names plugin, limit, value
//! and setting, and the next call works.

use oarlock_engine::Bytes;
use oarlock_engine::sandbox::{LimitKind, Limits, SandboxError, Workload};
use oarlock_tests::{Run, Sandbox, Tree, difference, guests};
use serde_json::json;

/// What the first lines of standard error say, and the help.
struct Case {
    config: &'static str,
    error: &'static str,
    help: &'static str,
}

const fn case(config: &'static str, error: &'static str, help: &'static str) -> Case {
    Case { config, error, help }
}

/// Small limits, so that the tests are quick.
const OPERATOR: &str = "limits:
  memory: 128MiB
  deadlineSeconds: 1
  output: 4MiB
  read: 1MiB
  readRecord: 1MiB
  logLines: 5
  composeDepth: 3
";

const BUG: &str = "this is a bug in the plugin; tell its author";

const CASES: [Case; 18] = [
    case(
        r#"{"behave": "loop"}"#,
        "plugin `hostile` went over its limit of 1 s per call",
        "raise `limits.deadlineSeconds` in the operator's configuration",
    ),
    case(
        r#"{"behave": "eat-memory"}"#,
        "plugin `hostile` went over its limit of 128 MiB of memory",
        "raise `limits.memory` in the operator's configuration",
    ),
    case(
        r#"{"behave": "recurse"}"#,
        "plugin `hostile` went over its limit of 1 MiB of call stack",
        "the plugin recurses too deeply on this input",
    ),
    case(
        r#"{"behave": "big-output", "amount": 8000000}"#,
        "plugin `hostile` went over its limit of 4 MiB of output",
        "raise `limits.output` in the operator's configuration",
    ),
    case(
        r#"{"behave": "many-manifests", "amount": 60000}"#,
        "plugin `hostile` went over its limit of 4 MiB of output",
        "raise `limits.output` in the operator's configuration",
    ),
    case(
        r#"{"behave": "big-failure", "amount": 8000000}"#,
        "plugin `hostile` went over its limit of 4 MiB of output",
        "raise `limits.output` in the operator's configuration",
    ),
    case(
        r#"{"behave": "read-forever", "paths": ["app/a.yaml"]}"#,
        "plugin `hostile` went over its limit of 1 MiB of files read",
        "raise `limits.read` in the operator's configuration",
    ),
    case(
        r#"{"behave": "list-forever", "paths": ["app"]}"#,
        "plugin `hostile` went over its limit of 1 s per call",
        "raise `limits.deadlineSeconds` in the operator's configuration",
    ),
    case(
        r#"{"behave": "compose-forever", "plugin": "hostile", "then": "well"}"#,
        "plugin `hostile` went over its limit of 1 s per call",
        "raise `limits.deadlineSeconds` in the operator's configuration",
    ),
    case(
        r#"{"behave": "compose", "plugin": "hostile", "then": "loop"}"#,
        "plugin `hostile` went over its limit of 1 s per call",
        "raise `limits.deadlineSeconds` in the operator's configuration",
    ),
    case(
        r#"{"behave": "stat-flood", "amount": 1000000}"#,
        "plugin `hostile` went over its limit of 1 MiB of paths looked up",
        "raise `limits.readRecord` in the operator's configuration",
    ),
    case(
        r#"{"behave": "remote-flood", "amount": 1000000}"#,
        "plugin `hostile` went over its limit of 1 MiB of paths looked up",
        "raise `limits.readRecord` in the operator's configuration",
    ),
    case(
        r#"{"behave": "trap"}"#,
        "plugin `hostile` broke in `render`: wasm trap: wasm `unreachable` instruction executed",
        BUG,
    ),
    case(
        r#"{"behave": "recurse-wide"}"#,
        "plugin `hostile` broke in `render`: wasm trap: out of bounds memory access",
        BUG,
    ),
    case(
        r#"{"behave": "invalid-json"}"#,
        "plugin `hostile` broke the contract: its manifest number 1 is not JSON: EOF while parsing a value at line 1 column 9",
        BUG,
    ),
    case(
        r#"{"behave": "deep-json", "amount": 100000}"#,
        "plugin `hostile` broke the contract: its manifest number 1 nests deeper than the limit of 500 lists and mappings",
        BUG,
    ),
    case(
        r#"{"behave": "not-an-object"}"#,
        "plugin `hostile` broke the contract: its manifest number 1 is not a JSON object",
        BUG,
    ),
    case(
        r#"{"behave": "no-reason"}"#,
        "plugin `hostile` broke the contract: it failed without a reason",
        BUG,
    ),
];

fn tree() -> Tree {
    let config_map = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";
    Tree::with(&[("app/a.yaml", config_map), ("operator.yaml", OPERATOR)])
}

fn hostile(config: &str) -> Run {
    let plugin = format!("--plugin=hostile={}", guests::hostile().display());
    Run::new("render app --plugins hostile --operator operator.yaml")
        .arg(plugin)
        .arg("--config")
        .arg(format!("hostile={config}"))
}

#[test]
fn each_ends_in_one_error_and_leaves_nothing() {
    let tree = tree();
    for Case { config, error, help } in CASES {
        let ran = hostile(config).arg("-o").arg("out").within(&tree).prints("");
        assert_eq!(ran.code, Some(3), "{config}\n{}", ran.stderr);
        let ran = ran.tells_one_error(&format!("error: {error}"));
        assert!(ran.stderr.trim_end().ends_with(&format!("= help: {help}")), "{config}\n{}", ran.stderr);
        assert!(!tree.path("out").exists(), "{config}");
    }
}

#[test]
fn the_default_limits_hold() {
    let tree = tree();
    tree.write("operator.yaml", "# nothing said\n");
    for (config, error) in [
        (r#"{"behave": "eat-memory"}"#, "error: plugin `hostile` went over its limit of 256 MiB of memory"),
        (
            r#"{"behave": "big-output", "amount": 100000000}"#,
            "error: plugin `hostile` went over its limit of 64 MiB of output",
        ),
    ] {
        hostile(config).within(&tree).ends_with(3).tells_one_error(error);
    }
    // On a busy machine, filling a gigabyte takes longer than the default deadline.
    tree.write("operator.yaml", "limits:\n  memory: 3GiB\n  deadlineSeconds: 120\n");
    let config = r#"{"behave": "big-output", "amount": 1073741824}"#;
    let error = "error: plugin `hostile` went over its limit of 64 MiB of output";
    hostile(config).within(&tree).ends_with(3).tells_one_error(error);
}

#[test]
fn a_panic_reaches_the_user_with_its_place() {
    let ran = hostile(r#"{"behave": "panic"}"#).within(&tree()).ends_with(3);
    let first = ran.stderr.lines().next().unwrap();
    assert!(first.starts_with("error: plugin `hostile` panicked: panicked at "), "{first}");
    assert!(
        ran.stderr.contains("behave.rs:") && ran.stderr.contains("the wind has turned"),
        "{}",
        ran.stderr
    );
    let tree = tree().file("panic-in-detect/a.txt", "");
    let plugin = format!("--plugin=hostile={}", guests::hostile().display());
    let ran = Run::new("render panic-in-detect").arg(plugin).within(&tree).ends_with(3);
    assert!(ran.stderr.contains("asked whether it is mine"), "{}", ran.stderr);
}

#[test]
fn saying_no_is_no_breakage() {
    let expected = "\
error: the first reason
 --> app/a.yaml:2:1
  |
2 | kind: ConfigMap
  | ^^^^^
  |
  = help: fix it
error: the second reason
  = note: reached by way of `a.yaml`
";
    hostile(r#"{"behave": "fail"}"#).within(&tree()).ends_with(1).prints("").tells(expected);
}

#[test]
fn a_flood_of_words_is_dropped_and_the_drop_is_said_once() {
    let tree = tree();
    let ran =
        hostile(r#"{"behave": "log-flood", "amount": 100000}"#).arg("--verbose").within(&tree).ends_with(0);
    let expected = "hostile: line 0\nhostile: line 1\nhostile: line 2\nhostile: line 3\nhostile: line 4\n\
                    hostile: more than 5 lines were logged; the rest is dropped\n";
    assert!(ran.stderr == expected, "{}", difference(expected, &ran.stderr));
    let ran = hostile(r#"{"behave": "warn-flood", "amount": 100000}"#).within(&tree).ends_with(0);
    let warnings: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("warning")).collect();
    assert_eq!(warnings.len(), 6, "{}", ran.stderr);
    assert_eq!(warnings[5], "warning: more than 5 warnings; the rest is dropped");
}

#[test]
fn long_words_are_cut() {
    let tree = tree();
    tree.write("operator.yaml", "limits:\n  logLines: 2000\n");
    let ran = hostile(r#"{"behave": "warn-huge", "amount": 2000}"#).within(&tree).ends_with(0);
    assert!(ran.stderr.len() < 6 << 20, "{}", ran.stderr.len());
    assert!(ran.stderr.contains("... further warnings are not shown"), "{}", ran.stderr.len());
    let ran = hostile(r#"{"behave": "log-huge", "amount": 999}"#).arg("--verbose").within(&tree).ends_with(0);
    assert!(ran.stderr.len() < 6 << 20, "{}", ran.stderr.len());
    let ran = hostile(r#"{"behave": "panic-huge", "amount": 60}"#).within(&tree).ends_with(3);
    assert!(ran.stderr.starts_with("error: plugin `hostile` panicked: xxx"));
    assert!(ran.stderr.len() < 20 << 10, "{}", ran.stderr.len());
    let ran = hostile(r#"{"behave": "long-path", "amount": 1000000}"#).within(&tree).ends_with(0);
    assert_eq!(ran.stdout.matches("is a path of more than 4 KiB").count(), 3);
}

#[test]
fn memories_count_together() {
    let tree = tree();
    // 100 MiB each, none of which is over the limit.
    let large = guests::crowded(guests::HOSTILE, &[("(module (memory 1600))", 3)]);
    tree.write("large.wasm", &large);
    let run = |operator: &str| {
        tree.write("operator.yaml", operator);
        Run::new("render app --plugins hostile --plugin hostile=large.wasm --operator operator.yaml")
            .within(&tree)
    };
    let error = "error: plugin `hostile` went over its limit of 256 MiB of memory";
    run("# nothing said\n").ends_with(3).tells_one_error(error);
    run("limits:\n  memory: 320MiB\n").succeeds();
    // So do those of plugins that call plugins.
    let config = r#"hostile={"behave": "compose", "plugin": "hostile", "then": "well"}"#;
    let ran = Run::new("render app --plugins hostile --plugin hostile=large.wasm --operator operator.yaml")
        .arg("--config")
        .arg(config)
        .within(&tree);
    ran.ends_with(1).tells_one_error("error: plugin `hostile` went over its limit of 320 MiB of memory");
}

#[test]
fn what_a_component_is_made_of_is_counted() {
    let tree = tree();
    let tables = format!("(module {})", "(table 1 funcref)".repeat(100));
    let fixed = "the limit is fixed, so the component has to be built with fewer";
    let own = "raise `plugins.hostile.limits.instances` in the operator's configuration";
    for (module, count, limits, limit, help) in [
        ("(module)", 40, "instances: 20", "20 core instances", own),
        ("(module (memory 0))", 101, "instances: 5000", "100 memories", fixed),
        (tables.as_str(), 11, "", "1000 tables", fixed),
        ("(module (table 60000 funcref))", 1, "", "50000 elements in a table", fixed),
    ] {
        tree.write("crowd.wasm", guests::crowded(guests::HOSTILE, &[(module, count)]));
        let plugin = guests::pinned("hostile", &tree.path("crowd.wasm"));
        tree.write("operator.yaml", format!("{plugin}    limits: {{{limits}}}\n"));
        let ran = Run::new("render app --plugins hostile --operator operator.yaml").within(&tree);
        ran.ends_with(3)
            .prints("")
            .tells(&format!("error: plugin `hostile` went over its limit of {limit}\n  = help: {help}\n"));
    }
}

#[test]
fn a_pipeline_has_limits_of_its_own() {
    let tree = tree();
    let hostile = format!("--plugin=hostile={}", guests::hostile().display());
    let run = |operator: &str, steps: &str, config: &str| {
        tree.write("operator.yaml", operator);
        Run::new("render app --operator operator.yaml")
            .arg(&hostile)
            .arg(format!("--plugins={steps}"))
            .arg(format!("--config=hostile={config}"))
            .within(&tree)
    };
    let limits = "limits:\n  pipelineSeconds: 1\n";
    let ran = run(limits, "hostile", r#"{"behave": "loop"}"#).ends_with(3);
    ran.tells_one_error("error: plugin `hostile` went over its limit of 1 s for the whole pipeline").tells(
        "error: plugin `hostile` went over its limit of 1 s for the whole pipeline\n  \
             = help: raise `limits.pipelineSeconds` in the operator's configuration\n",
    );
    let ran = run("limits:\n  pipelineSteps: 3\n", "directory,hostile,hostile,hostile", "{}").ends_with(1);
    ran.tells(
        "error: the pipeline has 4 steps, over its limit of 3\n  \
         = help: raise `limits.pipelineSteps` in the operator's configuration\n",
    );
    let steps = ["hostile"; 33].join(",");
    run("# nothing said\n", &steps, "{}")
        .ends_with(1)
        .tells_one_error("error: the pipeline has 33 steps, over its limit of 32");
    tree.write("app/oarlock.yaml", "pipeline: [hostile, hostile]\n");
    tree.write("operator.yaml", "limits:\n  pipelineSteps: 1\n");
    let ran = Run::new("render app --operator operator.yaml").arg(&hostile).within(&tree).ends_with(1);
    assert!(ran.stderr.contains("--> app/oarlock.yaml:1:12"), "{}", ran.stderr);
}

#[test]
fn a_plugin_that_depends_on_the_order_of_listings_is_found() {
    let tree = tree().file("app/b.yaml", "");
    let ran =
        hostile(r#"{"behave": "listing-order"}"#).arg("--check-deterministic").within(&tree).ends_with(3);
    ran.prints("").tells_one_error("error: two renders differ, first in manifest number 1");
    hostile("{}").arg("--check-deterministic").within(&tree).ends_with(0);
}

#[test]
fn nothing_outside_the_tree_can_be_learned() {
    let tree = tree();
    std::fs::write(tree.outside().join("secret"), "the secret").unwrap();
    std::fs::create_dir(tree.outside().join("secrets")).unwrap();
    std::fs::write(tree.outside().join("secrets/key"), "the secret").unwrap();
    let outside = tree.outside().display().to_string();
    let tree = tree
        .link("app/file", "../../secret")
        .link("app/directory", "../../secrets")
        .link("app/absolute", &format!("{outside}/secret"))
        .link("app/up", "../..")
        .link("app/dangling", "../../no-secret")
        .link("app/chain", "file");
    let paths = [
        "../secret",
        "app/../../secret",
        "/etc/passwd",
        "/",
        "..",
        "app/file",
        "app/chain",
        "app/directory",
        "app/directory/key",
        "app/directory/no-key",
        "app/absolute",
        "app/up/secret",
        "app/up/no-secret",
        "app/dangling",
        "app/\u{0}/../../../secret",
        "/proc/self/environ",
        "//etc/passwd",
        "app/file/../../secret",
    ];
    let config = json!({"behave": "explore", "paths": paths}).to_string();
    let ran = hostile(&config).arg("--output").arg("json").within(&tree).ends_with(0);
    let explored: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let answers = explored[0]["data"].as_object().unwrap();
    assert_eq!(answers.len(), paths.len());
    for (path, answer) in answers {
        // The one that normalises to a place inside, `app/file/../../secret`, is not there.
        let place = path.split_once(' ').unwrap().1;
        for way in ["read", "list", "stat"] {
            let text = answer[way].as_str().unwrap();
            let refused =
                text.starts_with("refused: ") || (place == "app/file/../../secret" && text == "not found");
            assert!(refused, "{place}: {way}: {text}");
            assert!(!text.contains(&outside), "{place} tells where the tree lies: {text}");
        }
    }
    // What is there and what is not outside must look alike.
    let told = |path: &str| {
        let answer = answers.iter().find(|(key, _)| key.ends_with(&format!(" {path}"))).unwrap().1;
        answer["read"].as_str().unwrap().replace("no-", "")
    };
    assert_eq!(told("app/directory/key"), told("app/directory/no-key"));
    assert_eq!(told("app/up/secret"), told("app/up/no-secret"));
}

#[test]
fn the_next_call_works() {
    let tree = tree();
    let limits = Limits {
        memory: Bytes(128 << 20),
        deadline_seconds: 1,
        output: Bytes(4 << 20),
        read: Bytes(1 << 20),
        read_record: Bytes(1 << 20),
        log_lines: 5,
        compose_depth: 3,
        ..Limits::default()
    };
    for workload in [Workload::Few, Workload::Many { at_once: 4 }] {
        let sandbox = Sandbox::new(tree.root(), workload).with("hostile", guests::HOSTILE).limited(limits);
        let good = sandbox.render("hostile", "app", &json!({})).unwrap();
        for case in &CASES {
            let config: serde_json::Value = serde_json::from_str(case.config).unwrap();
            let error = sandbox.render("hostile", "app", &config).unwrap_err();
            assert_eq!(error.to_string(), case.error, "{workload:?}");
            assert_eq!(error.hint().as_deref(), Some(case.help));
            assert_eq!(sandbox.render("hostile", "app", &json!({})).unwrap(), good, "after {}", case.config);
            let rendered = sandbox.render("directory", "app", &json!({})).unwrap();
            assert_eq!(rendered.len(), 1, "another plugin after {}", case.config);
        }
    }
}

#[test]
fn a_plugin_that_is_called_breaks_its_caller_no_further_than_by_an_answer() {
    let tree = tree();
    let limits = Limits { deadline_seconds: 1, ..Limits::default() };
    let sandbox = Sandbox::new(tree.root(), Workload::Few).with("hostile", guests::HOSTILE).limited(limits);
    let compose = |plugin: &str, then: &str| {
        sandbox.render("hostile", "app", &json!({"behave": "compose", "plugin": plugin, "then": then}))
    };
    // Compiled beforehand: the first call of a plugin compiles it.
    sandbox.render("directory", "app", &json!({})).unwrap();
    assert_eq!(compose("directory", "").unwrap().len(), 1);
    for (plugin, then, expected) in [
        (
            "hostile",
            "trap",
            "plugin `hostile` broke in `render`: wasm trap: wasm `unreachable` instruction executed",
        ),
        ("hostile", "fail", "the first reason"),
        ("nobody", "", "there is no plugin `nobody`"),
    ] {
        let Err(SandboxError::Failed { failures, .. }) = compose(plugin, then) else {
            panic!("{plugin} {then}")
        };
        assert_eq!(failures[0].message, expected);
    }
    // Both share one deadline.
    let error = compose("hostile", "loop").unwrap_err();
    let told = match &error {
        SandboxError::Failed { failures, .. } => failures[0].message.clone(),
        other => other.to_string(),
    };
    assert_eq!(told, "plugin `hostile` went over its limit of 1 s per call");
}

#[test]
fn a_chain_of_plugins_that_call_plugins_is_cut() {
    // The one at the end breaks; those before it pass their input on.
    let ran =
        hostile(r#"{"behave": "compose", "plugin": "hostile"}"#).within(&tree()).ends_with(1).prints("");
    ran.tells(
        "error: plugin `hostile` went over its limit of 3 plugins calling plugins\n  \
         = help: raise `limits.composeDepth` in the operator's configuration\n",
    );
}

#[test]
fn reads_are_booked_to_the_render_whoever_reads() {
    let tree = tree();
    let sandbox = Sandbox::new(tree.root(), Workload::Few).with("hostile", guests::HOSTILE);
    let reads = |plugin: &str, config: serde_json::Value| {
        let services = sandbox.services();
        sandbox.render_with(&services, plugin, "app", &config, Vec::new()).unwrap();
        services.take_reads()
    };
    let direct = reads("directory", json!({}));
    assert!(!direct.is_empty());
    assert!(reads("hostile", json!({"behave": "compose", "plugin": "directory"})) == direct);
}

#[test]
fn manifests_pass_through_untouched() {
    let tree = tree();
    let sandbox = Sandbox::new(tree.root(), Workload::Few).with("hostile", guests::HOSTILE);
    let made = sandbox.render("directory", "app", &json!({})).unwrap();
    let config = json!({"behave": "echo"});
    let echoed = sandbox.render_with(&sandbox.services(), "hostile", "app", &config, made.clone()).unwrap();
    assert_eq!(echoed, made);
    assert_eq!(echoed[0].origin.as_ref().unwrap().to_string(), "app/a.yaml:1:1");
}

#[test]
fn limits_are_told_apart() {
    let sandbox = Sandbox::new(tree().root(), Workload::Few).with("hostile", guests::HOSTILE);
    let error = sandbox.render("hostile", "app", &json!({"behave": "recurse"})).unwrap_err();
    assert!(matches!(error, SandboxError::Limit { kind: LimitKind::Stack, .. }), "{error:?}");
    assert_eq!(error.plugin(), Some("hostile"));
}
