//! What a render of an Application comes to.

use std::collections::BTreeSet;
use std::sync::Arc;

use oarlock_engine::manifest::Manifest;
use oarlock_engine::pipeline::{Configured, RenderError};
use oarlock_engine::sandbox::{LogLine, Notice};
use oarlock_engine::source::{ReadRecord, Source};
use oarlock_plugin::{Failure, TreePath};

use crate::needed::{Needed, needed_by};
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
    /// Its manifests, or why there are none. There are none either where something is
    /// [needed](Self::needed).
    pub rendered: Result<Vec<Manifest>, RenderError>,
    /// What it lacks that Argo CD would fetch or run: it is left out then.
    pub needed: BTreeSet<Needed>,
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

impl SourceRender {
    /// The same, left out if it failed for want of something that Argo CD would fetch or run. A
    /// source that Oarlock renders in Argo CD, where there is no network either, has failed.
    pub(crate) fn leave_out(mut self) -> Self {
        if let (Err(error), true) = (&self.rendered, self.source_type != SourceType::Oarlock) {
            self.needed = needed_by(error, &self.reads);
            if !self.needed.is_empty() {
                self.rendered = Ok(Vec::new());
            }
        }
        self
    }
}

impl ApplicationRender {
    /// Whether it lacks anything that is not at hand: a source as a whole, or what one names.
    pub fn is_lacking(&self) -> bool {
        !self.external.is_empty() || self.sources.iter().any(|source| !source.needed.is_empty())
    }

    /// What it lacks that is not at hand: sources as a whole, and what sources name.
    pub fn needed(&self) -> BTreeSet<Needed> {
        let external = self.external.iter().map(|(_, external)| Needed::External(external.clone()));
        external.chain(self.sources.iter().flat_map(|source| source.needed.clone())).collect()
    }

    /// Whether nothing of it was rendered, since all of its sources lack something.
    pub fn is_left_out(&self) -> bool {
        self.is_ok() && self.is_lacking() && self.sources.iter().all(|source| !source.needed.is_empty())
    }

    /// Whether every source that is at hand was rendered.
    pub fn is_ok(&self) -> bool {
        self.failures.is_empty() && self.sources.iter().all(|source| source.rendered.is_ok())
    }

    /// The manifests of all sources, in their order.
    pub fn manifests(&self) -> impl Iterator<Item = &Manifest> {
        self.sources.iter().filter_map(|source| source.rendered.as_ref().ok()).flatten()
    }

    /// The manifests of all sources, in their order, taken out.
    pub fn into_manifests(self) -> Vec<Manifest> {
        self.sources.into_iter().filter_map(|source| source.rendered.ok()).flatten().collect()
    }

    /// About how much memory the manifests take, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.manifests().map(|manifest| manifest.json.len() + 100).sum()
    }
}
