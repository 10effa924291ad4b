//! Values that share nothing with those they were copied from.

use oarlock_go_template::{List, Map, Value};

/// A copy of a value and all that it holds.
pub fn deep_copy(value: &Value) -> Value {
    match value {
        Value::Map(map) => Value::Map(deep_copy_map(map)),
        Value::List(list) if !list.is_nil() => {
            Value::List(List::with_type(list.list_type(), list.iter().map(deep_copy).collect()))
        }
        other => other.clone(),
    }
}

/// A copy of a map and all that it holds.
pub fn deep_copy_map(map: &Map) -> Map {
    Map::from_entries(
        map.map_type(),
        map.entries().iter().map(|(key, value)| (key.clone(), deep_copy(value))),
    )
}
