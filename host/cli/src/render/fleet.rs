//! `oarlock render --fleet`: every Application of a repository.

use anyhow::Result;
use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::manifest::Manifest;
use oarlock_engine::writer::{Files, Format, to_text};
use oarlock_fleet::{Application, ApplicationRender, Needs, collisions, output_path};
use oarlock_plugin::Failure;

use super::Args;
use crate::exit::Exit;
use crate::fleet::{self, OpenFleet};
use crate::progress::Bar;
use crate::session::HostOptions;
use crate::terminal::{self, Report};

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    let report: Report = args.output.into();
    let place = (args.root.as_deref(), args.directory.as_deref());
    let open = match fleet::open(host, &args.of_fleet, place, report)? {
        Ok(open) => open,
        Err(exit) => return Ok(exit),
    };
    let mut environments = open.environments()?;
    let mut exit = open.tell(&environments, report);
    for environment in &mut environments {
        if let Some(root) = environment.root_render.take() {
            let mut render = ApplicationRender { sources: vec![root], ..ApplicationRender::default() };
            let title = format!("the root `{}`", environment.root);
            exit = exit.max(open.tell_render(&title, &mut render, (report, args.verbose)));
        }
    }
    let wanted = environments.iter().flat_map(|environment| {
        let wanted = environment.applications.iter().filter(|one| open.filter.wants(one));
        wanted.map(|application| (environment.name.as_str(), application))
    });
    let wanted: Vec<_> = wanted.collect();
    let mut run = Run {
        open: &open,
        args,
        report,
        output: Output::new(args),
        done: 0,
        elsewhere: 0,
        failed: Vec::new(),
        exit,
    };
    if args.out.is_some() {
        let collisions = collisions(wanted.iter().copied());
        let errors: Vec<Diagnostic> = unique(collisions.values()).map(Diagnostic::error).collect();
        if !errors.is_empty() {
            run.exit = run.exit.max(Exit::Invalid);
        }
        terminal::tell(&errors, None, report);
        run.output.taken = collisions.into_keys().collect();
    }
    let count = wanted.len();
    let mut needs = Needs::default();
    for environment in &environments {
        let bar = Bar::hidden();
        needs.append(open.fleet.render_all(environment, &open.filter, &bar, |application, render| {
            run.take(application, render)
        })?);
        bar.finish();
    }
    fleet::report_needs(&needs, report);
    if count == 0 {
        let is_filtered = open.filter.only.is_some() || open.filter.cluster.is_some();
        if is_filtered {
            let failure = Failure::new("no Application is like `--only` and `--cluster` say");
            terminal::tell(&[Diagnostic::error(failure)], None, report);
        }
        return Ok(run.exit.max(Exit::Invalid));
    }
    run.finish(count)
}

/// What is said of several directories once.
fn unique<'a>(failures: impl Iterator<Item = &'a Failure>) -> impl Iterator<Item = Failure> {
    let mut unique: Vec<Failure> = Vec::new();
    for failure in failures {
        if !unique.contains(failure) {
            unique.push(failure.clone());
        }
    }
    unique.into_iter()
}

/// Renders of many Applications, as they come in.
struct Run<'a> {
    open: &'a OpenFleet,
    args: &'a Args,
    report: Report,
    output: Output,
    done: usize,
    /// So many have no source that could be rendered, for want of something.
    elsewhere: usize,
    failed: Vec<String>,
    exit: Exit,
}

/// Where manifests go.
struct Output {
    format: Format,
    files: Option<Files>,
    /// Directories to which more than one Application would be written.
    taken: std::collections::BTreeSet<oarlock_plugin::TreePath>,
    /// Whether something was printed.
    has_begun: bool,
}

impl Output {
    fn new(args: &Args) -> Self {
        let files = args.out.as_ref().map(|_| Files::default());
        Self { format: args.output.into(), files, taken: std::collections::BTreeSet::new(), has_begun: false }
    }

    /// Prints manifests behind those that were printed before.
    fn print(&mut self, manifests: &[Manifest]) -> Result<()> {
        if manifests.is_empty() {
            return Ok(());
        }
        let text = to_text(manifests, self.format)?;
        let text = match self.format {
            Format::Yaml if self.has_begun => format!("---\n{text}"),
            Format::Yaml => text,
            // One array for all: without the brackets of each.
            Format::Json => {
                let inner = text.trim_start_matches('[').trim_end().trim_end_matches(']').trim_end();
                format!("{}{inner}", if self.has_begun { "," } else { "[" })
            }
        };
        self.has_begun = true;
        terminal::print(text.as_bytes()).map(|_| ())
    }
}

impl Run<'_> {
    fn take(&mut self, application: &Application, mut render: ApplicationRender) -> Result<()> {
        let title = application.definition.title();
        let is_ok = render.is_ok();
        let is_elsewhere = render.is_left_out();
        let exit = self.open.tell_render(&title, &mut render, (self.report, self.args.verbose));
        let manifests: Vec<Manifest> = if is_ok { render.into_manifests() } else { Vec::new() };
        self.exit = self.exit.max(exit);
        let path = output_path(application);
        let is_taken = self.output.taken.contains(&path);
        if is_elsewhere {
            self.elsewhere += 1;
        } else if is_ok && !is_taken {
            self.done += 1;
        } else {
            let is_earlier = self.args.out.as_ref().is_some_and(|out| Files::has_earlier(out, &path));
            let kept = if is_earlier { ", what an earlier run wrote of it is kept" } else { "" };
            self.failed.push(format!("{title}{kept}"));
        }
        match &mut self.output.files {
            // A commit of the rendered manifests would prune an Application over a typo.
            Some(files) if !is_ok || is_taken || is_elsewhere => files.keep(path),
            Some(files) => files.add(&path, &manifests, self.output.format)?,
            None => self.output.print(&manifests)?,
        }
        Ok(())
    }

    fn finish(self, count: usize) -> Result<Exit> {
        match (&self.output.files, &self.args.out) {
            // Where nothing rendered, what an earlier run wrote is worth more than nothing.
            (Some(files), Some(out)) if self.done > 0 => files.write(out)?,
            (None, _) if self.output.format == Format::Json => {
                let end = if self.output.has_begun { "\n]\n" } else { "[\n]\n" };
                terminal::print(end.as_bytes())?;
            }
            _ => {}
        }
        let elsewhere = match self.elsewhere {
            0 => String::new(),
            1 => ", 1 is not at hand".to_owned(),
            more => format!(", {more} are not at hand"),
        };
        terminal::say(&format!("rendered {} of {count}{elsewhere}", self.done));
        for failed in self.failed {
            terminal::say(&format!("  failed: {failed}"));
        }
        Ok(self.exit)
    }
}
