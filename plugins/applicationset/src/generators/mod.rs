//! Generators: from their settings to parameter sets.

mod budget;
mod clusters;
mod combine;
mod git;
mod list;
mod service;

use oarlock_kubernetes::{LabelSelector, Values};
use serde_json::{Map as JsonMap, Value as Json};

use crate::error::{ErrorKind, ExpandError, Result};
use crate::inputs::{Inputs, Release, Service};
use crate::params::{Params, StringMaps, flatten, print};
use crate::repository::Reads;
use crate::schema::{GENERATOR, TEMPLATE, fill};
use crate::selector::selector;
use crate::spec::ApplicationSet;
use crate::template::{Render, TemplateEngine, render_generator};

pub(crate) use budget::Budget;

type Object = JsonMap<String, Json>;

/// What all generators of an ApplicationSet share.
pub(crate) struct Generation<'g, 'e> {
    pub(crate) set: &'g ApplicationSet,
    pub(crate) inputs: Inputs<'g>,
    pub(crate) engine: TemplateEngine<'e>,
    pub(crate) reads: Reads,
    pub(crate) budget: Budget,
}

/// What one generator gives: parameter sets, and the template for them.
pub(crate) struct Generated {
    pub(crate) params: Vec<Params>,
    pub(crate) template: Object,
}

/// A generator and what was done to it before it runs.
#[derive(Clone, Copy)]
pub(crate) struct Requested<'r> {
    pub(crate) generator: &'r Object,
    /// Whether its strings were rendered with the parameters of another generator already, which
    /// makes null of empty JSON.
    pub(crate) is_rendered: bool,
}

/// The kinds of generators, in the order in which an item with several runs them.
#[derive(Clone, Copy)]
enum Kind {
    List,
    Clusters,
    Git,
    Service(Service),
    Matrix,
    Merge,
}

const KINDS: [(&str, Kind); 9] = [
    ("list", Kind::List),
    ("clusters", Kind::Clusters),
    ("git", Kind::Git),
    ("scmProvider", Kind::Service(Service::ScmProvider)),
    ("clusterDecisionResource", Kind::Service(Service::ClusterDecisionResource)),
    ("pullRequest", Kind::Service(Service::PullRequest)),
    ("matrix", Kind::Matrix),
    ("merge", Kind::Merge),
    ("plugin", Kind::Service(Service::Plugin)),
];

static EMPTY: std::sync::LazyLock<Object> = std::sync::LazyLock::new(Object::new);

/// A field that is an object.
fn object<'o>(object: &'o Object, field: &str) -> &'o Object {
    object.get(field).and_then(Json::as_object).unwrap_or(&EMPTY)
}

/// A field that is a list.
fn items<'o>(object: &'o Object, field: &str) -> &'o [Json] {
    object.get(field).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

/// A field that is text.
fn text<'o>(object: &'o Object, field: &str) -> &'o str {
    object.get(field).and_then(Json::as_str).unwrap_or_default()
}

fn failure(message: impl Into<String>) -> ExpandError {
    ExpandError::new(ErrorKind::Generator, message)
}

impl Generation<'_, '_> {
    /// Runs every generator of an item. `base` is the template that fills the gaps of the
    /// generator's own; `params` are those of a matrix's first generator, with which the second is
    /// rendered.
    pub(crate) fn transform(
        &mut self,
        requested: Requested<'_>,
        base: &Object,
        params: Option<&Params>,
    ) -> Result<Vec<Generated>> {
        let selector = match requested.generator.get("selector").and_then(Json::as_object) {
            Some(own) => Some(selector(own, Values::Any)?),
            None => None,
        };
        let mut generated = Vec::new();
        for (field, kind) in KINDS {
            let Some(Json::Object(own)) = requested.generator.get(field) else { continue };
            let mut template = object(own, "template").clone();
            fill(&mut template, base, &TEMPLATE);
            let sets = match params.filter(|params| !params.is_empty()) {
                None => self.generate(kind, own, requested),
                Some(params) => {
                    let rendered = self.interpolate(requested.generator, params)?;
                    let requested = Requested { generator: &rendered, is_rendered: true };
                    self.generate(kind, object(&rendered, field), requested)
                }
            };
            let mut params = sets.map_err(|error| error.within(field))?;
            if let Some(selector) = &selector {
                params = self.select(selector, params)?;
            }
            generated.push(Generated { params, template });
        }
        Ok(generated)
    }

    fn generate(&mut self, kind: Kind, own: &Object, requested: Requested<'_>) -> Result<Vec<Params>> {
        let sets = match kind {
            Kind::List => self.list(own, requested.is_rendered),
            Kind::Clusters => self.clusters(own),
            Kind::Git => self.git(own),
            Kind::Service(service) => self.service(service, own),
            Kind::Matrix => self.matrix(own, requested),
            Kind::Merge => self.merge(own, requested),
        }?;
        self.budget.count(&sets)?;
        Ok(sets)
    }

    /// Renders a matrix's second generator with a parameter set of the first.
    fn interpolate(&mut self, generator: &Object, params: &Params) -> Result<Object> {
        let render =
            if self.inputs.release < Release::V3_4 { Render::Values } else { Render::ValuesWhereKnown };
        render_generator(generator, &GENERATOR, &mut self.engine, params, render)
            .map_err(|error| error.within("rendering the generator with the parameters of the first"))
    }

    fn select(&self, selector: &LabelSelector, params: Vec<Params>) -> Result<Vec<Params>> {
        let string_maps =
            if self.inputs.release < Release::V3_4 { StringMaps::Whole } else { StringMaps::Flattened };
        let mut selected = Vec::new();
        for params in params {
            let mut flat = std::collections::BTreeMap::new();
            for (key, value) in flatten(&params, string_maps)? {
                flat.insert(key.to_text().into_owned(), print(&value)?.to_text().into_owned());
            }
            if selector.matches(|key| flat.get(key).map(String::as_str)) {
                selected.push(params);
            }
        }
        Ok(selected)
    }

    /// Adds the `values` of a generator, each rendered with the set's own parameters:
    /// `appendTemplatedValues`.
    fn append_values(&mut self, values: &Object, params: &Params) -> Result<()> {
        let mut rendered = Vec::with_capacity(values.len());
        for (key, value) in values {
            let value = self
                .engine
                .replace(value.as_str().unwrap_or_default(), params)
                .map_err(|error| error.within(&format!("values.{key}")))?;
            rendered.push((key, value));
        }
        put_values(self.engine.is_go(), rendered, params);
        Ok(())
    }
}

/// Sets values: as one map for Go templates, as a key each for fasttemplate.
fn put_values(
    is_go: bool,
    values: impl IntoIterator<Item = (impl AsRef<str>, impl Into<String>), IntoIter: ExactSizeIterator>,
    params: &Params,
) {
    use oarlock_go_template::{Map, Str};
    let values = values.into_iter();
    if values.len() == 0 {
        return;
    }
    if is_go {
        let values =
            values.map(|(key, value)| (Str::from(key.as_ref()), Str::from(Into::<String>::into(value))));
        params.insert("values", Map::of_strings(values));
    } else {
        for (key, value) in values {
            params.insert(format!("values.{}", key.as_ref()), Into::<String>::into(value));
        }
    }
}
