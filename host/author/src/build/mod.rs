//! From a project to its component, by the tools of its language.
//!
//! Each language has a module that finds its tools in the versions that the project names, and runs
//! them. Nothing is installed: what is missing is said, with the command that installs it.

mod go;
mod javascript;
mod python;
mod rust;

use std::fs;

use crate::error::AuthorError;
use crate::project::{Language, Project};

/// Builds the component of a project, to [`Project::component`]. Tools that take long show what
/// they do on standard error.
///
/// # Errors
/// If a tool is missing, or the project does not build.
pub fn build(project: &Project) -> Result<(), AuthorError> {
    let component = match project.language {
        Language::Rust => rust::build(project)?,
        Language::JavaScript => javascript::build(project)?,
        Language::Python => python::build(project)?,
        Language::Go => go::build(project)?,
    };
    // Not half a component where the build is interrupted.
    let (target, new) = (project.component(), project.folder.join(format!(".{}.wasm.new", project.name)));
    fs::write(&new, component).map_err(AuthorError::file(&new))?;
    fs::rename(&new, &target).map_err(AuthorError::file(&target))
}

/// A folder for what a build leaves behind, as cargo's.
fn work_folder(project: &Project) -> Result<std::path::PathBuf, AuthorError> {
    let folder = project.folder.join("target");
    fs::create_dir_all(&folder).map_err(AuthorError::file(&folder))?;
    Ok(folder)
}

/// What a tool wrote.
fn made(path: &std::path::Path) -> Result<Vec<u8>, AuthorError> {
    fs::read(path).map_err(AuthorError::file(path))
}
