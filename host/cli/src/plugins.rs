//! `oarlock plugins`: what can run.

use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::Result;
use oarlock_plugin::{Descriptor, Stage};
use serde_json::{Value, json};

use super::session::{HostOptions, Session};
use super::terminal::{self, Report};
use crate::exit::Exit;
use crate::exit::exit_of;
use oarlock_engine::printable;
use oarlock_engine::sandbox::{
    BASELINE, CodeOrigin, Component, PluginSource, SandboxError, Services, Workload,
};
use oarlock_engine::source::Directory;

/// Lists the plugins that may run: name, version, stage, size, digest, configuration.
///
/// Examples:
///
///   oarlock plugins
///
///   oarlock plugins vault          # with the schema of its configuration
///
///   oarlock plugins --output json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Only this plugin, with the schema of its configuration.
    name: Option<String>,

    /// A table, or JSON.
    #[arg(long, value_enum, default_value_t)]
    output: Report,
}

struct Listed {
    descriptor: Descriptor,
    component: Component,
    origin: String,
    code: CodeOrigin,
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    let (library, operator) = Session::library(host, Workload::Few)?;
    let library = Arc::new(library);
    // Describing reads nothing, but every call has a tree.
    let nothing = tempfile::tempdir()?;
    let tree = Arc::new(Directory::open(nothing.path())?);
    let services = Arc::new(Services::new(tree, Arc::clone(&library), operator.limits));
    let names: Vec<String> = match &args.name {
        Some(name) => vec![name.clone()],
        None => library.names().map(str::to_owned).collect(),
    };
    let mut exit = Exit::Done;
    let mut listed = Vec::new();
    for name in names {
        let one = || -> Result<Listed, SandboxError> {
            let code = library.code_origin(&name)?;
            let descriptor = services.load(&name)?.describe(&services)?;
            let component = library.component(&name)?;
            let origin = library.source(&name).map(PluginSource::origin).unwrap_or_default();
            Ok(Listed { descriptor, component, origin, code })
        };
        match one() {
            Ok(plugin) => listed.push(plugin),
            // One that cannot run keeps nobody from seeing the others.
            Err(error) => {
                let error = oarlock_engine::pipeline::RenderError::Sandbox(error);
                exit = exit.max(exit_of(&error));
                terminal::tell(
                    &oarlock_engine::diagnostic::Diagnostic::from_render_error(error),
                    None,
                    args.output,
                );
            }
        }
    }
    if listed.is_empty() {
        return Ok(exit);
    }
    match args.output {
        Report::Json => terminal::print_json(&listed.iter().map(as_json).collect::<Vec<_>>())?,
        Report::Text if args.name.is_some() => {
            terminal::print_text(&listed.iter().map(details).collect::<String>())?
        }
        Report::Text => terminal::print_text(&table(&listed))?,
    };
    Ok(exit)
}

fn stage(descriptor: &Descriptor) -> &'static str {
    match descriptor.stage {
        Stage::Generator => "generator",
        Stage::Transformer => "transformer",
    }
}

/// Whether a plugin has to be compiled on this machine.
fn code(plugin: &Listed) -> String {
    match plugin.code {
        CodeOrigin::Embedded => format!("precompiled for {BASELINE}"),
        CodeOrigin::Compiled { .. } => "compiled on this machine".to_owned(),
    }
}

fn schema(descriptor: &Descriptor) -> Value {
    serde_json::from_str(&descriptor.config_schema).unwrap_or(Value::Null)
}

fn as_json(plugin: &Listed) -> Value {
    json!({
        "name": plugin.descriptor.name,
        "version": plugin.descriptor.version,
        "stage": stage(&plugin.descriptor),
        "summary": plugin.descriptor.summary,
        "source": plugin.origin,
        "size": plugin.component.bytes.len(),
        "digest": format!("sha256:{}", plugin.component.digest),
        "code": code(plugin),
        "configSchema": schema(&plugin.descriptor),
    })
}

/// The column of names is at least so wide, in characters.
const MIN_NAME_WIDTH: usize = 12;

fn table(listed: &[Listed]) -> String {
    let names: Vec<_> = listed.iter().map(|plugin| printable::line(&plugin.descriptor.name)).collect();
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    let width = longest.max(MIN_NAME_WIDTH) + 2;
    let mut text = format!(
        "{:<width$}{:<10}{:<13}{:>9}  {:<22}{}\n",
        "NAME", "VERSION", "STAGE", "SIZE", "DIGEST", "SUMMARY"
    );
    for (plugin, name) in listed.iter().zip(names) {
        let descriptor = &plugin.descriptor;
        let _ = writeln!(
            text,
            "{name:<width$}{:<10}{:<13}{:>5} KiB  {:<22}{}",
            printable::line(&descriptor.version),
            stage(descriptor),
            plugin.component.bytes.len() >> 10,
            format!("sha256:{}", &plugin.component.digest[..12]),
            printable::line(&descriptor.summary)
        );
    }
    text
}

fn details(plugin: &Listed) -> String {
    let descriptor = &plugin.descriptor;
    format!(
        "{} {} ({})\n{}\n\nsource  {}\nsize    {} bytes\ndigest  sha256:{}\ncode    {}\n\nconfiguration:\n{}\n",
        printable::line(&descriptor.name),
        printable::line(&descriptor.version),
        stage(descriptor),
        printable::line(&descriptor.summary),
        printable::line(&plugin.origin),
        plugin.component.bytes.len(),
        plugin.component.digest,
        code(plugin),
        serde_json::to_string_pretty(&schema(descriptor)).unwrap_or_default()
    )
}
