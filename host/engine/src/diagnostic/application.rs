//! Errors for Argo CD, which shows a text.

use std::fmt::Write as _;

use super::Diagnostic;
use crate::printable;

/// The most that an error may say, in bytes: Argo CD keeps it in Redis and in the Application's
/// status.
const MAX_ERROR_BYTES: usize = 8 << 10;

/// The most of it that one message or note may take, in bytes, so that the hint after it is seen,
/// too.
const MAX_PART_BYTES: usize = MAX_ERROR_BYTES / 4;

/// What went wrong, for people who see nothing but this text: application, plugin, what, where, how
/// to fix it.
pub fn application_error(application: &str, diagnostics: &[Diagnostic]) -> String {
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
            application_error("web", &[diagnostic(failure)]),
            "application `web`: apps/web/kustomization.yaml:2:3: `a.yaml` is not there (plugin `kustomize`)\n  note: in base `../base`\n  help: did you mean `b.yaml`?"
        );
        let broken = Failure::new("plugin `kustomize` panicked: no");
        let two = application_error("web", &[diagnostic(broken.clone()), diagnostic(broken)]);
        assert_eq!(
            two,
            "application `web`: 2 errors\n- plugin `kustomize` panicked: no\n- plugin `kustomize` panicked: no"
        );
    }

    #[test]
    fn an_error_is_short() {
        let long = || "ä".repeat(10_000);
        let failure = Failure::new(long()).note(long()).hint("fix it");
        let text = application_error("web", &[diagnostic(failure)]);
        assert!(text.len() <= MAX_ERROR_BYTES + '…'.len_utf8());
        assert!(text.ends_with("…\n  help: fix it"), "{text}");
        let many = vec![diagnostic(Failure::new(long())); 10];
        assert!(application_error("web", &many).len() <= MAX_ERROR_BYTES + '…'.len_utf8());
    }
}
