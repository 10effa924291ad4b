//! A whole build: accumulate, then the steps that need everything to be there, then the order.

use std::rc::Rc;

use oarlock_plugin::{Failures, Host, ObjectHistory, Result, TreePath};

use crate::accumulate::{Accumulator, Loader, Session, Target};
use crate::blame::Ends;
use crate::generate::add_hashes;
use crate::kustomization::Kustomization;
use crate::options::{Options, Reorder};
use crate::order;
use crate::resource::{ResMap, Resource, finish};
use crate::transform::{name_reference, variables};

/// Builds the kustomization of a directory.
///
/// # Errors
/// If a kustomization, or anything that one names, cannot be read or applied; the error has the
/// place and the chain of files that led there.
pub fn build(host: &dyn Host, directory: &TreePath, options: &Options) -> Result<Vec<Resource>, Failures> {
    let session = Session::new(host, options);
    build_in(&session, directory).map_err(|failure| session.with_further(failure))
}

/// Builds the kustomization of a directory, and tells where each resource and its values come from.
/// Warns of nothing.
///
/// # Errors
/// As [`build`].
pub fn build_with_histories(
    host: &dyn Host,
    directory: &TreePath,
    options: &Options,
) -> Result<Vec<(Resource, ObjectHistory)>, Failures> {
    let session = Session::recording(host, options);
    let resources = build_in(&session, directory).map_err(|failure| session.with_further(failure))?;
    let histories = session.blame.as_ref().map(|recorder| recorder.histories(&resources));
    Ok(resources.into_iter().zip(histories.unwrap_or_default()).collect())
}

fn build_in(session: &Session<'_>, directory: &TreePath) -> Result<Vec<Resource>> {
    let options = session.options;
    let loader = Loader::new(session.host, directory, options.load_restrictor)?;
    let target = Target::new(session, loader)?;
    let Accumulator { mut resources, config, variables } = target.accumulate(Accumulator::default())?;
    let ends = session.blame.as_ref().map(|recorder| Ends { recorder });

    add_hashes(&mut resources)?;
    if let Some(ends) = &ends {
        ends.hashes(&resources);
    }
    name_reference::fix(&mut resources, &config)?;
    if let Some(ends) = &ends {
        ends.references(&resources);
    }
    let sources = ends.as_ref().map(|ends| ends.sources(&resources, &variables));
    for odd in variables::resolve(&mut resources, &variables, &config)? {
        session.warn(odd);
    }
    if let (Some(ends), Some(sources)) = (&ends, &sources) {
        ends.variables(&resources, sources);
    }
    drop_local(&mut resources)?;

    let kustomization = target.kustomization();
    let mut resources = resources.into_vec();
    match (&kustomization.fields.sort_options, options.reorder) {
        (Some(order), _) => {
            order
                .sort(&mut resources)
                .map_err(|failure| failure.at(kustomization.origin_of("sortOptions")))?;
        }
        (None, Reorder::Legacy) => order::sort_legacy(&mut resources),
        (None, Reorder::None) => {}
    }
    finish(&mut resources, &kustomization.fields.build_metadata, options.profile);
    if let Some(ends) = &ends {
        ends.metadata(&resources, &kustomization.origin_of("buildMetadata"));
    }
    Ok(resources)
}

/// The kustomization of a directory as it is built: with its edits.
///
/// # Errors
/// If it cannot be read or edited.
pub(crate) fn kustomization(
    host: &dyn Host,
    directory: &TreePath,
    options: &Options,
) -> Result<Rc<Kustomization>, Failures> {
    let session = Session::new(host, options);
    let edited =
        Loader::new(host, directory, options.load_restrictor).and_then(|loader| session.edited(&loader));
    edited.map_err(|failure| session.with_further(failure))
}

/// Drops resources that are for tools on the way alone, and checks that those that stay are still
/// Kubernetes objects.
fn drop_local(resources: &mut ResMap) -> Result<()> {
    const LOCAL: [&str; 3] = ["metadata", "annotations", "config.kubernetes.io/local-config"];
    for resource in &*resources {
        let file = resource.origin.as_ref().map(|origin| origin.path.as_str()).unwrap_or_default();
        crate::resource::check(file, &resource.object)?;
    }
    let is_local = |resource: &Resource| {
        resource.object.at(&LOCAL).is_some_and(|value| value.scalar_text() != Some("false"))
    };
    if resources.iter().any(is_local) {
        resources.as_mut_vec().retain(|resource| !is_local(resource));
    }
    Ok(())
}
