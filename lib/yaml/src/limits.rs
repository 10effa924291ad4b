//! Bounds on what is read.

/// Bounds on what is read, so that no input can take unbounded time or memory.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How deep collections may nest.
    pub depth: usize,
    /// How many nodes a stream may have, those that aliases repeat among them.
    pub nodes: usize,
}

impl Default for Limits {
    /// Deep enough for any object that a cluster takes, and shallow enough that a walk by recursion
    /// stays within the 1 MiB of stack that a WebAssembly plugin has; as many nodes as fit its
    /// memory.
    fn default() -> Self {
        Self { depth: 500, nodes: 2_000_000 }
    }
}
