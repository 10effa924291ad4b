//! Regular expressions.

use std::rc::Rc;

use oarlock_go::regexp::{Regexp, quote_meta};
use oarlock_go_template::{Context, Error, Function, List, STRING_LIST, Str, Value};

use crate::state::{ExecutionState, libraries};
use oarlock_go_template::arguments::{INT, Outcome, TEXT, int, text};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("regexMatch", &[TEXT, TEXT], |cx, a| {
        Ok(compile(cx, text(a, 0)).is_ok_and(|regex| regex.is_match(&text(a, 1).to_text())).into())
    }),
    Function::new("mustRegexMatch", &[TEXT, TEXT], |cx, a| {
        Ok(must(cx, a)?.is_match(&text(a, 1).to_text()).into())
    }),
    Function::new("regexFind", &[TEXT, TEXT], |cx, a| checked(cx, a).and_then(|regex| find(&regex, a))),
    Function::new("mustRegexFind", &[TEXT, TEXT], |cx, a| must(cx, a).and_then(|regex| find(&regex, a))),
    Function::new("regexFindAll", &[TEXT, TEXT, INT], |cx, a| {
        let regex = checked(cx, a)?;
        find_all(cx, &regex, a)
    }),
    Function::new("mustRegexFindAll", &[TEXT, TEXT, INT], |cx, a| {
        let regex = must(cx, a)?;
        find_all(cx, &regex, a)
    }),
    Function::new("regexReplaceAll", &[TEXT, TEXT, TEXT], |cx, a| {
        let regex = checked(cx, a)?;
        replace(cx, &regex, a, false)
    }),
    Function::new("mustRegexReplaceAll", &[TEXT, TEXT, TEXT], |cx, a| {
        let regex = must(cx, a)?;
        replace(cx, &regex, a, false)
    }),
    Function::new("regexReplaceAllLiteral", &[TEXT, TEXT, TEXT], |cx, a| {
        let regex = checked(cx, a)?;
        replace(cx, &regex, a, true)
    }),
    Function::new("mustRegexReplaceAllLiteral", &[TEXT, TEXT, TEXT], |cx, a| {
        let regex = must(cx, a)?;
        replace(cx, &regex, a, true)
    }),
    Function::new("regexSplit", &[TEXT, TEXT, INT], |cx, a| {
        checked(cx, a).and_then(|regex| split(&regex, a))
    }),
    Function::new("mustRegexSplit", &[TEXT, TEXT, INT], |cx, a| {
        must(cx, a).and_then(|regex| split(&regex, a))
    }),
    Function::new("regexQuoteMeta", &[TEXT], |cx, a| {
        let quoted = quote_meta(text(a, 0).as_bytes());
        cx.reserve(quoted.len())?;
        Ok(Value::string(quoted))
    }),
];

/// The expression, compiled once per render.
fn compile(cx: &mut Context<'_>, pattern: &Str) -> Result<Rc<Regexp>, String> {
    if let Some(known) = cx.state::<ExecutionState>().and_then(|state| state.regexes.get(pattern)) {
        return known.clone();
    }
    let result = Regexp::new(&pattern.to_text(), libraries(cx).go).map(Rc::new);
    if let Some(state) = cx.state::<ExecutionState>() {
        state.regexes.insert(pattern.clone(), result.clone());
    }
    result
}

/// For the functions that give an error.
fn must(cx: &mut Context<'_>, a: &[Value]) -> Result<Rc<Regexp>, Error> {
    compile(cx, text(a, 0)).map_err(Error::new)
}

/// For the functions that panic.
fn checked(cx: &mut Context<'_>, a: &[Value]) -> Result<Rc<Regexp>, Error> {
    let pattern = text(a, 0);
    compile(cx, pattern).map_err(|message| {
        let shown = oarlock_go_template::fmt::sprintf(b"%#q", &[pattern.clone().into()]).unwrap_or_default();
        Error::new(format!("regexp: Compile({shown}): {message}"))
    })
}

fn find(regex: &Regexp, a: &[Value]) -> Outcome {
    let text = text(a, 1).to_text();
    Ok(regex.find(&text).map_or("", |found| found.as_str()).into())
}

fn find_all(cx: &mut Context<'_>, regex: &Regexp, a: &[Value]) -> Outcome {
    let (text, most) = (text(a, 1).to_text(), int(a, 2));
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let found: Vec<&str> = regex.find_iter(&text).take(most).map(|found| found.as_str()).collect();
    cx.spend(u64::try_from(found.len()).unwrap_or(u64::MAX))?;
    cx.allow_items(found.len())?;
    Ok(if found.is_empty() { List::nil(&STRING_LIST) } else { List::of_strings(found) }.into())
}

fn replace(cx: &mut Context<'_>, regex: &Regexp, a: &[Value], literal: bool) -> Outcome {
    let (text, replacement) = (text(a, 1).to_text(), text(a, 2).to_text());
    let mut out = String::with_capacity(text.len());
    let mut end = 0;
    for captures in regex.captures_iter(&text) {
        let Some(whole) = captures.get(0) else { continue };
        out.push_str(&text[end..whole.start()]);
        let before = out.len();
        if literal {
            out.push_str(&replacement);
        } else {
            regex.expand(&replacement, &captures, &mut out);
        }
        cx.reserve(out.len() - before)?;
        end = whole.end();
    }
    out.push_str(&text[end..]);
    Ok(out.into())
}

fn split(regex: &Regexp, a: &[Value]) -> Outcome {
    let (text, most) = (text(a, 1).to_text(), int(a, 2));
    if most == 0 {
        return Ok(List::nil(&STRING_LIST).into());
    }
    if !self::text(a, 0).is_empty() && text.is_empty() {
        return Ok(List::of_strings([""]).into());
    }
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    let (mut start, mut end) = (0, 0);
    for found in regex.find_iter(&text).take(most) {
        if parts.len() == most - 1 {
            break;
        }
        end = found.start();
        if found.end() != 0 {
            parts.push(&text[start..end]);
        }
        start = found.end();
    }
    if end != text.len() {
        parts.push(&text[start..]);
    }
    Ok(List::of_strings(parts).into())
}
