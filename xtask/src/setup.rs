//! What has to be on a machine before plugins can be built.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use oarlock_build::Toolchain;

use crate::peers;
use crate::workspace::workspace;

/// The packages that bring a compiler for WebAssembly on Debian.
const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

/// Finds the toolchain, and installs one where there is none: rustup's target first, then Debian's
/// packages.
pub(crate) fn run() -> Result<Toolchain> {
    if let Ok(toolchain) = Toolchain::find() {
        return Ok(toolchain);
    }
    eprintln!("setting up a compiler for WebAssembly …");
    let added = Command::new("rustup").args(["target", "add", "wasm32-unknown-unknown"]).status();
    if added.is_ok_and(|status| status.success())
        && let Ok(toolchain) = Toolchain::find()
    {
        return Ok(toolchain);
    }
    if Path::new("/usr/bin/apt-get").is_file() {
        apt_install(&DEBIAN_PACKAGES)?;
    }
    Ok(Toolchain::find()?)
}

/// Finds a program that tests use, and installs Debian's package with it where that is no
/// intrusion: where the user is root, as in CI.
pub(crate) fn program(program: &str, package: &str) -> Result<()> {
    if answers(program) {
        return Ok(());
    }
    if !is_root() || !Path::new("/usr/bin/apt-get").is_file() {
        bail!("{program} is not in the path");
    }
    apt_install(&[package])
}

/// Finds Chromium and what drives it, and installs what is missing: Chromium where the user is
/// root, as in CI, and Playwright from npm's registry, without a browser of its own.
pub(crate) fn browser() -> Result<()> {
    if !["chromium", "chromium-browser", "google-chrome"].into_iter().any(answers) {
        if !is_root() || !Path::new("/usr/bin/apt-get").is_file() {
            bail!("chromium is not in the path");
        }
        apt_install(&["chromium", "fonts-dejavu-core"])?;
    }
    let directory = peers::directory().join("playwright");
    if directory.join("node_modules/playwright-core").is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(&directory)?;
    for file in ["package.json", "package-lock.json"] {
        std::fs::copy(workspace().join("tests/report").join(file), directory.join(file))?;
    }
    let npm = Command::new("npm")
        .args(["ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(&directory)
        .stdout(std::io::stderr())
        .status()
        .context("cannot run npm, which fetches Playwright")?;
    if !npm.success() {
        bail!("npm cannot fetch Playwright");
    }
    Ok(())
}

/// Whether a program says its version.
fn answers(program: &str) -> bool {
    let version = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// Installs as root, by `sudo` where we are not, and without asking.
fn apt_install(packages: &[&str]) -> Result<()> {
    let apt = |args: &[&str]| -> Result<()> {
        let mut command = if is_root() {
            Command::new("apt-get")
        } else {
            let mut sudo = Command::new("sudo");
            sudo.args(["-n", "apt-get"]);
            sudo
        };
        // Daemons are not started.
        command
            .env("RUNLEVEL", "1")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(["-qq", "-o", "Dpkg::Use-Pty=0"])
            .args(args);
        // Standard output belongs to what is run after the set-up.
        command.stdout(std::io::stderr());
        let status = command.status().context("cannot run apt-get")?;
        if !status.success() {
            bail!("apt-get {} failed", args.join(" "));
        }
        Ok(())
    };
    apt(&["update"])?;
    apt(&[&["install", "-y", "--no-install-recommends"], packages].concat())
}
