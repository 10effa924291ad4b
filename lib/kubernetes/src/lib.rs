//! What tools that render know of Kubernetes: the identity of objects, which kinds have namespaces,
//! in which order kinds are handed on, which lists are merged by which keys, and label selectors.
//!
//! Nothing here reads an object: callers have theirs as YAML nodes or as JSON, and pass what is
//! asked for. Where two tools know different things, both are here under the tool's name.
//!
//! The tables of scopes and merge keys are those that kustomize v5.7.1 carries: Kubernetes v1.21.2.
//! Newer kinds, and custom ones, are unknown to them, which is an answer of its own.

mod argocd_order;
mod gvk;
mod kustomize_order;
mod label_selector;
mod list_items;
mod merge_keys;
mod object_id;
mod scope;

pub use argocd_order::SyncRank;
pub use gvk::Gvk;
pub use kustomize_order::{LegacyKey, LegacyOrder};
pub use label_selector::{
    Found, LabelSelector, Operator, Operators, SelectorError, SelectorProblem, Values, is_subdomain,
};
pub use list_items::{Pair, pair_items};
pub use merge_keys::MergeKeys;
pub use object_id::ObjectId;
pub use scope::Scope;
