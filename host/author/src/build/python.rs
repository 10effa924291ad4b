//! Python: componentize-py from PyPI, in the version that `requirements.txt` pins.

use std::path::PathBuf;
use std::process::Command;

use super::{made, work_folder};
use crate::error::AuthorError;
use crate::project::{PYTHON_INSTALL, Project};
use crate::tool;

const TOOL: &str = "componentize-py";

pub(super) fn build(project: &Project) -> Result<Vec<u8>, AuthorError> {
    let requirements = tool::read(&project.folder.join("requirements.txt"))?.unwrap_or_default();
    let wanted = pinned(&requirements).unwrap_or_default();
    let environment = project.folder.join(".venv");
    let own = environment.join("bin").join(TOOL);
    let candidates = [own, PathBuf::from(TOOL)];
    let versions = candidates.iter().filter_map(|program| {
        let line = tool::line(program, &["--version"])?;
        Some((program, line.rsplit(' ').next().unwrap_or_default().to_owned()))
    });
    let found: Vec<_> = versions.collect();
    let Some((program, _)) = found.iter().find(|(_, version)| version == wanted) else {
        let what = match found.first() {
            Some((_, version)) => format!("{TOOL} {wanted} is not installed, but {version}"),
            None => format!("{TOOL} {wanted} is not installed"),
        };
        return Err(AuthorError::Missing { what, install: PYTHON_INSTALL.to_owned() });
    };
    let out = work_folder(project)?.join("component.wasm");
    let mut command = Command::new(program);
    command.current_dir(&project.folder);
    if environment.is_dir() {
        // What else `requirements.txt` names is found there and becomes part of the component.
        command.env("VIRTUAL_ENV", &environment);
    }
    command.args(["-d", "wit", "-w", "plugin", "componentize", "-p", "src", "main", "-o"]).arg(&out);
    tool::run(TOOL, &mut command)?;
    made(&out)
}

/// The version of the tool that a text of requirements pins.
fn pinned(requirements: &str) -> Option<&str> {
    requirements
        .lines()
        .find_map(|line| line.trim().strip_prefix(TOOL)?.trim().strip_prefix("=="))
        .map(|version| version.split([' ', ';', '#']).find(|part| !part.is_empty()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_version_is_found_among_other_requirements() {
        assert_eq!(pinned("# tools\npyyaml==6.0\ncomponentize-py == 0.25.1  # pinned\n"), Some("0.25.1"));
        assert_eq!(pinned("componentize-py>=0.25\n"), None);
        assert_eq!(pinned(""), None);
    }
}
