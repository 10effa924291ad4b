//! Writes the built-in field specifications as Rust constants: `data/builtin-fieldspecs.json` says where they come from. The constants
//! have them in the order that transformers want, so that nothing is left to be done when the plugin starts.

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
    let order = KindOrder::read(data);
    let mut rust = String::new();
    for (name, constant) in LISTS {
        writeln!(rust, "pub(super) const {constant}: &[BuiltinSpec] = &{};", specs(&table[name], &order))
            .expect("a string takes it");
    }
    rust.push_str("pub(super) const NAME_REFERENCE: &[BuiltinReference] = &[\n");
    for target in order.sorted(&table["nameReference"]) {
        let [group, version, kind] = ["group", "version", "kind"].map(|key| text_of(target, key));
        let referrers = specs(&target["fieldSpecs"], &order);
        writeln!(rust, "({group:?}, {version:?}, {kind:?}, &{referrers}),").expect("a string takes it");
    }
    rust.push_str("];\n");
    std::fs::write(out, rust).expect("OUT_DIR is writable");
}

/// The order of kinds that `data/scope-and-order.json` tells.
struct KindOrder {
    first: Vec<Value>,
    last: Vec<Value>,
}

impl KindOrder {
    fn read(data: &Path) -> Self {
        let file = data.join("scope-and-order.json");
        let text = std::fs::read_to_string(&file).expect("data/scope-and-order.json is there");
        let mut table: Value = serde_json::from_str(&text).expect("data/scope-and-order.json is JSON");
        let mut list = |name| match table[name].take() {
            Value::Array(kinds) => kinds,
            _ => panic!("data/scope-and-order.json has a list `{name}`"),
        };
        Self { first: list("legacyOrderFirst"), last: list("legacyOrderLast") }
    }

    /// The entries of a list by the order of their kinds. An absent list has no entries.
    fn sorted<'a>(&self, list: &'a Value) -> Vec<&'a Value> {
        let mut entries: Vec<_> = list.as_array().into_iter().flatten().collect();
        entries.sort_by_cached_key(|entry| self.key(entry));
        entries
    }

    fn key(&self, entry: &Value) -> (usize, String) {
        let kind = text_of(entry, "kind");
        let at = |kinds: &[Value]| kinds.iter().position(|other| other == kind);
        let between = self.first.len();
        let rank = at(&self.first).or(at(&self.last).map(|last| between + 1 + last)).unwrap_or(between);
        let parts = [("group", "~G"), ("version", "~V"), ("kind", "~K")].map(|(key, absent)| {
            let part = text_of(entry, key);
            if part.is_empty() { absent } else { part }
        });
        (rank, parts.join("_"))
    }
}

/// A list as a Rust array of `(group, version, kind, path, create)`.
fn specs(list: &Value, order: &KindOrder) -> String {
    let mut rust = String::from("[");
    for spec in order.sorted(list) {
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
