//! Dotted paths into values: `Values.sub.global`.

use oarlock_go_template::{Map, Value};

/// Why a path leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoValue {
    /// A step of the path is no table.
    #[error("{0:?} is not a table")]
    NoTable(String),
    /// The last step is absent, or a table.
    #[error("{0:?} is not a value")]
    NoValue(String),
}

/// The table at a dotted path.
///
/// # Errors
/// If a step is absent or no table.
pub fn table(values: &Map, path: &str) -> Result<Map, NoValue> {
    path.split('.').try_fold(values.clone(), |table, step| match table.get(step) {
        Some(Value::Map(map)) => Ok(map),
        _ => Err(NoValue::NoTable(step.to_owned())),
    })
}

/// The value at a dotted path, which must not be a table.
///
/// # Errors
/// If there is none.
pub fn path_value(values: &Map, path: &str) -> Result<Value, NoValue> {
    let (way, key) = path.rsplit_once('.').map_or((None, path), |(way, key)| (Some(way), key));
    let holder = match way {
        None => values.clone(),
        Some(way) => table(values, way).map_err(|_| NoValue::NoValue(key.to_owned()))?,
    };
    match holder.get(key) {
        Some(Value::Map(_)) | None => Err(NoValue::NoValue(key.to_owned())),
        Some(value) => Ok(value),
    }
}
