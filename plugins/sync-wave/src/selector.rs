//! Label selectors as `kubectl -l` takes them.

use std::fmt;
use std::str::FromStr;

use oarlock_plugin::Manifest;
use oarlock_plugin::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

/// Why a text is no label selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("label selector `{selector}`: cannot read `{requirement}`")]
pub struct SelectorError {
    selector: String,
    requirement: String,
}

/// Requirements on labels, all of which must hold: `app=web,tier!=cache,env in (dev,test),region notin (eu),canary,!legacy`.
///
/// As for Kubernetes, `!=` and `notin` also hold where the label is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct LabelSelector {
    text: String,
    requirements: Vec<Requirement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    condition: Condition,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    Exists,
    Absent,
    In(Vec<String>),
    NotIn(Vec<String>),
}

impl LabelSelector {
    /// Whether the labels of a manifest meet all requirements.
    pub fn matches(&self, manifest: &Manifest) -> bool {
        self.requirements.iter().all(|requirement| {
            let value = manifest.label(&requirement.key);
            match &requirement.condition {
                Condition::Exists => value.is_some(),
                Condition::Absent => value.is_none(),
                Condition::In(values) => value.is_some_and(|value| values.iter().any(|one| one == value)),
                Condition::NotIn(values) => value.is_none_or(|value| values.iter().all(|one| one != value)),
            }
        })
    }
}

impl Requirement {
    fn parse(part: &str) -> Option<Self> {
        let (key, condition) = if let Some(key) = part.strip_prefix('!') {
            (key, Condition::Absent)
        } else if let Some((key, value)) = part.split_once("!=") {
            (key, Condition::NotIn(vec![word(value)?]))
        } else if let Some((key, value)) = part.split_once('=') {
            (key, Condition::In(vec![word(value.strip_prefix('=').unwrap_or(value))?]))
        } else if let Some((key, values)) = part.split_once('(') {
            let values: Option<Vec<_>> = values.strip_suffix(')')?.split(',').map(word).collect();
            let (key, operator) = key.trim().rsplit_once(char::is_whitespace)?;
            match operator {
                "in" => (key, Condition::In(values?)),
                "notin" => (key, Condition::NotIn(values?)),
                _ => return None,
            }
        } else {
            (part, Condition::Exists)
        };
        let key = word(key).filter(|key| !key.is_empty())?;
        Some(Self { key, condition })
    }
}

/// A key or value: what labels may hold, and no more, so that a slip in an operator is not taken for a name.
fn word(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = |char: char| char.is_ascii_alphanumeric() || "-_./".contains(char);
    text.chars().all(fits).then(|| text.to_owned())
}

/// The requirements: parts between commas that are not in parentheses.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut inside) = (Vec::new(), 0, false);
    for (at, char) in text.char_indices() {
        match char {
            '(' => inside = true,
            ')' => inside = false,
            ',' if !inside => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts
}

impl FromStr for LabelSelector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        let requirements = parts(text).into_iter().map(|part| {
            Requirement::parse(part)
                .ok_or_else(|| SelectorError { selector: text.to_owned(), requirement: part.to_owned() })
        });
        Ok(Self { text: text.to_owned(), requirements: requirements.collect::<Result<_, _>>()? })
    }
}

impl TryFrom<String> for LabelSelector {
    type Error = SelectorError;

    fn try_from(text: String) -> Result<Self, SelectorError> {
        text.parse()
    }
}

impl From<LabelSelector> for String {
    fn from(selector: LabelSelector) -> Self {
        selector.text
    }
}

impl fmt::Display for LabelSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selects_as_kubectl_does() {
        let json = r#"{"metadata":{"labels":{"app":"web","app.kubernetes.io/part-of":"shop","empty":""}}}"#;
        let manifest = Manifest::from_json(json.to_owned()).unwrap();
        for (selector, expected) in [
            ("app=web", true),
            ("app == web", true),
            ("app=api", false),
            ("app!=api", true),
            ("tier!=cache", true),
            ("app", true),
            ("tier", false),
            ("!tier", true),
            ("!app", false),
            ("app in (api, web)", true),
            ("app notin (api,web)", false),
            ("tier notin (cache)", true),
            ("tier in (cache)", false),
            ("empty=", true),
            ("app=web,app.kubernetes.io/part-of in (shop),!tier", true),
            ("app=web, tier=cache", false),
        ] {
            assert_eq!(selector.parse::<LabelSelector>().unwrap().matches(&manifest), expected, "{selector}");
        }
    }

    #[test]
    fn refuses_what_is_no_selector() {
        for selector in
            ["", "app=web,", "=web", "app in web", "app on (web)", "app in (web", "a b", "a=b=c", "a(b)"]
        {
            assert!(selector.parse::<LabelSelector>().is_err(), "{selector}");
        }
    }
}
