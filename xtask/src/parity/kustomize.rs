//! How much of the conformance corpus each version of kustomize prints as Oarlock does under the
//! profile of that version.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::Result;

use super::{Score, built, corpus, entries, is_equal, json, name, peer, row, text, texts};

/// Versions of kustomize, and the profile that is to be theirs.
const VERSIONS: [(&str, &str); 5] =
    [("v5.4.3", "5.5"), ("v5.5.0", "5.5"), ("v5.6.0", "5.6"), ("v5.7.1", "5.7"), ("v5.8.1", "5.8")];

/// Flags of `kustomize build` that a case may have, as configuration of the plugin.
const FLAGS: [(&str, &str); 2] = [
    ("--load-restrictor=LoadRestrictionsNone", r#""loadRestrictor": "none""#),
    ("--load-restrictor LoadRestrictionsNone", r#""loadRestrictor": "none""#),
];

/// A kustomization of the corpus.
struct Case {
    name: String,
    tree: PathBuf,
    directory: String,
    flags: Vec<String>,
}

/// Measures and prints a row for each version.
pub(super) fn run(verbose: bool) -> Result<Vec<Score>> {
    let oarlock = built("oarlock", "OARLOCK_BIN", "cargo build --release")?;
    let cases = cases(&corpus("kustomize")?)?;
    println!("{} cases of the corpus, those with charts left out\n", cases.len());
    println!("{:<10} {:<8} equal", "kustomize", "profile");
    let mut scores = Vec::new();
    for (version, profile) in VERSIONS {
        let kustomize = kustomize(version)?;
        let is_equal = |case: &Case| is_equal(theirs(case, &kustomize), ours(case, &oarlock, profile));
        scores.push(row(version, profile, &cases, |case| &case.name, is_equal, verbose));
    }
    Ok(scores)
}

/// The real kustomize of a version, built by Go unless it is there.
fn kustomize(version: &str) -> Result<PathBuf> {
    peer("kustomize", version, &format!("sigs.k8s.io/kustomize/kustomize/v5@{version}"), "")
}

fn cases(corpus: &Path) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for path in entries(&corpus.join("cases"))? {
        let meta = json(&path.join("meta.json"))?;
        cases.push(Case {
            name: name(&path),
            tree: path.join("input"),
            directory: text(&meta["dir"]),
            flags: texts(&meta["args"]),
        });
    }
    for path in entries(&corpus.join("repos"))? {
        let roots = json(&path.join("roots.json"))?;
        for root in roots["roots"].as_array().into_iter().flatten() {
            let directory = text(&root["dir"]);
            cases.push(Case {
                name: format!("{}: {directory}", name(&path)),
                tree: path.join("tree"),
                directory,
                flags: texts(&root["args"]),
            });
        }
    }
    // A chart is rendered by helm, whose versions differ by themselves.
    cases.retain(|case| !case.flags.iter().any(|flag| flag == "--enable-helm"));
    Ok(cases)
}

fn theirs(case: &Case, kustomize: &Path) -> std::io::Result<Output> {
    Command::new(kustomize)
        .args(["build", &case.directory])
        .args(&case.flags)
        .current_dir(&case.tree)
        .output()
}

fn ours(case: &Case, oarlock: &Path, profile: &str) -> std::io::Result<Output> {
    let flags = case.flags.join(" ");
    let given = FLAGS.iter().find(|(flag, _)| flags.contains(flag)).map(|(_, setting)| *setting);
    let settings: Vec<String> = [Some(format!(r#""profile": "{profile}""#)), given.map(str::to_owned)]
        .into_iter()
        .flatten()
        .collect();
    Command::new(oarlock)
        .args(["render", &case.directory, "--root", ".", "--allow-empty", "--plugins", "kustomize"])
        .args(["--config", &format!("kustomize={{{}}}", settings.join(", "))])
        .current_dir(&case.tree)
        .output()
}
