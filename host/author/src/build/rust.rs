//! Rust: cargo, for `wasm32-unknown-unknown`.

use oarlock_build::{BuildRequest, MissingToolchain, Toolchain, build_components};

use super::work_folder;
use crate::error::AuthorError;
use crate::project::Project;

pub(super) fn build(project: &Project) -> Result<Vec<u8>, AuthorError> {
    let toolchain = Toolchain::find().map_err(|MissingToolchain| AuthorError::Missing {
        what: "no Rust compiler for WebAssembly is installed".to_owned(),
        install: "rustup target add wasm32-unknown-unknown` or, on Debian, `apt-get install rustc-web cargo-web rust-web-src"
            .to_owned(),
    })?;
    let target_dir = work_folder(project)?;
    let request = BuildRequest {
        workspace: &project.folder,
        packages: &[&project.name],
        target_dir: &target_dir,
        profile: "release",
    };
    let built = build_components(&toolchain, &request);
    let mut components =
        built.map_err(|error| AuthorError::Tool { tool: "cargo".into(), output: format!("{error:#}") })?;
    components.pop().ok_or_else(|| AuthorError::Component("cargo built nothing".to_owned()))
}
