//! What holds for every comparison and every output of it.

mod support;

use oarlock_fleet::change::{
    Application, ApplicationKey, Failure, Object, Options, Origin, RenderResult, Side, apply, compare,
    compare_sides,
};
use oarlock_fleet::comment::{self, Dialect, MarkdownOptions};
use oarlock_fleet::findings::{
    Commit, EditKind, FieldReport, Finding, ImageReport, Review, Rule, Severity, Verdict, review,
};
use oarlock_fleet::html::html;
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{assert_safe_page, assert_well_formed};

/// Text that would do harm where it is not escaped.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("`".to_owned()),
        Just("```".to_owned()),
        Just("\n".to_owned()),
        Just("|".to_owned()),
        Just("\\".to_owned()),
        Just("@team ".to_owned()),
        Just("</details>".to_owned()),
        Just("<!--".to_owned()),
        Just("<script>".to_owned()),
        Just("](https://x) ".to_owned()),
        Just("\u{202e}".to_owned()),
        Just("\u{1b}[2J".to_owned()),
        Just("    ".to_owned()),
        Just("~~~".to_owned()),
        Just("\u{f8ff}secret:0".to_owned()),
        "[a-z]{1,8}",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn value() -> impl Strategy<Value = Value> {
    let leaf =
        prop_oneof![hostile().prop_map(Value::from), any::<i32>().prop_map(Value::from), Just(Value::Null)];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((hostile(), inner.clone()), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ("[ab]", inner, hostile()).prop_map(|(name, value, image)| {
                json!({"containers": [{"name": name, "image": image, "value": value}]})
            }),
        ]
    })
}

fn object() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![
        Just("ConfigMap".to_owned()),
        Just("Pod".to_owned()),
        Just("Namespace".to_owned()),
        Just("ClusterRole".to_owned()),
        hostile(),
    ];
    let name = prop_oneof!["[ab]", hostile()];
    (kind, name, value()).prop_map(|(kind, name, value)| {
        json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "spec": value, "data": {"k": "v\nw"}})
    })
}

fn side() -> impl Strategy<Value = Side> {
    let name = prop_oneof![Just("a".to_owned()), hostile()];
    let outcome = prop_oneof![
        8 => prop::collection::vec(object(), 0..4).prop_map(|objects| {
            RenderResult::Rendered(objects.into_iter().map(|manifest| Object { manifest, origin: None }).collect())
        }),
        1 => hostile().prop_map(|message| RenderResult::Failed(Failure { message, origin: None })),
        1 => hostile().prop_map(RenderResult::External),
    ];
    let application =
        (name.clone(), name, outcome, hostile()).prop_map(|(cluster, name, outcome, file)| Application {
            key: ApplicationKey { cluster, name },
            manifest: Value::Null,
            parent: None,
            file: Some(file),
            outcome,
            incomplete: None,
        });
    prop::collection::vec(application, 0..4).prop_map(|applications| Side { applications })
}

fn review_of(before: &Side, after: &Side) -> Review {
    let commit = |name: &str| Commit { name: name.to_owned(), reference: None };
    review(&compare_sides(before, after, &Options::default()), commit("base"), commit("head"))
}

fn outputs(review: &Review) -> Vec<String> {
    let markdown = [Dialect::GitHub, Dialect::GitLab, Dialect::Forgejo]
        .map(|dialect| comment::markdown(review, &MarkdownOptions { dialect, ..MarkdownOptions::default() }));
    let mut outputs = Vec::from(markdown);
    outputs.extend([comment::text(review), comment::json(review), html(review)]);
    outputs
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn no_text_breaks_an_output(before in side(), after in side()) {
        let review = review_of(&before, &after);
        let [github, gitlab, forgejo, text, json, page] = outputs(&review).try_into().unwrap();
        for markdown in [github, gitlab, forgejo] {
            assert_well_formed(&markdown);
        }
        assert_safe_page(&page);
        let unseen = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        prop_assert!(!text.contains(unseen) && !json.contains(unseen) && !page.contains(unseen));
        prop_assert_eq!(serde_json::from_str::<Review>(&json).unwrap(), review);
    }

    /// A review that was read need not be one that was ever made.
    #[test]
    fn no_review_breaks_an_output(
        before in side(),
        after in side(),
        words in prop::collection::vec(hostile(), 12),
        numbers in any::<[usize; 4]>(),
    ) {
        let mut review = review_of(&before, &after);
        let key = ApplicationKey { cluster: words[0].clone(), name: words[1].clone() };
        for (severity, message) in
            [Severity::Blocking, Severity::Caution, Severity::Notice].into_iter().zip(&words[2..5])
        {
            review.findings.push(Finding {
                severity,
                rule: Rule::Privileged,
                application: key.clone(),
                object: None,
                path: Some(words[5].clone()),
                origin: Some(Origin { file: words[6].clone(), line: Some(7) }),
                message: message.clone(),
            });
        }
        let image = ImageReport {
            name: words[7].clone(),
            from: Some(words[8].clone()),
            to: None,
            applications: numbers[0],
        };
        review.images.push(image);
        review.base = Commit { name: words[9].clone(), reference: Some(words[10].clone()) };
        review.counts.added = numbers[1];
        review.counts.failed = numbers[2];
        review.counts.applications = numbers[3];
        if let Some(object) = review.applications.first_mut().and_then(|first| first.objects.first_mut()) {
            object.fields.push(FieldReport {
                path: words[11].clone(),
                edit: EditKind::Reordered,
                before: Some(Value::from(words[2].clone())),
                after: Some(json!([1, words[3]])),
                noise: None,
            });
        }
        let [github, gitlab, forgejo, text, json, page] = outputs(&review).try_into().unwrap();
        for markdown in [github, gitlab, forgejo] {
            assert_well_formed(&markdown);
        }
        assert_safe_page(&page);
        prop_assert!(!text.contains(|c: char| c.is_control() && c != '\n'));
        prop_assert_eq!(comment::read_json(&json).unwrap(), review);
    }

    #[test]
    fn nothing_differs_from_itself(side in side()) {
        let review = review_of(&side, &side.clone());
        prop_assert_eq!(review.applications, vec![]);
        if review.failures.is_empty() && review.findings.is_empty() {
            prop_assert_eq!(review.verdict, Verdict::Same);
        }
    }

    #[test]
    fn changes_of_objects_lead_from_one_to_the_other(before in object(), after in object()) {
        let mut applied = before.clone();
        apply(&mut applied, &compare(&before, &after)).unwrap();
        prop_assert_eq!(applied, after);
    }

    #[test]
    fn no_secret_value_is_in_any_output(
        values in prop::collection::vec("[A-Za-z0-9+_]{12,40}", 6),
        moved in any::<bool>(),
        wrapped in any::<bool>(),
    ) {
        use base64::Engine as _;
        let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        let secret = |values: &[String]| {
            let applied = json!({"stringData": {"c": values[2]}}).to_string();
            let secret = json!({
                "apiVersion": "v1", "kind": "Secret", "immutable": true,
                "metadata": {"name": "s", "annotations": {
                    "kubectl.kubernetes.io/last-applied-configuration": applied}},
                "data": {"a": encode(&values[0]), "b": {"odd": [values[1]]}},
                "stringData": {"c": values[2], "d": format!("{}\nline", values[1])},
            });
            let manifest = if wrapped {
                json!({"apiVersion": "x/v1", "kind": "Template", "metadata": {"name": "t"}, "objects": [secret]})
            } else {
                secret
            };
            Object { manifest, origin: None }
        };
        let side = |name: &str, objects: Vec<Object>| Application {
            key: ApplicationKey { cluster: "c".into(), name: name.into() },
            manifest: Value::Null,
            parent: None,
            file: None,
            outcome: RenderResult::Rendered(objects),
            incomplete: None,
        };
        let before = Side { applications: vec![side("a", vec![secret(&values[..3])])] };
        let after = Side { applications: vec![side(if moved { "b" } else { "a" }, vec![secret(&values[3..])])] };
        for (before, after) in [(&before, &after), (&before, &Side::default()), (&Side::default(), &after)] {
            for output in outputs(&review_of(before, after)) {
                for value in &values {
                    prop_assert!(!output.contains(value.as_str()), "{value} in {output}");
                    prop_assert!(!output.contains(encode(value).trim_end_matches('=')), "{value} in {output}");
                }
                // The page marks the number alone where it differs.
                prop_assert!(output.contains("«secret "), "{}", output);
            }
        }
    }
}

fn many(number: usize, image: &str) -> Side {
    let object = |index: usize| Object {
        manifest: json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": format!("web-{index}"), "namespace": "shop"},
            "spec": {"template": {"spec": {"containers": [{"name": "web", "image": image, "args": vec![image; 20]}]}}},
        }),
        origin: None,
    };
    let applications = (0..number / 10).map(|application| Application {
        key: ApplicationKey { cluster: "prod".into(), name: format!("app-{application}") },
        manifest: Value::Null,
        parent: None,
        file: Some("apps".into()),
        outcome: RenderResult::Rendered((application * 10..application * 10 + 10).map(object).collect()),
        incomplete: None,
    });
    Side { applications: applications.collect() }
}

#[test]
fn ten_thousand_changed_objects_fit_in_a_comment() {
    let review = review_of(&many(10_000, "web:1"), &many(10_000, "web:2"));
    assert_eq!(review.counts.changed, 10_000);
    let markdown = comment::markdown(&review, &MarkdownOptions::default());
    assert_well_formed(&markdown);
    assert!(markdown.len() > 60_000, "the room is used");
    assert!(markdown.contains("**Cut to fit: "), "the cut is stated");
    let shown = markdown.matches("<details>").count();
    let hidden: usize = markdown
        .split("**Cut to fit: ")
        .nth(1)
        .and_then(|note| note.split(' ').next()?.parse().ok())
        .unwrap();
    // One fold is for findings.
    assert_eq!(shown - usize::from(markdown.contains("more finding")) + hidden, 1000);
    assert_eq!(comment::text(&review).matches("\n  ~ Deployment").count(), 10_000);
}

#[test]
fn one_huge_object_leaves_room_for_the_others() {
    let side = |value: &str| Side {
        applications: ["a", "b", "c"]
            .map(|name| Application {
                key: ApplicationKey { cluster: "c".into(), name: name.into() },
                manifest: Value::Null,
                parent: None,
                file: None,
                outcome: RenderResult::Rendered(vec![Object {
                    manifest: json!({
                        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"},
                        "data": (0..5000).map(|line| (format!("k{line}"), Value::from(value.repeat(100))))
                            .collect::<serde_json::Map<_, _>>(),
                    }),
                    origin: None,
                }]),
                incomplete: None,
            })
            .into(),
    };
    let markdown = comment::markdown(&review_of(&side("x"), &side("y")), &MarkdownOptions::default());
    assert_well_formed(&markdown);
    assert_eq!(markdown.matches("<summary><code>").count(), 3);
    assert!(markdown.contains("lines not shown"));
}
