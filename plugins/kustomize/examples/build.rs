//! Builds a kustomization as `kustomize build` does, without Oarlock around it: the same text, byte
//! for byte. What it executes can be counted, as `cargo xtask counts` does.
//!
//! ```sh
//! cargo run -p oarlock-kustomize --example build -- examples/gitops components/ua/users-v2/overlays/prod
//! ```

use std::path::Path;
use std::process::ExitCode;

use oarlock_helm::Helm;
use oarlock_kustomize::{Options, build};
use oarlock_plugin::{DirectoryHost, Failure, Result, TreePath};
use oarlock_yaml::{Dialect, emit};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [tree, directory] = arguments.as_slice() else {
        eprintln!("usage: build TREE DIRECTORY, where TREE is what may be read, and DIRECTORY is below it");
        return ExitCode::from(2);
    };
    match render(tree, directory) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("Error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn render(tree: &str, directory: &str) -> Result<String> {
    let failed = |error: &dyn std::fmt::Display| Failure::new(error.to_string());
    let host = DirectoryHost::new(Path::new(tree)).map_err(|error| failed(&error))?.with_plugin::<Helm>();
    let directory = TreePath::new(directory).map_err(|error| failed(&error))?;
    let built = build(&host, &directory, &Options::default())
        .map_err(|failures| failures.into_vec().swap_remove(0))?;
    let texts: Result<Vec<String>> = built
        .iter()
        .map(|resource| emit(&resource.object, Dialect::Kustomize).map_err(|error| failed(&error)))
        .collect();
    Ok(texts?.join("---\n"))
}
