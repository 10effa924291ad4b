//! What commands print as JSON is what `oarlock schema` says of it.

use oarlock_json_schema::{Json, JsonSchema};
use oarlock_samples::git;
use oarlock_tests::{Run, Tree, repository, visibly};
use serde_json::Value;

/// The schema of a command's JSON.
fn schema(name: &str) -> JsonSchema {
    let text = Run::new("schema").arg(name).within(&Tree::new()).succeeds().stdout;
    let mut ignored = |reference: &str| panic!("{name}: {reference} leads elsewhere");
    JsonSchema::compile(text.as_bytes(), "file:///schema.json", &mut ignored).unwrap()
}

#[test]
fn commands_that_change_a_fleet_print_what_their_schemas_say() {
    let tree = Tree::new().copy_of(&repository().join("examples/gitops"), ".");
    let image = "registry.example.com/user-office/user-office-web-service:2.32.0";
    let mut commands = vec![
        ("set-image", format!("components/ua/users-v2/overlays/dev {image} --dry-run")),
        ("set-image", format!("components/ua/users-v2/overlays/dev {image}")),
        ("set-image", format!("components/ua/users-v2/overlays/dev {image}")),
        ("failover", "ua --env prod --to prod-fallback --dry-run".to_owned()),
        ("failover", "ua --env prod --to prod-v4".to_owned()),
        ("secrets", "--fleet dev".to_owned()),
    ];
    if git::is_installed() {
        git::run(tree.root(), "init --quiet --initial-branch=main");
        git::run(tree.root(), "config user.name Ada");
        git::run(tree.root(), "config user.email ada@example.com");
        git::run(tree.root(), "add --all");
        git::run(tree.root(), "commit --quiet --message=Begin");
        commands.extend([
            ("release", "users-v2 2.32.0 --env prod --dry-run".to_owned()),
            ("release", "users-v2 2.32.0 --env prod".to_owned()),
            ("release", "users-v2 2.31.4 --env prod".to_owned()),
            ("hydrate", "prod -o ../out".to_owned()),
            ("hydrate", "prod -o ../out".to_owned()),
        ]);
    } else {
        visibly("git is not installed, so the schemas of `release` and `hydrate` are not tested");
    }
    for (name, arguments) in commands {
        // Secrets that nothing in the repository provides.
        let status = i32::from(name == "secrets");
        let ran = Run::new(name).args(&arguments).args("--output json").within(&tree).ends_with(status);
        let schema = schema(name);
        let validate = |text: &str| schema.validate(&Json::parse(text.as_bytes()).unwrap());
        validate(&ran.stdout).unwrap_or_else(|fault| panic!("{name} {arguments}: {fault}"));
        // What is not described is an error: a field that is added is seen here.
        let mut value: Value = serde_json::from_str(&ran.stdout).unwrap();
        value["unheardOf"] = Value::Bool(true);
        assert!(validate(&value.to_string()).is_err(), "{name}");
        let mut value: Value = serde_json::from_str(&ran.stdout).unwrap();
        value.as_object_mut().unwrap().remove("formatVersion").unwrap();
        assert!(validate(&value.to_string()).is_err(), "{name}");
    }
}

#[test]
fn commands_that_look_at_a_fleet_print_what_their_schemas_say() {
    let tree = Tree::new().copy_of(&repository().join("examples/gitops"), ".");
    let run = |arguments: &str| Run::new(arguments).within(&tree);
    let mut printed: Vec<(&str, String)> =
        ["apps", "waves --fleet", "lint --fail-on never", "validate", "report"]
            .into_iter()
            .map(|verb| (verb.split(' ').next().unwrap(), run(&format!("{verb} --output json")).stdout))
            .collect();
    for verb in ["lint", "validate"] {
        run(&format!("{verb} --write-baseline known.json"));
        printed.push(("lint-baseline", tree.files(".")["known.json"].clone()));
    }
    if git::is_installed() {
        git::run(tree.root(), "init --quiet --initial-branch=main");
        git::run(tree.root(), "add --all");
        git::run(tree.root(), "-c user.name=Ada -c user.email=a@example.com commit --quiet --message=Begin");
        let file = "components/ua/users-v2/overlays/dev/patch-image.yml";
        tree.write(file, tree.files(".")[file].replace("2.31", "2.32"));
        for verb in ["diff", "affected", "report"] {
            let range = if verb == "report" { "HEAD" } else { "" };
            printed.push((verb, run(&format!("{verb} {range} --output json")).stdout));
        }
    } else {
        visibly("git is not installed, so the schemas of `diff` and `affected` are not tested");
    }
    for (name, text) in printed {
        let schema = schema(name);
        let validate = |text: &str| schema.validate(&Json::parse(text.as_bytes()).unwrap());
        validate(&text).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let mut value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["formatVersion"], 1, "{name}");
        value.as_object_mut().unwrap().remove("formatVersion");
        assert!(validate(&value.to_string()).is_err(), "{name}");
    }
}
