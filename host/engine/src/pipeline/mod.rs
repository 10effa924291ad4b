//! Which plugins run, in which order, with which configuration.
//!
//! [`Project`] is what a repository says (`oarlock.yaml`), [`Operator`] what the operator says (a
//! file outside the repository); together they give a [`Plan`] for a directory, and a plan can be
//! run.

mod application;
mod configured;
mod discovery;
mod facts;
mod fleet;
mod objects;
mod operator;
mod parameters;
mod place;
mod plan;
mod profile;
mod project;
mod renderer;
mod run;
mod schema;
mod trace;

pub use application::{is_configured_as, parameters, render, render_cached, render_twice};
pub use configured::{Configured, Run};
pub use discovery::claims;
pub use facts::{Cluster, Facts};
pub use fleet::{FleetSettings, IgnoredFields};
pub use objects::{Faults, check as check_objects};
pub(crate) use operator::parse_digest;
pub use operator::{
    ArgoCd, Bring, Collection, DigestError, Discovery, Operator, OperatorError, OperatorPlugin,
    ParameterDeclaration, Trust, TrustedSigner,
};
pub use parameters::{item_type_name, to_json as parameter_to_json};
pub use place::{Fields, Written, find_field};
pub use plan::{Overrides, Plan, PlanError, Step, claim_by, stage_of};
pub use profile::{Profile, Release};
pub use project::{FILE_NAMES, LocatedProject, PluginSettings, Project};
pub use renderer::{RenderOutcome, RenderStore, Renderer, Task};
pub use run::{RenderError, Rendered, run};
pub use schema::project_schema;
pub use trace::{Trace, TracedStep, trace};

/// The step that stands for whichever generator claims the directory.
pub const AUTO: &str = "auto";

/// The generator that is asked last, as in Argo CD, where plain manifests are what is left when
/// nothing else fits.
pub const FALLBACK_GENERATOR: &str = "directory";
