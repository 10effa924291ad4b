//! `oarlock serve` at work, and Argo CD's own client, which asks it.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::redis::{self, Redis, free_port};
use crate::{Run, repository, visibly};

/// A server that listens, ended with this.
#[derive(Debug)]
pub struct Server {
    child: Child,
    directory: TempDir,
}

/// How long a server may take to begin or to end. Plugins may have to be compiled first.
const PATIENCE: Duration = Duration::from_mins(3);

impl Server {
    /// Starts a server with an operator's file.
    ///
    /// # Panics
    /// If it does not listen.
    pub fn start(operator: &str) -> Self {
        Self::start_in(directory_of_nothing(), operator)
    }

    /// Starts a server in a directory that may hold what another one left.
    ///
    /// # Panics
    /// If it does not listen.
    pub fn start_in(directory: TempDir, operator: &str) -> Self {
        Self::wait_for(Self::spawn(directory.path(), operator), directory)
    }

    /// Starts a server with further arguments.
    ///
    /// # Panics
    /// If it does not listen.
    pub fn start_with(arguments: &[&str]) -> Self {
        let directory = directory_of_nothing();
        let mut command = Self::command(directory.path(), "");
        Self::wait_for(command.args(arguments).spawn().expect("the binary starts"), directory)
    }

    fn wait_for(child: Child, directory: TempDir) -> Self {
        let mut server = Self { child, directory };
        let begun = Instant::now();
        while !["listening on", "plugins are loaded"].iter().all(|line| server.log().contains(line)) {
            assert!(server.child.try_wait().expect("it was started").is_none(), "{}", server.log());
            assert!(begun.elapsed() < PATIENCE, "the server does not listen: {}", server.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// Starts a server without waiting for it.
    ///
    /// # Panics
    /// If the binary cannot be started.
    pub fn spawn(directory: &Path, operator: &str) -> Child {
        Self::command(directory, operator).spawn().expect("the binary starts")
    }

    fn command(directory: &Path, operator: &str) -> Command {
        // Servers that start at once would each compile all plugins.
        static COMPILED: LazyLock<()> = LazyLock::new(|| {
            Run::new("plugins").at(directory_of_nothing().path()).succeeds();
        });
        LazyLock::force(&COMPILED);
        let file = directory.join("operator.yaml");
        fs::write(&file, operator).expect("a file");
        let log = fs::File::create(directory.join("log")).expect("a file");
        let mut command = Run::new("serve --http 127.0.0.1:0 --socket-dir").arg(directory).into_command();
        command.env("OARLOCK_OPERATOR_CONFIG", file).stderr(log).stdout(Stdio::null());
        command
    }

    /// Gives the server another operator's file, and has it read that.
    ///
    /// # Panics
    /// If the file cannot be written, or there is no `kill`.
    pub fn reconfigure(&self, operator: &str) {
        fs::write(self.directory.path().join("operator.yaml"), operator).expect("a file");
        let pid = self.child.id().to_string();
        let killed = Command::new("kill").args(["-HUP", &pid]).status().expect("a system with `kill`");
        assert!(killed.success());
    }

    /// The socket.
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("oarlock.sock")
    }

    /// Memory of the server in KiB, without what it maps of files, which the system can drop;
    /// `None` where the kernel does not tell.
    pub fn memory(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
        line.trim().strip_suffix("kB")?.trim().parse().ok()
    }

    /// How many files and connections the server has open; `None` where the kernel does not tell.
    pub fn descriptors(&self) -> Option<usize> {
        Some(fs::read_dir(format!("/proc/{}/fd", self.child.id())).ok()?.count())
    }

    /// How many parts of the program's file are mapped so that they can be run.
    ///
    /// # Panics
    /// If the kernel does not say.
    pub fn executable_parts(&self) -> usize {
        let maps = fs::read_to_string(format!("/proc/{}/maps", self.child.id())).expect("it runs");
        let program = crate::oarlock().canonicalize().expect("it is there");
        let of_program = |line: &&str| line.ends_with(&program.display().to_string());
        maps.lines().filter(of_program).filter(|line| line.contains(" r-xp ")).count()
    }

    /// Where probes are answered, as a URL.
    ///
    /// # Panics
    /// If the server does not say.
    pub fn http(&self) -> String {
        let log = self.log();
        let address = log.split("answering probes on ").nth(1).expect("it says where");
        format!("http://{}", address.split('"').next().unwrap_or_default())
    }

    /// What was logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// Where the renders came from so far, in order.
    pub fn origins(&self) -> Vec<String> {
        let log = self.log();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter_map(|line| Some(line.get("from")?.as_str()?.to_owned())).collect()
    }

    /// Asks by Argo CD's client, in order; `None` where there is none.
    ///
    /// # Panics
    /// If the client breaks.
    pub fn ask(&self, requests: &[Value]) -> Option<Vec<Value>> {
        let mut client = Command::new(client()?);
        client.env("ARGOCD_PLUGINSOCKFILEPATH", self.directory.path());
        let log = fs::File::create(self.directory.path().join("client.log")).expect("a file");
        client.stderr(log);
        let whole = requests.iter().map(|request| {
            let mut whole = json!({"op": "generate", "plugin": "oarlock", "application": "."});
            whole.as_object_mut().expect("is one").extend(request.as_object().expect("a request").clone());
            whole
        });
        let requests: Vec<Value> = whole.collect();
        Some(converse(&mut client, &requests))
    }

    /// Has the function of Argo CD's repo-server generate manifests with this plugin server; `None`
    /// where there is no Go.
    ///
    /// # Panics
    /// If the program breaks.
    pub fn generate(&self, requests: &[Value]) -> Option<Vec<Value>> {
        let mut program = Command::new(repository_program()?);
        program.env("ARGOCD_PLUGINSOCKFILEPATH", self.directory.path());
        let log = fs::File::create(self.directory.path().join("client.log")).expect("a file");
        Some(converse(program.stderr(log), requests))
    }

    /// Tells the server to end and waits. Gives back the directory.
    ///
    /// # Panics
    /// If it ends otherwise than well.
    pub fn end(mut self) -> TempDir {
        let kill = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
        assert!(kill.expect("there is `kill`").success());
        let status = self.child.wait().expect("it was started");
        assert!(status.success(), "{}", self.log());
        std::mem::replace(&mut self.directory, directory_of_nothing())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn directory_of_nothing() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

/// Argo CD's own plugin server with a `plugin.yaml`, `oarlock` in its path; `None` where there is
/// no Go.
///
/// # Panics
/// If it does not listen.
pub fn cmp_server(plugin: &Path) -> Option<CmpServer> {
    static PROGRAM: LazyLock<Option<PathBuf>> =
        LazyLock::new(|| program("cmpserver", "OARLOCK_ARGOCD_CMPSERVER"));
    let program = PROGRAM.clone()?;
    let directory = directory_of_nothing();
    let config = directory.path().join("config");
    fs::create_dir(&config).expect("a directory");
    fs::copy(plugin, config.join("plugin.yaml")).expect("a file");
    let oarlock = Run::new("").into_command().get_program().to_owned();
    let path = Path::new(&oarlock).parent().expect("it lies somewhere").to_owned();
    let path = std::env::join_paths([path, "/usr/bin".into(), "/bin".into()]).expect("paths");
    let mut command = Command::new(program);
    command.arg("--config-dir-path").arg(&config);
    command.env("PATH", path).env("OARLOCK_CACHE_DIR", crate::cache_dir());
    command.env("ARGOCD_PLUGINSOCKFILEPATH", directory.path()).env("ARGOCD_CMP_WORKDIR", directory.path());
    let log = fs::File::create(directory.path().join("log")).expect("a file");
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("it starts");
    let server = CmpServer(Server { child, directory });
    let begun = Instant::now();
    while !server.0.socket().exists() {
        assert!(begun.elapsed() < PATIENCE, "the server does not listen: {}", server.0.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    Some(server)
}

/// Argo CD's repo-server at work, ended with this.
#[derive(Debug)]
pub struct RepoServer {
    child: Child,
    directory: TempDir,
    port: u16,
}

impl RepoServer {
    /// Starts one that knows a plugin server and a Redis; `None` where there is no Go.
    ///
    /// # Panics
    /// If it does not listen.
    pub fn start(plugin: &Server, redis: &Redis) -> Option<Self> {
        static PROGRAM: LazyLock<Option<PathBuf>> =
            LazyLock::new(|| program("reposerver", "OARLOCK_ARGOCD_REPOSERVER"));
        let mut command = Command::new(PROGRAM.clone()?);
        let directory = directory_of_nothing();
        let (port, metrics) = (free_port(), free_port());
        command.args(["--address", "127.0.0.1", "--port", &port.to_string(), "--disable-tls"]);
        command.args(["--metrics-address", "127.0.0.1", "--metrics-port", &metrics.to_string()]);
        command.args(["--redis", &format!("127.0.0.1:{}", redis.port()), "--plugin-tar-exclude", ".git"]);
        command.env("REDIS_PASSWORD", redis::PASSWORD).env("ARGOCD_GPG_ENABLED", "false");
        command.env("ARGOCD_PLUGINSOCKFILEPATH", plugin.directory.path()).env("TMPDIR", directory.path());
        command.env("ARGOCD_ASK_PASS_SOCK", directory.path().join("askpass.sock"));
        command.env("HOME", directory.path()).env("ARGOCD_CMP_CHUNK_SIZE", "65536");
        let log = fs::File::create(directory.path().join("log")).expect("a file");
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        let mut server = Self { child: child.expect("it starts"), directory, port };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(server.child.try_wait().expect("it was started").is_none(), "{}", server.log());
            assert!(begun.elapsed() < PATIENCE, "the repo-server does not listen: {}", server.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(server)
    }

    /// Has it generate manifests; one answer for each request.
    ///
    /// # Panics
    /// If the client breaks.
    pub fn generate(&self, requests: &[Value]) -> Vec<Value> {
        let mut client = Command::new(repository_program().expect("there is Go"));
        let log = fs::File::create(self.directory.path().join("client.log")).expect("a file");
        let requests: Vec<Value> = requests
            .iter()
            .map(|request| {
                let mut whole = json!({"server": format!("127.0.0.1:{}", self.port)});
                whole
                    .as_object_mut()
                    .expect("is one")
                    .extend(request.as_object().expect("a request").clone());
                whole
            })
            .collect();
        converse(client.stderr(log), &requests)
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for RepoServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn repository_program() -> Option<PathBuf> {
    static PROGRAM: LazyLock<Option<PathBuf>> =
        LazyLock::new(|| program("repository", "OARLOCK_ARGOCD_REPOSITORY"));
    PROGRAM.clone()
}

/// See [`cmp_server`].
#[derive(Debug)]
pub struct CmpServer(Server);

impl CmpServer {
    /// As [`Server::ask`].
    ///
    /// # Panics
    /// If the client breaks.
    pub fn ask(&self, requests: &[Value]) -> Vec<Value> {
        self.0.ask(requests).expect("there is Go")
    }
}

/// What Argo CD decides by its own rules: one answer for each request; `None` where there is no Go.
///
/// # Panics
/// If the program breaks.
pub fn rules(requests: &[Value]) -> Option<Vec<Value>> {
    static RULES: LazyLock<Option<PathBuf>> = LazyLock::new(|| program("rules", "OARLOCK_ARGOCD_RULES"));
    Some(converse(&mut Command::new(RULES.clone()?), requests))
}

/// What Argo CD's commit-server writes: one answer for each request; `None` where there is no Go.
///
/// # Panics
/// If the program breaks.
pub fn hydrator(requests: &[Value]) -> Option<Vec<Value>> {
    let program = program("hydrator", "OARLOCK_ARGOCD_HYDRATOR")?;
    Some(converse(&mut Command::new(program), requests))
}

/// One line of JSON there, one back.
fn converse(program: &mut Command, requests: &[Value]) -> Vec<Value> {
    // Argo CD's code makes a temporary directory for each request, and leaves it there.
    let scratch = tempfile::tempdir().expect("a directory");
    let program = program.env("TMPDIR", scratch.path());
    let program = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut program = program.expect("the program starts");
    let mut input = program.stdin.take().expect("is piped");
    for request in requests {
        writeln!(input, "{request}").expect("the program reads");
    }
    drop(input);
    let output = program.wait_with_output().expect("the program ends");
    assert!(output.status.success(), "the program failed");
    let answers = String::from_utf8(output.stdout).expect("JSON");
    let answers: Vec<Value> = answers.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(answers.len(), requests.len());
    answers
}

/// Argo CD's client.
fn client() -> Option<PathBuf> {
    static CLIENT: LazyLock<Option<PathBuf>> = LazyLock::new(|| program("client", "OARLOCK_ARGOCD_CLIENT"));
    CLIENT.clone()
}

/// A program made from Argo CD's own packages: from the variable, else built by Go.
fn program(name: &str, variable: &str) -> Option<PathBuf> {
    if let Some(program) = std::env::var_os(variable) {
        return Some(program.into());
    }
    let program = crate::cache_dir().with_file_name(format!("argocd-{name}"));
    let mut build = Command::new("go");
    build.args(["build", "-o"]).arg(&program).arg(format!("./{name}"));
    build.current_dir(repository().join("tests/argocd"));
    match build.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => Some(program),
        Ok(output) => {
            let reason =
                String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned();
            visibly(&format!(
                "Argo CD's {name} cannot be built, so nothing is asked as Argo CD would: {reason}"
            ));
            None
        }
        Err(_) => {
            visibly("Go is not installed, so nothing is asked as Argo CD would");
            None
        }
    }
}
