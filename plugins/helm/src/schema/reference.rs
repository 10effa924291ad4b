//! A schema document: its draft, and what references lead to.

use std::collections::HashMap;

use serde_json::Value as Json;

/// A version of JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Draft {
    Draft4,
    Draft6,
    Draft7,
    Draft2019,
    Draft2020,
}

/// A schema document.
pub(super) struct Document<'a> {
    pub(super) root: &'a Json,
    pub(super) draft: Draft,
    /// Schemas with an identifier or an anchor, by these.
    named: HashMap<String, &'a Json>,
}

/// What a reference leads to.
pub(super) enum Target<'a> {
    Schema(&'a Json),
    /// Something that Helm takes for a schema that everything fits.
    Anything,
}

impl<'a> Document<'a> {
    pub(super) fn new(root: &'a Json) -> Result<Self, String> {
        let draft = match root.get("$schema").and_then(Json::as_str) {
            None => Draft::Draft2020,
            Some(url) => Draft::of(url)?,
        };
        let mut document = Self { root, draft, named: HashMap::new() };
        document.collect(root, draft);
        Ok(document)
    }

    fn collect(&mut self, schema: &'a Json, draft: Draft) {
        let mut pending = vec![schema];
        while let Some(schema) = pending.pop() {
            match schema {
                Json::Object(fields) => {
                    let id = if draft == Draft::Draft4 { "id" } else { "$id" };
                    for key in [id, "$anchor", "$dynamicAnchor"] {
                        if let Some(Json::String(name)) = fields.get(key) {
                            let name = if key == id { name.trim_start_matches('#') } else { name.as_str() };
                            self.named.entry(name.to_owned()).or_insert(schema);
                        }
                    }
                    pending.extend(fields.values());
                }
                Json::Array(items) => pending.extend(items),
                _ => {}
            }
        }
    }

    /// What a reference leads to.
    pub(super) fn resolve(&self, reference: &str) -> Result<Target<'a>, String> {
        let (url, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let from = match url {
            "" | "file:///values.schema.json" => self.root,
            url if self
                .root
                .get("$id")
                .and_then(Json::as_str)
                .is_some_and(|id| id.trim_end_matches('#') == url) =>
            {
                self.root
            }
            url => match self.named.get(url).or_else(|| self.named.get(reference)) {
                Some(schema) => schema,
                // Helm has these on board, or takes them for granted.
                None if url.starts_with("urn:") || Draft::of(url).is_ok() => return Ok(Target::Anything),
                None => {
                    return Err(format!(
                        "failing loading {url:?}: a render has no network; put the schema into values.schema.json"
                    ));
                }
            },
        };
        if fragment.is_empty() {
            return Ok(Target::Schema(from));
        }
        let fragment = percent_decoded(fragment);
        let found = if fragment.starts_with('/') {
            from.pointer(&fragment)
        } else {
            self.named.get(fragment.as_str()).copied()
        };
        found.map(Target::Schema).ok_or_else(|| {
            let kind = if fragment.starts_with('/') { "json-pointer" } else { "anchor" };
            let url = if url.is_empty() { "file:///values.schema.json" } else { url };
            format!("{kind} in \"{url}#{fragment}\" not found")
        })
    }
}

impl Draft {
    fn of(url: &str) -> Result<Self, String> {
        let bare = url.trim_end_matches('#');
        let bare = bare.strip_prefix("http://").or_else(|| bare.strip_prefix("https://")).unwrap_or(bare);
        match bare {
            "json-schema.org/draft-04/schema" => Ok(Self::Draft4),
            "json-schema.org/draft-06/schema" => Ok(Self::Draft6),
            "json-schema.org/draft-07/schema" => Ok(Self::Draft7),
            "json-schema.org/draft/2019-09/schema" => Ok(Self::Draft2019),
            "json-schema.org/draft/2020-12/schema" | "json-schema.org/schema" => Ok(Self::Draft2020),
            _ => Err(format!(
                "failing loading {url:?}: a render has no network; name a draft from 4 to 2020-12 as `$schema`"
            )),
        }
    }

    /// Where the schema of schemas is.
    pub(super) fn url(self) -> &'static str {
        match self {
            Self::Draft4 => "http://json-schema.org/draft-04/schema#",
            Self::Draft6 => "http://json-schema.org/draft-06/schema#",
            Self::Draft7 => "http://json-schema.org/draft-07/schema#",
            Self::Draft2019 => "https://json-schema.org/draft/2019-09/schema#",
            Self::Draft2020 => "https://json-schema.org/draft/2020-12/schema#",
        }
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let code = (byte == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(code.unwrap_or(byte));
        rest = if code.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
