//! Values files by Argo CD's rules: where they are looked for, what globs stand for, what happens
//! to those that are not there.

mod glob;

use std::collections::HashSet;

use oarlock_plugin::{Failure, Host, Level, Origin, ReadError, Result, TreePath, Variables};

use crate::config::Config;

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
    let is_glob = |path: &str| config.value_file_globs.0 && path.contains(['*', '?', '[']);
    let explicit: HashSet<&str> = paths.iter().map(String::as_str).filter(|path| !is_glob(path)).collect();
    let (mut files, mut seen) = (Vec::new(), HashSet::new());
    let mut add = |path: String| {
        if seen.insert(path.clone()) {
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
        let found = glob::expand(path, host)?;
        if found.is_empty() && !config.ignore_missing_value_files {
            return Err(Failure::new(format!("no file matches `{path}`")).hint(IGNORE));
        }
        for found in found {
            // A file that is also named on its own stands where it is named.
            if explicit.contains(found.path.as_str()) {
                continue;
            }
            if found.is_directory {
                return Err(directory(path, &found.path));
            }
            add(found.path);
        }
    }
    Ok(files)
}

/// Argo CD hands all that matches to Helm, which reads no directories.
fn directory(pattern: &str, path: &str) -> Failure {
    Failure::new(format!("read {path}: is a directory")).at(Origin::file(path)).hint(format!(
        "`{pattern}` stands for directories, too: let it end in what only files are called, such as `*.yaml`"
    ))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Switch;
    use oarlock_plugin::{Application, MemoryHost};

    fn files(written: &[&str], ignore: bool) -> Result<Vec<String>, String> {
        resolved(&config(written, ignore))
    }

    fn config(written: &[&str], ignore: bool) -> Config {
        Config {
            value_files: written.iter().map(|path| (*path).to_owned()).collect(),
            ignore_missing_value_files: ignore,
            ..Config::default()
        }
    }

    fn resolved(config: &Config) -> Result<Vec<String>, String> {
        let host = MemoryHost::new(
            ["c/Chart.yaml", "c/a.yaml", "c/b.yaml", "c/env/x.yaml", "c/env/deep/y.yaml", "shared/z.yaml"]
                .map(|path| (path, "")),
        );
        let chart = TreePath::new("c").unwrap();
        let application = Application::default();
        let variables = application.variables(&chart);
        resolve(config, variables, &host).map_err(|failure| failure.message)
    }

    #[test]
    fn files_are_found() {
        for (written, expected) in [
            (&["b.yaml", "a.yaml", "b.yaml"][..], &["c/b.yaml", "c/a.yaml"][..]),
            (&["/shared/z.yaml", "../shared/z.yaml"], &["shared/z.yaml"]),
            (&["?.yaml"], &["c/a.yaml", "c/b.yaml"]),
            (&["?.yaml", "a.yaml"], &["c/b.yaml", "c/a.yaml"]),
            (&["env/**/*.yaml"], &["c/env/x.yaml", "c/env/deep/y.yaml"]),
            (
                &["env/**/*.yaml", "b.yaml", "/c/env/x.yaml"],
                &["c/env/deep/y.yaml", "c/b.yaml", "c/env/x.yaml"],
            ),
            (&["env/x.yaml", "env/**/*.yaml"], &["c/env/x.yaml", "c/env/deep/y.yaml"]),
            (&["env/{deep,.}/*.yaml"], &["c/env/x.yaml", "c/env/deep/y.yaml"]),
            (&["{env,../shared}/?.yaml"], &["c/env/x.yaml"]),
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
        let config = Config { value_file_globs: Switch(false), ..config(&["*.yaml", "a.yaml"], false) };
        assert_eq!(resolved(&config).unwrap_err(), "open c/*.yaml: no such file or directory");
        let config = Config { ignore_missing_value_files: true, ..config };
        assert_eq!(resolved(&config).unwrap(), ["c/a.yaml"]);
        for (written, message) in [
            ("../../x", "`c/../../x` climbs out of the repository"),
            ("https://example.com/v.yaml", "the values file `https://example.com/v.yaml` is in the network"),
            ("[", "`c/[` is no pattern"),
            ("env/**", "read c/env: is a directory"),
        ] {
            assert_eq!(files(&[written], true).unwrap_err(), message);
        }
    }
}
