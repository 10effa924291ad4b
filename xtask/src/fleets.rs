//! Fleets from the wild: how much of each renders, and whether `oarlock affected` is exact over
//! their histories.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::chores::{Profile, build};
use crate::setup;

/// Names the program that is looked at in place of a release build.
const PROGRAM: &str = "OARLOCK_BIN";

/// How the chore is called.
const USAGE: &str = "cargo xtask fleets [--history COUNT] CLONE[:ROOT,…] …";

/// What an Application renders to, by the name of each file.
type Files = BTreeMap<String, Vec<u8>>;

/// What a commit renders to: by cluster and Application.
type Renders = BTreeMap<(String, String), Files>;

/// Renders the fleets of clones and prints a row for each root; with `--history COUNT` commits are
/// replayed, too: merges, where there are as many, else all of the main line.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let mut args = args.iter();
    let mut history = None;
    let mut clones = Vec::new();
    while let Some(argument) = args.next() {
        if argument == "--history" {
            let count = args.next().with_context(|| format!("--history needs a number: {USAGE}"))?;
            history = Some(count.parse::<usize>().with_context(|| format!("`{count}` is no number"))?);
            continue;
        }
        let (place, roots) = argument.split_once(':').unwrap_or((argument, ""));
        let roots: Vec<&str> = roots.split(',').filter(|root| !root.is_empty()).collect();
        clones.push((PathBuf::from(place), roots));
    }
    if clones.is_empty() {
        bail!("{USAGE}");
    }
    let program = if let Some(program) = std::env::var_os(PROGRAM) {
        PathBuf::from(program)
    } else {
        setup::run()?;
        build(Profile::Release)?
    };
    let scratch = tempfile::tempdir()?;
    match history {
        None => println!(
            "| fleet | root | Applications | rendered | elsewhere | why not |\n|---|---|---:|---:|---:|---|"
        ),
        Some(_) => println!(
            "| fleet | root | commits | renders that changed | affected | of these not at hand | missed | unnecessary |\n|---|---|---:|---:|---:|---:|---:|---:|"
        ),
    }
    for (place, roots) in clones {
        if !place.is_dir() {
            println!("| {}: there is no such clone |", place.display());
            continue;
        }
        let fleet = Clone { program: &program, place: &place, scratch: scratch.path() };
        for root in if roots.is_empty() { vec![""] } else { roots } {
            match history {
                None => fleet.render(root)?,
                Some(count) => fleet.replay(root, count)?,
            }
        }
    }
    Ok(())
}

/// A clone of a repository.
struct Clone<'a> {
    program: &'a Path,
    place: &'a Path,
    scratch: &'a Path,
}

impl Clone<'_> {
    fn name(&self) -> String {
        self.place.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn git(&self, arguments: &[&str]) -> Result<String> {
        let output = Command::new("git").arg("-C").arg(self.place).args(arguments).output()?;
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "git {}: {}", arguments.join(" "), error.trim());
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    fn oarlock(&self, tree: &Path, arguments: &[&str]) -> Result<Output> {
        let mut command = Command::new(self.program);
        Ok(command.current_dir(tree).args(arguments.iter().filter(|one| !one.is_empty())).output()?)
    }

    /// Renders the work tree and says how many Applications there are, and why some do not render.
    fn render(&self, root: &str) -> Result<()> {
        let apps = self.oarlock(self.place, &["apps", root, "--output", "json"])?;
        let report: Value = serde_json::from_slice(&apps.stdout).unwrap_or_default();
        let environments = report["environments"].as_array();
        let applications: usize = environments
            .into_iter()
            .flatten()
            .map(|one| one["applications"].as_array().map_or(0, Vec::len))
            .sum();
        let out = self.scratch.join("out");
        let _ = fs::remove_dir_all(&out);
        let place = out.to_string_lossy().into_owned();
        let output = self.oarlock(self.place, &["render", "--fleet", root, "-o", &place])?;
        let text = String::from_utf8_lossy(&output.stderr);
        let reasons: BTreeSet<&str> = text
            .lines()
            .filter_map(|line| {
                let error = line.strip_prefix("error: ");
                error.or_else(|| {
                    line.strip_prefix("warning: ").filter(|line| line.ends_with("so it is left out"))
                })
            })
            .collect();
        let rendered = read_renders(&out)?.len();
        let elsewhere = text.lines().rev().find_map(|line| {
            let (_, rest) = line.strip_prefix("rendered ")?.split_once(", ")?;
            rest.split(' ').next()?.parse::<usize>().ok()
        });
        println!(
            "| {} | {root} | {applications} | {rendered} | {} | {} |",
            self.name(),
            elsewhere.unwrap_or(0),
            reasons.into_iter().map(|reason| reason.replace('|', "\\|")).collect::<Vec<_>>().join("; ")
        );
        Ok(())
    }

    /// Compares what is affected by each commit with what both sides render to, whole.
    fn replay(&self, root: &str, count: usize) -> Result<()> {
        let tree = self.scratch.join("tree");
        let place = tree.to_string_lossy().into_owned();
        self.git(&["worktree", "add", "--quiet", "--force", "--detach", &place, "HEAD"])?;
        let compared = self.compare(root, count, &tree);
        self.git(&["worktree", "remove", "--force", &place])?;
        let Compared { commits, changed, affected, missed, unnecessary, elsewhere } = compared?;
        println!(
            "| {} | {root} | {commits} | {changed} | {affected} | {elsewhere} | {missed} | {unnecessary} |",
            self.name()
        );
        Ok(())
    }

    fn compare(&self, root: &str, count: usize, tree: &Path) -> Result<Compared> {
        let list = |merges: &[&str]| -> Result<Vec<String>> {
            let number = format!("--max-count={count}");
            let arguments = [&["rev-list", "--first-parent", &number], merges, &["HEAD"]].concat();
            Ok(self.git(&arguments)?.lines().map(str::to_owned).collect())
        };
        let mut commits = list(&["--merges"])?;
        if commits.len() < count {
            commits = list(&[])?;
        }
        let mut known: Option<(String, Renders)> = None;
        let mut compared = Compared::default();
        for commit in commits {
            let Ok(parent) = self.git(&["rev-parse", &format!("{commit}^1")]) else { continue };
            let range = format!("{parent}..{commit}");
            let environment = if root.is_empty() { String::new() } else { format!("--environment={root}") };
            let output = self.oarlock(self.place, &["affected", &range, "--output", "json", &environment])?;
            let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
            // Where the root is not there yet, or nothing is known of what a broken one would make.
            if report["applications"].is_null()
                || report["problems"].as_array().is_some_and(|all| !all.is_empty())
            {
                continue;
            }
            let affected: BTreeSet<(String, String)> = report["applications"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|one| {
                    let text = |key: &str| one[key].as_str().unwrap_or_default().replace('/', "_");
                    (text("cluster"), text("name"))
                })
                .collect();
            let after = match known.take() {
                Some((known, renders)) if known == commit => renders,
                _ => self.whole(root, &commit, tree)?,
            };
            let before = self.whole(root, &parent, tree)?;
            let all: BTreeSet<_> = before.keys().chain(after.keys()).cloned().collect();
            let changed: BTreeSet<_> =
                all.into_iter().filter(|key| before.get(key) != after.get(key)).collect();
            for missed in changed.difference(&affected) {
                println!("<!-- {commit}: {}/{} is missed -->", missed.0, missed.1);
            }
            compared.commits += 1;
            compared.changed += changed.len();
            compared.affected += affected.len();
            compared.missed += changed.difference(&affected).count();
            // Of an Application that is not at hand, or fails, nothing was written to compare.
            let is_there = |key: &&(String, String)| before.contains_key(*key) || after.contains_key(*key);
            compared.unnecessary += affected.difference(&changed).filter(is_there).count();
            compared.elsewhere += affected.iter().filter(|key| !is_there(key)).count();
            known = Some((parent, before));
        }
        Ok(compared)
    }

    /// What a commit renders to, from a checkout of it.
    fn whole(&self, root: &str, commit: &str, tree: &Path) -> Result<Renders> {
        let output = Command::new("git")
            .arg("-C")
            .arg(tree)
            .args(["checkout", "--quiet", "--detach", "--force", commit])
            .output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let out = self.scratch.join("out");
        let _ = fs::remove_dir_all(&out);
        let place = out.to_string_lossy().into_owned();
        self.oarlock(tree, &["render", "--fleet", root, "-o", &place])?;
        read_renders(&out)
    }
}

/// What became of a history: numbers of Applications, summed over all commits.
#[derive(Default)]
struct Compared {
    commits: usize,
    /// Whose files differ.
    changed: usize,
    /// That `oarlock affected` lists.
    affected: usize,
    /// That it does not list although their files differ.
    missed: usize,
    /// That it lists although their files are the same.
    unnecessary: usize,
    /// That it lists and that rendered to nothing on both sides: they came, went or changed, and
    /// are not at hand.
    elsewhere: usize,
}

/// What was written to a directory: `CLUSTER/APPLICATION/FILE`.
fn read_renders(out: &Path) -> Result<Renders> {
    let mut renders = Renders::new();
    for (cluster, place) in entries(out)? {
        for (application, place) in entries(&place)? {
            let files = entries(&place)?.into_iter().map(|(file, place)| Ok((file, fs::read(place)?)));
            renders.insert((cluster.clone(), application), files.collect::<Result<_>>()?);
        }
    }
    Ok(renders)
}

/// The names in a directory that is there; none in one that is not.
fn entries(directory: &Path) -> Result<Vec<(String, PathBuf)>> {
    if !directory.is_dir() {
        return Ok(Vec::new());
    }
    let entry = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry?;
        Ok((entry.file_name().to_string_lossy().into_owned(), entry.path()))
    };
    fs::read_dir(directory)?.map(entry).collect()
}
