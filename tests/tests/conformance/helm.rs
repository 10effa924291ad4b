//! Charts: the component gives the objects that `helm template` prints, in its order, and fails
//! where Helm fails, in Helm's words.
//!
//! Only the options that the plugin's configuration knows can be said. A case with others is
//! rendered without them, in the sandbox and natively, and not compared with Helm; how many there
//! are, and why, is printed. That the very text is Helm's, these cases included, is judged by the
//! engine's own tests.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use oarlock_helm::Helm;
use oarlock_samples::conformance;
use oarlock_tests::visibly;
use oarlock_yaml::{Limits, Reader, parse, to_json};
use serde_json::{Map, Value, json};

use crate::conformance::{Outcome, RenderedCase, both_ways, demand_as_natively, entries, json_file, report};

type Case = crate::conformance::Case<Expected>;

/// What Helm makes of a chart.
enum Expected {
    /// The objects that it prints.
    Objects(Vec<Value>),
    /// What it says as it fails.
    Error(String),
    /// Some error: the corpus has the words of one version alone.
    SomeError,
    /// Some objects, which the corpus does not have.
    SomeObjects,
    /// Something else than what the configuration says, and why.
    Unsaid(&'static str),
}

/// Charts that fail in other words than with Helm, and why.
const OTHER_WORDS: [(&str, &str); 2] = [
    (
        "syn-kubever-arg__bad",
        "the plugin reads versions as Argo CD does before it calls Helm, and says what Argo CD says",
    ),
    (
        "syn-nochart__default",
        "Helm names the file with the path on its machine, and what it tried to do with it",
    ),
];

/// The version of Helm that the corpus was made with; of others it has what differs.
const CORPUS: &str = "4.1.4";

#[test]
fn the_component_renders_as_helm_3_19_does() {
    compare_all("3.19", "3.19.4");
}

#[test]
fn the_component_renders_as_helm_4_1_does() {
    compare_all("4.1", CORPUS);
}

#[test]
fn the_component_renders_as_helm_4_2_does() {
    compare_all("4.2", "4.2.1");
}

fn compare_all(profile: &str, version: &str) {
    let Some(corpus) = conformance("helm") else { return };
    let version = Version::of(&corpus, profile, version);
    let cases: Vec<Case> =
        entries(&corpus.join("cases")).iter().map(|path| case(&corpus, path, &version)).collect();
    visibly(&format!("helm conformance (component): Helm {} under profile {profile}", version.release));
    let rendered = both_ways::<Helm, _>(&cases);

    let mut unsaid: BTreeMap<&str, usize> = BTreeMap::new();
    for case in &cases {
        if let Expected::Unsaid(reason) = case.expected {
            *unsaid.entry(reason).or_default() += 1;
        }
    }
    for (reason, count) in &unsaid {
        visibly(&format!("helm conformance (component): {count} not compared: {reason}"));
    }
    for (name, reason) in OTHER_WORDS {
        visibly(&format!("helm conformance (component): {name} fails in other words: {reason}"));
    }
    let differ: BTreeMap<&str, String> = rendered
        .iter()
        .filter_map(|RenderedCase { case, component, .. }| {
            Some((case.name.as_str(), difference(case, component)?))
        })
        .collect();
    let failed: Vec<&str> = differ.keys().copied().collect();
    report::<Helm>(&failed, cases.len() - unsaid.values().sum::<usize>());
    demand_as_natively::<Helm, _>(&rendered);
    assert!(differ.is_empty(), "rendered otherwise than by Helm: {differ:#?}");
}

/// What is not as Helm has it.
fn difference(case: &Case, found: &Outcome) -> Option<String> {
    match (&case.expected, found) {
        (Expected::Unsaid(_), _) | (Expected::SomeObjects, Ok(_)) | (Expected::SomeError, Err(_)) => None,
        (Expected::SomeError, Ok(_)) => Some("rendered, where Helm fails".to_owned()),
        (Expected::Objects(expected), Ok(manifests)) => {
            let found: Vec<Value> =
                manifests.iter().map(|manifest| serde_json::from_str(&manifest.json).unwrap()).collect();
            let index =
                (0..expected.len().max(found.len())).find(|at| expected.get(*at) != found.get(*at))?;
            Some(format!("object {index}: {:?} instead of {:?}", found.get(index), expected.get(index)))
        }
        (Expected::Objects(_) | Expected::SomeObjects, Err(failures)) => {
            Some(format!("failed: {failures:?}"))
        }
        (Expected::Error(message), Ok(_)) => Some(format!("rendered, where Helm fails: {message}")),
        (Expected::Error(_), Err(_)) if OTHER_WORDS.iter().any(|(name, _)| *name == case.name) => None,
        (Expected::Error(message), Err(failures)) => {
            // Helm was called in the case's directory. It finds the faults of values in the order
            // of Go's maps, which is none.
            let here = format!("cases/{}/", case.name);
            let found = failures.iter().map(|failure| failure.message.replace(&here, "")).collect::<Vec<_>>();
            let said = |line: &str| message.contains(line);
            let strange = !found.iter().flat_map(|found| found.lines()).all(said);
            strange.then(|| format!("failed by {found:?}, where Helm says: {message}"))
        }
    }
}

/// A version of Helm.
struct Version {
    profile: String,
    release: String,
    /// The cases that fail with the version of the corpus, and not with this one.
    renders: Vec<String>,
}

impl Version {
    fn of(corpus: &Path, profile: &str, release: &str) -> Self {
        let renders = if release == CORPUS {
            Vec::new()
        } else {
            let json = json_file(&corpus.join(format!("versions/{release}.json")));
            texts(&json["cases"]["nowOk"]).into_iter().map(str::to_owned).collect()
        };
        Self { profile: profile.to_owned(), release: release.to_owned(), renders }
    }
}

/// Charts and values files lie in the corpus, which is the tree.
fn case(corpus: &Path, path: &Path, version: &Version) -> Case {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let json = json_file(&path.join("case.json"));
    let chart = json["chart"].as_str().unwrap().strip_prefix("../../").unwrap();
    let (config, unsaid) = config(&json, &name, &version.profile);
    let text = |name: &str| fs::read_to_string(path.join(name)).ok();
    let own = text(&format!("expected@{}.yaml", version.release));
    let expected = match (unsaid, own, text("expected-error.txt")) {
        (Some(reason), ..) => Expected::Unsaid(reason),
        (None, Some(text), _) => Expected::Objects(objects(&text)),
        (None, None, Some(message)) if version.release == CORPUS => Expected::Error(message),
        (None, None, Some(_)) if version.renders.contains(&name) => Expected::SomeObjects,
        (None, None, Some(_)) => Expected::SomeError,
        (None, None, None) => Expected::Objects(objects(&text("expected.yaml").unwrap())),
    };
    Case { name, tree: corpus.to_owned(), directory: chart.to_owned(), config, objects: Vec::new(), expected }
}

/// The objects of what Helm prints, lists taken apart as Argo CD does it. Documents that are empty
/// count for nothing.
fn objects(text: &str) -> Vec<Value> {
    // Where a line starts with `---`, Helm has cut already, or it is a file of `crds/` that is
    // printed whole.
    let text = format!("\n{text}");
    let documents = text.split("\n---").filter_map(|document| {
        let document = format!("{document}\n");
        parse(document.as_bytes(), Reader::Helm, Limits::default()).unwrap().into_iter().next()
    });
    let objects = documents.filter(|document| !document.root.is_null()).flat_map(|document| {
        let object: Value = serde_json::from_str(&to_json(&document.root).unwrap()).unwrap();
        match &object["items"] {
            Value::Array(items) => items.clone(),
            _ => vec![object],
        }
    });
    objects.collect()
}

/// The options of `helm template` as configuration of the plugin, and why that is not all that was
/// asked for.
fn config(case: &Value, name: &str, profile: &str) -> (Value, Option<&'static str>) {
    let files: Vec<String> =
        texts(&case["values"]).iter().map(|file| format!("/cases/{name}/{file}")).collect();
    let values: Result<Map<String, Value>, _> =
        texts(&case["setJson"]).iter().map(|line| inline(line, &files)).collect();
    let parameters = parameters(case);
    let unsaid = unsaid(case).or(values.as_ref().err().copied()).or(parameters.as_ref().err().copied());
    let args = texts(&case["args"]);
    let config = json!({
        "profile": profile,
        "releaseName": case["release"],
        "namespace": case["namespace"],
        "kubeVersion": case["kubeVersion"],
        "apiVersions": texts(&case["apiVersions"]).iter().flat_map(|apis| apis.split(',')).collect::<Vec<_>>(),
        "includeCrds": case["includeCRDs"],
        "skipTests": args.contains(&"--skip-tests"),
        "skipHooks": args.contains(&"--no-hooks"),
        "isUpgrade": args.contains(&"--is-upgrade"),
        "skipSchemaValidation": args.contains(&"--skip-schema-validation"),
        "valueFiles": files,
        "valuesObject": values.unwrap_or_default(),
        "parameters": parameters.unwrap_or_default(),
    });
    (config, unsaid)
}

/// Why the plugin cannot be asked for the same as Helm.
fn unsaid(case: &Value) -> Option<&'static str> {
    // What `--skip-crds` says is so without `--include-crds`, too; notes are no objects.
    const SAID: [&str; 6] = [
        "--skip-tests",
        "--no-hooks",
        "--is-upgrade",
        "--skip-schema-validation",
        "--skip-crds",
        "--render-subchart-notes",
    ];
    if !texts(&case["showOnly"]).is_empty() {
        return Some("`--show-only`: there is no such field");
    }
    if case["kubeVersion"].as_str().is_some_and(|version| version.contains(['-', '+'])) {
        return Some("a version of Kubernetes with a suffix, which the plugin leaves out as Argo CD does");
    }
    let strange = texts(&case["args"]).iter().any(|arg| !SAID.contains(arg));
    strange.then_some("a further switch of the command line")
}

/// What is set by `--set` and `--set-string`, in Helm's order.
fn parameters(case: &Value) -> Result<Vec<Value>, &'static str> {
    let mut parameters = Vec::new();
    for (field, force_string) in [("set", false), ("setString", true)] {
        for line in texts(&case[field]) {
            parameters.extend(singles(line, force_string)?);
        }
    }
    Ok(parameters)
}

/// A line of `--set-json` as values of the configuration, which stand at the same place between the
/// files and `--set`.
fn inline(line: &str, files: &[String]) -> Result<(String, Value), &'static str> {
    let (key, value) = line.split_once('=').ok_or("`--set-json` without a value")?;
    let value: Value = serde_json::from_str(value).map_err(|_| "`--set-json` with what is no JSON")?;
    if key.contains(['.', '[', '\\', ',']) {
        return Err("`--set-json` below the top");
    }
    if value.is_object() && !files.is_empty() {
        return Err("a mapping by `--set-json` over values files: `valuesObject` is merged with theirs");
    }
    Ok((key.to_owned(), value))
}

/// A line of `--set` as parameters, which each say one value. Commas of a value are escaped by the
/// plugin.
fn singles(line: &str, force_string: bool) -> Result<Vec<Value>, &'static str> {
    if line.contains('{') {
        return Err("a list by `--set`: the line is not cut here");
    }
    let single = |single: String| {
        let (name, value) = single.split_once('=').ok_or("`--set` of a name without a value")?;
        Ok(json!({"name": name, "value": value, "forceString": force_string}))
    };
    // A comma that is escaped does not cut.
    let whole = line.replace("\\,", "\0");
    whole.split(',').map(|part| single(part.replace('\0', ","))).collect()
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}
