//! Builds the plugins that tests need to components, and tells the crate where they are.

use std::path::PathBuf;

use anyhow::{Context, Result};
use oarlock_build::{BuildRequest, Toolchain, build_components};

/// The packages, and the variables that name their components.
const GUESTS: [(&str, &str); 4] = [
    ("oarlock-guest-hostile", "GUEST_HOSTILE"),
    ("oarlock-guest-sealed", "GUEST_SEALED"),
    ("hello", "GUEST_HELLO"),
    ("pin-images", "GUEST_PIN_IMAGES"),
];

fn main() -> Result<()> {
    let manifest_dir =
        PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").context("cargo sets CARGO_MANIFEST_DIR")?);
    let workspace = manifest_dir.join("..").canonicalize()?;
    let out = PathBuf::from(std::env::var_os("OUT_DIR").context("cargo sets OUT_DIR")?);
    for input in [
        "Cargo.toml",
        "Cargo.lock",
        "wit",
        "lib/model",
        "plugins/sdk",
        "plugins/build",
        "tests/guests",
        "examples/plugins/hello",
        "examples/plugins/pin-images/src",
    ] {
        println!("cargo::rerun-if-changed={}", workspace.join(input).display());
    }
    // The bundle's nested build has compiled the standard library and the SDK already.
    let target = out.ancestors().find(|dir| dir.join("CACHEDIR.TAG").is_file());
    let target = target.context("cargo marks its target directory with CACHEDIR.TAG")?.join("wasm");
    let toolchain = Toolchain::find()?;
    println!("cargo::rustc-env=GUEST_COMPILER={}", toolchain.compiler().context("a compiler has a version")?);
    let components = build_components(
        &toolchain,
        &BuildRequest {
            workspace: &workspace,
            packages: &GUESTS.map(|(package, _)| package),
            target_dir: &target,
            profile: "component-dev",
        },
    )?;
    for ((package, variable), component) in GUESTS.iter().zip(components) {
        let file = out.join(format!("{package}.wasm"));
        std::fs::write(&file, component)?;
        println!("cargo::rustc-env={variable}={}", file.display());
    }
    Ok(())
}
