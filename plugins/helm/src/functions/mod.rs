//! The functions that Helm offers to templates: sprig's, and its own.
//!
//! [`all`] is the whole table, [`options`] are Helm's settings for the executor, and
//! [`RenderState`] is what functions share during a render: it seeds the random ones, stops the
//! clock, and tells afterwards which templates used them.

#![expect(clippy::unnecessary_wraps, reason = "all functions of the table have one signature")]

mod json;
mod state;
mod template;
mod toml;
mod yaml;

use oarlock_go_template::{Functions, MissingKey, Options};

use crate::profile::Profile;
use crate::{capabilities, files};

pub use state::RenderState;
pub(crate) use state::Written;

/// Name of the set that all of a release's templates are in, and of the texts that `tpl` executes.
pub const ROOT_TEMPLATE: &str = "gotpl";

/// All functions that templates may call in a version of Helm.
pub fn all(profile: Profile) -> Functions {
    let mut functions = oarlock_sprig::functions();
    for group in [json::FUNCTIONS, toml::FUNCTIONS, yaml::FUNCTIONS, template::FUNCTIONS] {
        functions.add(group);
    }
    functions.retain(|name| profile.has_function(name));
    functions.add_methods(&files::FILES, files::METHODS);
    capabilities::add_methods(&mut functions);
    functions
}

/// Helm's settings: a missing key is the zero value, so that a field of it is an error.
pub fn options() -> Options {
    Options { missing_key: MissingKey::Zero, name: ROOT_TEMPLATE.to_owned(), ..Options::default() }
}

#[cfg(test)]
mod tests;
