//! What a repository deploys, and what it renders to.
//!
//! A [`Fleet`] finds what a root deploys ([`Fleet::environment`]): the root is rendered as Argo CD
//! renders it, Applications and ApplicationSets are taken from its manifests, and so on with what
//! these make. [`Fleet::render_all`] renders the Applications. [`AppsReport`] and [`OrderReport`]
//! are the forms for programs. [`render_all`] renders directories that no Application names.
//!
//! Trees come from the engine's `Source`, so that any may stand for a repository: [`Repositories`]
//! says which one does. Nothing here prints; a caller that shows progress passes a [`Progress`].

// A program that uses this library decides what is printed.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod clusters;
mod configure;
mod definition;
mod directories;
mod environment;
mod expansion;
mod fleet;
mod init;
mod names;
mod order;
mod origin;
mod plan;
mod render;
mod rendered;
mod report;
mod repository;
mod search;
mod settings;
mod view;
mod walk;

pub use clusters::{Cluster, Clusters, ClustersFile, LOCAL_NAME, LOCAL_SERVER, Target};
pub use configure::{Configured, configure};
pub use definition::{Definition, Kind, ObjectName};
pub use directories::{
    Directories, DirectoryRender, Progress, RenderedAll, THREAD_STACK_BYTES, ThreadsError, read_by_others,
    render_all, workload,
};
pub use environment::{Application, Environment, Filter, Parent, Project, Set};
pub use expansion::{ExpandApplicationSets, Expanded, ExpansionError, Native, SetFacts};
pub use fleet::{Fleet, FleetOptions};
pub use init::propose;
pub use names::{collisions, output_path};
pub use oarlock_applicationset::Recorded;
pub use order::{
    ApplicationOrder, EnvironmentOrder, ORDER_FORMAT_VERSION, OrderReport, Ordered, Phase, Step, Steps, steps,
};
pub use plan::{PLUGIN, PlannedSource, SourceError, SourceType};
pub use rendered::{ApplicationRender, SourceRender};
pub use report::{AppsReport, FORMAT_VERSION};
pub use repository::{
    Checkout, External, ExternalKind, LocateError, Located, Repositories, RepositoryId, Revisions,
};
pub use settings::{Root, Settings, read_recorded};
pub use view::View;
