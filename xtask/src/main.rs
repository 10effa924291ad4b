//! The project's chores: `cargo xtask help` lists them. CI calls the same names.

mod bench;
mod chores;
mod fleets;
mod graph;
mod kubernetes_schema;
mod parity;
mod peers;
mod release;
mod setup;
mod tools;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};

/// Name, arguments, what it does.
const CHORES: [(&str, &str, &str); 18] = [
    ("setup", "", "install what building plugins needs"),
    ("build", "[--release]", "build oarlock with its plugins compiled ahead of time"),
    ("run", "[-- ARGS]", "set up what is missing, build, and run oarlock"),
    ("test", "[ARGS]", "set up what is missing, and run all tests"),
    ("lint", "", "rustfmt and clippy, warnings as errors; the binary without the server compiles"),
    ("doc", "", "build the API documentation, warnings as errors"),
    (
        "deny",
        "[--strict]",
        "check licences, advisories and sources of dependencies; --strict, and CI, fail where advisories cannot be fetched",
    ),
    ("graph", "", "print the crates of the workspace, their lines of code, and which of each other they use"),
    ("bindings", "", "generate the SDK's Rust of the contract, wit/plugin.wit"),
    ("proto", "", "generate Rust from the .proto files of the server"),
    (
        "kubernetes-schema",
        "[--check]",
        "make the table of Kubernetes' types from k8s-openapi, or check that it is what would be made",
    ),
    ("component", "CRATE", "build a crate of the workspace to a component under target/components"),
    (
        "parity",
        "[--verbose] [--write]",
        "compare with each version of kustomize and Helm that has a profile; needs Go and a release build. --write puts the scores into docs/trust.md",
    ),
    (
        "bench",
        "[GROUP …]",
        "measure against kustomize, Helm and Argo CD's plugin server, and Wasm against native: start, examples, minimal, kustomize, recursive, helm, argocd, fleet, sandbox, plugins",
    ),
    (
        "fleets",
        "[--history COUNT] CLONE[:ROOT,…] …",
        "render the fleets of clones whole, or replay their commits and compare what is affected with what changes",
    ),
    (
        "release",
        "--dry-run",
        "make everything that a release has, for this machine, in target/release-dry-run; other options are for the workflow",
    ),
    (
        "counts",
        "[--write]",
        "count what renders execute, and compare with the counts in tests/cases; --write renews them",
    ),
    ("peers", "", "fetch the real kubectl and helm that tests and benches compare with"),
];

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let chore = args.next().unwrap_or_else(|| "help".to_owned());
    let rest: Vec<String> = args.collect();
    match dispatch(&chore, &rest) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(chore: &str, args: &[String]) -> Result<ExitCode> {
    match chore {
        "setup" => setup::run().map(|_| ExitCode::SUCCESS),
        "build" => chores::binary(args),
        "run" => chores::run(args),
        "test" => chores::test(args),
        "lint" => chores::lint(),
        "doc" => chores::doc(),
        "deny" => chores::deny(args),
        "graph" => graph::run().map(|()| ExitCode::SUCCESS),
        "bindings" => chores::bindings().map(|()| ExitCode::SUCCESS),
        "proto" => chores::proto().map(|()| ExitCode::SUCCESS),
        "kubernetes-schema" => kubernetes_schema::run(args).map(|()| ExitCode::SUCCESS),
        "component" => chores::component(args),
        "parity" => parity::run(args).map(|()| ExitCode::SUCCESS),
        "bench" => bench::run(args),
        "fleets" => fleets::run(args).map(|()| ExitCode::SUCCESS),
        "release" => release::run(args),
        "counts" => chores::counts(args),
        "peers" => peers::fetch().map(|_| ExitCode::SUCCESS),
        "help" | "--help" | "-h" => {
            println!("cargo xtask CHORE\n");
            for (name, args, what) in CHORES {
                println!("  {:<22}{what}", format!("{name} {args}"));
            }
            Ok(ExitCode::SUCCESS)
        }
        other => bail!("there is no chore `{other}`; `cargo xtask help` lists them"),
    }
}
