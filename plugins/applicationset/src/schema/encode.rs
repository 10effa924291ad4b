//! From a document in memory to the JSON that Go's encoder writes of it.

use serde_json::{Map, Value as Json};

use super::{Presence, Struct, Type};

/// The object with the fields that are written also when they are zero.
pub(crate) fn encode(object: &Map<String, Json>, of: &Struct) -> Map<String, Json> {
    let mut out = Map::new();
    for field in of.fields {
        match object.get(field.name) {
            Some(value) => {
                out.insert(field.name.to_owned(), encode_value(value, field.of));
            }
            None if field.presence == Presence::Required => {
                out.insert(field.name.to_owned(), zero(field.of));
            }
            None => {}
        }
    }
    out
}

fn encode_value(value: &Json, of: Type) -> Json {
    match (of, value) {
        (Type::Struct(of), Json::Object(object)) => Json::Object(encode(object, of)),
        (Type::List(item), Json::Array(items)) => {
            Json::Array(items.iter().map(|value| encode_value(value, item.of)).collect())
        }
        _ => value.clone(),
    }
}

fn zero(of: Type) -> Json {
    match of {
        Type::Text => Json::String(String::new()),
        Type::Bool => Json::Bool(false),
        Type::Int | Type::IntOrText => Json::from(0),
        Type::Struct(of) => Json::Object(encode(&Map::new(), of)),
        _ => Json::Null,
    }
}
