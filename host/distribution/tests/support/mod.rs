//! A real registry on this machine, and a network that fails.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// User and password that the registry knows, and how it knows them: by bcrypt.
const HTPASSWD: &str = "author:$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n";
/// The same for docker's configuration: base64 of `author:U*U`.
pub(crate) const AUTH: &str = "YXV0aG9yOlUqVQ==";

/// A registry of the test's own, ended with this.
#[derive(Debug)]
pub(crate) struct Registry {
    child: Child,
    pub port: u16,
    _directory: tempfile::TempDir,
}

impl Registry {
    /// Starts one; `None` where Debian's `docker-registry` is neither on the path nor in the
    /// directory of `OARLOCK_TOOLS`.
    pub(crate) fn start(is_private: bool) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let storage = directory.path().join("storage");
        let mut config = format!(
            "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\nstorage: {{filesystem: {{rootdirectory: '{}'}}}}\nhttp: {{addr: '127.0.0.1:{port}'}}\n",
            storage.display()
        );
        if is_private {
            let users = directory.path().join("htpasswd");
            std::fs::write(&users, HTPASSWD).unwrap();
            let access = format!("auth: {{htpasswd: {{realm: test, path: '{}'}}}}\n", users.display());
            config.push_str(&access);
        }
        let file = directory.path().join("config.yml");
        std::fs::write(&file, config).unwrap();
        let tools =
            std::env::var_os("OARLOCK_TOOLS").map(|tools| PathBuf::from(tools).join("docker-registry"));
        let program = tools.filter(|program| program.exists()).unwrap_or_else(|| "docker-registry".into());
        let mut command = Command::new(program);
        command.arg("serve").arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let Ok(child) = command.spawn() else {
            // Past the test harness, which keeps the output of tests that pass.
            let _ =
                writeln!(std::io::stderr(), "note: docker-registry is not here, so no registry is tested");
            return None;
        };
        let registry = Self { child, port, _directory: directory };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_mins(1), "the registry does not listen");
            thread::sleep(Duration::from_millis(20));
        }
        Some(registry)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection to a port that breaks off: of the connections, so many in turn are cut after so
/// many bytes of what the server says or the client sends.
pub(crate) struct Faulty {
    pub port: u16,
    cut: Arc<AtomicUsize>,
}

impl Faulty {
    /// Cuts the first `times` connections after `bytes`.
    pub(crate) fn start(to: u16, times: usize, bytes: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let cut = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&cut);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect(("127.0.0.1", to)).unwrap();
                let is_cut = counted.load(Ordering::SeqCst) < times;
                if is_cut {
                    counted.fetch_add(1, Ordering::SeqCst);
                }
                let most = if is_cut { bytes } else { usize::MAX };
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    thread::spawn(move || pass(from, to, most));
                }
            }
        });
        Self { port, cut }
    }

    /// How many connections were cut.
    pub(crate) fn cut(&self) -> usize {
        self.cut.load(Ordering::SeqCst)
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, most: usize) {
    let mut left = most;
    let mut buffer = [0; 8 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let count = count.min(left);
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
        left -= count;
        if left == 0 {
            // Both ways.
            let _ = from.shutdown(Shutdown::Both);
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
