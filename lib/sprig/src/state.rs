//! What functions share during one execution: the seed, the clock, and what was random.

use std::any::{Any, TypeId};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use oarlock_go::regexp::Regexp;
use oarlock_go_template::{self as template, Context, Position, Str};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Second from which the clock shows when nobody sets it: 2000-01-01T00:00:00Z.
const DEFAULT_CLOCK: i64 = 946_684_800;

/// Which releases of the libraries behind them functions are to be like, where those differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Libraries {
    /// Go and its standard library.
    pub go: oarlock_go::Release,
    /// Masterminds' semver.
    pub semver: oarlock_semver::Rules,
}

/// State of an execution. Two executions from equal states give equal texts.
pub struct ExecutionState {
    libraries: Libraries,
    random: ChaCha20Rng,
    clock: i64,
    varying: BTreeSet<(String, usize, usize, &'static str)>,
    pub(crate) regexes: HashMap<Str, Result<Rc<Regexp>, String>>,
}

/// A call of a function whose result differs from run to run of a Go program: it is random, or read
/// from the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaryingCall {
    /// Name of the function.
    pub function: &'static str,
    /// Where it is called.
    pub position: Position,
}

impl ExecutionState {
    /// A state whose random functions follow from a seed.
    pub fn new(seed: u64) -> Self {
        Self {
            libraries: Libraries::default(),
            random: ChaCha20Rng::seed_from_u64(seed),
            clock: DEFAULT_CLOCK,
            varying: BTreeSet::new(),
            regexes: HashMap::new(),
        }
    }

    /// Sets the libraries that functions are to be like.
    pub fn set_libraries(&mut self, libraries: Libraries) {
        self.libraries = libraries;
    }

    /// Sets the clock, in seconds since 1970. It stands still.
    #[must_use]
    pub fn with_clock(mut self, seconds: i64) -> Self {
        self.clock = seconds;
        self
    }

    /// The calls of functions that are random or read the clock, in the order of their places.
    pub fn varying_calls(&self) -> impl Iterator<Item = VaryingCall> {
        self.varying.iter().map(|(template, line, column, function)| VaryingCall {
            function,
            position: Position { template: template.clone(), line: *line, column: *column },
        })
    }

    fn note(&mut self, position: Option<Position>, function: &'static str) {
        if let Some(Position { template, line, column }) = position {
            self.varying.insert((template, line, column, function));
        }
    }
}

impl Default for ExecutionState {
    fn default() -> Self {
        Self::new(0)
    }
}

impl template::State for ExecutionState {
    fn part(&mut self, of: TypeId) -> Option<&mut dyn Any> {
        (of == TypeId::of::<Self>()).then_some(self)
    }
}

/// The libraries that functions are to be like.
pub(crate) fn libraries(cx: &mut Context<'_>) -> Libraries {
    cx.state::<ExecutionState>().map_or_else(Libraries::default, |state| state.libraries)
}

/// The generator for a function that is random. Its place is noted.
pub(crate) fn random(cx: &mut Context<'_>, function: &'static str) -> ChaCha20Rng {
    let position = cx.position();
    match cx.state::<ExecutionState>() {
        Some(state) => {
            state.note(position, function);
            // One draw per call: how much a function takes doesn't change what later ones get.
            let mut seed = [0; 32];
            state.random.fill_bytes(&mut seed);
            ChaCha20Rng::from_seed(seed)
        }
        None => ChaCha20Rng::from_seed([0; 32]),
    }
}

/// The time for a function that reads the clock. Its place is noted.
pub(crate) fn now(cx: &mut Context<'_>, function: &'static str) -> i64 {
    let position = cx.position();
    match cx.state::<ExecutionState>() {
        Some(state) => {
            state.note(position, function);
            state.clock
        }
        None => DEFAULT_CLOCK,
    }
}
