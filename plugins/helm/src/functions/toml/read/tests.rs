//! Documents against what `BurntSushi/toml` makes of them.

use oarlock_go_template::fmt;
use rstest::rstest;

use super::*;

#[rstest]
#[case("a = 1\nb = \"x\\ty\" # c\n[t]\nc = [1, 2.5, [true]]\n", "map[a:1 b:x\ty t:map[c:[1 2.5 [true]]]]")]
#[case("a.b.c = 1\na.b.d = 2\n\"x y\".'z' = 3", "map[a:map[b:map[c:1 d:2]] x y:map[z:3]]")]
#[case("[[x]]\ny = 1\n[[x]]\ny = 2\n[x.z]\nq = 3", "map[x:[map[y:1] map[y:2 z:map[q:3]]]]")]
#[case("a = {b = 1, c.d = [{e = 2}],}\n", "map[a:map[b:1 c:map[d:[map[e:2]]]]]")]
#[case("[a.b]\nc = 1\n[a]\nd = 2", "map[a:map[b:map[c:1] d:2]]")]
#[case(
    "a = 0x1F\nb = 1_000\nc = 1e3\nd = -inf\ne = 0o17\nf = 0b11",
    "map[a:31 b:1000 c:1000 d:-Inf e:15 f:3]"
)]
#[case("a = \"\"\"\none \\\n   two\"\"\"\"\nb = '''\nx'y'''", "map[a:one two\" b:x'y]")]
#[case("a = \"\\u00e9\\U0001F600\\x41\"", "map[a:é😀A]")]
#[case("a = 1979-05-27T07:32:00Z", "map[a:1979-05-27 07:32:00 +0000 UTC]")]
#[case("a = 1979-05-27", "map[a:1979-05-27 00:00:00 +0000 date-local]")]
#[case("a = [ # c\n 1,\n 2, # d\n]\n", "map[a:[1 2]]")]
#[case("", "map[]")]
fn documents(#[case] text: &str, #[case] expected: &str) {
    let map = read(text.as_bytes(), Profile::V4_2).unwrap();
    assert_eq!(fmt::sprint(&[map.into()]).unwrap(), expected);
}

#[rstest]
#[case("bad", "line 1: unexpected EOF; expected key separator '='")]
#[case("a\n= 1", r"line 1: expected '.' or '=', but got '\n' instead")]
#[case("= 1", "line 1: unexpected '=': key name appears blank")]
#[case("a = ", r#"line 1 (last key "a"): unexpected EOF; expected value"#)]
#[case("a = tru", r#"line 1 (last key "a"): expected value but found "tru" instead"#)]
#[case("a = 1\na = 2", r#"line 2 (last key "a"): Key 'a' has already been defined."#)]
#[case("[a", r"line 1: expected '.' or ']' to end table name, but got '\x00' instead")]
#[case("[]", "line 1: unexpected end of table name (table names cannot be empty)")]
#[case("[a]\n[a]", "line 2: Key 'a' has already been defined.")]
#[case("a = 1\n[a.b]", "line 2: Key 'a' was already created as a hash.")]
#[case("a = \"x", r#"line 1 (last key "a"): unexpected EOF; expected '"'"#)]
#[case("a = \"x\ny\"", r#"line 1 (last key "a"): strings cannot contain newlines"#)]
#[case("a = \"\\q\"", r#"line 1 (last key "a"): invalid escape in string '\q'"#)]
#[case(
    "a = [1 2]",
    r#"line 1 (last key "a"): expected a comma (',') or array terminator (']'), but got '2'"#
)]
#[case("a = 01", r#"line 1 (last key "a"): Invalid integer "01": cannot have leading zeroes"#)]
#[case("a = 1.", r#"line 1 (last key "a"): Invalid float "1.": '.' must be followed by one or more digits"#)]
#[case("a = 9223372036854775808", r#"line 1 (last key "a"): 9223372036854775808 is out of range for int64"#)]
#[case("a = 2020-13-01", r#"line 1 (last key "a"): invalid datetime: "2020-13-01""#)]
#[case(
    "a = 1 b = 2",
    "line 1: expected a top-level item to end with a newline, comment, or EOF, but got 'b' instead"
)]
#[case("a = \"\u{1}\"", r#"line 1 (last key "a"): TOML files cannot contain control characters: '0x01'"#)]
#[case(
    "[t]\nx = {a = 1 b = 2}",
    r#"line 2 (last key "t.x.a"): expected a comma or an inline table terminator '}', but got 'b' instead"#
)]
fn faults(#[case] text: &str, #[case] message: &str) {
    assert_eq!(read(text.as_bytes(), Profile::V4_2).unwrap_err(), format!("toml: {message}"));
}

/// What TOML 1.0 does not have, or has otherwise.
#[rstest]
#[case("a = \"\\e\"", r#"line 1 (last key "a"): invalid escape in string '\e'"#)]
#[case("a = \"\\x41\"", r#"line 1 (last key "a"): invalid escape in string '\x'"#)]
#[case("a = {b = 1,\n c = 2}", r#"line 1 (last key "a.b"): newlines not allowed within inline tables"#)]
#[case("a = {b = 1,}", r#"line 1 (last key "a.b"): trailing comma not allowed in inline tables"#)]
#[case("a = 10:20", r#"line 1 (last key "a"): invalid datetime: "10:20""#)]
fn faults_before_1_1(#[case] text: &str, #[case] message: &str) {
    assert!(read(text.as_bytes(), Profile::V4_1).is_ok());
    assert_eq!(read(text.as_bytes(), Profile::V3_19).unwrap_err(), format!("toml: {message}"));
}

#[test]
fn arrays_are_defined_once_since_1_1() {
    let text = b"a = [1]\na = [2]";
    assert_eq!(fmt::sprint(&[read(text, Profile::V3_19).unwrap().into()]).unwrap(), "map[a:[2]]");
    assert!(read(text, Profile::V4_1).unwrap_err().contains("Key 'a' has already been defined."));
}

#[test]
fn depth_has_a_limit() {
    let text = format!("a = {}", "[".repeat(10_000));
    assert!(read(text.as_bytes(), Profile::V4_2).unwrap_err().contains("nests too deep"));
}
