//! The schemas of one version, by k8s-openapi.

use k8s_openapi::Resource;
use k8s_openapi::schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

include!(concat!(env!("OUT_DIR"), "/kinds.rs"));

/// The schemas of all kinds, and of what they consist of.
pub fn schemas() -> Value {
    let mut generator = SchemaGenerator::default();
    let mut kinds = Map::new();
    macro_rules! add {
        ($kind:ty) => {
            let schema = generator.subschema_for::<$kind>();
            let name = format!("{} {}", <$kind as Resource>::API_VERSION, <$kind as Resource>::KIND);
            kinds.insert(name, schema.to_value());
        };
    }
    for_each_kind!(add);
    json!({"version": VERSION, "kinds": kinds, "definitions": generator.take_definitions(true)})
}
