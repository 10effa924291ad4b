//! Edits of texts: what changes, what stays, what is refused.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use oarlock_yaml::edit::{Action, Ambiguity, Edit, EditError, Editor, Path};
use oarlock_yaml::{Limits, Node, Reader, parse_one};
use rstest::rstest;

fn node(yaml: &str) -> Node {
    parse_one(yaml.as_bytes(), Reader::KustomizeField, Limits::default()).unwrap().unwrap()
}

fn edited(text: &str, edits: &[Edit]) -> Result<String, EditError> {
    let edited = Editor::new(text, Reader::KustomizeField)?.apply(edits)?;
    // What is not in a change stays.
    let (mut old, mut new) = (0, 0);
    for change in &edited.changes {
        let kept = change.range.start - old;
        assert_eq!(text[old..change.range.start], edited.text[new..new + kept]);
        old = change.range.end;
        new += kept + change.text.len();
    }
    assert_eq!(text[old..], edited.text[new..]);
    Ok(edited.text)
}

fn path(text: &str) -> Path {
    text.split('.').filter(|step| !step.is_empty()).fold(Path::root(), |path, step| {
        match (step.parse(), step.split_once('=')) {
            (Ok(index), _) => path.index(index),
            (_, Some(("", value))) => path.value(value),
            (_, Some((field, value))) => path.item(field, value),
            _ => path.key(step),
        }
    })
}

#[rstest]
#[case("a: b # c\n", "a", "x", "a: x # c\n")]
#[case("a: b\n", "a", "yes", "a: 'yes'\n")]
#[case("a: b\n", "a", "1", "a: '1'\n")]
#[case("a: b\n", "a", "x: y", "a: 'x: y'\n")]
#[case("a: b\n", "a", "", "a: ''\n")]
#[case("a: b\n", "a", "it's\tx", "a: \"it's\\tx\"\n")]
#[case("a: 'b'\n", "a", "it's", "a: 'it''s'\n")]
#[case("a: 'b'\n", "a", "x\ny", "a: \"x\\ny\"\n")]
#[case("a: \"b\"\n", "a", "x", "a: \"x\"\n")]
#[case("a: \"b\"\n", "a", "é \u{1F600} \"\\", "a: \"é \u{1F600} \\\"\\\\\"\n")]
#[case("a: |\n    b\n    c\nd: e\n", "a", "x\ny\n", "a: |\n  x\n  y\nd: e\n")]
#[case("a: |\n  b\nd: e\n", "a", "x", "a: |-\n  x\nd: e\n")]
#[case("a: |\n  b\nd: e\n", "a", " x", "a: ' x'\nd: e\n")]
#[case("a: >-\n  b\n  c\nd: e\n", "a", "x y", "a: >-\n  x y\nd: e\n")]
#[case("a: |+\n  b\n\n\nd: e\n", "a", "x", "a: |-\n  x\nd: e\n")]
#[case("a: |\n    b\n  # c\nd: e\n", "a", "x", "a: |-\n   x\n  # c\nd: e\n")]
#[case("a: |\n    b\n\n # c\nd: e\n", "a", "x\n", "a: |\n  x\n\n # c\nd: e\n")]
#[case("a: b\n  c\nd: e\n", "a", "x", "a: x\nd: e\n")]
#[case("a:\nb: c\n", "a", "x", "a: x\nb: c\n")]
#[case("a: # note\nb: c\n", "a", "x", "a: x # note\nb: c\n")]
#[case("- a\n-\n- b", "1", "x", "- a\n- x\n- b")]
#[case("{a: b, c: }", "c", "x", "{a: b, c: x }")]
#[case("{a: b}", "a", "x, y", "{a: 'x, y'}")]
#[case("{a: b}", "a", "h:1/x", "{a: 'h:1/x'}")]
#[case("a: h:1/x", "a", "h:1/y", "a: h:1/y")]
#[case("a: !!str b", "a", "x", "a: !!str x")]
#[case("a: [b, c]\n", "a.1", "x", "a: [b, x]\n")]
#[case("a: [b: c]\n", "a.0.b", "x", "a: [b: x]\n")]
#[case(
    "i:\n- name: w\n  t: 1\r\n- name: v\n  t: 2\n",
    "i.name=v.t",
    "x",
    "i:\n- name: w\n  t: 1\r\n- name: v\n  t: x\n"
)]
#[case("a: b\r\nc: d\r\n", "c", "x\ny\n", "a: b\r\nc: \"x\\ny\\n\"\r\n")]
#[case("c: |\r\n  d\r\n", "c", "x\ny\n", "c: |\r\n  x\r\n  y\r\n")]
#[case("\u{FEFF}a: b\n", "a", "x", "\u{FEFF}a: x\n")]
#[case("a: b\t# tab\n", "a", "x", "a: x\t# tab\n")]
#[case("? a\n: b\n", "a", "x", "? a\n: x\n")]
#[case("\"a\": b\n", "a", "x", "\"a\": x\n")]
fn scalars_are_replaced(#[case] text: &str, #[case] at: &str, #[case] value: &str, #[case] expected: &str) {
    assert_eq!(edited(text, &[Edit::set(path(at), Node::string(value))]).unwrap(), expected);
}

#[test]
fn other_scalars_are_replaced() {
    for (text, value, expected) in [
        ("a: '1'", "2", "a: 2"),
        ("a: 1", "true", "a: true"),
        ("a: x", "~", "a: null"),
        ("a: x", "1.50", "a: 1.50"),
    ] {
        assert_eq!(edited(text, &[Edit::set(path("a"), Node::plain(value))]).unwrap(), expected);
    }
}

#[rstest]
#[case("a: b\n", "", "c: d", "a: b\nc: d\n")]
#[case("a: b", "", "c: d", "a: b\nc: d")]
#[case(
    "a:\n  b: c\n  # of b\nd: e\n",
    "a",
    "x: {v: [1, {z: 2}]}",
    "a:\n  b: c\n  x:\n    v:\n      - 1\n      - z: 2\n  # of b\nd: e\n"
)]
#[case(
    "a:\n- b\nd:\n  e: f\n",
    "d",
    "x: [1, {z: 2, v: 3}]",
    "a:\n- b\nd:\n  e: f\n  x:\n  - 1\n  - z: 2\n    v: 3\n"
)]
#[case("a: {}\n", "a", "x: v", "a: {x: v}\n")]
#[case("a: {b: c }\n", "a", "x: {v: [1, 'a, b']}", "a: {b: c, x: {v: [1, 'a, b']} }\n")]
#[case("- a: b\n- c: d\n", "0", "x: v", "- a: b\n  x: v\n- c: d\n")]
#[case("a: |+\n  t\n\nb: c\n", "", "x: \"1\\n2\\n\"", "a: |+\n  t\n\nb: c\nx: |\n  1\n  2\n")]
#[case("a: b\r\n", "", "c: {d: e}", "a: b\r\nc:\r\n  d: e\r\n")]
fn entries_are_added(#[case] text: &str, #[case] at: &str, #[case] entry: &str, #[case] expected: &str) {
    let entry = node(entry);
    let entry = entry.as_mapping().unwrap().iter().next().unwrap();
    let edit = Edit::add_entry(path(at), entry.key.text.clone(), entry.value.clone());
    assert_eq!(edited(text, &[edit]).unwrap(), expected);
}

#[test]
fn entries_are_put_where_wanted() {
    for (text, index, expected) in [
        ("a: b\nc: d\n", 0, "x: v\na: b\nc: d\n"),
        ("# top\na: b\n# of c\nc: d\n", 1, "# top\na: b\n# of c\nx: v\nc: d\n"),
        ("{a: b, c: d}", 1, "{a: b, x: v, c: d}"),
    ] {
        let action = Action::InsertEntry { index, key: "x".into(), value: Node::string("v") };
        let edit = Edit { document: 0, path: Path::root(), action };
        assert_eq!(edited(text, &[edit]).unwrap(), expected);
    }
    let action = Action::InsertEntry { index: 0, key: "x".into(), value: Node::string("v") };
    let edit = Edit { document: 0, path: path("0"), action };
    assert_eq!(edited("- a: b\n  c: d\n", &[edit]).unwrap(), "- x: v\n  a: b\n  c: d\n");
}

#[rstest]
#[case("a:\n- b\n", "a", "x", "a:\n- b\n- x\n")]
#[case(
    "a:\n  - b: c # note\n    d: e\n# f\n",
    "a",
    "{x: v, z: [1]}",
    "a:\n  - b: c # note\n    d: e\n  - x: v\n    z:\n      - 1\n# f\n"
)]
#[case("a: []", "a", "x", "a: [x]")]
#[case("a: [b, c]", "a", "{x: v}", "a: [b, c, {x: v}]")]
#[case("a: [\n  b,\n  c\n]", "a", "x", "a: [\n  b,\n  c, x\n]")]
#[case("- - a\n  - b\n", "0", "[x, v]", "- - a\n  - b\n  - - x\n    - v\n")]
fn items_are_added(#[case] text: &str, #[case] at: &str, #[case] item: &str, #[case] expected: &str) {
    assert_eq!(edited(text, &[Edit::add_item(path(at), node(item))]).unwrap(), expected);
}

#[rstest]
#[case("a: b\nc: d\n", "a", "c: d\n")]
#[case("a: b\nc: d\n", "c", "a: b\n")]
#[case("a: b\nc: d", "c", "a: b\n")]
#[case("a: b # c\n", "a", "{}\n")]
#[case("x:\n  a: b\ny: z\n", "x.a", "x: {}\ny: z\n")]
#[case("x: # note\n  - a\n", "x.0", "x: [] # note\n")]
#[case("- a: b\n  c: d\n", "0.a", "- c: d\n")]
#[case("- a: b\n  # c\n  c: d\n", "0.a", "- \n  # c\n  c: d\n")]
#[case("- a: b\n", "0.a", "- {}\n")]
#[case("x: |\n  t\na:\n  b: c\n  # deep\nd: e\n", "a", "x: |\n  t\nd: e\n")]
#[case("[a, b, c]", "0", "[b, c]")]
#[case("[a, b, c]", "2", "[a, b]")]
#[case("[a,]", "0", "[]")]
#[case("{a: b, c: d}", "c", "{a: b}")]
#[case("i:\n- name: v\n  u: 1\n- name: w\n", "i.name=v", "i:\n- name: w\n")]
#[case("i: [a, b]\n", "i.=b", "i: [a]\n")]
fn children_are_removed(#[case] text: &str, #[case] at: &str, #[case] expected: &str) {
    assert_eq!(edited(text, &[Edit::remove(path(at))]).unwrap(), expected);
}

const GENERATOR: &str = "\
generators:
  - list:
      elements:
        # the main one
        - cluster: a
          url: https://a # behind
          values:
            env: |
              x

              # no comment
            list: [1,
              2]
        - {cluster: b, url: https://b}
template: {}
";

#[test]
fn a_comment_and_back_is_nothing() {
    let list = path("generators.0.list.elements");
    for cluster in ["a", "b"] {
        let item = list.clone().item("cluster", cluster);
        let commented = edited(GENERATOR, &[Edit::comment(item.clone())]).unwrap();
        assert_ne!(commented, GENERATOR);
        assert_eq!(edited(&commented, &[Edit::uncomment(item)]).unwrap(), GENERATOR, "{commented}");
    }
    let both =
        [Edit::comment(list.clone().item("cluster", "a")), Edit::comment(list.clone().item("cluster", "b"))];
    let none = edited(GENERATOR, &both).unwrap();
    assert!(none.contains("      elements: []\n        # the main one\n        # - cluster: a\n"), "{none}");
    let back = edited(&none, &[Edit::uncomment(list.clone().item("cluster", "b"))]).unwrap();
    let back = edited(&back, &[Edit::uncomment(list.item("cluster", "a"))]).unwrap();
    assert_eq!(back, GENERATOR);
}

#[rstest]
#[case("e:\n  - c: a\n  # - c: b\n  #   u: v\n", "e:\n  - c: a\n  - c: b\n    u: v\n")]
#[case("e:\n  - c: a\n  #- c: b\n  #  u: v\n", "e:\n  - c: a\n  - c: b\n    u: v\n")]
#[case("e:\n  - c: a\n#  - c: b\n#    u: v\n", "e:\n  - c: a\n  - c: b\n    u: v\n")]
#[case("e:\n  - c: a\n#   - c: b\n#     u: v\n", "e:\n  - c: a\n  - c: b\n    u: v\n")]
#[case("e:\n  - c: a\n    # - c: b\n    #   u: v\n", "e:\n  - c: a\n  - c: b\n    u: v\n")]
#[case("e:\n  - c: a\n  #\t- c: b\n  #\t  u: v\n", "e:\n  - c: a\n  - c: b\n    u: v\n")]
#[case(
    "e:\n  - c: a\n  # fallback\n  # - c: b\n  #   u: v\n  # more\n",
    "e:\n  - c: a\n  # fallback\n  - c: b\n    u: v\n  # more\n"
)]
#[case("e:\n  # - c: b\n  #   u: v\n  - c: a\n", "e:\n  - c: b\n    u: v\n  - c: a\n")]
#[case("e:\n  - c: a\n\n  # - {c: b, u: v}\nf: g\n", "e:\n  - c: a\n\n  - {c: b, u: v}\nf: g\n")]
#[case("e:\n  - c: a\r\n  # - c: b\r\n  #   u: v\r\n", "e:\n  - c: a\r\n  - c: b\r\n    u: v\r\n")]
#[case("e:\n  # - c: b\n  #   u: v\nf: g\n", "e:\n  - c: b\n    u: v\nf: g\n")]
#[case("e:\n#  - c: b\n#    u: v\nf: g\n", "e:\n  - c: b\n    u: v\nf: g\n")]
#[case("e: []\n  # - c: b\n  #   u: v\nf: g\n", "e:\n  - c: b\n    u: v\nf: g\n")]
#[case("e: [\n  {c: a}\n  # {c: b, u: v}\n]\n", "e: [\n  {c: a},\n  {c: b, u: v}\n]\n")]
#[case("e: [\n  # {c: b, u: v},\n  {c: a}\n]\n", "e: [\n  {c: b, u: v},\n  {c: a}\n]\n")]
#[case(
    "e:\n  - c: a\n  # - c: b\n  #   u: v\n  # - c: d\n  #   u: v\n",
    "e:\n  - c: a\n  - c: b\n    u: v\n  # - c: d\n  #   u: v\n"
)]
fn whatever_way_it_is_commented(#[case] text: &str, #[case] expected: &str) {
    let item = path("e").item("c", "b");
    let editor = Editor::new(text, Reader::KustomizeField).unwrap();
    let found = editor.commented(0, &path("e")).unwrap();
    let found = found.iter().find(|found| found.item.get("c").and_then(Node::as_str) == Some("b")).unwrap();
    assert!(text.lines().nth(found.span.line as usize - 1).unwrap().contains("c: b"));
    let uncommented = edited(text, &[Edit::uncomment(item)]).unwrap();
    assert_eq!(uncommented, expected);
    // What has room of its own goes back to where it was, byte for byte.
    if !text.contains('[') && text.contains("c: a") {
        let back = Edit::comment_as(path("e").item("c", "b"), found.mark.clone());
        assert_eq!(edited(&uncommented, &[back]).unwrap(), text);
    }
}

#[test]
fn several_edits_are_one() {
    let text = "a: 1\nb: [x, y, z]\nc:\n- d\n- e\n- f\n";
    let edits = [
        Edit::remove(path("c.1")),
        Edit::set(path("a"), Node::string("2")),
        Edit::remove(path("b.1")),
        Edit::remove(path("b.2")),
        Edit::add_item(path("c"), Node::string("g")),
        Edit::add_item(path("c"), Node::string("h")),
        Edit::add_entry(Path::root(), "i", Node::string("j")),
    ];
    assert_eq!(edited(text, &edits).unwrap(), "a: '2'\nb: [x]\nc:\n- d\n- f\n- g\n- h\ni: j\n");
    assert_eq!(edited(text, &[]).unwrap(), text);
}

#[test]
fn what_is_added_within_comes_before_what_is_added_after() {
    let text = "-\n a: 1\n";
    let outer = Edit::add_item(Path::root(), Node::string("x"));
    let inner = Edit::add_entry(path("0"), "b", Node::string("y"));
    for edits in [[outer.clone(), inner.clone()], [inner, outer]] {
        assert_eq!(edited(text, &edits).unwrap(), "-\n a: 1\n b: 'y'\n- x\n");
    }
}

#[test]
fn nothing_is_added_to_a_flow_list_of_which_an_item_becomes_a_comment() {
    let edits = [Edit::comment(path("1")), Edit::add_item(Path::root(), Node::string("x"))];
    let error = edited("[\n  a,\n  b,\n]\n", &edits).unwrap_err();
    assert!(matches!(error, EditError::Conflict { .. }), "{error}");
    assert_eq!(edited("- a\n- b\n", &edits).unwrap(), "- a\n# - b\n- x\n");
}

#[test]
fn documents_are_told_apart() {
    let text = "# none\n---\na: 1\n---\na: 2 # two\n---\na: 3\n";
    let editor = Editor::new(text, Reader::ArgoCd).unwrap();
    assert_eq!(editor.roots().len(), 3);
    let edit = Edit::set(path("a"), Node::plain("5")).in_document(1);
    assert_eq!(editor.apply(&[edit]).unwrap().text, "# none\n---\na: 1\n---\na: 5 # two\n---\na: 3\n");
    let error = editor.apply(&[Edit::remove(path("a")).in_document(3)]).unwrap_err();
    assert_eq!(error, EditError::NoDocument { document: 3, count: 3 });
}

#[rstest]
#[case(
    "a: &x 1\nb: *x\n",
    Edit::set(path("b"), Node::plain("2")),
    "2:4 `b` is an alias; edit the value that it stands for"
)]
#[case(
    "a: &x 1\nb: *x\n",
    Edit::set(path("a"), Node::plain("2")),
    "1:4 `a` has an anchor, so that aliases of it would change, too"
)]
#[case(
    "a: &x\n  b: 1\nc: *x\n",
    Edit::set(path("a.b"), Node::plain("2")),
    "1:4 `a` has an anchor, so that aliases of it would change, too"
)]
#[case(
    "a: &x {b: 1}\nc: *x\n",
    Edit::set(path("c.b"), Node::plain("2")),
    "2:4 `c` is an alias; edit the value that it stands for"
)]
#[case(
    "a:\n  b: &x 1\nc: *x\n",
    Edit::remove(path("a")),
    "2:6 `a` has an anchor, so that aliases of it would change, too"
)]
#[case(
    "a: &x {b: 1}\nc:\n  <<: *x\n",
    Edit::set(path("c.b"), Node::plain("2")),
    "3:3 `c.b` comes from a merge key, `<<`; edit the mapping that is merged"
)]
#[case(
    "a: &x {b: 1}\nc:\n  <<: *x\n",
    Edit::add_entry(path("c"), "b", Node::plain("2")),
    "3:3 `c.b` comes from a merge key, `<<`; edit the mapping that is merged"
)]
#[case(
    "a: &x {b: 1}\nc:\n  <<: *x\n  b: 3\n",
    Edit::remove(path("c.b")),
    "4:1 the edit of `c.b` would change more than that"
)]
#[case("a: 1\na: 2\n", Edit::set(path("a"), Node::plain("3")), "2:1 `a`: the key is set twice")]
#[case("a: 1\n", Edit::set(path("b"), Node::plain("3")), "1:1 `b` does not exist")]
#[case("a:\n  b: 1\n", Edit::set(path("a"), Node::plain("3")), "2:3 `a` is a mapping, not a scalar")]
#[case("a: 1\n", Edit::set(path("a.0"), Node::plain("3")), "1:4 `a` is a number, not a list")]
#[case("a: 1\n", Edit::add_entry(Path::root(), "a", Node::plain("3")), "1:1 `a` exists already")]
#[case("- c: a\n- c: a\n", Edit::remove(path("c=a")), "2:1 `[c=a]`: several items match")]
#[case(
    "a: [b, c]\n",
    Edit::comment(path("a.0")),
    "1:5 `a[0]`: it shares its line with others, which a comment would hide"
)]
#[case(
    "- - a\n  - b\n",
    Edit::comment(path("0.0")),
    "1:3 `[0][0]`: it shares its line with others, which a comment would hide"
)]
#[case("a: [b: c]\n", Edit::remove(path("a.0.b")), "1:5 `a[0]`: its notation leaves no room for that")]
#[case("{a}\n", Edit::set(path("a"), Node::plain("3")), "1:3 `a`: its notation leaves no room for that")]
#[case("a: !!seq\n- b\n", Edit::remove(path("a.0")), "1:4 `a`: it has a tag, and would be empty")]
#[case(
    "e:\n- c: a\n#     b\n",
    Edit::comment(path("e.0")),
    "2:1 `e[0]`: the comments below could not be told from it"
)]
#[case("- c: a\n# - c: b\n# - c: b\n", Edit::uncomment(path("c=b")), "3:1 `[c=b]`: several items match")]
#[case("- c: a\n", Edit::uncomment(path("c=b")), "1:1 `[c=b]` does not exist")]
#[case("a: [b\n", Edit::remove(path("a")), "1:4 this `[` is never closed")]
#[case(
    "a: 1\n",
    Edit::remove(Path::root()),
    "1:1 `the document` is a mapping, not a part of a mapping or list"
)]
fn what_is_not_clear_is_refused(#[case] text: &str, #[case] edit: Edit, #[case] expected: &str) {
    let error = edited(text, &[edit]).unwrap_err();
    assert_eq!(format!("{}:{} {error}", error.span().line, error.span().column), expected);
}

#[test]
fn edits_of_one_place_conflict() {
    let text = "a:\n  b: 1\n  c: 2\n";
    let set = |at| Edit::set(path(at), Node::plain("9"));
    for (edits, second) in [
        ([set("a.b"), set("a.b")], "a.b"),
        ([set("a.b"), Edit::remove(path("a"))], "a.b"),
        ([Edit::remove(path("a")), Edit::remove(path("a"))], "a"),
        ([Edit::remove(path("a")), Edit::add_entry(path("a"), "d", Node::null())], "a"),
    ] {
        let error = edited(text, &edits).unwrap_err();
        assert!(
            matches!(&error, EditError::Conflict { second: found, .. } if *found == path(second)),
            "{error}"
        );
    }
    let error = Ambiguity::SharedLine.to_string();
    assert!(!error.is_empty());
}
