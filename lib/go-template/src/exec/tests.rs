//! What templates print, and where and how they fail.

use std::rc::Rc;

use rstest::rstest;

use super::*;
use crate::value::{List, Map, Value};
use crate::{Error, ErrorKind, Function, Functions, Limit, Str, Templates, Type};

static FUNCTIONS: &[Function] = &[
    Function::new("include", &[Type::String, Type::Any], |cx, arguments| {
        let name = arguments[0].as_str().cloned().unwrap_or_default();
        cx.execute(&name.to_text(), &arguments[1]).map(Value::String)
    }),
    Function::new("set", &[Type::Map(&crate::ANY_MAP), Type::String, Type::Any], |_, arguments| {
        if let (Some(map), Some(key)) = (arguments[0].as_map(), arguments[1].as_str()) {
            map.insert(key.clone(), arguments[2].clone());
        }
        Ok(arguments[0].clone())
    }),
    Function::variadic("list", &[Type::Any], |_, arguments| Ok(List::new(arguments.to_vec()).into())),
    Function::new("fail", &[Type::String], |cx, arguments| {
        let position = cx.position().map(|position| (position.line, position.column));
        let text = arguments[0].as_str().cloned().unwrap_or_default();
        Err(Error::new(format!("{text} at {position:?}")))
    }),
];

fn run_with(text: &str, data: &Value, options: Options) -> Result<Str, Error> {
    let mut functions = Functions::new();
    functions.add(FUNCTIONS);
    let mut templates = Templates::new();
    templates.parse("t", text, &functions)?;
    let mut state = ();
    Context::new(Rc::new(templates), &functions, &mut state, options).execute("t", data)
}

fn run(text: &str) -> Result<Str, Error> {
    let inner: Map = [("x", Value::int(1)), ("nil", Value::Nil)].into_iter().collect();
    let data: Map = [
        ("m", Value::Map(inner)),
        ("l", List::new(vec![3.into(), "b".into(), Value::Nil]).into()),
        ("s", "text".into()),
        ("f", 1.5.into()),
        ("empty", List::new(Vec::new()).into()),
    ]
    .into_iter()
    .collect();
    run_with(text, &data.into(), Options { missing_key: MissingKey::Zero, ..Options::default() })
}

#[rstest]
#[case("{{.s}} {{.nope}} {{.m}}", "text <no value> map[nil:<nil> x:1]")]
#[case("{{range .l}}[{{.}}]{{end}}", "[3][b][<no value>]")]
#[case("{{range $i, $x := .l}}{{$i}}={{$x}};{{end}}", "0=3;1=b;2=<no value>;")]
#[case("{{range $k, $v := .m}}{{$k}}{{end}}", "nilx")]
#[case("{{range .empty}}x{{else}}none{{end}}", "none")]
#[case("{{range 3}}{{.}}{{if eq . 1}}{{break}}{{end}},{{end}}", "0,1")]
#[case("{{range 3}}{{if eq . 1}}{{continue}}{{end}}{{.}}{{end}}", "02")]
#[case("{{$x := 1}}{{range 3}}{{$x = .}}{{end}}{{$x}}", "2")]
#[case("{{$x := 1}}{{if true}}{{$x := 2}}{{end}}{{$x}}", "1")]
#[case("{{with .m}}{{.x}}{{else}}no{{end}}", "1")]
#[case("{{with .nope}}yes{{else with .s}}{{.}}{{end}}", "text")]
#[case("{{if .nope}}a{{else if .f}}b{{else}}c{{end}}", "b")]
#[case("{{define \"a\"}}<{{.}}>{{end}}{{template \"a\" .f}}{{include \"a\" 1}}", "<1.5><1>")]
#[case("{{block \"b\" .s}}{{.}}!{{end}}", "text!")]
#[case("{{set .m \"y\" 2}}{{.m.y}}", "map[nil:<nil> x:1 y:2]2")]
#[case("{{(list 1 2) | len | printf \"%03d\"}}", "002")]
#[case("{{and 1 0 (fail \"x\")}}{{or 0 2 (fail \"x\")}}{{and}}", "")]
#[case("{{eq 1 2 1}} {{ne .s \"a\"}} {{lt 1 2}} {{not .s}} {{eq .nope nil}}", "true true true false true")]
#[case("{{index .l 1}}{{index .m \"x\"}}{{slice .s 1 2}}{{len .l}}", "b1e3")]
#[case("{{- /* gone */ -}} {{1}} {{- 2 -}} {{3}}", "123")]
#[case("{{(index .l 0) }}{{ (set .m \"z\" 1).z }}", "31")]
#[case("{{$v := .nope}}{{$v.a.b}}", "<no value>")]
#[case("{{html \"<\" 1 2}}", "&lt;1 2")]
fn prints(#[case] text: &str, #[case] expected: &str) {
    if text.ends_with("{{and}}") {
        let error = run(text).unwrap_err();
        assert!(error.message().ends_with("wrong number of args for and: want at least 1 got 0"));
    } else {
        assert_eq!(run(text).unwrap(), expected);
    }
}

#[rstest]
#[case("\n {{ .m.nil.a }}", "t:2:6: executing \"t\" at <.m.nil.a>: nil pointer evaluating interface {}.a")]
#[case("{{.s.a}}", "t:1:4: executing \"t\" at <.s.a>: can't evaluate field a in type interface {}")]
#[case("{{with .s}}{{.a}}{{end}}", "t:1:13: executing \"t\" at <.a>: can't evaluate field a in type string")]
#[case(
    "{{template \"no\"}}",
    "t:1:11: executing \"t\" at <{{template \"no\"}}>: template \"no\" not defined"
)]
#[case(
    "{{set .s \"a\" 1}}",
    "t:1:6: executing \"t\" at <.s>: wrong type for value; expected map[string]interface {}; got string"
)]
#[case(
    "{{set .no \"a\" 1}}",
    "t:1:6: executing \"t\" at <.no>: wrong type for value; expected map[string]interface {}; got interface {}"
)]
#[case("{{set .m 1 1}}", "t:1:9: executing \"t\" at <1>: expected string; found 1")]
#[case("{{set .m}}", "t:1:2: executing \"t\" at <set>: wrong number of args for set: want 3 got 1")]
#[case("{{ fail \"x\" }}", "t:1:3: executing \"t\" at <fail \"x\">: error calling fail: x at Some((1, 3))")]
#[case("{{range .s}}{{end}}", "t:1:8: executing \"t\" at <.s>: range can't iterate over text")]
#[case("{{nil}}", "t:1:2: executing \"t\" at <nil>: nil is not a command")]
#[case("{{.s 1}}", "t:1:2: executing \"t\" at <.s>: s is not a method but has arguments")]
#[case(
    "{{lt 1 \"a\"}}",
    "t:1:2: executing \"t\" at <lt 1 \"a\">: error calling lt: incompatible types for comparison: int and string"
)]
#[case(
    "{{define \"a\"}}{{fail \"x\"}}{{end}}{{include \"a\" 1}}",
    "t:1:35: executing \"t\" at <include \"a\" 1>: error calling include: template: t:1:16: executing \"a\" at <fail \"x\">: \
     error calling fail: x at Some((1, 16))"
)]
// Of pipelines with the same text, the one that fails is named.
#[case(
    "{{if .nope}}{{fail (print \"x\" `y`)}}{{end}}\n {{ fail (print \"x\" `y`)}}",
    "t:2:4: executing \"t\" at <fail (print \"x\" `y`)>: error calling fail: xy at Some((2, 4))"
)]
#[case(
    "{{with .m}}{{.x}}{{end}}{{with .s}}\n{{.x}}{{end}}",
    "t:2:2: executing \"t\" at <.x>: can't evaluate field x in type string"
)]
#[case(
    "{{$x := .m}}{{$x = .s}}{{if .nope}}{{$x.y.z}}{{end}}{{ $x.y.z }}{{$x.y.z}}",
    "t:1:57: executing \"t\" at <$x.y.z>: can't evaluate field y in type string"
)]
#[case(
    "{{print \"\\n\" 1}}{{fail \"a\\tb\"}}",
    "t:1:18: executing \"t\" at <fail \"a\\tb\">: error calling fail: a\tb at Some((1, 18))"
)]
fn fails(#[case] text: &str, #[case] message: &str) {
    let error = run(text).unwrap_err();
    assert_eq!(error.message(), format!("template: {message}"));
    assert_eq!(error.kind(), ErrorKind::Exec);
    assert!(error.position().is_some());
}

#[rstest]
#[case::depth("{{define \"a\"}}{{template \"a\"}}{{end}}{{template \"a\"}}", Limit::Depth)]
#[case::include("{{define \"a\"}}{{include \"a\" 1}}{{end}}{{include \"a\" 1}}", Limit::Depth)]
#[case::steps("{{range 1000000000}}{{end}}", Limit::Steps)]
#[case::output("{{range 1000}}0123456789{{end}}", Limit::Output)]
#[case::print("{{$x := \"0123456789\"}}{{range 40}}{{$x = print $x $x}}{{end}}", Limit::Output)]
#[case::println("{{$x := \"0123456789\"}}{{range 40}}{{$x = println $x $x}}{{end}}", Limit::Output)]
#[case::printf("{{$x := \"0123456789\"}}{{range 40}}{{$x = printf \"%s%s\" $x $x}}{{end}}", Limit::Output)]
#[case::js("{{$x := \"\\\\\"}}{{range 40}}{{$x = js $x}}{{end}}", Limit::Output)]
#[case::html("{{$x := \"&\"}}{{range 40}}{{$x = html $x $x}}{{end}}", Limit::Output)]
#[case::value("{{$x := list 1}}{{range 40}}{{$x = list $x $x}}{{end}}{{$x}}", Limit::Output)]
#[case::text_of_a_value(
    "{{$x := list 1}}{{range 40}}{{$x = list $x $x}}{{end}}{{$y := print $x}}",
    Limit::Output
)]
fn limits_are_kept(#[case] text: &str, #[case] limit: Limit) {
    let limits = Limits { depth: 50, steps: 5000, output_bytes: 5000, items: 100 };
    let error = run_with(text, &Value::Nil, Options { limits, ..Options::default() }).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit(limit));
    assert!(error.innermost_position().is_some());
}

#[test]
fn a_missing_key_is_what_the_options_say() {
    let missing =
        |missing_key| run_with("{{.a.b}}", &Map::new().into(), Options { missing_key, ..Options::default() });
    assert_eq!(missing(MissingKey::Invalid).unwrap(), "<no value>");
    assert!(missing(MissingKey::Zero).unwrap_err().message().contains("nil pointer evaluating"));
    assert!(missing(MissingKey::Error).unwrap_err().message().contains("map has no entry for key \"a\""));
}
