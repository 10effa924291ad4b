//! Schemas of several versions of Kubernetes as one table: `../../src/table.rs` says how it reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Map, Value};

/// Types that are no objects with fields, or whose schema does not say what they are.
const WORDS: [(&str, &str); 7] = [
    ("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON", "any"),
    ("io.k8s.apimachinery.pkg.api.resource.Quantity", "quantity"),
    ("io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1", "object"),
    ("io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime", "micro-time"),
    ("io.k8s.apimachinery.pkg.apis.meta.v1.Time", "time"),
    ("io.k8s.apimachinery.pkg.runtime.RawExtension", "object"),
    ("io.k8s.apimachinery.pkg.util.intstr.IntOrString", "int-or-string"),
];

/// Fields that k8s-openapi asks for, so that their types in Rust are no `Option`, and that the API
/// server does not.
fn is_optional(type_name: &str, field: &str, is_kind: bool) -> bool {
    is_kind && field == "metadata" || (type_name, field) == ("io.k8s.api.core.v1.LocalObjectReference", "name")
}

type Versions = BTreeSet<u32>;

#[derive(Default)]
struct Table {
    versions: Versions,
    /// Kinds, each with the types that versions have for it.
    kinds: BTreeMap<(String, String), BTreeMap<String, Versions>>,
    /// Types, and their fields in each form: whether it must be there, and its type.
    types: BTreeMap<String, BTreeMap<String, BTreeMap<(bool, String), Versions>>>,
}

/// Makes the table of what this program printed for several versions.
pub fn table(versions: &[Value]) -> Result<String, String> {
    let mut table = Table::default();
    for version in versions {
        table.add(version)?;
    }
    Ok(table.write())
}

impl Table {
    fn add(&mut self, schemas: &Value) -> Result<(), String> {
        let version = schemas["version"].as_str().and_then(|version| version.strip_prefix("1."));
        let version: u32 = version.and_then(|minor| minor.parse().ok()).ok_or("there is no version")?;
        self.versions.insert(version);
        let object = |name: &str| schemas[name].as_object().ok_or(format!("there are no {name}"));
        let definitions = object("definitions")?;
        // Only what kinds lead to.
        let mut wanted = BTreeSet::new();
        let mut kinds = BTreeSet::new();
        for (name, schema) in object("kinds")? {
            let (api_version, kind) = name.split_once(' ').ok_or(format!("`{name}` is no kind"))?;
            let target = reference(schema).ok_or(format!("`{name}` is no reference"))?;
            let types = self.kinds.entry((api_version.to_owned(), kind.to_owned())).or_default();
            types.entry(short(target).to_owned()).or_default().insert(version);
            wanted.insert(target.to_owned());
            kinds.insert(target.to_owned());
        }
        let mut done = BTreeSet::new();
        while let Some(name) = wanted.pop_first() {
            if !done.insert(name.clone()) {
                continue;
            }
            let schema = definitions.get(&name).and_then(Value::as_object);
            let schema = schema.ok_or(format!("there is no definition of `{name}`"))?;
            self.add_type(&name, schema, kinds.contains(&name), version, definitions, &mut wanted)?;
        }
        Ok(())
    }

    fn add_type(
        &mut self,
        name: &str,
        schema: &Map<String, Value>,
        is_kind: bool,
        version: u32,
        definitions: &Map<String, Value>,
        wanted: &mut BTreeSet<String>,
    ) -> Result<(), String> {
        known_keywords(name, schema, &["description", "properties", "required", "type"])?;
        if schema.get("type") != Some(&Value::from("object")) {
            return Err(format!("`{name}` is no object: give it a word"));
        }
        let fields = self.types.entry(short(name).to_owned()).or_default();
        let required = schema.get("required").and_then(Value::as_array);
        let required: Vec<&str> = required.into_iter().flatten().filter_map(Value::as_str).collect();
        for (field, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let written = written(schema, definitions, wanted).map_err(|error| format!("{name}.{field}: {error}"))?;
            let is_required = required.contains(&field.as_str()) && !is_optional(name, field, is_kind);
            let forms = fields.entry(field.clone()).or_default();
            forms.entry((is_required, written)).or_default().insert(version);
        }
        Ok(())
    }

    fn write(&self) -> String {
        let mut out = String::new();
        for ((api_version, kind), types) in &self.kinds {
            for (name, versions) in types {
                self.line(&mut out, &format!("kind {api_version} {kind} {name}"), versions);
            }
        }
        for (name, fields) in &self.types {
            let _ = writeln!(out, "type {name}");
            for (field, forms) in fields {
                for ((is_required, written), versions) in forms {
                    let mark = if *is_required { "!" } else { "" };
                    self.line(&mut out, &format!(" {field}{mark} {written}"), versions);
                }
            }
        }
        out
    }

    /// A line, once for each range of versions that follow each other.
    fn line(&self, out: &mut String, text: &str, versions: &Versions) {
        if *versions == self.versions {
            let _ = writeln!(out, "{text}");
            return;
        }
        let mut rest: Vec<u32> = versions.iter().copied().collect();
        while let Some(first) = rest.first().copied() {
            let length = rest.iter().zip(first..).take_while(|(one, other)| *one == other).count();
            let last = rest.drain(..length).last().unwrap_or(first);
            let _ = writeln!(out, "{text} {first}-{last}");
        }
    }
}

/// A schema as the table writes it. Types that it names are wanted.
fn written(
    schema: &Value,
    definitions: &Map<String, Value>,
    wanted: &mut BTreeSet<String>,
) -> Result<String, String> {
    let keywords = schema.as_object().ok_or("is no schema")?;
    if let Some(name) = reference(schema) {
        if let Some((_, word)) = WORDS.iter().find(|(known, _)| *known == name) {
            return Ok((*word).to_owned());
        }
        // A choice by the type of the value is written where it is used.
        if let Some(choice) = definitions.get(name).and_then(|found| found.get("oneOf")).and_then(Value::as_array) {
            let forms = choice.iter().map(|form| written(form, definitions, wanted));
            return Ok(forms.collect::<Result<Vec<_>, _>>()?.join("|"));
        }
        wanted.insert(name.to_owned());
        return Ok(short(name).to_owned());
    }
    let known = ["additionalProperties", "default", "description", "format", "items", "type"];
    known_keywords("the schema", keywords, &known)?;
    let text = |name: &str| keywords.get(name).and_then(Value::as_str).unwrap_or_default();
    Ok(match (text("type"), text("format")) {
        ("array", _) => {
            let items = keywords.get("items").ok_or("has no items")?;
            format!("[{}]", written(items, definitions, wanted)?)
        }
        ("object", _) => match keywords.get("additionalProperties") {
            Some(each) => format!("{{{}}}", written(each, definitions, wanted)?),
            None => "object".to_owned(),
        },
        ("string", "byte") => "bytes".to_owned(),
        ("string", "") => "string".to_owned(),
        ("integer", "int32") => "int32".to_owned(),
        ("integer", "int64") => "int64".to_owned(),
        ("number", "double") => "number".to_owned(),
        ("boolean", "") => "boolean".to_owned(),
        (kind, format) => return Err(format!("has the type `{kind}` with the format `{format}`")),
    })
}

/// The name of the definition that a schema refers to.
fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

/// A name without what all have in common.
fn short(name: &str) -> &str {
    name.strip_prefix("io.k8s.").unwrap_or(name)
}

/// Refuses keywords that the table would lose.
fn known_keywords(what: &str, schema: &Map<String, Value>, known: &[&str]) -> Result<(), String> {
    match schema.keys().find(|keyword| !known.contains(&keyword.as_str())) {
        Some(keyword) => Err(format!("{what} has the keyword `{keyword}`, which the table does not keep")),
        None => Ok(()),
    }
}
