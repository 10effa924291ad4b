//! Writes the built-in field specifications as Rust constants: `data/builtin-fieldspecs.json` says where they come from.

use std::fmt::Write as _;
use std::path::Path;

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
        writeln!(rust, "pub(super) const {constant}: &[BuiltinSpec] = &{};", specs(&table[name]))
            .expect("a string takes it");
    }
    rust.push_str("pub(super) const NAME_REFERENCE: &[BuiltinReference] = &[\n");
    for target in table["nameReference"].as_array().expect("nameReference is a list") {
        let [group, version, kind] = ["group", "version", "kind"].map(|key| text_of(target, key));
        let referrers = specs(&target["fieldSpecs"]);
        writeln!(rust, "({group:?}, {version:?}, {kind:?}, &{referrers}),").expect("a string takes it");
    }
    rust.push_str("];\n");
    std::fs::write(out, rust).expect("OUT_DIR is writable");
}

/// A list as a Rust array of `(group, version, kind, path, create)`. An absent list has no entries.
fn specs(list: &Value) -> String {
    let mut rust = String::from("[");
    for spec in list.as_array().into_iter().flatten() {
        let [group, version, kind, path] = ["group", "version", "kind", "path"].map(|key| text_of(spec, key));
        let create = spec["create"].as_bool().unwrap_or_default();
        write!(rust, "({group:?}, {version:?}, {kind:?}, {path:?}, {create}),").expect("a string takes it");
    }
    rust.push(']');
    rust
}

fn text_of<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}
