//! Every template and function vector of the conformance corpus, through the library.
//!
//! `OARLOCK_CONFORMANCE` names the folder of the corpora. `OARLOCK_CONFORMANCE_VERBOSE=1` names
//! what fails, `OARLOCK_CONFORMANCE_ONLY` is a part of the names of the vectors to run.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its cases has to stop")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use oarlock_helm::functions::{RenderState, all};
use oarlock_helm::values::Sources;
use oarlock_helm::{Log, Options, Profile, load_directory, template};
use oarlock_plugin::{Failure, MemoryHost, TreePath};
use oarlock_samples::{conformance, visibly};
use serde_json::Value as Json;

/// How many vectors pass, and how many of the failing ones fail with Helm's very words. Raise them
/// as the corpus grows.
const FLOOR: usize = 1264;
const FLOOR_MESSAGES: usize = 302;

/// Vectors that cannot pass, and why.
const EXCEPTIONS: [(&str, &str); 1] =
    [("sprig/date/TestDateInZone-01", "expects the time at which Helm ran, its argument being no time")];

/// Vectors that the corpus has for its own version alone, and why.
const OWN: [(&str, &str); 1] =
    [("own/builtinobj-007", "shows the version, the commit and the Go release that Helm was built from")];

/// As deep as Helm goes, whose own limit of a thousand includes in one another has to be reached.
const DEPTH: usize = 2000;

/// How deep templates nest needs some stack in a build without optimisation.
const STACK_BYTES: usize = 256 << 20;

const CHART: &str = "apiVersion: v2\nname: vec\nversion: 0.1.0\nappVersion: \"1.2.3\"\n";

/// JSON with `\uXXXX` for what is not ASCII, astral characters raw: so the values of the corpus
/// were given to Helm.
fn escaped(json: &Json) -> String {
    let mut out = String::new();
    for c in json.to_string().chars() {
        if c > '\u{7e}' && c <= '\u{ffff}' {
            write!(out, "\\u{:04x}", u32::from(c)).unwrap();
        } else {
            out.push(c);
        }
    }
    out
}

/// The vector's chart, with the template as a partial that a manifest includes, or as the manifest
/// itself.
fn render(vector: &Json, direct: bool, profile: Profile) -> Result<String, Failure> {
    let text = |field: &str| vector.get(field).and_then(Json::as_str).map(str::to_owned);
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    files.insert("vec/Chart.yaml".to_owned(), CHART.to_owned());
    let values = text("values_yaml").or_else(|| vector.get("values").map(escaped));
    files.extend(values.map(|values| ("vec/values.yaml".to_owned(), values)));
    for (path, content) in vector.get("files").and_then(Json::as_object).into_iter().flatten() {
        files.insert(format!("vec/{path}"), content.as_str().unwrap().to_owned());
    }
    if direct {
        files.insert("vec/templates/vector.yaml".to_owned(), text("template").unwrap());
    } else {
        files.insert("vec/templates/_vector.tpl".to_owned(), text("template").unwrap());
        let dot = text("dot").unwrap_or_else(|| "$".to_owned());
        let out = format!("out: {{{{ include \"vec/templates/_vector.tpl\" {dot} | toJson }}}}\n");
        files.insert("vec/templates/out.yaml".to_owned(), out);
    }
    let mut sources = Sources::default();
    let mut options = Options {
        profile,
        release_name: "rel".to_owned(),
        namespace: "ns".to_owned(),
        kube_version: Some("1.33.0".to_owned()),
        ..Options::default()
    };
    options.limits.depth = DEPTH;
    let given = vector.get("args").and_then(Json::as_array).into_iter().flatten();
    let mut given = given.map(|text| text.as_str().unwrap().to_owned());
    while let Some(switch) = given.next() {
        let mut value = || given.next().unwrap();
        match switch.as_str() {
            "--is-upgrade" => options.is_upgrade = true,
            "--set" => sources.set.push(value()),
            "--set-string" => sources.string.push(value()),
            "--set-json" => sources.json.push(value()),
            "--set-literal" => sources.literal.push(value()),
            "--set-file" => sources.file.push(value()),
            "--kube-version" => options.kube_version = Some(value()),
            "--api-versions" | "-a" => options.api_versions.extend(value().split(',').map(str::to_owned)),
            "--values" | "-f" => sources.files.push(value()),
            other => panic!("the corpus uses `{other}`"),
        }
    }
    options.values = sources.merge(profile, &|path| {
        let file =
            files.get(path).ok_or_else(|| Failure::new(format!("open {path}: no such file or directory")));
        file.map(|text| text.clone().into_bytes())
    })?;
    let host = MemoryHost::new(files.clone());
    let log = Log::default();
    let chart = load_directory(&host, &TreePath::new("vec").unwrap(), profile, &log)?;
    template(chart, &options, &mut RenderState::default(), &log)?.to_text(&options)
}

/// The text that the template gave.
fn included(rendered: &str) -> String {
    let json = rendered.split_once("\nout: ").map(|(_, json)| json.trim_end());
    let json = json.and_then(|json| serde_json::from_str(json).ok());
    json.unwrap_or_else(|| format!("not JSON: {rendered}"))
}

/// What a message says, without what Helm's command line puts around it.
fn cause(message: &str) -> String {
    let message = message.split("\n\nUse --debug").next().unwrap_or_default();
    let lines = message.lines().skip_while(|line| line.starts_with("level="));
    let message = lines.collect::<Vec<_>>().join("\n");
    message.strip_prefix("Error: ").unwrap_or(&message).trim().to_owned()
}

#[test]
fn every_function_of_helm_is_there() {
    let Some(corpus) = conformance("helm") else { return };
    let list = std::fs::read_to_string(corpus.join("functions.txt")).unwrap();
    let offered = all(Profile::V4_1);
    let names = list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', '[']));
    let missing: Vec<&str> = names.filter(|name| !offered.contains(name)).collect();
    assert!(missing.is_empty(), "not offered: {missing:?}");
}

#[test]
fn versions_of_helm_offer_their_functions() {
    for (profile, must_to_yaml, must_to_toml) in
        [(Profile::V3_19, false, false), (Profile::V4_1, true, false), (Profile::V4_2, true, true)]
    {
        let offered = all(profile);
        assert_eq!(offered.contains("mustToYaml"), must_to_yaml);
        assert_eq!(offered.contains("mustToToml"), must_to_toml);
        assert!(offered.contains("mustToJson"));
    }
}

/// The version of Helm that the corpus was made with; of others it has what differs.
const CORPUS: &str = "4.1.4";

#[test]
fn vectors_give_what_helm_3_19_gives() {
    on_a_large_stack(Profile::V3_19, "3.19.4");
}

#[test]
fn vectors_give_what_helm_4_1_gives() {
    on_a_large_stack(Profile::V4_1, CORPUS);
}

#[test]
fn vectors_give_what_helm_4_2_gives() {
    on_a_large_stack(Profile::V4_2, "4.2.1");
}

fn on_a_large_stack(profile: Profile, version: &'static str) {
    let compare = move || compare_all(profile, version);
    std::thread::Builder::new().stack_size(STACK_BYTES).spawn(compare).unwrap().join().unwrap();
}

/// What a version of Helm gives for the vectors where it differs from that of the corpus.
fn changes(corpus: &Path, version: &str) -> Json {
    if version == CORPUS {
        return Json::Null;
    }
    let path = corpus.join(format!("versions/{version}.json"));
    serde_json::from_slice::<Json>(&std::fs::read(path).unwrap()).unwrap()["vectors"].clone()
}

/// Whether a template that rendered to something is the one that the corpus shows cut, at a
/// character that ends a line for the tool that made it: then its JSON begins like that.
fn begins_as_cut(text: &str, expected: &str) -> bool {
    let cut = expected.starts_with('"') && serde_json::from_str::<String>(expected).is_err();
    cut && Json::from(text).to_string().starts_with(expected)
}

/// How a vector came out.
struct Outcome {
    /// It renders to the same, or fails where Helm fails.
    right: bool,
    /// Of those that fail: whether in the same words.
    words: Option<bool>,
    shown: String,
}

fn compare(vector: &Json, direct: bool, profile: Profile, change: Option<&Json>) -> Outcome {
    let field = if direct { "expect_error_direct" } else { "expect_error" };
    let expected = change.and_then(|change| change["expect"].as_str()).or_else(|| vector["expect"].as_str());
    let error = match change {
        Some(change) => change["error"].as_str(),
        None => vector.get(field).and_then(Json::as_str),
    };
    match (render(vector, direct, profile), error) {
        (Ok(rendered), None) => {
            let (text, expected) = (included(&rendered), expected.unwrap());
            let right = text == expected || begins_as_cut(&text, expected);
            Outcome { right, words: None, shown: format!("{expected:?}\n  {text:?}") }
        }
        (Ok(rendered), Some(error)) => {
            Outcome { right: false, words: Some(false), shown: format!("{error:?}\n  {rendered:?}") }
        }
        (Err(failure), None) => {
            Outcome { right: false, words: None, shown: format!("{expected:?}\n  {failure}") }
        }
        (Err(failure), Some(error)) => {
            let (expected, found) = (cause(error), cause(&failure.message));
            let same = expected == found;
            Outcome { right: true, words: Some(same), shown: format!("{expected:?}\n  {found:?}") }
        }
    }
}

fn compare_all(profile: Profile, version: &str) {
    let Some(corpus) = conformance("helm") else { return };
    let verbose = std::env::var_os("OARLOCK_CONFORMANCE_VERBOSE").is_some();
    let only = std::env::var("OARLOCK_CONFORMANCE_ONLY").unwrap_or_default();
    let mut areas: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let (mut same_words, mut errors) = (0, 0);
    let changes = changes(&corpus, version);
    for entry in std::fs::read_dir(corpus.join("functions")).unwrap().flatten() {
        let path = entry.path();
        let area = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let vectors: Vec<Json> = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for vector in &vectors {
            let name = vector["name"].as_str().unwrap();
            if !name.contains(&only) {
                continue;
            }
            if let Some((_, why)) = OWN.iter().find(|(own, _)| *own == name && version != CORPUS) {
                visibly(&format!("helm {version} functions, not compared: {name} {why}"));
                continue;
            }
            let count = areas.entry(area.clone()).or_default();
            count.1 += 1;
            let direct = vector.get("expect_error_direct").is_some();
            let change = changes.get(name);
            let outcomes = [
                Some(compare(vector, false, profile, change)),
                direct.then(|| compare(vector, true, profile, change)),
            ];
            let is_right = outcomes.iter().flatten().all(|outcome| outcome.right);
            count.0 += usize::from(is_right);
            let exception = EXCEPTIONS.iter().find(|(exception, _)| *exception == name);
            if let Some((_, why)) = exception.filter(|_| !is_right) {
                visibly(&format!("helm {version} functions, excepted: {name} {why}"));
            }
            for outcome in outcomes.into_iter().flatten() {
                errors += usize::from(outcome.words.is_some());
                same_words += usize::from(outcome.words == Some(true));
                if verbose && (!outcome.right || outcome.words == Some(false)) {
                    visibly(&format!("✗ {name}\n  {}\n  {}", vector["template"], outcome.shown));
                }
            }
        }
    }
    for (area, (passed, total)) in &areas {
        visibly(&format!("helm {version} functions, {area}: {passed}/{total}"));
    }
    let passed: usize = areas.values().map(|(passed, _)| passed).sum();
    let total: usize = areas.values().map(|(_, total)| total).sum();
    visibly(&format!(
        "helm {version} functions: {passed}/{total} as Helm's; of {errors} errors {same_words} in the same words"
    ));
    let floor = if version == CORPUS { FLOOR } else { FLOOR - OWN.len() };
    assert!(passed >= floor || !only.is_empty(), "{passed} vectors pass, at least {floor} did before");
    assert!(
        // The words of errors are those of the version that the corpus was made with.
        same_words >= FLOOR_MESSAGES || !only.is_empty() || version != CORPUS,
        "{same_words} messages are Helm's, at least {FLOOR_MESSAGES} were before"
    );
}
