//! Options of the verbs that render: what is known of the Application and its cluster.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use oarlock_plugin::{Application, Failure, Origin, TreePath};
use oarlock_yaml::{Node, Reader, Span, from_node, parse};
use serde_json::{Map, Value};

use super::terminal::{self, Report};
use oarlock_engine::Budget;
use oarlock_engine::application::{CONTROL_PLANE, Spec, instance_name};
use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::pipeline::{Facts, Overrides, Written};
use oarlock_engine::source::Source;
use oarlock_fleet::{Configured, configure};

/// What is known of the Application and its cluster.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct ApplicationOptions {
    /// The Argo CD Application that deploys DIR, from a file: plugins are given what Argo CD would
    /// give them, and its source's blocks `helm`, `kustomize` and `directory` configure the plugins
    /// of these names.
    #[arg(long, value_name = "FILE")]
    application: Option<PathBuf>,

    /// What the cluster serves, from a file that `oarlock facts` wrote; wins over `facts` of
    /// oarlock.yaml.
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,
}

/// What the files say.
#[derive(Default)]
pub(super) struct KnownApplication {
    /// What plugins see.
    pub(super) application: Application,
    /// What in the files of the directory has no effect.
    warnings: Vec<Failure>,
    /// The plugin that renders a source of this type.
    generator: Option<String>,
    /// Configuration of plugins, by their names.
    config: Vec<(String, Map<String, Value>)>,
    /// Where it is written.
    written: Vec<Written>,
}

impl ApplicationOptions {
    /// Reads the files. The inner error is the repository's: a file beside the manifests is wrong.
    ///
    /// # Errors
    /// If one cannot be read, or there is not what should be in it.
    pub(super) fn read(
        &self,
        tree: &dyn Source,
        directory: &TreePath,
    ) -> Result<Result<KnownApplication, Failure>> {
        let mut known = match &self.application {
            Some(path) => match application(path, tree, directory)? {
                Ok(known) => known,
                Err(failure) => return Ok(Err(failure)),
            },
            None => KnownApplication::default(),
        };
        if let Some(path) = &self.facts {
            Facts::parse(&path.display().to_string(), &read(path)?)?.add_to(&mut known.application);
        }
        Ok(Ok(known))
    }
}

impl KnownApplication {
    /// Warns of what has no effect.
    pub(super) fn tell(&self, tree: &dyn Source, report: Report) {
        let warnings: Vec<Diagnostic> = self.warnings.iter().cloned().map(Diagnostic::notice).collect();
        terminal::tell(&warnings, Some(tree), report);
    }

    /// What the command line says goes over what the Application says.
    pub(super) fn below(&self, overrides: Overrides) -> Overrides {
        let config = self.config.iter().cloned().chain(overrides.config).collect();
        let written = self.written.iter().cloned().chain(overrides.written).collect();
        let generator = overrides.generator.or_else(|| self.generator.clone());
        Overrides { generator, config, written, ..overrides }
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The one Application of a file.
fn application(
    path: &Path,
    tree: &dyn Source,
    directory: &TreePath,
) -> Result<Result<KnownApplication, Failure>> {
    let name = path.display().to_string();
    let place = |span: Span| Origin::at(&name, span.line, span.column);
    let (text, mut budget) = (read(path)?, Budget::for_objects());
    let documents = parse(&text, Reader::ArgoCd, budget.begin(&name, &text)?)
        .map_err(|error| Failure::new(error.message).at(place(error.span)))?;
    documents.iter().try_for_each(|document| budget.charge(&name, &document.root))?;
    let is_application = |node: &&Node| {
        node.get("kind").and_then(Node::as_str) == Some("Application")
            && node.get("apiVersion").and_then(Node::as_str).is_some_and(|it| it.starts_with("argoproj.io/"))
    };
    let found: Vec<&Node> = documents.iter().map(|document| &document.root).filter(is_application).collect();
    let [node] = found.as_slice() else {
        bail!("{name} holds {} Applications, where one is wanted", found.len());
    };
    let spec: Spec = match node.get("spec") {
        Some(spec) => {
            from_node(spec).map_err(|error| Failure::new(error.to_string()).at(place(error.span)))?
        }
        None => Spec::default(),
    };
    let text = |key: &str| node.at(&["metadata", key]).and_then(Node::as_str);
    let Some(called) = text("name") else { bail!("the Application in {name} has no name") };
    let Some((source, keys)) = spec.source_of(directory) else {
        bail!("the Application in {name} has no source");
    };
    let called = instance_name(called, text("namespace"), CONTROL_PLANE);
    let written_source = keys.iter().try_fold(node.get("spec"), |node, key| {
        Some(match node?.as_sequence() {
            Some(items) => items.get(key.parse::<usize>().ok()?),
            None => node?.get(key),
        })
    });
    let written_source = written_source.flatten().map(|source| (name.as_str(), source));
    let configured = match configure((&spec, source), &called, (tree, directory), written_source) {
        Ok(configured) => configured,
        Err(failure) => return Ok(Err(failure)),
    };
    let Configured { application, warnings, config, written, .. } = configured;
    let generator = config.first().map(|(name, _)| name.clone());
    Ok(Ok(KnownApplication { application, warnings, generator, config, written }))
}
