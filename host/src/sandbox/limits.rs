//! How much one call of a plugin may take.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

/// A number of bytes, written as `256MiB`, `64KiB`, `1GiB` or a plain number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

const UNITS: [(&str, u32); 3] = [("GiB", 30), ("MiB", 20), ("KiB", 10)];

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (digits, shift) = UNITS
            .iter()
            .find_map(|(unit, shift)| Some((text.strip_suffix(unit)?.trim_end(), *shift)))
            .unwrap_or((text, 0));
        let bytes = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift));
        bytes.map(Self).ok_or_else(|| format!("`{text}` is no size; write it as `256MiB`, `64KiB` or `1GiB`"))
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match UNITS.iter().find(|(_, shift)| self.0 > 0 && self.0.is_multiple_of(1 << shift)) {
            Some((unit, shift)) => write!(f, "{} {unit}", self.0 >> shift),
            None => write!(f, "{} bytes", self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Bytes {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Bytes".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": ["string", "integer"], "pattern": "^[0-9]+ ?(KiB|MiB|GiB)?$"})
    }
}

/// How much plugins may take. What goes over a limit ends with an error that names the limit and
/// its setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Limits {
    /// Memories and tables of all instances of a render, those of plugins that call plugins
    /// together.
    pub memory: Bytes,
    /// Seconds from the start of the call to its end, plugins that it calls included.
    pub deadline_seconds: u32,
    /// Manifests and failures that the call returns, together.
    pub output: Bytes,
    /// Files that the render reads, repeated reads counted again.
    pub read: Bytes,
    /// Lines that the call may log, and as many warnings; further ones are dropped.
    pub log_lines: u32,
    /// How deep plugins may call plugins.
    pub compose_depth: u32,
    /// Seconds from the first call of a render to the end of its last.
    pub pipeline_seconds: u32,
    /// Plugins in a pipeline.
    pub pipeline_steps: u32,
    /// The record of what a render looked up in the tree: each path once, with its answer.
    pub read_record: Bytes,
    /// Seconds of processor time that compiling a component may take, unless it is part of the
    /// program.
    pub compile_seconds: u32,
    /// Address space of the process that compiles a component, unless it is part of the program.
    pub compile_memory: Bytes,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: Bytes(256 << 20),
            deadline_seconds: 10,
            output: Bytes(64 << 20),
            read: Bytes(256 << 20),
            log_lines: 1_000,
            compose_depth: 4,
            pipeline_seconds: 60,
            pipeline_steps: 32,
            read_record: Bytes(32 << 20),
            compile_seconds: 60,
            compile_memory: Bytes(2 << 30),
        }
    }
}

impl Limits {
    /// The deadline as a duration.
    pub fn deadline(&self) -> Duration {
        Duration::from_secs(self.deadline_seconds.into())
    }

    /// How long a whole pipeline may take.
    pub fn pipeline(&self) -> Duration {
        Duration::from_secs(self.pipeline_seconds.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_they_are_written() {
        for (text, bytes) in
            [("0", 0), ("17", 17), ("64KiB", 64 << 10), ("256 MiB", 256 << 20), ("1GiB", 1 << 30)]
        {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
        for text in ["", "MiB", "-1", "1MB", "99999999999GiB"] {
            assert!(text.parse::<Bytes>().is_err(), "{text}");
        }
        assert_eq!(Bytes(256 << 20).to_string(), "256 MiB");
        assert_eq!(Bytes(1000).to_string(), "1000 bytes");
    }
}
