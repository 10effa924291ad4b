//! A plugin that misbehaves in whichever way its configuration asks for, and behaves well where it
//! asks for nothing.
//!
//! What the SDK lets a plugin do is in `behave`; what only a plugin without the SDK could do is in
//! `component`.

mod behave;
#[cfg(target_family = "wasm")]
mod component;

use oarlock_plugin::{Failures, Host, Manifest, Plugin, Request, Stage, TreePath, schemars, serde};

/// What a test asks for.
#[derive(Clone, serde::Deserialize, schemars::JsonSchema)]
#[serde(crate = "serde", deny_unknown_fields, rename_all = "camelCase")]
#[schemars(crate = "schemars")]
pub struct Config {
    /// How to behave.
    #[serde(default)]
    pub behave: Behaviour,
    /// How much of it: bytes, lines, or frames.
    #[serde(default)]
    pub amount: usize,
    /// What to read, for behaviours that read.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Whom to call, for behaviours that call.
    #[serde(default)]
    pub plugin: String,
    /// How the plugin that is called shall behave.
    #[serde(default)]
    pub then: String,
}

/// A way to behave.
#[derive(Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(crate = "serde", rename_all = "kebab-case")]
#[schemars(crate = "schemars")]
pub enum Behaviour {
    /// Returns one `ConfigMap`.
    #[default]
    Well,
    /// Never returns.
    Loop,
    /// Takes memory until there is none.
    EatMemory,
    /// Recurses, with small frames.
    Recurse,
    /// Recurses, with frames that fill the guest's own stack in linear memory first.
    RecurseWide,
    /// Panics.
    Panic,
    /// Executes `unreachable` without a word.
    Trap,
    /// Returns text that is no JSON.
    InvalidJson,
    /// Returns JSON that nests deeper than the host allows.
    DeepJson,
    /// Returns JSON that is no object.
    NotAnObject,
    /// Returns nothing where it must return something: fails without a reason.
    NoReason,
    /// Returns one manifest of the given size.
    BigOutput,
    /// Returns the given number of small manifests.
    ManyManifests,
    /// Fails with a message of the given size.
    BigFailure,
    /// Fails for two reasons.
    Fail,
    /// Logs the given number of lines, then behaves.
    LogFlood,
    /// Warns the given number of times, then behaves.
    WarnFlood,
    /// Warns the given number of times, by a megabyte each.
    WarnHuge,
    /// Logs the given number of times, by a megabyte each.
    LogHuge,
    /// Says the given number of megabytes why it panics, then does.
    PanicHuge,
    /// Looks at the given number of paths.
    StatFlood,
    /// Looks up the given number of URLs.
    RemoteFlood,
    /// Looks at a path of the given number of bytes.
    LongPath,
    /// Lists the paths over and over again.
    ListForever,
    /// Has another plugin render over and over again.
    ComposeForever,
    /// Reads the paths over and over again.
    ReadForever,
    /// Reads, lists and looks at the paths and returns the answers.
    Explore,
    /// Has another plugin render for it, with the same configuration where that is itself.
    Compose,
    /// Returns the names in the directory in the order in which the host lists them.
    ListingOrder,
    /// Hands on what it was handed.
    Echo,
}

/// The plugin.
pub struct Hostile;

impl Plugin for Hostile {
    type Config = Config;
    const NAME: &'static str = "hostile";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const STAGE: Stage = Stage::Generator;
    const SUMMARY: &'static str = "Misbehaves as it is told";

    fn detect(_: &dyn Host, directory: &TreePath) -> Result<bool, oarlock_plugin::Failure> {
        assert!(directory.file_name() != Some("panic-in-detect"), "asked whether it is mine");
        Ok(false)
    }

    fn render(host: &dyn Host, request: Request<Config>) -> Result<Vec<Manifest>, Failures> {
        behave::render(host, request)
    }
}
