//! No text makes the template parser or an execution panic, and two executions of one give the same
//! text or the same message.
//!
//! The input is a template that sees Helm's functions and the values below.

use std::rc::Rc;
use std::sync::LazyLock;

use oarlock_go_template::{
    Context, Error, Function, Functions, Limits, Options, Str, Templates, Type, Value,
};
use oarlock_helm::Profile;
use oarlock_helm::functions::{self, RenderState};
use oarlock_helm::values::read_values;

const NAME: &str = "template";

/// What the template sees: some of every kind, and names that are short to write.
const VALUES: &str = "
s: text
t: \"1\\n  two: é\\n\"
i: 3
f: -1.5
b: true
z: null
l: [b, a, 1, [c], {k: v}]
m: {a: 1, b: {c: [d, e]}, z: null}
";

/// Small, so that what never ends is distinguished from what is slow.
const LIMITS: Limits = Limits { depth: 20, steps: 10_000, output_bytes: 64 << 10, items: 10_000 };

/// Functions whose work is meant to be hard, and that are far slower than all others: they say no.
static COSTLY: &[Function] = &[
    Function::variadic("bcrypt", &[Type::Any], |_, _| refuse()),
    Function::variadic("derivePassword", &[Type::Any], |_, _| refuse()),
    Function::variadic("genCA", &[Type::Any], |_, _| refuse()),
    Function::variadic("genPrivateKey", &[Type::Any], |_, _| refuse()),
    Function::variadic("genSelfSignedCert", &[Type::Any], |_, _| refuse()),
    Function::variadic("genSignedCert", &[Type::Any], |_, _| refuse()),
    Function::variadic("htpasswd", &[Type::Any], |_, _| refuse()),
];

static FUNCTIONS: LazyLock<Functions> = LazyLock::new(|| {
    let mut functions = functions::all(Profile::default());
    functions.add(COSTLY);
    functions
});

/// Checks one input.
///
/// # Panics
/// If the property does not hold.
pub fn check(text: &str) {
    let mut templates = Templates::new();
    if templates.parse(NAME, text, &*FUNCTIONS).is_ok() {
        let templates = Rc::new(templates);
        assert_eq!(execute(&templates), execute(&templates));
    }
}

/// An execution by a state and with values of its own, for templates may change both.
fn execute(templates: &Rc<Templates>) -> Result<Str, Error> {
    let values = read_values(VALUES.as_bytes(), Profile::default()).expect("the values can be read");
    let mut state = RenderState::default();
    let options = Options { limits: LIMITS, ..functions::options() };
    Context::new(Rc::clone(templates), &FUNCTIONS, &mut state, options).execute(NAME, &Value::Map(values))
}

fn refuse() -> Result<Value, Error> {
    Err(Error::new("takes too long"))
}
