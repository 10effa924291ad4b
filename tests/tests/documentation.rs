//! What the documentation shows is what happens: every `console` block is run and compared, every
//! chore that is named exists.
//!
//! A line `$ …` is a command, run at the repository's root; `? 1` is its exit status; `...` stands
//! for any lines, `[..]` for any text. `TRYCMD=overwrite` rewrites the outputs, for review.

// Helpers of tests are outside of `#[test]` functions; what cannot be set up should fail right
// there.
#![allow(clippy::unwrap_used)]

#[path = "documentation/contract_page.rs"]
mod contract_page;
#[path = "documentation/schemas.rs"]
mod schemas;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use oarlock_tests::{Run, Tree, cache_dir, difference, oarlock, overwrites, repository};

/// All pages that speak of the program.
fn pages() -> Vec<PathBuf> {
    let root = repository();
    let mut pages = ["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(PathBuf::from).to_vec();
    for directory in ["docs", "examples"] {
        find(&root, Path::new(directory), "md", &mut pages);
    }
    pages.retain(|page| root.join(page).is_file());
    pages
}

/// The sources in Rust, without those that a program writes.
fn sources() -> Vec<PathBuf> {
    let root = repository();
    let mut sources = Vec::new();
    for directory in ["host", "lib", "plugins", "tests", "xtask", "fuzz/fuzz_targets"] {
        find(&root, Path::new(directory), "rs", &mut sources);
    }
    let generated = ["host/server/proto/generated", "plugins/sdk/src/component/bindings.rs"];
    sources.retain(|file| !generated.iter().any(|generated| file.starts_with(generated)));
    sources
}

/// Adds the files of an extension below a directory, in the order of their names.
fn find(root: &Path, directory: &Path, kind: &str, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        fs::read_dir(root.join(directory)).unwrap().map(|entry| entry.unwrap()).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = directory.join(entry.file_name());
        // Not what tools installed or built.
        let is_made = ["node_modules", "target"].iter().any(|name| entry.file_name() == *name);
        if entry.path().is_dir() && !entry.path().is_symlink() && !is_made {
            find(root, &path, kind, found);
        } else if path.extension().is_some_and(|extension| extension == kind) {
            found.push(path);
        }
    }
}

/// The blocks of a page whose language is one of these.
fn blocks(page: &str, languages: &[&str]) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.trim_start().strip_prefix("```") else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| line.trim_start() != "```").collect();
        if languages.contains(&language) {
            blocks.push(block.join("\n"));
        }
    }
    blocks
}

/// The page with an empty line after each output that does not end in `...`: it stands for the
/// newline that ends the output, which no reader misses.
fn with_last_newlines(page: &str) -> String {
    let (mut text, mut inside, mut last) = (String::new(), false, "");
    for line in page.lines() {
        let ends = line.starts_with("```") || line.starts_with("$ ");
        let command =
            ["", "..."].contains(&last) || ["```", "$ ", "? "].iter().any(|start| last.starts_with(start));
        if inside && ends && !command {
            text.push('\n');
        }
        if line.starts_with("```") {
            inside = line == "```console";
        }
        text.push_str(line);
        text.push('\n');
        last = line;
    }
    text
}

#[test]
fn what_is_shown_happens() {
    let root = repository();
    // Commands may write files, so they run in a copy.
    let copy = Tree::new().copy_of(&root.join("docs"), "docs").copy_of(&root.join("examples"), "examples");
    let cases = trycmd::TestCases::new();
    cases.register_bin("oarlock", trycmd::schema::Bin::Path(oarlock())).env(
        "OARLOCK_CACHE_DIR",
        cache_dir().canonicalize().unwrap_or_else(|_| cache_dir()).display().to_string(),
    );
    let mut shown = 0;
    for page in pages() {
        let text = fs::read_to_string(root.join(&page)).unwrap();
        copy.write(&page.display().to_string(), with_last_newlines(&text));
        let commands: Vec<String> = blocks(&text, &["console"])
            .iter()
            .flat_map(|block| block.lines())
            .filter_map(|line| line.strip_prefix("$ "))
            .map(str::to_owned)
            .collect();
        for command in &commands {
            // Another program would be passed over in silence.
            assert!(
                command.starts_with("oarlock "),
                "{}: `{command}` is not run; use an `sh` block",
                page.display()
            );
        }
        shown += commands.len();
        if !commands.is_empty() {
            cases.case(copy.path(&page.display().to_string()));
        }
    }
    assert!(shown > 0, "no page shows the program at work");
    std::env::set_current_dir(copy.root()).unwrap();
    cases.run();
    if overwrites() {
        for page in pages() {
            fs::copy(copy.path(&page.display().to_string()), root.join(page)).unwrap();
        }
    }
}

#[test]
fn chores_that_are_named_exist() {
    let root = repository();
    let chores = fs::read_to_string(root.join("xtask/src/main.rs")).unwrap();
    let mut named = 0;
    for page in pages() {
        let text = fs::read_to_string(root.join(&page)).unwrap();
        for line in blocks(&text, &["sh", "console", "bash"]).iter().flat_map(|block| block.lines()) {
            let Some((_, rest)) = line.split_once("cargo xtask ") else { continue };
            let chore = rest.split(' ').next().unwrap();
            assert!(
                chores.contains(&format!("\"{chore}\"")),
                "{}: there is no chore `{chore}`",
                page.display()
            );
            named += 1;
        }
    }
    assert!(named > 0, "no page names a chore");
}

const TABLE_BEGINS: &str = "<!-- options: ";
const TABLE_ENDS: &str = "<!-- end of options -->\n";

/// The page with the tables that the program makes in the places that it has for them. A command
/// that the page does not have yet gets a section, or a table at the end of its section.
fn with_tables(page: &str, tables: &BTreeMap<String, String>) -> String {
    let (mut text, mut placed) = (String::new(), BTreeSet::new());
    let mut rest = page;
    while let Some((before, after)) = rest.split_once(TABLE_BEGINS) {
        let (name, after) = after.split_once(" -->\n").unwrap();
        let (_, after) = after.split_once(TABLE_ENDS).unwrap();
        let table = tables.get(name).unwrap_or_else(|| panic!("there is no command `{name}`"));
        text.extend([before, TABLE_BEGINS, name, " -->\n", table, TABLE_ENDS]);
        placed.insert(name);
        rest = after;
    }
    text += rest;
    for (name, table) in
        tables.iter().filter(|(name, table)| !placed.contains(name.as_str()) && !table.is_empty())
    {
        let heading = format!("\n## `oarlock {name}`\n");
        let block = format!("\n{TABLE_BEGINS}{name} -->\n{table}{TABLE_ENDS}");
        match text.find(&heading) {
            Some(start) => {
                let section = start + heading.len();
                let end = text[section..].find("\n## ").map_or(text.len(), |next| section + next);
                text.insert_str(end, &block);
            }
            None => text.extend([heading, block]),
        }
    }
    text
}

#[test]
fn options_are_those_of_the_program() {
    let made = Tree::new();
    Run::new("reference").arg(made.root()).within(&made).succeeds();
    let mut tables = BTreeMap::new();
    for entry in fs::read_dir(made.path("options")).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        tables.insert(name, fs::read_to_string(&file).unwrap());
    }
    assert!(tables["render"].contains("| `-o`, `--out DIR` |"), "{}", tables["render"]);
    let page = repository().join("docs/command-line.md");
    let shown = fs::read_to_string(&page).unwrap();
    let expected = with_tables(&shown, &tables);
    if overwrites() {
        fs::write(&page, &expected).unwrap();
    } else {
        assert!(
            shown == expected,
            "docs/command-line.md differs; `TRYCMD=overwrite` rewrites it\n{}",
            difference(&shown, &expected)
        );
    }
    // What is packaged: a man page for each command, and completions that name it.
    let completions = fs::read_to_string(made.path("completions/oarlock.bash")).unwrap();
    for name in tables.keys().filter(|name| !["commands", "every command"].contains(&name.as_str())) {
        let man = fs::read_to_string(made.path(&format!("man/oarlock-{name}.1"))).unwrap();
        assert!(man.contains(".SH SYNOPSIS"), "{name}: {man}");
        assert!(completions.contains(name), "{name}");
    }
    assert!(!completions.contains("compile-component"), "that is no command for people");
}

#[test]
fn tables_find_their_places() {
    let tables = |names: &[&str]| -> BTreeMap<String, String> {
        names.iter().map(|name| ((*name).to_owned(), format!("| {name} |\n"))).collect()
    };
    let page = "# A\n\n## `oarlock one`\n\n<!-- options: one -->\nold\n<!-- end of options -->\n\nmore\n\n## `oarlock two`\n\ntext\n\n## B\n";
    let expected = "# A\n\n## `oarlock one`\n\n<!-- options: one -->\n| one |\n<!-- end of options -->\n\nmore\n\n## `oarlock two`\n\ntext\n\n<!-- options: two -->\n| two |\n<!-- end of options -->\n\n## B\n\n## `oarlock x`\n\n<!-- options: x -->\n| x |\n<!-- end of options -->\n";
    let made = with_tables(page, &tables(&["one", "two", "x"]));
    assert_eq!(made, expected);
    assert_eq!(with_tables(&made, &tables(&["one", "two", "x"])), made);
}

#[test]
fn the_plugin_that_authors_are_shown_is_the_one_that_is_built() {
    let root = repository();
    let page = fs::read_to_string(root.join("docs/plugin-author.md")).unwrap();
    let built = fs::read_to_string(root.join("examples/plugins/hello/src/lib.rs")).unwrap();
    let shown = blocks(&page, &["rust"]);
    assert!(shown.iter().any(|block| block.trim() == built.trim()), "{}", difference(&built, &shown[0]));
}

#[test]
fn the_reference_of_the_contract_is_made_of_it() {
    let root = repository();
    let wit = fs::read_to_string(root.join("wit/plugin.wit")).unwrap();
    let expected = contract_page::page(&wit);
    let page = root.join("docs/plugins/contract.md");
    if overwrites() {
        fs::write(&page, &expected).unwrap();
    }
    let shown = fs::read_to_string(&page).unwrap_or_default();
    assert!(
        shown == expected,
        "docs/plugins/contract.md differs; `TRYCMD=overwrite` rewrites it\n{}",
        difference(&shown, &expected)
    );
}

/// The lines of a page outside of code blocks, with their numbers from 1.
fn prose(page: &str) -> Vec<(usize, &str)> {
    let mut inside = false;
    let mut lines = Vec::new();
    for (index, line) in page.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
        } else if !inside {
            lines.push((index + 1, line));
        }
    }
    lines
}

/// The anchor that GitHub gives a heading.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || ['-', '_', ' '].contains(c);
    heading.trim().to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn links_lead_to_files_and_headings_that_exist() {
    let root = repository();
    let mut links = 0;
    let mut broken = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(root.join(&page)).unwrap();
        for (number, line) in prose(&text) {
            for link in line.split("](").skip(1) {
                let target = link.split(')').next().unwrap();
                if target.starts_with("http") {
                    continue;
                }
                links += 1;
                let (path, heading) = target.split_once('#').unwrap_or((target, ""));
                let file = if path.is_empty() {
                    root.join(&page)
                } else {
                    root.join(page.parent().unwrap()).join(path)
                };
                let exists = match heading {
                    "" => file.exists(),
                    _ => fs::read_to_string(&file).is_ok_and(|text| {
                        let headings = prose(&text).into_iter().map(|(_, line)| line);
                        headings
                            .filter(|line| line.starts_with('#'))
                            .any(|line| anchor(line.trim_start_matches('#')) == heading)
                    }),
                };
                if !exists {
                    broken.push(format!("{}:{number}: {target}", page.display()));
                }
            }
        }
    }
    assert!(links > 100, "{links} links");
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
}

/// Tables and code blocks cannot be wrapped, and a long link need not be.
#[test]
fn prose_wraps_at_100_columns() {
    let root = repository();
    let mut long = Vec::new();
    for page in pages().into_iter().filter(|page| !page.starts_with("examples")) {
        let text = fs::read_to_string(root.join(&page)).unwrap();
        for (number, line) in prose(&text) {
            let is_table = line.trim_start().starts_with('|');
            if !is_table && !line.contains("](") && line.chars().count() > 100 {
                long.push(format!("{}:{number}", page.display()));
            }
        }
    }
    assert!(long.is_empty(), "lines of more than 100 columns:\n{}", long.join("\n"));
}

/// Examples, tables and commands in comments cannot be wrapped.
#[test]
fn comments_wrap_at_100_columns() {
    let root = repository();
    let mut long = Vec::new();
    let mut seen = 0;
    for file in sources() {
        let text = fs::read_to_string(root.join(&file)).unwrap();
        let mut is_code = false;
        for (number, line) in text.lines().enumerate() {
            let Some(comment) = line.trim_start().strip_prefix("//") else {
                is_code = false;
                continue;
            };
            let comment = comment.trim_start_matches(['/', '!']);
            seen += 1;
            is_code ^= comment.trim_start().starts_with("```");
            // Indented are the commands of examples in the help of verbs.
            let is_indented = comment.starts_with("   ");
            let comment = comment.trim_start();
            let is_shown_as_it_is =
                is_code || is_indented || comment.starts_with(['|', '<']) || comment.starts_with("cargo ");
            if !is_shown_as_it_is && line.chars().count() > 100 {
                long.push(format!("{}:{}", file.display(), number + 1));
            }
        }
    }
    assert!(seen > 1000, "{seen} lines of comments");
    assert!(long.is_empty(), "comments of more than 100 columns:\n{}", long.join("\n"));
}

#[test]
fn the_input_that_the_readme_shows_is_the_file_that_it_renders() {
    let root = repository();
    let page = fs::read_to_string(root.join("README.md")).unwrap();
    let command = blocks(&page, &["console"]).remove(0);
    let directory = command.lines().next().unwrap().strip_prefix("$ oarlock render ").unwrap();
    let file = fs::read_to_string(root.join(directory).join("kustomization.yml")).unwrap();
    let shown = blocks(&page, &["yaml"]).remove(0);
    assert!(shown.trim() == file.trim(), "{}", difference(&shown, &file));
}

/// Each row of the threat model is a promise and the tests that hold it: `PATH::NAME`, a file of
/// the repository and a test in it.
#[test]
fn promises_name_tests_that_exist() {
    let root = repository();
    let text = fs::read_to_string(root.join("docs/security.md")).unwrap();
    let model = text.split("\n## ").find(|section| section.starts_with("Threat model\n")).unwrap();
    let rows = model.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| promise |"));
    let mut promises = 0;
    for row in rows {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").collect();
        let [promise, tests] = cells[..] else { panic!("a promise and its tests, not {row}") };
        let tests: Vec<_> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "no test holds: {promise}");
        for test in tests {
            let (path, name) = test.split_once("::").unwrap_or_else(|| panic!("{test} is no PATH::NAME"));
            let code = fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
            let before = code.split(&format!("fn {name}(")).next().filter(|before| before.len() < code.len());
            let before = before.unwrap_or_else(|| panic!("{path} has no test {name}"));
            let last = before.trim_end().rsplit("\n\n").next().unwrap_or_default();
            assert!(last.contains("#[test]") || last.contains("#[rstest]"), "{test} is no test");
        }
        promises += 1;
    }
    assert!(promises > 30, "{promises} promises");
}
