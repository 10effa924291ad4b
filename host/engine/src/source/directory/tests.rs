use std::os::unix::fs::symlink;

use super::*;

fn tree() -> (tempfile::TempDir, Directory) {
    let outer = tempfile::tempdir().unwrap();
    let root = outer.path().join("repo");
    fs::create_dir_all(root.join("a/b")).unwrap();
    fs::write(root.join("a/file.yaml"), "kind: Pod").unwrap();
    fs::write(outer.path().join("secret"), "secret").unwrap();
    symlink("../a/file.yaml", root.join("a/inside")).unwrap();
    symlink("../../secret", root.join("a/outside")).unwrap();
    symlink("/etc/hostname-that-is-not-there", root.join("a/dangling-outside")).unwrap();
    symlink("nowhere", root.join("a/dangling")).unwrap();
    symlink("loop", root.join("a/loop")).unwrap();
    symlink("..", root.join("a/b/up")).unwrap();
    let directory = Directory::open(&root).unwrap();
    (outer, directory)
}

#[test]
fn follows_links_inside_the_tree() {
    let (_outer, tree) = tree();
    assert_eq!(tree.read("a/b/up/inside").unwrap(), b"kind: Pod");
    let metadata = tree.stat("a/b/up/inside").unwrap();
    assert_eq!((metadata.path.as_str(), metadata.size), ("a/file.yaml", 9));
}

#[test]
fn refuses_what_leads_out() {
    let (_outer, tree) = tree();
    for path in ["../secret", "/etc/passwd", "a/../../secret", "a/outside", "a/dangling-outside", "a/loop"] {
        let error = tree.read(path).unwrap_err();
        assert!(
            matches!(&error, ReadError::Refused(sentence) if sentence.contains(path)),
            "{path}: {error:?}"
        );
    }
}

#[test]
fn tells_absent_from_refused() {
    let (_outer, tree) = tree();
    for path in ["nothing", "a/dangling", "a/file.yaml/below"] {
        assert_eq!(tree.read(path), Err(ReadError::NotFound), "{path}");
    }
    assert_eq!(tree.read("a"), Err(ReadError::WrongKind(Kind::Directory)));
    assert_eq!(tree.list("a/file.yaml"), Err(ReadError::WrongKind(Kind::File)));
}

#[test]
fn lists_what_can_be_read() {
    let (_outer, tree) = tree();
    let mut names: Vec<_> = tree.list("a").unwrap().entries.into_iter().map(|entry| entry.name).collect();
    names.sort();
    assert_eq!(names, ["b", "file.yaml", "inside"]);
}

#[test]
fn reports_names_that_are_not_utf8() {
    use std::os::unix::ffi::OsStrExt;
    let (_outer, tree) = tree();
    fs::write(tree.root().join(std::ffi::OsStr::from_bytes(b"bad\xff")), "").unwrap();
    let told = tree.list(".").unwrap().left_out.summary(".").unwrap();
    assert_eq!(told.message, "`bad\u{fffd}` is left out, since its name is not UTF-8");
}

#[test]
fn refuses_what_is_no_file() {
    let (_outer, tree) = tree();
    let _socket = std::os::unix::net::UnixListener::bind(tree.root().join("socket")).unwrap();
    assert!(matches!(tree.read("socket"), Err(ReadError::Refused(_))));
    assert!(tree.list(".").unwrap().entries.iter().all(|entry| entry.name != "socket"));
}

/// Exchanges two names, one after the other where that is not possible at once.
fn exchange(root: &Path, one: &str, other: &str) {
    #[cfg(target_os = "linux")]
    {
        let root = fs::File::open(root).unwrap();
        let flags = rustix::fs::RenameFlags::EXCHANGE;
        if rustix::fs::renameat_with(&root, one, &root, other, flags).is_ok() {
            return;
        }
    }
    let aside = format!("{one}-aside");
    for (from, to) in [(one, aside.as_str()), (other, one), (aside.as_str(), other)] {
        fs::rename(root.join(from), root.join(to)).unwrap();
    }
}

/// Reads a tree in which directories and files turn into links to the outside and back, so many
/// times in each way, and tells what came from outside.
fn attack(tree: &Directory, attempts: u32) -> Vec<String> {
    let ended = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|threads| {
        for (one, other) in [("app", "link-to-app"), ("top.yaml", "link-to-top")] {
            let ended = &ended;
            threads.spawn(move || {
                while !ended.load(std::sync::atomic::Ordering::Relaxed) {
                    exchange(tree.root(), one, other);
                }
            });
        }
        let mut leaks = Vec::new();
        for _ in 0..attempts {
            for path in ["app/a.yaml", "app/deep/a.yaml", "top.yaml", "in/a.yaml", "in-top"] {
                match tree.read(path) {
                    Ok(content) if content != b"inside" => leaks.push(format!("content of {path}")),
                    _ => {}
                }
                match tree.stat(path) {
                    Ok(found) if found.size != 6 => leaks.push(format!("size of {path}")),
                    _ => {}
                }
            }
            for path in ["app", "app/deep", "in", "."] {
                let names = tree.list(path).map(|listing| listing.entries).unwrap_or_default();
                if names.iter().any(|entry| entry.name == "secret") {
                    leaks.push(format!("names of {path}"));
                }
            }
        }
        ended.store(true, std::sync::atomic::Ordering::Relaxed);
        leaks
    })
}

/// A directory for [`attack`], beside one with what must not be read.
fn attacked() -> tempfile::TempDir {
    let outer = tempfile::tempdir().unwrap();
    for (directory, content) in [("tree/app", "inside"), ("outside", "outside of it")] {
        let directory = outer.path().join(directory);
        fs::create_dir_all(directory.join("deep")).unwrap();
        fs::write(directory.join("a.yaml"), content).unwrap();
        fs::write(directory.join("deep/a.yaml"), content).unwrap();
    }
    for secret in ["secret", "deep/secret"] {
        fs::write(outer.path().join("outside").join(secret), "outside of it").unwrap();
    }
    let root = outer.path().join("tree");
    fs::write(root.join("top.yaml"), "inside").unwrap();
    for (link, target) in [
        ("link-to-app", "../outside"),
        ("link-to-top", "../outside/a.yaml"),
        ("in", "app/deep"),
        ("in-top", "top.yaml"),
    ] {
        symlink(target, root.join(link)).unwrap();
    }
    outer
}

#[test]
fn a_tree_that_changes_is_never_read_outside() {
    let outer = attacked();
    let tree = Directory::open(&outer.path().join("tree")).unwrap();
    assert_eq!(attack(&tree, 2_000), [""; 0]);
}

#[cfg(target_os = "linux")]
#[test]
fn neither_is_it_where_the_kernel_does_not_walk_paths() {
    let outer = attacked();
    let Directory { root, beneath } = Directory::open(&outer.path().join("tree")).unwrap();
    assert_eq!(attack(&Directory { root, beneath: beneath.part_by_part() }, 2_000), [""; 0]);
}

/// What a tree answers to every question about some paths.
#[cfg(target_os = "linux")]
fn answers(tree: &Directory) -> Vec<String> {
    let paths = [
        ".",
        "a",
        "a/b",
        "a/file.yaml",
        "a/file.yaml/below",
        "a/inside",
        "a/inside/below",
        "a/outside",
        "a/dangling",
        "a/dangling-outside",
        "a/loop",
        "a/b/up",
        "a/b/up/b/up/inside",
        "nothing",
        "nothing/below",
        "socket",
        "a/other-socket",
    ];
    let answer = |path: &&str| {
        let mut listing = tree.list(path).map(|listing| listing.entries);
        if let Ok(entries) = &mut listing {
            entries.sort();
        }
        format!("{path}: {:?} {:?} {listing:?}", tree.read(path), tree.stat(path))
    };
    paths.iter().map(answer).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn a_walk_part_by_part_gives_the_same() {
    let (_outer, tree) = tree();
    let _socket = std::os::unix::net::UnixListener::bind(tree.root().join("socket")).unwrap();
    symlink("../socket", tree.root().join("a/other-socket")).unwrap();
    let whole = answers(&tree);
    let Directory { root, beneath } = tree;
    assert_eq!(answers(&Directory { root, beneath: beneath.part_by_part() }), whole);
}

#[test]
fn what_leads_out_is_refused_even_if_it_comes_back() {
    let (_outer, tree) = tree();
    symlink("../../repo/a/file.yaml", tree.root().join("a/and-back")).unwrap();
    symlink(tree.root().join("a/file.yaml"), tree.root().join("absolute")).unwrap();
    assert!(matches!(tree.read("a/and-back"), Err(ReadError::Refused(_))));
    assert_eq!(tree.read("absolute").unwrap(), b"kind: Pod");
    assert!(tree.list("a").unwrap().entries.iter().all(|entry| entry.name != "and-back"));
}

#[test]
fn links_on_the_way_are_recorded() {
    let (_outer, tree) = tree();
    let links: Vec<String> = tree
        .links_on(&TreePath::new("a/b/up/inside").unwrap())
        .into_iter()
        .map(|hop| format!("{} → {}", hop.link, hop.target))
        .collect();
    assert_eq!(links, ["a/b/up → ..", "a/inside → ../a/file.yaml"]);
}
