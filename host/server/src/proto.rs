//! The messages and services of `proto/`, as generated.

#![allow(missing_docs, unreachable_pub, clippy::pedantic, clippy::unwrap_used)]

pub mod plugin {
    tonic::include_proto!("plugin");
}

pub mod repository {
    tonic::include_proto!("repository");
}

pub mod version {
    tonic::include_proto!("version");
}

/// What the reflection service tells.
pub const DESCRIPTORS: &[u8] = tonic::include_file_descriptor_set!("descriptors");
