//! No values file and no `--set` makes reading or merging panic, and what comes out keeps the laws
//! of merging.
//!
//! The input is a list of sources in one text, each after a line `=== KIND`: `--set`,
//! `--set-string` and their like, or else the path of a values file. What comes before the first
//! such line is the file `values.yaml`.

use oarlock_go_template::{Map, Value, fmt};
use oarlock_helm::coalesce::Merger;
use oarlock_helm::values::{
    Sources, deep_copy_map, merge_maps, read_values, set, set_json, set_literal, set_string,
};
use oarlock_helm::{Log, Profile, yaml};
use oarlock_plugin::{Failure, Result};

/// Checks one input.
///
/// # Panics
/// If the property does not hold.
pub fn check(text: &str) {
    if has_large_index(text) {
        return;
    }
    let input = Input::new(text);
    let merged = input.merged();
    let again = input.merged();
    assert_eq!(
        merged.as_ref().map(shown).map_err(ToString::to_string),
        again.map(|map| shown(&map)).map_err(|error| error.to_string())
    );
    for (_, text) in &input.files {
        reads_as_json(text);
        comes_through(text);
    }
    for (_, first) in &input.files {
        for (_, second) in &input.files {
            merges(first, second);
        }
    }
    if let Ok(merged) = merged {
        changes_once(&merged, &input.sources.set);
    }
}

/// Indexes up to 65536 are fine with Helm. Lists of that length, line for line, would be most of
/// the work here.
fn has_large_index(text: &str) -> bool {
    text.split('[')
        .skip(1)
        .any(|rest| rest.bytes().take_while(|byte| *byte != b']').filter(u8::is_ascii_digit).count() > 3)
}

/// The sources, and the files that they name.
struct Input {
    sources: Sources,
    files: Vec<(String, String)>,
}

impl Input {
    fn new(text: &str) -> Self {
        let mut parts = vec![("values.yaml", String::new())];
        for line in text.split_inclusive('\n') {
            match line.strip_prefix("=== ") {
                Some(kind) => parts.push((kind.trim(), String::new())),
                None => parts.last_mut().expect("the first is there").1.push_str(line),
            }
        }
        let mut input = Self { sources: Sources::default(), files: Vec::new() };
        for (kind, mut text) in parts {
            let lines = match kind {
                "--set" => &mut input.sources.set,
                "--set-string" => &mut input.sources.string,
                "--set-json" => &mut input.sources.json,
                "--set-literal" => &mut input.sources.literal,
                "--set-file" => &mut input.sources.file,
                path => {
                    input.sources.files.push(path.to_owned());
                    input.files.push((path.to_owned(), text));
                    continue;
                }
            };
            if text.ends_with('\n') {
                text.pop();
            }
            lines.push(text);
        }
        input
    }

    fn merged(&self) -> Result<Map> {
        self.sources.merge(PROFILE, &|path| {
            let file = self.files.iter().find(|(other, _)| other == path);
            let (_, text) = file.ok_or_else(|| Failure::new(format!("open {path}: no such file")))?;
            Ok(text.clone().into_bytes())
        })
    }
}

/// The version of Helm whose rules are tested.
const PROFILE: Profile = Profile::V4_2;

/// A map in Go's syntax, which tells the types.
fn shown(map: &Map) -> String {
    let text = fmt::sprintf(b"%#v", &[Value::Map(map.clone())]);
    text.map_or_else(|error| error.to_string(), |text| text.to_text().into_owned())
}

/// The laws: a values file gives the same as its JSON behind `--set-json`.
fn reads_as_json(text: &str) {
    let Ok(node) = yaml::read(text.as_bytes()) else { return };
    let (Ok(map), Ok(json)) = (yaml::read_map(text.as_bytes()), oarlock_yaml::to_json(&node)) else { return };
    if json.starts_with('{') {
        let set = set_json(&json, &Map::new(), PROFILE).expect("what is printed as JSON can be read");
        assert_eq!(shown(&set), shown(&map), "{json}");
    }
}

/// The law: any text can be set, as it is behind `--set-literal`, with every character escaped
/// behind `--set-string`.
fn comes_through(text: &str) {
    let values = Map::new();
    set_literal(&format!("literal={text}"), &values).expect("every text is a literal");
    let escaped: String = text.chars().flat_map(|character| ['\\', character]).collect();
    set_string(&format!("string={escaped}"), &values).expect("what is escaped has no meaning");
    for key in ["literal", "string"] {
        assert_eq!(values.get(key).as_ref().and_then(Value::as_str).expect("it is text"), text);
    }
}

/// The laws of two values files.
fn merges(below: &str, above: &str) {
    let read = |text: &str| read_values(text.as_bytes(), PROFILE);
    let (Ok(one), Ok(two)) = (read(below), read(above)) else { return };
    let (before, after) = (shown(&one), shown(&two));
    let merged = merge_maps(&one, &two);
    // Neither is touched, nothing and itself add nothing, and the later wins.
    assert_eq!((shown(&one), shown(&two)), (before.clone(), after.clone()));
    assert_eq!(shown(&merge_maps(&one, &Map::new())), before);
    assert_eq!(shown(&merge_maps(&Map::new(), &one)), before);
    assert_eq!(shown(&merge_maps(&one, &one)), before);
    wins(&one, &two, &merged);
    // Documents of one file are merged as files are, each into what those before it gave. The
    // comment stands there for a file that ends in `---`.
    if !above.lines().any(|line| line.starts_with("---")) {
        let end = if below.ends_with('\n') { "" } else { "\n" };
        let both = read(&format!("{below}{end}# end\n---\n{above}"));
        assert_eq!(both.map(|both| shown(&both)).map_err(|error| error.message), Ok(shown(&merged)));
    }
    // A chart's defaults lie below the user's values in the same way, but that a user's `null`
    // takes them away.
    let log = Log::default();
    let coalesce = Merger { profile: PROFILE, log: &log };
    let (user, defaults) = (deep_copy_map(&two), deep_copy_map(&one));
    coalesce.merge_tables(&user, &defaults);
    assert_eq!(shown(&user), shown(&merged));
    let (user, defaults) = (deep_copy_map(&two), deep_copy_map(&one));
    coalesce.coalesce_tables(&user, &defaults);
    take_away(&one, &two, &merged);
    assert_eq!(shown(&user), shown(&merged));
    let user = deep_copy_map(&two);
    coalesce.coalesce_tables(&user, &Map::new());
    assert_eq!(shown(&user), after);
}

/// All that stands in `above` is in `merged`, but for what tables have on top; and all of `below`
/// that `above` does not know.
fn wins(below: &Map, above: &Map, merged: &Map) {
    for (key, value) in merged.snapshot() {
        match (below.get(&key), above.get(&key)) {
            (Some(Value::Map(below)), Some(Value::Map(above))) => {
                wins(&below, &above, value.as_map().expect("two tables make one"));
            }
            (from, None) | (_, from) => assert!(value.deep_equals(&from.expect("it comes from one of them"))),
        }
    }
    let keys = below.snapshot().into_iter().filter(|(key, _)| !above.contains(key)).count();
    assert_eq!(merged.len(), keys + above.len());
}

/// Takes out of `merged` what is `null` in `above` and something in `below`.
fn take_away(below: &Map, above: &Map, merged: &Map) {
    for (key, value) in above.snapshot() {
        match (below.get(&key), &value) {
            (Some(Value::Nil) | None, _) => {}
            (Some(_), Value::Nil) => drop(merged.remove(&key)),
            (Some(Value::Map(below)), Value::Map(above)) => {
                let merged = merged.get(&key);
                take_away(
                    &below,
                    above,
                    merged.as_ref().and_then(Value::as_map).expect("two tables make one"),
                );
            }
            _ => {}
        }
    }
}

/// The law: `--set` with the same line again changes nothing.
fn changes_once(values: &Map, lines: &[String]) {
    for line in lines {
        let values = deep_copy_map(values);
        if set(line, &values).is_ok() {
            let once = shown(&values);
            if set(line, &values).is_ok() {
                assert_eq!(shown(&values), once, "{line}");
            }
        }
    }
}
