//! The tutorials of `docs/plugins`: every step of every page happens, in an empty folder.
//!
//! An `sh` block is run. Another block is a file if the text before it ends with its path, as ``
//! `app/a.yaml`: ``; behind an `sh` block it is what the block prints. Steps that install tools are
//! not run: the tools are lent.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use oarlock_tests::{Run, difference, oarlock, repository, visibly};

use super::{lend, with_tools};

/// One block of a page.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Shell(String),
    File(String, String),
    Prints(String),
}

/// The steps of a page, up to the part that is to be known.
fn steps(page: &str) -> Vec<Step> {
    let page = page.split("\n## What to know").next().unwrap();
    let (mut steps, mut before) = (Vec::new(), "");
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else {
            if !line.is_empty() {
                before = line;
            }
            continue;
        };
        let block: String =
            lines.by_ref().take_while(|line| *line != "```").flat_map(|line| [line, "\n"]).collect();
        let path = before.strip_suffix("`:").and_then(|line| line.rsplit('`').next());
        steps.push(match (language, path) {
            ("sh", _) => Step::Shell(block),
            (_, Some(path)) => Step::File(path.to_owned(), block),
            _ => Step::Prints(block),
        });
        before = "";
    }
    steps
}

/// A shell in a folder, which finds `oarlock` and the tools of this machine.
fn shell(folder: &Path, script: &str) -> Command {
    let run = with_tools(Run::new("")).into_command();
    let mut command = Command::new("/bin/sh");
    command.args(["-ec", script]).env_clear().current_dir(folder).stdin(Stdio::null());
    let path = std::env::var("PATH").unwrap_or_default();
    for (name, value) in run.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command.env("PATH", format!("{}:{path}", oarlock().parent().unwrap().display()));
    command
}

/// Runs `oarlock plugin dev` up to the moment that it waits, and presses Ctrl-C.
fn dev(folder: &Path, script: &str) {
    let mut child = shell(folder, &format!("exec {script}"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let waits = said.any(|line| line.starts_with("waiting for changes"));
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let status = child.wait().unwrap();
    assert!(waits && status.success(), "{script}: {status}");
}

/// Goes through a page. `more` is what a machine adds to `oarlock plugin new`.
fn happens(language: &str, install: &str, more: &str) {
    let page = repository().join(format!("docs/plugins/{language}.md"));
    let steps = steps(&fs::read_to_string(&page).unwrap());
    let count = |wanted: fn(&Step) -> bool| steps.iter().filter(|step| wanted(step)).count();
    assert_eq!(count(|step| matches!(step, Step::Prints(_))), 3, "{steps:?}");
    assert_eq!(count(|step| matches!(step, Step::File(..))), 7, "{steps:?}");
    let outer = tempfile::tempdir().unwrap();
    let mut folder = outer.path().to_owned();
    let mut printed = String::new();
    for step in steps {
        match step {
            Step::File(path, text) => {
                let file = folder.join(path);
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, text).unwrap();
            }
            Step::Prints(expected) => {
                assert!(printed == expected, "{language}: {}", difference(&expected, &printed));
            }
            Step::Shell(script) if script.starts_with("oarlock plugin dev") => dev(&folder, script.trim()),
            Step::Shell(script) => {
                let lines = script.lines().filter(|line| install.is_empty() || *line != install);
                let script: String = lines.flat_map(|line| [line, "\n"]).collect();
                let script = script
                    .replace(&format!("--language {language}"), &format!("--language {language}{more}"));
                let ran = shell(&folder, &format!("{script}pwd >&2")).output().unwrap();
                let (out, err) =
                    (String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap());
                if err.contains("installed") || err.contains("GOPROXY=off") || err.contains("`--offline`") {
                    visibly(&format!("{language}: the tutorial stops here: {}", err.lines().next().unwrap()));
                    return;
                }
                assert!(ran.status.success(), "{language}: {script}{out}{err}");
                folder = PathBuf::from(err.trim_end().rsplit('\n').next().unwrap());
                printed = out;
                for tool in ["node_modules", ".venv"] {
                    lend(tool, &folder);
                }
            }
        }
    }
}

#[test]
fn rust() {
    happens("rust", "", &format!(" --sdk {}", repository().display()));
}

#[test]
fn javascript() {
    happens("javascript", "npm install", "");
}

#[test]
fn python() {
    happens("python", "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt", "");
}

#[test]
fn go() {
    happens("go", "", "");
}

#[test]
fn blocks_are_steps() {
    let page = "text\n\n```sh\nls\n```\n\n```text\nout\n```\n\nWrite `a/b.yaml`:\n\n```yaml\nx: 1\n```\n\n## What to know\n\n```sh\nno\n```\n";
    let expected = [
        Step::Shell("ls\n".into()),
        Step::Prints("out\n".into()),
        Step::File("a/b.yaml".into(), "x: 1\n".into()),
    ];
    assert_eq!(steps(page), expected);
}
