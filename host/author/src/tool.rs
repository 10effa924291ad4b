//! Tools of other people, run to their end.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::AuthorError;

/// How much of what a failed tool said is shown, in bytes: the end, where the reason is.
const SHOWN_BYTES: usize = 8 << 10;

/// Runs a tool whose chatter matters only if it fails.
pub(crate) fn run(tool: &str, command: &mut Command) -> Result<(), AuthorError> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| AuthorError::Tool { tool: tool.to_owned(), output: error.to_string() })?;
    if output.status.success() {
        return Ok(());
    }
    let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.push_str(&String::from_utf8_lossy(&output.stderr));
    let start = said.ceil_char_boundary(said.len().saturating_sub(SHOWN_BYTES));
    Err(AuthorError::Tool { tool: tool.to_owned(), output: said[start..].trim().to_owned() })
}

/// The first line that a tool prints; `None` if it cannot be run or says that it failed.
pub(crate) fn line(program: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then(|| text.lines().next().unwrap_or_default().trim().to_owned())
}

/// The text of a file that may not be there.
pub(crate) fn read(path: &Path) -> Result<Option<String>, AuthorError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(AuthorError::file(path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_failed_tool_said_last_is_kept() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "yes noise | head -c 100000; echo the reason >&2; exit 3"]);
        let Err(AuthorError::Tool { tool, output }) = run("a tool", &mut shell) else { panic!("it failed") };
        assert_eq!(tool, "a tool");
        assert!(output.ends_with("the reason") && output.len() <= SHOWN_BYTES, "{output}");
        assert!(run("true", &mut Command::new("true")).is_ok());
        assert!(run("nothing", &mut Command::new("/nothing/here")).is_err());
    }

    #[test]
    fn a_version_is_a_line() {
        assert_eq!(line(Path::new("echo"), &["1.2.3"]).as_deref(), Some("1.2.3"));
        assert_eq!(line(Path::new("false"), &[]), None);
        assert_eq!(line(Path::new("/nothing/here"), &[]), None);
    }
}
