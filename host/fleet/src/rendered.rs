//! What a render of an Application comes to.

use std::collections::BTreeSet;
use std::sync::Arc;

use oarlock_engine::manifest::Manifest;
use oarlock_engine::pipeline::{Configured, RenderError};
use oarlock_engine::sandbox::{LogLine, Notice};
use oarlock_engine::source::{ReadRecord, Source};
use oarlock_plugin::{Failure, TreePath};

use crate::plan::SourceType;
use crate::repository::{Checkout, External};

/// How the render of an Application went.
#[derive(Default)]
pub struct ApplicationRender {
    /// Its sources that were rendered, in order.
    pub sources: Vec<SourceRender>,
    /// Its sources that are not at hand, by their number.
    pub external: Vec<(usize, External)>,
    /// Why sources, or the whole Application, could not be rendered at all.
    pub failures: Vec<Failure>,
}

/// How the render of a source went.
pub struct SourceRender {
    /// Its number among the sources of its Application, from 0.
    pub index: usize,
    /// What rendered it.
    pub source_type: SourceType,
    /// The repository that it is from.
    pub checkout: Checkout,
    /// The tree that it was read from: that of its repository, with those of its values files.
    pub tree: Arc<dyn Source>,
    /// The directory.
    pub directory: TreePath,
    /// Its manifests, or why there are none.
    pub rendered: Result<Vec<Manifest>, RenderError>,
    /// What plugins warn of.
    pub warnings: Vec<Notice>,
    /// What plugins logged.
    pub log: Vec<LogLine>,
    /// What in the files beside the manifests has no effect.
    pub ignored: Vec<Failure>,
    /// The plugins that ran.
    pub plugins: BTreeSet<String>,
    /// What plugins read.
    pub reads: ReadRecord,
    /// What was read to know which plugins run, and how.
    pub configuration: ReadRecord,
    /// What came of that; `None` where the render failed.
    pub configured: Option<Configured>,
}

impl ApplicationRender {
    /// Whether every source that is at hand was rendered.
    pub fn is_ok(&self) -> bool {
        self.failures.is_empty() && self.sources.iter().all(|source| source.rendered.is_ok())
    }

    /// The manifests of all sources, in their order.
    pub fn manifests(&self) -> impl Iterator<Item = &Manifest> {
        self.sources.iter().filter_map(|source| source.rendered.as_ref().ok()).flatten()
    }

    /// About how much memory the manifests take, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.manifests().map(|manifest| manifest.json.len() + 100).sum()
    }
}
