//! Finds waves that break a dependency.

use std::collections::BTreeMap;

use oarlock_plugin::{Failure, Manifest};

use crate::graph::{Edge, edges};
use crate::hook::misspelt;
use crate::order::{Turn, latest_before};
use crate::plan::{Assignment, Reason};
use crate::resource_ref::ResourceRef;
use crate::wave::SYNC_WAVE;

/// A need that the waves leave unmet.
struct Breach<'a> {
    edge: Edge<'a>,
    consumer: Turn<'a>,
    provider: Turn<'a>,
    /// How many other manifests wait for the same one.
    others: usize,
}

/// The hooks that Argo CD does not know, and the dependencies that the waves break: of these one
/// failure for each manifest that comes too late for others.
///
/// A manifest comes too late if Argo CD applies it after one that needs it: in a later phase, a
/// later wave, or in the same wave with a later kind.
pub fn check(manifests: &[Manifest], assignments: &[Assignment]) -> Vec<Failure> {
    let mut breaches: BTreeMap<usize, Breach<'_>> = BTreeMap::new();
    for edge in edges(manifests) {
        let turn = |index: usize| Turn::of(&manifests[index], assignments[index].wave);
        let (Some(consumer), Some(provider)) = (turn(edge.consumer), turn(edge.provider)) else { continue };
        // Before a hook no wave could bring it, but Argo CD does.
        let is_helped = provider.phase != consumer.phase && moves_by_itself(&manifests[edge.provider]);
        if provider <= consumer || is_helped {
            continue;
        }
        // The first consumer decides where the provider must go, so it is the one to name.
        breaches
            .entry(edge.provider)
            .and_modify(|breach| {
                breach.others += 1;
                if consumer < breach.consumer {
                    (breach.edge, breach.consumer) = (edge.clone(), consumer);
                }
            })
            .or_insert(Breach { edge, consumer, provider, others: 0 });
    }
    let hooks = manifests.iter().flat_map(misspelt);
    hooks.chain(breaches.values().map(|breach| breach.describe(manifests, assignments))).collect()
}

impl Breach<'_> {
    fn describe(&self, manifests: &[Manifest], assignments: &[Assignment]) -> Failure {
        let (consumer, provider) = (&manifests[self.edge.consumer], &manifests[self.edge.provider]);
        let message = format!(
            "`{}` ({}) is applied before `{}` ({}), {}",
            consumer.display_name(),
            self.consumer.describe(),
            provider.display_name(),
            self.provider.describe(),
            self.role(provider),
        );
        let mut failure = Failure::new(message).hint(self.fix(provider));
        if let Some(origin) = consumer.origin.clone().or_else(|| provider.origin.clone()) {
            failure = failure.at(origin);
        }
        for index in [self.edge.consumer, self.edge.provider] {
            failure = failure.note(account(&manifests[index], &assignments[index]));
        }
        match self.others {
            0 => {}
            1 => failure = failure.note("another manifest that needs it comes too early as well"),
            others => {
                failure =
                    failure.note(format!("{others} other manifests that need it come too early as well"));
            }
        }
        if moves_by_itself(provider) {
            failure = failure
                .note("Argo CD moves it forward by itself, so the written wave is not the one that holds");
        }
        failure
    }

    /// What the provider is to the consumer.
    fn role(&self, provider: &Manifest) -> String {
        match &self.edge.resource {
            ResourceRef::Object { kind: "Namespace", .. } => "which it lives in".to_owned(),
            ResourceRef::Object { kind, name, .. } if *kind == provider.kind() && name == provider.name() => {
                "which it needs".to_owned()
            }
            ResourceRef::Definition { .. } => "which defines its kind".to_owned(),
            ResourceRef::Permissions { .. } => "which gives it its permissions".to_owned(),
            made @ ResourceRef::Object { .. } => format!("which makes {made} for it"),
        }
    }

    fn fix(&self, provider: &Manifest) -> String {
        let name = provider.display_name();
        if self.consumer.phase == self.provider.phase {
            let latest = latest_before(self.provider.rank, self.consumer.rank, self.consumer.wave);
            let late_kind = if self.consumer.wave == self.provider.wave {
                "; within a wave Argo CD goes by kind, and applies this one later"
            } else {
                ""
            };
            format!("write `{SYNC_WAVE}: \"{latest}\"` or a lower one onto `{name}`{late_kind}")
        } else {
            format!(
                "make `{name}` a {} hook too, or have the other run in a later phase",
                self.consumer.phase.name()
            )
        }
    }
}

/// Whether Argo CD moves a manifest into the phase and wave of the first that needs it.
fn moves_by_itself(manifest: &Manifest) -> bool {
    matches!(manifest.kind(), "Namespace" | "CustomResourceDefinition")
}

/// Where a wave comes from.
fn account(manifest: &Manifest, assignment: &Assignment) -> String {
    let reason = match &assignment.reason {
        Reason::HandWritten => "by hand".to_owned(),
        other => format!("by {other}"),
    };
    let origin = manifest.origin.as_ref().map(|origin| format!(", {origin}")).unwrap_or_default();
    format!("`{}` has wave {} {reason}{origin}", manifest.display_name(), assignment.wave)
}
