//! JavaScript: componentize-qjs from npm, in the version that `package.json` pins.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use super::{made, work_folder};
use crate::error::AuthorError;
use crate::project::Project;
use crate::tool;

const TOOL: &str = "componentize-qjs";

/// The part of a `package.json` that counts here.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Package {
    version: String,
    dev_dependencies: std::collections::BTreeMap<String, String>,
}

pub(super) fn build(project: &Project) -> Result<Vec<u8>, AuthorError> {
    if tool::line(Path::new("node"), &["--version"]).is_none() {
        return Err(AuthorError::Missing {
            what: "Node.js is not installed".to_owned(),
            install:
                "apt-get install nodejs npm` or your system's way to install Node.js 20, then `npm install"
                    .to_owned(),
        });
    }
    let wanted = package(&project.folder.join("package.json"))?
        .and_then(|package| package.dev_dependencies.get(TOOL).cloned())
        .unwrap_or_default();
    let installed = project.folder.join("node_modules").join(TOOL);
    let found = package(&installed.join("package.json"))?.map(|package| package.version);
    if found.as_ref() != Some(&wanted) {
        let what = match found {
            Some(found) => format!("{TOOL} {wanted} is not installed, but {found}"),
            None => format!("{TOOL} {wanted} is not installed"),
        };
        return Err(AuthorError::Missing { what, install: "npm install".to_owned() });
    }
    let out = work_folder(project)?.join("component.wasm");
    let mut command = Command::new("node");
    command
        .current_dir(&project.folder)
        .arg(installed.join("bin").join(TOOL))
        // Without `--sync` the component has asynchronous functions, which the contract has not.
        .args(["--wit", "wit", "--world", "plugin", "--js", "src/main.js", "--module-root", ".", "--sync"])
        .arg("--output")
        .arg(&out);
    tool::run(TOOL, &mut command)?;
    made(&out)
}

fn package(file: &Path) -> Result<Option<Package>, AuthorError> {
    let Some(text) = tool::read(file)? else { return Ok(None) };
    let invalid =
        |error: serde_json::Error| AuthorError::File { path: file.to_owned(), reason: error.into() };
    serde_json::from_str(&text).map(Some).map_err(invalid)
}
