//! Files that are no plugins, or plugins of another time: refused by a sentence before anything
//! runs.

use oarlock_tests::{Run, Tree, guests, repository};

const APP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

/// Renders with a component from a file.
fn run(component: &[u8], plugins: &str, config: &str) -> oarlock_tests::Ran {
    let tree = Tree::with(&[("app/a.yaml", APP)]).file("plugin.wasm", component);
    let run = Run::new("render app --plugin hello=plugin.wasm").arg(format!("--plugins={plugins}"));
    let run = if config.is_empty() { run } else { run.arg("--config").arg(format!("hello={config}")) };
    run.within(&tree)
}

#[test]
fn what_is_no_plugin_is_refused_by_name() {
    let wat = |text: &str| wat::parse_str(text).unwrap();
    let section = |version: &str| {
        wat(&format!("(component (core module (@custom \"oarlock:contract\" \"{version}\")))"))
    };
    let cases = [
        (b"kind: Pod\n".to_vec(), "error: cannot load plugin `hello`: it is no WebAssembly component"),
        (Vec::new(), "error: cannot load plugin `hello`: it is no WebAssembly component"),
        (
            wat("(module)"),
            "error: cannot load plugin `hello`: it is a core WebAssembly module, not a component; `wasm-tools component new` makes one of it",
        ),
        (
            wat("(component (import \"wasi:keyvalue/store@0.2.0\" (instance)))"),
            "error: plugin `hello` imports `wasi:keyvalue/store@0.2.0`, which no plugin is given",
        ),
        (
            wat("(component (import \"wasi:http/outgoing-handler@0.2.0\" (instance)))"),
            "error: plugin `hello` imports `wasi:http/outgoing-handler@0.2.0`, which no plugin is given",
        ),
        (
            wat("(component (import \"acme:vault/secrets\" (instance)))"),
            "error: plugin `hello` imports `acme:vault/secrets`, which no plugin is given",
        ),
        (section("0.4.0"), "error: plugin `hello` needs contract 0.4.0 or newer, this host has 0.1 to 0.1.3"),
        (section("tomorrow"), "error: plugin `hello` names the contract `tomorrow`, which is no version"),
    ];
    for (component, expected) in cases {
        run(&component, "directory,hello", "").ends_with(3).prints("").tells_one_error(expected);
    }
    let empty = run(&wat("(component)"), "directory,hello", "").ends_with(3);
    assert!(
        empty.stderr.starts_with("error: cannot load plugin `hello`: it does not fit the contract: "),
        "{}",
        empty.stderr
    );
}

#[test]
fn a_component_that_is_cut_or_bent_is_refused() {
    let whole = guests::HELLO;
    for length in [9, 100, whole.len() / 2, whole.len() - 1] {
        let ran = run(&whole[..length], "directory,hello", "").ends_with(3).prints("");
        assert!(ran.stderr.starts_with("error: cannot load plugin `hello`: "), "{length}: {}", ran.stderr);
    }
    let mut bent = whole.to_vec();
    let middle = bent.len() / 2;
    bent[middle..middle + 64].fill(0xff);
    let ran = run(&bent, "directory,hello", "");
    assert_ne!(ran.code, None, "a damaged component must not end the host: {}", ran.stderr);
}

#[test]
fn a_plugin_goes_by_the_name_that_it_has() {
    let tree = Tree::new();
    let plugin = format!("--plugin=other={}", guests::hello().display());
    let ran = Run::new("plugins other").arg(plugin).within(&tree).ends_with(3).prints("");
    ran.tells_one_error("error: plugin `other` broke the contract: it calls itself `hello`");
}

#[test]
fn a_file_that_is_not_there_is_told() {
    let tree = Tree::with(&[("app/a.yaml", APP)]);
    let ran = Run::new("render app --plugin hello=gone.wasm --plugins hello").within(&tree).ends_with(2);
    ran.tells_one_error(
        "error: cannot read plugin `hello`: gone.wasm: No such file or directory (os error 2)",
    );
}

const GREETED: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  annotations:\n    example.com/hello: hello, boat\n  name: a\n";

#[test]
fn a_plugin_from_a_file_works() {
    run(guests::HELLO, "directory,hello", r#"{"name": "boat"}"#).succeeds().prints(GREETED);
}

/// Components built against each contract so far, kept as they were built.
#[test]
fn a_component_of_an_older_contract_goes_on_working() {
    let mut frozen: Vec<_> = std::fs::read_dir(repository().join("tests/frozen"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wasm"))
        .collect();
    frozen.sort();
    assert!(frozen[0].ends_with("contract-0.1.0.wasm"), "{frozen:?}");
    for component in frozen {
        let component = std::fs::read(component).unwrap();
        run(&component, "directory,hello", r#"{"name": "boat"}"#).succeeds().prints(GREETED);
        // A mistake in its configuration still has its own message.
        let ran =
            run(&component, "directory,hello", r#"{"name": "boat", "nam": "boat"}"#).ends_with(1).prints("");
        ran.tells_one_error("error: configuration of plugin `hello`: unknown field `nam`, expected `name`");
    }
}
