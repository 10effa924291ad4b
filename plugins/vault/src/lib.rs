//! Writes and checks references to secrets in Vault; never the secrets.
//!
//! A transformer for clusters that run the HashiCorp Vault Secrets Operator (VSO). It turns what
//! workloads ask for into `VaultStaticSecret` objects, turns placeholders of argocd-vault-plugin
//! (AVP) into the same, refuses Secrets with values in them, and checks what is written by hand
//! more strictly than the API server does. [`Vault`] is the plugin, [`Config`] what it takes.

mod avp;
mod check;
mod config;
mod crd;
mod demand;
mod field;
mod finding;
mod generate;
mod layout;
mod literal;
mod mapping;
mod name_glob;
mod ownership;
mod plugin;
mod provider;
mod restart;
mod scope;
mod secret;
mod suggestion;
mod workload;

pub use config::{AvpPlaceholders, Config, KeyNames, SecretOverride};
pub use finding::{CHECKS, Check, Level};
pub use layout::{Layout, Template};
pub use name_glob::NameGlob;
pub use plugin::Vault;

oarlock_plugin::export!(Vault);
