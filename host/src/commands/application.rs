//! Options of the verbs that render: what is known of the Application and its cluster.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use oarlock_plugin::{Application, Failure};
use oarlock_yaml::{Limits, Node, Reader, from_node, parse};
use serde_json::{Map, Value};

use crate::argocd::application::{CONTROL_PLANE, Spec, instance_name};
use crate::pipeline::{Facts, Overrides};

/// What is known of the Application and its cluster.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct ApplicationOptions {
    /// The Argo CD Application that deploys DIR, from a file: plugins are told of it what Argo CD would tell them, and its
    /// source's blocks `helm`, `kustomize` and `directory` configure the plugins of these names.
    #[arg(long, value_name = "FILE")]
    application: Option<PathBuf>,

    /// What the cluster serves, from a file that `oarlock facts` wrote; wins over `facts` of oarlock.yaml.
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,
}

/// What the files say.
#[derive(Default)]
pub(super) struct Told {
    /// What plugins are told.
    pub(super) application: Application,
    /// Configuration of plugins, by their names.
    config: Vec<(String, Map<String, Value>)>,
}

impl ApplicationOptions {
    /// Reads the files.
    ///
    /// # Errors
    /// If one cannot be read, or there is not what should be in it.
    pub(super) fn read(&self) -> Result<Told> {
        let mut told = match &self.application {
            Some(path) => application(path)?,
            None => Told::default(),
        };
        if let Some(path) = &self.facts {
            Facts::parse(&path.display().to_string(), &read(path)?)?.tell(&mut told.application);
        }
        Ok(told)
    }
}

impl Told {
    /// What the command line says goes over what the Application says.
    pub(super) fn below(&self, overrides: Overrides) -> Overrides {
        let config = self.config.iter().cloned().chain(overrides.config).collect();
        Overrides { config, ..overrides }
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The one Application of a file.
fn application(path: &Path) -> Result<Told> {
    let name = path.display().to_string();
    let documents = parse(&read(path)?, Reader::ArgoCd, Limits::default()).map_err(|error| {
        Failure::new(error.message).at(oarlock_plugin::Origin::at(&name, error.span.line, error.span.column))
    })?;
    let is_application = |node: &&Node| {
        node.get("kind").and_then(Node::as_str) == Some("Application")
            && node.get("apiVersion").and_then(Node::as_str).is_some_and(|it| it.starts_with("argoproj.io/"))
    };
    let found: Vec<&Node> = documents.iter().map(|document| &document.root).filter(is_application).collect();
    let [node] = found.as_slice() else {
        bail!("{name} holds {} Applications, where one is wanted", found.len());
    };
    let spec: Spec = match node.get("spec") {
        Some(spec) => from_node(spec).map_err(|error| {
            Failure::new(error.message.clone()).at(oarlock_plugin::Origin::at(
                &name,
                error.span.line,
                error.span.column,
            ))
        })?,
        None => Spec::default(),
    };
    let text = |key: &str| node.at(&["metadata", key]).and_then(Node::as_str);
    let Some(called) = text("name") else { bail!("the Application in {name} has no name") };
    // One source for plugins, else the first that there is.
    let sources = spec.sources();
    let Some(source) = sources.iter().find(|source| source.plugin.is_some()).or(sources.first()) else {
        bail!("the Application in {name} has no source");
    };
    Ok(Told {
        application: spec.told(Some(instance_name(called, text("namespace"), CONTROL_PLANE)), source),
        config: source.blocks().map(|(name, block)| (name.to_owned(), block.clone())).collect(),
    })
}
