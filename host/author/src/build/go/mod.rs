//! Go: the standard toolchain, for `wasip1`, and the adapter of this folder.
//!
//! Go's modules call the first preview of WASI. The usual adapter asks the host while the host
//! waits for memory, which the component model forbids: Go's collector reads the clock there, and
//! plugins trap once they have enough manifests. The adapter here answers by itself, and passes on
//! what is written to standard output and standard error alone.

use std::path::Path;
use std::process::Command;

use oarlock_build::{Adapter, adapt};

use super::{made, work_folder};
use crate::error::AuthorError;
use crate::project::Project;
use crate::scaffold::WIT;
use crate::tool;

/// The oldest Go that can export functions from a module: `//go:wasmexport`, and `c-shared` for it.
const OLDEST: (u32, u32) = (1, 25);

const ADAPTER: Adapter<'_> = Adapter {
    name: "wasi_snapshot_preview1",
    module: include_bytes!(concat!(env!("OUT_DIR"), "/adapter.wasm")),
    wit: include_str!("adapter.wit"),
};

pub(super) fn build(project: &Project) -> Result<Vec<u8>, AuthorError> {
    let found = tool::line(Path::new("go"), &["env", "GOVERSION"]);
    if found.as_deref().and_then(version).is_none_or(|version| version < OLDEST) {
        let (major, minor) = OLDEST;
        let what = match found {
            Some(found) => format!("Go {major}.{minor} or newer is not installed, but {found}"),
            None => format!("Go {major}.{minor} or newer is not installed"),
        };
        let install = "apt-get install golang-go` or follow `go.dev/doc/install".to_owned();
        return Err(AuthorError::Missing { what, install });
    }
    let out = work_folder(project)?.join("module.wasm");
    let mut command = Command::new("go");
    command
        .current_dir(&project.folder)
        .envs([("GOOS", "wasip1"), ("GOARCH", "wasm"), ("GOFLAGS", "-mod=mod")])
        // The same bytes in and out of a repository, and wherever git cannot say what state it is
        // in.
        .args([
            "build",
            "-buildvcs=false",
            "-trimpath",
            "-buildmode=c-shared",
            "-ldflags=-s -checklinkname=0",
            "-o",
        ])
        .arg(&out)
        .arg(".");
    tool::run("go build", &mut command)?;
    adapt(&made(&out)?, WIT, &ADAPTER).map_err(|error| AuthorError::Component(format!("{error:#}")))
}

/// `go1.26.1` as numbers.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.strip_prefix("go")?.split(['.', ' ', '-']);
    let minor = parts.clone().nth(1)?;
    let digits = minor.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(minor.len());
    Some((parts.next()?.parse().ok()?, minor[..digits].parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_go_are_compared_as_numbers() {
        for (text, expected) in [
            ("go1.26.8", Some((1, 26))),
            ("go1.27rc1", Some((1, 27))),
            ("go1.9", Some((1, 9))),
            ("devel +abc", None),
        ] {
            assert_eq!(version(text), expected, "{text}");
        }
        assert!(version("go1.9") < Some(OLDEST) && version("go1.100") > Some(OLDEST));
    }
}
