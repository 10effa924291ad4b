//! Values files by Argo CD's rules: where they are looked for, what globs stand for, what happens to those that are not there.

use oarlock_plugin::{Failure, Host, Kind, Level, Origin, ReadError, Result, TreePath, Variables};

use crate::chart::path_matches;
use crate::config::Config;

/// How many directories a `**` may lead through.
const MAX_DIRECTORIES: usize = 10_000;

/// The values files of a configuration, in the order in which they are merged.
///
/// # Errors
/// If one is not there and that is not allowed, or lies outside of the repository.
pub(crate) fn resolve(config: &Config, variables: Variables<'_>, host: &dyn Host) -> Result<Vec<String>> {
    let paths = config
        .value_files
        .iter()
        .map(|written| place(&variables.replaced(written), variables.directory()))
        .collect::<Result<Vec<_>>>()?;
    let mut files: Vec<String> = Vec::new();
    let mut add = |path: String| {
        if !files.contains(&path) {
            files.push(path);
        }
    };
    for path in &paths {
        if !is_glob(path) {
            match host.stat(path) {
                Err(ReadError::NotFound) if config.ignore_missing_value_files => {
                    host.log(Level::Info, &format!("`{path}` is not there and is left out"));
                }
                Err(ReadError::NotFound) => return Err(missing(path)),
                _ => add(path.clone()),
            }
            continue;
        }
        let found = expand(path, host)?;
        if found.is_empty() && !config.ignore_missing_value_files {
            return Err(Failure::new(format!("no file matches `{path}`")).hint(IGNORE));
        }
        // A file that is also named on its own stands where it is named.
        found.into_iter().filter(|found| !paths.contains(found)).for_each(&mut add);
    }
    Ok(files)
}

const IGNORE: &str = "set `ignoreMissingValueFiles` if that is fine";

fn missing(path: &str) -> Failure {
    Failure::new(format!("open {path}: no such file or directory")).at(Origin::file(path)).hint(IGNORE)
}

/// The path from the root of the tree.
pub(crate) fn place(written: &str, chart: &TreePath) -> Result<String> {
    let refuse = |why: &str, hint: &str| {
        Err(Failure::new(format!("the values file `{written}` {why}")).hint(hint.to_owned()))
    };
    if written.contains("://") {
        return refuse("is in the network", "a render has no network: put the file into the repository");
    }
    if written.starts_with('$') {
        return refuse("is in another source", "only files of this repository can be read");
    }
    let path = match written.strip_prefix('/') {
        Some(from_root) => TreePath::new(from_root),
        None => chart.join(written),
    };
    path.map(TreePath::into_string).map_err(|error| Failure::new(error.to_string()))
}

fn is_glob(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// The files that match, in the order of their paths.
fn expand(pattern: &str, host: &dyn Host) -> Result<Vec<String>> {
    let parts: Vec<&str> = pattern.split('/').collect();
    let mut found = Vec::new();
    let mut pending = vec![(TreePath::root(), 0)];
    let mut visited = 0;
    while let Some((directory, at)) = pending.pop() {
        visited += 1;
        if visited > MAX_DIRECTORIES {
            return Err(Failure::new(format!(
                "`{pattern}` leads through more than {MAX_DIRECTORIES} directories"
            )));
        }
        let Some(part) = parts.get(at) else { continue };
        let last = at + 1 == parts.len();
        let entries = match host.list(&directory) {
            Ok(entries) => entries,
            Err(ReadError::NotFound | ReadError::WrongKind(_)) => continue,
            Err(error) => return Err(error.at(&directory)),
        };
        if *part == "**" {
            // It stands for no directory, too.
            pending.push((directory.clone(), at + 1));
        }
        for entry in entries {
            let path = directory.join(&entry.name).map_err(|error| Failure::new(error.to_string()))?;
            match (*part, entry.kind) {
                ("**", Kind::Directory) => pending.push((path, at)),
                ("**", Kind::File) if last => found.push(path.into_string()),
                ("**", Kind::File) => {}
                (part, kind) => match path_matches(part, &entry.name) {
                    None => {
                        return Err(Failure::new(format!("`{pattern}` is no pattern"))
                            .hint("write `\\[` for a bracket that stands for itself"));
                    }
                    Some(true) if kind == Kind::Directory && !last => pending.push((path, at + 1)),
                    Some(true) if kind == Kind::File && last => found.push(path.into_string()),
                    Some(_) => {}
                },
            }
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use oarlock_plugin::{Application, MemoryHost};

    fn files(written: &[&str], ignore: bool) -> Result<Vec<String>, String> {
        let host = MemoryHost::new(
            ["c/Chart.yaml", "c/a.yaml", "c/b.yaml", "c/env/x.yaml", "c/env/deep/y.yaml", "shared/z.yaml"]
                .map(|path| (path, "")),
        );
        let config = Config {
            value_files: written.iter().map(|path| (*path).to_owned()).collect(),
            ignore_missing_value_files: ignore,
            ..Config::default()
        };
        let chart = TreePath::new("c").unwrap();
        let application = Application::default();
        let variables = application.variables(&chart);
        resolve(&config, variables, &host).map_err(|failure| failure.message)
    }

    #[test]
    fn files_are_found() {
        for (written, expected) in [
            (&["b.yaml", "a.yaml", "b.yaml"][..], &["c/b.yaml", "c/a.yaml"][..]),
            (&["/shared/z.yaml", "../shared/z.yaml"], &["shared/z.yaml"]),
            (&["?.yaml"], &["c/a.yaml", "c/b.yaml"]),
            (&["?.yaml", "a.yaml"], &["c/b.yaml", "c/a.yaml"]),
            (&["env/**/*.yaml"], &["c/env/deep/y.yaml", "c/env/x.yaml"]),
            (&["env/**"], &["c/env/deep/y.yaml", "c/env/x.yaml"]),
            (&["/**/z.yaml"], &["shared/z.yaml"]),
        ] {
            assert_eq!(files(written, false).unwrap(), expected, "{written:?}");
        }
    }

    #[test]
    fn what_is_not_there_is_an_error_unless_allowed() {
        assert_eq!(files(&["nope.yaml"], false).unwrap_err(), "open c/nope.yaml: no such file or directory");
        assert_eq!(files(&["*.yml"], false).unwrap_err(), "no file matches `c/*.yml`");
        assert_eq!(files(&["nope.yaml", "*.yml", "a.yaml"], true).unwrap(), ["c/a.yaml"]);
        for (written, message) in [
            ("../../x", "`c/../../x` climbs out of the repository"),
            ("https://example.com/v.yaml", "the values file `https://example.com/v.yaml` is in the network"),
            ("[", "`c/[` is no pattern"),
        ] {
            assert_eq!(files(&[written], true).unwrap_err(), message);
        }
    }
}
