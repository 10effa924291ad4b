//! Letting go of deep values. A template may nest lists a million deep; dropping them must not use
//! the stack.

use super::Value;

/// Drops values, those within them before their holders are gone, on the heap instead of by
/// recursion.
pub(super) fn release(values: impl IntoIterator<Item = Value>) {
    let mut pending: Vec<Value> = Vec::new();
    take_containers(values, &mut pending);
    while let Some(value) = pending.pop() {
        let mut inside = Vec::new();
        match value {
            Value::Map(map) => map.take_last(&mut inside),
            Value::List(list) => list.take_last(&mut inside),
            _ => {}
        }
        take_containers(inside, &mut pending);
    }
}

fn take_containers(values: impl IntoIterator<Item = Value>, pending: &mut Vec<Value>) {
    for value in values {
        let last = match &value {
            Value::Map(map) => map.is_last(),
            Value::List(list) => list.is_last(),
            _ => false,
        };
        if last {
            pending.push(value);
        }
    }
}
