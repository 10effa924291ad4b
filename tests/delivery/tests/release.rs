//! What a release has, from a dry run, and that the commands of the install page install it.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use oarlock_delivery::{has_tools, repository, run, text, visibly};
use serde_json::Value;

/// A program in the place of `oarlock`, where that is not built: it packs and renders nothing.
const STANDIN: &str = r#"#!/bin/sh
case $1 in
    reference) mkdir -p "$2/man" "$2/completions" && echo .TH >"$2/man/oarlock.1" && echo >"$2/completions/oarlock.bash" ;;
    *) echo oarlock ;;
esac
"#;

/// The binary that was built beside this test, and whether it is one.
fn binary(scratch: &Path) -> (PathBuf, bool) {
    let test = std::env::current_exe().unwrap();
    let built = std::env::var_os("OARLOCK_BIN")
        .map_or_else(|| test.ancestors().nth(2).unwrap().join("oarlock"), PathBuf::from);
    if built.is_file() {
        return (built, true);
    }
    visibly("no `oarlock` is built here: a release is packed with a stand-in, and renders nothing");
    let path = scratch.join("standin");
    fs::write(&path, STANDIN).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    (path, false)
}

fn xtask(arguments: &[&str], binary: &Path) -> (i32, String, String) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["run", "--quiet", "--package", "xtask", "--", "release"]).args(arguments).arg(binary);
    run(command.current_dir(repository()))
}

fn version() -> String {
    let manifest = text("Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'));
    version.unwrap().to_owned()
}

/// The first block of shell below a heading of a page.
fn block(page: &str, heading: &str) -> String {
    let page = text(page);
    let section = page.split_once(&format!("\n## {heading}\n")).unwrap().1;
    let block = section.split_once("```sh\n").unwrap().1;
    block.split_once("```").unwrap().0.to_owned()
}

#[test]
fn a_dry_run_makes_what_the_install_page_installs() {
    if !has_tools(&["curl", "sha256sum", "tar"], "a release is not installed") {
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let (binary, is_real) = binary(scratch.path());
    let (code, out, err) = xtask(&["--dry-run", "--binary"], &binary);
    assert_eq!(code, 0, "{err}");
    let made = PathBuf::from(out.trim());
    assert!(made.ends_with("release-dry-run"), "{out}");
    let names: BTreeSet<String> =
        fs::read_dir(&made).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let archive = names.iter().find(|name| name.ends_with(".tar.gz")).unwrap();
    let stem = archive.strip_suffix(".tar.gz").unwrap();
    let version = version();
    let target = stem.strip_prefix(&format!("oarlock-v{version}-")).unwrap();
    let expected =
        [archive.clone(), format!("{stem}.spdx.json"), "SHA256SUMS".to_owned(), "notes.md".to_owned()];
    assert_eq!(names, expected.into_iter().collect());
    assert!(!fs::read_to_string(made.join("notes.md")).unwrap().is_empty());

    // The same files give the same archive.
    let bytes = fs::read(made.join(archive)).unwrap();
    let (code, _, err) = xtask(&["--dry-run", "--binary"], &binary);
    assert_eq!(code, 0, "{err}");
    assert!(bytes == fs::read(made.join(archive)).unwrap(), "two archives differ");

    // By the page's commands, in an empty home and an empty directory.
    let releases = scratch.path().join(format!("releases/v{version}"));
    fs::create_dir_all(releases.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(&made, &releases).unwrap();
    let script = block("docs/install.md", "From an archive");
    let ours = format!("version={version} target={target}\n");
    let (first, rest) = script.split_once('\n').unwrap();
    assert!(first.starts_with("version=") && first.contains(" target="), "{first}");
    let github = "https://github.com/oarlock/oarlock/releases/download";
    assert!(rest.contains(github), "{rest}");
    let script = format!(
        "set -e\n{ours}{}",
        rest.replace(github, &format!("file://{}/releases", scratch.path().display()))
    );
    let (home, empty) = (scratch.path().join("home"), scratch.path().join("empty"));
    fs::create_dir(&home).unwrap();
    fs::create_dir(&empty).unwrap();
    let shell = |script: &str| {
        let mut shell = Command::new("sh");
        let path = std::env::var_os("PATH").unwrap();
        run(shell.args(["-c", script]).env_clear().env("PATH", path).env("HOME", &home).current_dir(&empty))
    };
    let (code, _, err) = shell(&script);
    assert_eq!(code, 0, "{err}");
    let installed = home.join(".local/bin/oarlock");
    assert_eq!(fs::metadata(&installed).unwrap().permissions().mode() & 0o777, 0o755);
    assert!(home.join(".local/share/man/man1/oarlock.1").is_file());
    assert!(home.join(".local/share/bash-completion/completions/oarlock").is_file());
    for script in ["install.sh", "diff.sh", "render.sh", "gitlab-comment.sh"] {
        let bits = fs::metadata(empty.join(stem).join("ci").join(script)).unwrap().permissions().mode();
        assert_eq!(bits & 0o111, 0o111, "{script}");
    }
    if is_real {
        assert!(home.join(".local/share/man/man1/oarlock-compare.1").is_file());
        let example = repository().join("examples/gitops/components/ua/users-v2/overlays/prod");
        let (code, out, err) = run(Command::new(&installed).arg("render").arg(&example).current_dir(&empty));
        assert_eq!(code, 0, "{err}");
        assert!(out.contains("kind: Deployment"), "{out}");
    }
    // And away again.
    let (code, _, err) = shell(&block("docs/install.md", "Uninstall"));
    assert_eq!(code, 0, "{err}");
    assert!(!installed.exists() && !home.join(".local/share/man/man1/oarlock.1").exists());

    // What is damaged is not installed.
    let sums = fs::read_to_string(made.join("SHA256SUMS")).unwrap();
    fs::write(made.join("SHA256SUMS"), sums.replace(|c: char| c.is_ascii_digit(), "0")).unwrap();
    assert_ne!(shell(&script).0, 0);
    assert!(!installed.exists());
    fs::write(made.join("SHA256SUMS"), sums).unwrap();

    bill(&fs::read_to_string(made.join(format!("{stem}.spdx.json"))).unwrap());
}

/// A bill of materials that names what is in the binary, with licences and checksums.
fn bill(text: &str) {
    let bill: Value = serde_json::from_str(text).unwrap();
    assert_eq!(
        (&bill["spdxVersion"], &bill["dataLicense"]),
        (&Value::from("SPDX-2.3"), &Value::from("CC0-1.0"))
    );
    let packages = bill["packages"].as_array().unwrap();
    let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
    for package in packages {
        let name = package["name"].as_str().unwrap();
        names.insert(name);
        assert!(ids.insert(package["SPDXID"].as_str().unwrap()), "{package}");
        assert_ne!(package["licenseDeclared"], "NOASSERTION", "{name}");
        if package["downloadLocation"] != "NOASSERTION" {
            assert_eq!(package["checksums"][0]["checksumValue"].as_str().unwrap().len(), 64, "{name}");
        }
    }
    for name in ["oarlock", "oarlock-helm", "wasmtime", "clap", "tokio"] {
        assert!(names.contains(name), "{name}");
    }
    for name in ["proptest", "trycmd", "cc"] {
        assert!(!names.contains(name), "{name} is in no binary");
    }
    for relation in bill["relationships"].as_array().unwrap() {
        let from = relation["spdxElementId"].as_str().unwrap();
        assert!(from == "SPDXRef-DOCUMENT" || ids.contains(from), "{relation}");
        assert!(ids.contains(relation["relatedSpdxElement"].as_str().unwrap()), "{relation}");
    }
}

#[test]
fn what_is_named_by_version_names_this_one() {
    let version = version();
    for (file, expected) in [
        ("deploy/kustomize/repo-server.yaml", format!("image: oarlock:{version}")),
        ("deploy/helm/values.yaml", format!("oarlock:{version}")),
        ("docs/install.md", format!("version={version} ")),
        ("docs/install.md", format!("ghcr.io/oarlock/oarlock:{version}")),
    ] {
        assert!(text(file).contains(&expected), "{file} does not name {expected}");
    }
}

#[test]
fn the_root_file_system_of_the_image_holds_one_program() {
    // The binary that the test runs in its place prints what it can see.
    let (_, user, _) = run(Command::new("id").arg("-u"));
    if user.trim() != "0"
        || !has_tools(&["chroot", "unshare", "ldd"], "the image's root file system is not made")
    {
        visibly("not root: the image's root file system is not made");
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("root");
    let script = repository().join("deploy/image/rootfs.sh");
    let (code, _, err) = run(Command::new(&script).arg("/usr/bin/id").arg(&root));
    assert_eq!(code, 0, "{err}");
    let mut programs = Vec::new();
    for directory in ["bin", "sbin", "usr/bin", "usr/sbin", "usr/local/bin"] {
        if let Ok(entries) = fs::read_dir(root.join(directory)) {
            programs.extend(entries.map(|entry| entry.unwrap().file_name()));
        }
    }
    assert_eq!(programs, ["oarlock"]);
    let (code, out, err) =
        run(Command::new("chroot").arg("--userspec=999:999").arg(&root).arg("/usr/local/bin/oarlock"));
    assert_eq!(code, 0, "{err}");
    assert!(out.starts_with("uid=999(argocd) gid=999(argocd)"), "{out}");
    let cache = fs::metadata(root.join("var/cache/oarlock")).unwrap();
    assert_eq!(cache.permissions().mode() & 0o777, 0o700);
    // It is made once: what an earlier build left over is not shipped.
    assert_ne!(run(Command::new(&script).arg("/usr/bin/id").arg(&root)).0, 0);
}

#[test]
fn the_image_is_what_its_file_says() {
    let file = text("deploy/Dockerfile");
    let last = file.rsplit("\nFROM ").next().unwrap();
    assert!(last.starts_with("scratch\n"), "{last}");
    for line in ["USER 999:999", "ENTRYPOINT [\"/usr/local/bin/oarlock\"]", "COPY --from=build /rootfs /"] {
        assert!(last.lines().any(|found| found == line), "{line}");
    }
    for label in ["title", "source", "licenses", "version", "revision"] {
        assert!(last.contains(&format!("org.opencontainers.image.{label}=")), "{label}");
    }
    let ignored = text(".dockerignore");
    assert!(ignored.lines().any(|line| line == "**/target") && ignored.lines().any(|line| line == ".git"));
    // What the build needs is in its context.
    for needed in
        ["Cargo.lock", "ci", "deploy", "host", "lib", "plugins", "wit", "xtask", "LICENSE", "README.md"]
    {
        assert!(!ignored.lines().any(|line| line == needed), "{needed}");
    }
}
