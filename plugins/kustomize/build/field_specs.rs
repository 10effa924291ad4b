//! Writes the built-in field specifications as Rust constants: `data/builtin-fieldspecs.json` says
//! where they come from. The constants have them in the order that transformers want, so that
//! nothing is left to be done when the plugin starts.

use std::fmt::Write as _;
use std::path::Path;

use oarlock_kubernetes::{Gvk, LegacyOrder};
use serde_json::Value;

/// Each list of field specifications: its name in the data file and the name of its constant.
const LISTS: [(&str, &str); 10] = [
    ("namePrefix", "NAME_PREFIX"),
    ("nameSuffix", "NAME_SUFFIX"),
    ("namespace", "NAMESPACE"),
    ("commonLabels", "COMMON_LABELS"),
    ("labels", "LABELS"),
    ("templateLabels", "TEMPLATE_LABELS"),
    ("commonAnnotations", "COMMON_ANNOTATIONS"),
    ("varReference", "VAR_REFERENCE"),
    ("images", "IMAGES"),
    ("replicas", "REPLICAS"),
];

/// Reads the table from `data` and writes the Rust source `out`.
pub(crate) fn generate(data: &Path, out: &Path) {
    let file = data.join("builtin-fieldspecs.json");
    let text = std::fs::read_to_string(&file).expect("data/builtin-fieldspecs.json is there");
    let table: Value = serde_json::from_str(&text).expect("data/builtin-fieldspecs.json is JSON");
    let mut rust = String::new();
    for (name, constant) in LISTS {
        writeln!(rust, "pub(super) const {constant}: &[FieldSpec] = &{};", specs(&table[name]))
            .expect("a string takes it");
    }
    let mut references = String::new();
    for (number, target) in sorted(&table["nameReference"]).into_iter().enumerate() {
        let [group, version, kind] = ["group", "version", "kind"].map(|key| text_of(target, key));
        let referrers = specs(&target["fieldSpecs"]);
        writeln!(rust, "const REFERRERS_{number}: &[FieldSpec] = &{referrers};").expect("a string takes it");
        writeln!(references, "reference({group:?}, {version:?}, {kind:?}, REFERRERS_{number}),")
            .expect("a string takes it");
    }
    writeln!(rust, "pub(super) const NAME_REFERENCE: &[NameReference] = &[\n{references}];")
        .expect("a string takes it");
    std::fs::write(out, rust).expect("OUT_DIR is writable");
}

/// The entries of a list by the order of their kinds. An absent list has no entries.
fn sorted(list: &Value) -> Vec<&Value> {
    let mut entries: Vec<_> = list.as_array().into_iter().flatten().collect();
    entries.sort_by_cached_key(|entry| {
        let [group, version, kind] = ["group", "version", "kind"].map(|key| text_of(entry, key).into());
        LegacyOrder::builtin().type_key(&Gvk { group, version, kind })
    });
    entries
}

/// A list as a Rust array of `spec(group, version, kind, path, create)`.
fn specs(list: &Value) -> String {
    let mut rust = String::from("[");
    for spec in sorted(list) {
        let [group, version, kind, path] = ["group", "version", "kind", "path"].map(|key| text_of(spec, key));
        let create = spec["create"].as_bool().unwrap_or_default();
        write!(rust, "spec({group:?}, {version:?}, {kind:?}, {path:?}, {create}),")
            .expect("a string takes it");
    }
    rust.push(']');
    rust
}

fn text_of<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}
