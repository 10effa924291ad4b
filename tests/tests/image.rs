//! The image's root file system, made as the image makes it, with `serve` in it: read-only, as user
//! 999, without anything else.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use oarlock_tests::{oarlock, repository, visibly};

/// Mounts the root read-only, and over the directory of sockets what a pod mounts there.
const RUN: &str = r#"set -e
mount --bind "$1" "$1"
mount -t tmpfs -o uid=999,gid=999,mode=755 tmpfs "$1/home/argocd/cmp-server/plugins"
mount -o remount,ro,bind "$1"
exec chroot --userspec=999:999 "$1" /usr/local/bin/oarlock serve --http 127.0.0.1:0
"#;

/// How long the server may take to be ready.
const PATIENCE: Duration = Duration::from_mins(2);

/// Ends the server whatever the test finds.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn serve_runs_in_the_root_file_system_of_the_image() {
    let can_mount =
        Command::new("unshare").args(["--mount", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]).output();
    if !can_mount.is_ok_and(|output| output.status.success()) {
        visibly("nothing can be mounted here, so `serve` does not run in the image's root file system");
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("root");
    let made =
        Command::new(repository().join("deploy/image/rootfs.sh")).arg(oarlock()).arg(&root).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));

    let mut command = Command::new("unshare");
    command
        .args(["--mount", "sh", "-c", RUN, "sh"])
        .arg(&root)
        .env("OARLOCK_CACHE_DIR", "/var/cache/oarlock");
    let mut server = Running(command.stderr(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(server.0.stderr.take().unwrap()).lines();
    let mut log = String::new();
    let mut wait_for = |what: &str| -> String {
        loop {
            let line = lines.next().unwrap_or_else(|| panic!("no {what}: {log}")).unwrap();
            log += &(line.clone() + "\n");
            if line.contains(what) {
                return line;
            }
        }
    };
    let line = wait_for("answering probes on ");
    let address = line.split("answering probes on ").nth(1).unwrap().split('"').next().unwrap().to_owned();
    wait_for("listening on /home/argocd/cmp-server/plugins/oarlock.sock");
    // It listens before it has loaded all plugins.
    let begun = Instant::now();
    while !get(&address, "/readyz").ends_with("ok\n") {
        assert!(begun.elapsed() < PATIENCE, "{}", get(&address, "/readyz"));
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(get(&address, "/metrics").contains("oarlock_build_info{version="));
    let status = fs::read_to_string(format!("/proc/{}/status", server.0.id())).unwrap();
    assert!(status.lines().any(|line| line.starts_with("Uid:\t999\t999\t")), "{status}");
    // Nothing was written but the socket, which is in a mount of its own.
    assert_eq!(fs::read_dir(root.join("home/argocd/cmp-server/plugins")).unwrap().count(), 0);
    let ended = Command::new("kill").args(["-TERM", &server.0.id().to_string()]).status().unwrap();
    assert!(ended.success() && server.0.wait().unwrap().success());
}
