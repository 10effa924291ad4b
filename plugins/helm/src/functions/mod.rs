//! The functions that Helm offers to templates: sprig's, and its own.
