//! Lists the kinds that k8s-openapi has. The crate has a type for each, but no list of them, so its
//! files are searched for `impl crate::Resource for`.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let enabled = env::vars().find_map(|(name, _)| Some(name.strip_prefix("CARGO_FEATURE_V1_")?.to_owned()));
    let Some(minor) = enabled else { return Ok(()) };
    let root = sources()?.join(format!("v1_{minor}"));
    let mut kinds = Vec::new();
    search(&root, &root, &mut kinds)?;
    kinds.sort();
    let mut code = format!("/// The version of Kubernetes.\npub const VERSION: &str = \"1.{minor}\";\n\n");
    code.push_str("/// Calls a macro with the type of each kind.\nmacro_rules! for_each_kind {\n    ($macro:ident) => {\n");
    for kind in &kinds {
        writeln!(code, "        $macro!(k8s_openapi::{kind});")?;
    }
    code.push_str("    };\n}\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("kinds.rs"), code)?;
    Ok(())
}

/// Where cargo keeps the source of k8s-openapi.
fn sources() -> Result<PathBuf, Box<dyn Error>> {
    let mut cargo = Command::new(env::var("CARGO")?);
    cargo.args(["metadata", "--format-version", "1", "--locked", "--features", "schemas", "--manifest-path"]);
    cargo.arg(Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("Cargo.toml"));
    let metadata: Value = serde_json::from_slice(&cargo.output()?.stdout)?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata names no packages")?;
    let package = packages.iter().find(|package| package["name"] == "k8s-openapi");
    let manifest = package.and_then(|package| package["manifest_path"].as_str());
    let manifest = manifest.ok_or("cargo metadata does not name k8s-openapi")?;
    Ok(Path::new(manifest).parent().ok_or("a manifest has a directory")?.join("src"))
}

/// Finds the kinds in a directory and those below it, as paths of Rust.
fn search(root: &Path, directory: &Path, kinds: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            search(root, &path, kinds)?;
            continue;
        }
        let text = fs::read_to_string(&path)?;
        let names = text.lines().filter_map(|line| line.strip_prefix("impl crate::Resource for "));
        for name in names.filter_map(|rest| rest.strip_suffix(" {")) {
            let modules = directory.strip_prefix(root)?.iter().map(|module| module.to_string_lossy());
            let path: Vec<_> = modules.chain([name.into()]).collect();
            kinds.push(path.join("::"));
        }
    }
    Ok(())
}
