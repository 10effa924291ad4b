//! Label selectors over clusters and over flattened parameters.

use serde_json::{Map as JsonMap, Value as Json};

use crate::error::{ErrorKind, ExpandError, Result};

/// What is selected among.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Domain {
    /// Labels of clusters: the selector's values must be label values.
    Labels,
    /// Parameters: the selector's values may be anything, URLs of clusters for example.
    Parameters,
}

/// A selector: all requirements must hold.
#[derive(Debug, Default)]
pub(crate) struct Selector(Vec<Requirement>);

#[derive(Debug)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl Selector {
    /// A `LabelSelector` that was decoded.
    ///
    /// # Errors
    /// If a key, an operator or a value is not one.
    pub(crate) fn new(selector: &JsonMap<String, Json>, domain: Domain) -> Result<Self> {
        let mut requirements = Vec::new();
        for (key, value) in selector.get("matchLabels").and_then(Json::as_object).into_iter().flatten() {
            let values = vec![value.as_str().unwrap_or_default().to_owned()];
            requirements.push(Requirement { key: key.clone(), operator: Operator::In, values });
        }
        for expression in selector.get("matchExpressions").and_then(Json::as_array).into_iter().flatten() {
            let text = |field| expression.get(field).and_then(Json::as_str).unwrap_or_default();
            let operator = match text("operator") {
                "In" => Operator::In,
                "NotIn" => Operator::NotIn,
                "Exists" => Operator::Exists,
                "DoesNotExist" => Operator::DoesNotExist,
                other => return Err(invalid(&format!("`{other}` is not a valid operator"))),
            };
            let values = expression.get("values").and_then(Json::as_array).into_iter().flatten();
            let values = values.filter_map(Json::as_str).map(ToOwned::to_owned).collect();
            requirements.push(Requirement { key: text("key").to_owned(), operator, values });
        }
        for requirement in &requirements {
            requirement.check(domain)?;
        }
        Ok(Self(requirements))
    }

    /// Whether labels match; `get` gives the value of one.
    pub(crate) fn matches<'l>(&self, get: impl Fn(&str) -> Option<&'l str>) -> bool {
        self.0.iter().all(|requirement| {
            let value = get(&requirement.key);
            let is_listed = || value.is_some_and(|value| requirement.values.iter().any(|one| one == value));
            match requirement.operator {
                Operator::In => is_listed(),
                Operator::NotIn => !is_listed(),
                Operator::Exists => value.is_some(),
                Operator::DoesNotExist => value.is_none(),
            }
        })
    }
}

impl Requirement {
    fn check(&self, domain: Domain) -> Result<()> {
        check_key(&self.key)?;
        let lists = matches!(self.operator, Operator::In | Operator::NotIn);
        if lists == self.values.is_empty() {
            let key = &self.key;
            return Err(invalid(&if lists {
                format!("`values` of `{key}` is empty, which `In` and `NotIn` do not allow")
            } else {
                format!("`values` of `{key}` is not empty, as `Exists` and `DoesNotExist` want it")
            }));
        }
        if domain == Domain::Labels
            && let Some(value) = self.values.iter().find(|value| !is_label_value(value))
        {
            return Err(invalid(&format!("`{value}` is not a valid value of a label")));
        }
        Ok(())
    }
}

fn invalid(message: &str) -> ExpandError {
    ExpandError::new(ErrorKind::Generator, format!("selector: {message}"))
}

/// A key of a label: a name, or the name of a domain, `/`, and a name.
fn check_key(key: &str) -> Result<()> {
    let name = match key.split_once('/') {
        None => key,
        Some((prefix, name)) if is_subdomain(prefix) && !name.contains('/') => name,
        Some(_) => return Err(invalid(&format!("`{key}` is not a valid key of a label"))),
    };
    if name.len() > 63 {
        return Err(invalid(&format!("the name in the key `{key}` is longer than 63 characters")));
    }
    if is_name(name) { Ok(()) } else { Err(invalid(&format!("`{key}` is not a valid key of a label"))) }
}

/// Letters, digits, `-`, `_` and `.`, with a letter or digit at both ends.
fn is_name(name: &str) -> bool {
    let (bytes, is_end) = (name.as_bytes(), u8::is_ascii_alphanumeric);
    bytes.first().is_some_and(is_end)
        && bytes.last().is_some_and(is_end)
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

fn is_label_value(value: &str) -> bool {
    value.is_empty() || (value.len() <= 63 && is_name(value))
}

/// A name of the domain name system, as objects have (RFC 1123).
pub(crate) fn is_subdomain(name: &str) -> bool {
    name.len() <= 253
        && name.split('.').all(|part| {
            let bytes = part.as_bytes();
            let is_end = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            bytes.first().is_some_and(is_end)
                && bytes.last().is_some_and(is_end)
                && bytes.iter().all(|byte| is_end(byte) || *byte == b'-')
        })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn selector(json: &Json, domain: Domain) -> Result<Selector> {
        Selector::new(json.as_object().unwrap(), domain)
    }

    #[rstest]
    #[case(json!({}), true)]
    #[case(json!({"matchLabels": {"env": "dev"}}), true)]
    #[case(json!({"matchLabels": {"env": "prod"}}), false)]
    #[case(json!({"matchExpressions": [{"key": "env", "operator": "NotIn", "values": ["prod"]}]}), true)]
    #[case(json!({"matchExpressions": [{"key": "x", "operator": "NotIn", "values": ["prod"]}]}), true)]
    #[case(json!({"matchExpressions": [{"key": "x", "operator": "In", "values": [""]}]}), false)]
    #[case(json!({"matchExpressions": [{"key": "env", "operator": "Exists"}]}), true)]
    #[case(json!({"matchExpressions": [{"key": "env", "operator": "DoesNotExist"}]}), false)]
    fn matching(#[case] json: Json, #[case] matches: bool) {
        let selector = selector(&json, Domain::Labels).unwrap();
        assert_eq!(selector.matches(|key| (key == "env").then_some("dev")), matches);
    }

    #[rstest]
    #[case(json!({"matchLabels": {"a b": "x"}}))]
    #[case(json!({"matchLabels": {"": "x"}}))]
    #[case(json!({"matchLabels": {"A/b": "x"}}))]
    #[case(json!({"matchLabels": {"a/b/c": "x"}}))]
    #[case(json!({"matchLabels": {"path[0]": "x"}}))]
    #[case(json!({"matchLabels": {"env": "https://x"}}))]
    #[case(json!({"matchExpressions": [{"key": "env", "operator": "Gt", "values": ["1"]}]}))]
    #[case(json!({"matchExpressions": [{"key": "env", "operator": "In"}]}))]
    #[case(json!({"matchExpressions": [{"key": "env", "operator": "Exists", "values": ["a"]}]}))]
    fn refused(#[case] json: Json) {
        assert!(selector(&json, Domain::Labels).is_err());
    }

    #[test]
    fn parameters_may_have_any_value() {
        let url = json!({"matchLabels": {"server": "https://x:6443/"}});
        assert!(selector(&url, Domain::Parameters).is_ok());
    }
}
