//! Which files count.

use oarlock_plugin::{Failure, Failures, Host, Kind, Level, Origin, Result, TreePath};

use crate::config::Config;
use crate::encoding;

/// Text that keeps a file out, anywhere in it.
const SKIP_MARKER: &str = "+argocd:skip-file-rendering";

/// A file that counts.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: TreePath,
    pub(crate) format: Format,
    pub(crate) content: Vec<u8>,
}

/// What a file's name says of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Jsonnet,
    Yaml,
}

impl Format {
    /// The format of a file name, case-sensitive. Hidden files count.
    pub(crate) fn of(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1 {
            "json" => Some(Self::Json),
            "jsonnet" => Some(Self::Jsonnet),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }
}

/// Whether a file asks to be left out.
pub(crate) fn is_marked(content: &[u8]) -> bool {
    encoding::text(content).contains(SKIP_MARKER)
}

/// The files that count, in lexical order: those of a directory stand among its files where its
/// name does.
pub(crate) fn candidates(
    host: &dyn Host,
    directory: &TreePath,
    config: &Config,
) -> Result<Vec<File>, Failures> {
    let mut walk = Walk { host, directory, config, size: 0, files: Vec::new(), failures: Vec::new() };
    walk.run()?;
    Failures::check(walk.failures)?;
    Ok(walk.files)
}

struct Walk<'a> {
    host: &'a dyn Host,
    directory: &'a TreePath,
    config: &'a Config,
    size: u64,
    files: Vec<File>,
    failures: Vec<Failure>,
}

impl Walk<'_> {
    fn run(&mut self) -> Result<()> {
        // The way to go, last first; a list and not recursion, since trees may be deep.
        let mut pending = self.entries(self.directory)?;
        while let Some((path, kind)) = pending.pop() {
            match kind {
                Kind::File => self.file(path)?,
                Kind::Directory if self.config.recurse && !self.is_link(&path)? => {
                    pending.extend(self.entries(&path)?);
                }
                Kind::Directory => {}
            }
        }
        Ok(())
    }

    fn entries(&self, directory: &TreePath) -> Result<Vec<(TreePath, Kind)>> {
        let entries = self.host.list(directory).map_err(|error| error.at(directory))?;
        let paths = entries.into_iter().rev().map(|entry| {
            let path = directory.join(&entry.name).map_err(|error| Failure::new(error.to_string()))?;
            Ok((path, entry.kind))
        });
        paths.collect()
    }

    /// Whether a directory is a symbolic link. Argo CD does not go there; neither does anybody who
    /// goes in circles.
    fn is_link(&self, path: &TreePath) -> Result<bool> {
        let real =
            |path: &TreePath| self.host.stat(path).map(|found| found.path).map_err(|error| error.at(path));
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(false) };
        let expected = TreePath::new(&real(&parent)?).and_then(|parent| parent.join(name));
        let is_link = expected.is_ok_and(|expected| real(path).is_ok_and(|real| real != expected.as_str()));
        if is_link {
            self.host.log(Level::Info, &format!("`{path}` is a link to a directory and is left out"));
        }
        Ok(is_link)
    }

    fn file(&mut self, path: TreePath) -> Result<()> {
        let any = self.config.disable_extension_filter.then_some(Format::Yaml);
        let Some(format) = path.file_name().and_then(Format::of).or(any) else { return Ok(()) };
        if !self.config.wants(&path.relative_to(self.directory)) {
            return Ok(());
        }
        let content = self.host.read(&path).map_err(|error| error.at(&path))?;
        if is_marked(&content) {
            self.host.log(Level::Info, &format!("`{path}` asks to be left out"));
            return Ok(());
        }
        if format == Format::Jsonnet {
            self.failures.push(
                Failure::new(format!("`{path}` is Jsonnet, which is not rendered here"))
                    .at(Origin::file(path.as_str()))
                    .hint("commit what it makes as YAML or JSON, and `exclude` the file"),
            );
            return Ok(());
        }
        self.size += content.len() as u64;
        let limit = self.config.max_combined_size;
        if limit != 0 && self.size > limit {
            return Err(Failure::new(format!(
                "the manifests of `{}` are larger than {limit} bytes",
                self.directory
            ))
            .at(Origin::file(path.as_str()))
            .hint("`exclude` what is no manifest, or raise `maxCombinedSize`"));
        }
        self.files.push(File { path, format, content });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oarlock_plugin::{Entry, Manifest, MemoryHost, Metadata, ReadError, Request};

    #[test]
    fn names_decide_case_sensitively() {
        for (name, format) in [
            ("a.yaml", Some(Format::Yaml)),
            ("a.yml", Some(Format::Yaml)),
            ("a.json", Some(Format::Json)),
            ("a.jsonnet", Some(Format::Jsonnet)),
            (".hidden.yaml", Some(Format::Yaml)),
            (".yaml", Some(Format::Yaml)),
            ("a.YAML", None),
            ("a.yaml.bak", None),
            ("a.libsonnet", None),
            ("yaml", None),
        ] {
            assert_eq!(Format::of(name), format, "{name}");
        }
    }

    fn paths(config: &str) -> Vec<String> {
        let host = MemoryHost::new([
            ("app/b.yaml", ""),
            ("app/a/z.yml", ""),
            ("app/.hidden/c.json", ""),
            ("app/a.yaml", ""),
            ("app/README.md", ""),
            ("app/skipped.yaml", "x: 1 # +argocd:skip-file-rendering"),
            ("other/a.yaml", ""),
        ]);
        let config = serde_json::from_str(config).unwrap();
        let files = candidates(&host, &TreePath::new("app").unwrap(), &config).unwrap();
        files.into_iter().map(|file| file.path.into_string()).collect()
    }

    #[test]
    fn walks_in_lexical_order() {
        assert_eq!(paths("{}"), ["app/a.yaml", "app/b.yaml"]);
        let all = ["app/.hidden/c.json", "app/a/z.yml", "app/a.yaml", "app/b.yaml"];
        assert_eq!(paths(r#"{"recurse":true}"#), all);
        assert_eq!(paths(r#"{"recurse":true,"include":"","exclude":""}"#), all);
        assert_eq!(paths(r#"{"recurse":true,"include":"*.yaml"}"#), all[2..]);
        assert_eq!(paths(r#"{"recurse":true,"exclude":"{a/*,.hidden/*}"}"#), all[2..]);
        assert_eq!(paths(r#"{"recurse":true,"include":"*.yaml","exclude":"a*"}"#), all[3..]);
        let any = r#"{"disableExtensionFilter":true,"include":"*.{md,yaml}","jsonnet":{"libs":["a"]}}"#;
        assert_eq!(paths(any), ["app/README.md", "app/a.yaml", "app/b.yaml"]);
    }

    #[test]
    fn all_files_count_towards_the_limit() {
        let host = MemoryHost::new([("a.yaml", "12345"), ("b.yaml", "67890"), ("c.md", "much more text")]);
        let walk = |limit| {
            candidates(&host, &TreePath::root(), &Config { max_combined_size: limit, ..Config::default() })
        };
        assert_eq!(walk(10).unwrap().len(), 2);
        assert_eq!(walk(0).unwrap().len(), 2);
        let failures = walk(9).unwrap_err();
        assert_eq!(failures.to_string(), "b.yaml: the manifests of `.` are larger than 9 bytes");
    }

    /// A tree with a link `app/loop` that leads to `app` itself.
    struct Circle(MemoryHost);

    impl Host for Circle {
        fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
            self.0.read(&path.replace("loop/", ""))
        }

        fn list(&self, path: &str) -> Result<Vec<Entry>, ReadError> {
            let mut entries = self.0.list(path.strip_suffix("/loop").unwrap_or(path))?;
            entries.push(Entry { name: "loop".to_owned(), kind: Kind::Directory });
            Ok(entries)
        }

        fn stat(&self, path: &str) -> Result<Metadata, ReadError> {
            self.0.stat(path.strip_suffix("/loop").unwrap_or(path))
        }

        fn log(&self, level: Level, message: &str) {
            self.0.log(level, message);
        }

        fn warn(&self, warning: Failure) {
            self.0.warn(warning);
        }

        fn compose(&self, plugin: &str, request: Request<String>) -> Result<Vec<Manifest>, Failures> {
            self.0.compose(plugin, request)
        }
    }

    #[test]
    fn links_to_directories_are_left_out() {
        let host = Circle(MemoryHost::new([("app/a.yaml", "")]));
        let config = Config { recurse: true, ..Config::default() };
        let files = candidates(&host, &TreePath::new("app").unwrap(), &config).unwrap();
        assert_eq!(files.len(), 1);
        assert_eq!(host.0.log_lines(), ["`app/loop` is a link to a directory and is left out"]);
    }
}
