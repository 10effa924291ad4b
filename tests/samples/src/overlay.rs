//! Kustomizations.
//!
//! A base of applications, each of ten resources that name one another: a Deployment, Service,
//! Ingress, ServiceAccount, Role, RoleBinding, HorizontalPodAutoscaler and CronJob from a file, a
//! ConfigMap and a Secret from generators. An overlay gives them a namespace, a prefix, a label and
//! an image, patches one Deployment in ten by name and all Ingresses by kind, and merges into one
//! ConfigMap in ten.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Resources of one application.
const PER_APPLICATION: usize = 10;

/// One application in so many is patched by name.
const PATCHED: usize = 10;

/// The resources of an application that lie in a file; `NAME` stands for its name.
pub const APPLICATION: &str = include_str!("overlay/application.yaml");

/// The overlay's own part that does not depend on the size.
const OVERLAY: &str = include_str!("overlay/kustomization.yaml");

/// A patch of one Deployment.
const PATCH: &str = include_str!("overlay/patch.yaml");

/// Writes one Deployment with a prefix.
///
/// # Errors
/// If the directory cannot be written.
pub fn write_one(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let (deployment, _) = APPLICATION.split_once("---\n").unwrap_or((APPLICATION, ""));
    fs::write(directory.join("deployment.yaml"), deployment.replace("NAME", "web"))?;
    fs::write(directory.join("kustomization.yaml"), "namePrefix: prod-\nresources:\n- deployment.yaml\n")?;
    Ok(())
}

/// Writes an overlay of so many resources, a multiple of ten; returns its directory.
///
/// # Errors
/// If the directory cannot be written.
pub fn write(directory: &Path, resources: usize) -> io::Result<PathBuf> {
    let (base, overlay) = (directory.join("base"), directory.join("overlay"));
    fs::create_dir_all(&base)?;
    fs::create_dir_all(&overlay)?;

    let (mut files, mut config_maps, mut secrets) = (String::new(), String::new(), String::new());
    let (mut patches, mut merges) = (String::new(), String::new());
    for number in 0..resources / PER_APPLICATION {
        // Writing to a string never fails.
        let name = format!("app-{number:05}");
        fs::write(base.join(format!("{name}.yaml")), APPLICATION.replace("NAME", &name))?;
        let _ = writeln!(files, "- {name}.yaml");
        let _ = writeln!(config_maps, "- name: {name}\n  literals:\n  - LOG_LEVEL=info\n  - NUMBER={number}");
        let _ = writeln!(secrets, "- name: {name}\n  literals:\n  - token=token-{number}");
        if number % PATCHED == 0 {
            let patch = format!("{name}.yaml");
            fs::write(overlay.join(&patch), PATCH.replace("NAME", &name))?;
            let _ = writeln!(patches, "- path: {patch}");
            let _ = writeln!(merges, "- name: {name}\n  behavior: merge\n  literals:\n  - LOG_LEVEL=debug");
        }
    }
    fs::write(
        base.join("kustomization.yaml"),
        format!("resources:\n{files}configMapGenerator:\n{config_maps}secretGenerator:\n{secrets}"),
    )?;
    let kustomization = format!("{OVERLAY}{patches}configMapGenerator:\n{merges}");
    fs::write(overlay.join("kustomization.yaml"), kustomization)?;
    Ok(overlay)
}
