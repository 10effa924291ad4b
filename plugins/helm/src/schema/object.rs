//! Keywords that look into objects and arrays.

use serde_json::{Map, Value as Json};

use super::fault::{Fault, quote, quoted};
use super::keywords::{count_faults, equal, limit};
use super::number;
use super::reference::Draft;
use super::validator::{Place, Seen, Validator, take};

fn names(list: &Json) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Json::as_str)
}

fn missing<'a>(list: &'a Json, object: &Map<String, Json>) -> Vec<&'a str> {
    names(list).filter(|name| !object.contains_key(*name)).collect()
}

impl Validator<'_> {
    pub(super) fn object(
        &self,
        fields: &Map<String, Json>,
        object: &Map<String, Json>,
        place: &Place<'_>,
        seen: &mut Seen,
        faults: &mut Vec<Fault>,
    ) {
        let at = &place.location;
        faults.extend(count_faults(fields, object.len(), ["minProperties", "maxProperties"], at));
        if let Some(required) = fields.get("required") {
            match missing(required, object).as_slice() {
                [] => {}
                [only] => faults.push(Fault::new(at, format!("missing property {}", quote(only)))),
                several => {
                    let text = format!("missing properties {}", quoted(several.iter().copied()));
                    faults.push(Fault::new(at, text));
                }
            }
        }
        self.dependent(fields, "dependencies", object, place, seen, faults);
        self.properties(fields, object, place, seen, faults);
        if self.draft() >= Draft::Draft6
            && let Some(schema) = fields.get("propertyNames")
        {
            for name in object.keys() {
                // A name has no place of its own.
                let nowhere = place.nowhere();
                if let Err(fault) = self.same(schema, &Json::from(name.as_str()), &nowhere) {
                    let text = format!("invalid propertyName {}", quote(name));
                    faults.push(Fault::new("", text).because(fault.flattened()));
                }
            }
        }
        if self.draft() >= Draft::Draft2019 {
            self.dependent(fields, "dependentSchemas", object, place, seen, faults);
            self.dependent(fields, "dependentRequired", object, place, seen, faults);
        }
    }

    /// What the presence of a property asks for: other properties, or a schema.
    fn dependent(
        &self,
        fields: &Map<String, Json>,
        keyword: &str,
        object: &Map<String, Json>,
        place: &Place<'_>,
        seen: &mut Seen,
        faults: &mut Vec<Fault>,
    ) {
        let Some(Json::Object(dependencies)) = fields.get(keyword) else { return };
        for (name, asked) in dependencies.iter().filter(|(name, _)| object.contains_key(*name)) {
            if asked.is_array() {
                let missing = missing(asked, object);
                if !missing.is_empty() {
                    let text = format!("properties {} required, if {} exists", quoted(missing), quote(name));
                    faults.push(Fault::new(&place.location, text));
                }
            } else {
                take(self.same(asked, &Json::Object(object.clone()), place), seen, faults);
            }
        }
    }

    fn properties(
        &self,
        fields: &Map<String, Json>,
        object: &Map<String, Json>,
        place: &Place<'_>,
        seen: &mut Seen,
        faults: &mut Vec<Fault>,
    ) {
        let named = fields.get("properties").and_then(Json::as_object);
        let patterns = fields.get("patternProperties").and_then(Json::as_object);
        let additional = fields.get("additionalProperties");
        let mut extra = Vec::new();
        for (name, value) in object {
            let mut evaluated = false;
            if let Some(schema) = named.and_then(|named| named.get(name)) {
                evaluated = true;
                faults.extend(self.below(schema, value, name, place).err());
            }
            for (pattern, schema) in patterns.into_iter().flatten() {
                if self.matches(pattern, name) {
                    evaluated = true;
                    faults.extend(self.below(schema, value, name, place).err());
                }
            }
            if !evaluated && let Some(additional) = additional {
                evaluated = true;
                match additional {
                    Json::Bool(false) => extra.push(name.as_str()),
                    schema => faults.extend(self.below(schema, value, name, place).err()),
                }
            }
            if evaluated {
                seen.properties.insert(name.clone());
            }
        }
        if !extra.is_empty() {
            let text = format!("additional properties {} not allowed", quoted(extra));
            faults.push(Fault::new(&place.location, text));
        }
    }

    pub(super) fn array(
        &self,
        fields: &Map<String, Json>,
        array: &[Json],
        place: &Place<'_>,
        seen: &mut Seen,
        faults: &mut Vec<Fault>,
    ) {
        let at = &place.location;
        faults.extend(count_faults(fields, array.len(), ["minItems", "maxItems"], at));
        if fields.get("uniqueItems") == Some(&Json::Bool(true))
            && let Some((first, second)) = duplicates(array)
        {
            faults.push(Fault::new(at, format!("items at {first} and {second} are equal")));
        }
        let is_new = self.draft() >= Draft::Draft2020;
        let listed = fields.get(if is_new { "prefixItems" } else { "items" }).and_then(Json::as_array);
        let listed = listed.map_or(&[][..], Vec::as_slice);
        // Behind the listed items the library counts from 0 again.
        let mut hold = |schema: &Json, index: usize, shown: usize| {
            seen.items.insert(index);
            faults.extend(self.below(schema, &array[index], &shown.to_string(), place).err());
        };
        let count = listed.len().min(array.len());
        listed.iter().take(count).enumerate().for_each(|(index, schema)| hold(schema, index, index));
        let items = fields.get("items").filter(|items| !items.is_array());
        let rest = if is_new || items.is_some() { items } else { fields.get("additionalItems") };
        match rest {
            // In older drafts `items` or a list of them must be there for what is additional to mean anything.
            Some(Json::Bool(false)) if !is_new && items.is_none() => {
                let extra = array.len() - count;
                faults.extend(
                    (extra > 0 && fields.contains_key("items"))
                        .then(|| Fault::new(at, format!("last {extra} additionalItem(s) not allowed"))),
                );
            }
            Some(schema) => (count..array.len()).for_each(|index| hold(schema, index, index - count)),
            None => {}
        }
        if self.draft() >= Draft::Draft6
            && let Some(schema) = fields.get("contains")
        {
            self.contains(schema, fields, array, place, seen, faults);
        }
    }

    fn contains(
        &self,
        schema: &Json,
        fields: &Map<String, Json>,
        array: &[Json],
        place: &Place<'_>,
        seen: &mut Seen,
        faults: &mut Vec<Fault>,
    ) {
        let (mut matched, mut causes) = (Vec::new(), Vec::new());
        for (index, item) in array.iter().enumerate() {
            match self.below(schema, item, &index.to_string(), place) {
                Ok(_) => matched.push(index),
                Err(fault) => causes.push(fault),
            }
        }
        if self.draft() >= Draft::Draft2020 {
            seen.items.extend(&matched);
        }
        let at = &place.location;
        let shown = matched.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let count = matched.len() as u64;
        let counted = self.draft() >= Draft::Draft2019;
        let limit = |keyword| limit(fields, keyword).filter(|_| counted);
        let (least, most) = (limit("minContains"), limit("maxContains"));
        match least {
            None if matched.is_empty() => {
                faults.push(Fault::new(at, "no items match contains schema").because(causes));
            }
            Some(least) if count < least => {
                let found = match count {
                    0 => "none matched".to_owned(),
                    count => format!("matched {} items at {shown}", number::count(count)),
                };
                let least = number::count(least);
                let text = format!("min {least} items required to match contains schema, but {found}");
                faults.push(Fault::new(at, text).because(causes));
            }
            _ => {}
        }
        if let Some(most) = most.filter(|most| count > *most) {
            let (most, count) = (number::count(most), number::count(count));
            let text = format!(
                "max {most} items required to match contains schema, but matched {count} items at {shown}"
            );
            faults.push(Fault::new(at, text));
        }
    }
}

/// The first two items that are equal.
fn duplicates(array: &[Json]) -> Option<(usize, usize)> {
    (1..array.len()).find_map(|second| {
        (0..second).find(|first| equal(&array[*first], &array[second])).map(|first| (first, second))
    })
}
