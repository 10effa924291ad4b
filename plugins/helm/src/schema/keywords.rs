//! Keywords that look at a value alone.

use serde_json::{Map, Value as Json};

use super::fault::{Fault, quote};
use super::meta::type_of;
use super::number;
use super::reference::Draft;
use super::validator::is_of_type;

/// The types in the order in which messages name them.
const TYPE_ORDER: [&str; 7] = ["null", "boolean", "number", "integer", "string", "array", "object"];

/// `type`, `const` and `enum`: the first that does not fit is all that is told of a value.
pub(super) fn value_fault(fields: &Map<String, Json>, value: &Json) -> Option<String> {
    if let Some(wanted) = fields.get("type") {
        let wanted: Vec<&str> = match wanted {
            Json::String(name) => vec![name],
            Json::Array(names) => names.iter().filter_map(Json::as_str).collect(),
            _ => Vec::new(),
        };
        if !wanted.is_empty() && !wanted.iter().any(|wanted| is_of_type(value, wanted)) {
            let wanted: Vec<&str> = TYPE_ORDER.into_iter().filter(|name| wanted.contains(name)).collect();
            return Some(format!("got {}, want {}", type_of(value), wanted.join(" or ")));
        }
    }
    if let Some(wanted) = fields.get("const")
        && !equal(value, wanted)
    {
        return Some(if is_compound(wanted) {
            "'const' failed".to_owned()
        } else {
            format!("value must be {}", display(wanted))
        });
    }
    if let Some(Json::Array(wanted)) = fields.get("enum")
        && !wanted.iter().any(|wanted| equal(value, wanted))
    {
        return Some(match wanted.as_slice() {
            wanted if wanted.iter().any(is_compound) => "'enum' failed".to_owned(),
            [only] => format!("value must be {}", display(only)),
            several => {
                let several: Vec<String> = several.iter().map(display).collect();
                format!("value must be one of {}", several.join(", "))
            }
        });
    }
    None
}

fn is_compound(value: &Json) -> bool {
    value.is_array() || value.is_object()
}

fn display(value: &Json) -> String {
    match value {
        Json::String(text) => quote(text),
        Json::Null => "<nil>".to_owned(),
        other => other.to_string(),
    }
}

/// Whether two values are the same, numbers by their value.
pub(super) fn equal(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a.as_f64() == b.as_f64(),
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        (a, b) => a == b,
    }
}

/// A limit that is a count.
pub(super) fn limit(fields: &Map<String, Json>, keyword: &str) -> Option<u64> {
    let limit = fields.get(keyword)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be a count")]
    limit.as_u64().or_else(|| limit.as_f64().filter(|limit| *limit >= 0.0).map(|limit| limit as u64))
}

/// The faults of a count between two limits.
pub(super) fn count_faults(
    fields: &Map<String, Json>,
    count: usize,
    [least, most]: [&str; 2],
    at: &str,
) -> Vec<Fault> {
    let count = count as u64;
    let fault = |keyword: &str, limit| {
        let (got, want) = (number::count(count), number::count(limit));
        Fault::new(at, format!("{keyword}: got {got}, want {want}"))
    };
    let low = limit(fields, least).filter(|limit| count < *limit).map(|limit| fault(least, limit));
    let high = limit(fields, most).filter(|limit| count > *limit).map(|limit| fault(most, limit));
    low.into_iter().chain(high).collect()
}

/// The faults of a text.
pub(super) fn text_faults(
    fields: &Map<String, Json>,
    text: &str,
    matches: impl Fn(&str) -> bool,
    at: &str,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    if fields.contains_key("minLength") || fields.contains_key("maxLength") {
        faults = count_faults(fields, text.chars().count(), ["minLength", "maxLength"], at);
    }
    if let Some(Json::String(pattern)) = fields.get("pattern")
        && !matches(pattern)
    {
        faults.push(Fault::new(at, format!("{} does not match pattern {}", quote(text), quote(pattern))));
    }
    faults
}

/// The faults of a number.
pub(super) fn number_faults(fields: &Map<String, Json>, value: f64, draft: Draft, at: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut hold = |keyword: &str, limit: Option<f64>, fits: fn(f64, f64) -> bool| {
        if let Some(limit) = limit.filter(|limit| !fits(value, *limit)) {
            let (got, want) = (number::display(value), number::display(limit));
            faults.push(Fault::new(at, format!("{keyword}: got {got}, want {want}")));
        }
    };
    let limit = |keyword: &str| fields.get(keyword).and_then(Json::as_f64);
    // In draft 4 these are flags beside the limits.
    let exclusive = |flag: &str| draft == Draft::Draft4 && fields.get(flag) == Some(&Json::Bool(true));
    let (low, high) = (limit("minimum"), limit("maximum"));
    let (open_low, open_high) = (exclusive("exclusiveMinimum"), exclusive("exclusiveMaximum"));
    hold("minimum", low.filter(|_| !open_low), |value, limit| value >= limit);
    hold("maximum", high.filter(|_| !open_high), |value, limit| value <= limit);
    let low = if open_low { low } else { limit("exclusiveMinimum") };
    let high = if open_high { high } else { limit("exclusiveMaximum") };
    hold("exclusiveMinimum", low, |value, limit| value > limit);
    hold("exclusiveMaximum", high, |value, limit| value < limit);
    hold("multipleOf", limit("multipleOf").filter(|of| *of > 0.0), |value, of| {
        // Exact for decimal fractions as people write them: 0.3 is 3 × 0.1.
        let times = value / of;
        (times - times.round()).abs() < 1e-9
    });
    faults
}
