//! Strings: trimming, cutting, searching, joining.

use oarlock_go_template::{Context, Error, Function, List, Map, Str, Value, fmt};

use super::convert::{to_text, to_texts};
use oarlock_go_template::arguments::{ANY, INT, Outcome, TEXT, any, count, int, slice, text};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("hello", &[], |_, _| Ok("Hello!".into())),
    Function::new("trim", &[TEXT], |_, a| Ok(trim_space(text(a, 0).as_bytes()).into())),
    Function::new("trimall", &[TEXT, TEXT], trim_all),
    Function::new("trimAll", &[TEXT, TEXT], trim_all),
    Function::new("trimSuffix", &[TEXT, TEXT], |_, a| {
        let (suffix, text) = (text(a, 0).as_bytes(), text(a, 1).as_bytes());
        Ok(Str::from(text.strip_suffix(suffix).unwrap_or(text)).into())
    }),
    Function::new("trimPrefix", &[TEXT, TEXT], |_, a| {
        let (prefix, text) = (text(a, 0).as_bytes(), text(a, 1).as_bytes());
        Ok(Str::from(text.strip_prefix(prefix).unwrap_or(text)).into())
    }),
    Function::new("contains", &[TEXT, TEXT], |_, a| {
        Ok(find(text(a, 1).as_bytes(), text(a, 0).as_bytes()).is_some().into())
    }),
    Function::new("hasPrefix", &[TEXT, TEXT], |_, a| {
        Ok(text(a, 1).as_bytes().starts_with(text(a, 0).as_bytes()).into())
    }),
    Function::new("hasSuffix", &[TEXT, TEXT], |_, a| {
        Ok(text(a, 1).as_bytes().ends_with(text(a, 0).as_bytes()).into())
    }),
    Function::new("trunc", &[INT, TEXT], trunc),
    Function::new("substr", &[INT, INT, TEXT], substr),
    Function::new("repeat", &[INT, TEXT], |cx, a| Ok(repeat(cx, text(a, 1), int(a, 0))?.into())),
    Function::new("replace", &[TEXT, TEXT, TEXT], replace),
    Function::variadic("quote", &[ANY], |cx, a| {
        parts(cx, a, |cx, value| Ok(fmt::quote(to_text(cx, value)?.as_bytes()).into()))
    }),
    Function::variadic("squote", &[ANY], |cx, a| {
        parts(cx, a, |cx, value| cx.sprintf(b"'%v'", std::slice::from_ref(value)))
    }),
    Function::variadic("cat", &[ANY], cat),
    Function::new("indent", &[INT, TEXT], |cx, a| indent(cx, a, "")),
    Function::new("nindent", &[INT, TEXT], |cx, a| indent(cx, a, "\n")),
    Function::new("plural", &[TEXT, TEXT, INT], |_, a| {
        Ok(text(a, usize::from(int(a, 2) != 1)).clone().into())
    }),
    Function::new("toString", &[ANY], |cx, a| Ok(to_text(cx, any(a, 0))?.into())),
    Function::new("toStrings", &[ANY], |cx, a| Ok(strings_of(cx, any(a, 0))?.into())),
    Function::new("join", &[TEXT, ANY], join),
    Function::new("split", &[TEXT, TEXT], |_, a| Ok(numbered(split(text(a, 1), text(a, 0), -1)))),
    Function::new("splitn", &[TEXT, INT, TEXT], |_, a| {
        Ok(numbered(split(text(a, 2), text(a, 0), int(a, 1))))
    }),
    Function::new("splitList", &[TEXT, TEXT], |cx, a| {
        let parts = split(text(a, 1), text(a, 0), -1);
        cx.allow_items(parts.len())?;
        Ok(List::of_strings(parts).into())
    }),
    Function::new("sortAlpha", &[ANY], sort_alpha),
];

/// The texts of a value; a `[]string` stays the very same.
fn strings_of(cx: &mut Context<'_>, value: &Value) -> Result<List, Error> {
    match value {
        Value::List(list) if list.list_type().name == "[]string" => Ok(list.clone()),
        other => Ok(List::of_strings(to_texts(cx, other)?)),
    }
}

/// Where a part starts.
pub(super) fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return Some(0);
    }
    match (std::str::from_utf8(text), std::str::from_utf8(part)) {
        (Ok(text), Ok(part)) => text.find(part),
        _ => text.windows(part.len()).position(|window| window == part),
    }
}

/// `strings.TrimSpace`: Unicode's white space at both ends.
fn trim_space(text: &[u8]) -> Str {
    match std::str::from_utf8(text) {
        Ok(text) => text.trim().into(),
        Err(_) => text.trim_ascii().into(),
    }
}

fn trim_all(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    let (cut, text) = (text(a, 0).to_text(), text(a, 1));
    Ok(match text.as_str() {
        Some(text) => text.trim_matches(|c| cut.contains(c)).into(),
        None => text.clone().into(),
    })
}

fn trunc(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    let (length, text) = (int(a, 0), text(a, 1));
    let all = count(text.len());
    if length < 0 && all.saturating_add(length) > 0 {
        return Ok(slice(text.as_bytes(), all + length, None)?.into());
    }
    if length >= 0 && all > length {
        return Ok(slice(text.as_bytes(), 0, Some(length))?.into());
    }
    Ok(text.clone().into())
}

fn substr(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    let (start, end, text) = (int(a, 0), int(a, 1), text(a, 2).as_bytes());
    let part = if start < 0 {
        slice(text, 0, Some(end))
    } else if end < 0 || end > count(text.len()) {
        slice(text, start, None)
    } else {
        slice(text, start, Some(end))
    };
    Ok(part?.into())
}

/// `strings.Repeat`, up to the limit on output.
pub(super) fn repeat(cx: &mut Context<'_>, text: &Str, times: i64) -> Result<Str, Error> {
    let times = usize::try_from(times).map_err(|_| Error::new("strings: negative Repeat count"))?;
    cx.reserve(text.len().saturating_mul(times))?;
    Ok(text.as_bytes().repeat(times).into())
}

fn replace(cx: &mut Context<'_>, a: &[Value]) -> Outcome {
    let (old, new, text) = (text(a, 0).as_bytes(), text(a, 1).as_bytes(), text(a, 2).as_bytes());
    if let (Ok(old), Ok(new), Ok(text)) =
        (std::str::from_utf8(old), std::str::from_utf8(new), std::str::from_utf8(text))
    {
        cx.reserve(text.matches(old).count().saturating_mul(new.len()))?;
        return Ok(text.replace(old, new).into());
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = find(rest, old).filter(|_| !old.is_empty()) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(new);
        rest = &rest[at + old.len()..];
    }
    out.extend_from_slice(rest);
    Ok(Str::from(out).into())
}

/// The texts of all values but nils, with spaces between.
fn parts(
    cx: &mut Context<'_>,
    values: &[Value],
    text: impl Fn(&mut Context<'_>, &Value) -> Result<Str, Error>,
) -> Outcome {
    let values = values.iter().filter(|value| !matches!(value, Value::Nil));
    let parts: Result<Vec<Str>, Error> = values.map(|value| text(cx, value)).collect();
    join_counted(cx, &parts?, b" ")
}

/// The parts in one text, which is counted.
fn join_counted(cx: &mut Context<'_>, parts: &[Str], separator: &[u8]) -> Outcome {
    let separators = parts.len().saturating_mul(separator.len());
    cx.reserve(parts.iter().map(Str::len).fold(separators, usize::saturating_add))?;
    Ok(joined(parts, separator).into())
}

pub(super) fn joined(parts: &[Str], separator: &[u8]) -> Str {
    let mut out = Vec::with_capacity(parts.iter().map(|part| part.len() + separator.len()).sum());
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(separator);
        }
        out.extend_from_slice(part.as_bytes());
    }
    out.into()
}

fn cat(cx: &mut Context<'_>, a: &[Value]) -> Outcome {
    parts(cx, a, |cx, value| cx.sprint(std::slice::from_ref(value)))
}

fn indent(cx: &mut Context<'_>, a: &[Value], before: &str) -> Outcome {
    let (spaces, text) = (int(a, 0), text(a, 1));
    let spaces = usize::try_from(spaces).map_err(|_| Error::new("strings: negative Repeat count"))?;
    let lines = text.as_bytes().split(|byte| *byte == b'\n').count();
    let length = lines.saturating_mul(spaces).saturating_add(before.len() + text.len());
    cx.reserve(length)?;
    let pad = " ".repeat(spaces);
    let mut out = Vec::with_capacity(length);
    out.extend_from_slice(before.as_bytes());
    for line in text.as_bytes().split_inclusive(|byte| *byte == b'\n') {
        out.extend_from_slice(pad.as_bytes());
        out.extend_from_slice(line);
    }
    if text.is_empty() || text.as_bytes().ends_with(b"\n") {
        out.extend_from_slice(pad.as_bytes());
    }
    Ok(Str::from(out).into())
}

fn join(cx: &mut Context<'_>, a: &[Value]) -> Outcome {
    let parts = to_texts(cx, any(a, 1))?;
    join_counted(cx, &parts, text(a, 0).as_bytes())
}

/// `strings.SplitN`: at most so many parts, all for a negative number. An empty separator splits
/// into characters.
pub(super) fn split(text: &Str, separator: &Str, most: i64) -> Vec<Str> {
    let most = match usize::try_from(most) {
        Ok(0) => return Vec::new(),
        Ok(most) => most,
        Err(_) => usize::MAX,
    };
    let (bytes, separator) = (text.as_bytes(), separator.as_bytes());
    let mut parts = Vec::new();
    let mut rest = bytes;
    while parts.len() + 1 < most {
        let (end, next) = if separator.is_empty() {
            // No character is longer than this.
            match rest[..rest.len().min(4)].utf8_chunks().next() {
                Some(chunk) => {
                    let length = chunk.valid().chars().next().map_or(1, char::len_utf8);
                    if length >= rest.len() {
                        break;
                    }
                    (length, length)
                }
                None => return parts,
            }
        } else {
            match find(rest, separator) {
                Some(at) => (at, at + separator.len()),
                None => break,
            }
        };
        parts.push(Str::from(&rest[..end]));
        rest = &rest[next..];
    }
    parts.push(Str::from(rest));
    if separator.is_empty() && bytes.is_empty() {
        parts.clear();
    }
    parts
}

/// `_0`, `_1` and so on.
fn numbered(parts: Vec<Str>) -> Value {
    let key = |index: usize| Str::from(format!("_{index}"));
    Map::of_strings(parts.into_iter().enumerate().map(|(index, part)| (key(index), part))).into()
}

fn sort_alpha(cx: &mut Context<'_>, a: &[Value]) -> Outcome {
    let value = any(a, 0);
    if let Value::List(list) = value
        && list.list_type().name == "[]string"
    {
        list.sort_strings();
        return Ok(value.clone());
    }
    let mut parts = match value {
        Value::List(_) | Value::Bytes(_) => to_texts(cx, value)?,
        other => vec![to_text(cx, other)?],
    };
    parts.sort();
    Ok(List::of_strings(parts).into())
}
