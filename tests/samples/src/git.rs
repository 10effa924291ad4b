//! Repositories of git, made by git itself.

use std::path::Path;
use std::process::Command;

/// Whether there is a git to make them with.
pub fn is_installed() -> bool {
    Command::new("git").arg("--version").output().is_ok()
}

/// Runs git in a directory, without the settings of this machine. Gives what it prints.
///
/// # Panics
/// If it fails.
pub fn run(directory: &Path, arguments: &str) -> String {
    let output = Command::new("git")
        .args(arguments.split_whitespace())
        .current_dir(directory)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .envs([("HOME", "/nonexistent"), ("GIT_CONFIG_NOSYSTEM", "1")])
        .envs(["AUTHOR", "COMMITTER"].into_iter().flat_map(|who| {
            [(format!("GIT_{who}_NAME"), "a"), (format!("GIT_{who}_EMAIL"), "a@example.com")]
        }))
        .output()
        .expect("git starts");
    assert!(output.status.success(), "git {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
