//! Compiles bundled plugins when the program is built, for every processor that it may run on.

use super::engine::config;
use super::error::SandboxError;

/// What code may expect of an x86-64 processor: x86-64-v2, which processors since about 2009 have.
/// Names as Cranelift has them.
const X86_64_FEATURES: [&str; 6] =
    ["has_cmpxchg16b", "has_popcnt", "has_sse3", "has_ssse3", "has_sse41", "has_sse42"];

/// The processors that precompiled code is for.
pub const BASELINE: &str = if cfg!(target_arch = "x86_64") {
    "x86-64-v2"
} else if cfg!(target_arch = "aarch64") {
    "armv8"
} else {
    std::env::consts::ARCH
};

/// Compiles a component for the baseline of this program's target, whatever the processor of this
/// machine has beyond it.
///
/// # Errors
/// If the component is not valid, or there is no compiler for the target.
pub fn precompile(component: &[u8]) -> Result<Vec<u8>, SandboxError> {
    let failed = |error: wasmtime::Error| SandboxError::Host(format!("cannot precompile: {error:#}"));
    let mut config = config();
    // Naming the target switches the features of this processor off.
    config.target(&target()).map_err(failed)?;
    if cfg!(target_arch = "x86_64") {
        enable(&mut config, &X86_64_FEATURES);
    }
    let engine = wasmtime::Engine::new(&config).map_err(failed)?;
    engine.precompile_component(component).map_err(failed)
}

#[allow(unsafe_code)]
fn enable(config: &mut wasmtime::Config, features: &[&str]) {
    for feature in features {
        // SAFETY: a flag can make Cranelift generate code that is wrong, or that this processor
        // does not have. These flags only name instructions that may be used, and wasmtime compares
        // them with the processor before it loads the code.
        unsafe { config.cranelift_flag_enable(feature) };
    }
}

/// This program's target, as far as code depends on it.
fn target() -> String {
    let system = match std::env::consts::OS {
        "macos" => "apple-darwin",
        "linux" => "unknown-linux-gnu",
        other => other,
    };
    format!("{}-{system}", std::env::consts::ARCH)
}

#[cfg(test)]
mod tests {
    use wasmtime::component::Component;

    use super::*;

    const COMPONENT: &str =
        "(component (core module (func (export \"f\") (param f64) (result f64) (f64.floor (local.get 0)))))";

    /// What a processor of the baseline has.
    #[expect(clippy::unnecessary_wraps, reason = "wasmtime asks so")]
    fn baseline(feature: &str) -> Option<bool> {
        Some(["cmpxchg16b", "popcnt", "sse3", "ssse3", "sse4.1", "sse4.2"].contains(&feature))
    }

    /// What an older one has.
    #[expect(clippy::unnecessary_wraps, reason = "wasmtime asks so")]
    fn older(feature: &str) -> Option<bool> {
        Some(feature == "sse3")
    }

    #[allow(unsafe_code)]
    fn load(code: &[u8], processor: fn(&str) -> Option<bool>) -> wasmtime::Result<Component> {
        let mut config = config();
        // What this engine would compile itself must suit the processor, too.
        config.target(&target())?;
        // SAFETY: the code is not run.
        unsafe { config.detect_host_feature(processor) };
        let engine = wasmtime::Engine::new(&config)?;
        // SAFETY: it was compiled by this process.
        unsafe { Component::deserialize(&engine, code) }
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn code_is_for_processors_of_the_baseline() {
        let component = wat::parse_str(COMPONENT).unwrap();
        let code = precompile(&component).unwrap();
        load(&code, baseline).unwrap();
        let refused = load(&code, older).err().unwrap();
        assert!(format!("{refused:#}").contains("ssse3"), "{refused:#}");
    }

    #[test]
    fn code_is_the_same_each_time() {
        let component = wat::parse_str(COMPONENT).unwrap();
        assert_eq!(precompile(&component).unwrap(), precompile(&component).unwrap());
    }
}
