//! What passes from one plugin to the next.

use oarlock_plugin::Origin;

/// One Kubernetes object as JSON text, and where it was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The object: one JSON object with keys in source order.
    pub json: String,
    /// Where the object was written down, if it was.
    pub origin: Option<Origin>,
}
