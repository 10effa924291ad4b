//! The order in which resources are handed on: as they came, or by kind.

use oarlock_kubernetes::LegacyOrder;
use oarlock_plugin::{Failure, Result};
use serde::Deserialize;

use crate::resource::Resource;

/// `sortOptions` of a kustomization.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct SortOptions {
    order: String,
    legacy_sort_options: Option<LegacySortOptions>,
}

/// Kinds that come first and last; the built-in ones where these options are absent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct LegacySortOptions {
    order_first: Vec<String>,
    order_last: Vec<String>,
}

impl SortOptions {
    /// Sorts resources as these options say.
    ///
    /// # Errors
    /// If the options contradict themselves.
    pub(crate) fn sort(&self, resources: &mut [Resource]) -> Result<()> {
        match (self.order.as_str(), &self.legacy_sort_options) {
            ("fifo", None) => {}
            ("fifo", Some(_)) => {
                return Err(Failure::new("`legacySortOptions` have no meaning for the order `fifo`")
                    .hint("set `order: legacy` or remove them"));
            }
            ("legacy", None) => sort_legacy(resources),
            ("legacy", Some(options)) => {
                sort_by(&LegacyOrder::new(&options.order_first, &options.order_last), resources);
            }
            _ => return Err(Failure::new("`sortOptions.order` is `fifo` or `legacy`")),
        }
        Ok(())
    }
}

/// Sorts resources as kustomize does where nothing is said.
pub(crate) fn sort_legacy(resources: &mut [Resource]) {
    sort_by(LegacyOrder::builtin(), resources);
}

fn sort_by(order: &LegacyOrder, resources: &mut [Resource]) {
    resources.sort_by_cached_key(|resource| order.key(&resource.current_id()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use oarlock_yaml::{Limits, Reader, parse};

    fn resources(ids: &[&str]) -> Vec<Resource> {
        let node = |id: &&str| {
            let mut parts = id.split(' ');
            let mut part = || parts.next().unwrap_or_default();
            let yaml = format!(
                "apiVersion: {}\nkind: {}\nmetadata: {{name: {}, namespace: '{}'}}",
                part(),
                part(),
                part(),
                part()
            );
            Resource::new(
                parse(yaml.as_bytes(), Reader::KustomizeResource, Limits::default()).unwrap().remove(0).root,
                None,
            )
        };
        ids.iter().map(node).collect()
    }

    fn ids(resources: &[Resource]) -> Vec<String> {
        resources.iter().map(|resource| format!("{} {}", resource.kind(), resource.name())).collect()
    }

    #[test]
    fn options_name_other_kinds() {
        let options = |order: &str, first: &[&str]| SortOptions {
            order: order.to_owned(),
            legacy_sort_options: (!first.is_empty()).then(|| LegacySortOptions {
                order_first: first.iter().map(ToString::to_string).collect(),
                order_last: vec!["Namespace".to_owned()],
            }),
        };
        let mut given = resources(&["v1 Namespace n", "v1 Secret s", "v1 Pod p"]);
        options("legacy", &["Pod"]).sort(&mut given).unwrap();
        assert_eq!(ids(&given), ["Pod p", "Secret s", "Namespace n"]);
        assert!(options("fifo", &["Pod"]).sort(&mut given).is_err());
        assert!(options("", &[]).sort(&mut given).is_err());
        options("fifo", &[]).sort(&mut given).unwrap();
        assert_eq!(ids(&given), ["Pod p", "Secret s", "Namespace n"]);
    }
}
