//! Label selectors as objects have them, over clusters and over flattened parameters.

use oarlock_kubernetes::{LabelSelector, Operator, SelectorProblem, Values};
use serde_json::{Map as JsonMap, Value as Json};

use crate::error::{ErrorKind, ExpandError, Result};
use crate::spec::texts;

/// A `LabelSelector` that was decoded.
///
/// # Errors
/// If a key, an operator or a value is not one.
pub(crate) fn selector(selector: &JsonMap<String, Json>, allowed: Values) -> Result<LabelSelector> {
    let mut out = LabelSelector::default();
    for (key, value) in selector.get("matchLabels").and_then(Json::as_object).into_iter().flatten() {
        let values = vec![value.as_str().unwrap_or_default().to_owned()];
        out.require(key, Operator::In, values, allowed).map_err(|problem| invalid(&problem))?;
    }
    for expression in selector.get("matchExpressions").and_then(Json::as_array).into_iter().flatten() {
        let text = |field| expression.get(field).and_then(Json::as_str).unwrap_or_default();
        let operator = match text("operator") {
            "In" => Operator::In,
            "NotIn" => Operator::NotIn,
            "Exists" => Operator::Exists,
            "DoesNotExist" => Operator::DoesNotExist,
            other => {
                let message = format!("selector: `{other}` is not an operator");
                return Err(ExpandError::new(ErrorKind::Generator, message));
            }
        };
        let values = expression.get("values").map(texts).unwrap_or_default();
        let values = values.into_iter().map(ToOwned::to_owned).collect();
        out.require(text("key"), operator, values, allowed).map_err(|problem| invalid(&problem))?;
    }
    Ok(out)
}

fn invalid(problem: &SelectorProblem) -> ExpandError {
    ExpandError::new(ErrorKind::Generator, format!("selector: {problem}"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn select(json: &Json) -> Result<LabelSelector> {
        selector(json.as_object().unwrap(), Values::OfLabels)
    }

    #[rstest]
    #[case(json!({}), true)]
    #[case(json!({"matchLabels": {"env": "dev"}}), true)]
    #[case(json!({"matchLabels": {"env": "dev", "x": ""}}), false)]
    #[case(json!({"matchExpressions": [{"key": "env", "operator": "NotIn", "values": ["prod"]}]}), true)]
    #[case(json!({"matchExpressions": [{"key": "env", "operator": "DoesNotExist"}]}), false)]
    fn matching(#[case] json: Json, #[case] matches: bool) {
        let selector = select(&json).unwrap();
        assert_eq!(selector.matches(|key| (key == "env").then_some("dev")), matches);
    }

    #[rstest]
    #[case(json!({"matchLabels": {"a b": "x"}}))]
    #[case(json!({"matchLabels": {"env": "https://x"}}))]
    #[case(json!({"matchExpressions": [{"key": "env", "operator": "Gt", "values": ["1"]}]}))]
    #[case(json!({"matchExpressions": [{"key": "env", "operator": "In"}]}))]
    fn refused(#[case] json: Json) {
        assert_eq!(select(&json).unwrap_err().kind, ErrorKind::Generator);
    }
}
