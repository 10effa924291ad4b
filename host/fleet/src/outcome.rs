//! Renders of Applications → what is compared, shown and checked of them: the one place that says
//! which renders are whole, in part, or not there.

use oarlock_engine::manifest::Manifest;
use oarlock_engine::pipeline::{PlanError, RenderError};
use oarlock_engine::sandbox::SandboxError;
use oarlock_plugin::Failure;

use crate::change::{self, RenderResult};
use crate::namespaces::CustomKinds;
use crate::needed::{Needed, VENDOR, needed_by};
use crate::objects;
use crate::rendered::ApplicationRender;

/// How much is kept of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Their names.
    Identities,
    /// All of them.
    Whole,
}

/// What became of the render of an Application.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    /// Its objects, or why there are none.
    pub(crate) result: RenderResult,
    /// Why some objects are missing: a source of several is not at hand.
    pub(crate) incomplete: Option<String>,
}

/// What became of the render of an Application that deploys to a namespace. An Application of
/// which something fails has failed. Of several sources those that lack something that is not at
/// hand are left out, if others are rendered; else it was not rendered.
pub(crate) fn summarize(
    render: &ApplicationRender,
    (namespace, custom): (&str, CustomKinds),
    extent: Extent,
) -> Summary {
    let because = |result| Summary { result, incomplete: None };
    if let Some(failure) = failure_of(render) {
        return because(RenderResult::Failed(failure));
    }
    let missing = render.needed().first().map(Needed::reason);
    let incomplete = match missing {
        Some(reason) if render.is_left_out() => return because(RenderResult::External(reason)),
        missing => missing,
    };
    let add = match extent {
        Extent::Identities => objects::add_identity,
        Extent::Whole => objects::add,
    };
    let mut objects = Vec::new();
    for manifest in render.manifests() {
        if add(manifest, namespace, custom, &mut objects).is_err() {
            return because(RenderResult::Failed(unreadable(manifest)));
        }
    }
    Summary { result: RenderResult::Rendered(objects), incomplete }
}

/// What is wrong with a manifest that is no JSON. Why is not said, since it may be a Secret.
fn unreadable(manifest: &Manifest) -> change::Failure {
    let message = "a plugin returned a manifest that cannot be read".to_owned();
    change::Failure { message, origin: manifest.origin.as_ref().map(objects::place) }
}

/// Why a render failed, if it did.
fn failure_of(render: &ApplicationRender) -> Option<change::Failure> {
    let errors = render.sources.iter().filter_map(|source| {
        let error = source.rendered.as_ref().err()?;
        let (mut first, count) = first_of(error);
        if needed_by(error, &source.reads).iter().any(|needed| matches!(needed, Needed::Remote(_))) {
            append!(first.message, "; {VENDOR}");
        }
        Some((first, count))
    });
    let all = render.failures.iter().map(|one| (failure(one), 1)).chain(errors);
    all.reduce(|(first, count), (_, more)| (first, count + more)).map(and_more)
}

/// A failure as the comparison takes it.
pub(crate) fn failure(failure: &Failure) -> change::Failure {
    change::Failure { message: failure.message.clone(), origin: failure.origin.as_ref().map(objects::place) }
}

/// Why a render failed, in one failure.
pub(crate) fn render_failure(error: &RenderError) -> change::Failure {
    and_more(first_of(error))
}

/// The first of several failures, in one.
pub(crate) fn first_failure(failures: &[Failure]) -> Option<change::Failure> {
    failures.first().map(|first| and_more((failure(first), failures.len())))
}

/// A failure and how many there are in all, in one failure.
fn and_more((first, count): (change::Failure, usize)) -> change::Failure {
    match count {
        0 | 1 => first,
        _ => change::Failure { message: format!("{}, and {} more", first.message, count - 1), ..first },
    }
}

/// The first failure of an error, and how many it has.
fn first_of(error: &RenderError) -> (change::Failure, usize) {
    let failures = match error {
        RenderError::Plan(PlanError::Project(failures)) => failures.as_slice(),
        RenderError::Sandbox(SandboxError::Failed { failures, .. })
        | RenderError::Plan(PlanError::Sandbox(SandboxError::Failed { failures, .. }))
        | RenderError::Objects { failures, .. } => failures,
        _ => &[],
    };
    match failures.first() {
        Some(first) => (failure(first), failures.len()),
        None => (change::Failure { message: error.to_string(), origin: None }, 1),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use oarlock_engine::source::{Directory, Lookup, LookupResult, ReadRecord, TreePath};
    use oarlock_plugin::ReadError;

    use super::*;
    use crate::plan::SourceType;
    use crate::rendered::SourceRender;
    use crate::repository::{Checkout, External, ExternalKind};

    const MAP: &str = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"y"}}"#;

    fn source(rendered: Result<Vec<Manifest>, RenderError>) -> SourceRender {
        let tree = Arc::new(Directory::open(env!("CARGO_MANIFEST_DIR").as_ref()).unwrap());
        SourceRender {
            index: 0,
            source_type: SourceType::Directory,
            checkout: Checkout::new(tree.clone()),
            tree,
            directory: TreePath::root(),
            rendered,
            needed: BTreeSet::new(),
            warnings: Vec::new(),
            log: Vec::new(),
            ignored: Vec::new(),
            plugins: BTreeSet::new(),
            reads: ReadRecord::default(),
            configuration: ReadRecord::default(),
            configured: None,
        }
    }

    fn manifest(json: &str) -> Manifest {
        Manifest { json: json.to_owned(), origin: None }
    }

    fn external() -> (usize, External) {
        let external = External {
            kind: ExternalKind::Repository,
            repository: "https://h.example/org/charts".to_owned(),
            chart: None,
            revision: String::new(),
            plugin: None,
        };
        (1, external)
    }

    fn broken(count: usize) -> RenderError {
        let failures = (0..count).map(|number| Failure::new(format!("fault {number}"))).collect();
        RenderError::Objects { plugin: "p".to_owned(), failures, then: None }
    }

    fn of(render: &ApplicationRender) -> Summary {
        summarize(render, ("n", CustomKinds::Namespaced), Extent::Whole)
    }

    #[test]
    fn of_several_sources_those_at_hand_are_kept() {
        let part = ApplicationRender {
            sources: vec![source(Ok(vec![manifest(MAP)]))],
            external: vec![external()],
            failures: Vec::new(),
        };
        let Summary { result: RenderResult::Rendered(objects), incomplete: Some(reason) } = of(&part) else {
            panic!("it is rendered in part");
        };
        assert_eq!(objects.len(), 1);
        assert_eq!(objects[0].manifest["metadata"]["namespace"], "n");
        assert!(reason.ends_with("is not at hand"), "{reason}");
        let none = ApplicationRender { external: vec![external()], ..ApplicationRender::default() };
        let Summary { result: RenderResult::External(same), incomplete: None } = of(&none) else {
            panic!("it is not rendered");
        };
        assert_eq!(same, reason);
        let whole = ApplicationRender { sources: part.sources, ..ApplicationRender::default() };
        assert!(matches!(of(&whole), Summary { result: RenderResult::Rendered(_), incomplete: None }));
    }

    /// A source that names a remote of which there is no copy.
    fn unvendored(source_type: SourceType) -> SourceRender {
        const URL: &str = "https://h.example/org/bases//app";
        let failure = Failure::new(format!("`{URL}` is remote"));
        let error = SandboxError::Failed { plugin: "kustomize".to_owned(), failures: vec![failure] };
        let missed = (Lookup::Remote(URL.to_owned()), LookupResult::Nothing(ReadError::NotFound));
        let reads = ReadRecord::from([missed]);
        let source = source(Err(RenderError::Sandbox(error)));
        SourceRender { source_type, reads, ..source }.leave_out()
    }

    #[test]
    fn what_argo_cd_fetches_is_not_at_hand_and_what_oarlock_would_have_to_fails() {
        let of_sources = |sources| of(&ApplicationRender { sources, ..ApplicationRender::default() });
        let alone = of_sources(vec![unvendored(SourceType::Kustomize)]);
        let Summary { result: RenderResult::External(reason), incomplete: None } = alone else {
            panic!("it is not rendered");
        };
        assert!(reason.ends_with("is not vendored; `oarlock vendor --fetch` copies it into the repository"));
        let part = of_sources(vec![unvendored(SourceType::Kustomize), source(Ok(vec![manifest(MAP)]))]);
        let Summary { result: RenderResult::Rendered(objects), incomplete: Some(same) } = part else {
            panic!("it is rendered in part");
        };
        assert_eq!((objects.len(), &same), (1, &reason));
        let RenderResult::Failed(failure) = of_sources(vec![unvendored(SourceType::Oarlock)]).result else {
            panic!("it fails");
        };
        assert!(
            failure.message.ends_with("is remote; `oarlock vendor --fetch` copies it into the repository")
        );
    }

    #[test]
    fn what_fails_is_more_than_what_is_not_at_hand() {
        let render = ApplicationRender {
            sources: vec![source(Ok(vec![manifest(MAP)])), source(Err(broken(2)))],
            external: vec![external()],
            failures: vec![Failure::new("no such path")],
        };
        let RenderResult::Failed(failure) = of(&render).result else { panic!("it fails") };
        assert_eq!(failure.message, "no such path, and 2 more");
        let one = ApplicationRender { sources: vec![source(Err(broken(1)))], ..Default::default() };
        let RenderResult::Failed(failure) = of(&one).result else { panic!("it fails") };
        assert_eq!(failure.message, "fault 0");
    }

    #[test]
    fn what_is_no_manifest_is_not_quoted() {
        let render = ApplicationRender {
            sources: vec![source(Ok(vec![manifest(r#"{"kind": "Secret", "data": "hunter2""#)]))],
            ..ApplicationRender::default()
        };
        for extent in [Extent::Identities, Extent::Whole] {
            let summary = summarize(&render, ("n", CustomKinds::Unknown), extent);
            let RenderResult::Failed(failure) = summary.result else { panic!("it fails") };
            assert_eq!(failure.message, "a plugin returned a manifest that cannot be read");
        }
    }
}
