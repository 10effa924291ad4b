//! Verbs and flags against what Go prints.

use rstest::rstest;

use super::*;
use crate::value::{List, Map};

fn formatted(format: &str, values: &[Value]) -> String {
    sprintf(format.as_bytes(), values).unwrap().to_string()
}

#[rstest]
#[case("%d", 5.into(), "5")]
#[case("%5d|", 5.into(), "    5|")]
#[case("%-5d|", 5.into(), "5    |")]
#[case("%05d", (-5).into(), "-0005")]
#[case("%+d", 5.into(), "+5")]
#[case("% d", 5.into(), " 5")]
#[case("%.3d", 5.into(), "005")]
#[case("%#x", 255.into(), "0xff")]
#[case("%#o", 8.into(), "010")]
#[case("%O", 8.into(), "0o10")]
#[case("%c", 0x1F600.into(), "😀")]
#[case("%q", 97.into(), "'a'")]
#[case("%#U", 97.into(), "U+0061 'a'")]
#[case("%s", 5.into(), "%!s(int=5)")]
#[case("%d", "a".into(), "%!d(string=a)")]
#[case("%d", Value::Nil, "%!d(<nil>)")]
#[case("%v", Value::Nil, "<nil>")]
#[case("%T", 1.5.into(), "float64")]
#[case("%v", 1e6.into(), "1e+06")]
#[case("%.2f", 2.71528.into(), "2.72")]
#[case("%08.3f", (-2.71528).into(), "-002.715")]
#[case("%e", 1234.5.into(), "1.234500e+03")]
#[case("%#g", 1.0.into(), "1.00000")]
#[case("%t", true.into(), "true")]
#[case("%d", true.into(), "%!d(bool=true)")]
#[case("%5s|", "é".into(), "    é|")]
#[case("%.1s|", "éa".into(), "é|")]
#[case("%x", "hi".into(), "6869")]
#[case("% X", "hi".into(), "68 69")]
#[case("%# x", "hi".into(), "0x68 0x69")]
#[case("%q", "a\n".into(), "\"a\\n\"")]
#[case("%#q", "a".into(), "`a`")]
#[case("%+q", "é".into(), "\"\\u00e9\"")]
#[case("%%", 1.into(), "%%!(EXTRA int=1)")]
#[case("%!", 1.into(), "%!!(int=1)")]
#[case("%", 1.into(), "%!(NOVERB)%!(EXTRA int=1)")]
#[case("%.", 1.into(), "%!.(int=1)")]
#[case("%[2]d", 1.into(), "%!d(BADINDEX)")]
#[case("%*d", "a".into(), "%!(BADWIDTH)%!d(MISSING)")]
fn verbs(#[case] format: &str, #[case] value: Value, #[case] expected: &str) {
    assert_eq!(formatted(format, &[value]), expected);
}

#[test]
fn collections() {
    let map: Map = [("b", Value::Nil), ("a", List::of_strings(["x", "y"]).into())].into_iter().collect();
    let values = [Value::Map(map)];
    assert_eq!(formatted("%v", &values), "map[a:[x y] b:<nil>]");
    assert_eq!(
        formatted("%#v", &values),
        r#"map[string]interface {}{"a":[]string{"x", "y"}, "b":interface {}(nil)}"#
    );
    assert_eq!(
        formatted("%d", &values),
        "map[%!d(string=a):[%!d(string=x) %!d(string=y)] %!d(string=b):<nil>]"
    );
}

#[test]
fn operands_and_indexes() {
    let values = [Value::int(1), Value::from("a"), Value::int(3)];
    assert_eq!(formatted("%[3]d %[1]d", &values), "3 1");
    assert_eq!(formatted("%d", &values), "1%!(EXTRA string=a, int=3)");
    assert_eq!(formatted("%d %s %d %d", &values), "1 a 3 %!d(MISSING)");
    assert_eq!(formatted("%-*s|", &[Value::int(4), "a".into()]), "a   |");
    assert_eq!(sprint(&values).unwrap(), "1a3");
    assert_eq!(sprint(&[1.into(), 2.into(), "a".into(), 3.into()]).unwrap(), "1 2a3");
    assert_eq!(sprintln(&values).unwrap(), "1 a 3\n");
}

#[test]
fn a_map_that_holds_itself_is_an_error() {
    let map = Map::new();
    map.insert("self", map.clone());
    let error = sprint(&[Value::Map(map.clone())]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit(Limit::Depth));
    map.remove("self");
}
