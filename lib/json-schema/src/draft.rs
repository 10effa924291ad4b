//! The versions of JSON Schema, and what each calls a schema.
//!
//! The schemas of schemas in `metaschemas` are those of the JSON Schema organisation, under the
//! 3-clause BSD licence, without what they say to people alone. Helm's library has an older edition
//! of some; so has this.

use crate::json::Json;

/// A version of JSON Schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Draft {
    Draft4,
    Draft6,
    Draft7,
    Draft2019,
    #[default]
    Draft2020,
}

/// Where a keyword has schemas.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Schemas {
    /// It is one.
    Itself,
    /// Its items are some.
    Items,
    /// The values of its keys are some.
    Values,
}

use Draft::{Draft4, Draft6, Draft7, Draft2019, Draft2020};
use Schemas::{Items, Itself, Values};

/// Which keywords have schemas, and since when.
const KEYWORDS: [(Draft, &str, Schemas); 23] = [
    (Draft4, "definitions", Values),
    (Draft4, "not", Itself),
    (Draft4, "allOf", Items),
    (Draft4, "anyOf", Items),
    (Draft4, "oneOf", Items),
    (Draft4, "properties", Values),
    (Draft4, "additionalProperties", Itself),
    (Draft4, "patternProperties", Values),
    (Draft4, "items", Itself),
    (Draft4, "items", Items),
    (Draft4, "additionalItems", Itself),
    (Draft4, "dependencies", Values),
    (Draft6, "propertyNames", Itself),
    (Draft6, "contains", Itself),
    (Draft7, "if", Itself),
    (Draft7, "then", Itself),
    (Draft7, "else", Itself),
    (Draft2019, "$defs", Values),
    (Draft2019, "dependentSchemas", Values),
    (Draft2019, "unevaluatedProperties", Itself),
    (Draft2019, "unevaluatedItems", Itself),
    (Draft2019, "contentSchema", Itself),
    (Draft2020, "prefixItems", Items),
];

impl Draft {
    /// The version that schemas are of which say nothing.
    pub(crate) const LATEST: Self = Draft2020;

    /// The version that a `$schema` names.
    pub(crate) fn named(url: &str) -> Option<Self> {
        let bare = url.strip_suffix('#').unwrap_or(url);
        let bare = bare.strip_prefix("http://").or_else(|| bare.strip_prefix("https://")).unwrap_or(bare);
        match bare {
            "json-schema.org/draft-04/schema" => Some(Draft4),
            "json-schema.org/draft-06/schema" => Some(Draft6),
            "json-schema.org/draft-07/schema" => Some(Draft7),
            "json-schema.org/draft/2019-09/schema" => Some(Draft2019),
            "json-schema.org/draft/2020-12/schema" => Some(Draft2020),
            "json-schema.org/schema" => Some(Self::LATEST),
            _ => None,
        }
    }

    /// Where the schema of schemas is.
    pub(crate) fn url(self) -> &'static str {
        match self {
            Draft4 => "http://json-schema.org/draft-04/schema",
            Draft6 => "http://json-schema.org/draft-06/schema",
            Draft7 => "http://json-schema.org/draft-07/schema",
            Draft2019 => "https://json-schema.org/draft/2019-09/schema",
            Draft2020 => "https://json-schema.org/draft/2020-12/schema",
        }
    }

    /// The keyword that names a schema.
    pub(crate) fn id_keyword(self) -> &'static str {
        if self == Draft4 { "id" } else { "$id" }
    }

    /// The name that a schema gives to itself, without a fragment.
    pub(crate) fn id(self, schema: &Json) -> Option<&str> {
        if self < Draft2019 && schema.get("$ref").is_some() {
            // Beside a reference nothing counts.
            return None;
        }
        let id = schema.get(self.id_keyword())?.as_text()?;
        let id = id.split_once('#').map_or(id, |(url, _)| url);
        (!id.is_empty()).then_some(id)
    }

    /// The schemas within a schema, and the tokens that lead to them.
    pub(crate) fn schemas_within(self, schema: &Json) -> Vec<(&'static str, Option<String>, &Json)> {
        let mut found = Vec::new();
        for (since, keyword, schemas) in KEYWORDS {
            let Some(value) = schema.get(keyword).filter(|_| since <= self) else { continue };
            match schemas {
                Itself => found.push((keyword, None, value)),
                Items => {
                    let items = value.as_array().into_iter().flatten().enumerate();
                    found.extend(items.map(|(index, item)| (keyword, Some(index.to_string()), item)));
                }
                Values => {
                    let values = value.as_object().into_iter().flatten();
                    found.extend(values.map(|(key, value)| (keyword, Some(key.clone()), value)));
                }
            }
        }
        found
    }
}

/// A schema of schemas, by its URL.
pub(crate) fn metaschema(url: &str) -> Option<&'static str> {
    let path = url
        .strip_prefix("http://json-schema.org/")
        .or_else(|| url.strip_prefix("https://json-schema.org/"))?;
    Some(match path {
        "draft-04/schema" => include_str!("metaschemas/draft-04.json"),
        "draft-06/schema" => include_str!("metaschemas/draft-06.json"),
        "draft-07/schema" => include_str!("metaschemas/draft-07.json"),
        "draft/2019-09/schema" => include_str!("metaschemas/2019-09.json"),
        "draft/2019-09/meta/core" => include_str!("metaschemas/2019-09-core.json"),
        "draft/2019-09/meta/applicator" => include_str!("metaschemas/2019-09-applicator.json"),
        "draft/2019-09/meta/validation" => include_str!("metaschemas/2019-09-validation.json"),
        "draft/2019-09/meta/meta-data" => include_str!("metaschemas/2019-09-meta-data.json"),
        "draft/2019-09/meta/format" => include_str!("metaschemas/2019-09-format.json"),
        "draft/2019-09/meta/content" => include_str!("metaschemas/2019-09-content.json"),
        "schema" | "draft/2020-12/schema" => include_str!("metaschemas/2020-12.json"),
        "draft/2020-12/meta/core" => include_str!("metaschemas/2020-12-core.json"),
        "draft/2020-12/meta/applicator" => include_str!("metaschemas/2020-12-applicator.json"),
        "draft/2020-12/meta/unevaluated" => include_str!("metaschemas/2020-12-unevaluated.json"),
        "draft/2020-12/meta/validation" => include_str!("metaschemas/2020-12-validation.json"),
        "draft/2020-12/meta/meta-data" => include_str!("metaschemas/2020-12-meta-data.json"),
        "draft/2020-12/meta/format-annotation" => include_str!("metaschemas/2020-12-format-annotation.json"),
        "draft/2020-12/meta/format-assertion" => include_str!("metaschemas/2020-12-format-assertion.json"),
        "draft/2020-12/meta/content" => include_str!("metaschemas/2020-12-content.json"),
        _ => return None,
    })
}
