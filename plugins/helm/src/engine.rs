//! Renders the templates of a chart and the charts within: what each of them sees, in which order
//! they are parsed, which give output.

mod cycle;
mod error;

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use oarlock_bytes::compare;
use oarlock_go_template::{
    ANY_MAP, Bytes, Context, Limits, Map, MapType, Options, Parser, Templates, Type, Value,
};
use oarlock_plugin::Result;

use crate::chart::Chart;
use crate::functions::{RenderState, Written};
use crate::memory::abandon;
use crate::profile::Profile;
use crate::text::{lossy, shared_text};
use crate::values::table;
use crate::{files, functions};

use self::error::Way;

/// What Go's templates print for what is not there; Helm takes it out of what was rendered.
const NO_VALUE: &str = "<no value>";

/// The template whose text is for people.
pub(crate) const NOTES: &str = "NOTES.txt";

/// What is rendered besides the chart.
pub(crate) struct Input {
    /// `.Values` of the root chart, coalesced.
    pub(crate) values: Map,
    /// `.Release`.
    pub(crate) release: Map,
    /// `.Capabilities`.
    pub(crate) capabilities: Value,
    /// How much may be done.
    pub(crate) limits: Limits,
    /// The version of Helm.
    pub(crate) profile: Profile,
    /// Whether errors are for people.
    pub(crate) short_errors: bool,
}

/// A template and what it is executed with.
struct Template<'a> {
    data: &'a Bytes,
    dot: Map,
    base_path: String,
}

/// The type of `.Values` and of what templates are executed with.
fn values_type(profile: Profile) -> &'static MapType {
    static VALUES: MapType =
        MapType { name: "common.Values", literal: "map[string]interface {}", element: Type::Any };
    static VALUES_BEFORE_4: MapType = MapType { name: "chartutil.Values", ..VALUES };
    if profile.before_4() { &VALUES_BEFORE_4 } else { &VALUES }
}

/// `.Chart`.
fn about(chart: &Chart, profile: Profile) -> Value {
    if !profile.shows_charts_as_maps() {
        return chart.metadata.to_object(chart.is_root());
    }
    let about = chart.metadata.to_map();
    about.insert("IsRoot", chart.is_root());
    about.into()
}

/// Whether a text has [`NO_VALUE`] in it. A search for one byte is far faster than one for a word.
fn has_no_value(text: &str) -> bool {
    text.match_indices('<').any(|(place, _)| text[place..].starts_with(NO_VALUE))
}

/// The rendered text of each template that gives output, by its path with that of its chart.
///
/// # Errors
/// If a template cannot be parsed or executed: Helm's message, at the place in the template.
pub(crate) fn render(
    chart: &Chart,
    input: &Input,
    state: &mut RenderState,
) -> Result<BTreeMap<String, String>> {
    let mut templates = BTreeMap::new();
    let types = values_type(input.profile);
    let root = Map::from_entries(types, [("Values".into(), Value::Map(input.values.clone()))]);
    collect(chart, &root, input, &mut templates);

    let functions = functions::all(input.profile);
    let mut set = Templates::new();
    let mut parser = Parser::new(&functions);
    let order = order(&templates);
    let paths = paths(chart);
    let way = Way { paths: &paths, profile: input.profile, is_short: input.short_errors };
    for name in &order {
        let text = shared_text(templates[*name].data);
        set.add(parser.parse(name, &text).map_err(|error| way.parse_failure(name, &error))?);
    }
    abandon(parser);

    let options = Options { limits: input.limits, ..functions::options() };
    let set = Rc::new(set);
    abandon(Rc::clone(&set));
    let mut written = state.written.take();
    let mut context = Context::new(set, &functions, state, options);
    let mut rendered = BTreeMap::new();
    for name in order {
        let template = &templates[name];
        if name.rsplit_once('/').map_or(name, |(_, base)| base).starts_with('_') {
            continue;
        }
        // All templates of a chart share what they see, so that this is the last one's name where
        // another chart looks.
        let about = Map::from_entries(
            types,
            [("Name".into(), name.into()), ("BasePath".into(), template.base_path.as_str().into())],
        );
        template.dot.insert("Template", about);
        let dot = Value::Map(template.dot.clone());
        let mut lines = Vec::new();
        // Most of a text is what stands between actions.
        let mut text = Vec::with_capacity(template.data.len());
        let executed = match &written {
            None => context.execute_into(name, &dot, &mut text),
            Some(_) => context.execute_with_lines(name, &dot).map(|executed| (text, lines) = executed),
        };
        executed.map_err(|error| way.execution_failure(name, &error))?;
        let text = match String::from_utf8(text) {
            Ok(text) => text,
            Err(error) if name.ends_with(NOTES) => lossy(error.as_bytes()).into_owned(),
            Err(error) => {
                crate::yaml::read(error.as_bytes())
                    .map_err(|error| way.encoding_failure(name, &error.message))?;
                lossy(error.as_bytes()).into_owned()
            }
        };
        let text = if has_no_value(&text) { text.replace(NO_VALUE, "") } else { text };
        if let Some(written) = &mut written {
            written.insert(name.to_owned(), Written { text: text.clone(), lines });
        }
        rendered.insert(name.to_owned(), text);
    }
    drop(context);
    state.written = written;
    abandon((root, templates));
    Ok(rendered)
}

/// From the templates of a chart and the charts within to their paths in the tree.
pub(crate) fn paths(chart: &Chart) -> HashMap<String, String> {
    fn collect(chart: &Chart, paths: &mut HashMap<String, String>) {
        let full_path = chart.full_path();
        for file in &chart.templates {
            paths.insert(format!("{full_path}/{}", file.name), file.path.to_string());
        }
        for dependency in &chart.dependencies {
            collect(dependency, paths);
        }
    }
    let mut found = HashMap::new();
    collect(chart, &mut found);
    found
}

/// Those that lie deepest first, so that the definitions of outer charts replace those of inner
/// ones.
fn order<'t>(templates: &'t BTreeMap<String, Template<'_>>) -> Vec<&'t str> {
    let mut names: Vec<&str> = templates.keys().map(String::as_str).collect();
    let depth = |name: &str| name.bytes().filter(|byte| *byte == b'/').count();
    names.sort_by(|a, b| depth(b).cmp(&depth(a)).then_with(|| compare(b.as_bytes(), a.as_bytes())));
    names
}

/// Finds the templates of a chart and the charts within, and makes what they see. Returns that of
/// the chart.
fn collect<'a>(
    chart: &'a Chart,
    above: &Map,
    input: &Input,
    templates: &mut BTreeMap<String, Template<'a>>,
) -> Map {
    let about = about(chart, input.profile);
    let values = if chart.is_root() {
        above.get("Values").unwrap_or_default()
    } else {
        table(above, &format!("Values.{}", chart.name()))
            .map_or_else(|_| Value::Map(Map::with_type(values_type(input.profile))), Value::Map)
    };
    let within = Map::new();
    let dot = Map::from_entries(
        values_type(input.profile),
        [
            ("Chart".into(), about),
            ("Files".into(), files::to_value(&chart.files, chart.looked.as_ref())),
            ("Release".into(), input.release.clone().into()),
            ("Capabilities".into(), input.capabilities.clone()),
            ("Values".into(), values),
            ("Subcharts".into(), within.clone().into()),
        ],
    );
    let full_path = chart.full_path();
    for dependency in &chart.dependencies {
        let seen = collect(dependency, &dot, input, templates);
        within.insert(dependency.name(), seen);
    }
    for file in &chart.templates {
        let base = file.name.rsplit_once('/').map_or(file.name.as_str(), |(_, base)| base);
        if chart.is_library() && !base.starts_with('_') {
            continue;
        }
        let template =
            Template { data: &file.data, dot: dot.clone(), base_path: format!("{full_path}/templates") };
        templates.insert(format!("{full_path}/{}", file.name), template);
    }
    dot
}

/// The values of the root chart, of the type that Helm gives them.
pub(crate) fn root_values(values: &Map, profile: Profile) -> Map {
    Map::from_entries(values_type(profile), values.snapshot())
}

/// `.Release`.
pub(crate) fn release(name: &str, namespace: &str, is_upgrade: bool) -> Map {
    Map::from_entries(
        &ANY_MAP,
        [
            ("Name".into(), name.into()),
            ("Namespace".into(), namespace.into()),
            ("IsUpgrade".into(), is_upgrade.into()),
            ("IsInstall".into(), (!is_upgrade).into()),
            ("Revision".into(), Value::int(1)),
            ("Service".into(), "Helm".into()),
        ],
    )
}
