//! The bundled plugins as components, embedded so that one binary works alone.

/// A plugin that is part of the binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bundled {
    /// Name by which pipelines call it.
    pub name: &'static str,
    /// Whether it is a generator, as it says of itself.
    pub is_generator: bool,
    /// SHA-256 of the component, lower-case hexadecimal.
    pub digest: &'static str,
    /// The component.
    pub component: &'static [u8],
}

/// The bundled plugins: generators first, in the order in which they are asked whether a directory
/// is theirs.
pub const BUNDLED: &[Bundled] = include!(concat!(env!("OUT_DIR"), "/bundled.rs"));
