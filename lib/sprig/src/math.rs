//! Numbers: arithmetic, rounding, sequences.

use oarlock_go_template::{Context, Error, Function, List, Value};

use super::convert::{to_float, to_int};
use super::decimal::Decimal;
use oarlock_go_template::arguments::{ANY, FLOAT, INT, Outcome, any, int, rest};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("int", &[ANY], |_, a| Ok(Value::int(to_int(any(a, 0))))),
    Function::new("int64", &[ANY], |_, a| Ok(Value::int64(to_int(any(a, 0))))),
    Function::new("float64", &[ANY], |_, a| Ok(to_float(any(a, 0)).into())),
    Function::new("atoi", &[oarlock_go_template::arguments::TEXT], |_, a| {
        let text = oarlock_go_template::arguments::text(a, 0);
        Ok(Value::int(text.as_str().and_then(atoi).unwrap_or(0)))
    }),
    Function::new("toDecimal", &[ANY], |cx, a| {
        let text = cx.sprint(&a[..1])?;
        Ok(Value::int64(text.as_str().and_then(octal).unwrap_or(0)))
    }),
    Function::new("add1", &[ANY], |_, a| Ok(Value::int64(to_int(any(a, 0)).wrapping_add(1)))),
    Function::variadic("add", &[ANY], |_, a| {
        Ok(Value::int64(a.iter().map(to_int).fold(0, i64::wrapping_add)))
    }),
    Function::new("sub", &[ANY, ANY], |_, a| {
        Ok(Value::int64(to_int(any(a, 0)).wrapping_sub(to_int(any(a, 1)))))
    }),
    Function::new("div", &[ANY, ANY], |_, a| divide(a, i64::wrapping_div)),
    Function::new("mod", &[ANY, ANY], |_, a| divide(a, i64::wrapping_rem)),
    Function::variadic("mul", &[ANY, ANY], |_, a| {
        Ok(Value::int64(a.iter().map(to_int).fold(1, i64::wrapping_mul)))
    }),
    Function::variadic("max", &[ANY, ANY], |_, a| integers(a, i64::max)),
    Function::variadic("biggest", &[ANY, ANY], |_, a| integers(a, i64::max)),
    Function::variadic("min", &[ANY, ANY], |_, a| integers(a, i64::min)),
    Function::variadic("maxf", &[ANY, ANY], |_, a| floats(a, larger)),
    Function::variadic("minf", &[ANY, ANY], |_, a| floats(a, smaller)),
    Function::new("ceil", &[ANY], |_, a| Ok(to_float(any(a, 0)).ceil().into())),
    Function::new("floor", &[ANY], |_, a| Ok(to_float(any(a, 0)).floor().into())),
    Function::variadic("round", &[ANY, INT, FLOAT], round),
    Function::new("add1f", &[ANY], |_, a| {
        decimals(any(a, 0), &[Value::int(1)], |one, two| Ok(one.add(&two)))
    }),
    Function::variadic("addf", &[ANY], |_, a| decimals(&Value::Float(0.0), a, |one, two| Ok(one.add(&two)))),
    Function::variadic("subf", &[ANY, ANY], |_, a| {
        decimals(any(a, 0), rest(a, 1), |one, two| Ok(one.sub(&two)))
    }),
    Function::variadic("mulf", &[ANY, ANY], |_, a| {
        decimals(any(a, 0), rest(a, 1), |one, two| Ok(one.mul(&two)))
    }),
    Function::variadic("divf", &[ANY, ANY], |_, a| {
        decimals(any(a, 0), rest(a, 1), |one, two| {
            one.div(&two).ok_or_else(|| Error::new("decimal division by 0"))
        })
    }),
    Function::new("until", &[INT], |cx, a| {
        let end = int(a, 0);
        until_step(cx, 0, end, if end < 0 { -1 } else { 1 }).map(|numbers| List::of_ints(numbers).into())
    }),
    Function::new("untilStep", &[INT, INT, INT], |cx, a| {
        until_step(cx, int(a, 0), int(a, 1), int(a, 2)).map(|numbers| List::of_ints(numbers).into())
    }),
    Function::variadic("seq", &[INT], seq),
];

/// `strconv.Atoi`, which is 0 where it fails, but the greatest or least number where the text is
/// beyond.
fn atoi(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let limit = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    Some(text.parse().unwrap_or(limit))
}

/// `strconv.ParseInt(text, 8, 64)`.
fn octal(text: &str) -> Option<i64> {
    i64::from_str_radix(text, 8).ok()
}

fn divide(a: &[Value], divide: fn(i64, i64) -> i64) -> Outcome {
    match to_int(any(a, 1)) {
        0 => Err(Error::new("runtime error: integer divide by zero")),
        divisor => Ok(Value::int64(divide(to_int(any(a, 0)), divisor))),
    }
}

fn integers(a: &[Value], choose: fn(i64, i64) -> i64) -> Outcome {
    Ok(Value::int64(a.iter().map(to_int).reduce(choose).unwrap_or(0)))
}

/// Not a number wins over all others, as in Go's `math`.
/// `math.Max`: infinity wins over what is no number, which wins over the rest.
fn larger(one: f64, two: f64) -> f64 {
    match (one, two) {
        (f64::INFINITY, _) | (_, f64::INFINITY) => f64::INFINITY,
        _ if one.is_nan() || two.is_nan() => f64::NAN,
        _ if one == 0.0 && two == 0.0 => {
            if one.is_sign_negative() {
                two
            } else {
                one
            }
        }
        _ => one.max(two),
    }
}

/// `math.Min`, likewise.
fn smaller(one: f64, two: f64) -> f64 {
    -larger(-one, -two)
}

fn floats(a: &[Value], choose: fn(f64, f64) -> f64) -> Outcome {
    Ok(a.iter().map(to_float).reduce(choose).unwrap_or(0.0).into())
}

fn round(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    let (value, places) = (to_float(any(a, 0)), int(a, 1));
    let round_on = match a.get(2) {
        Some(Value::Float(float)) => *float,
        _ => 0.5,
    };
    let power = power_of_ten(places);
    let digit = power * value;
    let rounded = if digit.fract() >= round_on { digit.ceil() } else { digit.floor() };
    Ok((rounded / power).into())
}

/// `math.Pow(10, places)`, exactly the nearest number.
fn power_of_ten(places: i64) -> f64 {
    format!("1e{places}").parse().unwrap_or(f64::NAN)
}

/// Computes in decimals and goes back to a float.
fn decimals(
    first: &Value,
    others: &[Value],
    compute: impl Fn(Decimal, Decimal) -> Result<Decimal, Error>,
) -> Outcome {
    let mut result = decimal(first)?;
    for other in others {
        result = compute(result, decimal(other)?)?;
    }
    Ok(result.to_float().into())
}

fn decimal(value: &Value) -> Result<Decimal, Error> {
    let float = to_float(value);
    Decimal::from_float(float).ok_or_else(|| {
        let shown = if float.is_nan() {
            "NaN"
        } else if float > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        };
        Error::new(format!("Cannot create a Decimal from {shown}"))
    })
}

fn until_step(cx: &mut Context<'_>, start: i64, end: i64, step: i64) -> Result<Vec<i64>, Error> {
    if (end < start && step >= 0) || (end >= start && step <= 0) {
        return Ok(Vec::new());
    }
    let count = start.abs_diff(end).div_ceil(step.unsigned_abs());
    cx.spend(count)?;
    cx.allow_items(usize::try_from(count).unwrap_or(usize::MAX))?;
    let mut numbers = Vec::new();
    let mut number = start;
    for _ in 0..count {
        numbers.push(number);
        number = number.wrapping_add(step);
    }
    Ok(numbers)
}

fn seq(cx: &mut Context<'_>, a: &[Value]) -> Outcome {
    let (start, step, end) = match a.len() {
        1 => (1, if int(a, 0) < 1 { -1 } else { 1 }, int(a, 0)),
        2 => (int(a, 0), if int(a, 1) < int(a, 0) { -1 } else { 1 }, int(a, 1)),
        3 => (int(a, 0), int(a, 1), int(a, 2)),
        _ => return Ok("".into()),
    };
    if a.len() == 3 && end < start && step > 0 {
        return Ok("".into());
    }
    // The end is one beyond, by one and not by the step.
    let end = end.wrapping_add(if end < start { -1 } else { 1 });
    let numbers = until_step(cx, start, end, step)?;
    cx.reserve(numbers.len().saturating_mul(8))?;
    Ok(numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ").into())
}
