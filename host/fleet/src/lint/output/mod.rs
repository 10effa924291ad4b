//! Findings in the forms that people and CI systems read.

mod gitlab;
mod junit;
mod sarif;
mod text;

pub use gitlab::gitlab;
pub use junit::junit;
pub use sarif::sarif;
pub use text::text;

use super::{LintReport, LintRule, Severity};
use crate::change::{ApplicationKey, Origin};

/// What has findings, in the form that all outputs take.
pub trait Listed {
    /// The findings.
    fn listing(&self) -> Listing<'_>;
}

/// Findings of a check.
pub struct Listing<'a> {
    /// The command, as `oarlock lint`.
    pub tool: &'static str,
    /// The page that describes its rules.
    pub page: &'static str,
    /// All of its rules.
    pub rules: Vec<RuleRow>,
    /// The findings, the gravest first.
    pub findings: Vec<Row<'a>>,
    /// What the last line of the text says beside how many there are.
    pub remarks: Vec<String>,
}

/// A rule.
#[derive(Clone, Copy)]
pub struct RuleRow {
    /// Its name.
    pub id: &'static str,
    /// What it finds.
    pub summary: &'static str,
    /// How grave that is.
    pub severity: Severity,
}

/// A finding.
pub struct Row<'a> {
    /// The name of its rule.
    pub rule: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// The Application.
    pub application: Option<&'a ApplicationKey>,
    /// Where it was written down.
    pub origin: Option<&'a Origin>,
    /// What is wrong.
    pub message: &'a str,
    /// How to fix it.
    pub hint: Option<&'a str>,
    /// What stays the same as long as the finding does.
    pub fingerprint: &'a str,
}

impl Listing<'_> {
    /// The page about a rule.
    fn page(&self, rule: &str) -> String {
        format!("{}#{rule}", self.page)
    }
}

impl Row<'_> {
    /// The Application in front of a message, and the hint behind it.
    fn whole(&self) -> String {
        let mut text = String::new();
        if let Some(application) = self.application {
            append!(text, "{application}: ");
        }
        text.push_str(self.message);
        if let Some(hint) = self.hint {
            append!(text, "; {hint}");
        }
        text
    }
}

impl Listed for LintReport {
    fn listing(&self) -> Listing<'_> {
        let rule =
            |rule: &LintRule| RuleRow { id: rule.id(), summary: rule.summary(), severity: rule.severity() };
        let rows = self.findings.iter().map(|finding| Row {
            rule: finding.rule.id(),
            severity: finding.severity,
            application: finding.application.as_ref(),
            origin: finding.origin.as_ref(),
            message: &finding.message,
            hint: finding.hint.as_deref(),
            fingerprint: &finding.fingerprint,
        });
        let remarks = [
            (self.silenced, "silenced by annotations"),
            (self.known, "in the baseline"),
            (self.resolved, "of the baseline no longer found"),
        ];
        Listing {
            tool: "oarlock lint",
            page: LintRule::PAGE,
            rules: LintRule::ALL.iter().map(rule).collect(),
            findings: rows.collect(),
            remarks: remarks
                .into_iter()
                .filter(|(number, _)| *number > 0)
                .map(|(number, what)| format!("{number} {what}"))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::change::ObjectId;
    use crate::lint::{LINT_FORMAT_VERSION, LintFinding};

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
