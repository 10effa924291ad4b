//! The plugin: the engine behind the SDK's face.

use oarlock_plugin::{
    Failure, Failures, Host, Kind, Manifest, ObjectHistory, Origin, Parameter, Plugin, Request, Result,
    Stage, TreePath,
};
use oarlock_yaml::EmitError;

use crate::build::{build, build_with_histories, kustomization};
use crate::config::Config;
use crate::kustomization::FILE_NAMES;
use crate::parameters::{announce, with_application};
use crate::profile::Profile;

/// Renders kustomizations.
pub struct Kustomize;

impl Plugin for Kustomize {
    type Config = Config;
    const NAME: &'static str = "kustomize";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const STAGE: Stage = Stage::Generator;
    const SUMMARY: &'static str = "Renders kustomizations to the bytes of kustomize build";

    fn detect(host: &dyn Host, directory: &TreePath) -> Result<bool> {
        let is_file = |name: &&str| {
            directory
                .join(name)
                .is_ok_and(|path| host.stat(&path).is_ok_and(|found| found.kind == Kind::File))
        };
        Ok(FILE_NAMES.iter().any(is_file))
    }

    fn render(host: &dyn Host, request: Request<Config>) -> Result<Vec<Manifest>, Failures> {
        let version = &request.config.version;
        if !version.is_empty() && Profile::of_version(version).is_none() {
            let warning = Failure::new(format!(
                "there is no profile for kustomize `{version}`, so its `version` does not count"
            ));
            let hint = format!("what differs between versions is known of {}", Profile::names());
            host.warn(warning.at(Origin::in_config(["version"])).hint(hint));
        }
        let options =
            with_application(request.config, &request.application, &request.directory)?.into_options();
        let resources = build(host, &request.directory, &options)?;
        let manifest = |resource: crate::Resource| {
            let json = oarlock_yaml::to_json(&resource.object).map_err(|error| {
                let failure = Failure::new(format!("`{}`: {error}", resource.current_id()));
                let failure = match error {
                    EmitError::KeyNotText { .. } => failure.hint(
                        "put the key in quotes; kustomize takes them off again in annotations, in labels that it adds and in data that \
                         it generates, and there only another key helps",
                    ),
                    _ => failure,
                };
                match &resource.origin {
                    Some(origin) => failure.at(origin.clone()),
                    None => failure,
                }
            })?;
            Ok(Manifest::from_serialized(json)?.with_origin(resource.origin))
        };
        Ok(resources.into_iter().map(manifest).collect::<Result<_>>()?)
    }

    fn blame(
        host: &dyn Host,
        request: Request<Config>,
        only: Option<usize>,
    ) -> Result<Option<Vec<ObjectHistory>>, Failures> {
        let options =
            with_application(request.config, &request.application, &request.directory)?.into_options();
        let built = build_with_histories(host, &request.directory, &options)?;
        let histories = built.into_iter().map(|(_, history)| history);
        Ok(Some(match only {
            Some(position) => histories.skip(position).take(1).collect(),
            None => histories.collect(),
        }))
    }

    fn parameters(host: &dyn Host, request: Request<Config>) -> Result<Vec<Parameter>, Failures> {
        let options =
            with_application(request.config, &request.application, &request.directory)?.into_options();
        Ok(announce(&*kustomization(host, &request.directory, &options)?))
    }
}
