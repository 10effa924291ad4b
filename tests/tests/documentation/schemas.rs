//! The schemas that editors use: those of the program, found by the configurations that name them,
//! and fitting what the documentation shows.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use oarlock_json_schema::{Json, JsonSchema};
use oarlock_tests::{Run, Tree, difference, overwrites, repository};
use oarlock_yaml::{Limits, Reader};

use super::{blocks, pages};

#[test]
fn schemas_are_those_of_the_program() {
    for file in ["oarlock", "operator"] {
        let page = repository().join("docs").join(format!("{file}.schema.json"));
        let file = if file == "oarlock" { "project" } else { file };
        let schema = Run::new("schema").arg(file).within(&Tree::new()).succeeds().stdout;
        if overwrites() {
            fs::write(&page, &schema).unwrap();
        }
        let shown = fs::read_to_string(&page).unwrap();
        assert!(shown == schema, "{}\n{}", page.display(), difference(&shown, &schema));
    }
}

/// Where editors find files of the repository that they have no copy of.
const PUBLISHED: &str = "https://raw.githubusercontent.com/oarlock/oarlock/main/";

/// The schema that a configuration in a text names for editors.
fn schema_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.strip_prefix("# yaml-language-server: $schema="))
}

#[test]
fn editors_find_the_schemas_that_configurations_name() {
    let root = repository();
    let mut files = pages();
    for language in ["go", "javascript", "python", "rust"] {
        files.push(format!("host/author/templates/{language}/README.md").into());
    }
    let mut examples = Vec::new();
    configurations(&root, Path::new("examples"), &mut examples);
    assert!(!examples.is_empty());
    for file in &examples {
        let text = fs::read_to_string(root.join(file)).unwrap();
        assert_eq!(schema_lines(&text).count(), 1, "{} names no schema", file.display());
    }
    files.extend(examples);
    let mut named = 0;
    for file in files {
        let text = fs::read_to_string(root.join(&file)).unwrap();
        for schema in schema_lines(&text) {
            let places = match schema.strip_prefix(PUBLISHED) {
                Some(path) => vec![root.join(path)],
                None => vec![root.join(schema), root.join(&file).parent().unwrap().join(schema)],
            };
            let found = places.iter().find_map(|place| fs::read_to_string(place).ok());
            let found = found.unwrap_or_else(|| panic!("{}: there is no {schema}", file.display()));
            let schema: serde_json::Value = serde_json::from_str(&found).unwrap();
            assert_eq!(schema["type"], "object", "{}", file.display());
            named += 1;
        }
        // What a page tells readers to write comes with the line.
        let shown = file.starts_with("docs/plugins")
            || file.starts_with("host/author")
            || file.starts_with("examples");
        for block in blocks(&text, &["yaml"]).iter().filter(|block| shown && has_pipeline(block)) {
            assert_eq!(schema_lines(block).count(), 1, "{}:\n{block}", file.display());
        }
    }
    assert!(named >= 18, "{named} schemas are named");
}

/// What an `oarlock.yaml` says of plugins, if a text is one.
fn plugin_settings(text: &str) -> Option<serde_json::Value> {
    let node = oarlock_yaml::parse_one(text.as_bytes(), Reader::Oarlock, Limits::default()).ok()??;
    let json: serde_json::Value = serde_json::from_str(&oarlock_yaml::to_json(&node).ok()?).ok()?;
    // Not an operator's file, whose plugins have no configuration.
    let has_config = |plugin: &serde_json::Value| plugin.get("config").is_some();
    json["plugins"].as_object()?.values().any(has_config).then_some(json)
}

#[test]
fn configurations_that_are_shown_fit_the_schema() {
    let root = repository();
    let text = Run::new("schema").within(&Tree::new()).succeeds().stdout;
    let mut ignored = |reference: &str| panic!("{reference} leads elsewhere");
    let schema = JsonSchema::compile(text.as_bytes(), "file:///oarlock.schema.json", &mut ignored).unwrap();
    let check = |project: &serde_json::Value| {
        schema.validate(&Json::parse(project.to_string().as_bytes()).unwrap()).map_err(|it| it.to_string())
    };
    let mut texts: Vec<(PathBuf, String)> = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(root.join(&page)).unwrap();
        texts.extend(blocks(&text, &["yaml"]).into_iter().map(|block| (page.clone(), block)));
    }
    let mut files = Vec::new();
    configurations(&root, Path::new("examples"), &mut files);
    texts.extend(files.into_iter().map(|file| (file.clone(), fs::read_to_string(root.join(file)).unwrap())));
    let mut shown = BTreeSet::new();
    for (place, text) in texts {
        let Some(project) = plugin_settings(&text) else { continue };
        check(&project).unwrap_or_else(|fault| panic!("{}: {fault}\n{text}", place.display()));
        for (name, settings) in project["plugins"].as_object().unwrap() {
            let is_bundled = oarlock_bundle::BUNDLED.iter().any(|plugin| plugin.name == name);
            let Some(config) = settings["config"].as_object().filter(|_| is_bundled) else { continue };
            shown.insert(name.clone());
            // Each field with a letter more.
            for field in config.keys() {
                let mut misspelt = project.clone();
                let config = misspelt["plugins"][name]["config"].as_object_mut().unwrap();
                let value = config.remove(field).unwrap();
                config.insert(format!("{field}x"), value);
                let Err(fault) = check(&misspelt) else { panic!("{name}: `{field}x` passes") };
                assert!(fault.contains(&format!("'{field}x'")), "{name} {field}: {fault}");
            }
        }
    }
    let bundled: BTreeSet<String> =
        oarlock_bundle::BUNDLED.iter().map(|plugin| plugin.name.to_owned()).collect();
    assert_eq!(shown, bundled, "each bundled plugin has an example of its configuration");
}

fn has_pipeline(block: &str) -> bool {
    block.lines().any(|line| line.starts_with("pipeline: "))
}

/// The configurations of repositories below a directory.
fn configurations(root: &Path, directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(root.join(directory)).unwrap() {
        let entry = entry.unwrap();
        let path = directory.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            configurations(root, &path, found);
        } else if entry.file_name() == "oarlock.yaml" {
            found.push(path);
        }
    }
}
