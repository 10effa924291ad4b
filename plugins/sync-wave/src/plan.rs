//! Decides on waves.

use std::fmt;

use oarlock_kubernetes::SyncRank;
use oarlock_plugin::{Failures, Manifest};

use crate::config::Config;
use crate::graph::{Edge, edges};
use crate::hook::hook_text;
use crate::order::latest_before;
use crate::wave::{SYNC_WAVE, Wave};
use crate::{builtin, operators};

/// A wave and why it is this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The wave.
    pub wave: Wave,
    /// What gave it.
    pub reason: Reason,
}

/// What gave a wave. As text, it is what reports show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The manifest is a hook, which this plugin leaves alone. Carries what the hook annotation
    /// says.
    Hook(String),
    /// It is written on the manifest.
    HandWritten,
    /// A rule of the configuration. Carries its title.
    Rule(String),
    /// A row of the built-in table. Carries its name.
    Builtin(&'static str),
    /// Another manifest needs this one, and has an earlier wave than the table would give. Carries
    /// that manifest's kind and name.
    NeededBy(String),
    /// Nothing spoke.
    Default,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hook(words) => write!(f, "hook: {words}"),
            Self::HandWritten => f.write_str("hand-written"),
            Self::Rule(title) => write!(f, "rule: {title}"),
            Self::Builtin(name) => write!(f, "builtin: {name}"),
            Self::NeededBy(consumer) => write!(f, "needed by: {consumer}"),
            Self::Default => f.write_str("default"),
        }
    }
}

impl Assignment {
    fn new(wave: Wave, reason: Reason) -> Self {
        Self { wave, reason }
    }

    /// Writes the wave onto its manifest, unless Argo CD would see it anyway.
    pub(crate) fn stamp(&self, manifest: &mut Manifest, stamp_zero: bool) {
        let is_left_alone = matches!(self.reason, Reason::Hook(_) | Reason::HandWritten);
        if !is_left_alone && (stamp_zero || Wave::seen(manifest) != self.wave) {
            manifest.set_annotation(SYNC_WAVE, &self.wave.to_string());
        }
    }

    /// Whether nobody asked for this wave in so many words, so that it may make way for what
    /// another manifest needs.
    fn may_move(&self) -> bool {
        matches!(self.reason, Reason::Builtin(_) | Reason::NeededBy(_) | Reason::Default)
    }
}

/// Gives each manifest a wave, in the order of the manifests.
///
/// A wave that is written by hand wins, then come the rules of the configuration, the built-in
/// table and the default. After that, what only table or default placed is moved before whatever
/// needs it.
///
/// # Errors
/// If a written wave is no number, or a rule matches everything.
pub fn plan(manifests: &[Manifest], config: &Config) -> Result<Vec<Assignment>, Failures> {
    config.check()?;
    let mut failures = Vec::new();
    let operators =
        if config.builtin { operators::recognise(manifests) } else { vec![false; manifests.len()] };
    let mut assignments = Vec::with_capacity(manifests.len());
    for (manifest, is_operator) in manifests.iter().zip(operators) {
        match Wave::written(manifest) {
            Ok(written) => assignments.push(assign(manifest, written, is_operator, config)),
            Err(failure) => failures.push(failure),
        }
    }
    Failures::check(failures)?;
    if config.builtin {
        make_way(manifests, &mut assignments);
    }
    Ok(assignments)
}

/// The wave of a manifest for itself.
fn assign(manifest: &Manifest, written: Option<Wave>, is_operator: bool, config: &Config) -> Assignment {
    if let Some(words) = hook_text(manifest) {
        return Assignment::new(written.unwrap_or_default(), Reason::Hook(words.to_owned()));
    }
    let by_hand = written.map(|wave| Assignment::new(wave, Reason::HandWritten));
    if !config.override_written
        && let Some(by_hand) = by_hand
    {
        return by_hand;
    }
    if let Some(index) = config.rules.iter().position(|rule| rule.matches(manifest)) {
        return Assignment::new(config.rules[index].wave, Reason::Rule(config.title(index)));
    }
    if config.builtin
        && let Some((name, wave)) = builtin::row(manifest, is_operator)
    {
        return Assignment::new(wave, Reason::Builtin(name));
    }
    by_hand.unwrap_or_else(|| Assignment::new(config.default, Reason::Default))
}

/// Moves what table or default placed before the manifests that need it.
///
/// Manifests are settled in an order in which each comes after all that need it, so one pass does.
/// Manifests that need each other in a circle are never settled: they stay where they are, and the
/// checks speak of them.
fn make_way(manifests: &[Manifest], assignments: &mut [Assignment]) {
    let edges = edges(manifests);
    let mut needed: Vec<Vec<&Edge<'_>>> = vec![Vec::new(); manifests.len()];
    let mut unsettled = vec![0_usize; manifests.len()];
    for edge in &edges {
        needed[edge.consumer].push(edge);
        unsettled[edge.provider] += 1;
    }
    let mut settled: Vec<usize> = (0..manifests.len()).filter(|index| unsettled[*index] == 0).collect();
    while let Some(consumer) = settled.pop() {
        for edge in &needed[consumer] {
            let provider = edge.provider;
            move_before(manifests, assignments, consumer, provider);
            unsettled[provider] -= 1;
            if unsettled[provider] == 0 {
                settled.push(provider);
            }
        }
    }
}

fn move_before(manifests: &[Manifest], assignments: &mut [Assignment], consumer: usize, provider: usize) {
    // A hook runs in a phase of its own, where no wave of an ordinary manifest reaches.
    let is_hook = |index: usize| matches!(assignments[index].reason, Reason::Hook(_));
    if is_hook(consumer) || !assignments[provider].may_move() {
        return;
    }
    let rank = |index: usize| SyncRank::of(manifests[index].kind());
    let latest = latest_before(rank(provider), rank(consumer), assignments[consumer].wave);
    if latest < assignments[provider].wave {
        let reason = Reason::NeededBy(manifests[consumer].display_name());
        assignments[provider] = Assignment::new(latest, reason);
    }
}
