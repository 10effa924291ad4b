//! What reaches a terminal: nothing that it would obey, no value of a Secret, and no more than a
//! person can read.

// Helpers of tests are outside of `#[test]` functions; what cannot be set up should fail right
// there.
use oarlock_tests::{Run, Tree};

/// Clears the screen, rings, returns to the start of the line, turns the writing round, and forges
/// a message.
const EVIL: &str = "a\u{1b}[2J\u{7}\r\u{9b}2J\u{202e}b\nerror: forged";

/// What of it a terminal would obey.
const OBEYED: [char; 5] = ['\u{1b}', '\u{7}', '\r', '\u{9b}', '\u{202e}'];

/// As a scalar of YAML, in ASCII.
fn scalar(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap();
    let escape = |c: char| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) };
    quoted.chars().map(escape).collect()
}

fn assert_safe(text: &str) {
    assert!(!text.contains(OBEYED), "{text:?}");
    let forged = text.lines().any(|line| line.starts_with("error: forged"));
    assert!(!forged, "{text}");
}

#[test]
fn messages_obey_no_file() {
    let name = EVIL.replace('/', "-");
    let gone = format!("resources:\n- {}\n", scalar(&name));
    let wrong_field = format!("{}: 1\n", scalar(EVIL));
    let tree = Tree::with(&[
        ("gone/kustomization.yaml", gone.as_str()),
        ("field/kustomization.yaml", &wrong_field),
        ("broken/kustomization.yaml", &format!("resources:\n- {}\n", scalar(&format!("{name}.yaml")))),
        (&format!("broken/{name}.yaml"), "a: [\n"),
        (&format!("{name}/kustomization.yaml"), "resources: [gone.yaml]\n"),
        ("oarlock.yaml", "{}\n"),
    ]);
    for directory in ["gone", "field", "broken", &name] {
        for output in ["yaml", "json"] {
            let run = Run::new("render --root . --output").arg(output).arg("--").arg(directory);
            let ran = run.within(&tree).ends_with(1);
            assert_safe(&ran.stderr);
            assert!(ran.stderr.contains("\\u"), "{}", ran.stderr);
        }
    }
    let ran = Run::new("render -r . --root .").within(&tree).ends_with(1);
    assert_safe(&ran.stderr);
    // What the command line itself holds, which a shell may have taken from names of files.
    for arguments in [
        vec!["render", "--root", ".", &name[..9], &name],
        vec!["render", "--root", ".", "gone\u{1b}[2J\nerror: forged"],
    ] {
        let run = arguments.into_iter().fold(Run::new(""), Run::arg);
        assert_safe(&run.within(&tree).ends_with(2).stderr);
    }
}

#[test]
fn tables_obey_no_object() {
    let object = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {}\n  annotations:\n    argocd.argoproj.io/sync-wave: '1'\n",
        scalar(EVIL)
    );
    let url = "https://h.example/o/r\u{9b}\u{202e}?ref=v1";
    let tree = Tree::with(&[
        ("app/a.yaml", object.as_str()),
        ("remote/kustomization.yaml", &format!("resources:\n- {}\n", scalar(url))),
    ]);
    for run in ["waves app --root . ", "vendor --root . --check"] {
        for output in ["text", "json"] {
            let ran = Run::new(run).arg("--output").arg(output).within(&tree);
            assert_safe(&ran.stderr);
            assert_safe(&ran.stdout);
            assert!(ran.stdout.contains("\\u"), "{run}: {}{}", ran.stdout, ran.stderr);
        }
    }
    let ran = Run::new("waves app --root . --output json").within(&tree).ends_with(0);
    let waves: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(waves[0]["objects"][0]["object"], format!("ConfigMap {EVIL}"));
}

#[test]
fn the_doctor_obeys_no_file() {
    let tree = Tree::with(&[("oarlock.yaml", &format!("{}: 1\n", scalar(EVIL)))]);
    let argocd = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: {}\nspec:\n  source:\n    path: {}\n    plugin: {{name: oarlock}}\n",
        scalar(EVIL),
        scalar("$(id)\u{1b}")
    );
    tree.write("argocd.yaml", argocd);
    for run in ["doctor", "doctor --argocd argocd.yaml --repo ."] {
        let ran = Run::new(run).within(&tree).ends_with(1);
        assert_safe(&ran.stdout);
        assert_safe(&ran.stderr);
        assert!(ran.stdout.contains("\\u{1b}"), "{}", ran.stdout);
    }
}

#[test]
fn manifests_are_data() {
    let text = "kind: ConfigMap\nmetadata:\n  name: a\napiVersion: v1\ndata:\n  a: \"x\u{200b}\u{200e}y\"\n";
    let tree = Tree::with(&[("app/a.yaml", text)]);
    let ran = Run::new("render app --root . --output json").within(&tree).succeeds();
    assert!(ran.stdout.contains("x\u{200b}\u{200e}y"), "{}", ran.stdout);
}

#[test]
fn no_value_of_a_secret_is_in_a_message() {
    let secret = |data: &str| format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n{data}");
    let generator = |literals: &str| format!("secretGenerator:\n- name: a\n{literals}");
    let resource = secret("stringData:\n  password: hunter2\n  user: hunter2\n");
    let with = |rest: &str| format!("resources: [secret.yaml]\n{rest}");
    let read = |rest: &str| {
        with(&format!(
            "replacements:\n- source: {{kind: Secret, fieldPath: stringData.password{rest}\n  targets:\n  - select: {{kind: Secret}}\n    fieldPaths: [data.count]\n"
        ))
    };
    for (name, kustomization, secret) in [
        // Texts that are no YAML, each as a password may make it so.
        ("alias", with(""), secret("stringData:\n  password: *hunter2\n")),
        ("tag", with(""), secret("stringData:\n  password: !hunter2!x y\n")),
        ("colon", with(""), secret("stringData:\n  password:hunter2\n  user: b\n")),
        ("nested", with(""), secret("stringData:\n  password: a hunter2: b\n")),
        ("quote", with(""), secret("stringData:\n  password: \"hunter2\n  user: b\n")),
        ("escape", with(""), secret("stringData:\n  password: \"hunter2\\y\"\n")),
        ("percent", with(""), secret("stringData:\n  password: %hunter2\n")),
        ("tab", with(""), secret("stringData:\n  password: |\n    hunter2\n\tx\n  user: |\n   hunter2\n")),
        ("indentation", with(""), secret("stringData:\npassword: hunter2\n user: hunter2\n")),
        ("number", with(""), secret("stringData:\n  password: !!int hunter2\n")),
        // What makes or changes Secrets.
        ("literal", generator("  literals: [hunter2]\n"), String::new()),
        ("literals", generator("  literals: password=hunter2\n"), String::new()),
        ("type", generator("  literals: {password: hunter2}\n"), String::new()),
        ("twice", generator("  literals: [a=hunter2, a=hunter2]\n"), String::new()),
        (
            "test",
            with("patches:\n- patch: |\n    - {op: test, path: /stringData/password, value: hunter3}\n  target: {kind: Secret}\n"),
            resource.clone(),
        ),
        ("delimiter", read(", options: {delimiter: x, index: 3}}"), resource.clone()),
        ("number in its place", read("}"), resource.clone() + "data:\n  count: 3\n"),
        (
            "source value",
            with("replacements:\n- sourceValue: hunter2\n  targets:\n  - select: {kind: Secret}\n    fieldPaths: [data.gone]\n"),
            resource.clone(),
        ),
        (
            "patch",
            with("patches:\n- patch: |\n    kind: Secret\n    metadata: {name: a}\n    stringData: [hunter2]\n  target: {kind: Secret}\n"),
            resource.clone(),
        ),
        // The plugin `vault`, with everything in angle brackets taken for a placeholder.
        (
            "modifier",
            with(""),
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  annotations: {avp.kubernetes.io/path: secret/data/a}\nstringData:\n  password: x<y|hunter2>z\n  other: <y|jsonPath hunter2>\n".to_owned(),
        ),
    ] {
        let config = "plugins:\n  vault:\n    config: {placeholders: convert}\n";
        let tree = Tree::with(&[("app/kustomization.yaml", &kustomization), ("app/secret.yaml", &secret), ("oarlock.yaml", config)]);
        for output in ["yaml", "json"] {
            let ran = Run::new("render app --root . --output").arg(output).within(&tree);
            assert_eq!(ran.code, Some(1), "{name}: {}{}", ran.stdout, ran.stderr);
            assert!(!ran.stderr.contains("hunter"), "{name}: {}", ran.stderr);
        }
    }
}

#[test]
fn the_excerpt_of_a_secret_shows_its_keys() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n  user: hunter2\n  password: *hunter2\n  more: hunter2\n";
    let tree = Tree::with(&[("app/kustomization.yaml", "resources: [a.yaml]\n"), ("app/a.yaml", secret)]);
    Run::new("render app --root .").within(&tree).ends_with(1).tells(
        "error: no anchor of this name stands before this alias\n --> app/a.yaml:7:13\n  |\n7 |   password: ***\n  |             ^^^\n  |\n  = note: loaded by `app/kustomization.yaml:1`\n  = help: put text that starts with `*` in quotes\n",
    );
}

#[test]
fn a_message_is_as_long_as_a_person_reads() {
    let chart = [
        ("app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n"),
        ("app/templates/a.yaml", "{{ fail (repeat 100000 \"long \\n\") }}\n"),
    ];
    let ran = Run::new("render app --root .").within(&Tree::with(&chart)).ends_with(1);
    assert!(ran.stderr.len() <= 16 << 10, "{}", ran.stderr.len());
    assert!(ran.stderr.trim_end().ends_with("more bytes are not shown"), "{}", ran.stderr);
}

#[test]
fn all_messages_together_are_bounded() {
    // Each file is a warning or an error of its own.
    let mut tree = Tree::new();
    for number in 0..3000 {
        let path = format!("app-{number}/kustomization.yaml");
        tree = tree.file(&path, format!("resources: [{}.yaml]\n", "x".repeat(300)));
    }
    let ran = Run::new("render --recursive . --root .").within(&tree).ends_with(1);
    assert!(ran.stderr.len() <= 1 << 20, "{}", ran.stderr.len());
    let end = "... further errors are not shown; `--output json` prints all of them";
    assert_eq!(ran.stderr.lines().filter(|line| *line == end).count(), 1);
    let ran = Run::new("render --recursive . --root . --output json").within(&tree).ends_with(1);
    assert_eq!(ran.stderr.lines().filter(|line| line.starts_with('{')).count(), 3000);
}
