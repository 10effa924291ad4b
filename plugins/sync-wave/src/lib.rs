//! Stamps Argo CD sync waves by rules.
//!
//! What Argo CD applies first decides whether a sync goes through: a custom resource needs its
//! definition, a workload the Secret that it mounts. This plugin gives each manifest the wave that
//! a rule of the user, the built-in table, or the needs of another manifest ask for, leaves alone
//! what was written by hand, and warns where the waves break a dependency. Start at [`plan`].

mod builtin;
mod checks;
mod config;
mod explain;
mod graph;
mod hook;
mod needs;
mod operators;
mod order;
mod plan;
mod pod;
mod provides;
mod resource_ref;
mod selector;
mod wave;

use oarlock_plugin::{Failures, Host, Manifest, Plugin, Request, Stage};

pub use checks::check;
pub use config::{Checks, Config, Rule};
pub use explain::EXPLANATION;
pub use plan::{Assignment, Reason, plan};
pub use selector::{RuleSelector, SelectorError};
pub use wave::{SYNC_WAVE, Wave};

/// The plugin.
pub struct SyncWave;

impl Plugin for SyncWave {
    type Config = Config;
    const NAME: &'static str = "sync-wave";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const STAGE: Stage = Stage::Transformer;
    const SUMMARY: &'static str =
        "Stamps Argo CD sync waves by rules, and warns where they break a dependency";

    fn render(host: &dyn Host, request: Request<Config>) -> Result<Vec<Manifest>, Failures> {
        let Request { config, mut manifests, .. } = request;
        let assignments = plan(&manifests, &config)?;
        if config.checks != Checks::Off {
            let broken = check(&manifests, &assignments);
            if config.checks == Checks::Error {
                Failures::check(broken)?;
            } else {
                for warning in broken {
                    host.warn(warning);
                }
            }
        }
        for (manifest, assignment) in manifests.iter_mut().zip(&assignments) {
            assignment.stamp(manifest, config.stamp_zero);
            if config.explain {
                explain::write(manifest, assignment);
            }
        }
        Ok(manifests)
    }
}

oarlock_plugin::export!(SyncWave);
