//! Custom kinds, by their CustomResourceDefinitions.

use std::cell::OnceCell;
use std::fmt;

use oarlock_json_schema::JsonSchema;
use oarlock_kubernetes::MergeKeys;
use serde_json::{Map, Value};

use crate::fault::{Fault, FaultKind};
use crate::node::{Field, Id, Identity, List, Node, Nodes, Null, Object, Others, Shape};
use crate::rules;
use crate::scalar::Scalar;
use crate::types::Types;
use crate::walk::Walk;

/// How deep a schema may nest. Those of Kubernetes' own types, which the deepest ones repeat, nest
/// less than twenty levels.
const DEEPEST: usize = 100;

/// A kind that a CustomResourceDefinition adds, in one version.
pub struct CustomKind {
    /// Its group and version.
    pub api_version: String,
    /// Its name.
    pub kind: String,
    /// Whether the API server serves this version.
    pub is_served: bool,
    /// How many rules in CEL (`x-kubernetes-validations`) its schema has. They are not evaluated.
    pub expressions: usize,
    nodes: Nodes,
    root: Id,
    /// What is asked of values beside their types, as JSON Schema.
    rules: Option<String>,
    compiled: OnceCell<Result<JsonSchema, String>>,
}

/// Why a CustomResourceDefinition says nothing of its kinds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DefinitionError {
    /// It is of another API version.
    #[error(
        "a CustomResourceDefinition of `{0}` is not read: Kubernetes serves `apiextensions.k8s.io/v1` alone"
    )]
    Version(String),
    /// A field is missing, or of another type.
    #[error("the CustomResourceDefinition has no `{0}`")]
    Field(&'static str),
    /// A schema is not structural: where, and what is wrong with it.
    #[error("the schema at `{path}` {problem}")]
    Schema {
        /// The place in the schema.
        path: String,
        /// What is wrong.
        problem: String,
    },
}

/// The kinds of a CustomResourceDefinition, one for each of its versions.
///
/// # Errors
/// If it is not one of `apiextensions.k8s.io/v1` with structural schemas, which cannot refer to
/// others and so do not contain themselves.
pub fn custom_kinds(definition: &Value) -> Result<Vec<CustomKind>, DefinitionError> {
    let text = |pointer: &str| definition.pointer(pointer).and_then(Value::as_str);
    match text("/apiVersion") {
        Some("apiextensions.k8s.io/v1") => {}
        other => return Err(DefinitionError::Version(other.unwrap_or_default().chars().take(80).collect())),
    }
    let group = text("/spec/group").ok_or(DefinitionError::Field("spec.group"))?;
    let kind = text("/spec/names/kind").ok_or(DefinitionError::Field("spec.names.kind"))?;
    let versions = definition.pointer("/spec/versions").and_then(Value::as_array);
    let versions = versions.ok_or(DefinitionError::Field("spec.versions"))?;
    let read = |version: &Value| -> Result<CustomKind, DefinitionError> {
        let name = version.get("name").and_then(Value::as_str);
        let name = name.ok_or(DefinitionError::Field("spec.versions[].name"))?;
        let schema = version.pointer("/schema/openAPIV3Schema");
        let schema = schema.ok_or(DefinitionError::Field("spec.versions[].schema.openAPIV3Schema"))?;
        let mut reader = Reader::default();
        let root = reader.node(schema, Role::Root)?;
        Ok(CustomKind {
            api_version: format!("{group}/{name}"),
            kind: kind.to_owned(),
            is_served: version.get("served").and_then(Value::as_bool).unwrap_or(false),
            expressions: reader.expressions,
            nodes: reader.nodes,
            root,
            rules: rules::of(schema).map(|rules| rules.to_string()),
            compiled: OnceCell::new(),
        })
    };
    versions.iter().map(read).collect()
}

impl CustomKind {
    /// What is wrong with an object of the kind. `types` are for its metadata.
    ///
    /// Rules such as patterns are held against objects whose types are right. Rules in CEL
    /// (`x-kubernetes-validations`) and formats other than those of numbers, times and bytes are
    /// not.
    pub fn check(&self, types: &Types, object: &Value) -> Vec<Fault> {
        let mut walk = Walk::new(types.table());
        walk.object(&self.nodes, self.root, MergeKeys::NONE, object);
        let mut faults = walk.finish();
        let leaves_types =
            |fault: &Fault| matches!(fault.kind, FaultKind::UnknownField { .. } | FaultKind::Repeated { .. });
        let Some(rules) = &self.rules else { return faults };
        if faults.iter().all(leaves_types) {
            match self.compiled.get_or_init(|| rules::compile(rules)) {
                Ok(schema) => faults.extend(rules::check(schema, object)),
                Err(error) => faults.push(Fault {
                    path: oarlock_model::Pointer::default(),
                    kind: FaultKind::UnreadableRules(error.clone()),
                }),
            }
        }
        faults
    }
}

impl fmt::Debug for CustomKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CustomKind({} {})", self.api_version, self.kind)
    }
}

/// What a schema is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// A whole object.
    Root,
    /// A value in it.
    Value,
}

#[derive(Default)]
struct Reader {
    nodes: Nodes,
    path: Vec<String>,
    /// How many rules in CEL were met.
    expressions: usize,
}

impl Reader {
    fn node(&mut self, schema: &Value, role: Role) -> Result<Id, DefinitionError> {
        let Some(schema) = schema.as_object() else {
            return Err(self.problem("is not an object"));
        };
        if self.path.len() > DEEPEST {
            return Err(self.problem(&format!("nests deeper than {DEEPEST} levels")));
        }
        if schema.contains_key("$ref") {
            return Err(self.problem("has `$ref`, which the API server refuses"));
        }
        let expressions = schema.get("x-kubernetes-validations").and_then(Value::as_array);
        self.expressions += expressions.map_or(0, Vec::len);
        let has = |name: &str| schema.get(name) == Some(&Value::Bool(true));
        let null = if schema.get("default").is_some_and(|default| !default.is_null()) {
            Null::Defaulted
        } else if has("nullable") {
            Null::Allowed
        } else {
            Null::Refused
        };
        let shape = self.shape(schema, role)?;
        let allowed = schema.get("enum").and_then(Value::as_array).cloned();
        Ok(self.nodes.add(Node { shape, null, allowed }))
    }

    fn shape(&mut self, schema: &Map<String, Value>, role: Role) -> Result<Shape, DefinitionError> {
        let has = |name: &str| schema.get(name) == Some(&Value::Bool(true));
        let text = |name: &str| schema.get(name).and_then(Value::as_str).unwrap_or_default();
        if has("x-kubernetes-int-or-string") {
            return Ok(Shape::Scalar(Scalar::IntegerOrString));
        }
        let is_object = role == Role::Root || has("x-kubernetes-embedded-resource");
        Ok(match (text("type"), text("format")) {
            _ if is_object => Shape::Object(self.object(schema, role, true)?),
            ("object", _) => Shape::Object(self.object(schema, role, false)?),
            ("array", _) => Shape::List(self.list(schema)?),
            ("string", "byte") => Shape::Scalar(Scalar::Bytes),
            ("string", "date-time") => Shape::Scalar(Scalar::Time),
            ("string", _) => Shape::Scalar(Scalar::String),
            ("integer", "int32") => Shape::Scalar(Scalar::Int32),
            ("integer", "int64") => Shape::Scalar(Scalar::Int64),
            ("integer", _) => Shape::Scalar(Scalar::Integer),
            ("number", _) => Shape::Scalar(Scalar::Number),
            ("boolean", _) => Shape::Scalar(Scalar::Boolean),
            // The API server asks for a type everywhere but where unknown fields are kept.
            ("", _) => Shape::Any,
            (other, _) => {
                return Err(self.problem(&format!("has the type `{other:.40}`, which does not exist")));
            }
        })
    }

    fn object(
        &mut self,
        schema: &Map<String, Value>,
        role: Role,
        is_resource: bool,
    ) -> Result<Object, DefinitionError> {
        let mut object = Object::default();
        if schema.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true)) {
            object.others = Others::Any;
        }
        match schema.get("additionalProperties") {
            None | Some(Value::Bool(false)) => {}
            Some(Value::Bool(true)) => object.others = Others::Any,
            Some(each) => object.others = Others::Each(self.below("additionalProperties", each)?),
        }
        let required = schema.get("required").and_then(Value::as_array);
        let required: Vec<&str> = required.into_iter().flatten().filter_map(Value::as_str).collect();
        if let Some(properties) = schema.get("properties") {
            let Some(properties) = properties.as_object() else {
                return Err(self.problem("has `properties` that are not an object"));
            };
            self.path.push("properties".to_owned());
            for (name, schema) in properties {
                let node = self.below(name, schema)?;
                object.fields.insert(name.as_str().into(), Field { node, is_required: false });
            }
            self.path.pop();
        }
        if is_resource {
            let mut add = |name: &str, shape: Shape| {
                let node = self.nodes.add(Node { null: Null::Refused, ..Node::built_in(shape) });
                object.fields.insert(name.into(), Field { node, is_required: false });
            };
            add("metadata", Shape::Metadata);
            // A schema may bound these two.
            for name in ["apiVersion", "kind"] {
                if schema.get("properties").is_none_or(|fields| fields.get(name).is_none()) {
                    add(name, Shape::Scalar(Scalar::String));
                }
            }
        }
        for (name, field) in &mut object.fields {
            let implied = is_resource && role == Role::Value && ["apiVersion", "kind"].contains(&&**name);
            field.is_required = implied || required.contains(&&**name);
        }
        for name in required {
            if !object.fields.contains_key(name) {
                let node = self.nodes.add(Node { null: Null::Allowed, ..Node::built_in(Shape::Any) });
                object.fields.insert(name.into(), Field { node, is_required: true });
            }
        }
        Ok(object)
    }

    fn list(&mut self, schema: &Map<String, Value>) -> Result<List, DefinitionError> {
        let items = match schema.get("items") {
            Some(items) => self.below("items", items)?,
            None => self.nodes.add(Node { null: Null::Allowed, ..Node::built_in(Shape::Any) }),
        };
        let default = |key: &str| {
            let item = schema.get("items").and_then(|items| items.get("properties"));
            item.and_then(|fields| fields.get(key)).and_then(|field| field.get("default")).cloned()
        };
        let identity = match schema.get("x-kubernetes-list-type").and_then(Value::as_str) {
            Some("set") => Identity::Value,
            Some("map") => {
                let keys = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array);
                let keys = keys.into_iter().flatten().filter_map(Value::as_str);
                match keys.map(|key| (key.into(), default(key))).collect::<Vec<_>>() {
                    keys if keys.is_empty() => Identity::None,
                    keys => Identity::Keys(keys),
                }
            }
            _ => Identity::None,
        };
        Ok(List { items, identity })
    }

    fn below(&mut self, name: &str, schema: &Value) -> Result<Id, DefinitionError> {
        self.path.push(name.to_owned());
        let node = self.node(schema, Role::Value);
        self.path.pop();
        node
    }

    fn problem(&self, problem: &str) -> DefinitionError {
        /// The most levels that a message names.
        const SHOWN: usize = 12;
        let shown = self.path.iter().take(SHOWN).map(String::as_str);
        let more = (self.path.len() > SHOWN).then_some("…");
        let path: Vec<&str> = ["openAPIV3Schema"].into_iter().chain(shown).chain(more).collect();
        DefinitionError::Schema { path: path.join("."), problem: problem.to_owned() }
    }
}
