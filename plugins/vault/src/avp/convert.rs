//! From a Secret of placeholders to a VaultStaticSecret that fills the same Secret.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use oarlock_plugin::Manifest;
use serde_json::{Map, Value};

use crate::crd::{Destination, KvType, Template, VaultStaticSecret, VaultStaticSecretSpec};
use crate::finding::{self, Check, Findings};
use crate::generate::{filters, go_string, guarded};
use crate::ownership::{OWNER_LABELS, is_tracking};
use crate::scope::Scope;
use crate::{layout, mapping, secret};

use super::expression::{self, Step};
use super::location::{Location, locate};
use super::placeholder::{Piece, SecretPath, pieces};

/// A reason why a Secret cannot be converted.
struct Refusal {
    check: &'static Check,
    message: String,
    hint: String,
}

/// How a value of the Secret stands in the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// As it is: in `stringData`, or in `data` under a base64 that was undone.
    Plain,
    /// In `data` as it is: what the placeholder gives is base64 of the value.
    Base64Inside,
}

/// One key of the Secret.
struct Entry {
    field: String,
    key: String,
    text: String,
    form: Form,
}

/// What fills a key: the key of the same name in Vault, or a template.
enum Filling {
    Same,
    Template(Template),
}

/// The object that takes the Secret's place; `None` where there is none, which is reported.
pub(super) fn convert(
    manifest: &Manifest,
    scope: &Scope<'_>,
    findings: &mut Findings,
) -> Option<VaultStaticSecret> {
    let generic = super::annotated_path(manifest).is_some();
    let entries = entries(manifest, generic);
    let literal = |entry: &Entry| !entry.text.is_empty() && !super::has_placeholder(&entry.text, generic);
    if entries.iter().any(literal) && !secret::is_allowed(manifest, scope) {
        // The check of literal values reports it.
        return None;
    }
    match build(manifest, &entries, generic, scope) {
        Ok(object) => {
            if manifest.at(&["immutable"]) == Some(&Value::Bool(true)) {
                let message = "`immutable: true` is dropped: the operator has to change the Secret";
                findings.add(&finding::AVP_IMMUTABLE, manifest, message, "");
            }
            Some(object)
        }
        Err(refusals) => {
            for refusal in refusals {
                findings.add(refusal.check, manifest, refusal.message, refusal.hint);
            }
            None
        }
    }
}

/// The keys of the Secret; `stringData` wins over `data`, as in the API server.
fn entries(manifest: &Manifest, generic: bool) -> Vec<Entry> {
    let map = |field| manifest.at(&[field]).and_then(Value::as_object).into_iter().flatten();
    let is_string_data = |key: &str| manifest.at(&["stringData", key]).is_some();
    let mut entries = Vec::new();
    for (key, value) in map("data").filter(|(key, _)| !is_string_data(key)) {
        let text = value.as_str().unwrap_or_default();
        let decoded = secret::decoded(text);
        let (text, form) = match decoded {
            // Not base64, so it has a placeholder in it; with one, AVP decodes base64 first.
            None => (text.to_owned(), Form::Base64Inside),
            Some(decoded)
                if super::has_placeholder(text, generic) && !super::has_placeholder(&decoded, generic) =>
            {
                (text.to_owned(), Form::Base64Inside)
            }
            Some(decoded) => (decoded, Form::Plain),
        };
        entries.push(Entry { field: format!("data.{key}"), key: key.clone(), text, form });
    }
    for (key, value) in map("stringData") {
        let text = value.as_str().unwrap_or_default().to_owned();
        entries.push(Entry { field: format!("stringData.{key}"), key: key.clone(), text, form: Form::Plain });
    }
    entries
}

fn build(
    manifest: &Manifest,
    entries: &[Entry],
    generic: bool,
    scope: &Scope<'_>,
) -> Result<VaultStaticSecret, Vec<Refusal>> {
    let mut refusals = misplaced(manifest);
    refusals.extend(missing_removed(manifest));
    let (mut same, mut templates) = (Vec::new(), BTreeMap::new());
    for entry in entries {
        match fill(entry, generic) {
            Ok(Filling::Same) => same.push(entry.key.as_str()),
            Ok(Filling::Template(template)) => {
                templates.insert(entry.key.clone(), template);
            }
            Err(refusal) => refusals.push(refusal),
        }
    }
    let source =
        only_source(manifest, entries, generic).and_then(|source| read_source(manifest, &source, scope));
    let (location, version) = match source {
        Ok(found) if refusals.is_empty() => found,
        Ok(_) => return Err(refusals),
        Err(refusal) => {
            refusals.push(refusal);
            return Err(refusals);
        }
    };
    let namespace = scope.namespace(manifest);
    let own = mapping::secret_override(scope, namespace, manifest.name());
    let fill = |own: Option<&layout::Template>, general: Option<&layout::Template>| {
        let template = own.or(general);
        template
            .map(|template| mapping::fill_for_secret(scope, namespace, manifest.name(), template))
            .transpose()
            .map_err(|reason| {
                let hint = format!(
                    "say it for this Secret, under `secrets.{}` of the configuration",
                    manifest.name()
                );
                vec![Refusal { check: &finding::AVP_SHAPE, message: reason, hint }]
            })
    };
    let auth = fill(own.and_then(|own| own.vault_auth_ref.as_ref()), scope.config.vault_auth_ref.as_ref())?;
    let vault_namespace =
        fill(own.and_then(|own| own.vault_namespace.as_ref()), scope.config.vault_namespace.as_ref())?;
    let refresh_after =
        own.and_then(|own| own.refresh_after.as_ref()).or(scope.config.refresh_after.as_ref());
    let split = Metadata::of(manifest);
    let spec = VaultStaticSecretSpec {
        vault_auth_ref: auth,
        namespace: vault_namespace,
        mount: location.mount,
        path: location.path,
        kv_type: location.kv_type,
        version,
        refresh_after: refresh_after.cloned(),
        hmac_secret_data: None,
        sync_config: None,
        destination: Destination {
            name: manifest.name().to_owned(),
            create: Some(true),
            // The Secret that is there was made by somebody else, and the operator would not touch
            // it.
            overwrite: Some(true),
            secret_type: secret_type(manifest),
            labels: split.labels,
            annotations: split.annotations,
            transformation: Some(filters(same.into_iter(), templates)),
        },
        rollout_restart_targets: None,
    };
    Ok(VaultStaticSecret::new(split.object, spec))
}

fn secret_type(manifest: &Manifest) -> Option<String> {
    let name = manifest.at(&["type"]).and_then(Value::as_str)?;
    (name != "Opaque" && !name.is_empty()).then(|| name.to_owned())
}

/// Placeholders outside `data` and `stringData`.
fn misplaced(manifest: &Manifest) -> Vec<Refusal> {
    let outside = super::placeholder_fields(manifest).into_iter();
    let outside = outside.filter(|field| !field.starts_with("data.") && !field.starts_with("stringData."));
    outside
        .map(|field| Refusal {
            check: &finding::AVP_SHAPE,
            message: format!("`{field}` has a placeholder, and the operator fills `data` only"),
            hint: "write the value itself, or leave it out".to_owned(),
        })
        .collect()
}

/// `remove-missing` leaves keys out that Vault does not have; a template cannot.
fn missing_removed(manifest: &Manifest) -> Option<Refusal> {
    (manifest.annotation("avp.kubernetes.io/remove-missing") == Some("true")).then(|| Refusal {
        check: &finding::AVP_SHAPE,
        message: "`remove-missing` has no equivalent".to_owned(),
        hint: "drop the annotation and the keys that Vault does not have".to_owned(),
    })
}

fn fill(entry: &Entry, generic: bool) -> Result<Filling, Refusal> {
    let pieces = pieces(&entry.text, generic);
    if let ([Piece::Placeholder(placeholder)], Form::Plain) = (&pieces[..], entry.form)
        && placeholder.modifiers.is_empty()
        && placeholder.key == entry.key
    {
        return Ok(Filling::Same);
    }
    if entry.form == Form::Base64Inside && pieces.len() > 1 {
        return Err(Refusal {
            check: &finding::AVP_SHAPE,
            message: format!("`{}` joins pieces of base64", entry.field),
            hint: "move it to `stringData` and let Vault hold the value itself".to_owned(),
        });
    }
    let (mut body, mut keys) = (String::new(), Vec::new());
    for piece in &pieces {
        match piece {
            Piece::Text(text) => body.push_str(&template_text(text)),
            Piece::Placeholder(placeholder) => {
                let mut steps = expression::steps(placeholder).map_err(|reason| Refusal {
                    check: &finding::AVP_MODIFIER,
                    message: format!("`{}`: {reason}", entry.field),
                    hint: "keep the value in Vault in the form in which it is needed".to_owned(),
                })?;
                steps.extend((entry.form == Form::Base64Inside).then_some(Step::Decode));
                let steps = expression::simplify(steps);
                if steps.is_empty() && pieces.len() == 1 && placeholder.key == entry.key {
                    return Ok(Filling::Same);
                }
                body.push_str("{{ ");
                body.push_str(&expression::expression(&placeholder.key, &steps));
                body.push_str(" }}");
                if !keys.contains(&placeholder.key.as_str()) {
                    keys.push(placeholder.key.as_str());
                }
            }
        }
    }
    if body.is_empty() {
        // An empty template would be taken for none.
        r#"{{ "" }}"#.clone_into(&mut body);
    }
    Ok(Filling::Template(guarded(&keys, &body)))
}

/// Text as it stands in a template; what looks like an action, or would with the next one, becomes
/// one that writes it.
fn template_text(text: &str) -> String {
    if text.contains("{{") || text.ends_with('{') {
        format!("{{{{ {} }}}}", go_string(text))
    } else {
        text.to_owned()
    }
}

/// The one place that every placeholder reads.
fn only_source(manifest: &Manifest, entries: &[Entry], generic: bool) -> Result<SecretPath, Refusal> {
    let mut sources: Vec<SecretPath> = Vec::new();
    for entry in entries {
        for piece in pieces(&entry.text, generic) {
            let Piece::Placeholder(placeholder) = piece else { continue };
            let source = placeholder.source(manifest);
            sources.extend(source.filter(|source| !sources.contains(source)));
        }
    }
    match <[SecretPath; 1]>::try_from(sources) {
        Ok([source]) => Ok(source),
        Err(sources) => {
            let spelled: Vec<String> = sources
                .iter()
                .map(|source| match &source.version {
                    Some(version) => format!("{}#{version}", source.path),
                    None => source.path.clone(),
                })
                .collect();
            let message = if spelled.is_empty() {
                "none of its keys has a placeholder".to_owned()
            } else {
                format!("reads several paths: {}", crate::suggestion::list(&spelled))
            };
            Err(Refusal {
                check: &finding::AVP_SEVERAL_PATHS,
                message,
                hint:
                    "one object fills one Secret from one path: join the paths in Vault, or split the Secret"
                        .to_owned(),
            })
        }
    }
}

fn read_source(
    manifest: &Manifest,
    source: &SecretPath,
    scope: &Scope<'_>,
) -> Result<(Location, Option<i64>), Refusal> {
    let location =
        locate(&source.path, kv_type(manifest, scope), scope.config).map_err(|reason| Refusal {
            check: &finding::AVP_MOUNT,
            message: format!("the mount in `{}` cannot be told: {reason}", source.path),
            hint: "list the mount under `avpMounts` of the configuration".to_owned(),
        })?;
    let version = source.version.as_deref().map(str::parse::<i64>).transpose().map_err(|_| Refusal {
        check: &finding::AVP_SHAPE,
        message: "the version in a placeholder is no number".to_owned(),
        hint: "versions are whole numbers; leave it out for the latest".to_owned(),
    })?;
    if version.is_some() && location.kv_type == KvType::V1 {
        return Err(Refusal {
            check: &finding::AVP_SHAPE,
            message: "a version is asked for, and kv-v1 has none".to_owned(),
            hint: "leave the version out".to_owned(),
        });
    }
    Ok((location, version))
}

/// The engine's version: the object's annotation, else the configuration.
pub(super) fn kv_type(manifest: &Manifest, scope: &Scope<'_>) -> KvType {
    match manifest.annotation("avp.kubernetes.io/kv-version") {
        Some("1") => KvType::V1,
        Some("2") => KvType::V2,
        _ => scope.config.avp_kv_type,
    }
}

/// Labels and annotations, parted: what Argo CD and the operator read stays with the object, the
/// rest goes to the Secret.
struct Metadata {
    object: ObjectMeta,
    labels: Option<BTreeMap<String, String>>,
    annotations: Option<BTreeMap<String, String>>,
}

impl Metadata {
    fn of(manifest: &Manifest) -> Self {
        let part = |field: &str, stays: fn(&str) -> bool| {
            let map = manifest.at(&["metadata", field]).and_then(Value::as_object);
            let (own, moved): (Vec<_>, Vec<_>) = texts(map).partition(|(key, _)| stays(key));
            let collect = |pairs: Vec<(String, String)>| {
                Some(BTreeMap::from_iter(pairs)).filter(|map: &BTreeMap<_, _>| !map.is_empty())
            };
            (collect(own), collect(moved))
        };
        let (own_labels, labels) = part("labels", |key| is_tracking(key) || OWNER_LABELS.contains(&key));
        let (own_annotations, annotations) =
            part("annotations", |key| key.starts_with("argocd.argoproj.io/"));
        let namespace = Some(manifest.namespace()).filter(|namespace| !namespace.is_empty());
        let object = ObjectMeta {
            name: Some(manifest.name().to_owned()),
            namespace: namespace.map(str::to_owned),
            labels: own_labels,
            annotations: own_annotations,
            ..ObjectMeta::default()
        };
        Self { object, labels, annotations }
    }
}

/// The texts of a map, without the annotations that were for argocd-vault-plugin or hold the object
/// as last applied.
fn texts(map: Option<&Map<String, Value>>) -> impl Iterator<Item = (String, String)> {
    map.into_iter()
        .flatten()
        .filter(|(key, _)| {
            !key.starts_with(super::PREFIX) && *key != "kubectl.kubernetes.io/last-applied-configuration"
        })
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
}
