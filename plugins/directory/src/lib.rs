//! Renders a directory of plain manifests by Argo CD's rules for directory sources.
//!
//! The rules decide which files count ([`Config`] narrows them), what in a file is a manifest, and
//! what is silently something else. They are those of `findManifests` in Argo CD's repo-server;
//! docs/directory.md describes them.

mod config;
mod detect;
mod document;
mod encoding;
mod unfold;
mod walk;

use oarlock_plugin::{Failures, Host, Manifest, Plugin, Request, Result, Stage, TreePath};

pub use config::Config;

/// The plugin.
pub struct Directory;

impl Plugin for Directory {
    type Config = Config;
    const NAME: &'static str = "directory";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const STAGE: Stage = Stage::Generator;
    const SUMMARY: &'static str = "Renders plain manifests by Argo CD's directory rules";

    fn detect(host: &dyn Host, directory: &TreePath) -> Result<bool> {
        detect::detect(host, directory)
    }

    fn render(host: &dyn Host, request: Request<Config>) -> Result<Vec<Manifest>, Failures> {
        let mut failures = Vec::new();
        let mut manifests = Vec::new();
        for file in walk::candidates(host, &request.directory, &request.config)? {
            match document::objects(host, &file) {
                Ok(objects) => {
                    for object in objects {
                        unfold::unfold(object, file.path.as_str(), &mut manifests, &mut failures);
                    }
                }
                Err(failure) => failures.push(failure),
            }
        }
        Failures::check(failures)?;
        Ok(manifests)
    }
}

oarlock_plugin::export!(Directory);
