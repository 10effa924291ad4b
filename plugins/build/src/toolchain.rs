//! Which compiler on this machine can build for WebAssembly.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The target of all components: it imports nothing but the contract.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// A compiler that can build for WebAssembly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Toolchain {
    /// The toolchain in use has the target's standard library.
    Rustup {
        /// The compiler.
        rustc: PathBuf,
    },
    /// Debian's `rustc-web`, which builds the standard library from its source.
    DebianWeb {
        /// A linker for WebAssembly.
        linker: PathBuf,
    },
}

/// Neither way of building for WebAssembly is there. Prints both ways out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingToolchain;

const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";

impl Toolchain {
    /// Finds a compiler: the one in use if it has the target, else Debian's.
    ///
    /// # Errors
    /// If neither is there.
    pub fn find() -> Result<Self, MissingToolchain> {
        let rustc = PathBuf::from(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        let sysroot = print(&rustc, "sysroot").map(PathBuf::from);
        if let Some(sysroot) = &sysroot
            && sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir()
        {
            return Ok(Self::Rustup { rustc });
        }
        let debian_sysroot = print(Path::new(DEBIAN_RUSTC), "sysroot").map(PathBuf::from);
        let has_source = debian_sysroot
            .is_some_and(|sysroot| sysroot.join("lib/rustlib/src/rust/library/std/Cargo.toml").is_file());
        if has_source
            && Path::new(DEBIAN_CARGO).is_file()
            && let Some(linker) = find_linker(&rustc, sysroot.as_deref())
        {
            return Ok(Self::DebianWeb { linker });
        }
        Err(MissingToolchain)
    }

    /// The name and version of the compiler, as it prints them; `None` where it cannot be run.
    pub fn compiler(&self) -> Option<String> {
        let rustc = match self {
            Self::Rustup { rustc } => rustc.as_path(),
            Self::DebianWeb { .. } => Path::new(DEBIAN_RUSTC),
        };
        printed(rustc, &["--version"])
    }

    /// A `cargo build` for the target, free of what an outer cargo left in the environment.
    #[cfg_attr(not(feature = "componentize"), allow(dead_code))]
    pub(crate) fn cargo_build(&self, workspace: &Path) -> Command {
        // Paths of this machine must not reach the component: its digest is the same wherever it is
        // built.
        let mut flags = vec![format!("--remap-path-prefix={}=oarlock", workspace.display())];
        let home = std::env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
        if let Some(home) = home {
            flags.push(format!("--remap-path-prefix={}=cargo", home.display()));
        }
        let mut cargo = match self {
            Self::Rustup { .. } => Command::new("cargo"),
            Self::DebianWeb { .. } => Command::new(DEBIAN_CARGO),
        };
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if is_of_a_build(&name) {
                cargo.env_remove(name.as_ref());
            }
        }
        cargo.current_dir(workspace).args(["build", "--target", TARGET]);
        // A new project has no lock file before its first build.
        if workspace.join("Cargo.lock").is_file() {
            cargo.arg("--locked");
        }
        match self {
            Self::Rustup { rustc } => {
                cargo.env("RUSTC", rustc);
            }
            Self::DebianWeb { linker } => {
                flags.push(format!("-Clinker={}", linker.display()));
                flags.push("-Clinker-flavor=wasm-ld".to_owned());
                cargo
                    .env("RUSTC", DEBIAN_RUSTC)
                    // `-Zbuild-std` is how a released compiler builds a standard library that it
                    // does not ship.
                    .env("RUSTC_BOOTSTRAP", "1")
                    .arg("-Zbuild-std=std,panic_abort");
            }
        }
        cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
        cargo
    }
}

/// Whether a variable tells a build what to build or how. What says where toolchains and registries
/// are, and how they are reached, holds for each build of a machine.
fn is_of_a_build(name: &str) -> bool {
    let of_the_machine = [
        "CARGO_HOME",
        "CARGO_HTTP_",
        "CARGO_NET_",
        "CARGO_REGISTR",
        "CARGO_SOURCE_",
        "RUSTUP_HOME",
        "RUSTUP_TOOLCHAIN",
    ];
    (name.starts_with("CARGO") || name.starts_with("RUST"))
        && !of_the_machine.iter().any(|kept| name.starts_with(kept))
}

impl fmt::Display for MissingToolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "no compiler for WebAssembly is here; either\n  \
             rustup target add wasm32-unknown-unknown\nor, on Debian,\n  \
             apt-get install rustc-web cargo-web rust-web-src",
        )
    }
}

impl std::error::Error for MissingToolchain {}

/// What `rustc --print` answers.
fn print(rustc: &Path, what: &str) -> Option<String> {
    printed(rustc, &["--print", what])
}

fn printed(rustc: &Path, args: &[&str]) -> Option<String> {
    let output = Command::new(rustc).args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// The linker that rustup's toolchains carry, or one of Debian's.
fn find_linker(rustc: &Path, sysroot: Option<&Path>) -> Option<PathBuf> {
    let host = print(rustc, "host-tuple");
    let own =
        sysroot.zip(host).map(|(sysroot, host)| sysroot.join("lib/rustlib").join(host).join("bin/rust-lld"));
    let debian = ["/usr/bin/wasm-ld", "/usr/bin/wasm-ld-22", "/usr/lib/llvm-22/bin/wasm-ld"];
    own.into_iter().chain(debian.map(PathBuf::from)).find(|linker| linker.is_file())
}

#[cfg(test)]
mod tests {
    use super::is_of_a_build;

    #[test]
    fn a_build_within_a_build_keeps_what_the_machine_says() {
        for kept in [
            "CARGO_HOME",
            "CARGO_HTTP_PROXY",
            "CARGO_NET_OFFLINE",
            "CARGO_REGISTRIES_OURS_TOKEN",
            "CARGO_REGISTRY_TOKEN",
            "CARGO_SOURCE_CRATES_IO_REPLACE_WITH",
            "RUSTUP_TOOLCHAIN",
            "PATH",
        ] {
            assert!(!is_of_a_build(kept), "{kept}");
        }
        for dropped in ["CARGO", "CARGO_ENCODED_RUSTFLAGS", "CARGO_TARGET_DIR", "RUSTC", "RUSTFLAGS"] {
            assert!(is_of_a_build(dropped), "{dropped}");
        }
    }
}
