//! `oarlock plugin push`, `pull`, `verify` and `lock`, with a directory as the registry: without a
//! network they do the same. Real registries are tested in `host/distribution/tests`.

use std::path::Path;

use oarlock_tests::{Ran, Run, Tree, guests};

const APP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";
const RENDER: &str =
    r#"render app --operator operator.yaml --plugins directory,hello --config hello={"name":"boat"}"#;

fn tree() -> Tree {
    Tree::with(&[("app/a.yaml", APP)]).file("hello.wasm", guests::HELLO)
}

fn run(tree: &Tree, arguments: &str) -> Ran {
    Run::new(arguments).env("OARLOCK_CACHE_DIR", tree.path("cache")).within(tree)
}

/// The reference that a command printed in its first line.
fn printed(ran: &Ran) -> String {
    ran.stdout.lines().next().unwrap().split_whitespace().nth(1).unwrap().to_owned()
}

#[test]
fn a_component_is_pushed_inspected_and_pulled() {
    let tree = tree();
    let pushed = run(&tree, "plugin push oci-layout:registry:1.0 hello.wasm").succeeds();
    let reference = printed(&pushed);
    assert!(reference.starts_with("oci-layout:registry:1.0@sha256:"), "{reference}");
    assert_eq!(printed(&run(&tree, "plugin push oci-layout:registry:1.0 hello.wasm")), reference);
    let later = run(&tree, "plugin push oci-layout:registry:2.0 hello.wasm --created 1700000000").succeeds();
    assert_ne!(printed(&later).split('@').nth(1), reference.split('@').nth(1));

    let inspected = run(&tree, &format!("plugin inspect {reference}")).succeeds().stdout;
    assert!(inspected.starts_with("hello 0.1.0 (transformer)\n"), "{inspected}");
    assert!(inspected.contains(&format!("artifact  {reference}\nsigned    0 times\n")), "{inspected}");

    run(&tree, &format!("plugin pull {reference} -o pulled.wasm")).succeeds();
    assert_eq!(std::fs::read(tree.path("pulled.wasm")).unwrap(), guests::HELLO);
    run(&tree, &format!("plugin pull {reference} --layout copy")).succeeds();
    run(&tree, "plugin pull oci-layout:copy:1.0").succeeds();
    assert_eq!(std::fs::read(tree.path("copy.wasm")).unwrap(), guests::HELLO);
}

#[test]
fn what_is_not_there_or_damaged_leaves_no_file() {
    let tree = tree();
    run(&tree, "plugin push oci-layout:registry:1.0 hello.wasm").succeeds();
    let ran = run(&tree, "plugin pull oci-layout:registry:2.0 -o pulled.wasm").ends_with(2).prints("");
    ran.tells("error: there is no `oci-layout:registry:2.0`\n  = help: check the repository and the tag\n");
    let digest = oarlock_engine::source::Digest::of(guests::HELLO);
    std::fs::write(tree.path(&format!("registry/blobs/sha256/{digest}")), "damaged").unwrap();
    let ran = run(&tree, "plugin pull oci-layout:registry:1.0 -o pulled.wasm").ends_with(1).prints("");
    assert!(ran.stderr.contains("has the digest sha256:"), "{}", ran.stderr);
    assert!(!tree.path("pulled.wasm").exists());
    for bad in
        ["plugin pull hello", "plugin pull https://h.example/a", "plugin push oci://h.example/A:1 hello.wasm"]
    {
        let ran = run(&tree, bad).ends_with(2).prints("");
        assert!(ran.stderr.contains("is no reference to an artifact"), "{}", ran.stderr);
    }
    let ran = run(&tree, "plugin push oci-layout:registry:3.0 app/a.yaml").ends_with(3).prints("");
    assert!(ran.stderr.contains("cannot load plugin `a`"), "{}", ran.stderr);
}

#[test]
fn what_nobody_signed_is_not_verified() {
    let tree = tree();
    run(&tree, "plugin push oci-layout:registry:1.0 hello.wasm").succeeds();
    let ran = run(&tree, "plugin verify oci-layout:registry:1.0").ends_with(2).prints("");
    assert!(ran.stderr.contains("nobody is trusted"), "{}", ran.stderr);
    // P-256's generator is a public key, too.
    let key = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n-----END PUBLIC KEY-----\n";
    tree.write("key.pub", key);
    let ran = run(&tree, "plugin verify oci-layout:registry:1.0 --key key.pub").ends_with(1).prints("");
    assert!(ran.stderr.contains("may not run: it is not signed"), "{}", ran.stderr);
    let operator = "trust: {signers: {release: {key: key.pub}}}\nplugins: {hello: {artifact: 'oci-layout:registry:1.0'}}\n";
    tree.write("operator.yaml", operator);
    let ran = run(&tree, RENDER).ends_with(2).prints("");
    assert!(ran.stderr.contains("may not run: it is not signed"), "{}", ran.stderr);
    tree.write("key.pub", "no key");
    let ran = run(&tree, RENDER).ends_with(2).prints("");
    assert!(ran.stderr.contains("the key of `release` cannot be used"), "{}", ran.stderr);
    tree.write("operator.yaml", operator.replace("1.0'", "1.0', signedBy: [nobody]"));
    let ran = run(&tree, RENDER).ends_with(2).prints("");
    assert!(ran.stderr.contains("is to be signed by `nobody`, who is unknown"), "{}", ran.stderr);
}

#[test]
fn an_identity_is_asked_for_as_a_whole() {
    let tree = tree();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("sigstore/trusted_root.json");
    std::fs::copy(root, tree.path("root.json")).unwrap();
    run(&tree, "plugin push oci-layout:registry:1.0 hello.wasm").succeeds();
    let verify = |options: &str| run(&tree, &format!("plugin verify oci-layout:registry:1.0 {options}"));
    let who = "--identity a@example.com --issuer https://example.com";
    let ran = verify(&format!("{who} --trust-root root.json")).ends_with(1).prints("");
    assert!(ran.stderr.contains("may not run: it is not signed"), "{}", ran.stderr);
    for options in [who, "--identity a@example.com --trust-root root.json", "--trust-root root.json"] {
        let ran = verify(options).ends_with(2).prints("");
        assert!(ran.stderr.contains("required arguments were not provided"), "{options}: {}", ran.stderr);
    }
    let ran = verify(&format!("{who} --trust-root hello.wasm")).ends_with(2).prints("");
    assert!(ran.stderr.contains("hello.wasm"), "{}", ran.stderr);
}

#[test]
fn the_lock_file_pins_what_the_operators_file_names() {
    let tree = tree();
    let pushed = run(&tree, "plugin push oci-layout:registry:1.0 hello.wasm").succeeds();
    let reference = printed(&pushed);
    let digest = reference.split('@').nth(1).unwrap();
    tree.write("operator.yaml", "plugins:\n  hello:\n    artifact: oci-layout:registry:1.0\n");
    let lock = |options: &str| run(&tree, &format!("plugin lock --operator operator.yaml {options}"));
    lock("--check").ends_with(1).prints("missing   hello\n");
    assert!(!tree.path("oarlock.lock").exists());
    lock("").succeeds();
    let locked = std::fs::read_to_string(tree.path("oarlock.lock")).unwrap();
    assert!(locked.ends_with(&format!("registry:1.0@{digest}\n")), "{locked}");
    lock("--check").succeeds();
    assert!(run(&tree, RENDER).succeeds().stdout.contains("hello, boat"));

    // The tag goes on to something else, and what is pinned stays.
    run(&tree, "plugin push oci-layout:registry:1.0 hello.wasm --created 1700000000").succeeds();
    assert!(lock("").succeeds().stdout.starts_with("same      hello "));
    assert_eq!(std::fs::read_to_string(tree.path("oarlock.lock")).unwrap(), locked);
    assert!(lock("--update hello").succeeds().stdout.starts_with("locked    hello "));
    assert_ne!(std::fs::read_to_string(tree.path("oarlock.lock")).unwrap(), locked);
    assert!(run(&tree, RENDER).succeeds().stdout.contains("hello, boat"));
}

#[test]
fn a_render_asks_no_registry() {
    let tree = tree();
    // Nobody listens on port 1.
    let digest = "0".repeat(64);
    tree.write(
        "operator.yaml",
        format!("plugins:\n  hello:\n    artifact: oci://127.0.0.1:1/hello:1\n    digest: sha256:{digest}\n"),
    );
    let ran = run(&tree, RENDER).ends_with(2).prints("");
    assert!(ran.stderr.contains("is not on this machine, and nothing is fetched here"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("`oarlock plugin lock` fetches what the operator's file names"),
        "{}",
        ran.stderr
    );
}
