//! Inputs from public trouble reports, with the output that the tool printed from which Oarlock
//! must not differ.
//!
//! A folder of `cases/reports` is a case:
//!
//! | file | holds |
//! |---|---|
//! | `in/…` | the input; by custom, `args` names it as `in` |
//! | `args` | lines of `#` that say what is checked, and the command line after `oarlock`, with quotes as in a shell |
//! | `expected` | standard output; without the file there is none |
//! | `expected.err` | standard error; without the file there is none |
//! | `exit` | the exit status where it is not 0 |
//!
//! A case runs in a copy of its folder. `TRYCMD=overwrite` writes down what came out;
//! `OARLOCK_REPORT` names the one case to run.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use oarlock_tests::{Ran, Run, Tree, difference, overwrites};
use rayon::prelude::*;

#[test]
fn reports() {
    let only = std::env::var("OARLOCK_REPORT").ok();
    let cases: Vec<PathBuf> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/reports"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|case| only.as_deref().is_none_or(|only| case.ends_with(only)))
        .collect();
    assert!(!cases.is_empty(), "there is no case to run");
    let mut failures: Vec<String> = cases.par_iter().filter_map(|case| check(case).err()).collect();
    failures.sort();
    assert!(failures.is_empty(), "{} of {} cases:\n\n{}", failures.len(), cases.len(), failures.join("\n"));
}

/// Runs a case. What differs is the error.
fn check(case: &Path) -> Result<(), String> {
    let name = case.file_name().unwrap().to_string_lossy();
    let text = fs::read_to_string(case.join("args")).map_err(|error| format!("{name}: args: {error}"))?;
    let (about, args) = arguments(&text).map_err(|problem| format!("{name}: args: {problem}"))?;
    if about.is_empty() {
        return Err(format!("{name}: `args` says in no `# …` line what is checked"));
    }
    let tree = Tree::new().copy_of(case, "");
    let ran = args.iter().fold(Run::new(""), Run::arg).within(&tree);
    if overwrites() {
        write(case, &ran);
        return Ok(());
    }
    let mut differences = String::new();
    let expected = |file: &str| fs::read_to_string(case.join(file)).unwrap_or_default();
    for (stream, file, found) in
        [("standard output", "expected", &ran.stdout), ("standard error", "expected.err", &ran.stderr)]
    {
        let expected = expected(file);
        if expected != *found {
            let _ = writeln!(differences, "{stream}, `{file}`:\n{}", difference(&expected, found));
        }
    }
    let (code, expected) = (code(&ran), expected("exit"));
    let expected = if expected.is_empty() { "0" } else { expected.trim() };
    if code != expected {
        let _ = writeln!(differences, "exit status: expected {expected}, found {code}");
    }
    if differences.is_empty() {
        return Ok(());
    }
    let command = args.join(" ");
    Err(format!("{name}: {about}\n$ oarlock {command}\n{differences}"))
}

fn code(ran: &Ran) -> String {
    ran.code.map_or_else(|| "a signal".to_owned(), |code| code.to_string())
}

/// Makes the expectations of a case what came out, files that hold nothing left out.
fn write(case: &Path, ran: &Ran) {
    let code = code(ran);
    let exit = if code == "0" { String::new() } else { format!("{code}\n") };
    for (file, text) in [("expected", &ran.stdout), ("expected.err", &ran.stderr), ("exit", &exit)] {
        let file = case.join(file);
        if !text.is_empty() {
            fs::write(file, text).unwrap();
        } else if file.exists() {
            fs::remove_file(file).unwrap();
        }
    }
}

/// What `args` says about the case, and the arguments: split at white space outside of quotes, over
/// any number of lines.
fn arguments(text: &str) -> Result<(String, Vec<String>), &'static str> {
    let (about, command): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with('#'));
    let about: Vec<&str> = about.iter().map(|line| line.trim_start_matches('#').trim()).collect();
    let (mut arguments, mut argument, mut quote) = (Vec::new(), None::<String>, None);
    for char in command.join("\n").chars() {
        match (quote, char) {
            (Some(open), char) if open == char => quote = None,
            (None, '\'' | '"') => {
                quote = Some(char);
                argument.get_or_insert_default();
            }
            (None, char) if char.is_whitespace() => arguments.extend(argument.take()),
            (_, char) => argument.get_or_insert_default().push(char),
        }
    }
    arguments.extend(argument);
    if quote.is_some() { Err("a quote is not closed") } else { Ok((about.join(" "), arguments)) }
}

#[test]
fn command_lines_are_split_as_in_a_shell() {
    let split = |text| arguments(text).map(|(about, arguments)| (about, arguments.join("|")));
    for (text, about, args) in [
        ("# what\n# it is\nrender in\n", "what it is", "render|in"),
        ("render --config 'a={\"b\": 1}'  x\n  y ''\n", "", "render|--config|a={\"b\": 1}|x|y|"),
        ("a\"b c\"'d'", "", "ab cd"),
        ("", "", ""),
    ] {
        assert_eq!(split(text), Ok((about.to_owned(), args.to_owned())), "{text}");
    }
    assert_eq!(split("a 'b"), Err("a quote is not closed"));
}
