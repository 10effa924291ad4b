//! The tools that Oarlock can be compared with.

use std::fmt;

use serde::Serialize;

/// What a tool renders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ToolKind {
    /// Kustomizations.
    Kustomize,
    /// Charts.
    Helm,
}

impl ToolKind {
    /// The name of the tool, and of the plugin.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kustomize => "kustomize",
            Self::Helm => "helm",
        }
    }

    /// The tool of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Kustomize, Self::Helm].into_iter().find(|kind| kind.name() == name)
    }

    /// The versions that have a profile.
    pub(crate) fn profiles(self) -> &'static [&'static str] {
        match self {
            Self::Kustomize => &["5.5", "5.6", "5.7", "5.8"],
            Self::Helm => &["3.19", "4.1", "4.2"],
        }
    }
}

impl fmt::Display for ToolKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_have_names() {
        for kind in [ToolKind::Kustomize, ToolKind::Helm] {
            assert_eq!(ToolKind::of_name(kind.name()), Some(kind));
        }
        assert_eq!(ToolKind::of_name("jsonnet"), None);
    }
}
