//! Trees to and from JSON text.

mod read;
mod value;
mod write;

pub use self::read::from_json;
pub(crate) use self::value::{Json, value};
pub use self::write::{to_json, to_json_of_about};
