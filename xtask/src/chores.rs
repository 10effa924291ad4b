//! The chores that are a command or two.

use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use oarlock_samples::CONFORMANCE;

use crate::tools::Tools;
use crate::workspace::workspace;
use crate::{peers, setup};

/// The version of cargo-deny that CI runs.
const CARGO_DENY: &str = "0.20.2";

/// The workspaces inside of ours, which have lock files of their own.
const INNER_WORKSPACES: [&str; 4] =
    ["fuzz", "host/server/proto/generate", "lib/kubernetes-schema/generate", "plugins/sdk/generate"];

/// How the binary is built: with the features that the whole workspace asks for, so that testing
/// does not build wasmtime again.
const BUILD: [&str; 4] = ["build", "--workspace", "--bin", "oarlock"];

/// Which profile the binary is built with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    Debug,
    Release,
}

impl Profile {
    /// Its directory below the target directory.
    fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "release",
        }
    }

    /// Where the code of bundled plugins is that the binary is built with.
    fn precompiled(self) -> PathBuf {
        target_dir().join("precompiled").join(self.name())
    }
}

/// Where cargo builds.
pub(crate) fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from)
}

/// `cargo` in the workspace.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // The same for every command, so that none rebuilds what another has built.
    cargo.env("OARLOCK_PRECOMPILED", Profile::Debug.precompiled());
    cargo.current_dir(workspace()).args(args);
    cargo
}

/// Builds the binary with the bundled plugins compiled ahead of time: once to have the compiler,
/// and once more with what it compiled, where that is new. Gives the path of the binary.
pub(crate) fn build(profile: Profile) -> Result<PathBuf> {
    build_with(profile, None, &[])
}

/// Builds what is released for a target, whose programs this machine can run: exactly with the
/// versions of Cargo.lock.
pub(crate) fn build_release(target: &str) -> Result<PathBuf> {
    setup::run()?;
    build_with(Profile::Release, Some(target), &["--locked"])
}

fn build_with(profile: Profile, target: Option<&str>, args: &[&str]) -> Result<PathBuf> {
    let directory = target.map_or_else(target_dir, |target| target_dir().join(target));
    let binary = directory.join(profile.name()).join("oarlock");
    let build = || {
        let mut build = cargo(&BUILD);
        build.env("OARLOCK_PRECOMPILED", profile.precompiled()).arg("--quiet").args(args);
        if profile == Profile::Release {
            build.arg("--release");
        }
        if let Some(target) = target {
            build.args(["--target", target]);
        }
        // What oarlock prints is data, so cargo's output goes to standard error.
        succeed(build.stdout(Stdio::from(std::io::stderr())))
    };
    build()?;
    succeed(Command::new(&binary).arg("precompile").arg(profile.precompiled()))?;
    build()?;
    Ok(binary)
}

/// Runs a command to its end; a failure is an error that names it.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let args: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let status = command.status().with_context(|| format!("cannot run {program}"))?;
    if !status.success() {
        bail!("{program} {} failed", args.join(" "));
    }
    Ok(())
}

/// Builds what the arguments need, and runs oarlock in the caller's directory.
pub(crate) fn run(args: &[String]) -> Result<ExitCode> {
    setup::run()?;
    let args = args.strip_prefix(&["--".to_owned()]).unwrap_or(args);
    // Without the server and its allocator, neither of which a render needs, it is built in three
    // quarters of the time. All else has them: the help and the reference say what there is.
    let is_render = args.first().is_some_and(|verb| verb == "render");
    let features: &[&str] = if is_render { &["--no-default-features"] } else { &[] };
    let binary = build_with(Profile::Debug, None, features)?;
    let status = Command::new(binary).args(args).status()?;
    Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)))
}

/// Runs all tests; further arguments go to `cargo test`.
pub(crate) fn test(args: &[String]) -> Result<ExitCode> {
    setup::run()?;
    if let Err(error) = peers::fetch() {
        eprintln!("note: the real kubectl is not here, so nothing is compared with it: {error:#}");
    }
    for (program, package, what) in [
        ("redis-server", "redis-server", "the shared cache"),
        ("docker-registry", "docker-registry", "pushing and pulling plugins"),
        ("valgrind", "valgrind", "what native code executes"),
        ("shellcheck", "shellcheck", "the shell of scripts and workflows"),
        ("promtool", "prometheus", "the rules of alerts"),
    ] {
        if let Err(error) = setup::program(program, package) {
            eprintln!("note: {program} is not here, so {what} is not tested: {error:#}");
        }
    }
    if let Err(error) = setup::browser() {
        eprintln!("note: there is no browser here, so the page of the report is not tested: {error:#}");
    }
    let tools = Tools::fetch();
    // The whole-program tests run the real binary.
    build(Profile::Debug)?;
    let mut test = cargo(&["test", "--workspace", "--no-fail-fast"]);
    for (variable, directory) in
        [("OARLOCK_TOOLS", tools.programs()), ("OARLOCK_PLUGIN_TOOLS", tools.of_plugins().to_owned())]
    {
        if std::env::var_os(variable).is_none() {
            test.env(variable, directory);
        }
    }
    if let Some(kubectl) = peers::find("kubectl") {
        test.env("OARLOCK_KUBECTL", kubectl);
    }
    // The corpora are no part of the repository. A checkout that has them beside it uses them.
    let beside = workspace().join("../shared/conformance");
    if std::env::var_os(CONFORMANCE).is_none() && beside.is_dir() {
        test.env(CONFORMANCE, beside);
    }
    succeed(test.args(args))?;
    Ok(ExitCode::SUCCESS)
}

/// Counts what renders execute, which the tests compare with a file, too. As in CI, nothing is
/// compiled incrementally, which would make other code.
pub(crate) fn counts(args: &[String]) -> Result<ExitCode> {
    let writes = match args {
        [] => false,
        [flag] if flag == "--write" => true,
        _ => bail!("`cargo xtask counts` takes `--write` alone"),
    };
    setup::run()?;
    // `cargo test` builds examples as programs only where it builds everything.
    succeed(cargo(&["build", "--workspace", "--examples", "--quiet"]).env("CARGO_INCREMENTAL", "0"))?;
    let mut test = cargo(&["test", "--workspace", "--quiet", "--test", "program", "counts::"]);
    test.env("CARGO_INCREMENTAL", "0");
    if writes {
        test.env("TRYCMD", "overwrite");
    }
    succeed(&mut test)?;
    Ok(ExitCode::SUCCESS)
}

/// Builds the binary, and prints where it is.
pub(crate) fn binary(args: &[String]) -> Result<ExitCode> {
    let profile = match args {
        [] => Profile::Debug,
        [flag] if flag == "--release" => Profile::Release,
        _ => bail!("`cargo xtask build` takes `--release` alone"),
    };
    setup::run()?;
    println!("{}", build(profile)?.display());
    Ok(ExitCode::SUCCESS)
}

/// Style and lints, and the binary without its server.
pub(crate) fn lint() -> Result<ExitCode> {
    setup::run()?;
    succeed(&mut cargo(&["fmt", "--all", "--check"]))?;
    succeed(&mut cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]))?;
    // The binary builds without the server. `--workspace` is here so that the dependencies have the
    // features that they have elsewhere: `--package` would check wasmtime and all else once more.
    succeed(&mut cargo(&["check", "--workspace", "--bin", "oarlock", "--no-default-features", "--quiet"]))?;
    Ok(ExitCode::SUCCESS)
}

/// API documentation.
pub(crate) fn doc() -> Result<ExitCode> {
    setup::run()?;
    let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--quiet"]);
    succeed(doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(ExitCode::SUCCESS)
}

/// Dependencies. Where a forge runs it, a check that cannot be done has failed: nobody reads a note
/// there.
pub(crate) fn deny(args: &[String]) -> Result<ExitCode> {
    let is_strict = match args {
        [] => is_forge(|name| std::env::var(name).ok()),
        [flag] if flag == "--strict" => true,
        _ => bail!("`cargo xtask deny` takes `--strict` alone"),
    };
    let present = cargo(&["deny", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !present.is_ok_and(|status| status.success()) {
        // Without optimization it is built in a third of the time, and fast enough.
        succeed(&mut cargo(&[
            "install",
            "cargo-deny",
            "--locked",
            "--debug",
            "--quiet",
            "--version",
            CARGO_DENY,
        ]))?;
    }
    succeed(&mut cargo(&["deny", "check", "bans", "licenses", "sources"]))?;
    for folder in INNER_WORKSPACES {
        let mut metadata =
            cargo(&["metadata", "--locked", "--quiet", "--format-version=1", "--manifest-path"]);
        succeed(metadata.arg(workspace().join(folder).join("Cargo.toml")).stdout(Stdio::null()))?;
    }
    // The advisories are the one part that comes over the network at the time of the check.
    let fetched = cargo(&["deny", "fetch", "db"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if fetched.is_ok_and(|status| status.success()) {
        succeed(&mut cargo(&["deny", "check", "advisories"]))?;
    } else if is_strict {
        bail!("the database of advisories cannot be fetched, so advisories are not checked");
    } else {
        println!("note: the database of advisories cannot be fetched here, so advisories are not checked");
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether a forge runs this. Each sets a variable of its own. `CI` is set elsewhere, too, where
/// there may be no network.
fn is_forge(variable: impl Fn(&str) -> Option<String>) -> bool {
    ["GITHUB_ACTIONS", "GITLAB_CI", "FORGEJO_ACTIONS", "GITEA_ACTIONS"]
        .iter()
        .any(|name| variable(name).is_some_and(|value| !["", "0", "false"].contains(&value.as_str())))
}

/// Generates Rust from the `.proto` files of the server, by a program that is no part of the
/// workspace.
pub(crate) fn proto() -> Result<()> {
    succeed(&mut generator("host/server/proto/generate", "proto"))
}

/// Generates the SDK's bindings of the contract, likewise.
pub(crate) fn bindings() -> Result<()> {
    succeed(&mut generator("plugins/sdk/generate", "bindings"))
}

/// Runs a generator, whose folder is a workspace of its own, without what it is to do.
pub(crate) fn generator(folder: &str, target: &str) -> Command {
    let mut run = cargo(&["run", "--quiet", "--locked", "--manifest-path"]);
    run.arg(workspace().join(folder).join("Cargo.toml"));
    run.env("CARGO_TARGET_DIR", target_dir().join(target));
    run
}

/// Builds one crate to a component.
pub(crate) fn component(args: &[String]) -> Result<ExitCode> {
    let [package] = args else { bail!("name one crate, for example `cargo xtask component hello`") };
    setup::run()?;
    let mut build =
        cargo(&["run", "--quiet", "--package", "oarlock-build", "--features", "componentize", "--"]);
    succeed(build.arg(workspace()).arg(target_dir()).arg(package))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ci_is_known_by_its_variables() {
        for (set, expected) in [
            (&[][..], false),
            (&[("CI", "true")], false),
            (&[("GITLAB_CI", "1")], true),
            (&[("GITHUB_ACTIONS", "false")], false),
            (&[("CI", ""), ("GITHUB_ACTIONS", "true")], true),
        ] {
            let variable = |name: &str| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(is_forge(variable), expected, "{set:?}");
        }
    }
}
