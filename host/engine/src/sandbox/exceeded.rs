//! Which limit ended a call.
//!
//! Limits that the host checks end a call by [`OverLimit`]. Others are wasmtime's, which has a type
//! for some of its errors, keeps that of others to itself, and has a sentence for the rest. What
//! they are known by stands here alone, and the tests ask wasmtime itself.

use std::fmt;

use wasmtime::Trap;

use super::error::LimitKind;

/// A limit that a call went over, on its way through wasmtime as the reason of a trap.
#[derive(Clone, Copy, Debug)]
pub(super) struct OverLimit(pub(super) LimitKind);

impl fmt::Display for OverLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "over the limit {}", self.0)
    }
}

impl std::error::Error for OverLimit {}

/// How wasmtime begins to say that a store would hold more than its limiter allows, and of what.
const COUNTED: &str = "resource limit exceeded: ";
const COUNTS: [(&str, LimitKind); 3] = [
    ("instance count ", LimitKind::Instances),
    ("memory count ", LimitKind::Memories),
    ("table count ", LimitKind::Tables),
];

/// The type of wasmtime's error where a call copies more to the host than it may, which is private.
const COPIED: &str = "HostcallFuelExhausted";

/// The limit that a call went over, if it ended because of one.
pub(super) fn limit_of(error: &wasmtime::Error) -> Option<LimitKind> {
    if let Some(OverLimit(kind)) = error.downcast_ref() {
        return Some(*kind);
    }
    if let Some(Trap::StackOverflow) = error.downcast_ref() {
        return Some(LimitKind::Stack);
    }
    let cause = error.root_cause();
    if format!("{cause:?}") == COPIED {
        return Some(LimitKind::Output);
    }
    let cause = cause.to_string();
    let counted = cause.strip_prefix(COUNTED)?;
    COUNTS.into_iter().find(|(start, _)| counted.starts_with(start)).map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use wasmtime::{Engine, Instance, Module, Store, StoreLimits, StoreLimitsBuilder};

    use super::*;

    fn limit(module: &str, limits: StoreLimits) -> Option<LimitKind> {
        let engine = Engine::default();
        let module = Module::new(&engine, wat::parse_str(module).unwrap()).unwrap();
        let mut store = Store::new(&engine, limits);
        store.limiter(|limits| limits);
        let instance = match Instance::new(&mut store, &module, &[]) {
            Ok(instance) => instance,
            Err(error) => return limit_of(&error),
        };
        let run = instance.get_typed_func::<(), ()>(&mut store, "run").ok()?;
        run.call(&mut store, ()).err().and_then(|error| limit_of(&error))
    }

    #[test]
    fn limits_of_wasmtime_are_told_apart() {
        let none = StoreLimitsBuilder::new().instances(0).build();
        assert_eq!(limit("(module)", none), Some(LimitKind::Instances));
        let one = StoreLimitsBuilder::new().memories(1).build();
        assert_eq!(limit("(module (memory 1) (memory 1))", one), Some(LimitKind::Memories));
        let one = StoreLimitsBuilder::new().tables(1).build();
        let tables = "(module (table 1 funcref) (table 1 funcref))";
        assert_eq!(limit(tables, one), Some(LimitKind::Tables));
        let recurses = r#"(module (func $f (export "run") (call $f)))"#;
        assert_eq!(limit(recurses, StoreLimits::default()), Some(LimitKind::Stack));
        let traps = r#"(module (func (export "run") unreachable))"#;
        assert_eq!(limit(traps, StoreLimits::default()), None);
    }
}
