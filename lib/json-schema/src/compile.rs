//! Documents to schemas: each is looked at once, however many references lead to it.

mod fields;

use std::collections::HashMap;
use std::rc::Rc;

use oarlock_go::strconv::quote;

use self::fields::Fields;
use crate::compiled::{Id, Schema};
use crate::draft::{Draft, metaschema};
use crate::json::Json;
use crate::location::Place;
use crate::resources::{Documents, Root};
use crate::validator::{Meta, Validator};

/// Makes schemas of documents.
pub(crate) struct Compiler<'l> {
    pub(crate) schemas: Vec<Schema>,
    by_place: HashMap<Place, Id>,
    /// How many of the schemas are ready.
    ready: usize,
    roots: HashMap<String, Root>,
    library: Library<'l>,
    /// What schemas themselves are held against; none for those that do so.
    meta: Option<Box<Compiler<'l>>>,
}

/// The documents that there are: the one that was given, and the schemas of schemas.
struct Library<'l> {
    documents: HashMap<String, Rc<Json>>,
    /// The URL of the one that was given.
    given: String,
    /// Receives URNs.
    ignored: Option<&'l mut dyn FnMut(&str)>,
}

impl<'l> Compiler<'l> {
    /// A compiler of a schema that is found at a URL.
    pub(crate) fn new(schema: Json, url: &str, ignored: &'l mut dyn FnMut(&str)) -> Self {
        let documents = HashMap::from([(url.to_owned(), Rc::new(schema))]);
        let none = Library { documents: HashMap::new(), given: url.to_owned(), ignored: None };
        let library = Library { documents, given: url.to_owned(), ignored: Some(ignored) };
        Self::of(library, Some(Box::new(Self::of(none, None))))
    }

    fn of(library: Library<'l>, meta: Option<Box<Compiler<'l>>>) -> Self {
        Self { schemas: Vec::new(), by_place: HashMap::new(), ready: 0, roots: HashMap::new(), library, meta }
    }

    /// Later drafts take formats for annotations, except for the schemas of schemas.
    fn asserts_formats(&self) -> bool {
        self.meta.is_none()
    }

    /// The schema at a URL, and all that it leads to.
    ///
    /// # Errors
    /// If it is none: the message of Helm's library.
    pub(crate) fn compile(&mut self, url: &str) -> Result<Id, String> {
        self.load(url)?;
        let id = self.enqueue(Place { url: url.to_owned(), pointer: String::new() });
        while self.ready < self.schemas.len() {
            self.fill(self.ready)?;
            self.ready += 1;
        }
        Ok(id)
    }

    fn enqueue(&mut self, place: Place) -> Id {
        if let Some(id) = self.by_place.get(&place) {
            return *id;
        }
        let id = self.schemas.len();
        self.by_place.insert(place.clone(), id);
        let location = place.to_string();
        self.schemas.push(Schema { place, location, ..Schema::default() });
        id
    }

    /// Sees to it that a document is known.
    fn load(&mut self, url: &str) -> Result<(), String> {
        if self.roots.contains_key(url) {
            return Ok(());
        }
        let document = self.library.document(url)?;
        let root = Root::new(url, &document, &mut self.library)?;
        if metaschema(url).is_none() {
            self.check(&root, &document, "")?;
        }
        self.roots.insert(url.to_owned(), root);
        Ok(())
    }

    /// Holds a schema against the schema of schemas.
    fn check(&mut self, root: &Root, schema: &Json, pointer: &str) -> Result<(), String> {
        let Some(meta) = &mut self.meta else { return Ok(()) };
        let mut drafts = HashMap::new();
        for resource in root.resources.values() {
            if let std::collections::hash_map::Entry::Vacant(entry) = drafts.entry(resource.draft) {
                entry.insert(meta.compile(resource.draft.url())?);
            }
        }
        let id = drafts[&root.resource(pointer).draft];
        let validator = Validator { schemas: &meta.schemas, meta: Some(Meta { root, drafts }) };
        validator.run(id, schema).map_err(|fault| {
            let place = Place { url: root.url.clone(), pointer: pointer.to_owned() }.to_string();
            let schema = crate::fault::quote(&meta.schemas[id].location);
            let shown = quote(place.as_bytes());
            format!(
                "{shown} is not valid against metaschema: jsonschema validation failed with {schema}\n{fault}"
            )
        })
    }

    /// Sees to it that the resources in a schema are known, even if no keyword leads to it.
    fn ensure(&mut self, place: &Place) -> Result<(), String> {
        self.load(&place.url)?;
        let root = &self.roots[&place.url];
        if root.knows(&place.pointer) {
            return Ok(());
        }
        let document = root.document.clone();
        let schema = Root::lookup(&document, place)?;
        let mut root = root.clone();
        root.add(&place.pointer, schema, &mut self.library)?;
        self.check(&root, schema, &place.pointer)?;
        self.roots.insert(place.url.clone(), root);
        Ok(())
    }

    /// Looks at a schema.
    fn fill(&mut self, id: Id) -> Result<(), String> {
        let place = self.schemas[id].place.clone();
        self.ensure(&place)?;
        let root = &self.roots[&place.url];
        let document = root.document.clone();
        let value = Root::lookup(&document, &place)?;
        let resource = root.resource(&place.pointer).clone();
        let base = Place { url: place.url.clone(), pointer: resource.pointer.clone() };
        let is_resource = base == place;
        let mut schema = Schema {
            resource: self.enqueue(base),
            draft: resource.draft,
            place,
            location: std::mem::take(&mut self.schemas[id].location),
            ..Schema::default()
        };
        if schema.draft >= Draft::Draft2020 && is_resource {
            for anchor in &resource.dynamic_anchors {
                let pointer = resource.anchors[anchor].clone();
                let target = self.enqueue(Place { url: schema.place.url.clone(), pointer });
                schema.dynamic_anchors.insert(anchor.clone(), target);
            }
        }
        match value {
            Json::Bool(flat) => schema.flat = Some(*flat),
            Json::Object(object) if object.is_empty() => schema.flat = Some(true),
            Json::Object(_) => Fields { compiler: self, value, resource: &resource }.fill(&mut schema)?,
            _ => {}
        }
        schema.all_properties = schema.additional_properties.is_some();
        schema.all_items = schema.other_items.is_some();
        schema.items_seen = schema.first_items.len();
        self.schemas[id] = schema;
        Ok(())
    }
}

impl Documents for Library<'_> {
    fn document(&mut self, url: &str) -> Result<Rc<Json>, String> {
        if let Some(document) = self.documents.get(url) {
            return Ok(document.clone());
        }
        let document = match metaschema(url) {
            Some(text) => Json::parse(text.as_bytes())?,
            None => self.load(url)?,
        };
        let document = Rc::new(document);
        self.documents.insert(url.to_owned(), document.clone());
        Ok(document)
    }
}

impl Library<'_> {
    /// What lies elsewhere. A render has neither a network nor other files.
    fn load(&mut self, url: &str) -> Result<Json, String> {
        let shown = quote(url.as_bytes());
        let parsed = oarlock_go::url::Url::parse(url.as_bytes());
        let error = match &parsed {
            Err(error) => format!("parse {shown}: {error}"),
            Ok(parsed) => match parsed.scheme.as_slice() {
                b"urn" => {
                    if let Some(ignored) = &mut self.ignored {
                        ignored(url);
                    }
                    return Ok(Json::Bool(true));
                }
                b"file" => {
                    let path = String::from_utf8_lossy(&parsed.path);
                    format!("open {path}: no such file or directory")
                }
                b"http" | b"https" => {
                    let file = self.given.rsplit('/').next().unwrap_or_default();
                    format!("a render has no network; put the schema into {file}")
                }
                _ => format!("no URLLoader registered for {}", quote(parsed.to_text().as_bytes())),
            },
        };
        Err(format!("failing loading {shown}: {error}"))
    }
}
