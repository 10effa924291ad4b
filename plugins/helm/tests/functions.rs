//! Every template and function vector of the conformance corpus, through the library.
//!
//! The corpus is a checkout beside this one, or where `OARLOCK_CONFORMANCE` says. `OARLOCK_FAILURES=1` names what fails.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

use oarlock_go_template::{Context, Error, List, Map, MapType, Str, Templates, Type, Value};
use oarlock_helm::functions::{State, all, options};
use serde_json::Value as Json;

/// How many vectors pass. Raise it when more do.
const FLOOR: usize = 1163;

static VALUES: MapType =
    MapType { name: "common.Values", literal: "map[string]interface {}", element: Type::Any, methods: &[] };

fn corpus() -> Option<PathBuf> {
    let root = std::env::var_os("OARLOCK_CONFORMANCE").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance"),
        PathBuf::from,
    );
    let folder = root.join("helm/functions");
    folder.is_dir().then_some(folder)
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(boolean) => (*boolean).into(),
        Json::Number(number) => number.as_f64().unwrap_or_default().into(),
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => items.iter().map(value).collect::<List>().into(),
        Json::Object(entries) => {
            entries.iter().map(|(key, item)| (key.as_str(), value(item))).collect::<Map>().into()
        }
    }
}

fn typed(map: &Map) -> Map {
    Map::from_entries(&VALUES, map.snapshot())
}

fn root(vector: &Json) -> Value {
    let values = vector.get("values").map(value).unwrap_or_default();
    let values = values.as_map().cloned().unwrap_or_default();
    let chart: Map = [("Name", "vec"), ("Version", "0.1.0"), ("AppVersion", "1.2.3"), ("APIVersion", "v2")]
        .into_iter()
        .collect();
    let release: Map = [
        ("Name", Value::from("rel")),
        ("Namespace", "ns".into()),
        ("Service", "Helm".into()),
        ("IsInstall", true.into()),
        ("IsUpgrade", false.into()),
        ("Revision", 1.into()),
    ]
    .into_iter()
    .collect();
    let template: Map =
        [("Name", "vec/templates/out.yaml"), ("BasePath", "vec/templates")].into_iter().collect();
    let root: Map = [("Chart", Value::Map(chart)), ("Release", release.into())].into_iter().collect();
    root.insert("Values", typed(&values));
    root.insert("Template", typed(&template));
    root.into()
}

fn run(vector: &Json) -> Result<Str, Error> {
    const NAME: &str = "vec/templates/_vector.tpl";
    let functions = all();
    let mut templates = Templates::new();
    templates.parse(NAME, vector["template"].as_str().unwrap_or_default(), &functions)?;
    let dot = if vector.get("dot").and_then(Json::as_str) == Some("$.Values.d") { "$.Values.d" } else { "$" };
    templates.parse("out", &format!("{{{{ include {NAME:?} {dot} }}}}"), &functions)?;
    let mut state = State::default();
    Context::new(Rc::new(templates), &functions, &mut state, options()).execute("out", &root(vector))
}

#[test]
fn every_function_of_helm_is_there() {
    let Some(list) =
        corpus().and_then(|folder| std::fs::read_to_string(folder.join("../functions.txt")).ok())
    else {
        eprintln!("functions: the conformance corpus is not there; names were not compared");
        return;
    };
    let offered = all();
    let go = ["and", "call", "eq", "ge", "gt", "html", "index", "js", "le", "len", "lt", "ne", "not", "or"];
    let print = ["print", "printf", "println", "urlquery"];
    let names = list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', '[']));
    let missing: Vec<&str> = names
        .filter(|name| !go.contains(name) && !print.contains(name) && offered.get(name).is_none())
        .collect();
    assert!(missing.is_empty(), "not offered: {missing:?}");
}

#[test]
fn vectors_give_what_helm_gives() {
    let Some(folder) = corpus() else {
        eprintln!("functions: the conformance corpus is not there; nothing was compared");
        return;
    };
    let named = std::env::var("OARLOCK_FAILURES").unwrap_or_default();
    let mut areas: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut passed = 0;
    for entry in std::fs::read_dir(folder).expect("listed").flatten() {
        let path = entry.path();
        let area = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("readable");
        let vectors: Vec<Json> = serde_json::from_str(&text).expect("JSON");
        for vector in &vectors {
            let outcome = run(vector);
            let right = match (&outcome, vector.get("expect").and_then(Json::as_str)) {
                (Ok(text), Some(expected)) => text.to_text() == expected,
                (Err(_), None) => true,
                _ => false,
            };
            let count = areas.entry(area.clone()).or_default();
            count.1 += 1;
            if right {
                count.0 += 1;
                passed += 1;
            } else if named == "1" || named == area {
                let show = |field: &str| vector.get(field).map(Json::to_string).unwrap_or_default();
                eprintln!(
                    "{}\n  template {}\n  wanted   {}{}\n  got      {:?}",
                    vector["name"],
                    show("template").chars().take(600).collect::<String>(),
                    show("expect").chars().take(600).collect::<String>(),
                    show("expect_error"),
                    outcome.map_err(|error| error.to_string())
                );
            }
        }
    }
    let total: usize = areas.values().map(|(_, total)| total).sum();
    for (area, (passed, total)) in &areas {
        eprintln!("functions {area}: {passed}/{total}");
    }
    eprintln!("functions: {passed}/{total}");
    assert!(passed >= FLOOR, "{passed} of {total} vectors pass, {FLOOR} did before");
}
