//! The messages and services of `proto/`, as `cargo xtask proto` generates them.

#![allow(missing_docs, unreachable_pub, clippy::pedantic, clippy::unwrap_used)]

pub mod plugin {
    include!("../proto/generated/plugin.rs");
}

pub mod repository {
    include!("../proto/generated/repository.rs");
}

pub mod version {
    include!("../proto/generated/version.rs");
}

/// What the reflection service serves.
pub const DESCRIPTORS: &[u8] = include_bytes!("../proto/generated/descriptors.bin");

#[cfg(test)]
mod tests {
    use oarlock_engine::source::Digest;

    #[test]
    fn what_is_generated_is_of_the_sources() {
        let sources = [
            ("plugin.proto", include_str!("../proto/plugin.proto")),
            ("repository.proto", include_str!("../proto/repository.proto")),
            ("version.proto", include_str!("../proto/version.proto")),
        ];
        let line = |(name, text): (&str, &str)| format!("{}  {name}\n", Digest::of(text.as_bytes()));
        let digests: String = sources.into_iter().map(line).collect();
        let generated = include_str!("../proto/generated/sources.sha256");
        assert_eq!(digests, generated, "run `cargo xtask proto` and commit what it writes");
    }
}
