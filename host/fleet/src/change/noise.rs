//! Differences that tell nothing new: they follow from others, or from nothing but a release.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::compare::{Edit, FieldChange};
use super::ignore::glob;

/// Why a difference is noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Noise {
    /// The label `helm.sh/chart`, which changes with every version of a chart.
    ChartLabel,
    /// An annotation `checksum/…`, which changes with what it is the checksum of.
    Checksum,
    /// A label or annotation that the user listed.
    Listed,
}

/// Why a difference is noise, if it is. `listed` are names of labels and annotations, with `*` for
/// any text.
pub(super) fn classify(change: &FieldChange, listed: &[String]) -> Option<Noise> {
    let fields: Vec<&str> = change.path.fields().collect();
    let of_name = |container: &str, name: &str| match container {
        "labels" if name == "helm.sh/chart" => Some(Noise::ChartLabel),
        "annotations" if name.starts_with("checksum/") => Some(Noise::Checksum),
        "labels" | "annotations" if listed.iter().any(|pattern| glob(pattern, name)) => Some(Noise::Listed),
        _ => None,
    };
    match fields.as_slice() {
        [.., "metadata", container, name] => of_name(container, name),
        // A whole map that came or went.
        [.., "metadata", container] => {
            let value = match &change.edit {
                Edit::Added { value, .. } | Edit::Removed { value } => value.as_object()?,
                Edit::Changed { .. } | Edit::Reordered { .. } => return None,
            };
            let classes: Option<Vec<Noise>> = value.keys().map(|name| of_name(container, name)).collect();
            classes?.into_iter().max()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::compare;
    use super::*;

    #[test]
    fn noise_is_told_from_changes() {
        let labels = |labels: Value| json!({"metadata": {"labels": labels}});
        let annotations = |map: Value| json!({"spec": {"template": {"metadata": {"annotations": map}}}});
        for (before, after, expected) in [
            (
                labels(json!({"helm.sh/chart": "a-1"})),
                labels(json!({"helm.sh/chart": "a-2"})),
                Some(Noise::ChartLabel),
            ),
            (
                annotations(json!({"checksum/config": "a"})),
                annotations(json!({"checksum/config": "b"})),
                Some(Noise::Checksum),
            ),
            (json!({"metadata": {}}), labels(json!({"helm.sh/chart": "a-2"})), Some(Noise::ChartLabel)),
            (json!({"metadata": {}}), labels(json!({"helm.sh/chart": "a-2", "app": "x"})), None),
            (
                labels(json!({"app.kubernetes.io/version": "1"})),
                labels(json!({"app.kubernetes.io/version": "2"})),
                Some(Noise::Listed),
            ),
            (labels(json!({"checksum/config": "a"})), labels(json!({"checksum/config": "b"})), None),
            (
                json!({"spec": {"labels": {"helm.sh/chart": "a"}}}),
                json!({"spec": {"labels": {"helm.sh/chart": "b"}}}),
                None,
            ),
        ] {
            let changes = compare(&before, &after);
            let listed = ["app.kubernetes.io/v*".to_owned()];
            assert_eq!(classify(&changes[0], &listed), expected, "{before} {after}");
        }
    }
}
