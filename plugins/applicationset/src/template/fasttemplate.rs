//! `{{ name }}`, as `valyala/fasttemplate` and Argo CD's use of it have it.

use oarlock_go_template::{Map, Value};

use crate::error::{ErrorKind, ExpandError, Result};

const OPEN: &str = "{{";
const CLOSE: &str = "}}";

/// Replaces the tags whose trimmed name is a parameter that is text; all others stay as they are
/// written. A text without a whole tag on one of its lines is no template at all.
///
/// # Errors
/// If a tag is never closed, or the text gets longer than `room` bytes.
pub(super) fn replace(text: &str, params: &Map, room: usize) -> Result<String> {
    if !text.split('\n').any(has_tag) {
        return Ok(text.to_owned());
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once(OPEN) {
        out.push_str(before);
        let Some((tag, after)) = tag.split_once(CLOSE) else {
            return Err(ExpandError::new(
                ErrorKind::Template,
                format!("`{{{{` is never closed in the template `{text}`"),
            ));
        };
        let name = tag.trim();
        match params.get(name) {
            Some(Value::String(value)) if !name.is_empty() => {
                if out.len() + value.len() > room {
                    let message = "the rendered templates exceed the limit on text";
                    return Err(ExpandError::new(ErrorKind::Limit, message));
                }
                out.push_str(&value.to_text());
            }
            _ => {
                out.push_str(OPEN);
                out.push_str(tag);
                out.push_str(CLOSE);
            }
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// Whether `{{` and `}}` follow one another on a line.
fn has_tag(line: &str) -> bool {
    line.split_once(OPEN).is_some_and(|(_, rest)| rest.contains(CLOSE))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::plain("a-{{name}}", "a-x")]
    #[case::spaces("{{ name }}/{{\tname}}", "x/x")]
    #[case::unknown("{{ nope }}{{}}{{ }}", "{{ nope }}{{}}{{ }}")]
    #[case::not_text("{{number}}", "{{number}}")]
    #[case::indexed("{{path[1]}}", "b")]
    #[case::no_second_pass("{{tag}}", "{{name}}")]
    #[case::triple("{{{name}}}", "{{{name}}}")]
    #[case::open_within("a/{{x/{{name}}", "a/{{x/{{name}}")]
    #[case::never_closed_and_no_tag("{{name", "{{name")]
    #[case::over_two_lines("{{\nname}}", "{{\nname}}")]
    #[case::over_two_lines_beside_a_tag("{{\nname}} {{name}}", "x x")]
    #[case::close_only("name}}", "name}}")]
    fn tags(#[case] text: &str, #[case] replaced: &str) {
        let params: Map = [("name", "x"), ("path[1]", "b"), ("tag", "{{name}}")].into_iter().collect();
        params.insert("number", 1.0);
        assert_eq!(replace(text, &params, 1000).unwrap(), replaced);
    }

    #[test]
    fn a_tag_that_is_never_closed() {
        let error = replace("{{name}} {{name", &Map::new(), 1000).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Template);
    }

    #[test]
    fn text_is_bounded() {
        let params: Map = [("a", "x".repeat(100))].into_iter().collect();
        let error = replace(&"{{a}}".repeat(100), &params, 1000).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Limit);
    }
}
