//! The types of a release.

use std::fmt;

use oarlock_kubernetes::MergeKeys;
use serde_json::Value;

use crate::fault::Fault;
use crate::node::Id;
use crate::release::Release;
use crate::table::{self, Kind, Table};
use crate::walk::Walk;

/// The types of a minor version of Kubernetes.
pub struct Types {
    release: Release,
    table: Table,
}

/// A kind of Kubernetes' own.
#[derive(Clone, Copy)]
pub struct BuiltIn<'t> {
    types: &'t Types,
    root: Id,
    keys: MergeKeys,
}

/// A group of Kubernetes' own whose kinds moved to others before the oldest release.
const FORMER_GROUP: &str = "extensions";

/// Why an object of a group of Kubernetes' own has no type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotServed {
    /// The versions of Kubernetes that have the kind in this API version, as `1.34 and later`; none
    /// if no known one has.
    pub served_by: Option<String>,
    /// The API version of the same group that has the kind.
    pub instead: Option<String>,
    /// A kind of this API version with a name like it.
    pub near: Option<String>,
}

impl NotServed {
    /// What to do, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self { instead: Some(version), .. } => {
                Some(format!("use `{version}`, and check the fields that changed"))
            }
            Self { served_by: Some(versions), .. } => Some(format!("Kubernetes {versions} serves it")),
            Self { near: Some(near), .. } => Some(format!("did you mean `{near}`?")),
            _ => None,
        }
    }
}

impl Types {
    /// Those of a release. This reads a table, which takes some milliseconds.
    pub fn of(release: Release) -> Self {
        Self { release, table: table::read(release) }
    }

    /// The release.
    pub fn release(&self) -> Release {
        self.release
    }

    /// A kind; none if the release does not have it.
    pub fn kind(&self, api_version: &str, kind: &str) -> Option<BuiltIn<'_>> {
        match self.table.kinds.get(&(api_version, kind))? {
            Kind::Served(root) => {
                let keys = MergeKeys::of_kind(api_version, kind).unwrap_or(MergeKeys::NONE);
                Some(BuiltIn { types: self, root: *root, keys })
            }
            Kind::Elsewhere(_) => None,
        }
    }

    /// Why there is no such kind, if its group is one of Kubernetes' own; none if it is not, since
    /// such a kind is a custom one.
    pub fn not_served(&self, api_version: &str, kind: &str) -> Option<NotServed> {
        let wanted = group(api_version);
        let is_former = wanted == FORMER_GROUP;
        let is_of_group =
            |((known, name), _): &(&(&str, &str), _)| group(known) == wanted || is_former && *name == kind;
        let mut of_group = self.table.kinds.iter().filter(is_of_group).peekable();
        if is_former && of_group.peek().is_none() {
            return Some(NotServed { served_by: None, instead: None, near: None });
        }
        of_group.peek()?;
        let mut found = NotServed { served_by: None, instead: None, near: None };
        let mut names = Vec::new();
        for ((known, name), entry) in of_group {
            match entry {
                Kind::Elsewhere(versions) if (*known, *name) == (api_version, kind) => {
                    found.served_by = Some(versions.to_string());
                }
                Kind::Served(_) if *name == kind => {
                    let is_better =
                        found.instead.as_ref().is_none_or(|best| stability(known) >= stability(best));
                    if is_better {
                        found.instead = Some((*known).to_owned());
                    }
                }
                Kind::Served(_) if *known == api_version => names.push(*name),
                Kind::Served(_) | Kind::Elsewhere(_) => {}
            }
        }
        if found.instead.is_none() && found.served_by.is_none() {
            found.near = oarlock_model::nearest(kind, names).map(str::to_owned);
        }
        Some(found)
    }

    /// The kinds, by API version and name.
    pub fn kinds(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.table.kinds.iter().filter(|(_, kind)| matches!(kind, Kind::Served(_))).map(|(name, _)| *name)
    }

    pub(crate) fn table(&self) -> &Table {
        &self.table
    }
}

fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// How stable an API version is, by its name.
fn stability(api_version: &str) -> u8 {
    match api_version.rsplit('/').next().unwrap_or_default() {
        version if version.contains("alpha") => 0,
        version if version.contains("beta") => 1,
        _ => 2,
    }
}

impl BuiltIn<'_> {
    /// What is wrong with an object of the kind, in the order of its fields.
    pub fn check(&self, object: &Value) -> Vec<Fault> {
        let mut walk = Walk::new(&self.types.table);
        walk.object(&self.types.table.nodes, self.root, self.keys, object);
        walk.finish()
    }
}

impl fmt::Debug for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Types").field("release", &self.release).finish_non_exhaustive()
    }
}
