//! What patterns stand for, against what `doublestar` finds in the same directories.

use oarlock_plugin::MemoryHost;
use rstest::rstest;

use super::*;

const FILES: [&str; 14] = [
    ".hidden/h.yaml",
    "a.yaml",
    "d-x/a.yaml",
    "d/a.yaml",
    "d/b.yaml",
    "envs/a.yaml",
    "envs/nested/c.yaml",
    "envs/nested/x/nested/d.yaml",
    "envs/z.yaml",
    "prod/.b.yaml",
    "prod/[x].yaml",
    "prod/é.yaml",
    "prod/nested/c.txt",
    "prod/nested/c.yaml",
];

fn found(pattern: &str) -> Vec<String> {
    let host = MemoryHost::new(FILES.map(|path| (path, "")));
    expand(pattern, &host).unwrap().into_iter().map(|found| found.path).collect()
}

#[rstest]
// A directory's own files come before those of the directories in it.
#[case("envs/**/*.yaml", "envs/a.yaml envs/z.yaml envs/nested/c.yaml envs/nested/x/nested/d.yaml")]
#[case(
    "**/*.yaml",
    "a.yaml .hidden/h.yaml d/a.yaml d/b.yaml d-x/a.yaml envs/a.yaml envs/z.yaml envs/nested/c.yaml \
     envs/nested/x/nested/d.yaml prod/.b.yaml prod/[x].yaml prod/é.yaml prod/nested/c.yaml"
)]
#[case("**/nested/*.yaml", "envs/nested/c.yaml envs/nested/x/nested/d.yaml prod/nested/c.yaml")]
#[case(
    "**/nested/**/*.yaml",
    "envs/nested/c.yaml envs/nested/x/nested/d.yaml envs/nested/x/nested/d.yaml prod/nested/c.yaml"
)]
// At the end, `**` is everything below, directories too.
#[case(
    "envs/**",
    "envs envs/a.yaml envs/nested envs/nested/c.yaml envs/nested/x envs/nested/x/nested envs/nested/x/nested/d.yaml \
     envs/z.yaml"
)]
// It is one star where it is not alone between slashes.
#[case("envs/**.yaml", "envs/a.yaml envs/z.yaml")]
#[case("*/a.yaml", "d/a.yaml d-x/a.yaml envs/a.yaml")]
#[case("d?x/*", "d-x/a.yaml")]
#[case("prod/*.yaml", "prod/.b.yaml prod/[x].yaml prod/é.yaml")]
#[case("prod/?.yaml", "prod/é.yaml")]
#[case(r"prod/\[*.yaml", "prod/[x].yaml")]
#[case("d/[ab].yaml", "d/a.yaml d/b.yaml")]
#[case("d/[!a].yaml", "d/b.yaml")]
#[case("d/[^a].yaml", "d/b.yaml")]
#[case("d/[b-z].yaml", "d/b.yaml")]
#[case("d/[a-].yaml", "d/a.yaml")]
#[case("*/{z,a}.yaml", "d/a.yaml d-x/a.yaml envs/a.yaml envs/z.yaml")]
#[case("{prod,envs,envs}/*.yaml", "envs/a.yaml envs/z.yaml prod/.b.yaml prod/[x].yaml prod/é.yaml")]
#[case("**/{b,a}.yaml", "a.yaml d-x/a.yaml d/a.yaml d/b.yaml envs/a.yaml")]
#[case("{d,{envs,prod}/nested}/*.yaml", "d/a.yaml d/b.yaml envs/nested/c.yaml prod/nested/c.yaml")]
#[case("nope/**/*.yaml", "")]
#[case("a.yaml/*", "")]
fn patterns(#[case] pattern: &str, #[case] expected: &str) {
    assert_eq!(found(pattern), expected.split_whitespace().collect::<Vec<_>>());
}

#[rstest]
#[case("[")]
#[case("a[]b")]
#[case("a[!]")]
#[case("{a")]
#[case("a}")]
#[case("a\\")]
fn malformed_patterns(#[case] pattern: &str) {
    let host = MemoryHost::new(FILES.map(|path| (path, "")));
    assert_eq!(expand(pattern, &host).unwrap_err().message, format!("`{pattern}` is no pattern"));
}

#[test]
fn patterns_have_limits() {
    let host = MemoryHost::new(FILES.map(|path| (path, "")));
    let braces = "{a,b}".repeat(12);
    assert!(
        expand(&format!("*{braces}"), &host).unwrap_err().message.ends_with("more than 1000 alternatives")
    );
    let stars = format!("{}*.yaml", "**/".repeat(40));
    let message = expand(&stars, &host).unwrap_err().message;
    assert!(message.ends_with("more than 10000 directories"), "{message}");
}

#[test]
fn links_are_followed_and_lead_in_no_circle() {
    let tree = tempfile::tempdir().unwrap();
    let write = |path: &str| {
        let path = tree.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
    };
    let files = ["tree/values/a.yaml", "tree/values/sub/b.yaml", "tree/other/c.yaml", "secret/d.yaml"];
    files.into_iter().for_each(write);
    let link = |target: &str, path: &str| std::os::unix::fs::symlink(target, tree.path().join(path)).unwrap();
    link("../other", "tree/values/linked");
    link("..", "tree/values/sub/up");
    let host = oarlock_plugin::DirectoryHost::new(&tree.path().join("tree")).unwrap();
    let found = expand("values/**/*.yaml", &host).unwrap();
    let paths: Vec<&str> = found.iter().map(|found| found.path.as_str()).collect();
    assert_eq!(paths, ["values/a.yaml", "values/linked/c.yaml", "values/sub/b.yaml"]);
    link("../../secret", "tree/values/out");
    assert!(expand("values/**/*.yaml", &host).is_err());
}
