//! Argo CD's settings and Applications, from files: which switches to set, and what each
//! Application reads.

mod applications;
mod archive;
mod filepath;
mod health;
mod objects;
mod paths;
mod profile;
mod remotes;
mod renders;
mod settings;
mod switches;

use std::path::Path;
use std::sync::Arc;

use oarlock_plugin::{Failure, TreePath};

use self::applications::PluginUse;
pub use self::objects::Objects;
use self::remotes::Remotes;
use self::renders::ApplicationRender;
use crate::finding::{Finding, Findings, count};
use oarlock_engine::pipeline::{Operator, Renderer};
use oarlock_engine::source::{Directory, Source};
use oarlock_fleet::ThreadsError;

/// The repository whose Applications are checked.
pub struct Repository<'a> {
    /// Its files.
    pub directory: &'a Directory,
    /// What plugins see of them.
    pub tree: &'a Arc<dyn Source>,
    /// What renders the Applications.
    pub renderer: &'a Renderer,
    /// Whether the operator's file of the renderer is the one to go by. If not, the one of the
    /// sidecar is, where it is among the objects.
    pub is_operator_named: bool,
    /// The URLs under which it is known. Without any, it is taken for that of every Application.
    pub urls: &'a [String],
    /// The names of the plugin in Applications.
    pub names: &'a [String],
}

/// Checks settings, then the Applications of the repository.
///
/// # Errors
/// If there can be no threads.
pub fn check_argo_cd(objects: &Objects, repository: &Repository<'_>) -> Result<Findings, ThreadsError> {
    let mut findings = Findings::default();
    let root = repository.directory.root();
    let remotes = Remotes::new(root, repository.urls);
    let uses = applications::select(objects, repository.names, &remotes, &mut findings);
    let operator = operator(objects, repository, &mut findings);
    let rendered = renders::render_all(repository, &operator, &uses)?;

    profile::check(objects, &rendered, &mut findings);
    settings::check(objects, &operator, &uses, &rendered, &mut findings);
    archive::check(objects, repository.directory, &operator, &uses, &rendered, &mut findings);
    switches::apply(objects, &mut findings);
    health::check(objects, &rendered, &mut findings);
    for (used, rendered) in uses.iter().zip(&rendered) {
        one(objects, root, used, rendered, &mut findings);
    }
    Ok(findings)
}

/// The operator's file: the one that is named, else the one of the sidecar that is among the
/// objects.
fn operator(objects: &Objects, repository: &Repository<'_>, findings: &mut Findings) -> Arc<Operator> {
    const CHECK: &str = "operator's file";
    let own = Arc::clone(&repository.renderer.operator);
    let Some(found) = objects.operator.as_ref().filter(|_| !repository.is_operator_named) else {
        return own;
    };
    match Operator::parse("operator.yaml", found.text.as_bytes()) {
        Ok(operator) => {
            let message = "that of the sidecar says nothing that it may not";
            findings.add(Finding::ok(CHECK, message).at(Some(found.origin.clone())));
            Arc::new(operator)
        }
        Err(failure) => {
            let line = failure.origin.as_ref().map_or(0, |origin| origin.line);
            let failure =
                Failure { message: format!("in line {line} of it: {}", failure.message), ..failure };
            findings.add(Finding::failure(CHECK, failure).at(Some(found.origin.clone())));
            own
        }
    }
}

/// What an Application reads, beside the annotation that says so.
fn one(
    objects: &Objects,
    root: &Path,
    used: &PluginUse<'_>,
    rendered: &ApplicationRender,
    findings: &mut Findings,
) {
    let check = used.application.display();
    if let Err(failures) = &rendered.manifests {
        for failure in failures {
            findings.add(Finding::failure(check.clone(), failure.clone()));
        }
        return;
    }
    let touched = &rendered.touched;
    let wanted = paths::annotation(&used.directory, touched, used.application.has_many_sources());
    if let Some((text, place)) = &used.application.annotation {
        let left_out = paths::left_out(text, &used.directory, touched);
        if left_out.is_empty() {
            let message = format!("`{}` covers all that `{}` reads", paths::ANNOTATION, used.directory);
            findings.add(Finding::ok(check, message).at(Some(place.clone())));
            partial(objects, used, text, touched, findings);
            return;
        }
        let hint = match &wanted {
            Ok(text) => format!("make it `{text}`"),
            Err(_) => "take it away".to_owned(),
        };
        findings.add(incomplete(check.clone(), root, &left_out, hint).at(Some(place.clone())));
    } else {
        let origin = used.application.origin.clone();
        findings.add(match &wanted {
            Ok(text) => {
                let number = count(touched.len() as u64, "path");
                let message = format!("every commit renders it anew; it reads {number}");
                let hint = format!("annotate it with `{}: {text}`", paths::ANNOTATION);
                Finding::warn(check.clone(), message, hint).at(origin)
            }
            Err(reason) => {
                Finding::ok(check.clone(), format!("every commit may concern it: {reason}")).at(origin)
            }
        });
    }
    let Ok(text) = wanted else { return };
    let owner = used.application.owner.as_ref();
    if let Some(set) = owner.filter(|_| !switches::keeps(objects, paths::ANNOTATION)) {
        let message = format!("ApplicationSet {set} takes annotations away that it did not put there");
        let hint = "put it into `spec.template.metadata.annotations` of the ApplicationSet, or its name into `spec.preservedFields.annotations`";
        findings.add(Finding::warn(check, message, hint));
    }
    findings.change(used.application.annotate(paths::ANNOTATION, &text));
}

/// An annotation that leaves something out: what is there is changed without notice; what is not
/// may come.
fn incomplete(check: String, root: &Path, left_out: &[&TreePath], hint: String) -> Finding {
    let more = match left_out.len() - 1 {
        0 => String::new(),
        more => format!(" and {}", count(more as u64, "more path")),
    };
    let leaves = |path: &TreePath| format!("`{}` leaves out `{path}`{more}", paths::ANNOTATION);
    if let Some(path) = left_out.iter().find(|path| root.join(path.as_str()).exists()) {
        let message =
            format!("{}, so a commit there changes nothing until the next hard refresh", leaves(path));
        return Finding::fail(check, message, hint);
    }
    Finding::warn(check, format!("{}, which would count if it were there", leaves(left_out[0])), hint)
}

/// Where the repo-server sends only what the annotation names: whether that is all.
fn partial(
    objects: &Objects,
    used: &PluginUse<'_>,
    text: &str,
    touched: &paths::Touched,
    findings: &mut Findings,
) {
    if !switches::sends_a_part(objects) {
        return;
    }
    let root = paths::common_root(text, &used.directory);
    if let Some(outside) = touched.paths().find(|path| !path.starts_with(&root)) {
        findings.add(Finding::fail(
            used.application.display(),
            format!("the repo-server sends `{root}` alone, and the render reads `{outside}`"),
            "set reposerver.plugin.use.manifest.generate.paths to \"false\"",
        ));
    }
}
