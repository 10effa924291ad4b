//! Findings that are known, so that only new ones count.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::change::ApplicationKey;

/// The version of a baseline. It rises when fingerprints change.
pub const BASELINE_FORMAT_VERSION: u32 = 1;

/// Findings that are known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Baseline {
    /// The version of this form. Others are refused.
    pub format_version: u32,
    /// The findings.
    pub findings: Vec<Known>,
}

/// A finding that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Known {
    /// Which it is.
    pub fingerprint: String,
    /// What it says, for those who read the file.
    pub summary: String,
}

/// Why a text is no baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It is not JSON, or of another form.
    #[error("this is no baseline: {0}")]
    Form(#[from] serde_json::Error),
    /// It is of another version.
    #[error(
        "the baseline has version {found}, and this program reads version {BASELINE_FORMAT_VERSION}: write it again with `--write-baseline`"
    )]
    Version {
        /// Its version.
        found: u64,
    },
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// If it is none, or of another version.
    pub fn parse(text: &[u8]) -> Result<Self, BaselineError> {
        let value: serde_json::Value = serde_json::from_slice(text)?;
        match value.get("formatVersion").and_then(serde_json::Value::as_u64) {
            Some(found) if found != u64::from(BASELINE_FORMAT_VERSION) => {
                Err(BaselineError::Version { found })
            }
            _ => Ok(serde_json::from_value(value)?),
        }
    }

    /// A baseline of findings.
    pub fn of(findings: impl IntoIterator<Item = Known>) -> Self {
        Self { format_version: BASELINE_FORMAT_VERSION, findings: findings.into_iter().collect() }
    }

    /// Leaves out findings that it has. Returns how many these are, and how many of its own are no
    /// longer found.
    pub(crate) fn apply<F>(&self, findings: &mut Vec<F>, fingerprint: impl Fn(&F) -> &str) -> (usize, usize) {
        let listed: BTreeSet<&str> = self.findings.iter().map(|known| known.fingerprint.as_str()).collect();
        let before = findings.len();
        findings.retain(|finding| !listed.contains(fingerprint(finding)));
        let known = before - findings.len();
        (known, listed.len() - known)
    }
}

impl Known {
    /// What a baseline keeps of a finding.
    pub(crate) fn new(
        fingerprint: &str,
        rule: &str,
        application: Option<&ApplicationKey>,
        message: &str,
    ) -> Self {
        let application = application.map(|application| format!("{application}: ")).unwrap_or_default();
        Self { fingerprint: fingerprint.to_owned(), summary: format!("{rule}: {application}{message}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_versions_and_texts_are_refused() {
        let told = |text: &str| Baseline::parse(text.as_bytes()).unwrap_err().to_string();
        assert!(told("{\"formatVersion\": 2, \"findings\": 3}").contains("has version 2"));
        for text in ["", "[]", "{}", "{\"formatVersion\": 1}", "{\"formatVersion\": 1, \"findings\": [1]}"] {
            assert!(told(text).starts_with("this is no baseline"), "{text}");
        }
        let empty = Baseline { format_version: 1, findings: Vec::new() };
        assert_eq!(Baseline::parse(&serde_json::to_vec(&empty).unwrap()).unwrap(), empty);
    }
}
