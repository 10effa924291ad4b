//! `oarlock waves --fleet`: the sync order of whole environments.

use std::fmt::Write as _;

use anyhow::Result;
use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::printable;
use oarlock_fleet::{
    Application, ApplicationOrder, ApplicationRender, EnvironmentOrder, Needs, ORDER_FORMAT_VERSION,
    OrderReport, Phase, Step, Steps, steps,
};

use super::Args;
use crate::exit::Exit;
use crate::fleet;
use crate::progress::Bar;
use crate::session::HostOptions;
use crate::terminal::{self, Report};

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    let place = (args.root.as_deref(), args.directory.as_deref());
    let open = match fleet::open(host, &args.of_fleet, place, args.output)? {
        Ok(open) => open,
        Err(exit) => return Ok(exit),
    };
    let environments = open.environments()?;
    let mut exit = open.tell(&environments, args.output);
    let (mut orders, mut needs) = (Vec::new(), Needs::default());
    for environment in &environments {
        let numbers: std::collections::HashMap<_, _> = environment
            .applications
            .iter()
            .enumerate()
            .map(|(index, application)| (&application.definition.name, index))
            .collect();
        let mut all = Steps::new();
        let bar = Bar::hidden();
        let each = |application: &Application, mut render: ApplicationRender| -> Result<()> {
            if let (true, Some(index)) = (render.is_ok(), numbers.get(&application.definition.name)) {
                match steps(render.manifests()) {
                    Ok(steps) => {
                        all.insert(*index, steps);
                    }
                    Err(failure) => {
                        terminal::tell(&[Diagnostic::error(failure)], None, args.output);
                        exit = exit.max(Exit::PluginBroke);
                    }
                }
            }
            let title = application.definition.title();
            exit = exit.max(open.tell_render(&title, &mut render, (args.output, false)));
            Ok(())
        };
        needs.append(open.fleet.render_all(environment, &open.filter, &bar, each)?);
        bar.finish();
        orders.push(EnvironmentOrder::new(environment, all));
    }
    fleet::report_needs(&needs, args.output);
    match args.output {
        Report::Text => {
            let mut text = String::new();
            for (index, order) in orders.iter().enumerate() {
                if index > 0 {
                    text.push('\n');
                }
                let _ = writeln!(text, "{}", printable::line(&order.name));
                for application in &order.applications {
                    draw(application, 1, &mut text);
                }
            }
            terminal::print_text(&text)?;
        }
        Report::Json => {
            let report = OrderReport { format_version: ORDER_FORMAT_VERSION, environments: orders };
            terminal::print_json(&report)?;
        }
    }
    Ok(exit)
}

/// An Application and its steps, those of the Applications that it makes below the objects that
/// make them.
fn draw(application: &ApplicationOrder, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    let name = printable::line(&application.name.name);
    let cluster = printable::line(&application.cluster);
    let _ = writeln!(text, "{indent}Application {name} → {cluster}");
    for Step { phase, wave, objects } in &application.steps {
        let phase = match phase {
            Phase::Sync => String::new(),
            phase => format!("{phase:?} "),
        };
        let _ = writeln!(text, "{indent}  {phase}wave {wave}");
        for object in objects {
            let place = match object.namespace.as_str() {
                "" => object.name.clone(),
                namespace => format!("{namespace}/{}", object.name),
            };
            let _ =
                writeln!(text, "{indent}    {} {}", printable::line(&object.kind), printable::line(&place));
            for application in &object.applications {
                draw(application, depth + 3, text);
            }
        }
    }
}
