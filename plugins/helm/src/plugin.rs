//! The plugin: the library behind the SDK's face.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use oarlock_go_template::{Context, Limits, Map, Templates, Value};
use oarlock_plugin::{
    Application, Failure, Failures, Host, Kind, Level, Manifest, ObjectHistory, Origin, Parameter, Plugin,
    Request, Result, Stage, TreePath, nearest,
};
use serde_json::json;

use crate::blame;
use crate::capabilities::KubeVersion;
use crate::config::{Config, InlineValues};
use crate::functions::{self, RenderState, Written};
use crate::log::Skipped;
use crate::manifest::{self, ChartManifest as Document, EVENTS, Lines};
use crate::parameters::{announce, with_parameters};
use crate::profile::Profile;
use crate::text::text_of;
use crate::values::{Sources, from_json, merge_maps, read_values};
use crate::{
    Log, Options, RenderedChart, load_directory, load_without_definitions, template, value_files, yaml,
};

/// How deep templates may include one another, within the stack that a sandbox has. Helm's limit is
/// a thousand.
const MAX_DEPTH: usize = 200;

/// How much text templates may write, that of included ones counted each time. Large charts write a
/// megabyte or two.
const MAX_OUTPUT_BYTES: usize = 64 << 20;

/// Renders Helm charts.
pub struct Helm;

impl Plugin for Helm {
    type Config = Config;
    const NAME: &'static str = "helm";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const STAGE: Stage = Stage::Generator;
    const SUMMARY: &'static str = "Renders Helm charts to the objects of helm template";

    fn detect(host: &dyn Host, directory: &TreePath) -> Result<bool> {
        let chart = directory.join("Chart.yaml").map_err(|error| Failure::new(error.to_string()))?;
        Ok(host.stat(&chart).is_ok_and(|found| found.kind == Kind::File))
    }

    fn render(host: &dyn Host, request: Request<Config>) -> Result<Vec<Manifest>, Failures> {
        let Request { directory, application, config, .. } = request;
        let config = with_parameters(config, &application)?;
        if config.as_printed && config.with_lines {
            let state = RenderState::new(config.seed).recording();
            let Rendering { rendered, mut state, .. } =
                render_in(state, host, &directory, &application, &config, None)?;
            return Ok(printed(&rendered?, state.written.take().as_ref()));
        }
        let looked = Rc::default();
        let mut rendering = render(host, &directory, &application, &config, Some(&looked))?;
        if looked.get() {
            rendering = render(host, &directory, &application, &config, None)?;
        }
        let Rendering { rendered, state, log } = rendering;
        let skipped = log.take_skipped();
        for line in log.into_lines() {
            host.log(Level::Info, &line);
        }
        let rendered = rendered?;
        warn_of_skipped(&skipped, &rendered, host);
        warn_of_varying_calls(&state, &rendered, host);
        if config.as_printed { Ok(printed(&rendered, None)) } else { manifests(rendered, config.profile) }
    }

    fn blame(
        host: &dyn Host,
        request: Request<Config>,
        only: Option<usize>,
    ) -> Result<Option<Vec<ObjectHistory>>, Failures> {
        let Request { directory, application, config, .. } = request;
        let config = with_parameters(config, &application)?;
        if config.as_printed {
            return Ok(None);
        }
        let state = RenderState::new(config.seed).recording();
        let Rendering { rendered, mut state, .. } =
            render_in(state, host, &directory, &application, &config, None)?;
        let written = state.written.take().unwrap_or_default();
        let histories = blame::histories(&rendered?, &written, config.profile);
        Ok(Some(match only {
            Some(position) => histories.into_iter().skip(position).take(1).collect(),
            None => histories,
        }))
    }

    fn parameters(host: &dyn Host, request: Request<Config>) -> Result<Vec<Parameter>, Failures> {
        let Request { directory, application, config, .. } = request;
        let config = with_parameters(config, &application)?;
        let values = values(&config, &directory, &application, host)?;
        Ok(announce(&config, &values, &directory, host)?)
    }
}

oarlock_plugin::export!(Helm);

/// A render, and what was noted meanwhile.
struct Rendering {
    rendered: Result<RenderedChart>,
    state: RenderState,
    log: Log,
}

/// Renders. Definitions that are not printed are not read; `looked` becomes true when a template
/// looks where they would be seen.
fn render(
    host: &dyn Host,
    directory: &TreePath,
    application: &Application,
    config: &Config,
    looked: Option<&Rc<Cell<bool>>>,
) -> Result<Rendering> {
    let state = RenderState::new(config.seed);
    render_in(state, host, directory, application, config, looked)
}

fn render_in(
    state: RenderState,
    host: &dyn Host,
    directory: &TreePath,
    application: &Application,
    config: &Config,
    looked: Option<&Rc<Cell<bool>>>,
) -> Result<Rendering> {
    let log = Log::default();
    let mut state = state.with_profile(config.profile);
    let options = options(config, directory, application, &mut state, host)?;
    let chart = match looked.filter(|_| !options.include_crds) {
        Some(looked) => load_without_definitions(host, directory, config.profile, &log, looked),
        None => load_directory(host, directory, config.profile, &log),
    };
    let rendered = chart.and_then(|chart| template(chart, &options, &mut state, &log));
    Ok(Rendering { rendered, state, log })
}

fn options(
    config: &Config,
    directory: &TreePath,
    application: &Application,
    state: &mut RenderState,
    host: &dyn Host,
) -> Result<Options> {
    let or = |own: &str, other: &Option<String>| match own {
        "" => other.clone().filter(|text| !text.is_empty()),
        own => Some(own.to_owned()),
    };
    let release_name = match (config.release_name.as_str(), config.name_template.as_str()) {
        ("", "") => application.own_name().map(str::to_owned),
        ("", name_template) => Some(name_from(name_template, config.profile, state)?),
        (name, _) => Some(name.to_owned()),
    };
    let defaults = Options::default();
    let api_versions =
        if config.api_versions.is_empty() { &application.api_versions } else { &config.api_versions };
    Ok(Options {
        profile: config.profile,
        release_name: release_name.unwrap_or(defaults.release_name),
        namespace: or(&config.namespace, &application.namespace).unwrap_or(defaults.namespace),
        values: values(config, directory, application, host)?,
        kube_version: or(&config.kube_version, &application.kube_version).as_deref().map(bare).transpose()?,
        api_versions: api_versions.clone(),
        include_crds: config.include_crds.unwrap_or(!config.skip_crds),
        skip_tests: config.skip_tests,
        no_hooks: config.skip_hooks,
        is_upgrade: config.is_upgrade,
        skip_schema_validation: config.skip_schema_validation,
        show_only: Vec::new(),
        seed: config.seed,
        short_errors: true,
        limits: Limits { depth: MAX_DEPTH, output_bytes: MAX_OUTPUT_BYTES, ..Limits::default() },
    })
}

/// A version of Kubernetes as Argo CD hands it to Helm: the numbers alone, without what a cloud
/// puts behind.
fn bare(version: &str) -> Result<String> {
    let numbers = KubeVersion::numbers(version).map_err(|reason| {
        Failure::new(format!("could not parse kubernetes version {version}: {reason}"))
            .hint("write it as `1.34.0`")
    })?;
    Ok(numbers.iter().map(u64::to_string).collect::<Vec<_>>().join("."))
}

/// The name of a release by a template, which sees nothing.
fn name_from(name_template: &str, profile: Profile, state: &mut RenderState) -> Result<String> {
    const NAME: &str = "name-template";
    let fail = |error: oarlock_go_template::Error| {
        Failure::new(error.message()).hint("fix `nameTemplate`, or set `releaseName`")
    };
    let functions = functions::all(profile);
    let mut templates = Templates::new();
    templates.parse(NAME, name_template, &functions).map_err(fail)?;
    let mut context = Context::new(Rc::new(templates), &functions, state, functions::options());
    let name = context.execute(NAME, &Value::Nil).map_err(fail)?;
    Ok(name.to_text().into_owned())
}

/// The user's values: files, then those of the configuration, then single ones.
fn values(config: &Config, directory: &TreePath, application: &Application, host: &dyn Host) -> Result<Map> {
    let read = |path: &str| host.read(path).map_err(|error| error.at(path));
    let variables = application.variables(directory);
    let files = value_files::resolve(config, variables, host)?;
    let from_files = Sources { files, ..Sources::default() }.merge(config.profile, &read)?;
    let values = merge_maps(&from_files, &inline(config)?);
    let mut sources = Sources::default();
    for parameter in &config.parameters {
        let value = escaped(&variables.replaced(&parameter.value));
        let line = format!("{}={value}", parameter.name);
        if parameter.force_string { &mut sources.string } else { &mut sources.set }.push(line);
    }
    for parameter in &config.file_parameters {
        let path = value_files::place(&variables.replaced(&parameter.path), directory)?;
        sources.file.push(format!("{}={}", parameter.name, escaped(&path)));
    }
    sources.merge_into(values, config.profile, &read)
}

/// Values that stand in the configuration itself.
fn inline(config: &Config) -> Result<Map> {
    let mapping = match (&config.values_object, &config.values) {
        (Some(mapping), _) | (None, InlineValues::Mapping(mapping)) => mapping,
        (None, InlineValues::Text(text)) => {
            return read_values(text.as_bytes(), config.profile)
                .map_err(|error| Failure::new(format!("failed to parse `values`: {}", error.message)));
        }
    };
    match from_json(&serde_json::Value::Object(mapping.clone())) {
        Value::Map(map) => Ok(map),
        _ => Ok(Map::new()),
    }
}

/// A value as it goes behind `--set name=`: Argo CD escapes the commas of what is no list.
fn escaped(value: &str) -> String {
    if value.starts_with('{') && value.ends_with('}') {
        return value.to_owned();
    }
    let mut out = String::with_capacity(value.len());
    let mut before = ' ';
    for character in value.chars() {
        if character == ',' && before != '\\' {
            out.push('\\');
        }
        out.push(character);
        before = character;
    }
    out
}

/// Charts with random functions never come to rest under Argo CD, unless they look up what is
/// there, which a render cannot.
fn warn_of_varying_calls(state: &RenderState, rendered: &RenderedChart, host: &dyn Host) {
    for call in state.varying_calls() {
        let position = &call.position;
        let warning = Failure::new(format!("`{}` gives something else on every run of Helm", call.function)).hint(
            "here it follows from `seed`, so that the chart comes to rest; give a password or certificate of your own in the values",
        );
        host.warn(match rendered.paths.get(&position.template) {
            Some(path) => {
                let number = |number: usize| u32::try_from(number).unwrap_or(0);
                warning.at(Origin::at(path.as_str(), number(position.line), number(position.column + 1)))
            }
            None => warning,
        });
    }
}

/// Objects that Helm leaves out without a word, since their hook is one that it does not know.
fn warn_of_skipped(skipped: &[Skipped], rendered: &RenderedChart, host: &dyn Host) {
    for Skipped { source, object, hook } in skipped {
        let unknown = |word: &&str| !EVENTS.contains(&word.to_lowercase().as_str());
        let word = hook.split(',').map(str::trim).find(unknown).unwrap_or_default();
        let warning =
            Failure::new(format!("`{object}` is left out, as Helm does it: it knows no hook `{word}`"));
        let warning = warning.hint(match nearest(word, EVENTS) {
            _ if word == "crd-install" => "put definitions into `crds/`".to_owned(),
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("`helm.sh/hook` may say {}", EVENTS.join(", ")),
        });
        host.warn(match rendered.paths.get(source) {
            Some(path) => warning.at(hook_place(path, hook, host)),
            None => warning,
        });
    }
}

/// Where a template writes a hook annotation, as far as that is known.
fn hook_place(path: &str, hook: &str, host: &dyn Host) -> Origin {
    let text = host.read(path).ok().and_then(|text| String::from_utf8(text).ok()).unwrap_or_default();
    let line = text.lines().position(|line| line.contains("helm.sh/hook") && line.contains(hook));
    match line.and_then(|line| u32::try_from(line + 1).ok()) {
        Some(line) => Origin::at(path, line, 1),
        None => Origin::file(path),
    }
}

/// The documents of a render as text, in the order in which Helm prints them.
fn printed(rendered: &RenderedChart, written: Option<&HashMap<String, Written>>) -> Vec<Manifest> {
    let manifest = |text: &str, path: &str, lines: Option<serde_json::Value>| {
        let text = ("printed".to_owned(), format!("{text}\n").into());
        let lines = lines.map(|lines| ("lines".to_owned(), lines));
        let object = std::iter::once(text).chain(lines).collect();
        Manifest::new(object).with_origin(Some(Origin::file(path)))
    };
    let crds = rendered.crds.iter().map(|crd| {
        let (text, path): (_, &str) = (text_of(&crd.file.data), crd.file.path.as_ref());
        let lines = written.map(|_| (1..=text.lines().count()).map(|line| json!([path, line])).collect());
        manifest(&text, path, lines)
    });
    let documents = rendered.resources.iter().chain(&rendered.hooks).map(|document| {
        let path = rendered.paths.get(&document.source).unwrap_or(&document.source);
        let place = |origin: Option<Origin>| origin.map(|origin| json!([origin.path, origin.line]));
        let lines = written.map(|written| {
            blame::origins(document, rendered, written)
                .into_iter()
                .map(|origin| json!(place(origin)))
                .collect()
        });
        manifest(&document.text, path, lines)
    });
    crds.chain(documents).collect()
}

/// The objects of a render, in the order in which Helm prints them.
fn manifests(rendered: RenderedChart, profile: Profile) -> Result<Vec<Manifest>, Failures> {
    let mut manifests = Vec::new();
    let mut failures = Vec::new();
    let mut add = |objects: std::result::Result<Vec<String>, String>, origin: &Origin| {
        let manifest = |json| Ok(Manifest::from_serialized(json)?.with_origin(Some(origin.clone())));
        let objects = objects.map_err(Failure::new);
        match objects.and_then(|objects| objects.into_iter().map(manifest).collect::<Result<Vec<_>>>()) {
            Ok(objects) => manifests.extend(objects),
            Err(failure) => failures.push(failure.at(origin.clone())),
        }
    };
    for crd in &rendered.crds {
        let text = text_of(&crd.file.data);
        let mut lines = Lines::new(&text);
        for (offset, document) in manifest::split(&text, profile) {
            let printed = manifest::with_end(&text, offset, document);
            let read = yaml::read(printed.as_bytes()).map_err(|error| error.message);
            let objects = read.and_then(|document| manifest::objects(&document, printed.len()));
            add(objects, &Origin::at(crd.file.path.as_ref(), lines.line_at(offset), 0));
        }
    }
    for Document { source, objects, .. } in rendered.resources.into_iter().chain(rendered.hooks) {
        let path = rendered.paths.get(&source).unwrap_or(&source);
        add(objects, &Origin::file(path.as_str()));
    }
    Failures::check(failures)?;
    Ok(manifests)
}
