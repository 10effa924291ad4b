//! What functions share during one render: sprig's state, and what is being included.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

use oarlock_go_template::{self as go_template, Context, Str, Tree, WrittenBy};
use oarlock_sprig::VaryingCall;

use crate::profile::Profile;

/// State of a render. Two renders from equal states give equal texts.
#[derive(Default)]
pub struct RenderState {
    profile: Profile,
    sprig: oarlock_sprig::ExecutionState,
    pub(super) included: HashMap<String, u32>,
    pub(super) parsed: HashMap<Str, Vec<Arc<Tree>>>,
    /// Which lines of templates wrote the lines of each text, in a render that keeps it.
    pub(crate) written: Option<HashMap<String, Written>>,
}

/// The text of a template, and which lines of templates wrote its lines.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) text: String,
    pub(crate) lines: Vec<Option<WrittenBy>>,
}

impl RenderState {
    /// A state whose random functions follow from a seed.
    pub fn new(seed: u64) -> Self {
        Self { sprig: oarlock_sprig::ExecutionState::new(seed), ..Self::default() }
    }

    /// The same for a render that keeps which lines of templates wrote what.
    pub(crate) fn recording(self) -> Self {
        Self { written: Some(HashMap::new()), ..self }
    }

    /// Sets the version of Helm that functions are to be like.
    #[must_use]
    pub fn with_profile(mut self, profile: Profile) -> Self {
        self.set_profile(profile);
        self
    }

    /// As [`with_profile`](Self::with_profile). A render sets it to that of its
    /// options.
    pub(crate) fn set_profile(&mut self, profile: Profile) {
        self.profile = profile;
        self.sprig.set_libraries(profile.libraries());
    }

    /// The calls of functions that are random or read the clock, in the order of their places.
    pub fn varying_calls(&self) -> impl Iterator<Item = VaryingCall> {
        self.sprig.varying_calls()
    }
}

impl go_template::State for RenderState {
    fn part(&mut self, of: TypeId) -> Option<&mut dyn Any> {
        if of == TypeId::of::<Self>() {
            return Some(self);
        }
        go_template::State::part(&mut self.sprig, of)
    }
}

/// The version of Helm that functions are to be like.
pub(super) fn profile(cx: &mut Context<'_>) -> Profile {
    cx.state::<RenderState>().map_or_else(Profile::default, |state| state.profile)
}
