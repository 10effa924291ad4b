//! The real Redis, for what is kept there.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::visibly;

/// What it expects first.
pub const PASSWORD: &str = "not to be told";

/// A Redis of the test's own, ended with this.
#[derive(Debug)]
pub struct Redis {
    child: Child,
    port: u16,
    _directory: tempfile::TempDir,
}

impl Redis {
    /// Starts one; `None` where there is no such program.
    ///
    /// # Panics
    /// If it does not listen.
    pub fn start() -> Option<Self> {
        let directory = tempfile::tempdir().expect("a machine that works");
        let port = free_port();
        let mut command = Command::new("redis-server");
        command.args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]);
        command.args(["--requirepass", PASSWORD]).arg("--dir").arg(directory.path());
        let Ok(child) = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn() else {
            visibly("redis-server is not here, so the shared cache is not tested");
            return None;
        };
        let redis = Self { child, port, _directory: directory };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "redis does not listen");
            thread::sleep(Duration::from_millis(20));
        }
        Some(redis)
    }

    /// Where it listens, on the loopback interface.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Says something by `redis-cli`.
    ///
    /// # Panics
    /// If that cannot be run.
    pub fn say(&self, arguments: &[&str]) -> String {
        let mut cli = Command::new("redis-cli");
        cli.args(["-p", &self.port.to_string(), "--no-auth-warning", "-a", PASSWORD]).args(arguments);
        String::from_utf8(cli.output().expect("a machine that works").stdout).expect("a machine that works")
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port on which nobody listens.
///
/// # Panics
/// If there is none.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .expect("a machine that works")
        .local_addr()
        .expect("a machine that works")
        .port()
}
