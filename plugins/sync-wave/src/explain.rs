//! Writes the rule behind each wave into annotations, since a plugin returns manifests and nothing
//! else.

use oarlock_plugin::Manifest;

use crate::plan::{Assignment, Reason};
use crate::wave::SYNC_WAVE;

/// The annotation that holds the reason for the wave, where the configuration asks for it.
pub const EXPLANATION: &str = "oarlock.dev/sync-wave-rule";

/// Writes wave and reason onto a manifest, also where the wave is 0 or that of a hook, so that a
/// reader needs no rule of its own.
pub(crate) fn write(manifest: &mut Manifest, assignment: &Assignment) {
    // On a second run every wave that was stamped looks written by hand: the first explanation
    // knows better.
    if assignment.reason == Reason::HandWritten && manifest.annotation(EXPLANATION).is_some() {
        return;
    }
    manifest.set_annotation(SYNC_WAVE, &assignment.wave.to_string());
    manifest.set_annotation(EXPLANATION, &assignment.reason.to_string());
}
