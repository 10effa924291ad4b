//! The cache of compiled code through the real binary: whatever state it is in, the same bytes come
//! out, and nothing is printed.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use oarlock_tests::{Run, Tree, guests};

/// A tree, and a small plugin, which is quick to compile.
fn tree() -> Tree {
    Tree::with(&[("app/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n")])
}

fn run(cache: &Path) -> Run {
    let plugin = format!("--plugin=hostile={}", guests::hostile().display());
    Run::new("render app --plugins hostile").arg(plugin).env("OARLOCK_CACHE_DIR", cache)
}

fn files(cache: &Path, extension: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(cache).into_iter().flatten().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
}

#[test]
fn cold_and_warm_give_the_same_bytes() {
    let tree = tree();
    let cache = tree.path("cache/deep");
    let cold = run(&cache).within(&tree).succeeds().stdout;
    assert_eq!((files(&cache, "code").len(), files(&cache, "sum").len()), (1, 1));
    assert_eq!(fs::metadata(&cache).unwrap().permissions().mode() & 0o777, 0o700);
    let written = fs::metadata(&files(&cache, "code")[0]).unwrap().modified().unwrap();
    run(&cache).within(&tree).succeeds().prints(&cold);
    let now = fs::metadata(&files(&cache, "code")[0]).unwrap().modified().unwrap();
    assert_eq!(now, written, "a warm run compiles nothing");
}

#[test]
fn what_is_damaged_is_compiled_again() {
    let tree = tree();
    let cache = tree.path("cache");
    let good = run(&cache).within(&tree).succeeds().stdout;
    let (code, sum) = (files(&cache, "code").remove(0), files(&cache, "sum").remove(0));
    let whole = fs::read(&code).unwrap();
    let mut bent = whole.clone();
    bent[whole.len() / 2] ^= 1;
    let damages: [(&str, &dyn Fn()); 6] = [
        ("cut", &|| fs::write(&code, &whole[..whole.len() / 2]).unwrap()),
        ("empty", &|| fs::write(&code, "").unwrap()),
        ("bent", &|| fs::write(&code, &bent).unwrap()),
        ("no checksum", &|| fs::remove_file(&sum).unwrap()),
        ("another checksum", &|| fs::write(&sum, [0; 16]).unwrap()),
        ("no code", &|| fs::remove_file(&code).unwrap()),
    ];
    for (name, damage) in damages {
        damage();
        run(&cache).within(&tree).succeeds().prints(&good);
        assert!(fs::read(&code).unwrap() == whole, "{name}: not replaced");
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_done_without() {
    let tree = tree();
    let good = run(&tree.path("cache")).within(&tree).succeeds().stdout;
    // Root may write anywhere, so the directory is made impossible rather than forbidden.
    tree.write("file", "");
    for place in ["file", "file/below", "/proc/nowhere", "/dev/null"] {
        run(&tree.path(place)).within(&tree).succeeds().prints(&good);
    }
    let cache = tree.path("read-only");
    fs::create_dir(&cache).unwrap();
    fs::set_permissions(&cache, Permissions::from_mode(0o500)).unwrap();
    run(&cache).within(&tree).succeeds().prints(&good);
}

#[test]
fn a_cache_that_others_can_write_to_is_not_trusted() {
    let tree = tree();
    let cache = tree.path("cache");
    let good = run(&cache).within(&tree).succeeds().stdout;
    let (code, sum) = (files(&cache, "code").remove(0), files(&cache, "sum").remove(0));
    let permit = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();

    permit(&cache, 0o777);
    let before = fs::read_dir(&cache).unwrap().count();
    run(&cache).within(&tree).succeeds().prints(&good);
    assert_eq!(fs::read_dir(&cache).unwrap().count(), before, "nothing is written to it either");

    permit(&cache, 0o700);
    permit(&code, 0o666);
    run(&cache).within(&tree).succeeds().prints(&good);
    assert_eq!(fs::metadata(&code).unwrap().permissions().mode() & 0o022, 0, "written anew");

    // A link to a directory that is fine in itself could be turned to another one at any time.
    let link = tree.path("link");
    std::os::unix::fs::symlink(&cache, &link).unwrap();
    fs::remove_file(&sum).unwrap();
    run(&link).within(&tree).succeeds().prints(&good);
    assert!(!sum.exists(), "nothing is written through a link");
}

#[test]
fn many_processes_fill_it_at_once() {
    let tree = tree();
    let good = run(&tree.path("other")).within(&tree).succeeds().stdout;
    let cache = tree.path("cache");
    let children: Vec<_> = (0..8)
        .map(|_| {
            let mut command = run(&cache).into_command();
            command.current_dir(tree.root()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in children {
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
        assert_eq!((String::from_utf8_lossy(&stdout).as_ref(), stderr.as_slice()), (good.as_str(), &b""[..]));
    }
    let left = fs::read_dir(&cache).unwrap().count();
    assert_eq!(left, 2, "one entry, and no temporary file");
    run(&cache).within(&tree).succeeds().prints(&good);
}

#[test]
fn it_lies_where_the_machine_keeps_caches_unless_told_otherwise() {
    let tree = tree();
    let plugin = format!("--plugin=hostile={}", guests::hostile().display());
    let with = |name: &str, value: &str| {
        let run = Run::new("render app --plugins hostile")
            .arg(&plugin)
            .env("OARLOCK_CACHE_DIR", tree.path("default"));
        let mut command = run.into_command();
        command.env_remove("OARLOCK_CACHE_DIR").env(name, value).current_dir(tree.root());
        assert!(command.output().unwrap().status.success());
    };
    let place = |name: &str| tree.path(name).display().to_string();
    with("XDG_CACHE_HOME", &place("xdg"));
    assert_eq!(files(&tree.path("xdg/oarlock"), "code").len(), 1);
    with("HOME", &place("home"));
    assert_eq!(files(&tree.path("home/.cache/oarlock"), "code").len(), 1);
    Run::new("render app --plugins hostile").arg(&plugin).arg("--cache-dir=flag").within(&tree).succeeds();
    assert_eq!(files(&tree.path("flag"), "code").len(), 1);
}
