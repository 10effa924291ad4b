//! What sprig makes of values of other types: text with `strval`, numbers with the rules of
//! `spf13/cast`.

use oarlock_go_template::{Context, Error, Str, Value, fmt};

/// `strval`: a string as it is, anything else as `%v`.
pub(super) fn to_text(cx: &mut Context<'_>, value: &Value) -> Result<Str, Error> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bytes(bytes) => Ok(Str::from(&**bytes)),
        other => cx.sprint(std::slice::from_ref(other)),
    }
}

/// `strslice`: the texts of a list's items but nils; a single value is a list of one.
pub(super) fn to_texts(cx: &mut Context<'_>, value: &Value) -> Result<Vec<Str>, Error> {
    match value {
        Value::List(list) => {
            let items = list.iter().filter(|item| !matches!(item, Value::Nil));
            items.map(|item| to_text(cx, item)).collect()
        }
        Value::Bytes(bytes) => Ok(bytes.iter().map(|byte| byte.to_string().into()).collect()),
        Value::Nil => Ok(Vec::new()),
        other => Ok(vec![to_text(cx, other)?]),
    }
}

/// `cast.ToInt64`: 0 for what is no number.
pub(super) fn to_int(value: &Value) -> i64 {
    match value {
        Value::Int(_, int) => *int,
        Value::Uint(_, uint) => uint.cast_signed(),
        Value::Float(float) => truncate(*float),
        Value::String(text) => text.as_str().and_then(parse_int).unwrap_or(0),
        Value::Bool(true) => 1,
        Value::Object(object) => object.integer().unwrap_or(0),
        _ => 0,
    }
}

/// `cast.ToFloat64`: 0 for what is no number.
#[expect(clippy::cast_precision_loss, reason = "Go converts likewise")]
pub(super) fn to_float(value: &Value) -> f64 {
    match value {
        Value::Int(_, int) => *int as f64,
        Value::Uint(_, uint) => *uint as f64,
        Value::Float(float) => *float,
        Value::String(text) => text.as_str().and_then(fmt::parse_float).unwrap_or(0.0),
        Value::Bool(true) => 1.0,
        _ => 0.0,
    }
}

const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;

/// Go's conversion on amd64: what is out of range becomes the least number.
#[expect(clippy::cast_possible_truncation, reason = "checked")]
fn truncate(float: f64) -> i64 {
    if (-TWO_TO_63..TWO_TO_63).contains(&float) { float as i64 } else { i64::MIN }
}

/// `strconv.ParseInt(text, 0, 0)`, zeros behind a point cut off before.
fn parse_int(text: &str) -> Option<i64> {
    let trimmed = text.trim_end_matches('0');
    let text = match trimmed.strip_suffix('.') {
        Some(whole) if trimmed.len() < text.len() => whole,
        _ => text,
    };
    let (negative, magnitude) = fmt::parse_integer(text)?;
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("12".into(), 12)]
    #[case("-12".into(), -12)]
    #[case("1.00".into(), 1)]
    #[case("1.5".into(), 0)]
    #[case("0x1f".into(), 31)]
    #[case("010".into(), 8)]
    #[case("abc".into(), 0)]
    #[case("".into(), 0)]
    #[case(1.9.into(), 1)]
    #[case((-1.9).into(), -1)]
    #[case(1e300.into(), i64::MIN)]
    #[case(true.into(), 1)]
    #[case(Value::Nil, 0)]
    fn integers(#[case] value: Value, #[case] expected: i64) {
        assert_eq!(to_int(&value), expected);
    }
}
