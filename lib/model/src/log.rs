//! Lines of the log that plugins write.

/// How much a line of the log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// For developers of the plugin.
    Debug,
    /// For users who ask for details.
    Info,
}
