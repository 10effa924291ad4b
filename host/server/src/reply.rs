//! Answers in the form that the repo-server reads.

use std::fmt::Write as _;

use oarlock_engine::manifest::Manifest;

/// Manifests, one JSON object each.
///
/// The repo-server parses even JSON by its YAML parser, which refuses or folds some characters that
/// JSON leaves as they are; those are escaped. Outside of strings none of them stands.
pub(super) fn manifests(manifests: &[Manifest]) -> Vec<String> {
    manifests.iter().map(|manifest| escape(&manifest.json)).collect()
}

fn escape(json: &str) -> String {
    if !json.chars().any(is_special) {
        return json.to_owned();
    }
    json.chars().fold(String::with_capacity(json.len() + 16), |mut text, character| {
        if is_special(character) {
            let _ = write!(text, "\\u{:04x}", u32::from(character));
        } else {
            text.push(character);
        }
        text
    })
}

fn is_special(character: char) -> bool {
    matches!(character, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_a_yaml_parser_would_not_take() {
        assert_eq!(
            escape("{\"a\":\"x\u{7f}\u{85}\u{a0}\u{2028}\u{feff}\u{1f600}é\"}"),
            "{\"a\":\"x\\u007f\\u0085\u{a0}\\u2028\\ufeff\u{1f600}é\"}"
        );
        assert_eq!(escape("{}"), "{}");
    }
}
