//! `Chart.lock`: rendering needs nothing of it, but Helm refuses a chart whose lock it cannot read.

use oarlock_yaml::{Node, ScalarKind, Value as Yaml};

use super::Dependency;
use super::record::{Field, Record, update};
use crate::profile::Profile;
use crate::yaml::{self, YamlError};
use oarlock_go::time;

/// What `helm dependency update` writes down.
#[derive(Default)]
struct Lock {
    digest: String,
    dependencies: Vec<Dependency>,
}

impl Record for Lock {
    const NAME: &'static str = "Lock";
    const FIELDS: &'static [&'static str] = &["generated", "digest", "dependencies"];

    fn set(&mut self, field: &Field) -> Result<(), YamlError> {
        match field.name {
            "digest" => field.text(&mut self.digest),
            "dependencies" => field.items(&mut self.dependencies),
            _ => generated(field.node),
        }
    }
}

/// Checks that a text is a lock.
///
/// # Errors
/// If it is not.
pub(super) fn check(text: &[u8], profile: Profile) -> Result<(), YamlError> {
    update(&mut Lock::default(), &yaml::read(text)?, profile)
}

/// When the lock was made.
fn generated(node: &Node) -> Result<(), YamlError> {
    match &node.value {
        Yaml::Scalar(scalar) if scalar.kind == ScalarKind::Null => Ok(()),
        Yaml::Scalar(scalar)
            if !matches!(scalar.kind, ScalarKind::Bool | ScalarKind::Int | ScalarKind::Float) =>
        {
            time::parse("2006-01-02T15:04:05Z07:00", &scalar.text)
                .map(drop)
                .map_err(|message| YamlError::decoding(node, &message))
        }
        _ => Err(YamlError::decoding(node, "Time.UnmarshalJSON: input is not a JSON string")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks() {
        for (text, message) in [
            ("", ""),
            ("generated: \"2020-01-02T03:04:05.678Z\"\ndigest: sha256:1\ndependencies: [{name: a}]", ""),
            ("generated: null", ""),
            ("- a", "json: cannot unmarshal array into Go value of type v2.Lock"),
            (
                "dependencies: a",
                "json: cannot unmarshal string into Go struct field Lock.dependencies of type []*v2.Dependency",
            ),
            (
                "generated: 2020-01-02",
                r#"parsing time "2020-01-02" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T""#,
            ),
            ("generated: 3", "Time.UnmarshalJSON: input is not a JSON string"),
        ] {
            let found =
                check(text.as_bytes(), Profile::V4_1).err().map_or_else(String::new, |error| error.message);
            let before =
                if message.is_empty() { "" } else { "error unmarshaling JSON: while decoding JSON: " };
            assert_eq!(found, format!("{before}{message}"), "{text}");
        }
    }
}
