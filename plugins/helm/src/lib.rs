//! Renders Helm charts to the text that `helm template` prints, by the version of Helm that a
//! [`Profile`] names.
//!
//! A [`Chart`] is loaded from a directory of the tree ([`load_directory`]) or an archive
//! ([`load_archive`]); [`template()`] renders it by [`Options`] to [`RenderedChart`] manifests,
//! which can be printed. Values are read and set by [`values`].

mod blame;
pub mod capabilities;
pub mod chart;
pub mod coalesce;
pub mod config;
pub mod dependencies;
mod engine;
mod files;
pub mod functions;
pub mod log;
pub mod manifest;
mod memory;
pub mod options;
mod parameters;
mod plugin;
pub mod profile;
mod schema;
mod template;
mod text;
mod value_files;
pub mod values;
pub mod yaml;

pub use chart::{Chart, load_archive, load_directory, load_without_definitions};
pub use config::Config;
pub use log::Log;
pub use options::Options;
pub use plugin::Helm;
pub use profile::Profile;
pub use template::{RenderedChart, template};
