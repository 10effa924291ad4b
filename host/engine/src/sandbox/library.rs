//! The plugins that may run.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use tracing::{info, warn};

use oarlock_plugin::Stage;

use super::code_cache::{Code, CodeCache};
use super::compile::{CompileError, Compiler, InProcess, KeepGoing};
use super::contract;
use super::engine::Engine;
use super::error::{LimitKind, SandboxError};
use super::limits::PluginLimits;
use super::plugin::Plugin;
use super::plugin_source::{Component, PluginSource};

/// How many components that cannot be loaded are remembered, so that they are not compiled for
/// every render of their repository.
const REJECTIONS: usize = 256;

/// Who writes lines about what is loaded, in the log.
const AUDIT: &str = "audit";

/// How often a thread that waits for a plugin to be loaded checks whether to stop waiting.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Compiled code that is part of the program: the SHA-256 of a component, in lower-case
/// hexadecimal, and what [`precompile`](super::precompile) made of it.
pub type Precompiled = (&'static str, &'static [u8]);

/// Where the compiled code of a plugin comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeOrigin {
    /// It is part of the program.
    Embedded,
    /// It is compiled on this machine.
    Compiled {
        /// Whether it is in the cache already.
        cached: bool,
        /// Why the code that is part of the program cannot be loaded, where there is such code.
        unfit: Option<String>,
    },
}

/// Called with the name of a plugin before it is compiled, which may take seconds.
pub type OnCompile = Arc<dyn Fn(&str) + Send + Sync>;

struct Slot {
    name: String,
    source: PluginSource,
    limits: PluginLimits,
    /// That of the component which was loaded.
    digest: OnceLock<String>,
    state: Mutex<LoadState>,
    changed: Condvar,
}

/// How far a plugin is loaded.
enum LoadState {
    Idle,
    Loading,
    Loaded(Result<Arc<Plugin>, SandboxError>),
}

/// What all clones of a library share.
#[derive(Default)]
struct Shared {
    /// Held while a component of a user is compiled: one at a time, so that limits on it are limits
    /// of the process.
    compiling: Mutex<()>,
    /// Components that cannot be loaded, by name and digest, the oldest first.
    rejections: Mutex<VecDeque<(String, String, SandboxError)>>,
}

/// The plugins that may run, each loaded when it is first asked for. Clones share what is loaded.
#[derive(Clone)]
pub struct Library {
    engine: Engine,
    cache: Option<CodeCache>,
    compiler: Arc<dyn Compiler>,
    on_compile: Option<OnCompile>,
    precompiled: &'static [Precompiled],
    slots: Vec<Arc<Slot>>,
    shared: Arc<Shared>,
}

impl Library {
    /// A library without plugins. Without a cache, every process compiles.
    pub fn new(engine: Engine, cache: Option<CodeCache>) -> Self {
        Self {
            engine,
            cache,
            compiler: Arc::new(InProcess),
            on_compile: None,
            precompiled: &[],
            slots: Vec::new(),
            shared: Arc::default(),
        }
    }

    /// Has components that are not part of the program compiled by something else than this
    /// process, which sets them no limits.
    #[must_use]
    pub fn compiled_by(mut self, compiler: Arc<dyn Compiler>) -> Self {
        self.compiler = compiler;
        self
    }

    /// Calls something before each compilation.
    #[must_use]
    pub fn on_compile(mut self, call: OnCompile) -> Self {
        self.on_compile = Some(call);
        self
    }

    /// Code of bundled plugins that is part of the program, so that they are not compiled where it
    /// fits this processor. It is run as it is: it must come from
    /// [`precompile`](super::precompile) when the program was built.
    #[must_use]
    pub fn precompiled(mut self, code: &'static [Precompiled]) -> Self {
        self.precompiled = code;
        self
    }

    /// Adds a plugin. One of the same name that is there already gives way.
    pub fn add(&mut self, name: &str, source: PluginSource) {
        self.add_limited(name, source, PluginLimits::default());
    }

    /// The same, of a plugin with limits of its own.
    pub fn add_limited(&mut self, name: &str, source: PluginSource, limits: PluginLimits) {
        self.slots.retain(|slot| slot.name != name);
        self.slots.push(Arc::new(Slot {
            name: name.to_owned(),
            source,
            limits,
            digest: OnceLock::new(),
            state: Mutex::new(LoadState::Idle),
            changed: Condvar::new(),
        }));
    }

    /// A library with the same engine, cache and compiler, and without plugins.
    #[must_use]
    pub fn without_plugins(&self) -> Self {
        Self { slots: Vec::new(), ..self.clone() }
    }

    /// Takes over what another library has loaded, where the component and its limits are the same
    /// here.
    pub fn adopt(&mut self, other: &Self) {
        for slot in &mut self.slots {
            let Some(old) = other.slots.iter().find(|old| old.name == slot.name) else { continue };
            let Some(digest) = old.digest.get().filter(|_| old.limits == slot.limits) else { continue };
            // It has to be allowed here, too: what vouched for it there may be gone.
            if let Ok(component) = slot.read()
                && component.digest == *digest
            {
                let _ = slot.digest.set(component.digest);
                *lock(&slot.state) = match &*lock(&old.state) {
                    LoadState::Loaded(Ok(plugin)) => LoadState::Loaded(Ok(Arc::clone(plugin))),
                    _ => LoadState::Idle,
                };
            }
        }
    }

    /// The digest of a plugin's component that is loaded, SHA-256 in lower-case hexadecimal.
    pub fn loaded_digest(&self, name: &str) -> Option<&str> {
        self.slot(name).ok()?.digest.get().map(String::as_str)
    }

    /// The names of the plugins, in the order they were added.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.slots.iter().map(|slot| slot.name.as_str())
    }

    /// Where a plugin comes from.
    pub fn source(&self, name: &str) -> Option<&PluginSource> {
        self.slot(name).ok().map(|slot| &slot.source)
    }

    /// The plugin of a name, loaded.
    ///
    /// # Errors
    /// If there is none, or it cannot be loaded; the same error each time.
    pub fn get(&self, name: &str) -> Result<Arc<Plugin>, SandboxError> {
        self.get_while(name, &|| true)
    }

    /// The plugin of a name, loaded while someone wants it.
    ///
    /// # Errors
    /// As [`get`](Self::get); that nobody waits any more is not remembered.
    pub fn get_while(&self, name: &str, keep_going: KeepGoing<'_>) -> Result<Arc<Plugin>, SandboxError> {
        let slot = self.slot(name)?;
        let mut state = lock(&slot.state);
        loop {
            match &*state {
                LoadState::Loaded(loaded) => return loaded.clone(),
                LoadState::Idle => break,
                LoadState::Loading if !keep_going() => return Err(abandoned(name)),
                LoadState::Loading => {
                    let waited = slot.changed.wait_timeout(state, LOOK_EVERY);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
        *state = LoadState::Loading;
        drop(state);
        let loading = Loading(slot);
        let loaded = self.load(slot, keep_going).map(Arc::new);
        let is_abandoned = matches!(&loaded, Err(SandboxError::Limit { kind: LimitKind::Client, .. }));
        if !is_abandoned {
            *lock(&slot.state) = LoadState::Loaded(loaded.clone());
        }
        drop(loading);
        loaded
    }

    /// Where the compiled code of a plugin comes from when it is loaded next.
    ///
    /// # Errors
    /// If its file cannot be read or is not the one that was allowed.
    pub fn code_origin(&self, name: &str) -> Result<CodeOrigin, SandboxError> {
        let slot = self.slot(name)?;
        let component = slot.read()?;
        let unfit = match self.embedded(slot, &component).map(|code| code.load(&self.engine)) {
            Some(Ok(_)) => return Ok(CodeOrigin::Embedded),
            Some(Err(error)) => Some(format!("{error:#}")),
            None => None,
        };
        let cached = self.cache.as_ref().and_then(|cache| cache.load(&self.engine, &component.digest));
        Ok(CodeOrigin::Compiled { cached: cached.is_some(), unfit })
    }

    /// The component of a plugin.
    ///
    /// # Errors
    /// If its file cannot be read or is not the one that was allowed.
    pub fn component(&self, name: &str) -> Result<Component, SandboxError> {
        self.slot(name)?.read()
    }

    /// At which point of a pipeline a plugin can stand, as far as that is known without loading it.
    pub(crate) fn known_stage(&self, name: &str) -> Option<Stage> {
        match self.source(name)? {
            PluginSource::Bundled(bundled) if bundled.is_generator => Some(Stage::Generator),
            PluginSource::Bundled(_) => Some(Stage::Transformer),
            PluginSource::Bytes(_) | PluginSource::File { .. } | PluginSource::Supplied(_) => None,
        }
    }

    /// Whether there is a plugin of a name; the error names the nearest one.
    ///
    /// # Errors
    /// If there is none.
    pub fn check_known(&self, name: &str) -> Result<(), SandboxError> {
        self.slot(name).map(|_| ())
    }

    fn slot(&self, name: &str) -> Result<&Slot, SandboxError> {
        let found = self.slots.iter().find(|slot| slot.name == name);
        found.map(Arc::as_ref).ok_or_else(|| SandboxError::Unknown {
            name: name.to_owned(),
            known: self.names().map(str::to_owned).collect(),
        })
    }

    fn load(&self, slot: &Slot, keep_going: KeepGoing<'_>) -> Result<Plugin, SandboxError> {
        // The digest of a bundled plugin is known without looking at it, which saves a warm start
        // the reading and hashing.
        let component = slot.read()?;
        let known = (slot.name.as_str(), component.digest.as_str());
        if let Some(error) = self.shared.rejection(known) {
            return Err(error);
        }
        let begun = Instant::now();
        let loaded = self.load_component(slot, &component, keep_going);
        audit(slot, &component, begun.elapsed(), loaded.as_ref().err());
        match &loaded {
            Ok(_) => drop(slot.digest.set(component.digest.clone())),
            Err(error) if error.is_about_the_component() => self.shared.remember(known, error),
            Err(_) => {}
        }
        loaded
    }

    fn load_component(
        &self,
        slot: &Slot,
        component: &Component,
        keep_going: KeepGoing<'_>,
    ) -> Result<Plugin, SandboxError> {
        if let Some(plugin) = self.cached(slot, component) {
            return plugin;
        }
        contract::check(&slot.name, &component.bytes)?;
        let is_bundled = matches!(slot.source, PluginSource::Bundled(_));
        // The thread before this one may have compiled the same component.
        let turn = if is_bundled { None } else { Some(self.shared.turn(&slot.name, keep_going)?) };
        if turn.is_some()
            && let Some(plugin) = self.cached(slot, component)
        {
            return plugin;
        }
        if let Some(call) = &self.on_compile {
            call(&slot.name);
        }
        let compiler: &dyn Compiler = if is_bundled { &InProcess } else { self.compiler.as_ref() };
        let code = compiler
            .compile(&self.engine, &component.bytes, keep_going)
            .map_err(|error| explain(&slot.name, error))?;
        drop(turn);
        // Kept even if it does not fit the contract: to find that out again shall not take
        // compiling it again.
        if let Some(cache) = &self.cache {
            cache.store(&self.engine, &component.digest, &code);
        }
        self.prepare(slot, &Code::Bytes(code))
            .unwrap_or_else(|reason| Err(SandboxError::Unloadable { plugin: slot.name.clone(), reason }))
    }

    /// Code that the program has for a bundled plugin.
    fn embedded(&self, slot: &Slot, component: &Component) -> Option<Code> {
        if !matches!(slot.source, PluginSource::Bundled(_)) {
            return None;
        }
        let (_, code) = self.precompiled.iter().find(|(digest, _)| *digest == component.digest)?;
        Some(Code::Embedded(code))
    }

    /// The plugin from compiled code of an earlier time: when the program was built, or another
    /// process. Code that cannot be loaded is compiled again.
    fn cached(&self, slot: &Slot, component: &Component) -> Option<Result<Plugin, SandboxError>> {
        let embedded = self.embedded(slot, component).and_then(|code| self.prepare(slot, &code).ok());
        if embedded.is_some() {
            return embedded;
        }
        let code = self.cache.as_ref()?.load(&self.engine, &component.digest)?;
        self.prepare(slot, &code).ok()
    }

    /// Loads compiled code: into the pool, where there is one and the component is small enough,
    /// else on its own.
    fn prepare(&self, slot: &Slot, code: &Code) -> Result<Result<Plugin, SandboxError>, String> {
        let error_of = |error: wasmtime::Error| format!("{error:#}");
        if let Some(stack) = slot.limits.stack {
            let stack = usize::try_from(stack.0).unwrap_or(usize::MAX);
            let engine = Engine::with_stack(stack).map_err(|error| error.to_string())?;
            let compiled = code.load(&engine).map_err(error_of)?;
            return Ok(Plugin::prepare(&slot.name, slot.limits, &engine, &compiled));
        }
        let (engine, compiled) = match (code.load(&self.engine), self.engine.without_pool()) {
            (Ok(compiled), _) => (&self.engine, compiled),
            (Err(_), Some(engine)) => (engine, code.load(engine).map_err(error_of)?),
            (Err(error), None) => return Err(error_of(error)),
        };
        Ok(Plugin::prepare(&slot.name, slot.limits, engine, &compiled))
    }
}

impl Slot {
    fn read(&self) -> Result<Component, SandboxError> {
        self.source.read(&self.name)
    }
}

/// One line for each component that is loaded, or refused: what it is, and why it may run.
fn audit(slot: &Slot, component: &Component, took: Duration, refused: Option<&SandboxError>) {
    let (plugin, source) = (slot.name.as_str(), slot.source.origin());
    let (size, took_ms) = (component.bytes.len(), u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
    let digest = format_args!("sha256:{}", component.digest);
    let trust = component.trust.as_str();
    match refused {
        None => info!(target: AUDIT, plugin, source, %digest, trust, size, took_ms, "component loaded"),
        Some(error) => {
            warn!(target: AUDIT, plugin, source, %digest, trust, size, %error, "component refused");
        }
    }
}

/// Lets others try if a plugin could not be loaded for a reason that is not remembered, a panic
/// among them.
struct Loading<'a>(&'a Slot);

impl Drop for Loading<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        if matches!(*state, LoadState::Loading) {
            *state = LoadState::Idle;
        }
        drop(state);
        self.0.changed.notify_all();
    }
}

impl Shared {
    /// Waits for the turn to compile.
    fn turn(&self, name: &str, keep_going: KeepGoing<'_>) -> Result<MutexGuard<'_, ()>, SandboxError> {
        loop {
            match self.compiling.try_lock() {
                Ok(turn) => return Ok(turn),
                Err(TryLockError::Poisoned(turn)) => return Ok(turn.into_inner()),
                Err(TryLockError::WouldBlock) if !keep_going() => return Err(abandoned(name)),
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOOK_EVERY / 5),
            }
        }
    }

    fn rejection(&self, (name, digest): (&str, &str)) -> Option<SandboxError> {
        let rejections = lock(&self.rejections);
        let found = rejections.iter().find(|(of, component, _)| of == name && component == digest);
        found.map(|(_, _, error)| error.clone())
    }

    fn remember(&self, (name, digest): (&str, &str), error: &SandboxError) {
        let mut rejections = lock(&self.rejections);
        if rejections.len() == REJECTIONS {
            rejections.pop_front();
        }
        rejections.push_back((name.to_owned(), digest.to_owned(), error.clone()));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Nobody waits for the plugin any more.
fn abandoned(plugin: &str) -> SandboxError {
    let value = "the time".to_owned();
    SandboxError::Limit { plugin: plugin.to_owned(), kind: LimitKind::Client, value, said: None, own: false }
}

fn explain(plugin: &str, error: CompileError) -> SandboxError {
    let limit =
        |kind, value| SandboxError::Limit { plugin: plugin.to_owned(), kind, value, said: None, own: false };
    match error {
        CompileError::Invalid(reason) => SandboxError::Unloadable { plugin: plugin.to_owned(), reason },
        CompileError::Time(seconds) => limit(LimitKind::CompileTime, format!("{seconds} s")),
        CompileError::Memory(bytes) => limit(LimitKind::CompileMemory, bytes.to_string()),
        CompileError::Interrupted => abandoned(plugin),
        CompileError::Broken(reason) => {
            SandboxError::Host(format!("cannot compile plugin `{plugin}`: {reason}"))
        }
    }
}
