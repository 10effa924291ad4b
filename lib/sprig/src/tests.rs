//! The table as a whole.

use std::rc::Rc;

use oarlock_go_template::{Context, Error, Limits, Options, Str, Templates, Value};
use rstest::rstest;

use super::{ExecutionState, functions};

fn run(text: &str) -> Result<Str, Error> {
    let functions = functions();
    let mut templates = Templates::new();
    templates.parse("t", text, &functions)?;
    let limits = Limits { depth: 20, steps: 10_000, output_bytes: 20_000, items: 1000 };
    let options = Options { limits, ..Options::default() };
    let mut state = ExecutionState::default();
    Context::new(Rc::new(templates), &functions, &mut state, options).execute("t", &Value::Nil)
}

#[rstest]
#[case("{{ fromJson `{\"a\": [1]}` }}", "map[a:[1]]")]
#[case("{{ fromJson `{` }}", "<no value>")]
#[case("{{ list 1 2 | toJson }}", "[1,2]")]
#[case("{{ semverCompare `^1.2` `1.3.4` }}", "true")]
#[case("{{ regexReplaceAll `a(b)` `ab-ab` `<$1>` }}", "<b>-<b>")]
#[case("{{ b64enc `hi` | b64dec }}", "hi")]
#[case("{{ now | date `2006-01-02` }}", "2000-01-01")]
fn functions_can_be_called(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(run(text).unwrap(), expected);
}

#[test]
fn errors_are_those_of_sprig() {
    assert!(run("{{ fail `no name` }}").unwrap_err().to_string().ends_with("error calling fail: no name"));
    let message = run("{{ mustFromJson `{` }}").unwrap_err().to_string();
    assert!(message.ends_with("error calling mustFromJson: unexpected end of JSON input"), "{message}");
}

#[test]
fn nothing_leaves_the_process() {
    let functions = functions();
    for name in ["env", "expandenv", "getHostByName"] {
        assert!(!functions.contains(name), "{name}");
    }
    assert_eq!(functions.contains("genCA"), cfg!(feature = "crypto"));
}

#[test]
fn calls_that_vary_are_named_with_their_places() {
    let functions = functions();
    let mut templates = Templates::new();
    templates.parse("t", "{{ uuidv4 }}\n{{ now | unixEpoch }}", &functions).unwrap();
    let mut state = ExecutionState::new(1).with_clock(60);
    let templates = Rc::new(templates);
    let text = Context::new(Rc::clone(&templates), &functions, &mut state, Options::default())
        .execute("t", &Value::Nil)
        .unwrap();
    assert!(text.to_text().ends_with("\n60"));
    let calls: Vec<_> = state.varying_calls().map(|call| (call.function, call.position.line)).collect();
    assert_eq!(calls, [("uuidv4", 1), ("now", 2)]);
    let mut again = ExecutionState::new(1).with_clock(60);
    let same = Context::new(templates, &functions, &mut again, Options::default())
        .execute("t", &Value::Nil)
        .unwrap();
    assert_eq!(text, same);
}
