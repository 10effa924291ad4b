//! What parses, and the messages when it does not.

use crate::Functions;
use rstest::rstest;

use super::*;

#[rstest]
#[case::empty_action("{{}}", "missing value for command")]
#[case::unknown_function("{{nosuch}}", "function \"nosuch\" not defined")]
#[case::unknown_variable("{{$x}}", "undefined variable \"$x\"")]
#[case::variable_out_of_scope("{{if 1}}{{$x := 1}}{{end}}{{$x}}", "undefined variable \"$x\"")]
#[case::two_elses("{{if 1}}{{else}}{{else}}{{end}}", "expected end; found {{else}}")]
#[case::stray_end("{{end}}", "unexpected {{end}}")]
#[case::unterminated("{{if 1}}", "unexpected EOF")]
#[case::break_outside("{{break}}", "{{break}} outside {{range}}")]
#[case::many_variables("{{range $a, $b, $c := .}}{{end}}", "too many declarations in range")]
#[case::not_a_variable("{{range $a, 3}}{{end}}", "range can only initialize variables")]
#[case::constant_stage("{{1 | 2}}", "non executable command in pipeline stage 2")]
#[case::dot_after_constant("{{1.E}}", "illegal number syntax: \"1.E\"")]
#[case::dot_after_nil("{{nil.a}}", "unexpected . after term \"nil\"")]
#[case::bad_operand("{{print 1,}}", "unexpected \",\" in operand")]
#[case::twice(
    "{{define \"a\"}}1{{end}}{{define \"a\"}}2{{end}}",
    "template: multiple definition of template \"a\""
)]
#[case::bad_keyword("{{if break}}{{end}}", "unexpected <break> in if")]
fn messages(#[case] text: &str, #[case] message: &str) {
    let error = parse("x", text, &Functions::new()).expect_err(text);
    assert_eq!(error.message(), format!("template: x:1: {message}"));
    assert_eq!(error.kind(), ErrorKind::Parse);
}

#[test]
fn an_error_on_a_later_line_names_the_start_of_its_action() {
    let error = parse("x", "a\n{{ print\n\n", &Functions::new()).unwrap_err();
    assert_eq!(error.message(), "template: x:4: unclosed action started at x:2");
}

#[test]
fn definitions_come_before_their_file() {
    let trees = parse("x", "{{define \"a\"}}1{{end}} {{block \"b\" .}}2{{end}}", &Functions::new()).unwrap();
    let names: Vec<&str> = trees.iter().map(|tree| tree.name()).collect();
    assert_eq!(names, ["a", "b", "x"]);
    assert!(trees.iter().all(|tree| tree.file() == "x"));
}

#[test]
fn an_empty_definition_gives_way() {
    let text = "{{define \"a\"}} {{/* nothing */}}{{end}}{{define \"a\"}}2{{end}}";
    let trees = parse("x", text, &Functions::new()).unwrap();
    assert!(!trees[0].is_empty() && trees[1].is_empty());
}

#[test]
fn nesting_has_an_end() {
    let deep = |count: usize| format!("{{{{{}1{}}}}}", "(".repeat(count), ")".repeat(count));
    assert!(parse("x", &deep(150), &Functions::new()).is_ok());
    let error = parse("x", &deep(100_000), &Functions::new()).unwrap_err();
    assert_eq!(error.message(), "template: x:1: max expression depth exceeded");
    let blocks = "{{if 1}}".repeat(100_000);
    assert!(parse("x", &blocks, &Functions::new()).is_err());
}

fn shared(text: &str) -> Arc<String> {
    Arc::new(text.to_owned())
}

/// Whatever a parser has seen before, it makes the same of a text.
#[rstest]
#[case::values("a {{ .Values.a.b | print 1 }}{{- .Values.a.b | print 1 }} {{ .Values.a.b | print 1 -}}\n b")]
#[case::branches(
    "{{ if .a }}{{ .b }}{{ else if .a }}{{ .b }}{{ else }}{{ .b }}{{ end }}{{ with .a }}{{ . }}{{ end }}"
)]
#[case::variables(
    "{{ $x := .a }}{{ $x }}{{ range $i, $e := $x }}{{ $i }}{{ $e }}{{ $x = $e }}{{ end }}{{ $x.y }}"
)]
#[case::declared_in_parentheses("{{ print ($y := 1) $y }}{{ $y }}{{ if ($z := .a) }}{{ $z }}{{ end }}")]
#[case::definitions(
    "{{ define \"a\" }}{{ .b }}{{ end }}{{ block \"c\" .b }}{{ .b }}{{ end }}{{ template \"a\" .b }}"
)]
#[case::strings("{{ print \"}}\" `}}` '}' }}{{ print \"\\\"}}\" }}{{`{{`}} x {{`}}`}}")]
#[case::parentheses("{{ (print (print 1)).a }}{{ (print (print 1)).a }}{{ (index . 1) }}")]
#[case::comments("{{/* .a */}}{{ .a }}{{- /* .a */ -}}{{ .a }}")]
fn what_is_known_is_parsed_the_same(#[case] text: &str) {
    let functions = Functions::new();
    let fresh = parse("x", text, &functions).unwrap();
    let mut parser = Parser::new(&functions);
    parser.parse("y", &shared(text)).unwrap();
    let pipelines = parser.known.len();
    let again = parser.parse("x", &shared(text)).unwrap();
    assert_eq!(format!("{again:?}"), format!("{fresh:?}"));
    assert_eq!(parser.known.len(), pipelines, "all of it was known");
}

/// What is known fails where it may not stand, as it does where it is not.
#[rstest]
#[case::variable("{{ $x := 1 }}{{ print $x }}", "{{ print $x }}")]
#[case::declared_later("{{ $y := 1 }}{{ print $y ($y := 2) }}", "{{ print $y ($y := 2) }}")]
#[case::declarations("{{ range $a, $b := .c }}{{ end }}", "{{ with $a, $b := .c }}{{ end }}")]
#[case::keyword("{{ if .a }}{{ end }}", "{{ end }}")]
#[case::nesting(
    "{{ (((((print 1))))) }}",
    &format!("{}{{{{ (((((print 1))))) }}}}{}", "{{ if 1 }}".repeat(196), "{{ end }}".repeat(196))
)]
#[case::unclosed("{{ print 1 }}", "{{ print 1 ")]
fn what_is_known_does_not_fit_everywhere(#[case] before: &str, #[case] text: &str) {
    let functions = Functions::new();
    let mut parser = Parser::new(&functions);
    parser.parse("x", &shared(before)).unwrap();
    let error = parser.parse("x", &shared(text)).unwrap_err();
    assert_eq!(error.message(), parse("x", text, &functions).unwrap_err().message());
}
