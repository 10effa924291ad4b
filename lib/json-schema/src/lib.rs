//! JSON Schema of the drafts 4 to 2020-12, as Helm holds the values of charts against it.
//!
//! It is written here since users compare the messages with Helm's: which of several faults are
//! named, how they nest, and each word come from the library that Helm uses, and no crate keeps to
//! that. `boon`, by the author of that library, comes nearest, but hashes with a seed from the
//! system, which a component does not have, reads patterns as JavaScript instead of Go does, and
//! was last released in January 2025. What is here takes no network and no files, bounds how deep
//! schemas and values nest, and gives its messages in the same order on every run.
//!
//! ```
//! use oarlock_json_schema::{Json, JsonSchema};
//!
//! let schema = br#"{"properties": {"replicas": {"type": "integer", "minimum": 1}}}"#;
//! let schema = JsonSchema::compile(schema, "file:///values.schema.json", &mut |_| {}).unwrap();
//! let fault = schema.validate(&Json::parse(br#"{"replicas": 0}"#).unwrap()).unwrap_err();
//! assert_eq!(fault.to_string(), "- at '/replicas': minimum: got 0, want 1");
//! ```

mod compile;
mod compiled;
mod decimal;
mod draft;
mod fault;
mod format;
mod json;
mod location;
mod number;
mod resources;
mod validator;

use compile::Compiler;
use compiled::{Id, Schema};
use validator::Validator;

pub use fault::Fault;
pub use json::Json;

/// Why a text is no schema: the message of Helm's library.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SchemaError(String);

/// A schema with all that it leads to.
pub struct JsonSchema {
    schemas: Vec<Schema>,
    root: Id,
}

impl JsonSchema {
    /// Reads a schema. Messages name it by its URL. A reference to a URN is not followed but taken
    /// for a schema that everything fits, and passed to `ignored`.
    ///
    /// # Errors
    /// If the text is not JSON or no schema, or it refers to another document.
    pub fn compile(text: &[u8], url: &str, ignored: &mut dyn FnMut(&str)) -> Result<Self, SchemaError> {
        let schema = Json::parse(text).map_err(SchemaError)?;
        let mut compiler = Compiler::new(schema, url, ignored);
        let root = compiler.compile(url).map_err(SchemaError)?;
        Ok(Self { schemas: compiler.schemas, root })
    }

    /// Holds a value against the schema.
    ///
    /// # Errors
    /// If it does not fit: why.
    pub fn validate(&self, value: &Json) -> Result<(), Fault> {
        Validator { schemas: &self.schemas, meta: None }.run(self.root, value)
    }
}

#[cfg(test)]
mod tests;
