//! A component that can render.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use oarlock_plugin::{Application, Descriptor, Level, ObjectHistory, Parameter, Stage, TreePath};
use wasmtime::component::{Component, Linker};
use wasmtime::{Store, UpdateDeadline};

use super::bindings::oarlock::plugin::types;
use super::bindings::{self, MinimumPre};
use super::contract;
use super::convert::{descriptor_in, failure_in, history_in, manifest_in, parameter_in, request_out};
use super::deadline::EPOCH;
use super::defaults::lay_under;
use super::engine::{Engine, MAX_STACK_BYTES};
use super::error::{LimitKind, SandboxError};
use super::exceeded::{OverLimit, limit_of};
use super::json::fault_of;
use super::limits::{MAX_MEMORIES, MAX_TABLE_ELEMENTS, MAX_TABLES, PluginLimits};
use super::services::{Call, Services};
use super::state::{CallState, End};
use super::wasi;
use crate::manifest::Manifest;
use oarlock_model::Bytes;

/// One call of a plugin's `render`.
#[derive(Clone, Debug)]
pub struct RenderRequest {
    /// The directory to render.
    pub directory: TreePath,
    /// What is known about the Application.
    pub application: Application,
    /// The plugin's configuration as JSON text.
    pub config: String,
    /// The manifests so far.
    pub manifests: Vec<Manifest>,
}

impl RenderRequest {
    /// A request without manifests.
    ///
    /// # Errors
    /// If the configuration cannot be written as JSON.
    pub(crate) fn new(
        directory: TreePath,
        application: Application,
        config: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<Self, SandboxError> {
        let config = serde_json::to_string(config)
            .map_err(|error| SandboxError::Host(format!("cannot write a configuration: {error}")))?;
        Ok(Self { directory, application, config, manifests: Vec::new() })
    }
}

/// What a call of a plugin's `render` gave.
#[derive(Debug)]
pub(crate) struct RenderAnswer {
    /// The manifests.
    pub(crate) manifests: Vec<Manifest>,
    /// The numbers of those that are not, byte for byte, the ones that were sent at their places.
    pub(crate) changed: Vec<usize>,
}

/// A loaded plugin. Every call gets an instance of its own.
pub struct Plugin {
    name: String,
    limits: PluginLimits,
    engine: Engine,
    prepared: MinimumPre<CallState>,
    /// What it says of itself: the same each time, so it is asked once.
    descriptor: OnceLock<Descriptor>,
}

impl Plugin {
    /// Links a compiled component: everything that is the same for all calls.
    pub(crate) fn prepare(
        name: &str,
        limits: PluginLimits,
        engine: &Engine,
        component: &Component,
    ) -> Result<Self, SandboxError> {
        let mut linker = Linker::new(&engine.wasmtime);
        link(&mut linker, component, name, engine)?;
        let prepared = linker.instantiate_pre(component).and_then(MinimumPre::new).map_err(|error| {
            SandboxError::Unloadable {
                plugin: name.to_owned(),
                reason: format!("it does not fit the contract: {error:#}"),
            }
        })?;
        Ok(Self {
            name: name.to_owned(),
            limits,
            engine: engine.clone(),
            prepared,
            descriptor: OnceLock::new(),
        })
    }

    /// What the plugin says of itself.
    ///
    /// # Errors
    /// If the plugin breaks.
    pub fn describe(&self, services: &Arc<Services>) -> Result<Descriptor, SandboxError> {
        self.descriptor(services).cloned()
    }

    fn descriptor(&self, services: &Arc<Services>) -> Result<&Descriptor, SandboxError> {
        if let Some(descriptor) = self.descriptor.get() {
            return Ok(descriptor);
        }
        let descriptor = self.introduce(services)?;
        if descriptor.name == self.name {
            Ok(self.descriptor.get_or_init(|| descriptor))
        } else {
            Err(self.lied(format!("it calls itself `{}`", descriptor.name)))
        }
    }

    /// What the plugin says of itself, whatever it calls itself: for a component of which nothing
    /// but the file is known.
    ///
    /// # Errors
    /// If the plugin breaks.
    pub fn introduce(&self, services: &Arc<Services>) -> Result<Descriptor, SandboxError> {
        let ended =
            self.call(services, "describe", 0, End::of_call(services, &self.limits), |prepared, store| {
                prepared.instantiate(&mut *store)?.call_describe(store)
            })?;
        Ok(descriptor_in(ended.answer))
    }

    /// At which point of a pipeline it can stand.
    ///
    /// # Errors
    /// If the plugin breaks.
    pub fn stage(&self, services: &Arc<Services>) -> Result<Stage, SandboxError> {
        Ok(self.descriptor(services)?.stage)
    }

    /// Whether a directory is one that this generator renders.
    ///
    /// # Errors
    /// If the plugin breaks or cannot tell.
    pub fn detect(&self, services: &Arc<Services>, directory: &TreePath) -> Result<bool, SandboxError> {
        let Ended { answer, state } =
            self.call(services, "detect", 0, End::of_call(services, &self.limits), |prepared, store| {
                prepared.instantiate(&mut *store)?.call_detect(store, directory)
            })?;
        answer.map_err(|failure| self.refused(vec![failure], &state))
    }

    /// Renders.
    ///
    /// # Errors
    /// If the plugin says no, breaks or lies.
    pub fn render(
        &self,
        services: &Arc<Services>,
        request: RenderRequest,
    ) -> Result<Vec<Manifest>, SandboxError> {
        Ok(self.render_step(services, request)?.manifests)
    }

    /// Renders, and says which of the manifests it was not sent as they are.
    pub(crate) fn render_step(
        &self,
        services: &Arc<Services>,
        request: RenderRequest,
    ) -> Result<RenderAnswer, SandboxError> {
        self.render_at(services, request, 0, End::of_call(services, &self.limits))
    }

    /// The parameters that an Application may set for a request; `None` of a plugin from before
    /// there were any.
    ///
    /// # Errors
    /// If the plugin says no or breaks.
    pub fn parameters(
        &self,
        services: &Arc<Services>,
        request: RenderRequest,
    ) -> Result<Option<Vec<Parameter>>, SandboxError> {
        const EXPORT: &str = "parameters";
        if self.prepared.instance_pre().component().get_export_index(None, EXPORT).is_none() {
            return Ok(None);
        }
        let request = request_out(self.with_defaults(services, request));
        let Ended { answer, state } =
            self.call(services, EXPORT, 0, End::of_call(services, &self.limits), |prepared, store| {
                let instance = prepared.instance_pre().instantiate(&mut *store)?;
                let parameters = instance
                .get_typed_func::<(&types::Request,), (Result<Vec<types::Parameter>, Vec<types::Failure>>,)>(
                    &mut *store,
                    EXPORT,
                )?;
                Ok(parameters.call(store, (&request,))?.0)
            })?;
        match answer {
            Ok(parameters) => Ok(Some(parameters.into_iter().map(parameter_in).collect())),
            Err(failures) => Err(self.refused(failures, &state)),
        }
    }

    /// Where the manifests of a request come from, or just the one at a position; `None` of a
    /// plugin that does not know.
    ///
    /// # Errors
    /// If the plugin says no or breaks.
    pub fn blame(
        &self,
        services: &Arc<Services>,
        request: RenderRequest,
        only: Option<u32>,
    ) -> Result<Option<Vec<ObjectHistory>>, SandboxError> {
        const EXPORT: &str = "blame";
        type Answer = Result<Option<Vec<types::ObjectHistory>>, Vec<types::Failure>>;
        if self.prepared.instance_pre().component().get_export_index(None, EXPORT).is_none() {
            return Ok(None);
        }
        let request = request_out(self.with_defaults(services, request));
        let Ended { answer, state } =
            self.call(services, EXPORT, 0, End::of_call(services, &self.limits), |prepared, store| {
                let instance = prepared.instance_pre().instantiate(&mut *store)?;
                let blame = instance
                    .get_typed_func::<(&types::Request, Option<u32>), (Answer,)>(&mut *store, EXPORT)?;
                Ok(blame.call(store, (&request, only))?.0)
            })?;
        match answer {
            Ok(histories) => Ok(histories.map(|histories| histories.into_iter().map(history_in).collect())),
            Err(failures) => Err(self.refused(failures, &state)),
        }
    }

    /// Renders for another plugin, which waits.
    pub(super) fn render_at(
        &self,
        services: &Arc<Services>,
        request: RenderRequest,
        depth: u32,
        end: End,
    ) -> Result<RenderAnswer, SandboxError> {
        services.renders(&self.name);
        let request = request_out(self.with_defaults(services, request));
        let Ended { answer, state } = self.call(services, "render", depth, end, |prepared, store| {
            prepared.instantiate(&mut *store)?.call_render(store, &request)
        })?;
        let manifests = match answer {
            Ok(manifests) => manifests,
            Err(failures) => return Err(self.refused(failures, &state)),
        };
        if let Some(panicked) = state.panicked() {
            services.log(&self.name, Level::Info, format!("it went on after it reported: {panicked}"));
        }
        drop(state);
        let is_sent = |index: usize| {
            request.manifests.get(index).is_some_and(|sent| sent.json == manifests[index].json)
        };
        let changed: Vec<usize> = (0..manifests.len()).filter(|index| !is_sent(*index)).collect();
        // What comes back as it was sent was looked at when a plugin made it. One that composes may
        // send anything, and gets it back itself.
        for index in &changed {
            if let Some(fault) = fault_of(&manifests[*index].json) {
                return Err(self.lied(format!("its manifest number {} {fault}", index + 1)));
            }
        }
        Ok(RenderAnswer { manifests: manifests.into_iter().map(manifest_in).collect(), changed })
    }

    /// A request with the defaults that the render has for this plugin.
    fn with_defaults(&self, services: &Services, request: RenderRequest) -> RenderRequest {
        match services.defaults.of(&self.name) {
            Some(defaults) => RenderRequest { config: lay_under(request.config, defaults), ..request },
            None => request,
        }
    }

    /// Calls an export in a fresh instance.
    fn call<T>(
        &self,
        services: &Arc<Services>,
        export: &'static str,
        depth: u32,
        end: End,
        run: impl FnOnce(&MinimumPre<CallState>, &mut Store<CallState>) -> wasmtime::Result<T>,
    ) -> Result<Ended<T>, SandboxError> {
        let state = CallState::new(self.name.clone(), Arc::clone(services), depth, end, &self.limits);
        let output = state.limits.output;
        if let Err(OverLimit(kind)) = state.check() {
            return Err(self.over_limit(kind, services, None));
        }
        let mut store = Store::new(&self.engine.wasmtime, state);
        store.limiter(|state| state);
        store.set_hostcall_fuel(usize::try_from(output.0).unwrap_or(usize::MAX));
        store.set_epoch_deadline(epochs(store.data().next_look()));
        store.epoch_deadline_callback(|store| {
            let state = store.data();
            state.check()?;
            Ok(UpdateDeadline::Continue(epochs(state.next_look())))
        });
        if self.engine.is_counting {
            store.set_fuel(u64::MAX).map_err(|error| SandboxError::Host(format!("{error:#}")))?;
        }
        let running = self.engine.ticker.run();
        let begun = Instant::now();
        let answer = run(&self.prepared, &mut store);
        let time = begun.elapsed();
        drop(running);
        if let Ok(left) = store.get_fuel() {
            services.record_executed(u64::MAX - left);
        }
        let mut state = store.into_data();
        services.record_call(|| Call {
            plugin: self.name.clone(),
            export,
            depth,
            time,
            memory: state.most_memory(),
        });
        state.log_rest();
        match answer {
            Ok(answer) => Ok(Ended { answer, state }),
            Err(error) => Err(self.explain(state, export, &error)),
        }
    }

    /// Why a call ended in a trap.
    fn explain(&self, mut state: CallState, export: &'static str, error: &wasmtime::Error) -> SandboxError {
        let said = state.said();
        if let Some(kind) = limit_of(error) {
            return match state.take_blamed() {
                Some(blamed) => blamed,
                None => self.over_limit(kind, &state.services, said),
            };
        }
        let reason = format!("{:#}", error.root_cause());
        let plugin = self.name.clone();
        match said {
            Some(message) => SandboxError::Panicked { plugin, message },
            None => SandboxError::Trapped { plugin, export, reason },
        }
    }

    fn over_limit(&self, kind: LimitKind, services: &Services, said: Option<String>) -> SandboxError {
        let limits = &self.limits.over(&services.limits);
        let value = match kind {
            LimitKind::Memory => limits.memory.to_string(),
            LimitKind::Deadline => format!("{} s", limits.deadline_seconds),
            LimitKind::Pipeline => format!("{} s", limits.pipeline_seconds),
            LimitKind::Output => limits.output.to_string(),
            LimitKind::Read => limits.read.to_string(),
            LimitKind::ReadRecord => limits.read_record.to_string(),
            LimitKind::ComposeDepth => limits.compose_depth.to_string(),
            LimitKind::CompileTime => format!("{} s", limits.compile_seconds),
            LimitKind::CompileMemory => limits.compile_memory.to_string(),
            LimitKind::Client => match services.interrupt.as_ref().and_then(|interrupt| interrupt.given()) {
                Some(given) => format!("{:.1} s", given.as_secs_f64()),
                None => "the time".to_owned(),
            },
            LimitKind::Stack => self.limits.stack.unwrap_or(Bytes(MAX_STACK_BYTES as u64)).to_string(),
            LimitKind::Process => "what is left".to_owned(),
            LimitKind::Instances => self.limits.instances().to_string(),
            LimitKind::Memories => MAX_MEMORIES.to_string(),
            LimitKind::Tables => MAX_TABLES.to_string(),
            LimitKind::TableElements => MAX_TABLE_ELEMENTS.to_string(),
        };
        SandboxError::Limit { plugin: self.name.clone(), kind, value, said, own: self.limits.has(kind) }
    }

    fn lied(&self, reason: String) -> SandboxError {
        SandboxError::ContractViolation { plugin: self.name.clone(), reason }
    }

    /// The plugin said no.
    fn refused(&self, failures: Vec<types::Failure>, state: &CallState) -> SandboxError {
        let mut failures: Vec<_> = failures.into_iter().map(failure_in).collect();
        let Some(first) = failures.first_mut() else {
            // What other languages throw, their toolchains make a failure without reasons.
            return match state.said() {
                Some(message) => SandboxError::Panicked { plugin: self.name.clone(), message },
                None => self.lied("it failed without a reason".to_owned()),
            };
        };
        if let Some(panicked) = state.panicked() {
            first.notes.push(format!("the plugin reported: {panicked}"));
        }
        SandboxError::Failed { plugin: self.name.clone(), failures }
    }
}

/// How a call ended that did not trap.
struct Ended<T> {
    answer: T,
    state: CallState,
}

/// Links what a component imports, and refuses by name what no plugin is given.
fn link(
    linker: &mut Linker<CallState>,
    component: &Component,
    name: &str,
    engine: &Engine,
) -> Result<(), SandboxError> {
    let failed = |error| SandboxError::Host(format!("cannot link plugins: {error:#}"));
    for (import, item) in component.component_type().imports(&engine.wasmtime) {
        // Compiled code may be of a time when more was given.
        if !contract::is_given(import) {
            let import = import.to_owned();
            return Err(SandboxError::ForbiddenImport { plugin: name.to_owned(), import });
        }
        wasi::link(linker, import, &item.ty, &engine.wasmtime).map_err(failed)?;
    }
    bindings::Minimum::add_to_linker::<_, wasmtime::component::HasSelf<_>>(linker, |state| state)
        .map_err(failed)
}

/// The epochs that a time takes, at least one.
fn epochs(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(EPOCH.as_nanos())).unwrap_or(u64::MAX / 2).max(1)
}
