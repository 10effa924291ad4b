//! Label selectors in rules, as `kubectl -l` takes them.

use std::fmt;
use std::str::FromStr;

use oarlock_kubernetes::{LabelSelector, Operators};
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

/// Requirements on labels, all of which must hold:
/// `app=web,tier!=cache,env in (dev,test),region notin (eu),canary,!legacy`.
///
/// As for Kubernetes, `!=` and `notin` also hold where the label is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct RuleSelector {
    text: String,
    selector: LabelSelector,
}

impl RuleSelector {
    /// Whether the labels of a manifest meet all requirements.
    pub fn matches(&self, manifest: &Manifest) -> bool {
        self.selector.matches(|key| manifest.label(key))
    }
}

impl FromStr for RuleSelector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        let wrong = |requirement| SelectorError { selector: text.to_owned(), requirement };
        let selector = LabelSelector::parse(text, Operators::WithoutComparisons)
            .map_err(|error| wrong(error.requirement))?;
        // A rule for everything has no selector.
        if selector.is_empty() {
            return Err(wrong(String::new()));
        }
        Ok(Self { text: text.to_owned(), selector })
    }
}

impl TryFrom<String> for RuleSelector {
    type Error = SelectorError;

    fn try_from(text: String) -> Result<Self, SelectorError> {
        text.parse()
    }
}

impl From<RuleSelector> for String {
    fn from(selector: RuleSelector) -> Self {
        selector.text
    }
}

impl fmt::Display for RuleSelector {
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
            assert_eq!(selector.parse::<RuleSelector>().unwrap().matches(&manifest), expected, "{selector}");
        }
    }

    #[test]
    fn refuses_what_is_no_selector() {
        for selector in
            ["", "app=web,", "=web", "app in web", "app on (web)", "app in (web", "a b", "a=b=c", "a(b)"]
        {
            assert!(selector.parse::<RuleSelector>().is_err(), "{selector}");
        }
    }
}
