//! Annotations.

use std::collections::BTreeMap;

use oarlock_plugin::Result;

use super::field_spec::FieldSpec;
use super::labels::set_pairs;
use crate::resource::ResMap;

/// Sets annotations in all fields that the specifications name.
///
/// # Errors
/// If such a field is not a mapping.
pub(crate) fn apply(
    resources: &mut ResMap,
    annotations: &BTreeMap<String, String>,
    specs: &[FieldSpec],
) -> Result<()> {
    set_pairs(resources, annotations, specs)
}

#[cfg(test)]
mod tests {
    use super::super::config::TransformerConfig;
    use super::super::testing::{assert_resources, read, resources};
    use super::*;

    #[test]
    fn objects_and_templates_get_annotations() {
        let mut map = resources(
            "
{apiVersion: v1, kind: Service, metadata: {name: a}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: b, annotations: null}, spec: {template: {}}}
",
        );
        apply(&mut map, &read("{a: 'true', b: c}"), &TransformerConfig::builtin().common_annotations)
            .unwrap();
        assert_resources(
            &map,
            "
{apiVersion: v1, kind: Service, metadata: {name: a, annotations: {a: 'true', b: c}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: b, annotations: {a: 'true', b: c}}
spec: {template: {metadata: {annotations: {a: 'true', b: c}}}}
",
        );
    }
}
