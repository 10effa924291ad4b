//! The functions that Helm offers to templates: sprig's, and its own.
//!
//! [`all`] is the whole table, [`options`] are Helm's settings for the executor, and [`State`] is what functions share during a
//! render: it seeds the random ones, stops the clock, and tells afterwards which templates used them.

#![expect(clippy::unnecessary_wraps, reason = "all functions of the table have one signature")]

mod arguments;
mod certificates;
mod convert;
mod crypto;
mod date;
mod decimal;
mod defaults;
mod dicts;
mod digest;
mod encoding;
mod json;
mod lists;
mod math;
mod merge;
mod paths;
mod random;
mod regex;
mod state;
mod strings;
mod template;
mod toml;
mod urls;
mod versions;
mod words;
mod yaml;

use oarlock_go_template::{Functions, MissingKey, Options};

use crate::profile::Profile;
use crate::{capabilities, files};

pub(crate) use regex::Pattern;
pub use state::{State, Unsteady};

/// Checks that a text is a time in Go's layout.
///
/// # Errors
/// Go's message.
pub(crate) fn parse_time(layout: &str, text: &str) -> Result<(), String> {
    date::parse_date(layout, text).map(drop)
}

/// Name of the set that all of a release's templates are in, and of the texts that `tpl` executes.
pub const ROOT_TEMPLATE: &str = "gotpl";

/// All functions that a version of Helm has beside Go's own.
pub fn all(profile: Profile) -> Functions {
    let mut functions = Functions::new();
    for group in [
        strings::FUNCTIONS,
        words::FUNCTIONS,
        math::FUNCTIONS,
        lists::FUNCTIONS,
        dicts::FUNCTIONS,
        defaults::FUNCTIONS,
        json::FUNCTIONS,
        encoding::FUNCTIONS,
        digest::FUNCTIONS,
        certificates::FUNCTIONS,
        crypto::FUNCTIONS,
        date::FUNCTIONS,
        toml::FUNCTIONS,
        paths::FUNCTIONS,
        regex::FUNCTIONS,
        urls::FUNCTIONS,
        versions::FUNCTIONS,
        random::FUNCTIONS,
        yaml::FUNCTIONS,
        template::FUNCTIONS,
    ] {
        functions.add(group);
    }
    functions.retain(|name| profile.has_function(name));
    functions.add_methods(&files::FILES, files::METHODS);
    capabilities::add_methods(&mut functions);
    date::add_methods(&mut functions);
    versions::add_methods(&mut functions);
    functions
}

/// Helm's settings: a missing key is the zero value, so that a field of it is an error.
pub fn options() -> Options {
    Options { missing_key: MissingKey::Zero, name: ROOT_TEMPLATE.to_owned(), ..Options::default() }
}

#[cfg(test)]
mod tests;
