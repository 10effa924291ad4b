//! The plugin: ApplicationSets in, Applications out. All other manifests pass.

use oarlock_plugin::{Failure, Failures, Host, Manifest, Plugin, Request, Stage};
use serde_json::Value as Json;

use crate::config::{Config, ConfiguredRepositories};
use crate::expand::expand;
use crate::inputs::{Inputs, Limits};
use crate::report::ExpansionReport;
use crate::spec::{ApplicationSet, is_application_set};

/// The plugin.
pub struct ApplicationSets;

impl Plugin for ApplicationSets {
    type Config = Config;
    const NAME: &'static str = "applicationset";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const STAGE: Stage = Stage::Transformer;
    const SUMMARY: &'static str = "Expands ApplicationSets into the Applications that Argo CD makes of them";

    fn render(host: &dyn Host, request: Request<Config>) -> Result<Vec<Manifest>, Failures> {
        let Request { config, manifests, .. } = request;
        let repositories = ConfiguredRepositories { host, config: &config };
        let inputs = Inputs {
            clusters: &config.clusters,
            repositories: &repositories,
            projects: config.projects.as_deref(),
            namespace: &config.namespace,
            recorded: &config.recorded,
            release: config.release,
            include_hidden_directories: config.include_hidden_directories,
            limits: Limits::default(),
        };
        let (mut out, mut failures) = (Vec::with_capacity(manifests.len()), Vec::new());
        for manifest in manifests {
            if manifest.kind() != "ApplicationSet" || manifest.group() != "argoproj.io" {
                out.push(manifest);
                continue;
            }
            if config.report {
                match ExpansionReport::of(&manifest, inputs).into_manifest() {
                    Ok(report) => out.push(report.with_origin(manifest.origin.clone())),
                    Err(failure) => failures.push(failure),
                }
            } else if let Err(failure) = expand_manifest(host, &manifest, inputs, &mut out) {
                failures.push(failure);
            }
            if config.keep {
                out.push(manifest);
            }
        }
        Failures::check(failures)?;
        Ok(out)
    }
}

fn expand_manifest(
    host: &dyn Host,
    manifest: &Manifest,
    inputs: Inputs<'_>,
    out: &mut Vec<Manifest>,
) -> Result<(), Failure> {
    let (name, origin) = (manifest.name(), manifest.origin.as_ref());
    let object = Json::Object(manifest.object().clone());
    debug_assert!(is_application_set(&object));
    let warn = |message: String| {
        let failure = Failure::new(message);
        host.warn(match origin {
            Some(origin) => failure.at(origin.clone()),
            None => failure,
        });
    };
    let failure = |error: crate::ExpandError| error.into_failure(name, origin);
    let set = ApplicationSet::from_json(&object).map_err(failure)?;
    for field in set.ignored_fields() {
        warn(format!("ApplicationSet `{name}`: Kubernetes drops the unknown field `{field}`"));
    }
    let expansion = expand(&set, inputs).map_err(failure)?;
    for (held_back, reason) in &expansion.held_back {
        warn(format!("ApplicationSet `{name}`: Application `{held_back}` is not created: {reason}"));
    }
    for application in expansion.created() {
        out.push(Manifest::new(application.manifest).with_origin(manifest.origin.clone()));
    }
    Ok(())
}
