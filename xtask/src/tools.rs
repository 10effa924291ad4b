//! Programs that tests use where they are at hand: what checks workflows, and what builds plugins
//! in other languages than Rust. Each is fetched in its pinned version into the target directory,
//! from the registry of its language.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::peers;
use crate::workspace::workspace;

/// Checks workflows of GitHub, built by Go.
const ACTIONLINT: &str = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12";

/// Looks for holes in workflows, from PyPI.
const ZIZMOR: &str = "zizmor==1.32.0";

/// Where they are.
#[derive(Debug)]
pub(crate) struct Tools {
    directory: PathBuf,
}

impl Tools {
    /// Fetches what is not there yet. What cannot be had is named in one line each, and tests that
    /// need it say what they do not test.
    pub(crate) fn fetch() -> Self {
        let tools = Self { directory: peers::directory().join("tools") };
        for (what, fetched) in [
            ("actionlint is", tools.actionlint()),
            ("zizmor and componentize-py are", tools.python()),
            ("componentize-qjs is", tools.javascript()),
            ("the Go modules of plugins are", go_modules()),
        ] {
            if let Err(error) = fetched {
                eprintln!("note: {what} not here: {error:#}");
            }
        }
        tools
    }

    /// A directory of programs: `OARLOCK_TOOLS` of the tests.
    pub(crate) fn programs(&self) -> PathBuf {
        self.directory.join("bin")
    }

    /// A directory with `node_modules` and `.venv`: `OARLOCK_PLUGIN_TOOLS` of the tests.
    pub(crate) fn of_plugins(&self) -> &Path {
        &self.directory
    }

    fn actionlint(&self) -> Result<()> {
        if self.programs().join("actionlint").is_file() {
            return Ok(());
        }
        quietly(Command::new("go").args(["install", ACTIONLINT]).env("GOBIN", self.programs()))
    }

    /// A virtual environment with what templates in Python ask for, and zizmor.
    fn python(&self) -> Result<()> {
        let venv = self.directory.join(".venv");
        let zizmor = self.programs().join("zizmor");
        if zizmor.is_file() {
            return Ok(());
        }
        quietly(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        let requirements = templates().join("python/requirements.txt");
        let mut pip = Command::new(venv.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", ZIZMOR, "--requirement"]);
        quietly(pip.arg(requirements))?;
        std::fs::create_dir_all(self.programs())?;
        std::fs::copy(venv.join("bin/zizmor"), &zizmor).context("zizmor has no program")?;
        Ok(())
    }

    /// What templates in JavaScript ask for.
    fn javascript(&self) -> Result<()> {
        if self.directory.join("node_modules/componentize-qjs").is_dir() {
            return Ok(());
        }
        std::fs::create_dir_all(&self.directory)?;
        let manifest = std::fs::read_to_string(templates().join("javascript/package.json"))?;
        std::fs::write(self.directory.join("package.json"), manifest.replace("{{name}}", "tools"))?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund"]).current_dir(&self.directory);
        quietly(&mut npm)
    }
}

/// The modules that plugins in Go use, into Go's own cache.
fn go_modules() -> Result<()> {
    let project = workspace().join("examples/plugins/flag-maps");
    quietly(Command::new("go").args(["mod", "download"]).current_dir(project))
}

fn templates() -> PathBuf {
    workspace().join("host/author/templates")
}

/// Runs a command whose output is of interest only where it fails.
fn quietly(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {program}"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        bail!("{program}: {}", text.trim().lines().last().unwrap_or_default());
    }
    Ok(())
}
