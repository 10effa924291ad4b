//! From JSON to a document in memory, as Go's decoder fills its structs.

use serde_json::{Map, Number, Value as Json};

use super::{Field, Item, Presence, Struct, Type};

/// How keys are found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// As Kubernetes decodes: a key is a field of this very name.
    Exact,
    /// As `encoding/json` decodes: also one that differs in case alone.
    AnyCase,
}

/// A value that is not of its field's type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is a {found}, not {wanted}")]
pub(crate) struct Mismatch {
    path: String,
    found: &'static str,
    wanted: &'static str,
}

/// Decodes an object. `ignored` gathers the paths of fields that the type does not have.
pub(crate) fn decode(
    value: &Json,
    of: &'static Struct,
    names: Names,
    ignored: &mut Vec<String>,
) -> Result<Map<String, Json>, Mismatch> {
    let mut decoder = Decoder { names, ignored };
    let mut object = Map::new();
    decoder.object(value, of, &mut object, &mut Path::default())?;
    Ok(object)
}

/// The way to a value: `spec.generators[0].list`.
#[derive(Default)]
struct Path(String);

impl Path {
    fn within<T>(&mut self, step: Step<'_>, run: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.0.len();
        match step {
            Step::Field(name) if length == 0 => self.0.push_str(name),
            Step::Field(name) => {
                self.0.push('.');
                self.0.push_str(name);
            }
            Step::Item(index) => {
                self.0.push('[');
                self.0.push_str(&index.to_string());
                self.0.push(']');
            }
        }
        let result = run(self);
        self.0.truncate(length);
        result
    }
}

#[derive(Clone, Copy)]
enum Step<'s> {
    Field(&'s str),
    Item(usize),
}

struct Decoder<'d> {
    names: Names,
    ignored: &'d mut Vec<String>,
}

impl Decoder<'_> {
    fn object(
        &mut self,
        value: &Json,
        of: &'static Struct,
        into: &mut Map<String, Json>,
        path: &mut Path,
    ) -> Result<(), Mismatch> {
        let entries = match value {
            Json::Object(entries) => entries,
            Json::Null => return Ok(()),
            _ => return Err(mismatch(path, value, "an object")),
        };
        let mut entries: Vec<_> = entries.iter().collect();
        if self.names == Names::AnyCase {
            // Two spellings of one key are decoded one over the other, in the order in which Go
            // writes them.
            entries.sort_by_key(|(key, _)| *key);
        }
        for (key, value) in entries {
            let field = match self.names {
                Names::Exact => of.field(key),
                Names::AnyCase => of.field_in_any_case(key),
            };
            let Some(field) = field else {
                if of.is_open {
                    into.insert(key.clone(), value.clone());
                } else {
                    self.ignored.push(path.within(Step::Field(key), |path| path.0.clone()));
                }
                continue;
            };
            // Another spelling of the key may have set the field before.
            let before = into.remove(field.name);
            let decoded = path.within(Step::Field(key), |path| self.field(value, field, before, path))?;
            if let Some(decoded) = decoded {
                into.insert(field.name.to_owned(), decoded);
            }
        }
        // In the order of the struct, in which strings are rendered.
        let mut ordered = Map::new();
        for field in of.fields {
            if let Some(value) = into.remove(field.name) {
                ordered.insert(field.name.to_owned(), value);
            }
        }
        ordered.append(into);
        *into = ordered;
        Ok(())
    }

    /// The field's value; none where it is zero or nil.
    fn field(
        &mut self,
        value: &Json,
        field: &Field,
        before: Option<Json>,
        path: &mut Path,
    ) -> Result<Option<Json>, Mismatch> {
        let decoded = match (value, field.presence) {
            (Json::Null, Presence::Pointer) => return Ok(None),
            (Json::Null, Presence::Embedded) => return Ok(Some(empty(field.of))),
            _ => self.value(value, field.of, before, path)?,
        };
        let keeps_empty = matches!(field.presence, Presence::Pointer | Presence::Embedded);
        Ok(if keeps_empty {
            decoded.or_else(|| Some(empty(field.of)))
        } else {
            decoded.filter(|decoded| !field.is_left_out(decoded))
        })
    }

    /// A value; none for null.
    fn value(
        &mut self,
        value: &Json,
        of: Type,
        before: Option<Json>,
        path: &mut Path,
    ) -> Result<Option<Json>, Mismatch> {
        if matches!(of, Type::Json) {
            return Ok(Some(value.clone()));
        }
        Ok(Some(match (of, value) {
            (Type::TextMap | Type::Values | Type::BoolMap | Type::List(_), Json::Null) => return Ok(None),
            (_, Json::Null) => return Ok(before),
            (Type::Text | Type::IntOrText, Json::String(_))
            | (Type::Bool, Json::Bool(_))
            | (Type::Opaque, Json::Object(_)) => value.clone(),
            (Type::Text, _) => return Err(mismatch(path, value, "a string")),
            (Type::Bool, _) => return Err(mismatch(path, value, "a boolean")),
            // Go reads the digits: `3.0` is no integer, where YAML has made `3` of it before.
            (Type::Int, Json::Number(number)) => match number.as_i64() {
                Some(number) => Json::Number(Number::from(number)),
                None => return Err(mismatch(path, value, "a whole number")),
            },
            (Type::Int, _) => return Err(mismatch(path, value, "a whole number")),
            (Type::IntOrText, Json::Number(number)) => {
                match number.as_i64().and_then(|number| i32::try_from(number).ok()) {
                    Some(number) => Json::Number(Number::from(number)),
                    None => return Err(mismatch(path, value, "a whole number of 32 bits")),
                }
            }
            (Type::IntOrText, _) => return Err(mismatch(path, value, "a number or a string")),
            (Type::Opaque, _) => return Err(mismatch(path, value, "an object")),
            (Type::TextMap | Type::Values, _) => {
                self.map(value, before, path, Type::Text, &Json::String(String::new()))?
            }
            (Type::BoolMap, _) => self.map(value, before, path, Type::Bool, &Json::Bool(false))?,
            (Type::List(item), Json::Array(items)) => self.list(items, item, path)?,
            (Type::List(_) | Type::Json, _) => return Err(mismatch(path, value, "a list")),
            (Type::Struct(of), _) => {
                let mut object = match before {
                    Some(Json::Object(object)) => object,
                    _ => Map::new(),
                };
                self.object(value, of, &mut object, path)?;
                Json::Object(object)
            }
        }))
    }

    fn map(
        &mut self,
        value: &Json,
        before: Option<Json>,
        path: &mut Path,
        of: Type,
        zero: &Json,
    ) -> Result<Json, Mismatch> {
        let Json::Object(entries) = value else { return Err(mismatch(path, value, "a map")) };
        let mut map = match before {
            Some(Json::Object(map)) => map,
            _ => Map::new(),
        };
        for (key, value) in entries {
            let decoded = path.within(Step::Field(key), |path| self.value(value, of, None, path))?;
            map.insert(key.clone(), decoded.unwrap_or_else(|| zero.clone()));
        }
        Ok(Json::Object(map))
    }

    fn list(&mut self, items: &[Json], item: &Item, path: &mut Path) -> Result<Json, Mismatch> {
        let mut list = Vec::with_capacity(items.len());
        for (index, value) in items.iter().enumerate() {
            if value.is_null() && item.is_pointer {
                list.push(Json::Null);
                continue;
            }
            let decoded = path.within(Step::Item(index), |path| self.value(value, item.of, None, path))?;
            list.push(decoded.unwrap_or_else(|| empty(item.of)));
        }
        Ok(Json::Array(list))
    }
}

fn mismatch(path: &Path, value: &Json, wanted: &'static str) -> Mismatch {
    let found = match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "list",
        Json::Object(_) => "mapping",
    };
    let path = if path.0.is_empty() { "document".to_owned() } else { path.0.clone() };
    Mismatch { path, found, wanted }
}

/// The zero value of a type, where it has to stand for itself.
fn empty(of: Type) -> Json {
    match of {
        Type::Text => Json::String(String::new()),
        Type::Bool => Json::Bool(false),
        Type::Int | Type::IntOrText => Json::from(0),
        Type::Json => Json::Null,
        Type::List(_) => Json::Array(Vec::new()),
        Type::Opaque | Type::TextMap | Type::Values | Type::BoolMap | Type::Struct(_) => {
            Json::Object(Map::new())
        }
    }
}

/// Whether a decoded value is the zero value of its type, or an empty list or map, which is left
/// out likewise.
pub(super) fn is_zero(value: &Json, of: Type) -> bool {
    match (of, value) {
        (Type::Json, value) => value.is_null(),
        (_, Json::Null | Json::Bool(false)) => true,
        (_, Json::String(text)) => text.is_empty() && !matches!(of, Type::IntOrText),
        (_, Json::Number(number)) => number.as_i64() == Some(0),
        (_, Json::Array(items)) => items.is_empty(),
        (_, Json::Object(entries)) => entries.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::super::APPLICATION;
    use super::*;

    fn spec(value: &Json, names: Names) -> Result<Json, String> {
        let document = json!({ "spec": value });
        decode(&document, &APPLICATION, names, &mut Vec::new())
            .map(|mut object| object.remove("spec").unwrap_or_default())
            .map_err(|error| error.to_string())
    }

    #[rstest]
    #[case::zero(json!({"project": "", "info": [], "destination": {}}), json!(null))]
    #[case::pointers(json!({"syncPolicy": {"automated": {}}}), json!({"syncPolicy": {"automated": {}}}))]
    #[case::false_behind_a_pointer(
        json!({"syncPolicy": {"automated": {"prune": false}, "retry": {"limit": 0}}}),
        json!({"syncPolicy": {"automated": {"prune": false}, "retry": {}}})
    )]
    #[case::null_pointer(json!({"source": null, "revisionHistoryLimit": 0}), json!({"revisionHistoryLimit": 0}))]
    #[case::unknown(json!({"Project": "p", "projects": "q"}), json!(null))]
    fn fields(#[case] value: Json, #[case] decoded: Json) {
        assert_eq!(spec(&value, Names::Exact).unwrap(), decoded);
    }

    #[test]
    fn keys_in_another_case_set_the_same_field() {
        let value = json!({"Destination": {"server": "a"}, "destination": {"Name": "b"}});
        let decoded = spec(&value, Names::AnyCase).unwrap();
        assert_eq!(decoded, json!({"destination": {"server": "a", "name": "b"}}));
    }

    #[rstest]
    #[case(json!({"source": {"targetRevision": 1.0}}), "`spec.source.targetRevision` is a number, not a string")]
    #[case(json!({"sources": [{}, {"helm": []}]}), "`spec.sources[1].helm` is a list, not an object")]
    #[case(json!({"revisionHistoryLimit": 5.0}), "`spec.revisionHistoryLimit` is a number, not a whole number")]
    #[case(json!({"source": {"kustomize": {"commonLabels": {"a": true}}}}),
        "`spec.source.kustomize.commonLabels.a` is a boolean, not a string")]
    fn wrong_types(#[case] value: Json, #[case] message: &str) {
        assert_eq!(spec(&value, Names::Exact).unwrap_err(), message);
    }
}
