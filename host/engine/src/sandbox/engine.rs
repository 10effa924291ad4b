//! wasmtime's engine, set up for plugins.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use wasmtime::{Config, Enabled, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

use super::code_cache::allow_code_in_place;
use super::deadline::Ticker;
use super::error::SandboxError;

/// Stack of WebAssembly code, in bytes. Threads that run plugins need a few times as much.
pub(crate) const MAX_STACK_BYTES: usize = 1 << 20;

/// What the process is going to do, which decides how instances are allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// A few calls, then the process ends: nothing is worth preparing.
    Few,
    /// Many calls, up to so many at once: instances come from a pool.
    Many {
        /// The most calls at once.
        at_once: u32,
    },
}

/// The engine that compiles and runs plugins. Clones share it.
#[derive(Clone)]
pub struct Engine {
    pub(crate) wasmtime: wasmtime::Engine,
    pub(crate) ticker: Arc<Ticker>,
    /// For components that are too large for the pool, made when the first one comes.
    without_pool: Option<Arc<OnceLock<Option<Engine>>>>,
    /// Whether it counts what components execute.
    pub(super) is_counting: bool,
}

impl Engine {
    /// An engine for a workload.
    ///
    /// # Errors
    /// If this machine cannot run compiled WebAssembly.
    pub fn new(workload: Workload) -> Result<Self, SandboxError> {
        Self::of(config(), workload)
    }

    /// An engine that counts what components execute, for measurements that come out the same each
    /// time: [`Services::executed`](super::Services::executed). Its code is slower.
    ///
    /// # Errors
    /// If this machine cannot run compiled WebAssembly.
    pub fn counting() -> Result<Self, SandboxError> {
        let mut config = config();
        config.consume_fuel(true);
        Ok(Self { is_counting: true, ..Self::of(config, Workload::Few)? })
    }

    fn of(mut config: Config, workload: Workload) -> Result<Self, SandboxError> {
        config.allocation_strategy(match workload {
            Workload::Few => InstanceAllocationStrategy::OnDemand,
            Workload::Many { at_once } => InstanceAllocationStrategy::Pooling(pool(at_once)),
        });
        let without_pool = match workload {
            Workload::Few => None,
            Workload::Many { .. } => Some(Arc::default()),
        };
        Self::with(&config, without_pool)
    }

    /// The engine that allocates each instance on its own, where this one has a pool: for
    /// components of interpreted languages, which consist of dozens of core instances. A pool for
    /// them would take address space for all.
    pub(crate) fn without_pool(&self) -> Option<&Self> {
        self.without_pool.as_ref()?.get_or_init(|| Self::new(Workload::Few).ok()).as_ref()
    }

    /// An engine that allocates each instance on its own and gives calls so much stack, at most the
    /// usual. Code of this engine runs there.
    pub(crate) fn with_stack(stack: usize) -> Result<Self, SandboxError> {
        let mut config = config();
        config.max_wasm_stack(stack.clamp(1, MAX_STACK_BYTES));
        Self::with(&config, None)
    }

    fn with(
        config: &Config,
        without_pool: Option<Arc<OnceLock<Option<Self>>>>,
    ) -> Result<Self, SandboxError> {
        let wasmtime = wasmtime::Engine::new(config).map_err(|error| {
            SandboxError::Host(format!("cannot set up the WebAssembly engine: {error:#}"))
        })?;
        let ticker = Arc::new(Ticker::new(wasmtime.clone()));
        Ok(Self { wasmtime, ticker, without_pool, is_counting: false })
    }

    /// Compiles a component in this process.
    pub(super) fn compile(&self, component: &[u8]) -> wasmtime::Result<Vec<u8>> {
        self.wasmtime.precompile_component(component)
    }

    /// What compiled code depends on besides the component: wasmtime's version, its settings, the
    /// processor.
    pub fn compatibility(&self) -> u64 {
        // SipHash with fixed keys. A standard library with another hash only makes the cache start
        // afresh.
        #[allow(deprecated)]
        let mut hasher = std::hash::SipHasher::new();
        self.wasmtime.precompile_compatibility_hash().hash(&mut hasher);
        hasher.finish()
    }
}

/// What all engines have in common, the one that compiles ahead of time among them: code is loaded
/// only by an engine with the same settings.
pub(super) fn config() -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .max_wasm_stack(MAX_STACK_BYTES)
        .cranelift_opt_level(OptLevel::Speed)
        // Same input, same bytes, on every machine: what the standard leaves open is pinned down or
        // switched off.
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false)
        // Nobody walks these stacks from outside, and to register them takes time at every start.
        .native_unwind_info(false);
    allow_code_in_place(&mut config);
    config
}

/// A component from Rust or Go has a handful of core instances (the module and its adapters) with
/// one memory each at most. What has more is allocated [without the pool](Engine::without_pool).
fn pool(at_once: u32) -> PoolingAllocationConfig {
    const CORE_INSTANCES: u32 = 8;
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(at_once)
        .total_core_instances(at_once * CORE_INSTANCES)
        .total_memories(at_once * 2)
        .total_tables(at_once * CORE_INSTANCES)
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_memories_per_component(2)
        .table_elements(50_000)
        .max_core_instance_size(4 << 20)
        .max_component_instance_size(4 << 20)
        // Pages that a call dirtied are kept for the next one up to this size, which saves the page
        // faults.
        .linear_memory_keep_resident(1 << 20)
        // Tables are cleared in place: to give their pages back takes calls into the kernel, each
        // of which interrupts the other processors.
        .table_keep_resident(256 << 10)
        // Where the kernel can say which those are (Linux 6.7), only they are cleared.
        .pagemap_scan(Enabled::Auto);
    pool
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_for_a_pool_runs_without_one() {
        let few = Engine::new(Workload::Few).unwrap();
        let many = Engine::new(Workload::Many { at_once: 2 }).unwrap();
        assert_eq!(few.compatibility(), many.compatibility());
        assert!(few.without_pool().is_none());
        assert_eq!(many.without_pool().unwrap().compatibility(), many.compatibility());
        assert_eq!(Engine::with_stack(64 << 10).unwrap().compatibility(), many.compatibility());
    }
}
