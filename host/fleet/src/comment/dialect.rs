//! The forges, and how their Markdown differs.

use crate::findings::Severity;

/// Whose Markdown is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// GitHub, with its alerts.
    #[default]
    GitHub,
    /// GitLab.
    GitLab,
    /// Forgejo and Gitea.
    Forgejo,
}

impl Dialect {
    /// A list of findings under a title, as an alert where there are such.
    pub(super) fn alert(self, severity: Severity, title: &str, items: &[String]) -> String {
        let mut text = String::new();
        if self == Self::GitHub {
            let kind = match severity {
                Severity::Blocking => "CAUTION",
                Severity::Caution => "WARNING",
                Severity::Notice => "NOTE",
            };
            append!(text, "> [!{kind}]\n> **{title}**\n>\n");
            for item in items {
                append!(text, "> - {item}\n");
            }
        } else {
            append!(text, "**{title}**\n\n");
            for item in items {
                append!(text, "- {item}\n");
            }
        }
        text
    }
}
