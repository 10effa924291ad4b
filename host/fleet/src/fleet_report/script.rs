//! The page's ES modules → one script.
//!
//! The modules import each other by name alone, `import { a, b } from "./module.js";`, and
//! [`MODULES`] has every module after those that it imports. So they are joined line by line, each
//! in a scope of its own.

use std::fmt::Write as _;

/// The modules, each after those that it imports.
const MODULES: &[(&str, &str)] = &[
    ("text.js", include_str!("page/text.js")),
    ("dom.js", include_str!("page/dom.js")),
    ("data.js", include_str!("page/data.js")),
    ("state.js", include_str!("page/state.js")),
    ("virtual.js", include_str!("page/virtual.js")),
    ("theme.js", include_str!("page/theme.js")),
    ("words.js", include_str!("page/words.js")),
    ("findings.js", include_str!("page/findings.js")),
    ("matrix.js", include_str!("page/matrix.js")),
    ("tree.js", include_str!("page/tree.js")),
    ("diff.js", include_str!("page/diff.js")),
    ("code.js", include_str!("page/code.js")),
    ("changes.js", include_str!("page/changes.js")),
    ("objects.js", include_str!("page/objects.js")),
    ("waves.js", include_str!("page/waves.js")),
    ("secrets.js", include_str!("page/secrets.js")),
    ("details.js", include_str!("page/details.js")),
    ("application.js", include_str!("page/application.js")),
    ("overview.js", include_str!("page/overview.js")),
    ("print.js", include_str!("page/print.js")),
    ("keyboard.js", include_str!("page/keyboard.js")),
    ("main.js", include_str!("page/main.js")),
];

/// The script of the page: a scope for each module, which gives what the module exports.
pub(super) fn script() -> String {
    let mut script = String::new();
    for (name, module) in MODULES {
        let _ = writeln!(script, "const {} = (() => {{", scope(name));
        for line in module.lines() {
            if let Some((names, from)) = import(line) {
                let _ = writeln!(script, "const {{ {names} }} = {};", scope(from));
            } else {
                script += line.strip_prefix(EXPORT).unwrap_or(line);
                script.push('\n');
            }
        }
        let _ = writeln!(script, "return {{ {} }};\n}})();", exported(module).join(", "));
    }
    script
}

const EXPORT: &str = "export ";

/// What a line imports, and from which module.
fn import(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("import { ")?.strip_suffix("\";")?.split_once(" } from \"./")
}

/// The names that a module exports.
fn exported(module: &str) -> Vec<&str> {
    const WORDS: [&str; 4] = ["async function ", "function ", "const ", "class "];
    module
        .lines()
        .filter_map(|line| {
            let line = line.strip_prefix(EXPORT)?;
            let rest = WORDS.iter().find_map(|word| line.strip_prefix(word))?;
            rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()
        })
        .collect()
}

/// What the scope of a module is called.
fn scope(module: &str) -> String {
    format!("{}Module", module.trim_end_matches(".js"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn modules_import_what_is_exported_before_them() {
        let mut known: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, module) in MODULES {
            for line in module.lines().filter(|line| line.trim_start().starts_with("import")) {
                let (names, from) = import(line).unwrap_or_else(|| panic!("{name}: {line}"));
                let exports = known.get(from).unwrap_or_else(|| panic!("{name} imports {from} before it"));
                for import in names.split(", ") {
                    assert!(exports.contains(&import), "{name}: {from} exports no {import}");
                }
            }
            let exports = exported(module);
            let lines = module.lines().filter(|line| line.starts_with(EXPORT)).count();
            assert_eq!(exports.len(), lines, "{name}: an export is not understood");
            known.insert(name, exports);
        }
        assert!(script().contains("const { visible } = textModule;"));
    }

    #[test]
    fn the_script_ends_where_its_element_does_and_makes_no_markup() {
        let script = script().to_lowercase();
        for never in [
            "</script",
            "<!--",
            "innerhtml",
            "outerhtml",
            "insertadjacenthtml",
            "document.write",
            "eval(",
            "new function",
            "fetch(",
            "xmlhttprequest",
            "import(",
        ] {
            assert!(!script.contains(never), "{never}");
        }
    }
}
