//! The report in the form that all outputs take.

use super::{ValidateReport, ValidateRule};
use crate::comment::count;
use crate::lint::output::{Listed, Listing, Row, RuleRow};

/// The most kinds that are named in a text.
const MOST_KINDS: usize = 10;

impl Listed for ValidateReport {
    fn listing(&self) -> Listing<'_> {
        let rule = |rule: &ValidateRule| RuleRow {
            id: rule.id(),
            summary: rule.summary(),
            severity: rule.severity(),
        };
        let rows = self.findings.iter().map(|finding| Row {
            rule: finding.rule.id(),
            severity: finding.severity,
            application: finding.application.as_ref(),
            origin: finding.origin.as_ref(),
            message: &finding.message,
            hint: finding.hint.as_deref(),
            fingerprint: &finding.fingerprint,
        });
        Listing {
            tool: "oarlock validate",
            page: ValidateRule::PAGE,
            rules: ValidateRule::ALL.iter().map(rule).collect(),
            findings: rows.collect(),
            remarks: self.remarks(),
        }
    }
}

impl ValidateReport {
    fn remarks(&self) -> Vec<String> {
        let mut versions: Vec<&str> = self.kubernetes.values().map(String::as_str).collect();
        versions.sort_unstable();
        versions.dedup();
        let mut remarks = Vec::new();
        let checked = count(self.checked, "object");
        remarks.push(match versions.as_slice() {
            [] => format!("{checked} checked"),
            versions => format!("{checked} checked for Kubernetes {}", versions.join(" and ")),
        });
        let unchecked: usize = self.without_schema.iter().map(|kind| kind.objects).sum();
        if unchecked > 0 {
            let kinds = kinds(self.without_schema.iter().map(|kind| (&kind.api_version, &kind.kind)));
            remarks.push(format!("{unchecked} without a schema ({kinds})"));
        }
        let rules: usize = self.not_evaluated.iter().map(|kind| kind.rules).sum();
        if rules > 0 {
            let kinds = kinds(self.not_evaluated.iter().map(|kind| (&kind.api_version, &kind.kind)));
            remarks.push(format!("{} in CEL not evaluated ({kinds})", count(rules, "rule")));
        }
        if !self.not_rendered.is_empty() {
            remarks.push(format!("{} not rendered", count(self.not_rendered.len(), "Application")));
        }
        if self.silenced > 0 {
            remarks.push(format!("{} silenced by annotations", self.silenced));
        }
        if self.known > 0 {
            remarks.push(format!("{} in the baseline", self.known));
        }
        if self.resolved > 0 {
            remarks.push(format!("{} of the baseline no longer found", self.resolved));
        }
        remarks
    }
}

/// The names of some kinds, and how many more there are.
fn kinds<'k>(kinds: impl ExactSizeIterator<Item = (&'k String, &'k String)>) -> String {
    let more = match kinds.len().saturating_sub(MOST_KINDS) {
        0 => String::new(),
        more => format!(" and {} more", count(more, "kind")),
    };
    let names: Vec<String> =
        kinds.take(MOST_KINDS).map(|(api_version, kind)| format!("{api_version} {kind}")).collect();
    format!("{}{more}", names.join("; "))
}
