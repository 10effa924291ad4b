//! The servers that are compared, and the client that asks both.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::chores::{succeed, target_dir};
use crate::workspace::workspace;

/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the peer runs: what a plugin for kustomize is in Argo CD's own documentation.
const PLUGIN: &str = "apiVersion: argoproj.io/v1alpha1\nkind: ConfigManagementPlugin\nmetadata:\n  name: peer\nspec:\n  generate:\n    command: [kubectl, kustomize]\n";

/// A server at work.
pub(super) struct Server {
    child: Child,
    /// Where its socket lies.
    directory: PathBuf,
    name: &'static str,
}

impl Server {
    /// Ours.
    pub(super) fn oarlock(program: &Path, scratch: &Path) -> Result<Self> {
        let cache = scratch.join("cache");
        // As in the image: nothing is left to be compiled.
        succeed(Command::new(program).arg("plugins").env("OARLOCK_CACHE_DIR", &cache).stdout(Stdio::null()))?;
        let mut command = Command::new(program);
        command.arg("serve").env("OARLOCK_CACHE_DIR", &cache);
        Self::start(command, scratch.join("oarlock"), "oarlock")
    }

    /// Argo CD's own, which runs kubectl.
    pub(super) fn argocd(kubectl: &Path, scratch: &Path) -> Result<Self> {
        let program = go_program("cmpserver")?;
        let directory = scratch.join("argocd");
        fs::create_dir_all(directory.join("config"))?;
        fs::write(directory.join("config/plugin.yaml"), PLUGIN)?;
        let mut command = Command::new(program);
        command.arg("--config-dir-path").arg(directory.join("config"));
        let tools = kubectl.parent().unwrap_or(Path::new("."));
        command.env("PATH", std::env::join_paths([tools, Path::new("/usr/bin"), Path::new("/bin")])?);
        command.env("ARGOCD_CMP_WORKDIR", &directory).env("HOME", &directory);
        Self::start(command, directory, "peer")
    }

    fn start(mut command: Command, directory: PathBuf, name: &'static str) -> Result<Self> {
        fs::create_dir_all(&directory)?;
        command.env("ARGOCD_PLUGINSOCKFILEPATH", &directory);
        let log = fs::File::create(directory.join("log"))?;
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn()?;
        let mut server = Self { child, directory, name };
        let begun = Instant::now();
        while !server.directory.join(format!("{name}.sock")).exists() {
            if server.child.try_wait()?.is_some() || begun.elapsed() > PATIENCE {
                let log = fs::read_to_string(server.directory.join("log"))?;
                bail!("the server `{name}` does not listen: {log}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// The name of its plugin.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Resident memory now, in KiB.
    pub(super) fn memory(&self) -> Option<u64> {
        self.status("VmRSS:")
    }

    /// The most resident memory so far, in KiB.
    pub(super) fn most_memory(&self) -> Option<u64> {
        self.status("VmHWM:")
    }

    fn status(&self, field: &str) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(field))?;
        line.trim().strip_suffix("kB")?.trim().parse().ok()
    }

    /// Ends it.
    pub(super) fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// Argo CD's client.
pub(super) struct Client(PathBuf);

impl Client {
    pub(super) fn build() -> Result<Self> {
        Ok(Self(go_program("client")?))
    }

    /// Has it make requests of a server, so many of them at once.
    pub(super) fn ask(
        &self,
        server: &Server,
        repository: &Path,
        load: &Value,
        count: usize,
        parallel: usize,
    ) -> Result<Value> {
        let request = json!({
            "plugin": server.name, "repository": repository, "count": count, "parallel": parallel, "load": load,
        });
        let mut client = Command::new(&self.0);
        client.env("ARGOCD_PLUGINSOCKFILEPATH", &server.directory).env("ARGOCD_CMP_CHUNK_SIZE", "65536");
        let mut client = client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut input = client.stdin.take().context("is piped")?;
        writeln!(input, "{request}")?;
        drop(input);
        let output = client.wait_with_output()?;
        serde_json::from_slice(&output.stdout).context("the client's answer")
    }
}

/// A program made from Argo CD's own packages.
fn go_program(name: &str) -> Result<PathBuf> {
    let program = target_dir().join(format!("argocd-{name}"));
    let mut go = Command::new("go");
    go.args(["build", "-o"])
        .arg(&program)
        .arg(format!("./{name}"))
        .current_dir(workspace().join("tests/argocd"));
    succeed(&mut go).context("Go builds Argo CD's own programs")?;
    Ok(program)
}
