//! What replacement texts stand for: `$1`, `${name}`, `$$`.

use regex::Captures;

use crate::unicode::{is_digit, is_letter};

/// Appends a replacement with its references replaced. What is no reference stays; one to a group
/// that is not there is nothing.
pub(super) fn expand(template: &str, captures: &Captures<'_>, names: &[String], out: &mut String) {
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('$') {
        out.push_str(before);
        if let Some(behind) = behind.strip_prefix('$') {
            out.push('$');
            rest = behind;
            continue;
        }
        let Some((name, behind)) = reference(behind) else {
            out.push('$');
            rest = behind;
            continue;
        };
        rest = behind;
        if let Some(group) = group(name, captures, names) {
            out.push_str(group);
        }
    }
    out.push_str(rest);
}

/// The name at the start of a text, and what follows.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (inside, braces) = text.strip_prefix('{').map_or((text, false), |inside| (inside, true));
    let is_word = |c: char| c == '_' || is_letter(c) || is_digit(c);
    let end = inside.find(|c| !is_word(c)).unwrap_or(inside.len());
    let (name, rest) = inside.split_at(end);
    let rest = if braces { rest.strip_prefix('}')? } else { rest };
    (!name.is_empty()).then_some((name, rest))
}

/// What a group has matched: by its number, or the first of its name that has matched.
fn group<'t>(name: &str, captures: &Captures<'t>, names: &[String]) -> Option<&'t str> {
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        let leading_zero = name.len() > 1 && name.starts_with('0');
        let number = name.parse::<usize>().ok().filter(|number| *number < 100_000_000);
        if !leading_zero && let Some(number) = number {
            return captures.get(number).map(|found| found.as_str());
        }
    }
    let same = names.iter().enumerate().filter(|(_, other)| *other == name);
    same.filter_map(|(index, _)| captures.get(index + 1)).map(|found| found.as_str()).next()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("<$1>", "<x>")]
    #[case("${1}y$1y", "xy")]
    #[case("$n ${n}", "x x")]
    #[case("$$1 $", "$1 $")]
    #[case("${1 ${1.} ${} $é $-", "${1 ${1.} ${}  $-")]
    #[case("$0$01$7$2", "xab")]
    fn replacements(#[case] template: &str, #[case] expected: &str) {
        let regex = regex::Regex::new("(x)ab|(z)").unwrap();
        let captures = regex.captures("xab").unwrap();
        let mut out = String::new();
        expand(template, &captures, &["n".to_owned(), String::new()], &mut out);
        assert_eq!(out, expected);
    }
}
