//! Programs that keep credentials: `docker-credential-NAME get`.
//!
//! A helper reads the name of a registry from its standard input and prints JSON with user and
//! secret. Where it fails it prints a message instead.
//!
//! <https://github.com/docker/docker-credential-helpers#development>

use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oarlock_process::{Ended, Ends, Limits, RunError};
use serde::Deserialize;

use crate::login::Credentials;

/// What names of helpers follow.
const PREFIX: &str = "docker-credential-";

/// How long a helper may take: some ask a server, and some a person.
const TIMEOUT: Duration = Duration::from_mins(1);

/// The most bytes that a helper may print.
const MAX_OUTPUT: u64 = 64 << 10;

/// How much of a helper's message is repeated, in characters.
const MAX_MESSAGE: usize = 400;

/// What helpers print, by their protocol, where they have nothing for a registry.
const NOT_FOUND: &str = "credentials not found in native keychain";

/// The user that stands for a secret that is a token.
const TOKEN: &str = "<token>";

/// Why a helper gave no credentials.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HelperError {
    /// The configuration names something that cannot be a helper.
    #[error("the name of a helper has letters, digits, `-`, `_` and `.` only")]
    Name,
    /// The program is not there.
    #[error("there is no such program on the path")]
    Absent,
    /// The program cannot be run or heard.
    #[error("it cannot be run: {0}")]
    Unusable(io::Error),
    /// It failed, and printed this.
    #[error("{0}")]
    Failed(String),
    /// It took too long.
    #[error("it took more than {} s", .0.as_secs_f64())]
    Timeout(Duration),
    /// It printed too much.
    #[error("it printed more than {} KiB", MAX_OUTPUT >> 10)]
    TooLarge,
    /// It printed something else than credentials, which is not repeated: there may be a secret in
    /// it.
    #[error("what it printed are no credentials")]
    Invalid,
}

/// The name of a helper, which leads to no other program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HelperName(String);

impl HelperName {
    pub(crate) fn new(name: &str) -> Result<Self, HelperError> {
        let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_good) {
            return Err(HelperError::Name);
        }
        Ok(Self(name.to_owned()))
    }
}

/// What a helper has for a registry, if it has something.
///
/// # Errors
/// If it cannot be run, fails, or prints no credentials.
pub(crate) fn get(name: &HelperName, server: &str) -> Result<Option<Credentials>, HelperError> {
    Helper { program: format!("{PREFIX}{}", name.0), path: None, timeout: TIMEOUT }.get(server)
}

/// A program to run.
struct Helper {
    program: String,
    /// The search path in place of that of this process.
    path: Option<OsString>,
    timeout: Duration,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: String,
}

impl Helper {
    fn get(&self, server: &str) -> Result<Option<Credentials>, HelperError> {
        let Ended { status, output, messages } = self.run(server)?;
        if !status.success() {
            // The protocol has messages on standard output; some helpers print them like other
            // programs.
            let message = [output, messages].iter().map(|text| line(text)).find(|line| !line.is_empty());
            return match message {
                Some(message) if message == NOT_FOUND => Ok(None),
                Some(message) => Err(HelperError::Failed(message)),
                None => Err(HelperError::Failed(status.to_string())),
            };
        }
        let Answer { username, secret } =
            serde_json::from_slice(&output).map_err(|_| HelperError::Invalid)?;
        Ok(match (username.as_str(), secret.as_str()) {
            (_, "") => None,
            (TOKEN, _) => Some(Credentials::Refresh(secret)),
            _ => Some(Credentials::Basic(STANDARD.encode(format!("{username}:{secret}")))),
        })
    }

    fn run(&self, server: &str) -> Result<Ended, HelperError> {
        let mut command = Command::new(&self.program);
        command.arg("get");
        if let Some(path) = &self.path {
            command.env("PATH", path);
        }
        // One that asks a server may be a script, and ends with all that it started.
        let limits = Limits { time: self.timeout, output: MAX_OUTPUT, ends: Ends::Group };
        oarlock_process::run(&mut command, Some(server.as_bytes()), &limits).map_err(|error| match error {
            RunError::Start(error) if error.kind() == ErrorKind::NotFound => HelperError::Absent,
            RunError::Start(error) | RunError::Wait(error) | RunError::Unreadable(error) => {
                HelperError::Unusable(error)
            }
            RunError::TooMuchOutput(_) => HelperError::TooLarge,
            RunError::TooSlow(limit) => HelperError::Timeout(limit),
        })
    }
}

/// The first line of a message that says something.
fn line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.chars().filter(|character| !character.is_control()).take(MAX_MESSAGE).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::thread;
    use std::time::Instant;

    use rustix::process::Pid;

    use super::*;

    /// The helpers of the test, as scripts.
    const SCRIPTS: [(&str, &str); 13] = [
        // What it was called with decides what it prints.
        (
            "echo",
            "read -r server; printf '{\"ServerURL\": \"%s\", \"Username\": \"%s\", \"Secret\": \"%s\"}' x \"$*\" \"$server\"",
        ),
        ("token", "printf '{\"Username\": \"<token>\", \"Secret\": \"refresh\"}'"),
        ("nothing", "printf '{\"Username\": \"\", \"Secret\": \"\"}'"),
        ("unknown", "echo credentials not found in native keychain; exit 1"),
        ("locked", "echo; echo the keychain is locked; echo more; exit 1"),
        ("noisy", "echo 'cannot ask the server' >&2; exit 3"),
        ("silent", "exit 7"),
        ("hangs", "sleep 600"),
        ("lingers", "sleep 600 & echo $! > \"${0%/*}/lingers.pid\"; wait"),
        ("leaves", "sleep 600 & echo '{}'"),
        ("garbage", "echo hunter2"),
        ("cut-off", "printf '{\"Username\": \"user\"'"),
        (
            "endless",
            "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done",
        ),
    ];

    fn helper(directory: &Path, name: &str, timeout: Duration) -> Helper {
        let path = format!("{}:/usr/bin:/bin", directory.display()).into();
        Helper { program: format!("{PREFIX}{name}"), path: Some(path), timeout }
    }

    /// One test, since a script that another thread has open for writing cannot be run.
    #[test]
    fn helpers_are_run_within_limits() {
        let directory = tempfile::tempdir().unwrap();
        for (name, script) in SCRIPTS {
            let file = directory.path().join(format!("{PREFIX}{name}"));
            std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap();
        }
        std::fs::write(directory.path().join(format!("{PREFIX}not-executable")), "").unwrap();
        let long = |name: &str| helper(directory.path(), name, TIMEOUT).get("h.example:5000");

        // The arguments are the user, and the registry is the secret.
        let echoed = Credentials::Basic(STANDARD.encode("get:h.example:5000"));
        assert!(long("echo").unwrap() == Some(echoed));
        assert!(long("token").unwrap() == Some(Credentials::Refresh("refresh".to_owned())));
        assert!(long("nothing").unwrap().is_none());
        assert!(long("unknown").unwrap().is_none());
        for (name, expected) in [
            ("locked", "the keychain is locked"),
            ("noisy", "cannot ask the server"),
            ("silent", "exit status: 7"),
            ("garbage", "what it printed are no credentials"),
            ("cut-off", "what it printed are no credentials"),
            ("endless", "it printed more than 64 KiB"),
            ("absent", "there is no such program on the path"),
        ] {
            let error = long(name).err().unwrap_or_else(|| panic!("{name} gave something"));
            assert_eq!(error.to_string(), expected, "{name}");
        }
        assert!(matches!(long("not-executable"), Err(HelperError::Unusable(_))));

        let begun = Instant::now();
        for name in ["hangs", "lingers", "leaves"] {
            let error = helper(directory.path(), name, Duration::from_millis(500)).get("h.example").err();
            assert_eq!(error.unwrap().to_string(), "it took more than 0.5 s", "{name}");
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
        // What it started has ended, too.
        let pid = std::fs::read_to_string(directory.path().join("lingers.pid")).unwrap();
        let pid = Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
        let is_gone = || {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
            rustix::process::test_kill_process(pid).is_err() || stat.is_ok_and(|stat| stat.contains(") Z "))
        };
        while !is_gone() {
            assert!(begun.elapsed() < Duration::from_mins(1), "it goes on");
            thread::sleep(Duration::from_millis(2));
        }
    }

    #[test]
    fn names_lead_to_no_other_program() {
        for good in ["pass", "ecr-login", "desktop.exe", "gcloud_2"] {
            assert!(HelperName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "a/b", "../sh", "a b", "a\0", "a;b", "é", "$HOME"] {
            assert!(matches!(HelperName::new(bad), Err(HelperError::Name)), "{bad:?}");
        }
    }
}
