//! What can go wrong between a component and its answer.

use oarlock_plugin::{Failure, nearest};

/// Why a plugin gave no manifests.
///
/// An error has one of three causes, each with its own variants: the plugin reported failures
/// ([`Failed`](Self::Failed)), the plugin broke ([`Limit`](Self::Limit),
/// [`Panicked`](Self::Panicked), [`Trapped`](Self::Trapped),
/// [`ContractViolation`](Self::ContractViolation)), or it could not be run at all (the others).
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// No such plugin is known or allowed.
    #[error("there is no plugin `{name}`")]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The names that would have been found.
        known: Vec<String>,
    },
    /// The file of a plugin could not be read or is not the one that was allowed.
    #[error("cannot load plugin `{plugin}`: {reason}")]
    Unloadable {
        /// The plugin.
        plugin: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nobody vouches for the component of a plugin.
    #[error("cannot load plugin `{plugin}`: {reason}")]
    Refused {
        /// The plugin.
        plugin: String,
        /// Why.
        reason: String,
        /// What to do.
        hint: Option<String>,
    },
    /// The file of a plugin is not there or cannot be read.
    #[error("cannot read plugin `{plugin}`: {reason}")]
    Unreadable {
        /// The plugin.
        plugin: String,
        /// The file and the operating system's reason.
        reason: String,
    },
    /// The component speaks a contract that this host does not.
    #[error("plugin `{plugin}` {reason}")]
    Contract {
        /// The plugin.
        plugin: String,
        /// Which contract it needs and which ones are here.
        reason: String,
        /// What to do.
        hint: String,
    },
    /// The component asks for more than the contract gives.
    #[error("plugin `{plugin}` imports `{import}`, which no plugin is given")]
    ForbiddenImport {
        /// The plugin.
        plugin: String,
        /// The import.
        import: String,
    },
    /// The call went over a limit.
    #[error("plugin `{plugin}` went over its limit of {value} {kind}")]
    Limit {
        /// The plugin.
        plugin: String,
        /// Which limit.
        kind: LimitKind,
        /// Its value, with its unit.
        value: String,
        /// What the plugin had said of a failure of its own by then.
        said: Option<String>,
        /// Whether it is a limit of this plugin, and not of all.
        own: bool,
    },
    /// The plugin panicked and said why.
    #[error("plugin `{plugin}` panicked: {message}")]
    Panicked {
        /// The plugin.
        plugin: String,
        /// The message, with the place in the plugin's source.
        message: String,
    },
    /// The instance trapped.
    #[error("plugin `{plugin}` broke in `{export}`: {reason}")]
    Trapped {
        /// The plugin.
        plugin: String,
        /// The export that was called.
        export: &'static str,
        /// wasmtime's reason.
        reason: String,
    },
    /// The answer breaks the contract.
    #[error("plugin `{plugin}` broke the contract: {reason}")]
    ContractViolation {
        /// The plugin.
        plugin: String,
        /// How.
        reason: String,
    },
    /// The plugin said no.
    #[error("plugin `{plugin}` failed")]
    Failed {
        /// The plugin.
        plugin: String,
        /// Its reasons, at least one.
        failures: Vec<Failure>,
    },
    /// The host could not do its part.
    #[error("{0}")]
    Host(String),
}

/// The limits of plugins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitKind {
    /// [`Limits::memory`](super::Limits::memory).
    Memory,
    /// [`Limits::deadline_seconds`](super::Limits::deadline_seconds).
    Deadline,
    /// [`Limits::output`](super::Limits::output).
    Output,
    /// [`Limits::read`](super::Limits::read).
    Read,
    /// [`Limits::compose_depth`](super::Limits::compose_depth).
    ComposeDepth,
    /// [`Limits::pipeline_seconds`](super::Limits::pipeline_seconds).
    Pipeline,
    /// [`Limits::read_record`](super::Limits::read_record).
    ReadRecord,
    /// [`Limits::compile_seconds`](super::Limits::compile_seconds).
    CompileTime,
    /// [`Limits::compile_memory`](super::Limits::compile_memory).
    CompileMemory,
    /// How long the caller waits.
    Client,
    /// The call stack, which is fixed.
    Stack,
    /// The memory that all calls of the process share.
    Process,
    /// `PluginLimits::instances`, and a fixed limit above it.
    Instances,
    /// Memories of a component, whose number is fixed.
    Memories,
    /// Tables of a component, whose number is fixed.
    Tables,
    /// Elements of a table, whose number is fixed.
    TableElements,
}

impl LimitKind {
    /// Every limit.
    pub const ALL: [Self; 16] = [
        Self::Memory,
        Self::Deadline,
        Self::Output,
        Self::Read,
        Self::ComposeDepth,
        Self::Pipeline,
        Self::ReadRecord,
        Self::CompileTime,
        Self::CompileMemory,
        Self::Client,
        Self::Stack,
        Self::Process,
        Self::Instances,
        Self::Memories,
        Self::Tables,
        Self::TableElements,
    ];

    /// A name for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Deadline => "deadline",
            Self::Output => "output",
            Self::Read => "read",
            Self::ComposeDepth => "composeDepth",
            Self::Pipeline => "pipeline",
            Self::ReadRecord => "readRecord",
            Self::CompileTime => "compileTime",
            Self::CompileMemory => "compileMemory",
            Self::Client => "client",
            Self::Stack => "stack",
            Self::Process => "process",
            Self::Instances => "instances",
            Self::Memories => "memories",
            Self::Tables => "tables",
            Self::TableElements => "tableElements",
        }
    }

    /// The setting of the operator's configuration that raises the limit, where there is one.
    pub fn setting(self) -> Option<&'static str> {
        match self {
            Self::Memory => Some("limits.memory"),
            Self::Deadline => Some("limits.deadlineSeconds"),
            Self::Output => Some("limits.output"),
            Self::Read => Some("limits.read"),
            Self::ComposeDepth => Some("limits.composeDepth"),
            Self::Pipeline => Some("limits.pipelineSeconds"),
            Self::ReadRecord => Some("limits.readRecord"),
            Self::CompileTime => Some("limits.compileSeconds"),
            Self::CompileMemory => Some("limits.compileMemory"),
            Self::Process => Some("argocd.memory"),
            Self::Instances => Some("limits.instances"),
            Self::Client | Self::Stack | Self::Memories | Self::Tables | Self::TableElements => None,
        }
    }
}

impl std::fmt::Display for LimitKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Memory => "of memory",
            Self::Deadline => "per call",
            Self::Output => "of output",
            Self::Read => "of files read",
            Self::ComposeDepth => "plugins calling plugins",
            Self::Pipeline => "for the whole pipeline",
            Self::ReadRecord => "of paths looked up",
            Self::CompileTime => "of processor time to compile",
            Self::CompileMemory => "of memory to compile",
            Self::Client => "that the client waits",
            Self::Stack => "of call stack",
            Self::Process => "of the memory that requests share",
            Self::Instances => "core instances",
            Self::Memories => "memories",
            Self::Tables => "tables",
            Self::TableElements => "elements in a table",
        })
    }
}

impl SandboxError {
    /// The plugin that caused it, if one did.
    pub fn plugin(&self) -> Option<&str> {
        match self {
            Self::Unknown { name, .. } => Some(name),
            Self::Unloadable { plugin, .. }
            | Self::Refused { plugin, .. }
            | Self::Unreadable { plugin, .. }
            | Self::Contract { plugin, .. }
            | Self::ForbiddenImport { plugin, .. }
            | Self::Limit { plugin, .. }
            | Self::Panicked { plugin, .. }
            | Self::Trapped { plugin, .. }
            | Self::ContractViolation { plugin, .. }
            | Self::Failed { plugin, .. } => Some(plugin),
            Self::Host(_) => None,
        }
    }

    /// Whether the same component would be refused again.
    pub(super) fn is_about_the_component(&self) -> bool {
        match self {
            Self::Unloadable { .. } | Self::Contract { .. } | Self::ForbiddenImport { .. } => true,
            Self::Limit { kind, .. } => matches!(kind, LimitKind::CompileTime | LimitKind::CompileMemory),
            _ => false,
        }
    }

    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { name, known } => Some(match nearest(name, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", known.join(", ")),
            }),
            Self::Contract { hint, .. } => Some(hint.clone()),
            Self::Refused { hint, .. } => hint.clone(),
            Self::ForbiddenImport { .. } => Some(
                "plugins get the tree, a log and other plugins; build it without network, files and threads"
                    .into(),
            ),
            Self::Limit { kind: LimitKind::Stack, .. } => {
                Some("the plugin recurses too deeply on this input".into())
            }
            Self::Limit { kind: LimitKind::Client, .. } => Some(
                "for Argo CD this is `--repo-server-timeout-seconds` of the controller or the API server"
                    .into(),
            ),
            Self::Limit { kind: LimitKind::Instances, own: false, .. }
            | Self::Limit {
                kind: LimitKind::Memories | LimitKind::Tables | LimitKind::TableElements, ..
            } => Some("the limit is fixed, so the component has to be built with fewer".into()),
            Self::Limit { kind, own, plugin, .. } => kind.setting().map(|setting| {
                let of = if *own { format!("plugins.{plugin}.") } else { String::new() };
                format!("raise `{of}{setting}` in the operator's configuration")
            }),
            Self::Panicked { .. } | Self::ContractViolation { .. } | Self::Trapped { .. } => {
                Some("this is a bug in the plugin; tell its author".into())
            }
            _ => None,
        }
    }

    /// The message for the user, or for the plugin that called: the plugin's own reasons, or that
    /// it broke and what to do.
    pub fn into_failures(self) -> Vec<Failure> {
        match self {
            Self::Failed { failures, .. } => failures,
            broken => {
                let mut failure = Failure::new(broken.to_string());
                if let Self::Limit { said: Some(said), .. } = &broken {
                    failure = failure.note(format!("the plugin reported: {said}"));
                }
                vec![match broken.hint() {
                    Some(hint) => failure.hint(hint),
                    None => failure,
                }]
            }
        }
    }
}
