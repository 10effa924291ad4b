//! Types of objects: group, version and kind.

use std::fmt;

use smol_str::SmolStr;

/// Group, version and kind. The core group is empty.
///
/// ```
/// use oarlock_kubernetes::Gvk;
///
/// let gvk = Gvk::from_api_version("apps/v1", "Deployment");
/// assert_eq!((gvk.group.as_str(), gvk.version.as_str()), ("apps", "v1"));
/// assert_eq!(gvk.to_string(), "apps/v1 Deployment");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Gvk {
    /// API group, empty for the core group.
    pub group: SmolStr,
    /// API version without the group.
    pub version: SmolStr,
    /// Kind.
    pub kind: SmolStr,
}

impl Gvk {
    /// Splits `group/version`; a value without `/` is a version of the core group.
    pub fn from_api_version(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self { group: group.into(), version: version.into(), kind: kind.into() }
    }

    /// `group/version`, or the version alone for the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// Whether each part that the selector gives is the same here: kustomize's `Gvk.IsSelected`.
    pub fn is_selected_by(&self, selector: &Self) -> bool {
        (selector.group.is_empty() || selector.group == self.group)
            && (selector.version.is_empty() || selector.version == self.version)
            && (selector.kind.is_empty() || selector.kind == self.kind)
    }
}

impl fmt::Display for Gvk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.api_version(), self.kind)
    }
}
