//! What a fleet needs that is not at hand, or that Oarlock does not render: it is no fault of the
//! fleet, since Argo CD fetches or runs it.

use std::collections::BTreeSet;

use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::source::{Lookup, LookupResult, ReadRecord};
use oarlock_plugin::{ChartUrl, Failure, RepositoryUrl};

use super::{LintRule, Unchecked, silences};
use crate::definition::Definition;
use crate::objects::place;
use crate::rendered::ApplicationRender;
use crate::repository::{External, ExternalKind, RepositoryId};

/// What is needed, and how to bring it to hand.
pub(super) type Needed = (String, String);

/// How copies of what kustomizations and charts name come into the repository.
const VENDOR: &str = "`oarlock vendor --fetch` copies it into the repository";

/// What an Application needs that is not at hand or not rendered, and whether this alone is why it
/// does not render. Why sources failed is among the failures of the render afterwards.
pub(super) fn of_render(render: &mut ApplicationRender) -> (BTreeSet<Needed>, bool) {
    let mut needed: BTreeSet<Needed> =
        render.external.iter().map(|(_, external)| of_external(external)).collect();
    let mut is_explained = render.failures.is_empty();
    for source in &mut render.sources {
        if source.rendered.is_ok() {
            continue;
        }
        let Err(error) = std::mem::replace(&mut source.rendered, Ok(Vec::new())) else { continue };
        let diagnostics = Diagnostic::from_render_error(error).into_iter();
        let failures: Vec<Failure> = diagnostics.map(|diagnostic| diagnostic.failure).collect();
        let remotes = remotes(&source.reads);
        let jsonnet = failures.iter().filter(|failure| is_jsonnet(failure)).count();
        if jsonnet > 0 {
            let hint = "check what Argo CD makes of it with other tools".to_owned();
            needed.insert(("Jsonnet is not rendered".to_owned(), hint));
        }
        // Each remote that is missed is one failure; where there are more, something else is wrong.
        is_explained &= remotes.len() + jsonnet >= failures.len();
        needed.extend(remotes);
        render.failures.extend(failures);
    }
    let is_unchecked = is_explained && !render.failures.is_empty();
    (needed, is_unchecked)
}

/// The same for what needs it.
pub(super) fn needed_by(
    definition: &Definition,
    needed: BTreeSet<Needed>,
) -> impl Iterator<Item = Unchecked> {
    let origin = definition.origin.as_ref().map(place);
    let is_silenced = silences(&definition.manifest, LintRule::NotChecked.id());
    let needed_by = definition.name.name.clone();
    needed.into_iter().map(move |(needed, hint)| Unchecked {
        needed,
        hint,
        needed_by: needed_by.clone(),
        origin: origin.clone(),
        is_silenced,
    })
}

/// What is external, whatever its revision.
pub(super) fn of_external(external: &External) -> Needed {
    let repository = RepositoryId::new(&external.repository);
    let needed = match external.kind {
        ExternalKind::Repository => format!("repository `{repository}` is not at hand"),
        ExternalKind::Chart => format!("chart repository `{repository}` is not at hand"),
        ExternalKind::Revision => format!("{external} is not at hand"),
        ExternalKind::Plugin => format!("{external} is not run"),
    };
    (needed, external.hint())
}

/// What was looked up elsewhere and is not at hand.
fn remotes(reads: &ReadRecord) -> Vec<Needed> {
    let missed = reads.iter().filter_map(|(lookup, result)| match (lookup, result) {
        (Lookup::Remote(url), LookupResult::Nothing(_)) => Some(url),
        _ => None,
    });
    let needed = missed.map(|url| {
        let what = match (ChartUrl::parse(url), RepositoryUrl::parse(url)) {
            (Some(chart), _) => format!("chart repository `{}`", RepositoryId::new(&chart.repository)),
            (None, Some(repository)) => format!("repository `{}`", repository.place()),
            (None, None) => format!("`{url}`"),
        };
        (format!("{what} is not at hand"), VENDOR.to_owned())
    });
    needed.collect()
}

/// Whether it is a file of Jsonnet at which a render failed.
fn is_jsonnet(failure: &Failure) -> bool {
    failure.origin.as_ref().is_some_and(|origin| origin.path.ends_with(".jsonnet"))
}
