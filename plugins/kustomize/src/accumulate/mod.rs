//! From a kustomization to its resources: what it names is read, generated and transformed,
//! kustomization by kustomization.
//!
//! The steps and their order are those of kustomize's `kusttarget.go`. Names referring to each
//! other are updated later, in [`build`](crate::build()), since only the whole is known to be
//! complete.

mod blame;
mod external;
mod generators;
mod helm;
mod loader;
mod remote;
mod session;
mod trace;
mod transformers;

pub(crate) use loader::Loader;
pub(crate) use session::Session;

use std::rc::Rc;

use oarlock_plugin::{Failure, Result};
use oarlock_yaml::{Limits, Node, Reader, Span};

use self::loader::Found;
use self::trace::Trace;
use crate::kustomization::{self, Kind, Kustomization, Located};
use crate::mismatch::mismatch;
use crate::profile::Profile;
use crate::resource::{ResMap, Resource};
use crate::transform::config::TransformerConfig;
use crate::transform::crds;
use crate::transform::variables::{self, Var};

/// What has come together so far: resources, and the rules by which they are changed later.
#[derive(Debug, Default)]
pub(crate) struct Accumulator {
    /// The resources.
    pub resources: ResMap,
    /// Which fields transformers change. What a base configures goes on to hold for those that
    /// include it.
    pub config: TransformerConfig,
    /// Variables, which are resolved at the end.
    pub variables: Vec<Var>,
}

impl Accumulator {
    /// Adds what another kustomization brought together.
    fn absorb(&mut self, other: Self) -> Result<()> {
        self.resources.append_all(other.resources)?;
        self.config.merge(&other.config)?;
        variables::add(&mut self.variables, other.variables)
    }
}

/// A kustomization at work.
pub(crate) struct Target<'s, 'a> {
    session: &'s Session<'a>,
    loader: Loader<'a>,
    kustomization: Rc<Kustomization>,
    /// Kept where `buildMetadata` asks for annotations that tell where resources come from.
    trace: Option<Trace>,
    /// The nearest `namespace` of the kustomizations that led here.
    outer_namespace: String,
}

impl<'s, 'a> Target<'s, 'a> {
    /// The kustomization that is built.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn new(session: &'s Session<'a>, loader: Loader<'a>) -> Result<Self> {
        let kustomization = session.edited(&loader)?;
        session.set_schema(&loader, &kustomization)?;
        let trace = (!kustomization.fields.build_metadata.is_empty()).then(Trace::default);
        Ok(Self { session, loader, kustomization, trace, outer_namespace: String::new() })
    }

    /// The kustomization file.
    pub(crate) fn kustomization(&self) -> &Kustomization {
        &self.kustomization
    }

    /// Brings together what the kustomization names. A component starts from the resources of the
    /// kustomization that includes it, all others from nothing.
    ///
    /// # Errors
    /// If anything that it names cannot be read, or a transformer fails.
    pub(crate) fn accumulate(&self, start: Accumulator) -> Result<Accumulator> {
        self.check_copies()?;
        let mut all = start;
        for entry in &self.kustomization.resources {
            self.add_resource(&mut all, entry)?;
        }
        self.add_config(&mut all)?;
        self.run_generators(&mut all.resources)?;
        for entry in &self.kustomization.components {
            all = self.add_component(all, entry)?;
        }
        self.run_transformers(&mut all)?;
        self.run_validators(&mut all.resources)?;
        let vars = &self.kustomization.fields.vars;
        let listed = vars
            .iter()
            .enumerate()
            .map(|(index, var)| var.clone().at(self.kustomization.origin_of_entry("vars", index)));
        variables::mark(&mut all.resources, vars)
            .and_then(|()| variables::add(&mut all.variables, listed))
            .map_err(|failure| failure.at(self.kustomization.origin_of("vars")))?;
        Ok(all)
    }

    /// Checks that there are copies of all that is remote, so that all missing copies are reported
    /// at once.
    fn check_copies(&self) -> Result<()> {
        let kustomization = &self.kustomization;
        let lists = [
            &kustomization.resources,
            &kustomization.components,
            &kustomization.generators,
            &kustomization.transformers,
            &kustomization.validators,
            &kustomization.crds,
            &kustomization.configurations,
        ];
        let entries = lists.into_iter().flatten().map(|entry| (entry.text.as_str(), entry.origin.clone()));
        let patches = (0..)
            .zip(&kustomization.fields.patches)
            .map(|(index, patch)| (patch.path.as_str(), kustomization.origin_of_entry("patches", index)));
        let mut lacks = entries
            .chain(patches)
            .filter_map(|(path, origin)| Some((path, self.loader.lack_of(path)?.at(origin.clone()), origin)));
        let Some((_, first, _)) = lacks.next() else { return Ok(()) };
        Err(lacks.fold(first, |first, (path, _, origin)| first.note(format!("so is `{path}` at `{origin}`"))))
    }

    /// An entry of `resources`: a file with resources, or another kustomization.
    fn add_resource(&self, all: &mut Accumulator, entry: &Located) -> Result<()> {
        match self.loader.find(&entry.text).map_err(|failure| failure.at(entry.origin.clone()))? {
            Found::File => {
                all.resources.append_all(self.read_resources(entry)?).map_err(|failure| noted(failure, entry))
            }
            Found::Directory => {
                let other = self.accumulate_other(entry, Kind::Kustomization, Accumulator::default())?;
                all.absorb(other).map_err(|failure| noted(failure, entry).at(entry.origin.clone()))
            }
            Found::Nothing => Err(self.loader.missing(&entry.text).at(entry.origin.clone())),
        }
    }

    /// An entry of `components`: a component, which goes on with what is there.
    fn add_component(&self, mut all: Accumulator, entry: &Located) -> Result<Accumulator> {
        // What was there comes back from the component; the rules are merged into none so that they
        // stay in order.
        let start = std::mem::take(&mut all);
        match self.loader.find(&entry.text).map_err(|failure| failure.at(entry.origin.clone()))? {
            Found::Directory => self.accumulate_other(entry, Kind::Component, start),
            Found::File => {
                Err(Failure::new(format!("`{}` is a file; a component is a directory", entry.text))
                    .at(entry.origin.clone()))
            }
            Found::Nothing => Err(self.loader.missing(&entry.text).at(entry.origin.clone())),
        }
    }

    /// The `namespace` of the kustomization, else the nearest of those that led here.
    fn nearest_namespace(&self) -> &str {
        let own = self.kustomization.fields.namespace.as_str();
        if own.is_empty() { &self.outer_namespace } else { own }
    }

    /// The namespace that charts without one are rendered for.
    fn chart_namespace(&self) -> String {
        let owns = self.session.options.profile.charts_own_their_namespaces();
        if owns { self.nearest_namespace().to_owned() } else { String::new() }
    }

    fn accumulate_other(&self, entry: &Located, expected: Kind, start: Accumulator) -> Result<Accumulator> {
        let loader = self.loader.enter(&entry.text).map_err(|failure| failure.at(entry.origin.clone()))?;
        let session = self.session;
        let accumulate = || {
            let kustomization = session.kustomization(&loader)?;
            session.set_schema(&loader, &kustomization)?;
            if kustomization.kind != expected {
                return Err(wrong_kind(&kustomization));
            }
            let trace = self.trace.as_ref().map(|trace| trace.join(&entry.text));
            let outer_namespace = self.nearest_namespace().to_owned();
            Target { session, loader, kustomization, trace, outer_namespace }.accumulate(start)
        };
        accumulate().map_err(|failure| noted(failure, entry).at(entry.origin.clone()))
    }

    /// The resources of a file, as they were written.
    fn read_resources(&self, entry: &Located) -> Result<Vec<Resource>> {
        let mut resources = self
            .session
            .resources(&self.loader, &entry.text)
            .map_err(|failure| noted(failure, entry).at(entry.origin.clone()))?;
        self.record_read(&mut resources, entry);
        if let Some(trace) = &self.trace {
            let step = trace.file(&entry.text);
            for resource in &mut resources {
                trace::set_origin(resource, &step);
            }
        }
        Ok(resources)
    }

    /// Configurations of transformers: the built-in ones, those of `configurations` and what CRDs
    /// say about their fields.
    fn add_config(&self, all: &mut Accumulator) -> Result<()> {
        let mut configured = TransformerConfig::default();
        for entry in &self.kustomization.configurations {
            self.read_node(entry, Reader::KustomizeConfiguration, |node| {
                let config = oarlock_yaml::from_node::<TransformerConfig>(&node)
                    .map_err(|error| (mismatch(&error), Some(error.span)))?;
                configured.merge(&config.sorted()).map_err(|failure| (failure, None))
            })?;
        }
        let profile = self.session.options.profile;
        if self.kustomization.configurations.is_empty() && profile == Profile::default() {
            all.config.merge(TransformerConfig::builtin())?;
        } else {
            // Merged in two steps: what is configured for some kinds takes the place of what is
            // built in for all.
            let mut config = TransformerConfig::builtin().clone();
            if !profile.tags_image_volumes() {
                config.images = config
                    .images
                    .iter()
                    .filter(|spec| !spec.path.as_str().contains("volumes"))
                    .cloned()
                    .collect();
            }
            config.merge(&configured)?;
            all.config.merge(&config)?;
        }
        for entry in &self.kustomization.crds {
            self.read_node(entry, Reader::KustomizeField, |node| {
                let config = crds::read(&node).map_err(|failure| (failure, None))?;
                all.config.merge(&config).map_err(|failure| (failure, None))
            })?;
        }
        Ok(())
    }

    /// Hands the document of a file on. Failures are put at their place in the file.
    fn read_node(
        &self,
        entry: &Located,
        reader: Reader,
        then: impl FnOnce(Node) -> std::result::Result<(), (Failure, Option<Span>)>,
    ) -> Result<()> {
        let blame = |failure: Failure| noted(failure, entry).at(entry.origin.clone());
        let (file, text) = self.loader.read(&entry.text).map_err(blame)?;
        let node = oarlock_yaml::parse_one(&text, reader, Limits::default()).map_err(|error| {
            blame(Failure::new(error.message).at(kustomization::origin(&file, error.span)))
        })?;
        let Some(node) = node else { return Ok(()) };
        then(node).map_err(|(failure, span)| {
            blame(failure.at(kustomization::origin(&file, span.unwrap_or_default())))
        })
    }

    /// Reads a file that the kustomization names somewhere.
    fn read_file(&self, path: &str) -> Result<Vec<u8>> {
        self.loader.read(path).map(|(_, text)| text)
    }
}

fn wrong_kind(kustomization: &Kustomization) -> Failure {
    let origin = kustomization.origin_of("kind");
    match kustomization.kind {
        Kind::Component => Failure::new(format!("`{}` is a component", kustomization.file))
            .hint("list it under `components` instead of `resources`"),
        Kind::Kustomization => Failure::new(format!("`{}` is no component", kustomization.file))
            .hint("list it under `resources` instead of `components`, or write `kind: Component` into it"),
    }
    .at(origin)
}

/// Adds the chain of files that led to an entry, unless the failure is in that very place.
fn noted(failure: Failure, entry: &Located) -> Failure {
    match &failure.origin {
        Some(origin) if *origin != entry.origin => {
            failure.note(format!("loaded by `{}:{}`", entry.origin.path, entry.origin.line))
        }
        _ => failure,
    }
}
