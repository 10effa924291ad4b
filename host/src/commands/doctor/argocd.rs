//! Argo CD's settings and Applications, from files: which switches to set, and what each Application reads.

mod applications;
mod archive;
mod filepath;
mod health;
mod objects;
mod paths;
mod remotes;
mod renders;
mod settings;

use std::path::Path;

use anyhow::Result;

use self::applications::Use;
use self::objects::Objects;
use self::remotes::Remotes;
use self::renders::Rendered;
use super::Args;
use super::finding::{Finding, Findings, count};
use crate::commands::session::{HostOptions, Session};
use crate::sandbox::Workload;

/// Checks settings, then the Applications of the repository.
///
/// # Errors
/// If a file cannot be read or is no YAML, or the repository cannot be opened.
pub(super) fn check(host: &HostOptions, args: &Args, findings: &mut Findings) -> Result<()> {
    let objects = Objects::read(&args.argo_cd)?;
    let workload = match objects.applications.len() {
        0..=1 => Workload::Few,
        _ => crate::commands::render::recursive::workload(),
    };
    let (session, _) = Session::open(
        host,
        args.repo.as_deref(),
        args.repo.as_deref().unwrap_or(Path::new(".")),
        None,
        workload,
    )?;
    let remotes = Remotes::of(session.tree.root(), &args.repo_url);
    let uses = applications::select(&objects, &args.name, &remotes, findings);
    let rendered = renders::render_all(&session, &uses)?;

    settings::check(&objects, &session.renderer().operator, &uses, &rendered, findings);
    archive::check(&objects, &session, &uses, &rendered, findings);
    for command in settings::apply(&objects, &findings.take_settings()) {
        findings.command(command);
    }
    health::check(&objects, &rendered, findings);
    for (used, rendered) in uses.iter().zip(&rendered) {
        one(&objects, session.tree.root(), used, rendered, findings);
    }
    Ok(())
}

/// What an Application reads, beside the annotation that says so.
fn one(objects: &Objects, root: &Path, used: &Use<'_>, rendered: &Rendered, findings: &mut Findings) {
    let check = used.application.display();
    let origin = used.application.origin.clone();
    let touched = match &rendered.manifests {
        Ok(_) => &rendered.touched,
        Err(failures) => {
            for failure in failures {
                findings.add(Finding::failure(check.clone(), failure.clone()));
            }
            return;
        }
    };
    let wanted = paths::annotation(&used.directory, touched, used.application.has_many_sources());
    let written = used.application.annotation.as_ref();
    if let Some((text, place)) = written {
        let left_out = paths::left_out(text, &used.directory, touched);
        if left_out.is_empty() {
            let message = format!("`{}` covers all that `{}` reads", paths::ANNOTATION, used.directory);
            findings.add(Finding::ok(check.clone(), message).at(Some(place.clone())));
            partial(objects, used, text, touched, findings);
            return;
        }
        let there = left_out.iter().find(|path| root.join(path.as_str()).exists());
        let more = match left_out.len() - 1 {
            0 => String::new(),
            more => format!(" and {}", count(more as u64, "more path")),
        };
        let hint = match &wanted {
            Ok(text) => format!("make it `{text}`"),
            Err(_) => "take it away".to_owned(),
        };
        let finding = match there {
            Some(path) => {
                let message = format!(
                    "`{}` leaves out `{path}`{more}, so a commit there changes nothing until the next hard refresh",
                    paths::ANNOTATION
                );
                Finding::fail(check.clone(), message, hint)
            }
            None => {
                let message = format!(
                    "`{}` leaves out `{}`{more}, which would count if it were there",
                    paths::ANNOTATION,
                    left_out[0]
                );
                Finding::warn(check.clone(), message, hint)
            }
        };
        findings.add(finding.at(Some(place.clone())));
    }
    match wanted {
        Err(reason) => {
            if written.is_none() {
                findings.add(Finding::ok(check, format!("every commit may concern it: {reason}")).at(origin));
            }
        }
        Ok(text) => {
            if written.is_none() {
                let message =
                    format!("every commit renders it anew; it reads {}", count(touched.len() as u64, "path"));
                let hint = format!("annotate it with `{}: {text}`", paths::ANNOTATION);
                findings.add(Finding::warn(check.clone(), message, hint).at(origin));
            }
            if let Some(set) =
                used.application.owner.as_ref().filter(|_| !settings::keeps(objects, paths::ANNOTATION))
            {
                let message =
                    format!("ApplicationSet {set} takes annotations away that it did not put there");
                let hint = "put it into `spec.template.metadata.annotations` of the ApplicationSet, or its name into `spec.preservedFields.annotations`";
                findings.add(Finding::warn(check, message, hint));
            }
            findings.command(used.application.annotate(paths::ANNOTATION, &text));
        }
    }
}

/// Where the repo-server sends only what the annotation names: whether that is all.
fn partial(objects: &Objects, used: &Use<'_>, text: &str, touched: &paths::Touched, findings: &mut Findings) {
    if !settings::sends_a_part(objects) {
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
