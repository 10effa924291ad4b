//! Errors for Argo CD, which shows a text.

use std::fmt::Write as _;

use super::Diagnostic;
use crate::printable;

/// The most that an error may say, in bytes: Argo CD keeps it in Redis and in the Application's status.
const MAX_ERROR_BYTES: usize = 8 << 10;

/// What went wrong, for people who see nothing but this text: application, plugin, what, where, how to mend it.
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
        let _ = write!(text, "{failure}");
        if let Some(plugin) = &diagnostic.plugin
            && !failure.message.contains(&format!("plugin `{plugin}`"))
        {
            let _ = write!(text, " (plugin `{plugin}`)");
        }
        for note in &failure.notes {
            let _ = write!(text, "\n  note: {note}");
        }
        if let Some(hint) = &failure.hint {
            let _ = write!(text, "\n  help: {hint}");
        }
    }
    // Argo CD's command line shows it on a terminal.
    let mut text = printable::block(&text).into_owned();
    if text.len() > MAX_ERROR_BYTES {
        text.truncate(text.floor_char_boundary(MAX_ERROR_BYTES));
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
        let text = application_error("web", &[diagnostic(Failure::new("ä".repeat(10_000)))]);
        assert!(text.len() <= MAX_ERROR_BYTES + '…'.len_utf8());
    }
}
