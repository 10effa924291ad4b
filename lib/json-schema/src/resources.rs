//! Schema documents, the resources within, and what anchors and identifiers name.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use oarlock_go::strconv::quote;

use crate::draft::Draft;
use crate::json::Json;
use crate::location::{Place, escaped, join, split, unescaped};

/// How deep schemas may lie in schemas.
const MAX_DEPTH: usize = 200;

/// Finds the documents that schemas name.
pub(crate) trait Documents {
    /// The document at a URL.
    ///
    /// # Errors
    /// If there is none: the message of Helm's library.
    fn document(&mut self, url: &str) -> Result<Rc<Json>, String>;
}

/// A schema document.
#[derive(Clone)]
pub(crate) struct Root {
    pub(crate) url: String,
    pub(crate) document: Rc<Json>,
    /// By the pointer to them.
    pub(crate) resources: BTreeMap<String, Resource>,
    /// Pointers to schemas whose resources were collected.
    known: HashSet<String>,
}

/// A schema with an identifier of its own, or the whole document.
#[derive(Clone)]
pub(crate) struct Resource {
    /// The pointer to it.
    pub(crate) pointer: String,
    /// Its identifier.
    pub(crate) id: String,
    pub(crate) draft: Draft,
    /// Pointers, by the anchors that name them.
    pub(crate) anchors: BTreeMap<String, String>,
    pub(crate) dynamic_anchors: Vec<String>,
}

impl Root {
    /// A document and its resources.
    pub(crate) fn new(url: &str, document: &Rc<Json>, documents: &mut dyn Documents) -> Result<Self, String> {
        let mut root = Self {
            url: url.to_owned(),
            document: document.clone(),
            resources: BTreeMap::new(),
            known: HashSet::new(),
        };
        let here = Here { pointer: String::new(), base: url.to_owned(), draft: Draft::LATEST, depth: 0 };
        root.collect(document, here, documents)?;
        Ok(root)
    }

    /// The resource that a schema is in.
    pub(crate) fn resource(&self, pointer: &str) -> &Resource {
        let mut pointer = pointer;
        loop {
            if let Some(resource) = self.resources.get(pointer) {
                return resource;
            }
            // The document itself always is one.
            pointer = pointer.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }

    pub(crate) fn knows(&self, pointer: &str) -> bool {
        self.known.contains(pointer)
    }

    /// Collects what is in a schema that no keyword leads to.
    pub(crate) fn add(
        &mut self,
        pointer: &str,
        schema: &Json,
        documents: &mut dyn Documents,
    ) -> Result<(), String> {
        let within = self.resource(pointer).clone();
        let here = Here { pointer: pointer.to_owned(), base: within.id, draft: within.draft, depth: 0 };
        self.collect(schema, here, documents)
    }

    /// Where a reference leads to in this document; none if it leads elsewhere.
    pub(crate) fn resolve(&self, url: &str, fragment: &str) -> Result<Option<Place>, String> {
        let resource = if url == self.url {
            Some(self.resource(""))
        } else {
            self.resources.values().find(|resource| resource.id == url)
        };
        resource.map(|resource| self.resolve_in(resource, fragment)).transpose()
    }

    /// Where a fragment leads to in the document.
    pub(crate) fn resolve_fragment(&self, fragment: &str) -> Result<Place, String> {
        self.resolve_in(self.resource(""), fragment)
    }

    fn resolve_in(&self, resource: &Resource, fragment: &str) -> Result<Place, String> {
        let pointer = if fragment.is_empty() || fragment.starts_with('/') {
            format!("{}{fragment}", resource.pointer)
        } else {
            let found = resource.anchors.get(fragment).cloned();
            found.ok_or_else(|| {
                let reference = format!("{}#{}", resource.id, crate::location::encoded(fragment));
                let (reference, url) = (quote(reference.as_bytes()), quote(self.url.as_bytes()));
                format!("anchor in {reference} not found in schema {url}")
            })?
        };
        Ok(Place { url: self.url.clone(), pointer })
    }

    /// What a pointer leads to.
    pub(crate) fn lookup<'d>(document: &'d Json, place: &Place) -> Result<&'d Json, String> {
        let mut found = document;
        for token in place.pointer.split('/').skip(1) {
            let shown = || quote(place.to_string().as_bytes());
            let token = unescaped(token).ok_or_else(|| format!("invalid json-pointer {}", shown()))?;
            let next = match found {
                Json::Object(object) => object.get(&token),
                Json::Array(items) => token.parse::<usize>().ok().and_then(|index| items.get(index)),
                _ => None,
            };
            found = next.ok_or_else(|| format!("json-pointer in {} not found", shown()))?;
        }
        Ok(found)
    }

    fn collect(&mut self, schema: &Json, here: Here, documents: &mut dyn Documents) -> Result<(), String> {
        if self.known.contains(&here.pointer) {
            return Ok(());
        }
        if here.depth > MAX_DEPTH {
            return Err(format!("schemas lie in schemas deeper than the limit of {MAX_DEPTH}"));
        }
        let pointer = here.pointer.clone();
        self.collect_within(schema, here, documents)?;
        self.known.insert(pointer);
        Ok(())
    }

    fn collect_within(
        &mut self,
        schema: &Json,
        mut here: Here,
        documents: &mut dyn Documents,
    ) -> Result<(), String> {
        let is_whole = here.pointer.is_empty();
        if schema.as_object().is_none() {
            if is_whole {
                self.resources.insert(String::new(), here.resource(here.draft));
            }
            return Ok(());
        }
        let mut draft = self.draft(schema, &here, documents)?;
        let mut id = draft.id(schema);
        if id.is_none() && !is_whole {
            // `$schema` counts for resources alone.
            draft = here.draft;
            id = draft.id(schema);
        }
        if let Some(id) = id {
            here.base = join(&here.base, id)
                .map_err(|_| {
                    let place = Place { url: self.url.clone(), pointer: here.pointer.clone() };
                    format!("error in parsing id at {}", quote(place.to_string().as_bytes()))
                })?
                .0;
        }
        if id.is_some() || is_whole {
            match self.resources.values().find(|resource| resource.id == here.base) {
                Some(other) if other.pointer != here.pointer => {
                    let [id, url, first, second] = [&here.base, &self.url, &here.pointer, &other.pointer]
                        .map(|text| quote(text.as_bytes()));
                    return Err(format!("duplicate id {id} in {url} at {first} and {second}"));
                }
                Some(_) => {}
                None => {
                    self.resources.insert(here.pointer.clone(), here.resource(draft));
                }
            }
        }
        let base = self.resources.values_mut().find(|resource| resource.id == here.base);
        let base = base.ok_or("unable to validate schema: baseres is nil")?;
        base.collect_anchors(schema, &here.pointer, &self.url)?;
        here.draft = base.draft;
        for (keyword, token, within) in draft.schemas_within(schema) {
            let mut pointer = format!("{}/{keyword}", here.pointer);
            if let Some(token) = token {
                pointer.push('/');
                pointer.push_str(&escaped(&token));
            }
            let below = Here { pointer, base: here.base.clone(), draft: here.draft, depth: here.depth + 1 };
            self.collect(within, below, documents)?;
        }
        Ok(())
    }

    /// The version that a schema names, or that of the schema that it names.
    fn draft(&self, schema: &Json, here: &Here, documents: &mut dyn Documents) -> Result<Draft, String> {
        let mut named = schema.get("$schema").and_then(Json::as_text).map(str::to_owned);
        let mut cycle = HashSet::new();
        while let Some(name) = named {
            if let Some(draft) = Draft::named(&name) {
                return Ok(draft);
            }
            let url = name.split_once('#').map_or(name.as_str(), |(url, _)| url);
            let shown = quote(url.as_bytes());
            if let Err(error) = oarlock_go::url::Url::parse(url.as_bytes()) {
                let place = Place { url: self.url.clone(), pointer: here.pointer.clone() };
                let place = quote(place.to_string().as_bytes());
                return Err(format!("invalid $schema in {place}: parse {shown}: {error}"));
            }
            if here.pointer.is_empty() && url == self.url {
                return Err(format!("draft {shown} is not supported"));
            }
            if !cycle.insert(url.to_owned()) {
                return Err(format!("cycle in resolving $schema in {shown}"));
            }
            let document = documents.document(url)?;
            named = document.get("$schema").and_then(Json::as_text).map(str::to_owned);
        }
        Ok(here.draft)
    }
}

/// Where schemas are being looked for.
struct Here {
    pointer: String,
    /// The identifier of the resource.
    base: String,
    draft: Draft,
    depth: usize,
}

impl Here {
    fn resource(&self, draft: Draft) -> Resource {
        Resource {
            pointer: self.pointer.clone(),
            id: self.base.clone(),
            draft,
            anchors: BTreeMap::new(),
            dynamic_anchors: Vec::new(),
        }
    }
}

impl Resource {
    fn collect_anchors(&mut self, schema: &Json, pointer: &str, url: &str) -> Result<(), String> {
        let text = |keyword: &str| schema.get(keyword).and_then(Json::as_text);
        if self.draft < Draft::Draft2019 {
            let Some(id) = text(self.draft.id_keyword()).filter(|_| schema.get("$ref").is_none()) else {
                return Ok(());
            };
            let (_, fragment) = split(id).map_err(|_| {
                let place = Place { url: url.to_owned(), pointer: pointer.to_owned() };
                format!("error in parsing anchor at {}", quote(place.to_string().as_bytes()))
            })?;
            let is_anchor = !fragment.is_empty() && !fragment.starts_with('/');
            return if is_anchor { self.add_anchor(&fragment, pointer, url) } else { Ok(()) };
        }
        if let Some(anchor) = text("$anchor") {
            self.add_anchor(anchor, pointer, url)?;
        }
        if self.draft >= Draft::Draft2020
            && let Some(anchor) = text("$dynamicAnchor")
        {
            self.add_anchor(anchor, pointer, url)?;
            self.dynamic_anchors.push(anchor.to_owned());
        }
        Ok(())
    }

    fn add_anchor(&mut self, anchor: &str, pointer: &str, url: &str) -> Result<(), String> {
        match self.anchors.get(anchor) {
            Some(other) if other != pointer => {
                let [anchor, url, first, second] =
                    [anchor, url, other, pointer].map(|text| quote(text.as_bytes()));
                Err(format!("duplicate anchor {anchor} in {url} at {first} and {second}"))
            }
            _ => {
                self.anchors.insert(anchor.to_owned(), pointer.to_owned());
                Ok(())
            }
        }
    }
}
