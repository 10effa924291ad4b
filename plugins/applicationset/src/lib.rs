//! Expands Argo CD's ApplicationSets into the Applications that the controller would make of them.
//!
//! [`ApplicationSet`] is a document that was read, [`Inputs`] is what the controller has besides
//! it: clusters, repositories, projects, recorded answers of services. [`expand()`] makes the
//! Applications; docs/applicationsets.md says what is supported.
//!
//! ```
//! use oarlock_applicationset::{ApplicationSet, Inputs, expand};
//!
//! let text = b"
//! apiVersion: argoproj.io/v1alpha1
//! kind: ApplicationSet
//! metadata: {name: guestbook}
//! spec:
//!   generators:
//!   - list: {elements: [{env: dev}, {env: prod}]}
//!   template:
//!     metadata: {name: 'guestbook-{{env}}'}
//!     spec: {project: default, destination: {name: '{{env}}', namespace: guestbook}}
//! ";
//! let sets = ApplicationSet::from_yaml(text).unwrap();
//! let expansion = expand(&sets[0], Inputs::default()).unwrap();
//! let names: Vec<_> = expansion.applications.iter().map(|one| one.name()).collect();
//! assert_eq!(names, ["guestbook-dev", "guestbook-prod"]);
//! ```

mod cluster;
mod config;
mod error;
mod expand;
mod file;
mod generators;
mod inputs;
mod json;
mod params;
mod patch;
mod pathspec;
mod plugin;
mod report;
mod repository;
mod schema;
mod selector;
mod spec;
mod template;

pub use cluster::{Cluster, ClusterError};
pub use config::{Config, Repository, named_repository, repository_name};
pub use error::{ErrorKind, ExpandError};
pub use expand::{Application, Expansion, HeldBack, expand};
pub use file::{FileError, expand_file, json_list};
pub use inputs::{Inputs, Limits, Recorded, Release, Service};
pub use plugin::ApplicationSets;
pub use report::{ExpansionReport, ReportMetadata};
pub use repository::{Checkout, NoRepositories, Repositories, normalize_url};
pub use spec::{ApplicationSet, PolicyField};

oarlock_plugin::export!(ApplicationSets);
