//! `oarlock reference`: man pages, completions and the tables of docs/command-line.md, all made
//! from the definition of the command line.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Arg, ArgAction, Command};
use clap_complete::Shell;

use crate::completions::shown;
use crate::exit::Exit;

/// Writes man pages, completions and tables of options, for those who package Oarlock.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The directory to write to.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

/// The shells that get completions.
const SHELLS: [Shell; 3] = [Shell::Bash, Shell::Zsh, Shell::Fish];

pub(super) fn run(args: &Args, command: Command) -> Result<Exit> {
    let mut command = command.disable_help_subcommand(true);
    let make = |name: &str| -> Result<PathBuf> {
        let directory = args.directory.join(name);
        fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
        Ok(directory)
    };
    let (man, completions, options) = (make("man")?, make("completions")?, make("options")?);
    let mut shown = shown(&command);
    for shell in SHELLS {
        clap_complete::generate_to(shell, &mut shown, "oarlock", &completions)
            .context("cannot write completions")?;
    }
    clap_mangen::generate_to(command.clone(), &man).context("cannot write man pages")?;
    command.build();
    write(&options.join("commands.md"), &commands(&command))?;
    write(&options.join("every command.md"), &table(&command))?;
    for verb in visible(&command) {
        write(&options.join(format!("{}.md", verb.get_name())), &table(verb))?;
    }
    Ok(Exit::Done)
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn visible(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|verb| !verb.is_hide_set())
}

/// All verbs with what each does, as a table.
fn commands(command: &Command) -> String {
    let mut text = "| command | |\n|---|---|\n".to_owned();
    for verb in visible(command) {
        let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(text, "| `oarlock {}` | {} |", verb.get_name(), cell(&about));
    }
    text
}

/// The arguments and options of a verb, as a table; nothing if it has none.
fn table(verb: &Command) -> String {
    // Options of every verb have a table of their own.
    let is_own = |arg: &&Arg| {
        !arg.is_hide_set()
            && !["help", "version"].contains(&arg.get_id().as_str())
            && (!arg.is_global_set() || verb.get_name() == "oarlock")
    };
    let args: Vec<&Arg> = verb.get_arguments().filter(is_own).collect();
    if args.is_empty() {
        return String::new();
    }
    let mut text = "| option | |\n|---|---|\n".to_owned();
    for arg in args {
        let _ = writeln!(text, "| {} | {} |", name(arg), help(arg));
    }
    text
}

fn takes_value(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Set | ArgAction::Append)
}

/// `-o`, `--out DIR`.
fn name(arg: &Arg) -> String {
    let values = arg.get_value_names().unwrap_or_default();
    let values: String = if takes_value(arg) {
        values.iter().flat_map(|value| [" ", value.as_str()]).collect()
    } else {
        String::new()
    };
    if arg.is_positional() {
        return format!("`{}`", values.trim_start());
    }
    let long = arg.get_long().map(|long| format!("--{long}{values}"));
    let short = arg
        .get_short()
        .map(|short| if long.is_some() { format!("-{short}") } else { format!("-{short}{values}") });
    let names: Vec<String> =
        [short, long].into_iter().flatten().map(|name| format!("`{}`", cell(&name))).collect();
    names.join(", ")
}

/// What an option does, its values, its default, its variable.
fn help(arg: &Arg) -> String {
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let help = cell(&help);
    let (what, default) = match help.trim_end_matches('.').split_once(" [default: ") {
        Some((what, default)) => (what.to_owned(), Some(default.trim_end_matches(']').to_owned())),
        None => (help.trim_end_matches('.').to_owned(), None),
    };
    let mut parts = vec![what];
    let code = |value: &str| format!("`{}`", cell(value));
    if takes_value(arg) {
        let values: Vec<String> = arg
            .get_possible_values()
            .iter()
            .filter(|value| !value.is_hide_set())
            .map(|value| code(value.get_name()))
            .collect();
        if let [others @ .., last] = &values[..] {
            parts.push(format!("{} or {last}", others.join(", ")));
        }
        let defaults: Vec<String> =
            arg.get_default_values().iter().map(|value| code(&value.to_string_lossy())).collect();
        let default = default.or_else(|| (!defaults.is_empty()).then(|| defaults.join(", ")));
        parts.extend(default.map(|default| format!("Default: {default}")));
    }
    if let Some(variable) = arg.get_env() {
        parts.push(format!("Variable: {}", code(&variable.to_string_lossy())));
    }
    if matches!(arg.get_action(), ArgAction::Append) && !help.contains("everal times") {
        parts.push("Repeatable".to_owned());
    }
    parts.join(". ")
}

/// Text as a cell of a table: one line, no bar.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
