//! Histories are true: a change at the place that is blamed for a field changes the field.
//!
//! The conformance corpus is built with histories, which must not change what is built. Then fields
//! of it are drawn, the text at the place of each is changed, and the tree is built again.
//! `OARLOCK_BLAME_FIELDS` says how many fields of each case are drawn, `OARLOCK_BLAME_VERBOSE=1`
//! names those that did not change.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use oarlock_helm::Helm;
use oarlock_kustomize::{LoadRestrictor, Options, Resource, build, build_with_histories};
use oarlock_plugin::{
    DirectoryHost, Entry, Failure, Failures, Host, Level, Manifest, Metadata, ObjectHistory, Origin,
    ReadError, Request, TreePath, render_json,
};
use oarlock_samples::{conformance, visibly};
use oarlock_yaml::{Dialect, emit, to_json};
use serde_json::Value;

/// The share of the fields that changed when their place did, in per mille, that there is at least.
const FLOOR: usize = 990;

/// A host with one file changed.
struct Edited<'h> {
    host: &'h dyn Host,
    path: &'h str,
    content: &'h [u8],
}

impl Host for Edited<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let is_it = self.host.stat(path).is_ok_and(|found| found.path == self.path);
        if is_it { Ok(self.content.to_vec()) } else { self.host.read(path) }
    }

    fn list(&self, path: &str) -> Result<Vec<Entry>, ReadError> {
        self.host.list(path)
    }

    fn stat(&self, path: &str) -> Result<Metadata, ReadError> {
        self.host.stat(path)
    }

    fn log(&self, _: Level, _: &str) {}

    fn warn(&self, _: Failure) {}

    fn compose(&self, plugin: &str, request: Request<String>) -> Result<Vec<Manifest>, Failures> {
        assert_eq!(plugin, "helm");
        // Over the changed tree.
        render_json::<Helm>(self, request)
    }
}

/// What became of a field whose place was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Changed,
    /// The tree does not build any more, as where a name is changed that others rely on.
    Unbuildable,
    Same,
    /// Nothing is known of it.
    Unknown,
    /// There is no text to change at its place.
    Uneditable,
}

#[test]
fn a_change_at_the_blamed_place_changes_the_field() {
    let Some(corpus) = conformance("kustomize") else { return };
    let drawn = std::env::var("OARLOCK_BLAME_FIELDS").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    let cases = cases(&corpus);
    let next = AtomicUsize::new(0);
    let fates: Mutex<BTreeMap<(Fate, String), usize>> = Mutex::default();
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    for (fate, by) in check(case, drawn) {
                        *fates.lock().unwrap().entry((fate, by)).or_default() += 1;
                    }
                }
            });
        }
    });
    let fates = fates.into_inner().unwrap();
    let count = |wanted: Fate| fates.iter().filter(|((fate, _), _)| *fate == wanted).map(|(_, n)| n).sum();
    let (changed, same): (usize, usize) = (count(Fate::Changed), count(Fate::Same));
    for ((fate, by), number) in &fates {
        visibly(&format!("{number:>6} {fate:?} {by}"));
    }
    let (unbuildable, unknown, uneditable): (usize, usize, usize) =
        (count(Fate::Unbuildable), count(Fate::Unknown), count(Fate::Uneditable));
    visibly(&format!(
        "blame: {changed} fields changed, {same} did not, {unbuildable} trees do not build, {unknown} places \
         are unknown, {uneditable} have no text"
    ));
    assert!(changed > 0, "nothing was checked");
    assert!(changed * 1000 >= (changed + same) * FLOOR, "{same} of {} did not change", changed + same);
}

/// A kustomization of the corpus that builds.
struct Case {
    tree: PathBuf,
    directory: String,
    options: Options,
}

fn cases(corpus: &Path) -> Vec<Case> {
    let mut cases = Vec::new();
    for path in entries(&corpus.join("cases")) {
        let meta = json(&path.join("meta.json"));
        if meta["expect"].as_str() != Some("error") {
            let directory = meta["dir"].as_str().unwrap().to_owned();
            cases.push(Case { tree: path.join("input"), directory, options: options(&meta["args"]) });
        }
    }
    for path in entries(&corpus.join("repos")) {
        for root in json(&path.join("roots.json"))["roots"].as_array().unwrap() {
            let directory = root["dir"].as_str().unwrap().to_owned();
            cases.push(Case { tree: path.join("tree"), directory, options: options(&root["args"]) });
        }
    }
    cases
}

fn options(args: &Value) -> Options {
    let args: Vec<&str> = args.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let joined = args.join(" ");
    let mut options = Options { helm_profile: "4.1".to_owned(), ..Options::default() };
    if joined.contains("LoadRestrictionsNone") {
        options.load_restrictor = LoadRestrictor::None;
    }
    options.enable_helm = joined.contains("--enable-helm");
    options
}

/// Builds a case with histories, and changes the places of some of its fields.
fn check(case: &Case, drawn: usize) -> Vec<(Fate, String)> {
    let host = DirectoryHost::new(&case.tree).unwrap().with_plugin::<Helm>();
    let directory = TreePath::new(&case.directory).unwrap();
    let Ok(plain) = build(&host, &directory, &case.options) else { return Vec::new() };
    let built = build_with_histories(&host, &directory, &case.options).unwrap();
    let text = |resource: &Resource| emit(&resource.object, Dialect::Kustomize).unwrap();
    let same = plain.iter().map(text).eq(built.iter().map(|(resource, _)| text(resource)));
    assert!(same, "{} of {} is built otherwise with histories", case.directory, case.tree.display());

    let objects: Vec<Value> = built.iter().map(|(resource, _)| value(resource)).collect();
    let mut fields = Vec::new();
    for (position, ((_, history), object)) in built.iter().zip(&objects).enumerate() {
        check_complete(history, object);
        fields.extend(history.fields.iter().map(|field| (position, field)));
    }
    // Spread over all of them, and the same ones on each run.
    let stride = (fields.len() / drawn.max(1)).max(1);
    let offset = case.directory.len() % stride;
    let chosen = fields.into_iter().skip(offset).step_by(stride);
    let verbose = std::env::var("OARLOCK_BLAME_VERBOSE").is_ok();
    chosen
        .map(|(position, field)| {
            let last = field.assignments.last().unwrap();
            let fate = match &last.origin {
                None => Fate::Unknown,
                Some(origin) => {
                    fate(case, &host, (&objects, position, &field.pointer), (origin, &last.value))
                }
            };
            if verbose && matches!(fate, Fate::Same | Fate::Unknown | Fate::Uneditable) {
                visibly(&format!(
                    "{fate:?}: {}/{} {} {}{} = {} by {} at {}",
                    case.tree.display(),
                    case.directory,
                    objects[position]["kind"],
                    objects[position]["metadata"]["name"],
                    field.pointer,
                    last.value.chars().take(60).collect::<String>(),
                    last.cause.by,
                    last.origin.as_ref().map(ToString::to_string).unwrap_or_default()
                ));
            }
            (fate, last.cause.by.clone())
        })
        .collect()
}

/// Every field of the object is in its history, with the value that it has.
fn check_complete(history: &ObjectHistory, object: &Value) {
    let mut leaves = Vec::new();
    collect(object, String::new(), &mut leaves);
    let known: Vec<(&str, Value)> = history
        .fields
        .iter()
        .map(|field| {
            let value = &field.assignments.last().unwrap().value;
            (field.pointer.as_str(), serde_json::from_str(value).unwrap())
        })
        .collect();
    for (pointer, value) in leaves {
        let found = known.iter().find(|(known, _)| *known == pointer);
        assert_eq!(
            found.map(|(_, value)| value),
            Some(&value),
            "{pointer} of {}",
            object["metadata"]["name"]
        );
    }
}

fn collect(value: &Value, pointer: String, leaves: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                collect(value, format!("{pointer}/{key}"), leaves);
            }
        }
        Value::Array(elements) if !elements.is_empty() => {
            for (position, value) in elements.iter().enumerate() {
                collect(value, format!("{pointer}/{position}"), leaves);
            }
        }
        value => leaves.push((pointer, value.clone())),
    }
}

fn fate(
    case: &Case,
    host: &DirectoryHost,
    (objects, position, pointer): (&[Value], usize, &str),
    (origin, value): (&Origin, &str),
) -> Fate {
    let Ok(content) = host.read(&origin.path) else { return Fate::Uneditable };
    let Some(content) = edited(&content, origin, value) else { return Fate::Uneditable };
    let host = Edited { host, path: &origin.path, content: &content };
    let directory = TreePath::new(&case.directory).unwrap();
    let Ok(built) = build(&host, &directory, &case.options) else { return Fate::Unbuildable };
    let object = &objects[position];
    let is_it = |other: &Value| {
        ["/apiVersion", "/kind", "/metadata/name", "/metadata/namespace"]
            .iter()
            .all(|key| other.pointer(key) == object.pointer(key))
    };
    let after: Vec<Value> = built.iter().map(value_of).collect();
    let found = after.iter().find(|other| is_it(other));
    match found {
        // Its name is another one now.
        None => Fate::Changed,
        Some(found) if found.pointer(pointer) != object.pointer(pointer) => Fate::Changed,
        Some(_) => Fate::Same,
    }
}

fn value_of(resource: &Resource) -> Value {
    value(resource)
}

fn value(resource: &Resource) -> Value {
    serde_json::from_str(&to_json(&resource.object).unwrap()).unwrap()
}

/// A file with the value at a place changed to another one of its kind.
fn edited(content: &[u8], origin: &Origin, value: &str) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(content).ok()?;
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    if lines.is_empty() {
        return None;
    }
    let number = (origin.line.max(1) as usize) - 1;
    let line = lines.get(number)?.clone();
    let wanted = match serde_json::from_str(value).ok()? {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let start = match origin.column {
        0 => line.rfind(&wanted).filter(|_| !wanted.is_empty() && !wanted.contains('\n')).or_else(|| {
            let (key, _) = line.split_once(": ")?;
            Some(key.len() + 2)
        })?,
        column => line.char_indices().nth(column as usize - 1).map(|(at, _)| at)?,
    };
    let rest = &line[start..];
    if rest.starts_with(['|', '>']) {
        // A block: its first line with something in it.
        let below = lines.iter().skip(number + 1).position(|line| !line.trim().is_empty())? + number + 1;
        let at = lines[below].len() - lines[below].trim_start().len();
        lines[below].insert(at, 'x');
        return Some(lines.concat().into_bytes());
    }
    let token = rest.trim_start_matches(['&', '!']);
    let at = start + (rest.len() - token.len());
    let quoted = rest.starts_with(['"', '\'']);
    let plain = rest.split([',', '}', ']', '\n', '#']).next().unwrap_or_default().trim();
    let new = match plain {
        "true" => Some("false"),
        "false" => Some("true"),
        "null" | "~" => Some("1"),
        _ => None,
    };
    let line = &mut lines[number];
    // The value of a literal stands behind its key.
    let literal = (quoted || !rest.contains(": ")).then(|| rest.find('=')).flatten();
    match (new, literal) {
        (Some(new), _) if !quoted => line.replace_range(start..start + plain.len(), new),
        (_, Some(equals)) if rest[equals + 1..].trim_end().trim_end_matches(['"', '\'']) == wanted => {
            line.insert(start + equals + 1, 'x');
        }
        _ if quoted => line.insert(start + 1, 'x'),
        _ if plain.parse::<f64>().is_ok() => line.insert(at, '1'),
        _ if plain.is_empty() || plain.starts_with(['{', '[']) => return None,
        _ => line.insert(at, 'x'),
    }
    Some(lines.concat().into_bytes())
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}
