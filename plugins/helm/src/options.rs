//! What a render is asked for: all that `helm template` takes by its switches.

use oarlock_go_template::{Limits, Map};

use crate::profile::Profile;

/// What a render is asked for.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "these are Helm's switches")]
pub struct Options {
    /// The version of Helm whose output is wanted.
    pub profile: Profile,
    /// Name of the release.
    pub release_name: String,
    /// Namespace of the release.
    pub namespace: String,
    /// The user's values, merged.
    pub values: Map,
    /// Version of Kubernetes, as `1.34.0`.
    pub kube_version: Option<String>,
    /// APIs that the cluster serves besides those that Helm takes for granted.
    pub api_versions: Vec<String>,
    /// Whether what lies in `crds/` is printed.
    pub include_crds: bool,
    /// Whether hooks that run when a release is tested are left out.
    pub skip_tests: bool,
    /// Whether all hooks are left out.
    pub no_hooks: bool,
    /// Whether templates see an upgrade instead of an installation.
    pub is_upgrade: bool,
    /// Whether values are not held against `values.schema.json`.
    pub skip_schema_validation: bool,
    /// Globs over the paths of templates within the chart: only what these rendered is printed.
    /// Empty for all.
    pub show_only: Vec<String>,
    /// What random functions draw from.
    pub seed: u64,
    /// Whether errors of templates are for people: a template that includes itself is reported
    /// once, and no message is longer than 16 KiB. Else they are Helm's to the letter.
    pub short_errors: bool,
    /// How much the templates may do.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            release_name: "release-name".to_owned(),
            namespace: "default".to_owned(),
            values: Map::new(),
            kube_version: None,
            api_versions: Vec::new(),
            include_crds: false,
            skip_tests: false,
            no_hooks: false,
            is_upgrade: false,
            skip_schema_validation: false,
            show_only: Vec::new(),
            seed: 0,
            short_errors: false,
            limits: Limits::default(),
        }
    }
}
