//! Merging of values files.

use oarlock_go_template::{Map, Value};

/// A map with the entries of both: what stands in `above` wins, and tables are merged. `null`
/// stays, to take a chart's default away later.
pub fn merge_maps(below: &Map, above: &Map) -> Map {
    let merged: Map = below.snapshot().into_iter().collect();
    for (key, value) in above.snapshot() {
        let value = match (&value, merged.get(&key)) {
            (Value::Map(new), Some(Value::Map(old))) => Value::Map(merge_maps(&old, new)),
            _ => value,
        };
        merged.insert(key, value);
    }
    merged
}
