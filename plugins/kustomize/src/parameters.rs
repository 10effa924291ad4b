//! What an Argo CD Application may say by the parameters of its plugin: most of what
//! `spec.source.kustomize` says otherwise.

use std::collections::BTreeMap;

use oarlock_plugin::{Application, Failure, Parameter, ParameterValue, Result, SetParameter, TreePath};

use crate::config::{Config, Count, Replica};
use crate::edit::image_argument;
use crate::kustomization::Kustomization;

/// Name, title, tooltip.
type Texts = (&'static str, &'static str, &'static str);

const IMAGES: Texts = (
    "images",
    "Images",
    "[OLD=]NEW[:TAG][@DIGEST], each in place of the kustomization's entry for the same image",
);
const NAME_PREFIX: Texts = ("name-prefix", "Name prefix", "In place of the kustomization's own");
const NAME_SUFFIX: Texts = ("name-suffix", "Name suffix", "In place of the kustomization's own");
const NAMESPACE: Texts = ("namespace", "Namespace", "In place of the kustomization's own");
const REPLICAS: Texts = ("replicas", "Replicas", "How many replicas a resource has, by its name");
const LABELS: Texts = ("common-labels", "Common labels", "Labels, added to those of the kustomization");
const ANNOTATIONS: Texts =
    ("common-annotations", "Common annotations", "Annotations, added to those of the kustomization");
const COMPONENTS: Texts =
    ("components", "Components", "Paths of components, added after those of the kustomization");

/// The configuration with what the Application says in its parameters, and its variables replaced
/// where Argo CD replaces them.
///
/// # Errors
/// If a parameter is of another shape than it should be.
pub(crate) fn with_application(
    mut config: Config,
    application: &Application,
    directory: &TreePath,
) -> Result<Config> {
    let variables = application.variables(directory);
    for parameter in application.set_parameters()? {
        set(&mut config, &parameter)?;
    }
    // As Argo CD hands them to `kustomize build` where charts are rendered.
    if config.kube_version.is_empty() {
        config.kube_version = application.kube_version.clone().unwrap_or_default();
    }
    if config.api_versions.is_empty() {
        config.api_versions.clone_from(&application.api_versions);
    }
    let replace = |texts: &mut dyn Iterator<Item = &mut String>| {
        texts.for_each(|text| *text = variables.replaced(text));
    };
    replace(&mut config.images.iter_mut());
    replace(&mut config.common_labels.values_mut());
    if config.common_annotations_envsubst {
        replace(&mut config.common_annotations.values_mut());
    }
    Ok(config)
}

fn set(config: &mut Config, parameter: &SetParameter) -> Result<()> {
    let single = || parameter.as_string().map(str::to_owned);
    let name = parameter.name.as_str();
    match name {
        _ if name == IMAGES.0 => config.images.extend_from_slice(parameter.as_array()?),
        _ if name == NAME_PREFIX.0 => config.name_prefix = single()?,
        _ if name == NAME_SUFFIX.0 => config.name_suffix = single()?,
        _ if name == NAMESPACE.0 => config.namespace = single()?,
        _ if name == REPLICAS.0 => {
            for (name, count) in parameter.as_map()? {
                let count = Count::try_from(serde_json::Value::from(count.as_str()))
                    .map_err(|error| Failure::new(format!("parameter `{}`: {error}", parameter.name)))?;
                config.replicas.push(Replica { name: name.clone(), count });
            }
        }
        _ if name == LABELS.0 => config.common_labels.extend(parameter.as_map()?.clone()),
        _ if name == ANNOTATIONS.0 => config.common_annotations.extend(parameter.as_map()?.clone()),
        _ if name == COMPONENTS.0 => config.components.extend_from_slice(parameter.as_array()?),
        // Those of other plugins.
        _ => {}
    }
    Ok(())
}

/// What may be set, with what holds now.
pub(crate) fn announce(kustomization: &Kustomization) -> Vec<Parameter> {
    let fields = &kustomization.fields;
    let pairs = |pairs: &BTreeMap<String, String>| {
        ParameterValue::Map(pairs.iter().map(|(key, value)| (key.clone(), value.clone())).collect())
    };
    let replicas =
        fields.replicas.iter().map(|replica| (replica.name.to_string(), replica.count.to_string()));
    let components = kustomization.components.iter().map(|component| component.text.clone());
    [
        (IMAGES, ParameterValue::Array(fields.images.iter().map(image_argument).collect())),
        (NAME_PREFIX, ParameterValue::String(fields.name_prefix.clone())),
        (NAME_SUFFIX, ParameterValue::String(fields.name_suffix.clone())),
        (NAMESPACE, ParameterValue::String(fields.namespace.clone())),
        (REPLICAS, ParameterValue::Map(replicas.collect())),
        (LABELS, pairs(&fields.common_labels)),
        (ANNOTATIONS, pairs(&fields.common_annotations)),
        (COMPONENTS, ParameterValue::Array(components.collect())),
    ]
    .map(|((name, title, tooltip), value)| Parameter::new(name, title, tooltip, value))
    .into()
}
