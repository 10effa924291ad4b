//! Answers in the form that the repo-server reads.

use std::fmt::Write as _;

use crate::diagnostic::Diagnostic;
use crate::manifest::Manifest;
use crate::printable;

/// The most that an error may say, in bytes: Argo CD keeps it in Redis and in the Application's status.
const MAX_ERROR_BYTES: usize = 8 << 10;

/// The most of it that one message or note may take, in bytes, so that the hint after it is seen, too.
const MAX_PART_BYTES: usize = MAX_ERROR_BYTES / 4;

/// Manifests, one JSON object each.
///
/// The repo-server parses even JSON by its YAML parser, which refuses or folds some characters that JSON leaves as they are; those are
/// escaped. Outside of strings none of them stands.
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

/// What went wrong, for people who see nothing but this text: application, plugin, what, where, how to mend it.
pub(crate) fn error(application: &str, diagnostics: &[Diagnostic]) -> String {
    let mut text = format!("application `{application}`: ");
    if diagnostics.len() > 1 {
        let _ = write!(text, "{} errors", diagnostics.len());
    }
    for diagnostic in diagnostics {
        if diagnostics.len() > 1 {
            text.push_str("\n- ");
        }
        let failure = &diagnostic.failure;
        // With its place in front, as compilers write it.
        text.push_str(&shortened(failure.to_string(), MAX_PART_BYTES));
        if let Some(plugin) = &diagnostic.plugin
            && !failure.message.contains(&format!("plugin `{plugin}`"))
        {
            let _ = write!(text, " (plugin `{plugin}`)");
        }
        for note in &failure.notes {
            let _ = write!(text, "\n  note: {}", shortened(note.clone(), MAX_PART_BYTES));
        }
        if let Some(hint) = &failure.hint {
            let _ = write!(text, "\n  help: {hint}");
        }
    }
    // Argo CD's command line shows it on a terminal.
    shortened(printable::block(&text).into_owned(), MAX_ERROR_BYTES)
}

/// The beginning of a text that is longer than so many bytes.
fn shortened(mut text: String, bytes: usize) -> String {
    if text.len() > bytes {
        text.truncate(text.floor_char_boundary(bytes));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use oarlock_plugin::{Failure, Origin};

    use super::*;
    use crate::diagnostic::Severity;

    #[test]
    fn escapes_what_a_yaml_parser_would_not_take() {
        assert_eq!(
            escape("{\"a\":\"x\u{7f}\u{85}\u{a0}\u{2028}\u{feff}\u{1f600}é\"}"),
            "{\"a\":\"x\\u007f\\u0085\u{a0}\\u2028\\ufeff\u{1f600}é\"}"
        );
        assert_eq!(escape("{}"), "{}");
    }

    fn diagnostic(failure: Failure) -> Diagnostic {
        Diagnostic { severity: Severity::Error, plugin: Some("kustomize".to_owned()), failure }
    }

    #[test]
    fn an_error_stands_alone() {
        let failure = Failure::new("`a.yaml` is not there")
            .at(Origin::at("apps/web/kustomization.yaml", 2, 3))
            .note("in base `../base`")
            .hint("did you mean `b.yaml`?");
        assert_eq!(
            error("web", &[diagnostic(failure)]),
            "application `web`: apps/web/kustomization.yaml:2:3: `a.yaml` is not there (plugin `kustomize`)\n  note: in base `../base`\n  help: did you mean `b.yaml`?"
        );
        let broken = Failure::new("plugin `kustomize` panicked: no");
        let two = error("web", &[diagnostic(broken.clone()), diagnostic(broken)]);
        assert_eq!(
            two,
            "application `web`: 2 errors\n- plugin `kustomize` panicked: no\n- plugin `kustomize` panicked: no"
        );
    }

    #[test]
    fn an_error_is_short() {
        let long = || "ä".repeat(10_000);
        let failure = Failure::new(long()).note(long()).hint("fix it");
        let text = error("web", &[diagnostic(failure)]);
        assert!(text.len() <= MAX_ERROR_BYTES + '…'.len_utf8());
        assert!(text.ends_with("…\n  help: fix it"), "{text}");
        let many = vec![diagnostic(Failure::new(long())); 10];
        assert!(error("web", &many).len() <= MAX_ERROR_BYTES + '…'.len_utf8());
    }
}
