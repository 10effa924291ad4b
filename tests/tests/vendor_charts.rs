//! `oarlock vendor` and charts: fetched from a repository and a registry on this machine, pinned,
//! and rendered.

use oarlock_engine::source::Digest;
use oarlock_tests::publisher::{Publisher, package};
use oarlock_tests::{Ran, Run, Tree};
use serde_json::Value;

/// A chart that depends on `redis`.
fn umbrella(repository: &str, version: &str) -> Tree {
    let chart = format!(
        "apiVersion: v2\nname: umbrella\nversion: 1.0.0\ndependencies:\n- name: redis\n  version: {version}\n  repository: {repository}\n"
    );
    Tree::with(&[("app/Chart.yaml", &chart), ("app/values.yaml", "redis:\n  size: large\n")])
}

fn vendor(arguments: &str, tree: &Tree) -> Ran {
    Run::new(&format!("vendor . --root=. --output=json {arguments}")).within(tree)
}

/// State, place and lock of the one chart that is needed.
fn told(ran: &Ran) -> (String, String, String) {
    let needs: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(needs.as_array().map(Vec::len), Some(1), "{needs}");
    let text = |key: &str| needs[0][key].as_str().unwrap_or_default().to_owned();
    (text("state"), text("place"), text("commit"))
}

fn published(versions: &[&str]) -> Publisher {
    let publisher = Publisher::new();
    let packages: Vec<_> = versions.iter().map(|version| package("redis", version, &[])).collect();
    let charts: Vec<_> =
        versions.iter().zip(&packages).map(|(version, archive)| (*version, archive.as_slice())).collect();
    let with_digests: Vec<_> =
        charts.iter().map(|(version, archive)| (*version, *archive, Digest::of(archive))).collect();
    publisher.publish("redis", &with_digests);
    publisher.push("redis", &charts);
    publisher
}

#[test]
fn charts_are_fetched_pinned_and_rendered() {
    let publisher = published(&["1.2.0", "1.10.0+build.5", "2.0.0"]);
    for repository in [publisher.repository(), publisher.registry()] {
        let tree = umbrella(&repository, "1.x");
        let ran = Run::new("render app --root=.").within(&tree).ends_with(1);
        assert!(ran.stderr.contains("`oarlock vendor --fetch app`"), "{}", ran.stderr);

        let ran = vendor("--check", &tree).ends_with(1);
        assert_eq!(told(&ran).0, "missing");
        assert!(ran.stdout.contains("\"app/Chart.yaml:7\""), "{}", ran.stdout);
        assert!(ran.stdout.contains("helm pull "), "{}", ran.stdout);

        let (state, place, lock) = told(&vendor("--fetch", &tree).ends_with(0).tells(""));
        assert_eq!(state, "fetched");
        assert!(place.ends_with("/redis-1.x/redis"), "{place}");
        let archive = package("redis", "1.10.0+build.5", &[]);
        assert_eq!(lock, format!("1.10.0+build.5 sha256:{}", Digest::of(&archive)));

        let rendered = Run::new("render app --root=. --plugins helm").within(&tree).succeeds().stdout;
        assert!(
            rendered.contains("size: large") && rendered.contains("version: 1.10.0+build.5"),
            "{rendered}"
        );
        // A chart of the repository's own is no different.
        let beside = umbrella(&repository, "1.x");
        beside.write("app/charts/redis-1.10.0.tgz", &archive);
        assert_eq!(
            Run::new("render app --root=. --plugins helm").within(&beside).succeeds().stdout,
            rendered
        );
        vendor("--check", &tree).ends_with(0);
    }
}

#[test]
fn what_is_pinned_is_fetched_again_as_it_was() {
    let publisher = published(&["1.2.0"]);
    let tree = umbrella(&publisher.repository(), "1.x");
    let (_, place, lock) = told(&vendor("--fetch", &tree).ends_with(0));
    assert!(lock.starts_with("1.2.0 "));

    // A newer version is out; the lock holds.
    let (old, new) = (package("redis", "1.2.0", &[]), package("redis", "1.3.0", &[]));
    publisher.publish("redis", &[("1.2.0", &old, Digest::of(&old)), ("1.3.0", &new, Digest::of(&new))]);
    std::fs::remove_dir_all(tree.path(&place)).unwrap();
    assert_eq!(told(&vendor("--fetch", &tree).ends_with(0)).2, lock);

    // The same version with another content is refused, and nothing is left of it.
    let forged = package("redis", "1.2.0", &[("redis/templates/b.yaml", "kind: Forged\n")]);
    publisher.publish("redis", &[("1.2.0", &forged, Digest::of(&forged))]);
    std::fs::remove_dir_all(tree.path(&place)).unwrap();
    let ran = vendor("--fetch", &tree).ends_with(1);
    assert!(ran.stderr.contains("is no longer what oarlock.lock pins"), "{}", ran.stderr);
    assert!(!tree.path(&place).exists());
}

#[test]
fn what_is_wrong_with_a_publisher_is_told() {
    let good = package("redis", "1.0.0", &[]);
    let climbing = package("redis", "1.0.0", &[("redis/../../../evil", "x")]);
    let other = package("valkey", "1.0.0", &[]);
    let cases: [(&str, &[u8], Digest, &str, &str); 5] = [
        ("1.0.0", &good, Digest::of(b"other"), "1.x", "is not the one whose digest"),
        ("1.0.0", &good, Digest::of(&good), "2.x", "has no version `2.x` of the chart `redis`"),
        ("1.0.0", &climbing, Digest::of(&climbing), "1.x", "cannot be unpacked"),
        ("1.0.0", &other, Digest::of(&other), "1.x", "the archive holds no `redis/Chart.yaml`"),
        ("1.0.0", b"no archive", Digest::of(b"no archive"), "1.x", "cannot be unpacked"),
    ];
    for (version, archive, digest, wanted, message) in cases {
        let publisher = Publisher::new();
        publisher.publish("redis", &[(version, archive, digest)]);
        let tree = umbrella(&publisher.repository(), wanted);
        let ran = vendor("--fetch", &tree).ends_with(1);
        assert!(ran.stderr.contains(message), "{message}: {}", ran.stderr);
        assert!(!tree.path("oarlock.lock").exists(), "{message}");
        assert!(!tree.root().parent().unwrap().join("evil").exists());
    }
    let tree = umbrella(&Publisher::new().registry(), "1.x");
    let ran = vendor("--fetch", &tree).ends_with(1);
    assert!(ran.stderr.contains("status 404"), "{}", ran.stderr);
}

#[test]
fn charts_of_kustomizations_are_fetched_too() {
    let publisher = published(&["1.2.0"]);
    let kustomization = format!(
        "helmCharts:\n- name: redis\n  repo: {}\n  version: 1.2.0\n  releaseName: cache\n  valuesInline:\n    size: large\n",
        publisher.repository()
    );
    let config = "plugins:\n  kustomize:\n    config:\n      enableHelm: true\n";
    let tree = Tree::with(&[("app/kustomization.yaml", &kustomization), ("oarlock.yaml", config)]);
    let (state, place, _) = told(&vendor("--fetch", &tree).ends_with(0).tells(""));
    assert_eq!((state.as_str(), place.ends_with("/redis-1.2.0/redis")), ("fetched", true));
    let rendered = Run::new("render app --root=. --plugins kustomize").within(&tree).succeeds().stdout;
    assert!(rendered.contains("size: large") && rendered.contains("version: 1.2.0"), "{rendered}");
}
