//! Which Applications a change affects: `oarlock affected`, compared with both sides rendered
//! whole.

use std::collections::{BTreeMap, BTreeSet};

use oarlock_tests::fleet::application;
use oarlock_tests::{Run, Tree, visibly};
use serde_json::{Value, json};

use super::diff::{Repository, config_map, fleet, names};

#[test]
fn annotations_are_written_as_what_is_read_has_them() {
    let Some(repository) = Repository::of(fleet()) else { return };
    let before = repository.0.files("apps");
    let ran = repository.run("affected --write-annotations").ends_with(0);
    assert!(ran.stderr.contains("wrote apps/web.yaml"), "{}", ran.stderr);
    let web = std::fs::read_to_string(repository.0.path("apps/web.yaml")).unwrap();
    assert!(web.contains("argocd.argoproj.io/manifest-generate-paths: .;/base"), "{web}");
    let plain = std::fs::read_to_string(repository.0.path("apps/plain.yaml")).unwrap();
    assert!(plain.contains("argocd.argoproj.io/manifest-generate-paths: ."), "{plain}");
    assert_eq!(before.len(), repository.0.files("apps").len(), "nothing else is left there");
    let again = repository.run("affected --write-annotations").ends_with(0);
    assert_eq!(again.stderr, "every annotation is as it should be\n");
    // What a render comes to is the same but for the annotations themselves.
    let (review, _) = repository.review("");
    assert_eq!(names(&review["applications"]), ["root"]);
    repository.run("affected main..main --write-annotations").ends_with(2);
}

/// Every edit that changes a render is found, over every file of the fleet.
#[test]
fn nothing_that_changes_is_missed() {
    let Some(repository) = Repository::of(fleet()) else { return };
    let edits: &[(&str, Option<&str>)] = &[
        ("base/a.yaml", Some("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n")),
        ("base/kustomization.yaml", Some("resources: [a.yaml]\nnameSuffix: -x\n")),
        ("base/kustomization.yml", Some("resources: [a.yaml]\n")),
        ("base/unused.yaml", Some("a: 1\n")),
        ("web/kustomization.yaml", Some("resources: [../plain]\n")),
        ("web/.argocd-source.yaml", Some("kustomize: {namePrefix: other-}\n")),
        ("mail/kustomization.yaml", None),
        ("plain/b.yaml", Some("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n")),
        ("plain/a.yaml", None),
        ("plain/README.md", Some("text")),
        ("plain/kustomization.yaml", Some("resources: [a.yaml]\nnamePrefix: p-\n")),
        (
            "oarlock.yaml",
            Some(
                "fleet: {repository: 'https://git.example.com/org/gitops.git', roots: {prod: root.yaml}, kustomizeBuildOptions: --enable-helm}\n",
            ),
        ),
        (
            "oarlock.yaml",
            Some(
                "# a comment\nfleet: {repository: 'https://git.example.com/org/gitops.git', roots: {prod: root.yaml}}\n",
            ),
        ),
        (
            "oarlock.yaml",
            Some(
                "profile: argocd-3.4\nremotes: {'https://git.example.com/a/b': base}\nfleet: {repository: 'https://git.example.com/org/gitops.git', roots: {prod: root.yaml}, noise: [a]}\n",
            ),
        ),
        (
            "base/a.yaml",
            Some(
                "# a comment\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: base}\ndata: {key: \"1\"}\n",
            ),
        ),
        ("apps/web.yaml", None),
        ("unrelated/a.yaml", Some("a: 1\n")),
    ];
    let mut unnecessary = Vec::new();
    for (path, text) in edits {
        match text {
            Some(text) => repository.write(path, text),
            None => repository.remove(path),
        };
        let (review, _) = repository.review("HEAD");
        let ran = repository.run("affected HEAD --output json");
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        let affected = names(&report["applications"]);
        let changed = names(&review["applications"]).into_iter().chain(names(&review["failures"]));
        for name in changed {
            assert!(affected.contains(&name), "{path}: {name} is not among {affected:?}");
        }
        // Both sides rendered whole, by another way.
        let whole = |repository: &Repository| repository.run("render --fleet --output json").stdout;
        let after = whole(&repository);
        repository.git("stash --quiet --include-untracked");
        let before = whole(&repository);
        repository.git("stash pop --quiet");
        if before == after {
            unnecessary.extend((!affected.is_empty()).then_some(*path));
        } else {
            assert!(!affected.is_empty(), "{path}");
        }
        repository.git("checkout --quiet -- .");
        repository.git("clean --quiet --force -d");
    }
    assert_eq!(unnecessary, Vec::<&str>::new());
}

/// A small fleet, made at random: kustomizations over shared bases, plain directories and charts
/// with values files elsewhere.
fn random_fleet(random: &mut Random) -> Tree {
    let mut tree = fleet();
    for base in 0..3 {
        tree = tree
            .file(&format!("bases/{base}/kustomization.yaml"), "resources: [a.yaml]\n")
            .file(&format!("bases/{base}/a.yaml"), config_map(&format!("base-{base}"), "\"1\""));
    }
    tree = tree
        .file("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\n")
        .file("chart/values.yaml", "a: 1\n")
        .file(
            "chart/templates/a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {a: {{ .Values.a | quote }}}\n",
        );
    for number in 0..6 {
        let name = format!("app-{number}");
        let source = match random.below(3) {
            0 => {
                let base = random.below(3);
                let text = format!("resources: [../../bases/{base}]\nnameSuffix: -{number}\n");
                tree = tree.file(&format!("many/{name}/kustomization.yaml"), text);
                format!("path: many/{name}")
            }
            1 => {
                tree = tree.file(&format!("many/{name}/a.yaml"), config_map(&name, "\"1\""));
                format!("path: many/{name}")
            }
            _ => {
                tree = tree.file(&format!("values/{name}.yaml"), "a: 2\n");
                format!("path: chart\n    helm: {{valueFiles: [../values/{name}.yaml]}}")
            }
        };
        tree = tree.file(&format!("apps/{name}.yaml"), application(&name, &source));
    }
    tree
}

/// Numbers that are the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// What is added to the configuration of a random fleet.
const SETTINGS: [&str; 8] = [
    "# a comment",
    "profile: argocd-3.4",
    "allowEmpty: true",
    "pipeline: [auto, sync-wave]",
    "remotes: {'https://git.example.com/a/b': base}",
    "plugins: {vault: {config: {nope: 1}}}",
    "plugins: {helm: {config: {profile: '3.19'}}}",
    "plugins: {kustomize: {config: {loadRestrictor: none}}}",
];

/// What each Application renders to, by the name of its directory.
fn whole(repository: &Repository) -> BTreeMap<String, BTreeMap<String, Vec<u8>>> {
    let out = tempfile::tempdir().unwrap();
    let place = out.path().join("out");
    Run::new("render --fleet -o").arg(&place).within(&repository.0);
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(place.join("in-cluster")).into_iter().flatten() {
        let entry = entry.unwrap();
        let files = std::fs::read_dir(entry.path()).unwrap().map(|file| {
            let file = file.unwrap();
            (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap())
        });
        all.insert(entry.file_name().into_string().unwrap(), files.collect());
    }
    all
}

#[test]
fn random_edits_to_random_fleets_are_not_missed() {
    let (mut edits, mut changed_renders, mut affected_renders) = (0, 0, 0);
    for seed in 1..=8 {
        let mut random = Random(seed);
        let Some(repository) = Repository::of(random_fleet(&mut random)) else { return };
        let files: Vec<String> = repository.git("ls-files").lines().map(str::to_owned).collect();
        let before = whole(&repository);
        for _ in 0..4 {
            let path = &files[random.below(files.len())];
            match random.below(5) {
                0 => drop(repository.remove(path)),
                4 => {
                    let text = std::fs::read_to_string(repository.0.path("oarlock.yaml")).unwrap();
                    let more = SETTINGS[random.below(SETTINGS.len())];
                    repository.write("oarlock.yaml", format!("{more}\n{text}"));
                }
                1 => {
                    let text = std::fs::read_to_string(repository.0.path(path)).unwrap();
                    repository.write(path, text.replace('1', "3"));
                }
                2 => {
                    let text = std::fs::read_to_string(repository.0.path(path)).unwrap();
                    repository.write(path, text + "# a comment\n");
                }
                _ => {
                    let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
                    repository.write(&format!("{directory}/new.yaml"), config_map("new", "\"1\""));
                }
            }
            let after = whole(&repository);
            let report = repository.run("affected HEAD --output json");
            let report: Value = serde_json::from_str(&report.stdout).unwrap_or_default();
            // Where the root itself is broken nothing is known, which is said.
            if report["applications"].is_null() || report["problems"] != json!([]) {
                repository.git("checkout --quiet -- .");
                repository.git("clean --quiet --force -d");
                continue;
            }
            let affected = names(&report["applications"]);
            let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for name in all {
                let is_changed = before.get(name) != after.get(name);
                assert!(!is_changed || affected.contains(&name.as_str()), "seed {seed}, {path}: {name}");
                changed_renders += usize::from(is_changed);
            }
            affected_renders += affected.len();
            edits += 1;
            repository.git("checkout --quiet -- .");
            repository.git("clean --quiet --force -d");
        }
    }
    assert!(edits >= 20 && changed_renders >= 10, "{edits} edits, {changed_renders} changed renders");
    let said = format!("{edits} edits changed {changed_renders} renders; {affected_renders} were affected");
    visibly(&said);
    assert!(affected_renders - changed_renders <= affected_renders / 20, "{said}");
}
