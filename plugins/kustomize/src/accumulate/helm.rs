//! `helmCharts`: asks the plugin `helm` for what a chart renders to.

use oarlock_plugin::{
    Application, ChartUrl, Failure, Failures, Kind, Request, Result, TreePath, shell_path, shell_word,
};
use oarlock_yaml::{Limits, Node};
use serde_json::{Map, Value, json};

use super::{Loader, Session};
use crate::build::Options;
use crate::kustomization::{HelmChart, HelmGlobals};
use crate::resource::{self, Resource};

/// Where charts are if nothing is said.
const CHART_HOME: &str = "charts";

/// The resources of a chart.
///
/// # Errors
/// If charts are not allowed, the chart is not in the repository, or it cannot be rendered.
pub(super) fn render(
    session: &Session<'_>,
    loader: &Loader<'_>,
    chart: &HelmChart,
    globals: Option<&HelmGlobals>,
) -> Result<Vec<Resource>> {
    if !session.options.enable_helm {
        return Err(Failure::new("charts are rendered only where that is allowed")
            .hint("set `enableHelm: true` in the configuration of the plugin `kustomize`"));
    }
    if chart.name.is_empty() {
        return Err(Failure::new("a chart has no `name`"));
    }
    let Found { directory, is_copy } = find_chart(loader, chart, globals)?;
    let mut config = config(loader, session.options, chart, &directory, is_copy)?;
    if !session.options.helm_profile.is_empty() {
        config["profile"] = json!(session.options.helm_profile);
    }
    let request = Request {
        directory: directory.clone(),
        application: Application::default(),
        config: config.to_string(),
        manifests: Vec::new(),
    };
    let rendered = session.host.compose("helm", request).map_err(|failures| first(failures, &directory))?;
    let mut resources = Vec::with_capacity(rendered.len());
    for manifest in rendered {
        let origin = manifest.origin.clone();
        let node = oarlock_yaml::from_json(&manifest.into_json())
            .map_err(|error| Failure::new(format!("the plugin `helm` gave what is no JSON: {error}")))?;
        resource::check(&directory, &node)?;
        let mut resource = Resource::new(node, origin);
        resource.keeps_namespace = session.options.profile.charts_own_their_namespaces();
        resources.push(resource);
    }
    Ok(resources)
}

/// Where a chart lies.
struct Found {
    directory: TreePath,
    /// Under `remotes`, wherever that is, and not in the kustomization's `chartHome`.
    is_copy: bool,
}

/// The chart's directory, where `helm pull --untar` would have put it, or a copy.
fn find_chart(loader: &Loader<'_>, chart: &HelmChart, globals: Option<&HelmGlobals>) -> Result<Found> {
    let home = globals.map(|globals| globals.chart_home.as_str()).filter(|home| !home.is_empty());
    let mut path = home.unwrap_or(CHART_HOME).to_owned();
    if !chart.version.is_empty() && !chart.repo.is_empty() {
        path = format!("{path}/{}-{}", chart.name, chart.version);
    }
    let directory = loader.resolve(&format!("{path}/{}", chart.name))?;
    let is_directory =
        |place: &TreePath| loader.host().stat(place).is_ok_and(|found| found.kind == Kind::Directory);
    if is_directory(&directory) {
        return Ok(Found { directory, is_copy: false });
    }
    let failure = Failure::new(format!("there is no chart at `{directory}`"));
    let Some(url) = ChartUrl::new(&chart.repo, &chart.name, &chart.version) else { return Err(failure) };
    // kustomize would pull it now; here the repository may keep a copy anywhere.
    let copy = loader.host().remote(&url.to_string()).and_then(|place| TreePath::new(&place).ok());
    let copy = copy.filter(is_directory).map(|directory| Found { directory, is_copy: true });
    copy.ok_or_else(|| {
        failure.hint(format!(
            "a render has no network: vendor the chart by `oarlock vendor --fetch`, or by `helm pull {} --repo {} --untar --untardir {}`",
            shell_word(&chart.name),
            shell_word(&chart.repo),
            shell_path(&path)
        ))
    })
}

/// What the plugin `helm` is told: all that `helm template` would be told by flags.
fn config(
    loader: &Loader<'_>,
    options: &Options,
    chart: &HelmChart,
    directory: &TreePath,
    is_copy: bool,
) -> Result<Value> {
    let read = |path: &str| -> Result<Node> {
        let (file, text) = loader.read(path)?;
        parse(&file, &text)
    };
    let file_values = || match chart.values_file.as_str() {
        "" => to_map(&default_values(loader, directory, is_copy)?),
        path => to_map(&read(path)?),
    };
    let inline = chart.values_inline.clone();
    let values = match (inline.is_empty(), chart.values_merge.as_str()) {
        (true, "" | "override" | "merge" | "replace") => file_values()?,
        (false, "" | "override") => merge(file_values()?, inline),
        (false, "merge") => merge(inline, file_values()?),
        (false, "replace") => inline,
        _ => return Err(Failure::new("`valuesMerge` is `merge`, `override` or `replace`")),
    };
    let mut all = values;
    for path in &chart.additional_values_files {
        // As a further `-f` of helm: mappings are merged, `null` stays for helm to remove the chart's default.
        all = merge_as_helm(all, to_map(&read(path)?)?);
    }
    Ok(json!({
        "releaseName": chart.release_name,
        "nameTemplate": chart.name_template,
        "namespace": chart.namespace,
        "values": all,
        "apiVersions": if options.api_versions.is_empty() { &chart.api_versions } else { &options.api_versions },
        "kubeVersion": if options.kube_version.is_empty() { &chart.kube_version } else { &options.kube_version },
        "includeCrds": chart.include_crds,
        "skipHooks": chart.skip_hooks,
        "skipTests": chart.skip_tests,
    }))
}

/// The chart's own values. Those of a copy may be read wherever it lies: the repository says where, not the kustomization.
fn default_values(loader: &Loader<'_>, directory: &TreePath, is_copy: bool) -> Result<Node> {
    let path = directory.join("values.yaml").map_err(|error| Failure::new(error.to_string()))?;
    if is_copy {
        let text = loader.host().read(&path).map_err(|error| error.at(&path))?;
        return parse(&path, &text);
    }
    let (file, text) = loader.read(&path.relative_to(loader.root()))?;
    parse(&file, &text)
}

fn parse(file: &TreePath, text: &[u8]) -> Result<Node> {
    let node = oarlock_yaml::parse_one(text, Limits::default())
        .map_err(|error| Failure::new(error.message).at(crate::kustomization::origin(file, error.span)))?;
    Ok(node.unwrap_or_else(Node::empty_mapping))
}

fn to_map(node: &Node) -> Result<Map<String, Value>> {
    let json = oarlock_yaml::to_json(node).map_err(|error| Failure::new(error.to_string()))?;
    match serde_json::from_str(&json) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(Value::Null) => Ok(Map::new()),
        _ => Err(Failure::new("values of a chart are a mapping")),
    }
}

/// kustomize's own merge of values: mappings are merged, `null` removes.
fn merge(mut below: Map<String, Value>, above: Map<String, Value>) -> Map<String, Value> {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (_, Value::Null) => {
                below.remove(&key);
            }
            (Some(Value::Object(old)), Value::Object(new)) => {
                *old = merge(std::mem::take(old), new);
            }
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
    below
}

fn merge_as_helm(mut below: Map<String, Value>, above: Map<String, Value>) -> Map<String, Value> {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => {
                *old = merge_as_helm(std::mem::take(old), new);
            }
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
    below
}

/// A kustomization fails with one failure: the first, with the others as notes.
fn first(failures: Failures, directory: &TreePath) -> Failure {
    let mut failures = failures.into_vec().into_iter();
    let first = failures.next().unwrap_or_else(|| Failure::new("the plugin `helm` failed"));
    let first = failures.fold(first, |first, other| first.note(format!("also: {other}")));
    first.note(format!("while the chart `{directory}` was rendered"))
}
