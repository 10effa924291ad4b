//! How `mergo.Merge` without overriding fills the gaps of one document with another: what Argo CD
//! does to a generator's own template.

use serde_json::{Map, Value as Json};

use super::{Struct, Type};

/// Fills what is zero in `into` with what `from` has. Structs and maps are filled field by field;
/// lists and JSON are taken as a whole. `false`, 0 and the empty string count as gaps, behind
/// pointers too.
pub(crate) fn fill(into: &mut Map<String, Json>, from: &Map<String, Json>, of: &Struct) {
    for field in of.fields {
        let Some(value) = from.get(field.name) else { continue };
        let Some(existing) = into.get_mut(field.name) else {
            into.insert(field.name.to_owned(), value.clone());
            continue;
        };
        match (field.of, existing, value) {
            (Type::Struct(of), Json::Object(existing), Json::Object(value)) => fill(existing, value, of),
            (Type::TextMap | Type::BoolMap, Json::Object(existing), Json::Object(value)) => {
                for (key, value) in value {
                    let place = existing.entry(key.clone()).or_insert(Json::Null);
                    if is_empty(place) {
                        *place = value.clone();
                    }
                }
            }
            (Type::Text | Type::Bool | Type::Int, existing, value)
                if is_empty(existing) && !is_empty(value) =>
            {
                *existing = value.clone();
            }
            _ => {}
        }
    }
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(false) => true,
        Json::String(text) => text.is_empty(),
        Json::Number(number) => number.as_i64() == Some(0),
        _ => false,
    }
}
