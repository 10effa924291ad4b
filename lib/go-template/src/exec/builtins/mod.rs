//! What Go's built-in functions do.

pub(crate) mod compare;
pub(crate) mod escape;
pub(crate) mod index;
