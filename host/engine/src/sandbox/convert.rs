//! Between the contract's types, as wasmtime binds them, and the host's own.

use oarlock_plugin::{
    Application, Assignment, Cause, Descriptor, Failure, FieldHistory, ItemType, Kind, ObjectHistory, Origin,
    Parameter, ParameterValue, ReadError, Stage, TreePath,
};

use super::bindings::oarlock::plugin::{source, types};
use super::plugin::RenderRequest;
use crate::manifest::Manifest;

pub(super) fn request_out(request: RenderRequest) -> types::Request {
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

pub(super) fn request_in(request: types::Request) -> Result<RenderRequest, Failure> {
    let application = request.application;
    Ok(RenderRequest {
        directory: TreePath::new(&request.directory).map_err(|error| Failure::new(error.to_string()))?,
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

pub(super) fn manifest_in(manifest: types::Manifest) -> Manifest {
    Manifest { json: manifest.json, origin: manifest.origin.map(origin_in) }
}

pub(super) fn manifest_out(manifest: Manifest) -> types::Manifest {
    types::Manifest { json: manifest.json, origin: manifest.origin.map(origin_out) }
}

pub(super) fn failure_in(failure: types::Failure) -> Failure {
    Failure {
        message: failure.message,
        hint: failure.hint,
        origin: failure.origin.map(origin_in),
        notes: failure.notes,
    }
}

pub(super) fn failure_out(failure: Failure) -> types::Failure {
    types::Failure {
        message: failure.message,
        hint: failure.hint,
        origin: failure.origin.map(origin_out),
        notes: failure.notes,
    }
}

fn origin_in(origin: types::Origin) -> Origin {
    Origin { path: origin.path, line: origin.line, column: origin.column }
}

fn origin_out(origin: Origin) -> types::Origin {
    types::Origin { path: origin.path, line: origin.line, column: origin.column }
}

pub(super) fn descriptor_in(descriptor: types::Descriptor) -> Descriptor {
    Descriptor {
        name: descriptor.name,
        version: descriptor.version,
        stage: match descriptor.stage {
            types::Stage::Generator => Stage::Generator,
            types::Stage::Transformer => Stage::Transformer,
        },
        summary: descriptor.summary,
        config_schema: descriptor.config_schema,
    }
}

pub(super) fn parameter_in(parameter: types::Parameter) -> Parameter {
    Parameter {
        name: parameter.name,
        title: parameter.title,
        tooltip: parameter.tooltip,
        required: parameter.required,
        item_type: match parameter.item_type {
            types::ItemType::String => ItemType::String,
            types::ItemType::Number => ItemType::Number,
            types::ItemType::Boolean => ItemType::Boolean,
        },
        value: match parameter.value {
            types::ParameterValue::String(text) => ParameterValue::String(text),
            types::ParameterValue::Array(items) => ParameterValue::Array(items),
            types::ParameterValue::Map(entries) => ParameterValue::Map(entries),
        },
    }
}

pub(super) fn history_in(history: types::ObjectHistory) -> ObjectHistory {
    let field = |field: types::FieldHistory| FieldHistory {
        pointer: field.pointer,
        assignments: field.assignments.into_iter().map(assignment_in).collect(),
    };
    ObjectHistory {
        made_by: cause_in(history.made_by),
        changed_by: history.changed_by.into_iter().map(cause_in).collect(),
        fields: history.fields.into_iter().map(field).collect(),
    }
}

fn assignment_in(assignment: types::Assignment) -> Assignment {
    Assignment {
        value: assignment.value,
        origin: assignment.origin.map(origin_in),
        cause: cause_in(assignment.cause),
    }
}

fn cause_in(cause: types::Cause) -> Cause {
    Cause { by: cause.by, origin: cause.origin.map(origin_in) }
}

pub(super) fn kind_out(kind: Kind) -> source::Kind {
    match kind {
        Kind::File => source::Kind::File,
        Kind::Directory => source::Kind::Directory,
    }
}

pub(super) fn read_error_out(error: ReadError) -> source::ReadError {
    match error {
        ReadError::NotFound => source::ReadError::NotFound,
        ReadError::WrongKind(kind) => source::ReadError::WrongKind(kind_out(kind)),
        ReadError::Refused(sentence) => source::ReadError::Refused(sentence),
        ReadError::Failed(reason) => source::ReadError::Failed(reason),
    }
}
