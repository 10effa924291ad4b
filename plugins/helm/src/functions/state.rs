//! What functions share during one render: the seed, the clock, what is being included, what was random.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use super::regex::Regex;
use crate::profile::Profile;
use oarlock_go_template::{Context, Position, Str, Tree};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Second from which the clock shows when nobody sets it: 2000-01-01T00:00:00Z.
const DEFAULT_CLOCK: i64 = 946_684_800;

/// State of a render. Two renders from equal states give equal texts.
pub struct State {
    pub(crate) profile: Profile,
    random: ChaCha20Rng,
    clock: i64,
    unsteady: BTreeSet<(String, usize, usize, &'static str)>,
    pub(super) included: HashMap<String, u32>,
    pub(super) parsed: HashMap<Str, Vec<Arc<Tree>>>,
    pub(super) regexes: HashMap<Str, Result<Rc<Regex>, String>>,
}

/// A call of a function whose result differs from run to run in Helm: random, or read from the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsteady {
    /// Name of the function.
    pub function: &'static str,
    /// Where it is called.
    pub position: Position,
}

impl State {
    /// A state whose random functions follow from a seed.
    pub fn new(seed: u64) -> Self {
        Self {
            profile: Profile::default(),
            random: ChaCha20Rng::seed_from_u64(seed),
            clock: DEFAULT_CLOCK,
            unsteady: BTreeSet::new(),
            included: HashMap::new(),
            parsed: HashMap::new(),
            regexes: HashMap::new(),
        }
    }

    /// Sets the version of Helm that functions are to be like. A render sets it to that of its
    /// options.
    #[must_use]
    pub fn with_profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Sets the clock, in seconds since 1970. It stands still.
    #[must_use]
    pub fn with_clock(mut self, seconds: i64) -> Self {
        self.clock = seconds;
        self
    }

    /// The calls of functions that are random or read the clock, in the order of their places.
    pub fn unsteady(&self) -> impl Iterator<Item = Unsteady> {
        self.unsteady.iter().map(|(template, line, column, function)| Unsteady {
            function,
            position: Position { template: template.clone(), line: *line, column: *column },
        })
    }

    fn note(&mut self, position: Option<Position>, function: &'static str) {
        if let Some(Position { template, line, column }) = position {
            self.unsteady.insert((template, line, column, function));
        }
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new(0)
    }
}

/// The version of Helm that functions are to be like.
pub(super) fn profile(cx: &mut Context<'_>) -> Profile {
    cx.state::<State>().map_or_else(Profile::default, |state| state.profile)
}

/// The generator for a function that is random. Its place is noted.
pub(super) fn random(cx: &mut Context<'_>, function: &'static str) -> ChaCha20Rng {
    let position = cx.position();
    match cx.state::<State>() {
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
pub(super) fn now(cx: &mut Context<'_>, function: &'static str) -> i64 {
    let position = cx.position();
    match cx.state::<State>() {
        Some(state) => {
            state.note(position, function);
            state.clock
        }
        None => DEFAULT_CLOCK,
    }
}
