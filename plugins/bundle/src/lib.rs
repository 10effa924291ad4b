//! The bundled plugins.
