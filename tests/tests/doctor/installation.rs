//! What it says of an installation.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use oarlock_tests::argocd::Server;
use oarlock_tests::{Run, cache_dir};

use super::gitops;

#[test]
fn an_installation_that_is_well() {
    let server = Server::start("");
    let directory = server.socket().parent().unwrap().to_owned();
    let tree = gitops();
    let ran = Run::new("doctor --socket-dir").arg(&directory).within(&tree).succeeds();
    let text = ran.stdout.replace(&directory.display().to_string(), "<SOCKETS>");
    let text = text.replace(&cache_dir().display().to_string(), "<CACHE>");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.iter().all(|line| line.starts_with("ok    ")), "{text}");
    let code = if oarlock_precompiled::PRECOMPILED.is_empty() {
        "from the cache of compiled code".to_owned()
    } else {
        format!("precompiled for {}", oarlock_engine::sandbox::BASELINE)
    };
    for line in [
        "ok    socket oarlock.sock: a server listens",
        "ok    operator's file: none is named, so the defaults hold",
        &format!("ok    plugin kustomize: 0.1.0 loads, {code}"),
        "ok    oarlock.yaml: 1 file of <ROOT> can be used",
    ] {
        assert!(lines.contains(&line), "{line}\nis not in\n{text}");
    }
    assert!(text.contains("ok    directory of sockets: <SOCKETS> is writable for user "), "{text}");
    assert!(text.contains("ok    compiled code: <CACHE> "), "{text}");
    // One that ended without a word leaves its socket behind.
    let socket = server.socket();
    drop(server.end());
    assert!(!socket.exists());
}

#[test]
fn an_installation_that_is_not_well() {
    let tree = gitops();
    let outside = |name: &str| tree.outside().join(name);
    fs::write(outside("operator.yaml"), "limits:\n  deadlineSecond: 1\n").unwrap();
    let ran = Run::new("doctor --operator").arg("../operator.yaml").within(&tree).ends_with(1).tells("");
    assert!(ran.stdout.contains("fail  operator's file: unknown field `deadlineSecond`"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("(../operator.yaml:2:3)\n      = help: did you mean `deadlineSeconds`?\n"),
        "{}",
        ran.stdout
    );
    let ran = Run::new("doctor --operator gone.yaml").within(&tree).ends_with(1);
    assert!(ran.stdout.contains("fail  operator's file: cannot read gone.yaml"), "{}", ran.stdout);

    let digest = "0".repeat(64);
    fs::write(outside("hello.wasm"), oarlock_tests::guests::HELLO).unwrap();
    let hello = format!("  hello: {{component: hello.wasm, digest: 'sha256:{digest}'}}\n");
    let operator = format!("bundled: []\nplugins:\n{hello}  gone: {{component: gone.wasm}}\n");
    fs::write(outside("operator.yaml"), operator).unwrap();
    let ran = Run::new("doctor --operator ../operator.yaml").within(&tree).ends_with(1);
    assert!(
        ran.stdout.contains("fail  plugin hello: ") && ran.stdout.contains("allowed is sha256:0000"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("fail  plugin gone: "), "{}", ran.stdout);
    assert!(ran.stdout.contains("fail  oarlock.yaml: there is no plugin `sync-wave`"), "{}", ran.stdout);

    tree.write("apps/oarlock.yaml", "pipline: []\n");
    tree.write("mixins/oarlock.yaml", "");
    tree.write("mixins/oarlock.yml", "");
    let ran = Run::new("doctor").within(&tree).ends_with(1);
    assert!(ran.stdout.contains("fail  oarlock.yaml: unknown field `pipline`"), "{}", ran.stdout);
    assert!(ran.stdout.contains("(apps/oarlock.yaml:1:1)\n"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("warn  oarlock.yaml: `mixins` has both oarlock.yaml and oarlock.yml"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("ok    oarlock.yaml: 1 file of <ROOT>"), "{}", ran.stdout);
}

#[test]
fn directories_that_cannot_be_used() {
    let tree = gitops();
    let cache = tree.outside().join("cache");
    fs::create_dir(&cache).unwrap();
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o777)).unwrap();
    fs::write(tree.outside().join("operator.yaml"), "bundled: []\n").unwrap();
    let run = |arguments: &str| {
        Run::new("doctor --operator ../operator.yaml")
            .env("ARGOCD_PLUGINSOCKFILEPATH", arguments)
            .arg("--cache-dir")
            .arg(&cache)
            .within(&tree)
    };
    let ran = run("../nowhere").ends_with(1);
    assert!(ran.stdout.contains("fail  directory of sockets: ../nowhere: No such file"), "{}", ran.stdout);
    assert!(ran.stdout.contains("with mode 0777, so others could put code there"), "{}", ran.stdout);
    let ran = run("oarlock.yaml").ends_with(1);
    assert!(
        ran.stdout.contains("fail  directory of sockets: oarlock.yaml is no directory"),
        "{}",
        ran.stdout
    );
    // Sockets: none, one left behind, no socket.
    fs::create_dir(tree.outside().join("sockets")).unwrap();
    let socket = tree.outside().join("sockets/oarlock.sock");
    assert!(run("../sockets").stdout.contains("warn  socket oarlock.sock: is not there"));
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    assert!(run("../sockets").stdout.contains("warn  socket oarlock.sock: was left behind"));
    fs::remove_file(&socket).unwrap();
    fs::write(&socket, "").unwrap();
    assert!(
        run("../sockets")
            .ends_with(1)
            .stdout
            .contains("fail  socket oarlock.sock: is there and is no socket")
    );
}
