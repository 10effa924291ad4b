//! The types of Kubernetes by version, and what objects have that their types do not.
//!
//! [`Types`] are those of one minor version. [`CustomKind`]s come from CustomResourceDefinitions.
//! Both check an object as strictly as the API server does with `fieldValidation=Strict`, and give
//! [`Fault`]s: unknown fields with the nearest name, wrong types, missing fields.
//!
//! The table of types, `types.txt`, is made from k8s-openapi by `cargo xtask kubernetes-schema`. It
//! is plain text, a line for each field with the versions that have it, so that a change of it can
//! be reviewed, and so that a fault can say in which version a field exists.
//!
//! What the API server checks beyond types (ranges of ports, names of labels, fields that exclude
//! each other, rules in CEL, admission) is not checked.
//!
//! ```
//! use oarlock_kubernetes_schema::{Release, Types};
//! use serde_json::json;
//!
//! let types = Types::of("1.34".parse::<Release>().unwrap());
//! let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"nmae": "a"}});
//! let faults = types.kind("v1", "ConfigMap").unwrap().check(&object);
//! assert_eq!(faults[0].message(), "unknown field `metadata.nmae`");
//! assert_eq!(faults[0].hint().as_deref(), Some("did you mean `name`?"));
//! ```

mod custom;
mod fault;
mod node;
mod release;
mod rules;
mod scalar;
mod table;
mod types;
mod walk;

#[cfg(test)]
mod tests;

pub use custom::{CustomKind, DefinitionError, custom_kinds};
pub use fault::{Expected, Fault, FaultKind};
pub use release::{Release, UnknownRelease};
pub use types::{BuiltIn, NotServed, Types};
