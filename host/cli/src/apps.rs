//! `oarlock apps`: what a repository deploys.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::printable;
use oarlock_fleet::{
    Application, AppsReport, Definition, Environment, ExpansionError, Needs, Parent, SourceError, propose,
};
use oarlock_plugin::{Failure, TreePath};
use serde_json::Value;

use crate::exit::Exit;
use crate::fleet::{self, FleetArgs, OpenFleet};
use crate::session::HostOptions;
use crate::terminal::{self, Report};

/// Shows the Applications and ApplicationSets that a repository deploys, from its root
/// Applications.
///
/// The root is rendered as Argo CD renders it, and what it makes is taken from its manifests. What
/// `fleet` of oarlock.yaml says needs no arguments.
///
/// Examples:
///
///   oarlock apps                                    # every environment of `fleet.roots`
///
///   oarlock apps argocd/prod                        # what this directory deploys
///
///   oarlock apps --init                             # proposes `fleet` for oarlock.yaml
///
///   oarlock apps --expand set.yaml --output json    # the Applications of a file's ApplicationSets
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The root: a file with the root Application, the directory that it deploys, or the name of an
    /// environment [default: all of `fleet.roots`].
    #[arg(value_name = "ROOT")]
    root_application: Option<PathBuf>,

    /// A tree, or JSON.
    #[arg(long, value_enum, default_value_t)]
    output: Report,

    #[command(flatten)]
    fleet: FleetArgs,

    /// Print a proposal for `fleet` of oarlock.yaml, made from the Applications in this repository.
    /// Writes nothing.
    #[arg(long, conflicts_with_all = ["root_application", "expand"])]
    init: bool,

    /// Print the Applications that the ApplicationSets of this file make, as a list.
    #[arg(long, value_name = "FILE", conflicts_with = "root_application")]
    expand: Option<PathBuf>,

    /// With --expand: an AppProject that exists. Without any, all do. May be given several times.
    #[arg(long, value_name = "NAME", requires = "expand")]
    project: Vec<String>,

    /// What is rendered [default: the enclosing git work tree, else the directory].
    #[arg(long, value_name = "TREE")]
    root: Option<PathBuf>,
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    let place = (args.root.as_deref(), args.root_application.as_deref());
    let open = match fleet::open(host, &args.fleet, place, args.output)? {
        Ok(open) => open,
        Err(exit) => return Ok(exit),
    };
    if let Some(path) = &args.expand {
        return expand(&open, path, args);
    }
    if args.init {
        return match propose(&open.fleet) {
            Ok(text) => terminal::print_text(&text),
            Err(failure) => {
                terminal::tell(&[Diagnostic::error(failure)], None, args.output);
                Ok(Exit::Invalid)
            }
        };
    }
    let mut environments = open.environments()?;
    let mut exit = open.tell(&environments, args.output);
    let mut needs = Needs::default();
    for environment in &mut environments {
        exit = exit.max(tell_failed(&open, environment, &mut needs, args.output));
    }
    match args.output {
        Report::Text => {
            let mut text = String::new();
            for (index, environment) in environments.iter().enumerate() {
                if index > 0 {
                    text.push('\n');
                }
                Drawing::new(&open, environment).draw(&mut text);
            }
            terminal::print_text(&text)?;
            for environment in &environments {
                needs.append(open.fleet.external(environment, &open.filter).into());
            }
        }
        Report::Json => {
            terminal::print_json(&AppsReport::new(&open.fleet, &environments, &open.filter))?;
        }
    }
    fleet::report_needs(&needs, args.output);
    Ok(exit)
}

/// Tells of Applications that had to be rendered to find others, and failed. What others lack is
/// added to `needs`.
fn tell_failed(open: &OpenFleet, environment: &mut Environment, needs: &mut Needs, report: Report) -> Exit {
    let mut exit = Exit::Done;
    if let Some(root) = environment.root_render.take() {
        let mut render = oarlock_fleet::ApplicationRender {
            sources: vec![root],
            ..oarlock_fleet::ApplicationRender::default()
        };
        let title = format!("the root `{}`", environment.root);
        exit = exit.max(open.tell_render(&title, &mut render, (report, false)));
    }
    for index in environment.failed_renders() {
        let Some(mut render) = environment.take_render(index) else { continue };
        let application = &environment.applications[index];
        // What the sources themselves need is known by their plans.
        render.external.clear();
        let title = application.definition.title();
        render.needed().into_iter().for_each(|needed| needs.add(needed, title.clone()));
        exit = exit.max(open.tell_render(&title, &mut render, (report, false)));
    }
    exit
}

/// The Applications of a file's ApplicationSets.
fn expand(open: &OpenFleet, path: &Path, args: &Args) -> Result<Exit> {
    let name = path.display().to_string();
    let text = std::fs::read(path).with_context(|| format!("cannot read {name}"))?;
    let tell = |failure: Failure| {
        terminal::tell(&[Diagnostic::error(failure)], None, args.output);
        Exit::Invalid
    };
    let projects = (!args.project.is_empty()).then_some(args.project.as_slice());
    let sets = match open.fleet.expand_file(&name, &text, projects) {
        Ok(sets) => sets,
        Err(failure) => return Ok(tell(failure)),
    };
    if sets.is_empty() {
        return Ok(tell(Failure::new(format!("{name} holds no ApplicationSet"))));
    }
    let (mut applications, mut exit) = (Vec::new(), Exit::Done);
    for (set, expanded) in sets {
        match expanded {
            Ok(expanded) => {
                let held_back = expanded.held_back.iter().map(|(application, reason)| {
                    Failure::new(format!(
                        "ApplicationSet `{set}` makes Application `{application}`, which Argo CD does not create: {reason}"
                    ))
                });
                let warnings: Vec<Diagnostic> =
                    expanded.warnings.into_iter().chain(held_back).map(Diagnostic::notice).collect();
                terminal::tell(&warnings, None, args.output);
                applications.extend(expanded.applications);
            }
            Err(ExpansionError::Failed(failure)) => exit = exit.max(tell(failure)),
            Err(ExpansionError::External(external)) => {
                for external in external {
                    let message =
                        format!("ApplicationSet `{set}` reads the {external}, which is not at hand");
                    exit = exit.max(tell(Failure::new(message).hint(external.hint())));
                }
            }
        }
    }
    if exit != Exit::Done {
        return Ok(exit);
    }
    match args.output {
        Report::Json => terminal::print_json(&applications),
        Report::Text => {
            let name = |application: &Value| {
                let name = application.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
                printable::line(name).into_owned() + "\n"
            };
            terminal::print_text(&applications.iter().map(name).collect::<String>())
        }
    }
}

/// An environment as a tree of text.
struct Drawing<'a> {
    open: &'a OpenFleet,
    environment: &'a Environment,
    below: HashMap<Parent, Vec<Item>>,
}

/// An object in the tree.
#[derive(Clone, Copy)]
enum Item {
    Project(usize),
    Set(usize),
    Application(usize),
}

impl<'a> Drawing<'a> {
    fn new(open: &'a OpenFleet, environment: &'a Environment) -> Self {
        let mut below: HashMap<Parent, Vec<Item>> = HashMap::new();
        for (index, project) in environment.projects.iter().enumerate() {
            below.entry(project.parent).or_default().push(Item::Project(index));
        }
        for (index, set) in environment.sets.iter().enumerate() {
            below.entry(set.parent).or_default().push(Item::Set(index));
        }
        for (index, application) in environment.applications.iter().enumerate() {
            below.entry(application.parent).or_default().push(Item::Application(index));
        }
        let mut drawing = Self { open, environment, below };
        let mut below = std::mem::take(&mut drawing.below);
        #[expect(clippy::iter_over_hash_type, reason = "each list is sorted by itself")]
        for items in below.values_mut() {
            // In the order in which Argo CD applies them.
            items.sort_by_key(|item| {
                let definition = drawing.definition(*item);
                (definition.wave(), definition.kind, definition.name.clone())
            });
        }
        // What is not wanted has no place, unless something below it is.
        drawing.below = below;
        drawing
    }

    fn definition(&self, item: Item) -> &'a Definition {
        match item {
            Item::Project(index) => &self.environment.projects[index].definition,
            Item::Set(index) => &self.environment.sets[index].definition,
            Item::Application(index) => &self.environment.applications[index].definition,
        }
    }

    fn draw(&self, text: &mut String) {
        let Environment { name, root, .. } = self.environment;
        let _ = writeln!(text, "{}  {}", printable::line(name), printable::line(root));
        self.draw_below(Parent::Root, "", text);
    }

    fn draw_below(&self, parent: Parent, indent: &str, text: &mut String) {
        let items = self.below.get(&parent).map(Vec::as_slice).unwrap_or_default();
        let items: Vec<Item> = items.iter().copied().filter(|item| self.is_wanted(*item)).collect();
        for (index, item) in items.iter().enumerate() {
            let is_last = index + 1 == items.len();
            let (head, rest) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            let _ = writeln!(text, "{indent}{head}{}", self.line(*item));
            let parent = match item {
                Item::Project(_) => continue,
                Item::Set(index) => Parent::Set(*index),
                Item::Application(index) => Parent::Application(*index),
            };
            self.draw_below(parent, &format!("{indent}{rest}"), text);
        }
    }

    fn is_wanted(&self, item: Item) -> bool {
        let filter = &self.open.filter;
        if filter.only.is_none() && filter.cluster.is_none() {
            return true;
        }
        let below = |parent: Parent| {
            self.below.get(&parent).is_some_and(|items| items.iter().any(|item| self.is_wanted(*item)))
        };
        match item {
            Item::Project(_) => false,
            Item::Set(index) => below(Parent::Set(index)),
            Item::Application(index) => {
                filter.wants(&self.environment.applications[index]) || below(Parent::Application(index))
            }
        }
    }

    fn line(&self, item: Item) -> String {
        let definition = self.definition(item);
        let name = printable::line(&definition.name.name);
        let mut line = format!("{} {name}", definition.kind.name());
        if let Item::Application(index) = item {
            let application = &self.environment.applications[index];
            let _ = write!(line, " → {}", printable::line(&destination(application)));
        }
        if definition.wave() != 0 {
            let _ = write!(line, "  wave {}", definition.wave());
        }
        if let Item::Application(index) = item {
            for source in self.sources(&self.environment.applications[index]) {
                let _ = write!(line, "  {}", printable::line(&source));
            }
        }
        line
    }

    /// The sources of an Application, each with what renders it.
    fn sources(&self, application: &Application) -> Vec<String> {
        let spec = application.spec.as_ref().ok();
        let sources = spec.map(oarlock_engine::application::Spec::sources).unwrap_or_default();
        let plan = self.open.fleet.plan(application);
        plan.into_iter()
            .filter_map(|(index, planned)| {
                let source = sources.get(index)?;
                let what = match (&source.chart, &source.path) {
                    (Some(chart), _) if !chart.is_empty() => {
                        format!("{chart} {}", source.target_revision.as_deref().unwrap_or_default())
                    }
                    (_, Some(path)) if !path.is_empty() => path.clone(),
                    _ => TreePath::root().to_string(),
                };
                let how = match planned {
                    Ok(planned) => planned.source_type.name(),
                    Err(SourceError::External(_)) => "external",
                    Err(SourceError::Failed(_)) => "error",
                };
                Some(format!("{what} ({how})"))
            })
            .collect()
    }
}

/// The cluster and the namespace of an Application.
fn destination(application: &Application) -> String {
    let cluster = match application.cluster() {
        "" => "?",
        cluster => cluster,
    };
    match application.destination_namespace() {
        Some(namespace) => format!("{cluster}/{namespace}"),
        None => cluster.to_owned(),
    }
}
