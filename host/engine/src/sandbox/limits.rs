//! How much one call of a plugin may take.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::LimitKind;
use oarlock_model::Bytes;

/// The most core instances of a component and the components in it.
const MAX_INSTANCES: usize = 1_000;

/// The most memories of a component and the components in it.
pub(super) const MAX_MEMORIES: usize = 100;

/// The most tables of a component and the components in it.
pub(super) const MAX_TABLES: usize = 1_000;

/// The most elements of a table: function pointers of a large component, with room.
pub(super) const MAX_TABLE_ELEMENTS: usize = 50_000;

/// How much plugins may take. What goes over a limit ends with an error that names the limit and
/// its setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Limits {
    /// Memories and tables of all instances of a render, those of plugins that call plugins
    /// together.
    pub memory: Bytes,
    /// Seconds from the start of the call to its end, plugins that it calls included.
    pub deadline_seconds: u32,
    /// Manifests and failures that the call returns, together.
    pub output: Bytes,
    /// Files that the render reads, repeated reads counted again.
    pub read: Bytes,
    /// Lines that the call may log, and as many warnings; further ones are dropped.
    pub log_lines: u32,
    /// How deep plugins may call plugins.
    pub compose_depth: u32,
    /// Seconds from the first call of a render to the end of its last.
    pub pipeline_seconds: u32,
    /// Plugins in a pipeline.
    pub pipeline_steps: u32,
    /// The record of what a render looked up in the tree: each path once, with its answer.
    pub read_record: Bytes,
    /// Seconds of processor time that compiling a component may take, unless it is part of the
    /// program.
    pub compile_seconds: u32,
    /// Address space of the process that compiles a component, unless it is part of the program.
    pub compile_memory: Bytes,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: Bytes(256 << 20),
            deadline_seconds: 10,
            output: Bytes(64 << 20),
            read: Bytes(256 << 20),
            log_lines: 1_000,
            compose_depth: 4,
            pipeline_seconds: 60,
            pipeline_steps: 32,
            read_record: Bytes(32 << 20),
            compile_seconds: 60,
            compile_memory: Bytes(2 << 30),
        }
    }
}

impl Limits {
    /// The deadline as a duration.
    pub fn deadline(&self) -> Duration {
        Duration::from_secs(self.deadline_seconds.into())
    }

    /// How long a whole pipeline may take.
    pub fn pipeline(&self) -> Duration {
        Duration::from_secs(self.pipeline_seconds.into())
    }
}

/// Limits of one plugin, in place of those for all. What is not set is as for all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields, expecting = "a mapping")]
pub struct PluginLimits {
    /// Memories and tables of one call.
    pub memory: Option<Bytes>,
    /// Seconds from the start of a call to its end.
    pub deadline_seconds: Option<u32>,
    /// Manifests and failures that a call returns, together.
    pub output: Option<Bytes>,
    /// Call stack, up to 1 MiB.
    pub stack: Option<Bytes>,
    /// Core instances of a component: one or a few for compiled languages, dozens for interpreted
    /// ones.
    pub instances: Option<u32>,
}

impl PluginLimits {
    /// Whether the plugin has a limit of its own.
    pub(super) fn has(&self, kind: LimitKind) -> bool {
        match kind {
            LimitKind::Memory => self.memory.is_some(),
            LimitKind::Deadline => self.deadline_seconds.is_some(),
            LimitKind::Output => self.output.is_some(),
            // One that is not below the fixed limit sets none.
            LimitKind::Instances => self.instances() < MAX_INSTANCES,
            _ => false,
        }
    }

    /// The most core instances of the component.
    pub(super) fn instances(&self) -> usize {
        let own = self.instances.and_then(|most| usize::try_from(most).ok());
        own.map_or(MAX_INSTANCES, |most| most.min(MAX_INSTANCES))
    }

    /// The limits of a call of the plugin: those for all where it has none of its own.
    pub(super) fn over(&self, all: &Limits) -> Limits {
        Limits {
            memory: self.memory.unwrap_or(all.memory),
            deadline_seconds: self.deadline_seconds.unwrap_or(all.deadline_seconds),
            output: self.output.unwrap_or(all.output),
            ..*all
        }
    }
}
