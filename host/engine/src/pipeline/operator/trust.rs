//! Whose signatures the operator trusts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use oarlock_plugin::Failure;
use oarlock_yaml::{Key, Node};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config_file;

/// Whose signatures let a component run that is not pinned to a digest. Default: nobody's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields, expecting = "a mapping")]
pub struct Trust {
    /// Who may sign, by a name of your choice.
    pub signers: BTreeMap<String, TrustedSigner>,
}

/// Someone who may sign.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "a mapping")]
pub struct TrustedSigner {
    /// A file with their public key, as PEM: ECDSA on P-256 or P-384, Ed25519 or RSA. Relative to
    /// the file that says so.
    pub key: PathBuf,
}

/// What fields are called that ask for an identity, whatever their case and with `-` or without: in
/// cosign's options, in policies for images, in bundles.
const OF_IDENTITIES: [&str; 13] = [
    "certificateidentity",
    "certificateidentityregexp",
    "certificateoidcissuer",
    "certificateoidcissuerregexp",
    "identities",
    "identity",
    "identityregexp",
    "issuer",
    "issuerregexp",
    "keyless",
    "oidcissuer",
    "subject",
    "subjectregexp",
];

/// Refuses an operator's file that asks for signatures by identities. Its fields would be unknown
/// otherwise, which says neither why nor what to do instead.
///
/// # Errors
/// If `trust`, or a plugin, has such a field: where.
pub(super) fn refuse_identities(file: &str, node: &Node) -> Result<(), Failure> {
    let signers = values(node.at(&["trust", "signers"]));
    let plugins = values(node.get("plugins"));
    let found = node.get("trust").and_then(own).or_else(|| signers.into_iter().find_map(any)).or_else(|| {
        plugins.into_iter().find_map(|plugin| own(plugin).or_else(|| any(plugin.get("signedBy")?)))
    });
    let Some(key) = found else { return Ok(()) };
    let message =
        format!("`{}` asks for a signature by an identity (keyless), and only keys count", key.text);
    Err(Failure::new(message)
        .at(config_file::place(file, key.span))
        .note("signatures are verified offline; identities need certificates and a transparency log")
        .hint("sign with `cosign sign --key`, and name the public key: `trust.signers.NAME.key`"))
}

fn values(node: Option<&Node>) -> Vec<&Node> {
    let mapping = node.and_then(Node::as_mapping);
    mapping.into_iter().flatten().map(|entry| &entry.value).collect()
}

/// A key of a mapping that asks for an identity.
fn own(node: &Node) -> Option<&Key> {
    let is_meant = |key: &&Key| {
        let letters = key.text.chars().filter(|letter| !matches!(letter, '-' | '_'));
        OF_IDENTITIES.contains(&letters.collect::<String>().to_ascii_lowercase().as_str())
    };
    node.as_mapping()?.iter().map(|entry| &entry.key).find(is_meant)
}

/// The same at any depth.
fn any(node: &Node) -> Option<&Key> {
    let items = node.as_sequence().into_iter().flatten();
    own(node).or_else(|| values(Some(node)).into_iter().chain(items).find_map(any))
}
