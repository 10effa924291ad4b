//! Findings in the forms that people and CI systems read.

mod gitlab;
mod junit;
mod sarif;
mod text;

pub use gitlab::gitlab;
pub use junit::junit;
pub use sarif::sarif;
pub use text::text;

use super::{LintFinding, LintReport, LintRule, Severity};

/// Where the pages about rules are.
const PAGE: &str = "docs/lint.md";

/// The page about a rule.
fn page(rule: LintRule) -> String {
    format!("{PAGE}#{}", rule.id())
}

/// The Application in front of a message, and the hint behind it.
fn whole(finding: &LintFinding) -> String {
    let mut text = String::new();
    if let Some(application) = &finding.application {
        append!(text, "{application}: ");
    }
    text.push_str(&finding.message);
    if let Some(hint) = &finding.hint {
        append!(text, "; {hint}");
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::change::{ApplicationKey, ObjectId, Origin};
    use crate::lint::LINT_FORMAT_VERSION;

    /// Names that mean something in each of the forms.
    fn hostile() -> LintReport {
        let name = "<b>&\"'`|[x](y)\u{1b}[31m\u{202e}]]>\n::error::";
        let finding = LintFinding {
            rule: LintRule::SharedObject,
            severity: Severity::Error,
            environment: Some(name.to_owned()),
            application: Some(ApplicationKey { cluster: name.to_owned(), name: name.to_owned() }),
            object: Some(ObjectId { kind: name.to_owned(), name: name.to_owned(), ..ObjectId::default() }),
            origin: Some(Origin { file: format!("a/{name}"), line: Some(3) }),
            message: name.to_owned(),
            hint: Some(name.to_owned()),
            fingerprint: "00ff".to_owned(),
        };
        LintReport {
            format_version: LINT_FORMAT_VERSION,
            findings: vec![finding],
            silenced: 1,
            known: 2,
            resolved: 3,
        }
    }

    #[test]
    fn names_stay_names_in_every_form() {
        let report = hostile();
        for text in [text(&report), junit(&report)] {
            assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
        }
        assert_eq!(text(&report).lines().filter(|line| line.starts_with("::error")).count(), 0);
        let xml = junit(&report);
        assert!(!xml.contains("<b>") && xml.matches("<testcase").count() == 1, "{xml}");
        for json in [sarif(&report), gitlab(&report)] {
            let value: Value = serde_json::from_str(&json).unwrap();
            assert!(value.is_object() || value.is_array());
            assert!(!json.contains('\u{1b}') && !json.contains('\u{202e}'), "{json}");
        }
    }

    #[test]
    fn the_forms_have_the_fields_that_their_readers_need() {
        let report = hostile();
        let value: Value = serde_json::from_str(&sarif(&report)).unwrap();
        let run = &value["runs"][0];
        assert_eq!(value["version"], "2.1.0");
        assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), LintRule::ALL.len());
        let result = &run["results"][0];
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        assert_eq!(result["level"], "error");
        assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 3);
        let value: Value = serde_json::from_str(&gitlab(&report)).unwrap();
        assert_eq!(value[0]["check_name"], "shared-object");
        assert_eq!(value[0]["severity"], "critical");
        assert_eq!(value[0]["location"]["lines"]["begin"], 3);
        assert_eq!(value[0]["fingerprint"], "00ff");
        let xml = junit(&report);
        assert!(xml.contains("tests=\"1\" failures=\"1\""), "{xml}");
        let empty = LintReport { findings: Vec::new(), ..report };
        assert!(
            junit(&empty).contains("tests=\"1\" failures=\"0\""),
            "a suite without tests is an error to some"
        );
        assert!(text(&empty).starts_with("no findings"));
    }
}
