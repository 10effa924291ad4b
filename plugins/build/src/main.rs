//! Builds one crate of a workspace to a component: `oarlock-build WORKSPACE TARGET_DIR CRATE`,
//! which prints the component's path.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use oarlock_build::{BuildRequest, Toolchain, build_components};

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [workspace, target_dir, package] = args.as_slice() else {
        bail!("usage: oarlock-build WORKSPACE TARGET_DIR CRATE");
    };
    let target_dir = PathBuf::from(target_dir);
    let request = BuildRequest {
        workspace: Path::new(workspace),
        packages: &[package],
        target_dir: &target_dir.join("wasm"),
        profile: "component",
    };
    let component =
        build_components(&Toolchain::find()?, &request)?.pop().context("one crate gives one component")?;
    let out = target_dir.join("components");
    std::fs::create_dir_all(&out)?;
    let file = out.join(format!("{package}.wasm"));
    std::fs::write(&file, component)?;
    println!("{}", file.display());
    Ok(())
}
