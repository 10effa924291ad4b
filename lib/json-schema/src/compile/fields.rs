//! The keywords of one schema.

use oarlock_go::strconv::quote;

use super::Compiler;
use crate::compiled::{Additional, Dependency, Id, LazyPattern, Schema, Types};
use crate::decimal::Decimal;
use crate::draft::Draft;
use crate::json::Json;
use crate::location::{encoded, join, split};
use crate::resources::Resource;

/// A schema's keywords.
pub(crate) struct Fields<'a, 'l> {
    pub(crate) compiler: &'a mut Compiler<'l>,
    pub(crate) value: &'a Json,
    pub(crate) resource: &'a Resource,
}

impl<'a> Fields<'a, '_> {
    pub(crate) fn fill(mut self, schema: &mut Schema) -> Result<(), String> {
        schema.reference = self.reference(schema, "$ref")?;
        let draft = schema.draft;
        if draft >= Draft::Draft6 {
            schema.constant = self.value.get("const").cloned();
        }
        if draft < Draft::Draft2019 && schema.reference.is_some() {
            // Beside a reference nothing else counts.
            return Ok(());
        }
        self.applicators(schema)?;
        self.assertions(schema)?;
        if draft < Draft::Draft2019 || self.compiler.asserts_formats() {
            schema.format = self.text("format").map(str::to_owned);
        }
        if draft >= Draft::Draft6 {
            schema.contains = self.schema(schema, "contains");
            schema.property_names = self.schema(schema, "propertyNames");
        }
        if draft >= Draft::Draft7 {
            schema.condition = self.schema(schema, "if");
            if schema.condition.is_some() {
                schema.then = self.schema(schema, "then");
                schema.otherwise = self.schema(schema, "else");
            }
        }
        if draft >= Draft::Draft2019 {
            self.since_2019(schema)?;
        }
        if draft >= Draft::Draft2020 {
            if let Some(target) = self.reference(schema, "$dynamicRef")? {
                let (_, fragment) = split(self.text("$dynamicRef").unwrap_or_default())?;
                let is_anchor = !fragment.is_empty() && !fragment.starts_with('/');
                schema.dynamic_reference = Some((target, is_anchor.then_some(fragment)));
            }
            schema.dynamic_anchor = self.text("$dynamicAnchor").unwrap_or_default().to_owned();
            schema.first_items = self.schemas(schema, "prefixItems");
            schema.other_items = self.schema(schema, "items").map(Additional::Schema);
        }
        Ok(())
    }

    fn applicators(&mut self, schema: &mut Schema) -> Result<(), String> {
        schema.all_of = self.schemas(schema, "allOf");
        schema.any_of = self.schemas(schema, "anyOf");
        schema.one_of = self.schemas(schema, "oneOf");
        schema.not = self.schema(schema, "not");
        if schema.draft < Draft::Draft2020 {
            if self.value.get("items").and_then(Json::as_array).is_some() {
                schema.first_items = self.schemas(schema, "items");
                schema.other_items = self.additional(schema, "additionalItems");
            } else {
                schema.other_items = self.schema(schema, "items").map(Additional::Schema);
            }
        }
        schema.properties = self.named(schema, "properties").collect();
        for (text, id) in self.named(schema, "patternProperties") {
            let pattern = pattern(schema, "patternProperties", &text)?;
            schema.pattern_properties.push((pattern, id));
        }
        schema.additional_properties = self.additional(schema, "additionalProperties");
        for (name, id) in self.named(schema, "dependencies") {
            let needed = self.value.get("dependencies").and_then(|all| all.get(&name));
            let dependency = match needed.and_then(Json::as_array) {
                Some(names) => Dependency::Properties(texts(names)),
                None => Dependency::Schema(id),
            };
            schema.dependencies.insert(name, dependency);
        }
        Ok(())
    }

    fn assertions(&mut self, schema: &mut Schema) -> Result<(), String> {
        schema.types = self.value.get("type").map(Types::new).unwrap_or_default();
        schema.values = self.array("enum").map(<[Json]>::to_vec);
        schema.multiple_of = self.number("multipleOf");
        (schema.maximum, schema.exclusive_maximum) = self.limits("maximum", "exclusiveMaximum");
        (schema.minimum, schema.exclusive_minimum) = self.limits("minimum", "exclusiveMinimum");
        schema.min_length = self.count("minLength");
        schema.max_length = self.count("maxLength");
        if let Some(text) = self.text("pattern") {
            schema.pattern = Some(pattern(schema, "pattern", text)?);
        }
        schema.min_items = self.count("minItems");
        schema.max_items = self.count("maxItems");
        schema.unique_items = self.flag("uniqueItems");
        schema.min_properties = self.count("minProperties");
        schema.max_properties = self.count("maxProperties");
        schema.required = texts(self.array("required").unwrap_or_default());
        Ok(())
    }

    fn since_2019(&mut self, schema: &mut Schema) -> Result<(), String> {
        schema.recursive_reference = self.reference(schema, "$recursiveRef")?;
        schema.recursive_anchor = self.flag("$recursiveAnchor");
        if schema.contains.is_some() {
            schema.min_contains = self.count("minContains");
            schema.max_contains = self.count("maxContains");
        }
        for (name, needed) in
            self.value.get("dependentRequired").and_then(Json::as_object).into_iter().flatten()
        {
            if let Some(needed) = needed.as_array() {
                schema.dependent_required.insert(name.clone(), texts(needed));
            }
        }
        schema.dependent_schemas = self.named(schema, "dependentSchemas").collect();
        schema.unevaluated_items = self.schema(schema, "unevaluatedItems");
        schema.unevaluated_properties = self.schema(schema, "unevaluatedProperties");
        Ok(())
    }

    /// The schema that a reference leads to.
    fn reference(&mut self, schema: &Schema, keyword: &str) -> Result<Option<Id>, String> {
        let Some(reference) = self.text(keyword) else { return Ok(None) };
        let (url, fragment) = join(&self.resource.id, reference)?;
        let within = self.compiler.roots[&schema.place.url].resolve(&url, &fragment)?;
        let place = if let Some(place) = within {
            place
        } else {
            self.compiler.load(&url)?;
            self.compiler.roots[&url].resolve_fragment(&fragment)?
        };
        Ok(Some(self.compiler.enqueue(place)))
    }

    fn schema(&mut self, schema: &Schema, keyword: &str) -> Option<Id> {
        self.value.get(keyword)?;
        Some(self.compiler.enqueue(schema.place.child(&[keyword])))
    }

    fn schemas(&mut self, schema: &Schema, keyword: &str) -> Vec<Id> {
        let count = self.array(keyword).map_or(0, <[Json]>::len);
        (0..count)
            .map(|index| self.compiler.enqueue(schema.place.child(&[keyword, &index.to_string()])))
            .collect()
    }

    fn named(&mut self, schema: &Schema, keyword: &str) -> impl Iterator<Item = (String, Id)> + use<> {
        let object = self.value.get(keyword).and_then(Json::as_object);
        let found = object.into_iter().flatten().map(|(name, value)| {
            let is_schema = keyword != "dependencies" || value.as_array().is_none();
            // What is a list names properties.
            let id = if is_schema { self.compiler.enqueue(schema.place.child(&[keyword, name])) } else { 0 };
            (name.clone(), id)
        });
        found.collect::<Vec<_>>().into_iter()
    }

    fn additional(&mut self, schema: &Schema, keyword: &str) -> Option<Additional> {
        match self.value.get(keyword)?.as_bool() {
            Some(allowed) => Some(Additional::Allowed(allowed)),
            None => self.schema(schema, keyword).map(Additional::Schema),
        }
    }

    /// A limit and the one that a value must not reach, of which draft 4 makes one with a flag.
    fn limits(&self, keyword: &str, exclusive: &str) -> (Option<Decimal>, Option<Decimal>) {
        let limit = self.number(keyword);
        if self.flag(exclusive) { (None, limit) } else { (limit, self.number(exclusive)) }
    }

    fn array(&self, keyword: &str) -> Option<&'a [Json]> {
        self.value.get(keyword)?.as_array()
    }

    fn text(&self, keyword: &str) -> Option<&'a str> {
        self.value.get(keyword)?.as_text()
    }

    fn flag(&self, keyword: &str) -> bool {
        self.value.get(keyword).and_then(Json::as_bool) == Some(true)
    }

    fn number(&self, keyword: &str) -> Option<Decimal> {
        self.value.get(keyword)?.as_number()
    }

    fn count(&self, keyword: &str) -> Option<usize> {
        self.number(keyword)?.to_count()
    }
}

fn texts(items: &[Json]) -> Vec<String> {
    items.iter().filter_map(Json::as_text).map(str::to_owned).collect()
}

fn pattern(schema: &Schema, keyword: &str, text: &str) -> Result<LazyPattern, String> {
    LazyPattern::new(text).map_err(|error| {
        let place = format!("{}/{}", schema.location, encoded(keyword));
        format!("invalid regex {} at {}: {error}", quote(text.as_bytes()), quote(place.as_bytes()))
    })
}
