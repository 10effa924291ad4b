//! What has to be on a machine before plugins can be built.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use oarlock_build::Toolchain;

/// The packages that bring a compiler for WebAssembly on Debian.
const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

/// Finds the toolchain, and installs one where there is none: rustup's target first, then Debian's packages.
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

/// Finds a Redis for tests, and installs one where that is no intrusion: on a machine where the user is root, as in CI.
pub(crate) fn redis() -> Result<()> {
    let answers = || Command::new("redis-server").arg("--version").stdout(Stdio::null()).status();
    if answers().is_ok_and(|status| status.success()) {
        return Ok(());
    }
    if !is_root() || !Path::new("/usr/bin/apt-get").is_file() {
        bail!("redis-server is not in the path");
    }
    apt_install(&["redis-server"])
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
