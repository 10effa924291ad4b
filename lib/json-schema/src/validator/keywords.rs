//! The keywords, by the type of value that they look at.

use std::collections::{BTreeMap, HashMap};

use super::{At, Findings, Validator};
use crate::compiled::{Additional, Dependency, Schema};
use crate::decimal::Decimal;
use crate::fault::{Fault, quote, quoted};
use crate::json::Json;
use crate::number;

/// `type`, `const` and `enum`: only the first that does not fit is reported.
pub(crate) fn of_the_value(schema: &Schema, value: &Json) -> Option<String> {
    if !schema.types.is_empty() && !schema.types.have(value) {
        let wanted: Vec<&str> = schema.types.names().collect();
        return Some(format!("got {}, want {}", value.kind(), wanted.join(" or ")));
    }
    if let Some(wanted) = &schema.constant
        && !value.equals(wanted)
    {
        return Some(if is_compound(wanted) {
            "'const' failed".to_owned()
        } else {
            format!("value must be {}", display(wanted))
        });
    }
    if let Some(wanted) = &schema.values
        && !wanted.iter().any(|wanted| value.equals(wanted))
    {
        return Some(match wanted.as_slice() {
            wanted if wanted.iter().any(is_compound) => "'enum' failed".to_owned(),
            [only] => format!("value must be {}", display(only)),
            several => {
                let several: Vec<String> = several.iter().map(display).collect();
                format!("value must be one of {}", several.join(", "))
            }
        });
    }
    None
}

fn is_compound(value: &Json) -> bool {
    matches!(value, Json::Array(_) | Json::Object(_))
}

fn display(value: &Json) -> String {
    match value {
        Json::Text(text) => quote(text),
        Json::Number(text) => text.clone(),
        Json::Bool(value) => value.to_string(),
        _ => "<nil>".to_owned(),
    }
}

/// The faults of a text.
pub(crate) fn text(schema: &Schema, text: &str, at: At<'_, '_>, findings: &mut Findings<'_>) {
    if schema.min_length.is_some() || schema.max_length.is_some() {
        let length = text.chars().count();
        count("minLength", length, schema.min_length, "maxLength", schema.max_length, at, findings);
    }
    if let Some(pattern) = &schema.pattern
        && !pattern.matches(text)
    {
        let fault = || format!("{} does not match pattern {}", quote(text), quote(&pattern.text));
        findings.faults.push(at.fault(fault));
    }
}

/// The faults of a number.
pub(crate) fn number(schema: &Schema, at: At<'_, '_>, findings: &mut Findings<'_>) {
    /// Whether a number keeps to a limit.
    type Fits = fn(&Decimal, &Decimal) -> bool;
    let limits: [(&str, &Option<Decimal>, Fits); 5] = [
        ("minimum", &schema.minimum, |value, limit| value >= limit),
        ("maximum", &schema.maximum, |value, limit| value <= limit),
        ("exclusiveMinimum", &schema.exclusive_minimum, |value, limit| value > limit),
        ("exclusiveMaximum", &schema.exclusive_maximum, |value, limit| value < limit),
        ("multipleOf", &schema.multiple_of, Decimal::is_multiple_of),
    ];
    if limits.iter().all(|(_, limit, _)| limit.is_none()) {
        return;
    }
    let Some(value) = at.value.as_number() else { return };
    for (keyword, limit, fits) in limits {
        if let Some(limit) = limit
            && !fits(&value, limit)
        {
            findings.faults.push(at.fault(|| {
                let [got, want] = [&value, limit].map(|number| number::display(number.to_float()));
                format!("{keyword}: got {got}, want {want}")
            }));
        }
    }
}

/// The faults of a count between two limits.
fn count(
    low: &str,
    count: usize,
    least: Option<usize>,
    high: &str,
    most: Option<usize>,
    at: At<'_, '_>,
    findings: &mut Findings<'_>,
) {
    let mut hold =
        |keyword: &str, limit: Option<usize>, fits: fn(usize, usize) -> bool| {
            if let Some(limit) = limit.filter(|limit| !fits(count, *limit)) {
                findings.faults.push(at.fault(|| {
                    format!("{keyword}: got {}, want {}", number::count(count), number::count(limit))
                }));
            }
        };
    hold(low, least, |count, limit| count >= limit);
    hold(high, most, |count, limit| count <= limit);
}

impl Validator<'_> {
    /// The faults of an object.
    pub(super) fn object<'v>(
        &self,
        schema: &Schema,
        object: &'v BTreeMap<String, Json>,
        at: At<'_, 'v>,
        findings: &mut Findings<'v>,
    ) {
        let (least, most) = (schema.min_properties, schema.max_properties);
        count("minProperties", object.len(), least, "maxProperties", most, at, findings);
        let missing = |names: &[String]| -> Option<Vec<String>> {
            let missing: Vec<String> =
                names.iter().filter(|name| !object.contains_key(*name)).cloned().collect();
            (!missing.is_empty()).then_some(missing)
        };
        if let Some(missing) = missing(&schema.required) {
            findings.faults.push(at.fault(|| match missing.as_slice() {
                [only] => format!("missing property {}", quote(only)),
                several => format!("missing properties {}", quoted(several.iter().map(String::as_str))),
            }));
        }
        let require = |findings: &mut Findings<'v>, name: &str, needed: &[String]| {
            if let Some(missing) = missing(needed) {
                let missing = quoted(missing.iter().map(String::as_str));
                let text = || format!("properties {missing} required, if {} exists", quote(name));
                findings.faults.push(at.fault(text));
            }
        };
        for (name, dependency) in schema.dependencies.iter().filter(|(name, _)| object.contains_key(*name)) {
            match dependency {
                Dependency::Properties(needed) => require(findings, name, needed),
                Dependency::Schema(id) => {
                    findings.faults.extend(self.same(*id, "", at, &mut findings.unseen).err());
                }
            }
        }
        self.properties(schema, object, at, findings);
        if let Some(id) = schema.property_names {
            let (id, meta) = self.of_its_version(id, at);
            for name in object.keys() {
                if let Err(fault) = self.run_within(id, &Json::Text(name.clone()), meta, at.scope.depth + 1) {
                    let text = format!("invalid propertyName {}", quote(name));
                    findings.faults.push(Fault::new(String::new(), text).because(fault.flattened()));
                }
            }
        }
        for (_, id) in schema.dependent_schemas.iter().filter(|(name, _)| object.contains_key(*name)) {
            findings.faults.extend(self.same(*id, "", at, &mut findings.unseen).err());
        }
        for (name, needed) in schema.dependent_required.iter().filter(|(name, _)| object.contains_key(*name))
        {
            require(findings, name, needed);
        }
    }

    fn properties<'v>(
        &self,
        schema: &Schema,
        object: &'v BTreeMap<String, Json>,
        at: At<'_, 'v>,
        findings: &mut Findings<'v>,
    ) {
        let mut unwanted = Vec::new();
        for (name, value) in object {
            let named = schema.properties.get(name).copied();
            let matching = schema.pattern_properties.iter().filter(|(pattern, _)| pattern.matches(name));
            let mut schemas: Vec<_> = named.into_iter().chain(matching.map(|(_, id)| *id)).collect();
            if schemas.is_empty() {
                match schema.additional_properties {
                    None => continue,
                    Some(Additional::Allowed(true)) => {}
                    Some(Additional::Allowed(false)) => unwanted.push(name.as_str()),
                    Some(Additional::Schema(id)) => schemas.push(id),
                }
            }
            for id in schemas {
                findings.faults.extend(self.below(id, value, name, at).err());
            }
            findings.unseen.properties.remove(name.as_str());
        }
        if !unwanted.is_empty() {
            let text = || format!("additional properties {} not allowed", quoted(unwanted));
            findings.faults.push(at.fault(text));
        }
    }

    /// The faults of an array.
    pub(super) fn array<'v>(
        &self,
        schema: &Schema,
        items: &'v [Json],
        at: At<'_, 'v>,
        findings: &mut Findings<'v>,
    ) {
        count("minItems", items.len(), schema.min_items, "maxItems", schema.max_items, at, findings);
        if schema.unique_items
            && let Some((first, second)) = duplicates(items)
        {
            findings.faults.push(at.fault(|| {
                format!("items at {} and {} are equal", number::count(first), number::count(second))
            }));
        }
        let first = schema.first_items.len().min(items.len());
        for (index, (item, id)) in items.iter().zip(&schema.first_items).enumerate() {
            findings.faults.extend(self.below(*id, item, &index.to_string(), at).err());
        }
        let others = &items[first..];
        match schema.other_items {
            None | Some(Additional::Allowed(true)) => {}
            Some(Additional::Allowed(false)) => {
                if !others.is_empty() {
                    let left = number::count(others.len());
                    findings.faults.push(at.fault(|| format!("last {left} additionalItem(s) not allowed")));
                }
            }
            Some(Additional::Schema(id)) => {
                // Helm's library counts these from zero again.
                for (index, item) in others.iter().enumerate() {
                    findings.faults.extend(self.below(id, item, &index.to_string(), at).err());
                }
            }
        }
        self.contains(schema, items, at, findings);
    }

    fn contains(&self, schema: &Schema, items: &[Json], at: At<'_, '_>, findings: &mut Findings<'_>) {
        let Some(id) = schema.contains else { return };
        let mut causes = Vec::new();
        let mut matched = Vec::new();
        for (index, item) in items.iter().enumerate() {
            if let Err(fault) = self.below(id, item, &index.to_string(), at) {
                causes.push(fault);
                continue;
            }
            matched.push(index.to_string());
            if schema.draft >= super::Draft::Draft2020 {
                findings.unseen.items.remove(&index);
            }
        }
        let found = || format!("but matched {} items at {}", number::count(matched.len()), matched.join(" "));
        match schema.min_contains {
            Some(least) if matched.len() < least => {
                let found = if matched.is_empty() { "but none matched".to_owned() } else { found() };
                let least = number::count(least);
                let text = || format!("min {least} items required to match contains schema, {found}");
                findings.faults.push(at.fault(text).because(causes));
            }
            None if matched.is_empty() => {
                let text = || "no items match contains schema".to_owned();
                findings.faults.push(at.fault(text).because(causes));
            }
            _ => {}
        }
        if let Some(most) = schema.max_contains.filter(|most| matched.len() > *most) {
            let most = number::count(most);
            let text = || format!("max {most} items required to match contains schema, {}", found());
            findings.faults.push(at.fault(text));
        }
    }
}

/// The first item that is equal to one before it, and that one before it.
fn duplicates(items: &[Json]) -> Option<(usize, usize)> {
    let mut seen = HashMap::new();
    items.iter().enumerate().find_map(|(index, item)| {
        let key = format!("{:?}", item.canonical());
        match seen.entry(key) {
            std::collections::hash_map::Entry::Occupied(first) => Some((*first.get(), index)),
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(index);
                None
            }
        }
    })
}
