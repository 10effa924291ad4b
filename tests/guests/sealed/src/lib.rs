//! A plugin that imports WASI, as those of other toolchains do, and tells in a `ConfigMap` what it got.
#![cfg(target_family = "wasm")]

#[allow(missing_docs, unsafe_code, unreachable_pub, clippy::all, clippy::pedantic)]
mod bindings {
    wit_bindgen::generate!({
        path: ["../../../wit", "wit/random", "wit/clocks", "wit/cli"],
        inline: "
            package oarlock:sealed;
            world sealed {
                include oarlock:plugin/minimum@0.1.2;
                import wasi:cli/environment@0.2.0;
                import wasi:clocks/monotonic-clock@0.2.0;
                import wasi:clocks/wall-clock@0.2.0;
                import wasi:random/random@0.2.0;
            }
        ",
        world: "oarlock:sealed/sealed",
        generate_all,
    });
}

use bindings::oarlock::plugin::types::{Descriptor, Failure, Manifest, Request, Stage};
use bindings::wasi::cli::environment;
use bindings::wasi::clocks::{monotonic_clock, wall_clock};
use bindings::wasi::random::random;

struct Sealed;

impl bindings::Guest for Sealed {
    fn describe() -> Descriptor {
        Descriptor {
            name: "sealed".to_owned(),
            version: "0.1.0".to_owned(),
            stage: Stage::Generator,
            summary: "Tells what WASI tells it".to_owned(),
            config_schema: "{}".to_owned(),
        }
    }

    fn detect(_: String) -> Result<bool, Failure> {
        Ok(false)
    }

    fn render(_: Request) -> Result<Vec<Manifest>, Vec<Failure>> {
        let json = format!(
            r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"sealed"}},"data":{{"seconds":"{}","monotonic":"{}","random":"{:016x}","variables":"{}","arguments":"{}"}}}}"#,
            wall_clock::now().seconds,
            monotonic_clock::now(),
            random::get_random_u64(),
            environment::get_environment().len(),
            environment::get_arguments().len(),
        );
        Ok(vec![Manifest { json, origin: None }])
    }
}

#[allow(unsafe_code)]
mod exports {
    use super::{Sealed, bindings};

    bindings::export!(Sealed with_types_in bindings);
}
