//! The operator decides which plugins may run; a repository can only configure them.

use std::path::Path;

use oarlock_engine::source::Digest;
use oarlock_tests::{Ran, Run, Tree, guests};

/// A repository that brings a plugin of its own, and an operator's plugin outside of it.
fn tree() -> Tree {
    let tree = Tree::with(&[
        ("app/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"),
        ("app/kustomization.yaml", "resources:\n- a.yaml\n"),
    ])
    .file("plugins/hello.wasm", guests::HELLO);
    std::fs::write(tree.outside().join("hello.wasm"), guests::HELLO).unwrap();
    tree
}

/// Runs with an operator's file, which lies outside of the repository.
fn operated(tree: &Tree, operator: &str, arguments: &str) -> Ran {
    let file = tree.outside().join("operator.yaml");
    std::fs::write(&file, operator).unwrap();
    Run::new(arguments).env("OARLOCK_OPERATOR_CONFIG", file).within(tree)
}

const PLAIN: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";
const GREETED: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  annotations:\n    example.com/hello: hello, boat\n  name: a\n";
const GREET: &str = r#"render app --plugins directory,hello --config hello={"name":"boat"}"#;

fn digest() -> String {
    Digest::of(guests::HELLO).to_string()
}

#[test]
fn bundled_plugins_are_allowed_by_name() {
    let tree = tree();
    operated(&tree, "bundled: [directory]\n", "render app --plugins directory").succeeds().prints(PLAIN);
    let ran =
        operated(&tree, "bundled: [directory]\n", "render app --plugins kustomize").ends_with(2).prints("");
    ran.tells_one_error("error: there is no plugin `kustomize`");
    // A pipeline that nobody wrote leaves out what is not allowed.
    operated(&tree, "bundled: [kustomize, directory]\n", "render app").succeeds().prints(PLAIN);
    let listed = operated(&tree, "bundled: [vault]\n", "plugins").succeeds().stdout;
    let names: Vec<_> = listed.lines().skip(1).map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(names, ["vault"]);
    let ran = operated(&tree, "bundled: [volt]\n", "render app").ends_with(2);
    assert!(
        ran.stderr.contains("no plugin `volt` is bundled; there are kustomize, helm, directory"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_component_is_taken_from_a_file_beside_the_operators() {
    let tree = tree();
    let operator = format!("plugins:\n  hello: {{component: hello.wasm, digest: 'sha256:{}'}}\n", digest());
    operated(&tree, &operator, GREET).succeeds().prints(GREETED);
}

#[test]
fn what_is_neither_pinned_nor_signed_does_not_run() {
    let tree = tree();
    let operator = "plugins:\n  hello:\n    component: hello.wasm\n";
    let ran = operated(&tree, operator, GREET).ends_with(2).prints("");
    let file = tree.outside().join("hello.wasm");
    ran.tells_one_error(&format!(
        "error: cannot load plugin `hello`: {} is neither pinned to a digest nor to be signed by anyone",
        file.display()
    ));
    // A digest in the lock file pins it, for this source alone.
    let lock = |source: &str| {
        let text = format!("version: 1\nplugins:\n  hello: {source}@sha256:{}\n", digest());
        std::fs::write(tree.outside().join("oarlock.lock"), text).unwrap();
    };
    lock("hello.wasm");
    operated(&tree, operator, GREET).succeeds().prints(GREETED);
    lock("other.wasm");
    let ran = operated(&tree, operator, GREET).ends_with(2).prints("");
    assert!(ran.stderr.contains("oarlock.lock pins plugin `hello` from another source"), "{}", ran.stderr);
}

#[test]
fn a_directory_of_components_brings_plugins_by_their_names() {
    let tree = tree();
    std::fs::create_dir(tree.outside().join("plugins")).unwrap();
    std::fs::rename(tree.outside().join("hello.wasm"), tree.outside().join("plugins/hello.wasm")).unwrap();
    let operator = format!(
        "pluginDirectories: [plugins]\nplugins:\n  hello:\n    digest: sha256:{}\n    limits: {{memory: 64MiB}}\n",
        digest()
    );
    operated(&tree, &operator, GREET).succeeds().prints(GREETED);
    let absent = operator.replace("  hello:", "  gone:");
    let ran = operated(&tree, &absent, GREET).ends_with(2).prints("");
    assert!(ran.stderr.contains("plugin `gone` has neither `component` nor `artifact`"), "{}", ran.stderr);
}

#[test]
fn a_plugin_has_limits_of_its_own() {
    let tree = tree();
    let limited = |limits: &str| {
        let operator = format!(
            "plugins:\n  hello:\n    component: hello.wasm\n    digest: sha256:{}\n    limits: {{{limits}}}\n",
            digest()
        );
        operated(&tree, &operator, GREET)
    };
    limited("memory: 64MiB, deadlineSeconds: 5, output: 1MiB, stack: 512KiB, instances: 20")
        .succeeds()
        .prints(GREETED);
    for (limits, message) in [
        ("memory: 64KiB", "plugin `hello` went over its limit of 64 KiB of memory"),
        ("output: '16'", "plugin `hello` went over its limit of 16 bytes of output"),
        ("instances: 0", "plugin `hello` went over its limit of 0 core instances"),
    ] {
        let ran = limited(limits).ends_with(3).prints("");
        assert!(ran.stderr.contains(message), "{limits}: {}", ran.stderr);
        let setting = limits.split(':').next().unwrap();
        assert!(ran.stderr.contains(&format!("raise `plugins.hello.limits.{setting}`")), "{}", ran.stderr);
    }
    let ran = limited("stack: 2MiB").ends_with(2).prints("");
    assert!(ran.stderr.contains("`plugins.hello.limits.stack` is over 1 MiB"), "{}", ran.stderr);
}

#[test]
fn a_component_must_have_the_digest_that_the_operator_names() {
    let tree = tree();
    let operator =
        |digest: &str| format!("plugins:\n  hello:\n    component: hello.wasm\n    digest: {digest}\n");
    operated(&tree, &operator(&format!("sha256:{}", digest())), GREET).succeeds().prints(GREETED);
    operated(&tree, &operator(&digest().to_uppercase()), GREET).succeeds().prints(GREETED);
    let other = "0".repeat(64);
    let ran = operated(&tree, &operator(&format!("sha256:{other}")), GREET).ends_with(3).prints("");
    let file = tree.outside().join("hello.wasm");
    ran.tells_one_error(&format!(
        "error: cannot load plugin `hello`: {} has the digest sha256:{}, allowed is sha256:{other}",
        file.display(),
        digest()
    ));
    let ran = operated(&tree, &operator("sha256:123"), GREET).ends_with(2).prints("");
    assert!(
        ran.stderr.contains("`sha256:123` is no digest; write it as `sha256:` and 64 hexadecimal digits")
    );
}

#[test]
fn a_repository_brings_its_own_only_where_it_may() {
    let tree = tree();
    let project = |extra: &str| {
        format!(
            "pipeline: [directory, hello]\nplugins:\n  hello:\n    component: plugins/hello.wasm\n{extra}    config:\n      name: boat\n"
        )
    };
    tree.write("oarlock.yaml", project(""));
    let ran = Run::new("render app").within(&tree).ends_with(1).prints("");
    ran.tells_one_error("error: the repository brings plugin `hello`, which is not allowed");

    let allowed = "allowRepositoryPlugins: true\n";
    operated(&tree, allowed, "render app").succeeds().prints(GREETED);
    tree.write("oarlock.yaml", project(&format!("    digest: sha256:{}\n", digest())));
    operated(&tree, allowed, "render app").succeeds().prints(GREETED);
    tree.write("oarlock.yaml", project(&format!("    digest: sha256:{}\n", "0".repeat(64))));
    operated(&tree, allowed, "render app").ends_with(1).prints("").tells_one_error(&format!(
        "error: `plugins/hello.wasm` has the digest sha256:{}, wanted is sha256:{}",
        digest(),
        "0".repeat(64)
    ));
    tree.write("oarlock.yaml", project("").replace("plugins/hello.wasm", "../hello.wasm"));
    let ran = operated(&tree, allowed, "render app").ends_with(1).prints("");
    ran.tells_one_error("error: `../hello.wasm` climbs out of the repository");
}

#[test]
fn a_repository_cannot_take_the_name_of_a_plugin_that_is_there() {
    let tree = tree().file(
        "oarlock.yaml",
        "pipeline: [directory, vault]\nplugins:\n  vault:\n    component: plugins/hello.wasm\n    config:\n      name: boat\n",
    );
    // Not without leave, and with it the name is theirs: the operator trusts the repository then.
    Run::new("render app").within(&tree).ends_with(1).prints("");
}

#[test]
fn mistakes_in_the_operators_file_have_a_place() {
    let tree = tree();
    let file = tree.outside().join("operator.yaml");
    for (operator, message, place) in [
        ("limits:\n  memry: 1GiB\n", "unknown field `memry`, expected one of `memory`, ", "2:3"),
        ("limits:\n  memory: lots\n", "`limits.memory`: `lots` is no size; write it as `256MiB`", "2:3"),
        ("bundled: vault\n", "`bundled`: invalid type: string", "1:1"),
        ("bundled: [vault\n", "this `[` is never closed", "1:10"),
    ] {
        let ran = operated(&tree, operator, "render app").ends_with(2).prints("");
        let mut lines = ran.stderr.lines();
        assert!(
            lines.next().unwrap().starts_with(&format!("error: {message}")),
            "{operator}: {}",
            ran.stderr
        );
        assert_eq!(lines.next().unwrap(), format!(" --> {}:{place}", file.display()), "{operator}");
    }
    let ran = Run::new("render app --operator nowhere.yaml").within(&tree).ends_with(2).prints("");
    ran.tells("error: cannot read nowhere.yaml: No such file or directory (os error 2)\n");
}

#[test]
fn who_signs_is_a_key_or_an_identity() {
    let tree = tree();
    let file = tree.outside().join("operator.yaml");
    for (signer, place) in [
        ("{}", "3:5"),
        ("{identity: a@example.com}", "3:5"),
        ("{issuer: https://example.com}", "3:5"),
        ("{key: a.pub, identity: a@example.com, issuer: https://example.com}", "3:5"),
    ] {
        let operator = format!("trust:\n  signers:\n    release: {signer}\n");
        let ran = operated(&tree, &operator, "render app").ends_with(2).prints("");
        let place = format!(" --> {}:{place}", file.display());
        let message = "a signer has either `key`, or `identity` and `issuer`";
        assert!(ran.stderr.contains(message) && ran.stderr.contains(&place), "{signer}: {}", ran.stderr);
    }
    let alone = "trust:\n  signers:\n    release: {identity: a@example.com, issuer: https://example.com}\n";
    let ran = operated(&tree, alone, "render app").ends_with(2).prints("");
    ran.tells_one_error(
        "error: `trust.signers.release` is an identity, and there is no `trust.root` to verify it against",
    );
}

#[test]
fn a_file_may_be_signed_by_an_identity() {
    const IDENTITY: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
    const ISSUER: &str = "https://token.actions.githubusercontent.com";
    let tree = tree();
    // What is signed is no component, which is found out after it was verified.
    let sigstore = Path::new(env!("CARGO_MANIFEST_DIR")).join("sigstore");
    for (from, to) in [
        ("trusted_root.json", "trusted_root.json"),
        ("conformance/a.txt", "signed.wasm"),
        ("conformance/happy-path-v0.3/bundle.sigstore.json", "signed.wasm.sigstore.json"),
    ] {
        std::fs::copy(sigstore.join(from), tree.outside().join(to)).unwrap();
    }
    let render = |identity: &str, root: &str| {
        let operator = format!(
            "plugins: {{signed: {{component: signed.wasm}}}}\ntrust:\n  root: {root}\n  signers:\n    ci: {{identity: {identity}, issuer: {ISSUER}}}\n"
        );
        operated(&tree, &operator, "render app --plugins directory,signed").prints("")
    };
    let verified = render(IDENTITY, "trusted_root.json").ends_with(3);
    assert!(verified.stderr.contains("is no WebAssembly component"), "{}", verified.stderr);
    let other = render("a@example.com", "trusted_root.json").ends_with(2);
    assert!(other.stderr.contains("it has one signature, none by `ci`"), "{}", other.stderr);
    assert!(other.stderr.contains(&format!("it is by the identity `{IDENTITY}`")), "{}", other.stderr);
    let nowhere = render(IDENTITY, "nowhere.json").ends_with(2);
    assert!(
        nowhere.stderr.contains("cannot read") && nowhere.stderr.contains("nowhere.json"),
        "{}",
        nowhere.stderr
    );
    let wrong = render(IDENTITY, "operator.yaml").ends_with(2);
    assert!(wrong.stderr.contains("the trust root cannot be used: "), "{}", wrong.stderr);
}
