//! What generators may make, so that no matrix takes memory without end.

use crate::error::{ErrorKind, ExpandError, Result};
use crate::inputs::Limits;
use crate::params::Params;

/// What has been made so far.
#[derive(Debug)]
pub(crate) struct Budget {
    limits: Limits,
    sets: usize,
    parameters: usize,
    applications: usize,
    bytes: usize,
}

impl Budget {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, sets: 0, parameters: 0, applications: 0, bytes: 0 }
    }

    /// Counts the sets that a generator gave.
    pub(super) fn count(&mut self, sets: &[Params]) -> Result<()> {
        self.sets += sets.len();
        self.parameters += sets.iter().map(Params::len).sum::<usize>();
        check(self.sets, self.limits.parameter_sets, "parameter sets")?;
        check(self.parameters, self.limits.parameters, "parameters")
    }

    /// Whether so many sets with so many parameters together may be made in addition: asked while a
    /// product grows.
    pub(super) fn allow(&self, sets: usize, parameters: usize) -> Result<()> {
        check(self.sets + sets, self.limits.parameter_sets, "parameter sets")?;
        check(self.parameters + parameters, self.limits.parameters, "parameters")
    }

    /// Counts bytes of text that are kept.
    pub(crate) fn count_bytes(&mut self, bytes: usize) -> Result<()> {
        self.bytes = self.bytes.saturating_add(bytes);
        check(self.bytes, self.limits.bytes, "bytes of Applications")
    }

    /// Counts an Application.
    pub(crate) fn count_application(&mut self, bytes: usize) -> Result<()> {
        self.applications += 1;
        check(self.applications, self.limits.applications, "Applications")?;
        self.count_bytes(bytes)
    }
}

fn check(made: usize, limit: usize, what: &str) -> Result<()> {
    if made <= limit {
        return Ok(());
    }
    Err(ExpandError::new(ErrorKind::Limit, format!("the generators give more than {limit} {what}")))
}
