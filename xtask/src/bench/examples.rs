//! Small overlays as people write them: those of the example repository.

use anyhow::{Context, Result};

use super::{Programs, measure, report};
use crate::workspace::workspace;

/// An overlay and what it is called in the table.
const OVERLAYS: [(&str, &str); 2] = [
    ("users-v2, prod", "examples/gitops/components/ua/users-v2/overlays/prod"),
    ("shared-config, prod", "examples/gitops/components/ua/shared-config/overlays/prod"),
];

/// Measures and prints them.
pub(super) fn run() -> Result<()> {
    let programs = Programs::get()?;
    println!("## The example repository, whole process\n");
    report::head("overlay", "kubectl");
    for (name, overlay) in OVERLAYS {
        let (tree, directory) = (workspace(), workspace().join(overlay));
        let measured =
            measure::compare(&|| programs.render(tree, &directory), &|| programs.kustomize(&directory));
        report::row(name, &measured.context(overlay)?);
    }
    println!();
    Ok(())
}
