//! The order in which Argo CD applies manifests: phase, wave, kind.

use oarlock_kubernetes::SyncRank;
use oarlock_plugin::Manifest;

use crate::hook::{Phase, first_phase};
use crate::wave::Wave;

/// The latest wave in which a manifest of a kind is applied before, or together with, one of
/// another kind and wave.
pub(crate) fn latest_before(kind: SyncRank, other: SyncRank, wave: Wave) -> Wave {
    if kind > other { wave.before() } else { wave }
}

/// When a manifest is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Turn<'a> {
    pub(crate) phase: Phase,
    pub(crate) wave: Wave,
    pub(crate) rank: SyncRank<'a>,
}

impl<'a> Turn<'a> {
    /// The turn of a manifest in its first phase; `None` for hooks that no sync applies.
    pub(crate) fn of(manifest: &'a Manifest, wave: Wave) -> Option<Self> {
        Some(Self { phase: first_phase(manifest)?, wave, rank: SyncRank::of(manifest.kind()) })
    }

    /// As people speak of it: the phase only where it is not the common one.
    pub(crate) fn describe(&self) -> String {
        match self.phase {
            Phase::Sync => format!("wave {}", self.wave),
            phase => format!("{}, wave {}", phase.name(), self.wave),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_kind_needs_an_earlier_wave() {
        let latest =
            |kind, other| latest_before(SyncRank::of(kind), SyncRank::of(other), Wave::new(0)).number();
        assert_eq!(latest("ConfigMap", "Deployment"), 0);
        assert_eq!(latest("VaultStaticSecret", "Deployment"), -1);
        assert_eq!(latest("Job", "Job"), 0);
    }
}
