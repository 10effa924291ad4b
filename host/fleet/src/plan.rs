//! How Argo CD would render a source: which directory of which tree, by which tool, with which
//! settings.

use std::collections::BTreeMap;
use std::sync::Arc;

use oarlock_engine::application::{ApplicationSource, Spec};
use oarlock_engine::pipeline::{self, Overrides, Profile, Renderer, Task};
use oarlock_engine::source::Source as Tree;
use oarlock_plugin::{Application as RenderedApplication, Failure, Kind, Origin, TreePath};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::configure::configure;
use crate::repository::{Checkout, External, ExternalKind, LocateError, Located, Repositories};
use crate::view::View;

/// The name of Oarlock's plugin in Argo CD.
pub const PLUGIN: &str = "oarlock";

/// What renders a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SourceType {
    /// Argo CD's kustomize.
    Kustomize,
    /// Argo CD's Helm.
    Helm,
    /// Argo CD itself, which reads plain manifests.
    Directory,
    /// Oarlock as a plugin of Argo CD, by what `oarlock.yaml` says.
    Oarlock,
}

impl SourceType {
    /// Its name, which is that of the plugin that stands for Argo CD's own tool.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kustomize => "kustomize",
            Self::Helm => "helm",
            Self::Directory => "directory",
            Self::Oarlock => PLUGIN,
        }
    }

    fn of_block(name: &str) -> Option<Self> {
        [Self::Kustomize, Self::Helm, Self::Directory].into_iter().find(|known| known.name() == name)
    }

    /// The type that Argo CD finds out for a directory: of the files directly in it the last one
    /// that tells decides, by name.
    fn detect(tree: &dyn Tree, directory: &TreePath) -> Result<Self, Failure> {
        let mut entries = tree.list(directory).map_err(|error| error.at(directory))?.entries;
        entries.sort();
        let mut files = entries.iter().rev().filter(|entry| entry.kind == Kind::File);
        Ok(files.find_map(|file| Self::of_file(&file.name)).unwrap_or(Self::Directory))
    }

    /// The type of the directories that have a file of this name, as Argo CD finds it out.
    pub fn of_file(name: &str) -> Option<Self> {
        match name {
            "kustomization.yaml" | "kustomization.yml" | "Kustomization" => Some(Self::Kustomize),
            name if name.ends_with("Chart.yaml") => Some(Self::Helm),
            _ => None,
        }
    }
}

/// A source that can be rendered.
#[derive(Clone)]
pub struct PlannedSource {
    /// What renders it.
    pub source_type: SourceType,
    /// The repository that it is from.
    pub checkout: Checkout,
    /// What it reads: the tree of its repository, with those of its values files.
    pub tree: Arc<dyn Tree>,
    /// The directory.
    pub directory: TreePath,
    /// What has no effect.
    pub warnings: Vec<Failure>,
    pub(crate) application: RenderedApplication,
    pub(crate) overrides: Overrides,
}

/// Why a source cannot be rendered.
#[derive(Clone, Debug)]
pub enum SourceError {
    /// It is not at hand.
    External(External),
    /// It is invalid.
    Failed(Failure),
}

impl From<External> for SourceError {
    fn from(external: External) -> Self {
        Self::External(external)
    }
}

impl From<Failure> for SourceError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// What sources are planned with.
pub(crate) struct Planner<'a> {
    pub(crate) renderer: &'a Renderer,
    pub(crate) repositories: &'a Repositories,
    /// The options of `kustomize build` in Argo CD's settings, as configuration of the plugin.
    pub(crate) kustomize: &'a Map<String, Value>,
    pub(crate) profile: Option<Profile>,
}

/// An Application, as far as its sources need it.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) spec: &'a Spec,
    /// What Argo CD calls it.
    pub(crate) called: &'a str,
}

impl Planner<'_> {
    /// Plans a source of an Application; `None` for one that is there for the values files of
    /// others alone.
    pub(crate) fn plan(
        &self,
        subject: Subject<'_>,
        source: &ApplicationSource,
    ) -> Result<Option<PlannedSource>, SourceError> {
        let is_one_of_many = subject.spec.has_many_sources();
        if is_one_of_many && source.is_reference() {
            return Ok(None);
        }
        let Located { checkout, directory } = self.locate(source)?;
        check_directory(checkout.tree.as_ref(), &directory)?;
        let configured =
            configure((subject.spec, source), subject.called, (checkout.tree.as_ref(), &directory), None)?;
        let application = configured.application;
        let source_type = self.type_of(&configured.source, &checkout, &directory, &application)?;
        let mut config = configured.config;
        let mut mounts = BTreeMap::new();
        if source_type == SourceType::Helm {
            let files = ValuesFiles { planner: self, subject, checkout: &checkout };
            for (_, block) in &mut config {
                files.resolve(block, &mut mounts)?;
            }
        }
        if source_type == SourceType::Kustomize {
            config.insert(0, (source_type.name().to_owned(), self.kustomize.clone()));
        }
        let is_own = source_type == SourceType::Oarlock;
        let overrides = Overrides {
            plugins: (!is_own).then(|| vec![source_type.name().to_owned()]),
            config,
            written: configured.written,
            // Argo CD's own tools may render nothing.
            allow_empty: !is_own,
            profile: self.profile,
            ignores_plugins: !is_own,
            ..Overrides::default()
        };
        let tree = if mounts.is_empty() {
            Arc::clone(&checkout.tree)
        } else {
            Arc::new(View::new(Arc::clone(&checkout.tree), mounts))
        };
        let warnings = configured.warnings;
        Ok(Some(PlannedSource { source_type, checkout, tree, directory, warnings, application, overrides }))
    }

    fn locate(&self, source: &ApplicationSource) -> Result<Located, SourceError> {
        let url = source.repo_url.as_deref().unwrap_or_default();
        let revision = source.target_revision.as_deref().unwrap_or_default();
        if url.is_empty() {
            return Err(Failure::new("a source has no `repoURL`").into());
        }
        if let Some(chart) = source.chart.as_deref().filter(|chart| !chart.is_empty()) {
            return Ok(self.repositories.chart(url, chart, revision)?);
        }
        let path = source.path.as_deref().unwrap_or_default();
        self.repositories.locate(url, revision, path).map_err(|error| match error {
            LocateError::External(external) => external.into(),
            LocateError::Path(error) => Failure::new(format!("`path` of a source: {error}")).into(),
        })
    }

    /// What renders a source, as Argo CD decides it.
    fn type_of(
        &self,
        source: &ApplicationSource,
        checkout: &Checkout,
        directory: &TreePath,
        application: &RenderedApplication,
    ) -> Result<SourceType, SourceError> {
        let external = |plugin: &str| External {
            kind: ExternalKind::Plugin,
            repository: String::new(),
            chart: None,
            revision: String::new(),
            plugin: Some(plugin.to_owned()),
        };
        let is_discovered = || -> Result<bool, Failure> {
            let discovery = &self.renderer.operator.argo_cd.discovery;
            let task = Task { application: application.clone(), ..Task::new(&checkout.tree, directory) };
            let claimed = discovery.is_on()
                && pipeline::claims(discovery, self.renderer, &task)
                    .map_err(|error| Failure::new(error.to_string()))?;
            Ok(claimed)
        };
        if let Some(plugin) = &source.plugin {
            return match plugin.name.as_deref().unwrap_or_default() {
                PLUGIN => Ok(SourceType::Oarlock),
                "" if is_discovered()? => Ok(SourceType::Oarlock),
                name => Err(external(name).into()),
            };
        }
        if let Some(named) = source.blocks().find_map(|(name, _)| SourceType::of_block(name)) {
            return Ok(named);
        }
        if source.chart.is_some() {
            return Ok(SourceType::Helm);
        }
        if is_discovered()? {
            return Ok(SourceType::Oarlock);
        }
        Ok(SourceType::detect(checkout.tree.as_ref(), directory)?)
    }

    /// Plans a directory of the tree at hand that no Application names, as `kubectl apply
    /// --recursive` would take it.
    pub(crate) fn plan_directory(&self, directory: &TreePath) -> Result<PlannedSource, Failure> {
        let checkout = self.repositories.reviewed().clone();
        check_directory(checkout.tree.as_ref(), directory)?;
        let source_type = SourceType::detect(checkout.tree.as_ref(), directory)?;
        let config = match source_type {
            SourceType::Directory => Map::from_iter([("recurse".to_owned(), Value::Bool(true))]),
            SourceType::Kustomize => self.kustomize.clone(),
            SourceType::Helm | SourceType::Oarlock => Map::new(),
        };
        let name = source_type.name().to_owned();
        Ok(PlannedSource {
            source_type,
            tree: Arc::clone(&checkout.tree),
            checkout,
            directory: directory.clone(),
            warnings: Vec::new(),
            application: RenderedApplication::default(),
            overrides: Overrides {
                plugins: Some(vec![name.clone()]),
                config: vec![(name, config)],
                allow_empty: true,
                profile: self.profile,
                ignores_plugins: true,
                ..Overrides::default()
            },
        })
    }
}

/// Whether Argo CD would find a directory there.
fn check_directory(tree: &dyn Tree, directory: &TreePath) -> Result<(), Failure> {
    match tree.stat(directory) {
        Ok(found) if found.kind == Kind::Directory => Ok(()),
        Ok(_) => Err(Failure::new(format!("`{directory}` is a file, not a directory"))
            .at(Origin::file(directory.as_str()))),
        Err(error) => Err(error.at(directory)),
    }
}

/// The values files of a source, which may lie in other sources.
struct ValuesFiles<'a> {
    planner: &'a Planner<'a>,
    subject: Subject<'a>,
    /// The repository of the chart.
    checkout: &'a Checkout,
}

impl ValuesFiles<'_> {
    /// Makes the paths in a `helm` block ones of the tree that the chart is rendered in.
    fn resolve(
        &self,
        block: &mut Map<String, Value>,
        mounts: &mut BTreeMap<String, Checkout>,
    ) -> Result<(), SourceError> {
        if let Some(Value::Array(files)) = block.get_mut("valueFiles") {
            for file in files {
                self.resolve_one(file, mounts)?;
            }
        }
        if let Some(Value::Array(parameters)) = block.get_mut("fileParameters") {
            for file in parameters.iter_mut().filter_map(|parameter| parameter.get_mut("path")) {
                self.resolve_one(file, mounts)?;
            }
        }
        Ok(())
    }

    fn resolve_one(
        &self,
        file: &mut Value,
        mounts: &mut BTreeMap<String, Checkout>,
    ) -> Result<(), SourceError> {
        let Value::String(path) = file else { return Ok(()) };
        let (root, rest) = match path.strip_prefix('$') {
            Some(reference) => {
                let (name, rest) = reference.split_once('/').unwrap_or((reference, ""));
                // A path may begin with a variable.
                let Some(referenced) = self.subject.spec.referenced(name) else {
                    if name.trim_matches(['{', '}']).starts_with("ARGOCD_") || name.starts_with('$') {
                        return Ok(());
                    }
                    let failure = Failure::new(format!("no source has `ref: {name}`, which `{path}` names"));
                    return Err(failure.hint("add a source with this `ref`").into());
                };
                let checkout = self.reference(name, referenced)?;
                if checkout.is_same_tree(self.checkout) {
                    (checkout.root.into_string(), rest.to_owned())
                } else {
                    mounts.insert(format!("${name}"), checkout);
                    // Variables are replaced in the path, and `$$` is a `$`.
                    (format!("$${name}"), rest.to_owned())
                }
            }
            None => match path.strip_prefix('/') {
                Some(rest) if !self.checkout.root.is_root() => {
                    (self.checkout.root.to_string(), rest.to_owned())
                }
                _ => return Ok(()),
            },
        };
        // What climbs out of its repository must not end in the tree around it.
        TreePath::new(&rest).map_err(|error| Failure::new(format!("values file `{path}`: {error}")))?;
        *path = if root == "." { format!("/{rest}") } else { format!("/{root}/{rest}") };
        Ok(())
    }

    fn reference(&self, name: &str, source: &ApplicationSource) -> Result<Checkout, SourceError> {
        if source.chart.is_some() {
            let failure = Failure::new(format!(
                "the source with `ref: {name}` is a chart, which has no values files for others"
            ));
            return Err(failure.into());
        }
        let url = source.repo_url.as_deref().unwrap_or_default();
        let revision = source.target_revision.as_deref().unwrap_or_default();
        Ok(self.planner.repositories.find(url, revision)?)
    }
}
