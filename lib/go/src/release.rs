//! Which release of Go a function is to be like, where they differ.

/// A release of Go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Release {
    /// 1.24, and those before it.
    V1_24,
    /// 1.25.
    V1_25,
    /// 1.26.
    #[default]
    V1_26,
}

impl Release {
    /// Regular expressions take long names of Unicode's categories, and names of classes however
    /// they are written. Since 1.25.
    #[cfg(feature = "regexp")]
    pub(crate) fn takes_long_names_of_classes(self) -> bool {
        self >= Self::V1_25
    }

    /// A host of a URL has no colon but before its port, unless it is in brackets. Since 1.26.
    pub(crate) fn rejects_colons_in_hosts(self) -> bool {
        self >= Self::V1_26
    }
}
