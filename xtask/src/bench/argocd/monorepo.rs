//! A monorepo as many teams have it: a thousand applications, each an overlay of one of ten bases,
//! the same at every run.

use std::fs;
use std::path::Path;

use anyhow::Result;
use oarlock_samples::overlay;

/// How many applications there are.
pub(super) const APPLICATIONS: usize = 1_000;

/// A file that belongs to one of them: what a commit changes.
pub(super) const CHANGES: &str = "apps/app-0003/settings.env";

const BASES: usize = 10;

/// The directory of an application.
pub(super) fn directory(number: usize) -> String {
    format!("apps/app-{number:04}")
}

/// Writes it.
pub(super) fn write(root: &Path) -> Result<()> {
    for number in 0..BASES {
        let base = root.join(format!("bases/base-{number}"));
        fs::create_dir_all(&base)?;
        fs::write(base.join("application.yaml"), overlay::APPLICATION.replace("NAME", "web"))?;
        fs::write(base.join("kustomization.yaml"), "resources:\n- application.yaml\n")?;
    }
    for number in 0..APPLICATIONS {
        let application = root.join(directory(number));
        fs::create_dir_all(&application)?;
        let base = number % BASES;
        let kustomization = format!(
            "namespace: team-{base}\nnamePrefix: app-{number:04}-\nresources:\n- ../../bases/base-{base}\nlabels:\n- pairs:\n    team: team-{base}\nconfigMapGenerator:\n- name: settings\n  envs:\n  - settings.env\npatches:\n- path: replicas.yaml\n  target:\n    kind: Deployment\n"
        );
        fs::write(application.join("kustomization.yaml"), kustomization)?;
        fs::write(application.join("settings.env"), format!("NUMBER={number}\nREVISION=0\n"))?;
        let replicas = number % 5 + 1;
        let patch = format!("- op: add\n  path: /spec/replicas\n  value: {replicas}\n");
        fs::write(application.join("replicas.yaml"), patch)?;
    }
    Ok(())
}
