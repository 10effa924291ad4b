//! What is released: an archive for each target with the binary, its man pages and completions, the
//! checksums, the bill of materials, the notes. The workflow runs the same steps as the dry run.

mod archive;
mod check;
mod formula;
mod image;
mod notes;
mod sbom;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use oarlock_model::Digest;

use crate::chores::{self, succeed};
use crate::workspace::workspace;

const USAGE: &str = "cargo xtask release --dry-run [--binary FILE] | --target TARGET --out DIR [--binary FILE] \
| --checksums DIR | --formula DIR | --notes | --check [TAG] | --pin-images";

/// Does what the options say.
pub(crate) fn run(args: &[String]) -> Result<ExitCode> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["--dry-run"] => dry_run(None)?,
        ["--dry-run", "--binary", binary] => dry_run(Some(Path::new(binary)))?,
        ["--target", target, "--out", out] => pack(target, Path::new(out), None)?,
        ["--target", target, "--out", out, "--binary", binary] => {
            pack(target, Path::new(out), Some(Path::new(binary)))?;
        }
        ["--checksums", directory] => checksums(Path::new(directory))?,
        ["--formula", directory] => formula::write(Path::new(directory))?,
        ["--notes"] => println!("{}", notes::of(&version()?)?),
        ["--check"] => check::run(None)?,
        ["--check", tag] => check::run(Some(tag))?,
        ["--pin-images"] => image::pin()?,
        _ => bail!("{USAGE}"),
    }
    Ok(ExitCode::SUCCESS)
}

/// The version of the workspace.
fn version() -> Result<String> {
    let manifest = read("Cargo.toml")?;
    let line = manifest.lines().find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'));
    Ok(line.context("Cargo.toml has no version")?.to_owned())
}

fn read(path: &str) -> Result<String> {
    std::fs::read_to_string(workspace().join(path)).with_context(|| format!("cannot read {path}"))
}

/// Everything that a release has, for this machine, in `target/release-dry-run`.
fn dry_run(binary: Option<&Path>) -> Result<()> {
    let out = chores::target_dir().join("release-dry-run");
    if out.exists() {
        std::fs::remove_dir_all(&out).with_context(|| format!("cannot empty {}", out.display()))?;
    }
    let target = host()?;
    pack(&target, &out, binary)?;
    // The changes that are not released yet are those of the release to come.
    std::fs::write(out.join("notes.md"), notes::of(&version()?).or_else(|_| notes::of("Unreleased"))?)?;
    checksums(&out)?;
    for problem in check::problems(None)? {
        eprintln!("note: a release would fail: {problem}");
    }
    println!("{}", out.display());
    Ok(())
}

/// The target of this machine: static where its compiler is there, else that of the compiler.
fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("cannot run rustc")?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    let musl = host.replace("-gnu", "-musl");
    let is_installed = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", &musl])
        .output()
        .is_ok_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir());
    Ok(if is_installed { musl } else { host.to_owned() })
}

/// Makes the archive of a target and its bill of materials. Builds the binary unless one is given.
fn pack(target: &str, out: &Path, binary: Option<&Path>) -> Result<()> {
    let version = version()?;
    let binary = match binary {
        Some(binary) => binary.canonicalize().with_context(|| format!("there is no {}", binary.display()))?,
        None => chores::build_release(target)?,
    };
    let name = format!("oarlock-v{version}-{target}");
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let stage = tempfile::tempdir()?;
    let reference = stage.path().join("reference");
    succeed(Command::new(&binary).arg("reference").arg(&reference))?;
    let mut files = vec![(PathBuf::from("oarlock"), binary.clone())];
    for file in ["LICENSE", "README.md", "CHANGELOG.md"] {
        files.push((PathBuf::from(file), workspace().join(file)));
    }
    for (from, to) in [
        (reference.join("man"), "man"),
        (reference.join("completions"), "completions"),
        (workspace().join("ci"), "ci"),
    ] {
        let entries = std::fs::read_dir(&from).with_context(|| format!("cannot list {}", from.display()))?;
        for entry in entries {
            let path = entry?.path();
            // Of `ci`, the scripts: the recipes are for a checkout.
            let is_wanted = to != "ci" || path.extension().is_some_and(|end| end == "sh");
            if path.is_file() && is_wanted {
                let name = path.file_name().context("a file has a name")?;
                files.push((Path::new(to).join(name), path.clone()));
            }
        }
    }
    let date = commit_date()?;
    archive::write(&out.join(format!("{name}.tar.gz")), &name, files, date)?;
    let bill = sbom::of(target, &version, date)?;
    std::fs::write(out.join(format!("{name}.spdx.json")), bill)?;
    Ok(())
}

/// When the commit was made, in seconds since 1970: what is packed twice has the same bytes.
fn commit_date() -> Result<u64> {
    if let Ok(date) = std::env::var("SOURCE_DATE_EPOCH") {
        return date.parse().context("SOURCE_DATE_EPOCH is no number");
    }
    let output = Command::new("git")
        .args(["log", "-1", "--format=%ct"])
        .current_dir(workspace())
        .output()
        .context("cannot run git")?;
    String::from_utf8(output.stdout)?
        .trim()
        .parse()
        .context("git names no date of the commit; set SOURCE_DATE_EPOCH")
}

/// Writes `SHA256SUMS` of everything in a directory that is released.
fn checksums(directory: &Path) -> Result<()> {
    let mut names = Vec::new();
    let entries =
        std::fs::read_dir(directory).with_context(|| format!("cannot list {}", directory.display()))?;
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if [".tar.gz", ".spdx.json"].iter().any(|end| name.ends_with(end)) {
            names.push(name);
        }
    }
    names.sort();
    if names.is_empty() {
        bail!("there is nothing to release in {}", directory.display());
    }
    let mut text = String::new();
    for name in names {
        writeln!(text, "{}  {name}", Digest::of(&std::fs::read(directory.join(&name))?))?;
    }
    std::fs::write(directory.join("SHA256SUMS"), text)?;
    Ok(())
}
