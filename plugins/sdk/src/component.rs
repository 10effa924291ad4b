//! The component face: plugs the contract into [`Plugin`] and [`Host`]. Only
//! [`export!`](crate::export) uses it.

use std::sync::Once;

use oarlock_model::{
    Application, Assignment, CONTRACT_VERSION, Cause, Entry, Failure, Failures, FieldHistory, ItemType, Kind,
    Level, Metadata, ObjectHistory, Origin, Parameter, ParameterValue, ReadError, Stage, TreePath,
};

use crate::host::Host;
use crate::manifest::Manifest;
use crate::plugin::{Plugin, blame_json, parameters_json, render_json};
use crate::request::Request;

/// A call has one thread, and all of its memory goes when it ends.
#[cfg(feature = "allocator")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// What `wit-bindgen` makes of the contract. It is kept as a file, since its macro would compile a
/// parser of WIT and one of WebAssembly for each plugin.
#[rustfmt::skip]
#[allow(missing_docs, unsafe_code, unreachable_pub, clippy::all, clippy::pedantic)]
pub mod bindings;

use bindings::oarlock::plugin::{compose, report, source, types};

/// The content of the custom section that tells which contract a component speaks.
pub const fn contract_bytes() -> [u8; CONTRACT_VERSION.len()] {
    let mut bytes = [0; CONTRACT_VERSION.len()];
    let mut index = 0;
    while index < bytes.len() {
        bytes[index] = CONTRACT_VERSION.as_bytes()[index];
        index += 1;
    }
    bytes
}

/// The export `describe`.
pub fn describe<P: Plugin>() -> types::Descriptor {
    report_panics();
    let descriptor = P::describe();
    types::Descriptor {
        name: descriptor.name,
        version: descriptor.version,
        stage: match descriptor.stage {
            Stage::Generator => types::Stage::Generator,
            Stage::Transformer => types::Stage::Transformer,
        },
        summary: descriptor.summary,
        config_schema: descriptor.config_schema,
    }
}

/// The export `detect`.
pub fn detect<P: Plugin>(directory: &str) -> Result<bool, types::Failure> {
    report_panics();
    let directory = TreePath::new(directory).map_err(|error| failure_out(Failure::new(error.to_string())))?;
    P::detect(&Imports, &directory).map_err(failure_out)
}

/// The export `render`.
pub fn render<P: Plugin>(request: types::Request) -> Result<Vec<types::Manifest>, Vec<types::Failure>> {
    report_panics();
    let rendered =
        request_in(request).map_err(Failures::from).and_then(|request| render_json::<P>(&Imports, request));
    match rendered {
        Ok(manifests) => Ok(manifests.into_iter().map(manifest_out).collect()),
        Err(failures) => Err(failures_out(failures)),
    }
}

/// The export `parameters`.
pub fn parameters<P: Plugin>(request: types::Request) -> Result<Vec<types::Parameter>, Vec<types::Failure>> {
    report_panics();
    let parameters = request_in(request)
        .map_err(Failures::from)
        .and_then(|request| parameters_json::<P>(&Imports, request));
    match parameters {
        Ok(parameters) => Ok(parameters.into_iter().map(parameter_out).collect()),
        Err(failures) => Err(failures_out(failures)),
    }
}

/// The export `blame`.
pub fn blame<P: Plugin>(
    request: types::Request,
    only: Option<u32>,
) -> Result<Option<Vec<types::ObjectHistory>>, Vec<types::Failure>> {
    report_panics();
    let only = only.map(|position| position as usize);
    let histories = request_in(request)
        .map_err(Failures::from)
        .and_then(|request| blame_json::<P>(&Imports, request, only));
    match histories {
        Ok(histories) => Ok(histories.map(|found| found.into_iter().map(history_out).collect())),
        Err(failures) => Err(failures_out(failures)),
    }
}

/// A panic ends in a trap, which tells nothing; so its message goes to the host first.
fn report_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| std::panic::set_hook(Box::new(|panic| report::panicked(&panic.to_string()))));
}

/// The imports of the contract as a [`Host`].
struct Imports;

impl Host for Imports {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        source::read(path).map_err(read_error_in)
    }

    fn list(&self, path: &str) -> Result<Vec<Entry>, ReadError> {
        let entries = source::list(path).map_err(read_error_in)?;
        let mut entries: Vec<Entry> =
            entries.into_iter().map(|entry| Entry { name: entry.name, kind: kind_in(entry.kind) }).collect();
        entries.sort();
        Ok(entries)
    }

    fn stat(&self, path: &str) -> Result<Metadata, ReadError> {
        let found = source::stat(path).map_err(read_error_in)?;
        Ok(Metadata { kind: kind_in(found.kind), path: found.path, size: found.size })
    }

    fn remote(&self, url: &str) -> Option<String> {
        source::remote(url)
    }

    fn log(&self, level: Level, message: &str) {
        let level = match level {
            Level::Debug => report::Level::Debug,
            Level::Info => report::Level::Info,
        };
        report::log(level, message);
    }

    fn warn(&self, warning: Failure) {
        report::warn(&failure_out(warning));
    }

    fn outside(&self, path: &str) {
        report::outside(path);
    }

    fn compose(&self, plugin: &str, request: Request<String>) -> Result<Vec<Manifest>, Failures> {
        match compose::render(plugin, &request_out(request)) {
            Ok(manifests) => Ok(manifests.into_iter().map(manifest_in).collect()),
            Err(failures) => {
                Failures::check(failures.into_iter().map(failure_in).collect())?;
                Err(Failure::new(format!("plugin `{plugin}` failed without a reason")).into())
            }
        }
    }
}

fn request_in(request: types::Request) -> Result<Request<String>, Failure> {
    let directory = TreePath::new(&request.directory).map_err(|error| Failure::new(error.to_string()))?;
    let application = request.application;
    Ok(Request {
        directory,
        application: Application {
            name: application.name,
            namespace: application.namespace,
            project: application.project,
            repository: application.repository,
            revision: application.revision,
            kube_version: application.kube_version,
            api_versions: application.api_versions,
            environment: application.environment,
            parameters: application.parameters,
        },
        config: request.config,
        manifests: request.manifests.into_iter().map(manifest_in).collect(),
    })
}

fn history_out(history: ObjectHistory) -> types::ObjectHistory {
    let field = |field: FieldHistory| types::FieldHistory {
        pointer: field.pointer,
        assignments: field.assignments.into_iter().map(assignment_out).collect(),
    };
    types::ObjectHistory {
        made_by: cause_out(history.made_by),
        changed_by: history.changed_by.into_iter().map(cause_out).collect(),
        fields: history.fields.into_iter().map(field).collect(),
    }
}

fn assignment_out(assignment: Assignment) -> types::Assignment {
    types::Assignment {
        value: assignment.value,
        origin: assignment.origin.map(origin_out),
        cause: cause_out(assignment.cause),
    }
}

fn cause_out(cause: Cause) -> types::Cause {
    types::Cause { by: cause.by, origin: cause.origin.map(origin_out) }
}

fn request_out(request: Request<String>) -> types::Request {
    let application = request.application;
    types::Request {
        directory: request.directory.into_string(),
        application: types::Application {
            name: application.name,
            namespace: application.namespace,
            project: application.project,
            repository: application.repository,
            revision: application.revision,
            kube_version: application.kube_version,
            api_versions: application.api_versions,
            environment: application.environment,
            parameters: application.parameters,
        },
        config: request.config,
        manifests: request.manifests.into_iter().map(manifest_out).collect(),
    }
}

fn manifest_in(manifest: types::Manifest) -> Manifest {
    Manifest::from_trusted_text(manifest.json, manifest.origin.map(origin_in))
}

fn manifest_out(mut manifest: Manifest) -> types::Manifest {
    let origin = manifest.origin.take().map(origin_out);
    types::Manifest { json: manifest.into_json(), origin }
}

fn parameter_out(parameter: Parameter) -> types::Parameter {
    types::Parameter {
        name: parameter.name,
        title: parameter.title,
        tooltip: parameter.tooltip,
        required: parameter.required,
        item_type: match parameter.item_type {
            ItemType::String => types::ItemType::String,
            ItemType::Number => types::ItemType::Number,
            ItemType::Boolean => types::ItemType::Boolean,
        },
        value: match parameter.value {
            ParameterValue::String(text) => types::ParameterValue::String(text),
            ParameterValue::Array(items) => types::ParameterValue::Array(items),
            ParameterValue::Map(entries) => types::ParameterValue::Map(entries),
        },
    }
}

fn failures_out(failures: Failures) -> Vec<types::Failure> {
    failures.into_vec().into_iter().map(failure_out).collect()
}

fn failure_out(failure: Failure) -> types::Failure {
    types::Failure {
        message: failure.message,
        hint: failure.hint,
        origin: failure.origin.map(origin_out),
        notes: failure.notes,
    }
}

fn failure_in(failure: types::Failure) -> Failure {
    Failure {
        message: failure.message,
        hint: failure.hint,
        origin: failure.origin.map(origin_in),
        notes: failure.notes,
    }
}

fn origin_in(origin: types::Origin) -> Origin {
    Origin { path: origin.path, line: origin.line, column: origin.column }
}

fn origin_out(origin: Origin) -> types::Origin {
    types::Origin { path: origin.path, line: origin.line, column: origin.column }
}

fn kind_in(kind: source::Kind) -> Kind {
    match kind {
        source::Kind::File => Kind::File,
        source::Kind::Directory => Kind::Directory,
    }
}

fn read_error_in(error: source::ReadError) -> ReadError {
    match error {
        source::ReadError::NotFound => ReadError::NotFound,
        source::ReadError::WrongKind(kind) => ReadError::WrongKind(kind_in(kind)),
        source::ReadError::Refused(sentence) => ReadError::Refused(sentence),
        source::ReadError::Failed(reason) => ReadError::Failed(reason),
    }
}
