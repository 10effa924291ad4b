//! `oarlock plugin new`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use oarlock_author::{Language, Scaffold};
use oarlock_engine::printable;
use oarlock_plugin::Stage;

use super::Failed;
use crate::exit::Exit;
use crate::terminal;

/// Writes a new plugin into a folder of its name: source, test cases, README.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What the plugin is called: lower-case letters, digits and `-`.
    name: String,

    /// What it is written in.
    #[arg(long, value_enum)]
    language: LanguageName,

    /// When it runs: a generator makes manifests from a directory, a transformer maps those of
    /// others.
    #[arg(long, value_enum, default_value_t = StageName::Transformer)]
    stage: StageName,

    /// Build with the SDK of this checkout of Oarlock, not with that of crates.io. For Rust.
    #[arg(long, value_name = "PATH")]
    sdk: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LanguageName {
    Rust,
    #[value(name = "javascript")]
    JavaScript,
    Python,
    Go,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum StageName {
    Generator,
    Transformer,
}

impl From<LanguageName> for Language {
    fn from(name: LanguageName) -> Self {
        match name {
            LanguageName::Rust => Self::Rust,
            LanguageName::JavaScript => Self::JavaScript,
            LanguageName::Python => Self::Python,
            LanguageName::Go => Self::Go,
        }
    }
}

impl From<StageName> for Stage {
    fn from(name: StageName) -> Self {
        match name {
            StageName::Generator => Self::Generator,
            StageName::Transformer => Self::Transformer,
        }
    }
}

pub(super) fn run(args: &Args) -> Result<Exit, Failed> {
    let language = Language::from(args.language);
    let scaffold =
        Scaffold { name: &args.name, language, stage: args.stage.into(), sdk: args.sdk.as_deref() };
    let project = scaffold.create(Path::new("."))?;
    let mut text = format!("wrote {}/, a plugin in {}\n\nnext:\n", project.name, language.title());
    let first = [format!("cd {}", project.name)];
    let steps = first
        .iter()
        .map(String::as_str)
        .chain(language.install())
        .chain(["oarlock plugin build", "oarlock plugin test"]);
    for step in steps {
        let _ = writeln!(text, "  {}", printable::line(step));
    }
    Ok(terminal::print_text(&text)?)
}
