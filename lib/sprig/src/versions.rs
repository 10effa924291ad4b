//! `semver` and `semverCompare`: versions and constraints of [`oarlock_semver`] as templates see
//! them.

use std::any::Any;
use std::cmp::Ordering;

use oarlock_go_template::{Context, Error, Function, Functions, Object, ObjectType, Type, UintType, Value};

use oarlock_semver::{Rules, Version, VersionError};

use super::state;
use oarlock_go_template::arguments::{Outcome, TEXT, any, text};

pub(super) static FUNCTIONS: &[Function] =
    &[Function::new("semver", &[TEXT], semver), Function::new("semverCompare", &[TEXT, TEXT], compare)];

fn parse(text: &str, rules: Rules) -> Result<Version, Error> {
    rules.parse(text).map_err(|error| Error::new(error.to_string()))
}

fn semver(cx: &mut Context<'_>, a: &[Value]) -> Outcome {
    let version = parse(&text(a, 0).to_text(), state::libraries(cx).semver)?;
    Ok(Value::object(Shown { version, of: &POINTER }))
}

fn compare(cx: &mut Context<'_>, a: &[Value]) -> Outcome {
    let rules = state::libraries(cx).semver;
    let constraint =
        rules.parse_constraint(&text(a, 0).to_text()).map_err(|error| Error::new(error.to_string()))?;
    Ok(constraint.check(&parse(&text(a, 1).to_text(), rules)?).into())
}

/// A version in a template: what `semver` gives is a pointer, what its methods give is not, and has
/// fewer methods for it.
#[derive(Debug)]
struct Shown {
    version: Version,
    of: &'static ObjectType,
}

impl Object for Shown {
    fn object_type(&self) -> &'static ObjectType {
        self.of
    }

    fn field(&self, _: &str) -> Option<Value> {
        None
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let Version { major, minor, patch, pre, metadata, original } = &self.version;
        let number = |number: &u64| Value::Uint(UintType::Uint64, *number);
        vec![
            ("major", number(major)),
            ("minor", number(minor)),
            ("patch", number(patch)),
            ("pre", pre.as_str().into()),
            ("metadata", metadata.as_str().into()),
            ("original", original.as_str().into()),
        ]
    }

    fn display(&self) -> Option<String> {
        Some(self.version.to_string())
    }

    fn json(&self) -> Option<Value> {
        Some(self.version.to_string().into())
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Self>().is_some_and(|other| self.version == other.version)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

static POINTER: ObjectType = ObjectType { name: "*semver.Version" };
static PLAIN: ObjectType = ObjectType { name: "semver.Version" };
/// The pointer as a parameter: types are distinguished by their names, and a static can't be within
/// itself.
static PARAMETER: ObjectType = ObjectType { name: "*semver.Version" };
const OTHER: Type = Type::Object(&PARAMETER);

/// Gives versions their methods.
pub(super) fn add_methods(functions: &mut Functions) {
    functions.add_methods(&POINTER, POINTER_METHODS);
    functions.add_methods(&PLAIN, METHODS);
}

/// Number of methods that both have.
const COMMON: usize = 11;

static METHODS: &[Function] = &COMMON_METHODS;
static POINTER_METHODS: &[Function] = &[
    COMMON_METHODS[0],
    COMMON_METHODS[1],
    COMMON_METHODS[2],
    COMMON_METHODS[3],
    COMMON_METHODS[4],
    COMMON_METHODS[5],
    COMMON_METHODS[6],
    COMMON_METHODS[7],
    COMMON_METHODS[8],
    COMMON_METHODS[9],
    COMMON_METHODS[10],
    Function::new("Original", &[], |_, a| Ok(version(a)?.original.as_str().into())),
    Function::new("Compare", &[OTHER], |_, a| Ok(Value::int(order(a)? as i64))),
    Function::new("Equal", &[OTHER], |_, a| Ok(order(a)?.is_eq().into())),
    Function::new("LessThan", &[OTHER], |_, a| Ok(order(a)?.is_lt().into())),
    Function::new("LessThanEqual", &[OTHER], |_, a| Ok(order(a)?.is_le().into())),
    Function::new("GreaterThan", &[OTHER], |_, a| Ok(order(a)?.is_gt().into())),
    Function::new("GreaterThanEqual", &[OTHER], |_, a| Ok(order(a)?.is_ge().into())),
];

const COMMON_METHODS: [Function; COMMON] = [
    Function::new("Major", &[], |_, a| Ok(Value::Uint(UintType::Uint64, version(a)?.major))),
    Function::new("Minor", &[], |_, a| Ok(Value::Uint(UintType::Uint64, version(a)?.minor))),
    Function::new("Patch", &[], |_, a| Ok(Value::Uint(UintType::Uint64, version(a)?.patch))),
    Function::new("Prerelease", &[], |_, a| Ok(version(a)?.pre.as_str().into())),
    Function::new("Metadata", &[], |_, a| Ok(version(a)?.metadata.as_str().into())),
    Function::new("String", &[], |_, a| Ok(version(a)?.to_string().into())),
    Function::new("IncMajor", &[], |cx, a| {
        let old = version(a)?;
        let major = next(cx, "major", old.major)?;
        changed(old, |new| (new.major, new.minor, new.patch) = (major, 0, 0))
    }),
    Function::new("IncMinor", &[], |cx, a| {
        let old = version(a)?;
        let minor = next(cx, "minor", old.minor)?;
        changed(old, |new| (new.minor, new.patch) = (minor, 0))
    }),
    Function::new("IncPatch", &[], |cx, a| {
        let old = version(a)?;
        // The release of a pre-release is the next patch.
        let patch = if old.pre.is_empty() { next(cx, "patch", old.patch)? } else { old.patch };
        changed(old, |new| new.patch = patch)
    }),
    Function::new("SetPrerelease", &[TEXT], |_, a| with_part(a, '-')),
    Function::new("SetMetadata", &[TEXT], |_, a| with_part(a, '+')),
];

fn version(a: &[Value]) -> Result<&Version, Error> {
    let found = match any(a, 0) {
        Value::Object(object) => object.as_any().downcast_ref::<Shown>(),
        _ => None,
    };
    found.map(|shown| &shown.version).ok_or_else(|| Error::new(oarlock_go_template::arguments::NIL_POINTER))
}

/// The number that follows; before 4.2 that of the last one is 0.
fn next(cx: &mut Context<'_>, which: &str, number: u64) -> Result<u64, Error> {
    match number.checked_add(1) {
        Some(next) => Ok(next),
        None if state::libraries(cx).semver == Rules::Bounded => {
            Err(Error::new(format!("{which} version increment would overflow uint64")))
        }
        None => Ok(0),
    }
}

fn order(a: &[Value]) -> Result<Ordering, Error> {
    Ok(version(a)?.compare(version(&a[1..])?))
}

/// A release that follows from a version.
fn changed(old: &Version, change: impl FnOnce(&mut Version)) -> Outcome {
    let mut version = old.clone();
    version.pre.clear();
    version.metadata.clear();
    change(&mut version);
    Ok(finished(old, version))
}

fn finished(old: &Version, mut version: Version) -> Value {
    let prefix = if old.original.starts_with('v') { "v" } else { "" };
    version.original = format!("{prefix}{version}");
    Value::object(Shown { version, of: &PLAIN })
}

/// A version with another pre-release or other metadata, which must be well-formed.
fn with_part(a: &[Value], mark: char) -> Outcome {
    let (old, part) = (version(a)?, text(a, 1).to_text());
    if !part.is_empty() {
        let probe = format!("0.0.0{mark}{part}");
        Version::parse(&probe).map_err(|error| match (mark, error) {
            ('-', error @ VersionError::StartsZero) => Error::new(error.to_string()),
            ('-', _) => Error::new("invalid prerelease string"),
            _ => Error::new("invalid metadata string"),
        })?;
    }
    let mut version = old.clone();
    *(if mark == '-' { &mut version.pre } else { &mut version.metadata }) = part.into_owned();
    Ok(finished(old, version))
}
