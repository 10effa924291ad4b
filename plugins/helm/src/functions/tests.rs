//! What no template may do, and what the largest numbers do.

use std::rc::Rc;

use oarlock_go_template::{Context, Error, ErrorKind, Limit, Limits, Options, Str, Templates, Value};
use rstest::rstest;

use super::{Profile, RenderState, all, options};

fn run(text: &str) -> Result<Str, Error> {
    let functions = all(Profile::default());
    let mut templates = Templates::new();
    templates.parse("t", text, &functions)?;
    let limits = Limits { depth: 20, steps: 10_000, output_bytes: 20_000, items: 1000 };
    let options = Options { limits, ..options() };
    let mut state = RenderState::default();
    Context::new(Rc::new(templates), &functions, &mut state, options).execute("t", &Value::Nil)
}

/// Each doubles a text, or more, in every round.
#[rstest]
#[case("cat $x $x")]
#[case("quote $x $x")]
#[case("quote $x")]
#[case("squote $x $x")]
#[case("regexQuoteMeta $x")]
#[case("b64enc (b64enc (b64enc $x))")]
#[case("b32enc (b32enc $x)")]
#[case("join \"\" (list $x $x)")]
#[case("toString (list $x $x)")]
#[case("toJson (list $x $x)")]
#[case("toYaml (list $x $x)")]
#[case("(dict (list $x $x) 1) | keys | first")]
fn a_text_that_grows_meets_the_limit(#[case] round: &str) {
    let text = format!("{{{{ $x := `\\a\\` }}}}{{{{ range 40 }}}}{{{{ $x = {round} }}}}{{{{ end }}}}");
    assert_eq!(run(&text).unwrap_err().kind(), ErrorKind::Limit(Limit::Output));
}

/// Lists that hold one another many times are small in memory, and endless as text.
#[rstest]
#[case("toJson $x")]
#[case("toPrettyJson $x")]
#[case("toYaml $x")]
#[case("toYamlPretty $x")]
#[case("toToml (dict \"a\" $x)")]
#[case("toString $x")]
#[case("toStrings (list $x)")]
#[case("toDecimal $x")]
#[case("quote $x")]
#[case("squote $x")]
#[case("cat $x")]
#[case("sortAlpha (list $x)")]
fn a_value_without_end_meets_the_limit(#[case] call: &str) {
    let text = format!(
        "{{{{ $x := list 1 }}}}{{{{ range 60 }}}}{{{{ $x = list $x $x }}}}{{{{ end }}}}{{{{ $y := {call} }}}}"
    );
    assert_eq!(run(&text).unwrap_err().kind(), ErrorKind::Limit(Limit::Output));
}

#[rstest]
#[case("ago (int64 \"-9223372036854775808\")")]
#[case("date \"2006-01-02 MST\" (int64 \"9223372036854775807\")")]
#[case("dateInZone \"2006-01-02 MST\" (int64 \"-9223372036854775808\") \"America/Lima\"")]
#[case("(toDate \"2006\" \"9999\").AddDate 9223372036854775807 9223372036854775807 9223372036854775807")]
#[case("(toDate \"2006\" \"0001\").AddDate -9223372036854775808 -9223372036854775808 -9223372036854775808")]
#[case("(toDate \"2006\" \"2000\").Weekday")]
fn times_end_somewhere(#[case] call: &str) {
    run(&format!("{{{{ {call} }}}}")).unwrap();
}

#[test]
fn an_indent_beyond_all_bounds_meets_the_limit() {
    for call in ["indent 9223372036854775807 \"a\\nb\\nc\"", "nindent 9223372036854775807 \"\\n\\n\""] {
        assert_eq!(run(&format!("{{{{ {call} }}}}")).unwrap_err().kind(), ErrorKind::Limit(Limit::Output));
    }
}
