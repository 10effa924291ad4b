//! Makes Rust of the contract, as `wit_bindgen::generate!` would at each build of each plugin:
//! `cargo xtask bindings` runs this.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use wit_bindgen_core::wit_parser::Resolve;
use wit_bindgen_core::{Files, WorldGenerator};

fn main() -> Result<()> {
    let sdk = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let source = sdk.join("wit/plugin.wit");
    let contract = fs::read_to_string(&source).with_context(|| format!("cannot read {}", source.display()))?;

    let mut resolve = Resolve::default();
    let package = resolve.push_str(&source, &contract)?;
    let world = resolve.select_world(&[package], Some("traced-plugin"))?;
    let options = wit_bindgen_rust::Opts {
        format: true,
        pub_export_macro: true,
        export_macro_name: Some("export".to_owned()),
        default_bindings_module: Some("oarlock_plugin::component::bindings".to_owned()),
        ..wit_bindgen_rust::Opts::default()
    };
    let mut files = Files::default();
    options.build().generate(&mut resolve, world, &mut files)?;
    let (_, bindings) = files.iter().next().context("wit-bindgen has made nothing")?;

    // For the test that the bindings are those of the contract.
    let mut digest = String::new();
    for byte in Sha256::digest(&contract) {
        write!(digest, "{byte:02x}")?;
    }
    let mut text = format!("// Made by `cargo xtask bindings` of wit/plugin.wit, SHA-256 {digest}.\n");
    text.push_str(std::str::from_utf8(bindings)?);
    let target = sdk.join("src/component/bindings.rs");
    fs::write(&target, text).with_context(|| format!("cannot write {}", target.display()))
}
