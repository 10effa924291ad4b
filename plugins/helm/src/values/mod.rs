//! Values: reading them, setting single ones, and Helm's rules for merging them.

mod deep_copy;
mod lookup;
mod merge;
mod read;
mod set;
mod sources;

pub use deep_copy::{deep_copy, deep_copy_map};
pub use lookup::{NoValue, path_value, table};
pub use merge::merge_maps;
pub use read::read_values;
pub(crate) use set::from_json;
pub use set::{SetError, set, set_file, set_json, set_literal, set_string};
pub use sources::Sources;
