//! Whole comparisons and how they are shown, a folder each: `case.yaml`, and what each output is.
//! `TRYCMD=overwrite` renews the expectations.

#![allow(clippy::unwrap_used, reason = "what is not as it should be ends the test")]

mod support;

use std::fs;
use std::path::Path;

use oarlock_fleet::comment::{self, Dialect, MarkdownOptions};
use oarlock_fleet::findings::{Commit, Review, review};
use oarlock_fleet::html::html;
use support::{Case, assert_safe_page, assert_well_formed};

fn cases() -> impl Iterator<Item = std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 4);
    cases.into_iter()
}

fn review_of(case: &Case) -> Review {
    let commit =
        |name: &str, reference: &str| Commit { name: name.into(), reference: Some(reference.into()) };
    review(&case.compare(), commit("1f0c2d7", "main"), commit("8e3ab94", "bump"))
}

fn expect(path: &Path, actual: &str) {
    if std::env::var_os("TRYCMD").is_some_and(|value| value == "overwrite") {
        fs::write(path, actual).unwrap();
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(actual, expected, "{}", path.display());
}

#[test]
fn outputs_are_as_expected() {
    for folder in cases() {
        let case = Case::read(&fs::read_to_string(folder.join("case.yaml")).unwrap());
        let review = review_of(&case);
        for (dialect, file) in
            [(Dialect::GitHub, "github.md"), (Dialect::GitLab, "gitlab.md"), (Dialect::Forgejo, "forgejo.md")]
        {
            let artefact = Some("oarlock-diff.html".to_owned());
            let options = MarkdownOptions { dialect, artefact, ..MarkdownOptions::default() };
            let markdown = comment::markdown(&review, &options);
            assert_well_formed(&markdown);
            expect(&folder.join(file), &markdown);
        }
        expect(&folder.join("diff.txt"), &comment::text(&review));
        let page = html(&review);
        assert_safe_page(&page);
        expect(&folder.join("page.html"), &page);
        let json = comment::json(&review);
        expect(&folder.join("review.json"), &json);
        assert_eq!(serde_json::from_str::<Review>(&json).unwrap(), review, "JSON is read back");
    }
}

#[test]
fn equal_input_gives_equal_text_whatever_its_order() {
    for folder in cases() {
        let case = Case::read(&fs::read_to_string(folder.join("case.yaml")).unwrap());
        let mut shuffled = Case::read(&fs::read_to_string(folder.join("case.yaml")).unwrap());
        for side in [&mut shuffled.before, &mut shuffled.after] {
            side.applications.reverse();
            for application in &mut side.applications {
                if let oarlock_fleet::change::RenderResult::Rendered(objects) = &mut application.outcome {
                    objects.reverse();
                }
            }
        }
        assert_eq!(
            comment::json(&review_of(&case)),
            comment::json(&review_of(&shuffled)),
            "{}",
            folder.display()
        );
    }
}

#[test]
fn the_schema_is_the_one_in_the_documentation() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/fleet-diff.schema.json");
    expect(&path, &comment::json_schema());
}

#[test]
fn the_documentation_names_every_rule() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/fleet-diff.md");
    let page = fs::read_to_string(path).unwrap();
    for rule in oarlock_fleet::findings::Rule::ALL {
        let row = format!("| `{}` |", rule.id());
        let found = page.lines().find(|line| line.starts_with(&row));
        assert!(found.is_some_and(|line| line.contains(rule.meaning())), "{row} {}", rule.meaning());
    }
}
