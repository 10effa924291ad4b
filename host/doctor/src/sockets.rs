//! The directory in which the repo-server looks for plugins, and our sockets in it.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::fs::{Access, access};

use crate::finding::{Finding, Findings, quoted};

/// Where the repo-server looks by default.
const DEFAULT: &str = "/home/argocd/cmp-server/plugins";

/// Checks the directory, the default one where none is named, and the socket of each name in it.
pub(crate) fn check(directory: Option<&Path>, names: &[String], findings: &mut Findings) {
    let is_named = directory.is_some();
    let directory = directory.unwrap_or(Path::new(DEFAULT));
    let found = directory_of(directory, is_named);
    let is_there = found.as_ref().is_ok_and(|_| true);
    findings.add(found.unwrap_or_else(|finding| finding));
    if is_there {
        for name in names {
            findings.add(socket(directory, name));
        }
    }
}

/// The directory; an error if there is nothing in it to look at.
fn directory_of(directory: &Path, is_named: bool) -> Result<Finding, Finding> {
    const CHECK: &str = "directory of sockets";
    let place = directory.display();
    let metadata = match fs::metadata(directory) {
        Ok(metadata) => metadata,
        Err(_) if !is_named => {
            return Err(Finding::ok(
                CHECK,
                format!("{place} is not here, so this is no pod of the repo-server"),
            ));
        }
        Err(error) => {
            let hint = "mount the repo-server's volume `plugins` there";
            return Err(Finding::fail(CHECK, format!("{place}: {error}"), hint));
        }
    };
    if !metadata.is_dir() {
        let hint = "name the directory that holds the sockets, not a socket";
        return Err(Finding::fail(CHECK, format!("{place} is no directory"), hint));
    }
    let (owner, mode) = (metadata.uid(), metadata.mode() & 0o7777);
    let me = rustix::process::geteuid().as_raw();
    if access(directory, Access::WRITE_OK | Access::EXEC_OK).is_err() {
        let message = format!(
            "{place} is owned by user {owner} with mode {mode:04o}, and user {me} may not write there"
        );
        return Ok(Finding::fail(CHECK, message, "run as the repo-server's user, which is 999"));
    }
    Ok(Finding::ok(CHECK, format!("{place} is writable for user {me}")))
}

/// One socket.
fn socket(directory: &Path, name: &str) -> Finding {
    let path = directory.join(format!("{name}.sock"));
    let check = format!("socket {name}.sock");
    let Ok(metadata) = fs::symlink_metadata(&path) else {
        return Finding::warn(
            check,
            format!("is not there, so an Application that names `{name}` fails"),
            format!("start `oarlock serve --name {}`, or see in its log why it ended", quoted(name)),
        );
    };
    if !metadata.file_type().is_socket() {
        return Finding::fail(check, "is there and is no socket", format!("remove {}", path.display()));
    }
    if let Err(error) = UnixStream::connect(&path) {
        return match error.kind() {
            std::io::ErrorKind::PermissionDenied => {
                Finding::fail(check, "may not be connected to", "run as the repo-server's user, which is 999")
            }
            _ => Finding::warn(
                check,
                "was left behind by a server that ended; nobody listens",
                "start `oarlock serve`, which takes its place",
            ),
        };
    }
    let mode = metadata.mode() & 0o777;
    if mode & 0o002 == 0 {
        let message =
            format!("a server listens, with mode {mode:04o}: only its own user and group may connect");
        return Finding::warn(check, message, "run it as the repo-server's user, which is 999");
    }
    Finding::ok(check, "a server listens")
}
