//! What one build shares among all its kustomizations: files already parsed, the schema, warnings
//! already given.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use oarlock_plugin::{Failure, Failures, Host, Origin, Result, TreePath};
use oarlock_yaml::{Limits, Reader};

use super::loader::Loader;
use crate::blame::Recorder;
use crate::kustomization::{self, Kustomization};
use crate::options::Options;
use crate::resource::{self, Resource};
use crate::schema::{Builtin, Schema};

/// The OpenAPI version that is built in.
const BUILTIN_VERSION: &str = "v1.21.2";

/// One build.
pub(crate) struct Session<'a> {
    pub host: &'a dyn Host,
    pub options: &'a Options,
    /// Keeps where values come from, in a build that is asked for it.
    pub blame: Option<Recorder>,
    /// The files with resources that were read so far; their resources are kept from the second
    /// reading on, since most files are read once.
    files: RefCell<HashMap<TreePath, Option<Rc<[Resource]>>>>,
    /// Whether there was a resource of a kind that may or may not have namespaces.
    saw_unknown_scope: Cell<bool>,
    kustomizations: RefCell<HashMap<TreePath, Rc<Kustomization>>>,
    schema: RefCell<Option<Rc<Schema>>>,
    builtin: RefCell<Option<Rc<Schema>>>,
    warned: RefCell<HashSet<(String, Option<Origin>)>>,
    /// The first mistake of a kustomization, which ends the build, and the others of that file.
    further: RefCell<Option<(Failure, Vec<Failure>)>>,
}

impl<'a> Session<'a> {
    pub(crate) fn new(host: &'a dyn Host, options: &'a Options) -> Self {
        Self {
            host,
            options,
            blame: None,
            files: RefCell::default(),
            saw_unknown_scope: Cell::default(),
            kustomizations: RefCell::default(),
            schema: RefCell::default(),
            builtin: RefCell::default(),
            warned: RefCell::default(),
            further: RefCell::default(),
        }
    }

    /// A build that keeps where values come from.
    pub(crate) fn recording(host: &'a dyn Host, options: &'a Options) -> Self {
        Self { blame: Some(Recorder::default()), ..Self::new(host, options) }
    }

    /// The resources of a file.
    pub(crate) fn resources(&self, loader: &Loader<'_>, path: &str) -> Result<Vec<Resource>> {
        // Looked at even where the file is known: another kustomization may not be allowed to read
        // it.
        let (file, text) = loader.read(path)?;
        let known = self.files.borrow().get(&file).cloned();
        if let Some(Some(resources)) = known {
            return Ok(resources.to_vec());
        }
        let mut resources = resource::read(&file, &text)?;
        let is_unknown = |resource: &Resource| resource.gvk().scope().is_none();
        if !self.saw_unknown_scope.get() && resources.iter().any(is_unknown) {
            self.saw_unknown_scope.set(true);
        }
        if let Some(schema) = &*self.schema.borrow() {
            for resource in &mut resources {
                resource.made_cluster_scoped = schema.makes_cluster_scoped(&resource.gvk());
            }
        }
        let kept = known.map(|_| resources.as_slice().into());
        self.files.borrow_mut().insert(file, kept);
        Ok(resources)
    }

    /// The kustomization of a loader's directory.
    pub(crate) fn kustomization(&self, loader: &Loader<'_>) -> Result<Rc<Kustomization>> {
        if let Some(known) = self.kustomizations.borrow().get(loader.root()) {
            return Ok(Rc::clone(known));
        }
        let file = kustomization::find(self.host, loader.root())?;
        let name = file.file_name().unwrap_or_default().to_owned();
        let (_, text) = loader.read(&name)?;
        let read = Kustomization::read(file, &text, |warning| self.warn(warning));
        let kustomization = Rc::new(read.map_err(|failures| self.keep_further(failures))?);
        self.kustomizations.borrow_mut().insert(loader.root().clone(), Rc::clone(&kustomization));
        Ok(kustomization)
    }

    /// The kustomization that is built, with what is changed in it before.
    pub(crate) fn edited(&self, loader: &Loader<'_>) -> Result<Rc<Kustomization>> {
        let mut kustomization = self.kustomization(loader)?;
        if !self.options.edits.is_empty() {
            self.options.edits.apply(Rc::make_mut(&mut kustomization), self.host)?;
        }
        Ok(kustomization)
    }

    /// The first of several failures, which is passed on alone. The others wait until it is known
    /// that it is reported.
    fn keep_further(&self, failures: Failures) -> Failure {
        let mut failures = failures.into_vec();
        let first = failures.remove(0);
        self.further.replace(Some((first.clone(), failures)));
        first
    }

    /// A failure as it comes out of a build, with those that were found together with it. They came
    /// the same way.
    pub(crate) fn with_further(&self, failure: Failure) -> Failures {
        let further = match self.further.take() {
            Some((first, further)) if first.message == failure.message && first.origin == failure.origin => {
                further
            }
            _ => Vec::new(),
        };
        let notes = failure.notes.clone();
        let further = further.into_iter().map(|other| Failure { notes: notes.clone(), ..other });
        Failures::from(failure).and(further)
    }

    /// Tells the user once.
    pub(crate) fn warn(&self, warning: Failure) {
        // The render warned of it already.
        if self.blame.is_some() {
            return;
        }
        if self.warned.borrow_mut().insert((warning.message.clone(), warning.origin.clone())) {
            self.host.warn(warning);
        }
    }

    /// The schema that patches are merged by.
    pub(crate) fn schema(&self) -> Rc<Schema> {
        if let Some(schema) = &*self.schema.borrow() {
            return Rc::clone(schema);
        }
        Rc::clone(self.builtin.borrow_mut().get_or_insert_with(|| Rc::new(Schema::builtin())))
    }

    /// What becomes of Kubernetes' own types if a document is given now.
    fn fate_of_builtin(&self) -> Builtin {
        if self.builtin.borrow().as_ref().is_some_and(|schema| schema.was_asked()) {
            return Builtin::Kept;
        }
        if self.saw_unknown_scope.get() {
            return Builtin::ReadAfter;
        }
        Builtin::Dropped
    }

    /// Takes the schema that a kustomization's `openapi` names. The first kustomization that names
    /// one settles it for the whole build.
    pub(crate) fn set_schema(&self, loader: &Loader<'_>, kustomization: &Kustomization) -> Result<()> {
        let openapi = &kustomization.fields.openapi;
        let blame = |failure: Failure| failure.at(kustomization.origin_of("openapi"));
        // Read even where it is not used: kustomize fails if it is not there.
        let custom = openapi.get("path").map(|path| loader.read(path)).transpose().map_err(blame)?;
        if self.schema.borrow().is_some() {
            return Ok(());
        }
        let schema = match (custom, openapi.get("version").map(String::as_str)) {
            (Some(_), Some(_)) => {
                return Err(blame(
                    Failure::new("`openapi` has both a `path` and a `version`").hint("keep one of them"),
                ));
            }
            (Some((file, text)), None) => {
                let node = oarlock_yaml::parse_one(&text, Reader::KustomizeField, Limits::default())
                    .map_err(|error| {
                        Failure::new(error.message).at(kustomization::origin(&file, error.span))
                    })?;
                Schema::with_openapi(
                    node.unwrap_or_else(oarlock_yaml::Node::empty_mapping),
                    self.fate_of_builtin(),
                )
                .map_err(|failure| failure.at(Origin::file(file.as_str())))?
            }
            (None, None | Some("")) => return Ok(()),
            (None, Some(BUILTIN_VERSION)) => Schema::builtin(),
            (None, Some(version)) => {
                return Err(blame(
                    Failure::new(format!("the OpenAPI version `{version}` is not built in"))
                        .hint(format!("`{BUILTIN_VERSION}` is; for another, give its schema as a `path`")),
                ));
            }
        };
        *self.schema.borrow_mut() = Some(Rc::new(schema));
        Ok(())
    }
}
