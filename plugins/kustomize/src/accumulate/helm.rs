//! `helmCharts`: asks the plugin `helm` for what a chart renders to.

use oarlock_plugin::{
    Application, ChartUrl, Failure, Failures, Kind, Manifest, Origin, Request, Result, TreePath, shell_path,
    shell_word,
};
use oarlock_yaml::{Dialect, Limits, Node, ParseError, Reader, emit};
use serde_json::{Map, Value, json};

use super::{Loader, Session};
use crate::blame::Lines;
use crate::kustomization::{HelmChart, HelmGlobals};
use crate::patch;
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
    let mut config = config(session, loader, chart, &directory, is_copy)?;
    if !session.options.helm_profile.is_empty() {
        config["profile"] = json!(session.options.helm_profile);
    }
    if session.blame.is_some() {
        config["withLines"] = json!(true);
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
        let template =
            manifest.origin.as_ref().map_or(directory.as_str(), |origin| origin.path.as_str()).to_owned();
        let text = manifest.object().get(PRINTED).and_then(Value::as_str).ok_or_else(|| {
            Failure::new("the plugin `helm` gave something other than what it prints")
                .at(Origin::file(&template))
        })?;
        let read = resource::read(&template, text.as_bytes());
        let mut read = read.map_err(|failure| in_output(failure, &template))?;
        if let Some(recorder) = &session.blame {
            let lines = lines(&manifest, &template);
            for resource in &mut read {
                recorder.stamp(&mut resource.object, &Lines::Each(&lines));
            }
        }
        for mut resource in read {
            resource.origin.clone_from(&manifest.origin);
            resource.keeps_namespace = session.options.profile.charts_own_their_namespaces();
            resources.push(resource);
        }
    }
    Ok(resources)
}

/// Where the lines of what a chart prints are written.
fn lines(manifest: &Manifest, template: &str) -> Vec<Option<Origin>> {
    let place = |line: &Value| {
        let (path, line) = (line.get(0).and_then(Value::as_str), line.get(1).and_then(Value::as_u64));
        let line = line.and_then(|line| u32::try_from(line).ok()).unwrap_or_default();
        Some(Origin::at(path.unwrap_or(template), line, 0))
    };
    manifest.object().get("lines").and_then(Value::as_array).into_iter().flatten().map(place).collect()
}

/// The field in which the plugin `helm` returns what a chart prints.
const PRINTED: &str = "printed";

/// A failure in what a template prints, at the template: its lines are others. The line itself is
/// not shown, since it may be one of a Secret.
fn in_output(failure: Failure, template: &str) -> Failure {
    let line = failure.origin.as_ref().map_or(0, |origin| origin.line);
    let failure = Failure { origin: None, ..failure }.at(Origin::file(template));
    if line > 0 { failure.note(format!("in line {line} of what the template prints")) } else { failure }
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

/// The configuration of the plugin `helm`: all that `helm template` would get by flags.
fn config(
    session: &Session<'_>,
    loader: &Loader<'_>,
    chart: &HelmChart,
    directory: &TreePath,
    is_copy: bool,
) -> Result<Value> {
    let options = session.options;
    let mut values = main_values(session, loader, chart, directory, is_copy)?;
    for path in &chart.additional_values_files {
        // As a further `-f` of helm: mappings are merged, `null` stays for helm to remove the
        // chart's default.
        values = merge_as_helm(values, read_as_helm(&loader.read(path)?)?);
    }
    Ok(json!({
        "releaseName": chart.release_name,
        "nameTemplate": chart.name_template,
        "namespace": chart.namespace,
        "values": values,
        "apiVersions": if options.api_versions.is_empty() { &chart.api_versions } else { &options.api_versions },
        "kubeVersion": if options.kube_version.is_empty() { &chart.kube_version } else { &options.kube_version },
        "includeCrds": chart.include_crds,
        "skipHooks": chart.skip_hooks,
        "skipTests": chart.skip_tests,
        "asPrinted": true,
    }))
}

/// A file and its text.
type Read = (TreePath, Vec<u8>);

/// What `valuesFile` and `valuesInline` say together. Where both speak, kustomize merges them and
/// writes them anew for Helm; else Helm reads the file itself.
fn main_values(
    session: &Session<'_>,
    loader: &Loader<'_>,
    chart: &HelmChart,
    directory: &TreePath,
    is_copy: bool,
) -> Result<Map<String, Value>> {
    let file = || match chart.values_file.as_str() {
        "" => default_values(loader, directory, is_copy),
        path => loader.read(path),
    };
    let inline = &chart.values_inline;
    let inline_wins = match chart.values_merge.as_str() {
        "replace" if !inline.is_empty() => return Ok(inline.clone()),
        "" | "override" | "replace" => true,
        "merge" => false,
        _ => return Err(Failure::new("`valuesMerge` is `merge`, `override` or `replace`")),
    };
    if inline.is_empty() {
        return read_as_helm(&file()?);
    }
    let (file, text) = file()?;
    let parsed = oarlock_yaml::parse(&text, Reader::KustomizeValues, Limits::default());
    let document = parsed.map_err(|error| unreadable(error, &file))?.into_iter().next();
    // kustomize fails at a file with nothing in it; charts without defaults have such a file.
    let of_file = document.map_or_else(Node::empty_mapping, |document| document.root);
    let inline = as_written(inline)?;
    let (below, above) = if inline_wins { (of_file, inline) } else { (inline, of_file) };
    let merged = patch::merge_values(below, above, &session.schema());
    to_map(&merged.map_err(|failure| failure.note(format!("`{file}` and `valuesInline` are merged")))?)
        .map_err(|failure| failure.at(Origin::file(file.as_str())))
}

/// Values as kustomize has them in a tree: written as YAML and read again.
fn as_written(values: &Map<String, Value>) -> Result<Node> {
    let wrong = |message: String| Failure::new(format!("`valuesInline` cannot be written: {message}"));
    let node = oarlock_yaml::from_json(&Value::Object(values.clone()).to_string())
        .map_err(|error| wrong(error.message))?;
    let text = emit(&node, Dialect::Kustomize).map_err(|error| wrong(error.to_string()))?;
    let node = oarlock_yaml::parse_one(text.as_bytes(), Reader::KustomizeValues, Limits::default());
    Ok(node.map_err(|error| wrong(error.message))?.unwrap_or_else(Node::empty_mapping))
}

/// The chart's own values. Those of a copy may be read wherever it lies: the repository says where,
/// not the kustomization.
fn default_values(loader: &Loader<'_>, directory: &TreePath, is_copy: bool) -> Result<Read> {
    let path = directory.join("values.yaml").map_err(|error| Failure::new(error.to_string()))?;
    if is_copy {
        let text = loader.host().read(&path).map_err(|error| error.at(&path))?;
        return Ok((path, text));
    }
    loader.read(&path.relative_to(loader.root()))
}

/// A values file as Helm reads it: of several documents later ones win.
fn read_as_helm((file, text): &Read) -> Result<Map<String, Value>> {
    let documents = oarlock_yaml::parse(text, Reader::HelmValues, Limits::default());
    let documents = documents.map_err(|error| unreadable(error, file))?;
    documents.iter().try_fold(Map::new(), |values, document| {
        let map = to_map(&document.root)
            .map_err(|failure| failure.at(crate::kustomization::origin(file, document.root.span)))?;
        Ok(merge_as_helm(values, map))
    })
}

fn unreadable(error: ParseError, file: &TreePath) -> Failure {
    let failure = Failure::new(error.message).at(crate::kustomization::origin(file, error.span));
    match error.hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

fn to_map(node: &Node) -> Result<Map<String, Value>> {
    let json = oarlock_yaml::to_json(node).map_err(|error| Failure::new(error.to_string()))?;
    match serde_json::from_str(&json) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(Value::Null) => Ok(Map::new()),
        _ => Err(Failure::new("values of a chart are a mapping")),
    }
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
