//! The plugins and settings that requests use, and their exchange for others while requests run.
//!
//! A request takes what is live when it comes and keeps it to its end, so an exchange drops none.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use oarlock_engine::pipeline::Renderer;
use oarlock_engine::source::Digest;

/// Plugins and settings.
pub(super) struct Live {
    pub(super) renderer: Renderer,
    /// Which exchange brought it: renders of another one are not used for it.
    pub(super) generation: u64,
    /// What replicas have to have in common to share renders, once it is known.
    pub(super) identity: OnceLock<Digest>,
}

/// What is live now.
pub(super) struct Exchange(RwLock<Arc<Live>>);

impl Exchange {
    pub(super) fn new(renderer: Renderer) -> Self {
        Self(RwLock::new(Arc::new(Live { renderer, generation: 0, identity: OnceLock::new() })))
    }

    pub(super) fn now(&self) -> Arc<Live> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Has requests that come from now on use something else.
    pub(super) fn exchange(&self, renderer: Renderer) -> Arc<Live> {
        let mut live = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let generation = live.generation + 1;
        *live = Arc::new(Live { renderer, generation, identity: OnceLock::new() });
        Arc::clone(&live)
    }
}
