//! The wave itself, and how Argo CD reads it from a manifest.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use oarlock_plugin::schemars::{self, JsonSchema};
use oarlock_plugin::{Failure, Manifest};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The annotation that holds a manifest's wave.
pub const SYNC_WAVE: &str = "argocd.argoproj.io/sync-wave";

/// Helm's annotation, which Argo CD takes where there is no wave, on hooks and on ordinary
/// manifests alike.
const HOOK_WEIGHT: &str = "helm.sh/hook-weight";

/// When in its phase Argo CD applies a manifest: lower waves first, 0 where nothing is said.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Wave(i64);

impl Wave {
    /// A wave.
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn number(self) -> i64 {
        self.0
    }

    /// The wave just before this one.
    #[must_use]
    pub const fn before(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// The wave that is written on a manifest: its own annotation or, as Argo CD has it, Helm's
    /// hook weight.
    ///
    /// # Errors
    /// If the annotation is no whole number in quotes. Argo CD would take it for the hook weight or
    /// 0 and say nothing.
    pub fn written(manifest: &Manifest) -> Result<Option<Self>, Failure> {
        let Some(value) = manifest.at(&["metadata", "annotations", SYNC_WAVE]) else {
            // A bad weight is 0 for Argo CD, which is no wave that anybody wrote.
            return Ok(manifest.annotation(HOOK_WEIGHT).and_then(|weight| weight.parse().ok()));
        };
        let failure = match value {
            Value::String(text) => match text.parse() {
                Ok(wave) => return Ok(Some(wave)),
                Err(_) => Failure::new(format!("`{SYNC_WAVE}` of `{}` is `{text}`", manifest.display_name()))
                    .hint("write a whole number in quotes; Argo CD silently takes anything else for wave 0"),
            },
            other => {
                let name = manifest.display_name();
                Failure::new(format!("`{SYNC_WAVE}` of `{name}` is {other} without quotes"))
                    .hint("write the number in quotes: the API server takes only text in annotations")
            }
        };
        Err(match manifest.origin.clone() {
            Some(origin) => failure.at(origin),
            None => failure,
        })
    }

    /// The wave that Argo CD sees on a manifest as it is.
    pub(crate) fn seen(manifest: &Manifest) -> Self {
        Self::written(manifest).ok().flatten().unwrap_or_default()
    }
}

impl FromStr for Wave {
    type Err = ParseIntError;

    /// Reads as Go's `strconv.Atoi`: decimal, a leading `+` or `-`, no spaces.
    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

impl fmt::Display for Wave {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(annotations: &str) -> Result<Option<i64>, String> {
        let json = format!(r#"{{"kind":"Pod","metadata":{{"name":"a","annotations":{annotations}}}}}"#);
        let wave = Wave::written(&Manifest::from_json(json).unwrap());
        wave.map(|wave| wave.map(Wave::number)).map_err(|failure| failure.message)
    }

    #[test]
    fn reads_waves_as_argo_cd_does() {
        for (text, wave) in [("0", 0), ("-10", -10), ("+3", 3), ("007", 7), ("3000000000", 3_000_000_000)] {
            assert_eq!(written(&format!(r#"{{"{SYNC_WAVE}":"{text}"}}"#)), Ok(Some(wave)));
        }
        assert_eq!(written("{}"), Ok(None));
        assert_eq!(written("null"), Ok(None));
        assert_eq!(written(r#"{"helm.sh/hook-weight":"-5"}"#), Ok(Some(-5)));
        assert_eq!(written(r#"{"helm.sh/hook-weight":"soon"}"#), Ok(None));
        assert_eq!(written(&format!(r#"{{"helm.sh/hook-weight":"-5","{SYNC_WAVE}":"2"}}"#)), Ok(Some(2)));
    }

    #[test]
    fn refuses_what_argo_cd_would_silently_take_for_zero() {
        for text in ["", " 1", "1 ", "one", "1.0", "0x1", "--1", "1_000", "99999999999999999999"] {
            let message = written(&format!(r#"{{"{SYNC_WAVE}":"{text}"}}"#)).unwrap_err();
            assert_eq!(message, format!("`{SYNC_WAVE}` of `Pod a` is `{text}`"));
        }
        for value in ["-1", "null", "true"] {
            let message = written(&format!(r#"{{"{SYNC_WAVE}":{value}}}"#)).unwrap_err();
            assert_eq!(message, format!("`{SYNC_WAVE}` of `Pod a` is {value} without quotes"));
        }
    }
}
