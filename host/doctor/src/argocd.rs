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

use anyhow::Result;
use oarlock_plugin::{Failure, TreePath};

use self::applications::PluginUse;
use self::objects::Objects;
use self::remotes::Remotes;
use self::renders::ApplicationRender;
use super::Args;
use super::finding::{Finding, Findings, count};
use crate::session::{HostOptions, Session};
use oarlock_engine::pipeline::Operator;
use oarlock_engine::sandbox::Workload;

/// Checks settings, then the Applications of the repository.
///
/// # Errors
/// If a file cannot be read or is no YAML, or the repository cannot be opened.
pub(super) fn check(host: &HostOptions, args: &Args, findings: &mut Findings) -> Result<()> {
    let objects = Objects::read(&args.argo_cd)?;
    let workload = match objects.applications.len() {
        0..=1 => Workload::Few,
        _ => oarlock_fleet::workload(),
    };
    let (session, _) = Session::open(
        host,
        args.repo.as_deref(),
        args.repo.as_deref().unwrap_or(Path::new(".")),
        None,
        workload,
    )?;
    session.tell_ignored(args.output);
    let remotes = Remotes::of(session.directory()?.root(), &args.repo_url);
    let uses = applications::select(&objects, &args.name, &remotes, findings);
    let operator = operator(host, &objects, &session, findings);
    let rendered = renders::render_all(&session, &operator, &uses)?;

    profile::check(&objects, &rendered, findings);
    settings::check(&objects, &operator, &uses, &rendered, findings);
    archive::check(&objects, session.directory()?, &operator, &uses, &rendered, findings);
    switches::apply(&objects, findings);
    health::check(&objects, &rendered, findings);
    for (used, rendered) in uses.iter().zip(&rendered) {
        one(&objects, session.directory()?.root(), used, rendered, findings);
    }
    Ok(())
}

/// The operator's file: the one that is named, else the one of the sidecar that is among the
/// objects.
fn operator(
    host: &HostOptions,
    objects: &Objects,
    session: &Session,
    findings: &mut Findings,
) -> Arc<Operator> {
    const CHECK: &str = "operator's file";
    let own = Arc::clone(&session.renderer().operator);
    let Some(found) = objects.operator.as_ref().filter(|_| host.operator_file().is_none()) else {
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
