//! Generators, transformers and validators that objects of their own configure: the built-in ones,
//! under `apiVersion: builtin`.

use std::collections::BTreeMap;

use oarlock_plugin::{Failure, Origin, Result};
use oarlock_yaml::{Mapping, Mismatch, Node, Span, Value};
use serde::de::DeserializeOwned;

use super::{Accumulator, Target, helm};
use crate::generate;
use crate::kustomization::{Located, tidy};
use crate::mismatch::mismatch;
use crate::patch;
use crate::resource::{self, ResMap, Resource};
use crate::transform::config::FieldSpecs;
use crate::transform::{affix, annotations, images, labels, namespace, replacements, replicas, value_add};

/// The fields that every object has and no configuration means.
const COMMON: [&str; 3] = ["apiVersion", "kind", "metadata"];

impl Target<'_, '_> {
    /// The objects that configure generators or transformers: written in place, in files, or built
    /// by other kustomizations.
    pub(super) fn configurations(&self, entries: &[Located]) -> Result<Vec<Resource>> {
        let mut all = Accumulator::default();
        // kustomize takes those that are written in place first.
        let mut paths = Vec::new();
        for entry in entries {
            match resource::read(&entry.origin.path, entry.text.as_bytes()) {
                Ok(resources) => {
                    for mut resource in resources {
                        // Lines within the text are of no use.
                        resource.origin = Some(entry.origin.clone());
                        self.stamp_inline(&mut resource.object, &entry.origin, &entry.text);
                        if let Some(trace) = &self.trace {
                            super::trace::set_origin(
                                &mut resource,
                                &trace.file(self.kustomization.file_name()),
                            );
                        }
                        all.resources.append(resource)?;
                    }
                }
                Err(failure) if entry.text.contains('\n') => {
                    return Err(Failure { origin: Some(entry.origin.clone()), ..failure });
                }
                Err(_) => paths.push(entry),
            }
        }
        for entry in paths {
            self.add_resource(&mut all, entry)?;
        }
        Ok(all.resources.into_vec())
    }
}

/// What a configured generator makes.
///
/// # Errors
/// If there is no such generator, or it fails.
pub(super) fn generate(target: &Target<'_, '_>, configuration: &Resource) -> Result<Vec<Resource>> {
    let configuration = &tidied(configuration)?;
    let read = |path: &str| target.read_file(path);
    let made = || match configuration.kind() {
        "ConfigMapGenerator" => Ok(vec![generate::config_map(&generator_args(configuration)?, &read)?]),
        "SecretGenerator" => Ok(vec![generate::secret(&generator_args(configuration)?, &read)?]),
        "IAMPolicyGenerator" => Ok(vec![generate::service_account(&configuration.object)?]),
        "HelmChartInflationGenerator" => {
            let globals = parse(configuration, |key| key == "chartHome" || key == "configHome")?;
            let chart = parse(configuration, |key| {
                !COMMON.contains(&key) && key != "chartHome" && key != "configHome"
            })?;
            helm::render(target.session, &target.loader, &chart, Some(&globals))
        }
        kind => Err(unknown(kind, "generator")),
    };
    let mut made = made().map_err(|failure| located(failure, configuration))?;
    for resource in &mut made {
        if resource.origin.is_none() {
            resource.origin.clone_from(&configuration.origin);
        }
    }
    Ok(made)
}

/// Runs a configured transformer.
///
/// # Errors
/// If there is no such transformer, or it fails.
pub(super) fn transform(
    target: &Target<'_, '_>,
    configuration: &Resource,
    resources: &mut ResMap,
) -> Result<()> {
    let configuration = &tidied(configuration)?;
    run(target, configuration, resources).map_err(|failure| located(failure, configuration))
}

fn run(target: &Target<'_, '_>, configuration: &Resource, resources: &mut ResMap) -> Result<()> {
    let read = |path: &str| target.loader.read(path);
    let specs = || field::<FieldSpecs>(configuration, "fieldSpecs");
    let text = |key: &str| configuration.object.get(key).and_then(Node::scalar_text).unwrap_or_default();
    match configuration.kind() {
        "AnnotationsTransformer" => {
            let pairs: BTreeMap<String, String> = field(configuration, "annotations")?;
            annotations::apply(resources, &pairs, &specs()?)
        }
        "HashTransformer" => generate::add_hashes(resources),
        "ImageTagTransformer" => images::apply(resources, &field(configuration, "imageTag")?, &specs()?),
        "LabelTransformer" => {
            let pairs: BTreeMap<String, String> = field(configuration, "labels")?;
            labels::apply(resources, &pairs, &specs()?)
        }
        "NamespaceTransformer" => {
            let mut args: namespace::NamespaceArgs = parse(configuration, |key| {
                ["fieldSpecs", "unsetOnly", "setRoleBindingSubjects"].contains(&key)
            })?;
            args.namespace = configuration.namespace().into();
            namespace::apply(resources, &args)
        }
        "PatchJson6902Transformer" => {
            let mut args = mapping(configuration, |key| key == "target" || key == "path");
            if let Some(operations) = configuration.object.get("jsonOp") {
                args.push("patch", operations.clone());
            }
            let mut patch = patch::load_json6902(&from_mapping(configuration, args)?, &read)?;
            target.record_configured_patch(&mut patch, configuration, "jsonOp");
            patch::apply_json6902_list(resources, &[patch])
        }
        "PatchStrategicMergeTransformer" => {
            let mut entries: Vec<String> = field(configuration, "paths")?;
            entries.extend(Some(text("patches").to_owned()).filter(|patches| !patches.is_empty()));
            if entries.is_empty() {
                return Err(Failure::new("there are neither `paths` nor `patches`"));
            }
            let mut patches = entries
                .iter()
                .map(|entry| patch::load_strategic(entry, &read))
                .collect::<Result<Vec<_>>>()?;
            for patch in &mut patches {
                target.record_configured_patch(patch, configuration, "patches");
            }
            patch::apply_strategic_list(resources, &patches, &target.session.schema())
        }
        "PatchTransformer" => {
            let args = parse(configuration, |key| ["path", "patch", "target", "options"].contains(&key))?;
            let mut patch = patch::load(&args, &read)?;
            target.record_configured_patch(&mut patch, configuration, "patch");
            patch::apply(resources, &[patch], &target.session.schema())
        }
        "PrefixTransformer" => {
            affix::apply_prefix(resources, text("prefix"), &required_specs(configuration)?)
        }
        "SuffixTransformer" => {
            affix::apply_suffix(resources, text("suffix"), &required_specs(configuration)?)
        }
        "PrefixSuffixTransformer" => {
            affix::apply_prefix(resources, text("prefix"), &required_specs(configuration)?)?;
            affix::apply_suffix(resources, text("suffix"), &required_specs(configuration)?)
        }
        "ReplacementTransformer" => {
            let fields: Vec<replacements::ReplacementField> = field(configuration, "replacements")?;
            let profile = target.session.options.profile;
            replacements::apply(resources, &replacements::load(&fields, &read)?, profile)
        }
        "ReplicaCountTransformer" => replicas::apply(resources, &field(configuration, "replica")?, &specs()?),
        "ValueAddTransformer" => {
            let args = parse(configuration, |key| ["value", "targets", "targetFilePath"].contains(&key))?;
            let root = target.loader.root().file_name().unwrap_or_default();
            value_add::apply(resources, &value_add::load(args, root, &read)?)
        }
        kind => Err(unknown(kind, "transformer")),
    }
}

/// The configuration with names of fields as they are documented. Only that of a built-in one:
/// kustomize would run others as programs, which a sandbox does not.
fn tidied(configuration: &Resource) -> Result<Resource> {
    let gvk = configuration.gvk();
    if gvk.group.is_empty() && gvk.version == "builtin" {
        let mut configuration = configuration.clone();
        tidy(&mut configuration.object, "");
        return Ok(configuration);
    }
    let failure =
        Failure::new(format!("`{gvk}` is a plugin of kustomize, and only the built-in ones run here"))
            .hint("write `apiVersion: builtin` for a built-in one; others can become Oarlock plugins");
    Err(located(failure, configuration))
}

fn unknown(kind: &str, what: &str) -> Failure {
    Failure::new(format!("there is no built-in {what} `{kind}`"))
}

/// The failure of a configuration, at its place unless another is known.
fn located(failure: Failure, configuration: &Resource) -> Failure {
    let id = configuration.current_id();
    match &configuration.origin {
        Some(origin) if failure.origin.as_ref().is_some_and(|place| place != origin) => {
            failure.note(format!("in `{id}` at `{origin}`"))
        }
        Some(origin) => failure.at(origin.clone()),
        None => failure.note(format!("in `{id}`")),
    }
}

/// The arguments of a generator, which may also have its name from its metadata. The deprecated
/// `env` counts only in a kustomization.
fn generator_args(configuration: &Resource) -> Result<generate::GeneratorArgs> {
    let mut args: generate::GeneratorArgs = parse(configuration, |key| {
        ["name", "namespace", "behavior", "literals", "files", "envs", "options", "type"].contains(&key)
    })?;
    if args.name.is_empty() {
        configuration.name().clone_into(&mut args.name);
    }
    if args.namespace.is_empty() {
        configuration.namespace().clone_into(&mut args.namespace);
    }
    Ok(args)
}

/// Field specifications that must be given.
fn required_specs(configuration: &Resource) -> Result<FieldSpecs> {
    if configuration.object.get("fieldSpecs").is_none_or(Node::is_null) {
        return Err(
            Failure::new("there are no `fieldSpecs`").hint("`fieldSpecs: [{path: metadata/name}]` is usual")
        );
    }
    field(configuration, "fieldSpecs")
}

/// The typed value of one field, or that of nothing.
fn field<T: DeserializeOwned + Default>(configuration: &Resource, key: &str) -> Result<T> {
    match configuration.object.get(key) {
        Some(node) if !node.is_null() => from_node(configuration, node),
        _ => Ok(T::default()),
    }
}

/// The typed value of those fields that are known. Others are passed over, as kustomize does.
fn parse<T: DeserializeOwned>(configuration: &Resource, known: impl Fn(&str) -> bool) -> Result<T> {
    from_mapping(configuration, mapping(configuration, known))
}

fn mapping(configuration: &Resource, known: impl Fn(&str) -> bool) -> Mapping {
    let entries = configuration.object.as_mapping().into_iter().flatten();
    entries.filter(|entry| known(&entry.key.text) && !entry.value.is_null()).cloned().collect()
}

fn from_mapping<T: DeserializeOwned>(configuration: &Resource, mapping: Mapping) -> Result<T> {
    from_node(configuration, &Node::new(Value::Mapping(mapping)))
}

fn from_node<T: DeserializeOwned>(configuration: &Resource, node: &Node) -> Result<T> {
    let mut node = node.clone();
    let error = loop {
        match oarlock_yaml::from_node(&node) {
            Ok(value) => return Ok(value),
            // kustomize passes over fields that it does not know here.
            Err(error)
                if matches!(error.kind, Mismatch::UnknownField { .. })
                    && remove_key_at(&mut node, error.span) => {}
            Err(error) => break error,
        }
    };
    let failure = mismatch(&error);
    Err(match &configuration.origin {
        // Lines of what is written in place count from its own start and are of no use.
        Some(origin) if origin.line == configuration.object.span.line => {
            failure.at(Origin::at(origin.path.as_str(), error.span.line, error.span.column))
        }
        _ => failure,
    })
}

/// Removes the entry whose key or value stands at a place.
fn remove_key_at(node: &mut Node, span: Span) -> bool {
    match &mut node.value {
        Value::Scalar(_) => false,
        Value::Sequence(nodes) => nodes.iter_mut().any(|node| remove_key_at(node, span)),
        Value::Mapping(mapping) => {
            let before = mapping.len();
            mapping.retain(|entry| entry.key.span != span);
            mapping.len() < before || mapping.iter_mut().any(|entry| remove_key_at(&mut entry.value, span))
        }
    }
}
