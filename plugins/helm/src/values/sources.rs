//! Where a user's values come from, in the order in which Helm merges them.

use oarlock_go_template::{Map, Value};
use oarlock_plugin::{Failure, Result};

use crate::profile::Profile;

use super::{SetError, merge_maps, read_values, set, set_file, set_json, set_literal, set_string};

/// Where a user's values come from: each kind wins over those above it, and within a kind the later
/// over the earlier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// Paths of values files, `--values`.
    pub files: Vec<String>,
    /// `--set-json`.
    pub json: Vec<String>,
    /// `--set`.
    pub set: Vec<String>,
    /// `--set-string`.
    pub string: Vec<String>,
    /// `--set-file`.
    pub file: Vec<String>,
    /// `--set-literal`.
    pub literal: Vec<String>,
}

impl Sources {
    /// The values of all sources, by the rules of a version of Helm. `read` gives the content of a
    /// file.
    ///
    /// # Errors
    /// If a file cannot be read or a line is malformed: Helm's message.
    pub fn merge(&self, profile: Profile, read: &dyn Fn(&str) -> Result<Vec<u8>>) -> Result<Map> {
        self.merge_into(Map::new(), profile, read)
    }

    /// As [`merge`](Self::merge), on top of other values.
    ///
    /// # Errors
    /// As [`merge`](Self::merge).
    pub fn merge_into(
        &self,
        mut values: Map,
        profile: Profile,
        read: &dyn Fn(&str) -> Result<Vec<u8>>,
    ) -> Result<Map> {
        for path in &self.files {
            let read = read_values(&read(path)?, profile)
                .map_err(|error| error.into_failure(&format!("failed to parse {path}: "), path))?;
            values = merge_maps(&values, &read);
        }
        for line in &self.json {
            values = set_json(line, &values, profile).map_err(|error| Failure::new(error.0))?;
        }
        let failed =
            |switch: &str, error: &SetError| Failure::new(format!("failed parsing {switch} data: {error}"));
        for line in &self.set {
            set(line, &values).map_err(|error| failed("--set", &error))?;
        }
        for line in &self.string {
            set_string(line, &values).map_err(|error| failed("--set-string", &error))?;
        }
        let read = |path: &str| {
            let data = read(path).map_err(|failure| SetError(failure.message))?;
            Ok(Value::string(data))
        };
        for line in &self.file {
            set_file(line, &values, &read).map_err(|error| failed("--set-file", &error))?;
        }
        for line in &self.literal {
            set_literal(line, &values).map_err(|error| failed("--set-literal", &error))?;
        }
        Ok(values)
    }
}
