//! What only a plugin without the SDK's safety can do. Everything else goes through the SDK's face.

use oarlock_plugin::component::bindings::oarlock::plugin::{report, source, types};
use oarlock_plugin::component::{bindings, blame, describe, detect, parameters, render};
use oarlock_plugin::serde_json;

use crate::{Behaviour, Config, Hostile};

struct Component;

impl bindings::Guest for Component {
    fn describe() -> types::Descriptor {
        describe::<Hostile>()
    }

    fn detect(directory: String) -> Result<bool, types::Failure> {
        detect::<Hostile>(&directory)
    }

    fn render(request: types::Request) -> Result<Vec<types::Manifest>, Vec<types::Failure>> {
        let Ok(Config { behave, amount, .. }) = serde_json::from_str(&request.config) else {
            return render::<Hostile>(request);
        };
        match behave {
            Behaviour::NotAnObject => Ok(vec![manifest("[1, 2]".to_owned())]),
            Behaviour::NoReason => Err(Vec::new()),
            Behaviour::BigOutput => {
                // Made in one piece: what grows would be over the limit of memory before it is over
                // that of output.
                let mut json = String::with_capacity(amount + 16);
                json.push_str("{\"big\":\"");
                json.extend(std::iter::repeat_n('x', amount));
                json.push_str("\"}");
                Ok(vec![manifest(json)])
            }
            Behaviour::PanicHuge => {
                report::panicked(&"x".repeat(amount << 20));
                core::arch::wasm32::unreachable()
            }
            Behaviour::ListingOrder => {
                let entries = source::list(&request.directory).unwrap_or_default();
                let names: Vec<String> = entries.into_iter().map(|entry| entry.name).collect();
                let name = names.join(".");
                Ok(vec![manifest(format!(
                    r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"{name}"}}}}"#
                ))])
            }
            _ => render::<Hostile>(request),
        }
    }

    fn parameters(request: types::Request) -> Result<Vec<types::Parameter>, Vec<types::Failure>> {
        parameters::<Hostile>(request)
    }

    fn blame(
        request: types::Request,
        only: Option<u32>,
    ) -> Result<Option<Vec<types::ObjectHistory>>, Vec<types::Failure>> {
        blame::<Hostile>(request, only)
    }
}

fn manifest(json: String) -> types::Manifest {
    types::Manifest { json, origin: None }
}

// The binding macros declare the component's exports, which is foreign code to Rust.
#[allow(unsafe_code)]
mod exports {
    use super::{Component, bindings};

    bindings::export!(Component with_types_in bindings);
}
