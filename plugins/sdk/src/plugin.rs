//! What an author writes.

use oarlock_model::{
    Descriptor, Failure, Failures, ObjectHistory, Origin, Parameter, Result, Stage, TreePath,
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::config::{self, Mistake};
use crate::host::Host;
use crate::manifest::Manifest;
use crate::request::Request;
use oarlock_model::nearest;

/// A render plugin: one pure function with a name.
///
/// There is no `self`: every call gets a fresh instance, so there is nothing to remember.
pub trait Plugin {
    /// The configuration, read from JSON. Its schema is derived and published; let it refuse
    /// unknown fields.
    type Config: DeserializeOwned + JsonSchema;

    /// Name by which pipelines call the plugin: lower-case letters, digits and `-`.
    const NAME: &'static str;

    /// The plugin's own version; `env!("CARGO_PKG_VERSION")` fits.
    const VERSION: &'static str;

    /// When the plugin runs.
    const STAGE: Stage;

    /// One sentence for listings.
    const SUMMARY: &'static str;

    /// Whether a directory is one that this generator renders. Transformers leave it alone.
    ///
    /// # Errors
    /// If the directory cannot be looked at.
    fn detect(_host: &dyn Host, _directory: &TreePath) -> Result<bool> {
        Ok(false)
    }

    /// Renders: a generator makes manifests from the directory, a transformer maps those of the
    /// request.
    ///
    /// # Errors
    /// Every reason why the manifests cannot be had.
    fn render(host: &dyn Host, request: Request<Self::Config>) -> Result<Vec<Manifest>, Failures>;

    /// The parameters that an Application may set for a request: those that
    /// [`render`](Self::render) reads in
    /// [`Application::set_parameters`](oarlock_model::Application::set_parameters). Argo CD's UI
    /// shows them.
    ///
    /// # Errors
    /// Every reason why they cannot be listed.
    fn parameters(_host: &dyn Host, _request: Request<Self::Config>) -> Result<Vec<Parameter>, Failures> {
        Ok(Vec::new())
    }

    /// Where the manifests that [`render`](Self::render) answers to a request come from: one
    /// history for each of them, in their order; with `only`, just that of the manifest at this
    /// position, from 0. `None` if the plugin does not know: the host then compares what it gave
    /// the plugin with what came back.
    ///
    /// # Errors
    /// Every reason why the manifests cannot be had.
    fn blame(
        _host: &dyn Host,
        _request: Request<Self::Config>,
        _only: Option<usize>,
    ) -> Result<Option<Vec<ObjectHistory>>, Failures> {
        Ok(None)
    }

    /// What the plugin says of itself, from the constants and the schema of its configuration.
    fn describe() -> Descriptor {
        Descriptor {
            name: Self::NAME.to_owned(),
            version: Self::VERSION.to_owned(),
            stage: Self::STAGE,
            summary: Self::SUMMARY.to_owned(),
            config_schema: schemars::schema_for!(Self::Config).as_value().to_string(),
        }
    }
}

/// Renders a request whose configuration is still JSON text, as the host sends it.
///
/// # Errors
/// If the configuration does not fit, or as the plugin says.
pub fn render_json<P: Plugin>(host: &dyn Host, request: Request<String>) -> Result<Vec<Manifest>, Failures> {
    P::render(host, with_config::<P>(request)?)
}

/// The parameters for a request whose configuration is still JSON text, as the host sends it.
///
/// # Errors
/// If the configuration does not fit, or as the plugin says.
pub fn parameters_json<P: Plugin>(
    host: &dyn Host,
    request: Request<String>,
) -> Result<Vec<Parameter>, Failures> {
    P::parameters(host, with_config::<P>(request)?)
}

/// Where manifests come from, for a request whose configuration is still JSON text, as the host
/// sends it.
///
/// # Errors
/// If the configuration does not fit, or as the plugin says.
pub fn blame_json<P: Plugin>(
    host: &dyn Host,
    request: Request<String>,
    only: Option<usize>,
) -> Result<Option<Vec<ObjectHistory>>, Failures> {
    P::blame(host, with_config::<P>(request)?, only)
}

fn with_config<P: Plugin>(request: Request<String>) -> Result<Request<P::Config>, Failures> {
    let config = match config::read(&request.config) {
        Ok(config) => config,
        Err(mistakes) => {
            let [first, further @ ..] = mistakes.as_slice() else {
                unreachable!("what does not fit has at least one mistake")
            };
            return Err(Failures::from(failure::<P>(first)).and(further.iter().map(failure::<P>)));
        }
    };
    let Request { directory, application, manifests, .. } = request;
    Ok(Request { directory, application, config, manifests })
}

/// The place in the JSON is of no use to people, who wrote YAML: they see the field, and the host
/// knows where it is written.
fn failure<P: Plugin>(mistake: &Mistake) -> Failure {
    let failure =
        Failure::new(format!("configuration of plugin `{}`:{} {mistake}", P::NAME, mistake.field()))
            .at(Origin::file(mistake.pointer().to_json_pointer()));
    let meant = mistake.unknown.as_ref().and_then(|(name, known)| nearest(name, known.iter().copied()));
    match meant {
        Some(meant) => failure.hint(format!("did you mean `{meant}`?")),
        None => failure.hint(format!("`oarlock plugins {}` shows what it takes", P::NAME)),
    }
}
