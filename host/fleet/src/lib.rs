//! What a repository deploys, and what it renders to.
//!
//! A [`Fleet`] finds what a root deploys ([`Fleet::environment`]): the root is rendered as Argo CD
//! renders it, Applications and ApplicationSets are taken from its manifests, and so on with what
//! these make. [`Fleet::render_all`] renders the Applications. [`AppsReport`] and [`OrderReport`]
//! are the forms for programs. [`render_all`] renders directories that no Application names.
//!
//! Trees come from the engine's `Source`, so that any may stand for a repository: [`Repositories`]
//! says which one does. Nothing here prints; a caller that shows progress passes a [`Progress`].
//!
//! [`lint`] finds mistakes in what is rendered, and [`validate`] holds objects against their types.
//!
//! [`change`] compares two renders of a fleet, [`findings`] says what matters in the differences,
//! and [`comment`] and [`html`] show them: as Markdown for a pull request, as text, as JSON, as a
//! page. None of these reads or writes anything but values.

// A program that uses this library decides what is printed.
#![warn(clippy::print_stdout, clippy::print_stderr)]

/// Appends to a string as `format!` does.
macro_rules! append {
    ($text:expr, $($arguments:tt)*) => {{
        use std::fmt::Write as _;
        // Writing to a string cannot fail.
        let _ = write!($text, $($arguments)*);
    }};
}

#[cfg(feature = "render")]
mod affected;
pub mod change;
#[cfg(feature = "render")]
mod clusters;
pub mod comment;
#[cfg(feature = "render")]
mod configure;
#[cfg(feature = "render")]
mod definition;
#[cfg(feature = "render")]
pub mod diff;
#[cfg(feature = "render")]
mod directories;
#[cfg(feature = "render")]
pub mod edit;
#[cfg(feature = "render")]
mod environment;
#[cfg(feature = "render")]
mod expansion;
#[cfg(feature = "render")]
mod failover;
pub mod findings;
#[cfg(feature = "render")]
mod fleet;
pub mod fleet_report;
#[cfg(feature = "render")]
mod generate_paths;
#[cfg(feature = "git")]
pub mod git;
pub mod html;
#[cfg(feature = "git")]
mod hydrate;
#[cfg(feature = "render")]
mod init;
pub mod lint;
#[cfg(feature = "render")]
mod names;
mod namespaces;
#[cfg(feature = "render")]
mod needed;
#[cfg(feature = "render")]
mod objects;
#[cfg(feature = "render")]
mod order;
#[cfg(feature = "render")]
mod origin;
#[cfg(feature = "render")]
mod outcome;
#[cfg(feature = "render")]
mod plan;
#[cfg(feature = "git")]
mod release;
#[cfg(feature = "render")]
mod render;
#[cfg(feature = "render")]
mod rendered;
#[cfg(feature = "render")]
mod report;
#[cfg(feature = "render")]
mod repository;
#[cfg(feature = "render")]
mod search;
pub mod secrets;
#[cfg(feature = "render")]
mod set_image;
#[cfg(feature = "render")]
mod settings;
#[cfg(feature = "render")]
mod side;
#[cfg(feature = "render")]
pub mod trace;
#[cfg(feature = "render")]
pub mod validate;
#[cfg(feature = "render")]
mod view;
#[cfg(feature = "render")]
mod walk;
#[cfg(feature = "render")]
mod world;

#[cfg(feature = "render")]
pub use affected::{
    AFFECTED_FORMAT_VERSION, AffectedApplication, AffectedChange, AffectedReport, EnvironmentProblem,
    ProblemSide,
};
#[cfg(feature = "render")]
pub use clusters::{Cluster, Clusters, ClustersFile, LOCAL_NAME, LOCAL_SERVER, Target};
#[cfg(feature = "render")]
pub use configure::{Configured, configure};
#[cfg(feature = "render")]
pub use definition::{Definition, Kind, ObjectName};
#[cfg(feature = "render")]
pub use directories::{
    Directories, DirectoryRender, Progress, RenderedAll, THREAD_STACK_BYTES, ThreadsError, read_by_others,
    render_all, workload,
};
#[cfg(feature = "render")]
pub use environment::{Application, Environment, Filter, Parent, Project, Set};
#[cfg(feature = "render")]
pub use expansion::{Expanded, ExpandedSet, ExpansionError, SetFacts};
#[cfg(feature = "render")]
pub use failover::{
    ElementChange, ElementReport, FAILOVER_FORMAT_VERSION, Failover, FailoverOptions, FailoverReport,
    MoveReport, failover,
};
#[cfg(feature = "render")]
pub use fleet::{Fleet, FleetOptions};
#[cfg(feature = "render")]
pub use generate_paths::{GENERATE_PATHS, GeneratePaths, generate_paths};
#[cfg(feature = "git")]
pub use hydrate::{
    DirectoryChange, HYDRATE_FORMAT_VERSION, HydrateOptions, HydrateReport, Hydrated, HydratedDirectory,
    hydrate,
};
#[cfg(feature = "render")]
pub use init::propose;
#[cfg(feature = "render")]
pub use names::{collisions, output_path};
#[cfg(feature = "render")]
pub use needed::{Needed, Needs};
#[cfg(feature = "render")]
pub use oarlock_applicationset::Recorded;
#[cfg(feature = "render")]
pub use order::{
    ApplicationOrder, EnvironmentOrder, ORDER_FORMAT_VERSION, OrderReport, Ordered, Phase, Step, Steps, steps,
};
#[cfg(feature = "render")]
pub use plan::{PLUGIN, PlannedSource, SourceError, SourceType};
#[cfg(feature = "git")]
pub use release::{RELEASE_FORMAT_VERSION, Release, ReleaseOptions, ReleaseReport, ReleaseVersion, release};
#[cfg(feature = "render")]
pub use rendered::{ApplicationRender, SourceRender};
#[cfg(feature = "render")]
pub use report::{AppsReport, FORMAT_VERSION};
#[cfg(feature = "render")]
pub use repository::{
    Checkout, External, ExternalKind, LocateError, Located, Repositories, RepositoryId, Revisions,
};
#[cfg(feature = "render")]
pub use set_image::{
    ImageError, ImageReference, SET_IMAGE_FORMAT_VERSION, SetImage, SetImageReport, SetPlace, set_image,
};
#[cfg(feature = "render")]
pub use settings::{Root, Settings, read_recorded};
#[cfg(feature = "render")]
pub use view::{Mounts, View};
#[cfg(feature = "render")]
pub use world::{MakeFleet, World};
