use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn file(elements: &str) -> String {
    format!(
        "# the web\nkind: ApplicationSet\nmetadata: {{name: web}}\nspec:\n  generators:\n    - list:\n        \
         elements:\n{elements}  template: {{}}\n"
    )
}

fn moved(text: &str, to: &str, from: Option<&str>, keep: bool) -> Result<Option<Moved>, Failures> {
    let sets = BTreeSet::from(["web".to_owned()]);
    Order { file: "web.yaml", sets: &sets, to, from, keep }.apply(text)
}

#[rstest]
#[case::block(
    "          - cluster: a\n          # - cluster: b  # see docs\n",
    "          # - cluster: a\n          - cluster: b  # see docs\n"
)]
#[case::tight(
    "          - cluster: a\n          #- cluster: b\n",
    "          #- cluster: a\n          - cluster: b\n"
)]
#[case::at_the_start(
    "          - cluster: a\n#          - cluster: b\n",
    "#          - cluster: a\n          - cluster: b\n"
)]
#[case::inline(
    "          - {cluster: a, url: x}\n          # - {cluster: b, url: y}\n",
    "          # - {cluster: a, url: x}\n          - {cluster: b, url: y}\n"
)]
#[case::values(
    "          - cluster: a\n            values:\n              size: 3\n\n          # the fallback\n          # - cluster: b\n          #   values:\n          #     size: 1\n",
    "          # - cluster: a\n          #   values:\n          #     size: 3\n\n          # the fallback\n          - cluster: b\n            values:\n              size: 1\n"
)]
#[case::above(
    "          # - cluster: b\n          - cluster: a\n",
    "          - cluster: b\n          # - cluster: a\n"
)]
#[case::tabs(
    "          - cluster: a\n          #\t- cluster: b\n",
    "          #\t- cluster: a\n          - cluster: b\n"
)]
#[case::several(
    "          - {cluster: a, app: x}\n          - {cluster: a, app: y}\n          # - {cluster: b, app: x}\n          # - {cluster: b, app: y}\n",
    "          # - {cluster: a, app: x}\n          # - {cluster: a, app: y}\n          - {cluster: b, app: x}\n          - {cluster: b, app: y}\n"
)]
#[case::switched(
    "          - {cluster: a, active: true}\n          - {cluster: b, active: false} # off\n",
    "          - {cluster: a, active: false}\n          - {cluster: b, active: true} # off\n"
)]
#[case::switched_of_three(
    "          - {cluster: a, live: true}\n          - {cluster: c, live: false}\n          - {cluster: b, live: false}\n",
    "          - {cluster: a, live: false}\n          - {cluster: c, live: false}\n          - {cluster: b, live: true}\n"
)]
#[case::switched_text(
    "          - cluster: a\n            active: \"true\"\n          - cluster: b\n            active: \"false\"\n",
    "          - cluster: a\n            active: \"false\"\n          - cluster: b\n            active: \"true\"\n"
)]
fn there_and_back(#[case] before: &str, #[case] after: &str) {
    for newline in ["\n", "\r\n"] {
        let (before, after) = (file(before).replace('\n', newline), file(after).replace('\n', newline));
        let there = moved(&before, "b", None, false).unwrap().unwrap();
        assert_eq!(there.text, after);
        let back = moved(&there.text, "a", None, false).unwrap().unwrap();
        assert_eq!(back.text, before);
        let again = moved(&there.text, "b", None, false).unwrap().unwrap();
        assert!(again.steps.is_empty(), "{:?}", again.steps);
    }
}

#[test]
fn both_may_be_active() {
    let text = file("          - cluster: a\n          # - cluster: b\n");
    let both = moved(&text, "b", None, true).unwrap().unwrap();
    assert_eq!(both.text, file("          - cluster: a\n          - cluster: b\n"));
    let there = moved(&both.text, "b", None, false).unwrap().unwrap();
    assert_eq!(there.text, file("          # - cluster: a\n          - cluster: b\n"));
    assert_eq!(there.from, BTreeSet::from(["a".to_owned()]));
}

#[rstest]
#[case::other_keys(
    "          - cluster: a\n            size: 3\n          # - cluster: b\n",
    None,
    "web.yaml:10: the fallback element differs from the active one: it has no `size`"
)]
#[case::more_keys(
    "          - cluster: a\n          # - cluster: b\n          #   size: 3\n",
    None,
    "web.yaml:9: the fallback element differs from the active one: it has `size` in addition"
)]
#[case::several_active(
    "          - cluster: a\n          - cluster: c\n          # - cluster: b\n",
    None,
    "web.yaml:10: several clusters are active: a, c"
)]
#[case::two_switches(
    "          - {cluster: a, live: true, main: true}\n          - {cluster: b, live: false, main: false}\n",
    None,
    "web.yaml:9: `live` and `main` both tell the clusters apart"
)]
#[case::comment_within(
    "          # - cluster: b\n            # why\n\n          - cluster: a\n",
    None,
    "web.yaml:8: moving back would not give the same bytes"
)]
#[case::anchor("          - &one\n            cluster: a\n          # - cluster: b\n", None, "has an anchor")]
#[case::one_line("          [{cluster: a}, {cluster: b}]\n", None, "it shares its line with others")]
fn what_a_person_must_decide(#[case] elements: &str, #[case] from: Option<&str>, #[case] expected: &str) {
    let failures = moved(&file(elements), "b", from, false).unwrap_err().into_vec();
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(failures[0].to_string().contains(expected), "{}", failures[0]);
}

#[test]
fn a_set_that_does_not_name_the_cluster_is_not_touched() {
    assert!(moved(&file("          - cluster: a\n"), "b", None, false).unwrap().is_none());
    let other = file("          - cluster: a\n          # - cluster: b\n").replace("name: web", "name: mail");
    assert!(moved(&other, "b", None, false).unwrap().is_none());
    let failures = moved("kind: {{ .x }}\n", "b", None, false).unwrap_err().into_vec();
    assert!(failures[0].notes[0].contains("template"), "{failures:?}");
}

/// An element of a list, as text behind the indentation of its list.
fn element(cluster: &str, (values, inline): (u8, bool)) -> Vec<String> {
    let pairs: Vec<String> = (0..values).map(|n| format!("v{n}: {}", n * 7)).collect();
    if inline {
        let rest = pairs.iter().flat_map(|pair| [", ", pair.as_str()]).collect::<String>();
        return vec![format!("- {{cluster: {cluster}{rest}}}")];
    }
    let mut lines = vec![format!("- cluster: {cluster}")];
    lines.extend(pairs.iter().map(|pair| format!("  {pair}")));
    lines
}

proptest! {
    #[test]
    fn moving_back_gives_the_same_bytes(
        indent in 0_usize..4,
        before in 0_usize..14,
        after in prop::sample::select(vec!["", " ", "  ", "\t"]),
        values in 0_u8..4,
        inline in any::<bool>(),
        first in any::<bool>(),
        between in prop::sample::select(vec!["", "\n", "          # why\n\n"]),
        windows in any::<bool>(),
    ) {
        let column = 8 + indent;
        let active: String =
            element("a", (values, inline)).iter().fold(String::new(), |text, line| text + &" ".repeat(column) + line + "\n");
        let comment: String = element("b", (values, inline))
            .iter()
            .fold(String::new(), |text, line| text + &" ".repeat(before) + "#" + after + line + "\n");
        let elements = if first { format!("{comment}{between}{active}") } else { format!("{active}{between}{comment}") };
        let newline = if windows { "\r\n" } else { "\n" };
        let text = file(&elements).replace('\n', newline);
        let there = moved(&text, "b", None, false);
        // What cannot be undone is refused.
        if let Ok(Some(there)) = there {
            prop_assert_ne!(&there.text, &text);
            let back = moved(&there.text, "a", None, false).unwrap().unwrap();
            prop_assert_eq!(back.text, text);
        }
    }
}
