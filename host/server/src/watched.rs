//! A tree that tells nothing any more once nobody waits for the render.

use std::sync::Arc;

use super::trees::Tree;
use oarlock_engine::sandbox::Interrupt;
use oarlock_engine::source::{Digest, Listing, Metadata, ReadError, Source};

/// Ends what the host does with a tree, file by file, when it is of no use any more. What comes of
/// such a render must not be kept.
pub(super) struct Watched {
    pub(super) tree: Arc<Tree>,
    pub(super) interrupt: Arc<Interrupt>,
}

impl Watched {
    fn check(&self) -> Result<(), ReadError> {
        if self.interrupt.is_over() {
            return Err(ReadError::Failed("nobody waits for the render any more".to_owned()));
        }
        Ok(())
    }
}

impl Source for Watched {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.check()?;
        self.tree.read(path)
    }

    fn list(&self, path: &str) -> Result<Listing, ReadError> {
        self.check()?;
        self.tree.list(path)
    }

    fn stat(&self, path: &str) -> Result<Metadata, ReadError> {
        self.check()?;
        self.tree.stat(path)
    }

    fn digest(&self, path: &str) -> Result<Digest, ReadError> {
        self.check()?;
        self.tree.digest(path)
    }
}
