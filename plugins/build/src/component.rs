//! From crates to components.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::toolchain::{TARGET, Toolchain};

/// What to build.
#[derive(Clone, Copy, Debug)]
pub struct BuildRequest<'a> {
    /// The workspace that the crates are members of.
    pub workspace: &'a Path,
    /// Names of the crates, each with a `cdylib`.
    pub packages: &'a [&'a str],
    /// Where to build. Keep it: the standard library may have to be built into it first.
    pub target_dir: &'a Path,
    /// The cargo profile; `component` is the one for components that are shipped.
    pub profile: &'a str,
}

/// Builds crates and makes a component of each, in the order of the request.
///
/// # Errors
/// If a crate does not build or its module is no plugin.
pub fn build_components(toolchain: &Toolchain, request: &BuildRequest<'_>) -> Result<Vec<Vec<u8>>> {
    let mut cargo = toolchain.cargo_build(request.workspace);
    cargo.args(["--profile", request.profile]).arg("--target-dir").arg(request.target_dir);
    for package in request.packages {
        cargo.args(["--package", package]);
    }
    let status = cargo.status().with_context(|| format!("cannot run {}", cargo.get_program().display()))?;
    if !status.success() {
        bail!("building {} for {TARGET} failed", request.packages.join(", "));
    }
    request.packages.iter().map(|package| componentize(request, package)).collect()
}

/// Turns the imports of a module into those of a component.
#[derive(Clone, Copy, Debug)]
pub struct Adapter<'a> {
    /// The name that the module imports from.
    pub name: &'a str,
    /// The adapter, a core module.
    pub module: &'a [u8],
    /// What the adapter itself imports: a WIT package with the world `plugin`.
    pub wit: &'a str,
}

/// Makes a component of a module whose toolchain knows neither the contract nor components.
///
/// # Errors
/// If the module does not fit the world `plugin` of the contract, or imports what the adapter does
/// not have.
pub fn adapt(module: &[u8], contract: &str, adapter: &Adapter<'_>) -> Result<Vec<u8>> {
    let module = with_world(module, contract)?;
    let adapting = with_world(adapter.module, adapter.wit)?;
    ComponentEncoder::default().validate(true).module(&module)?.adapter(adapter.name, &adapting)?.encode()
}

/// A module that says which world it is of.
fn with_world(module: &[u8], wit: &str) -> Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    let package = resolve.push_source("plugin.wit", wit)?;
    let world = resolve.select_world(&[package], Some("plugin"))?;
    let mut module = module.to_vec();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    Ok(module)
}

fn componentize(request: &BuildRequest<'_>, package: &str) -> Result<Vec<u8>> {
    let module = PathBuf::from(request.target_dir)
        .join(TARGET)
        .join(request.profile)
        .join(format!("{}.wasm", package.replace('-', "_")));
    let bytes = std::fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;
    ComponentEncoder::default()
        .validate(true)
        .module(&bytes)
        .and_then(|mut encoder| encoder.encode())
        .with_context(|| format!("cannot make a component of {}", module.display()))
}
