//! Files beside the manifests that change an Application's source: `.argocd-source.yaml`, and one
//! for an Application alone.
//!
//! The repo-server reads them itself before it calls a plugin, so that the server has nothing to do
//! with them.

use oarlock_plugin::{Failure, Origin, ReadError};
use oarlock_yaml::{Node, Reader, from_node, parse_one};
use serde_json::Value;

use super::{ApplicationSource, fields};
use crate::config_file::Budget;
use crate::source::{Source as Tree, TreePath};

/// What the files of a directory say.
#[derive(Debug, Default)]
pub struct Overrides(Vec<Override>);

#[derive(Debug)]
struct Override {
    path: String,
    node: Node,
}

impl Overrides {
    /// Reads the files for an Application, by the name that Argo CD calls it: that of a file for
    /// one in another namespace has both names in it.
    ///
    /// # Errors
    /// If one cannot be read, is no YAML, or holds what no source can be.
    pub fn read(tree: &dyn Tree, directory: &TreePath, application: Option<&str>) -> Result<Self, Failure> {
        let own =
            application.filter(|name| !name.is_empty()).map(|name| format!(".argocd-source-{name}.yaml"));
        let (mut files, mut budget) = (Vec::new(), Budget::for_configuration());
        for name in [".argocd-source.yaml".to_owned()].into_iter().chain(own) {
            let Ok(path) = directory.join(&name) else { continue };
            match tree.read(&path) {
                Ok(text) => files.push(Override::parse(path.into_string(), &text, &mut budget)?),
                // A directory of the name is passed over, too.
                Err(ReadError::NotFound | ReadError::WrongKind(_)) => {}
                Err(error) => return Err(error.at(&path)),
            }
        }
        Ok(Self(files))
    }

    /// A source with what the files say, and a warning for each field that there is not: Argo CD
    /// passes over it without a word.
    ///
    /// # Errors
    /// If it is no source any more.
    pub fn apply(&self, source: &ApplicationSource) -> Result<(ApplicationSource, Vec<Failure>), Failure> {
        let mut source = source.clone();
        let mut warnings = Vec::new();
        for file in &self.0 {
            source = file.apply(&source, &mut warnings)?;
        }
        Ok((source, warnings))
    }

    /// What the files say to a block, with their names, the nearest last.
    pub fn blocks<'a>(&'a self, block: &'a str) -> impl Iterator<Item = (&'a str, &'a Node)> {
        self.0.iter().filter_map(move |file| Some((file.path.as_str(), file.node.get(block)?)))
    }
}

impl Override {
    fn parse(path: String, text: &[u8], budget: &mut Budget) -> Result<Self, Failure> {
        let at = |span: oarlock_yaml::Span| Origin::at(&path, span.line, span.column);
        let node = parse_one(text, Reader::ArgoCd, budget.begin(&path, text)?)
            .map_err(|error| Failure::new(error.message).at(at(error.span)))?
            .filter(|node| !node.is_null());
        let Some(node) = node else {
            return Err(Failure::new(format!("`{path}` says nothing, which Argo CD takes for a mistake"))
                .at(Origin::file(&path))
                .hint("delete the file, or write `{}`"));
        };
        budget.charge(&path, &node)?;
        if node.as_mapping().is_none() {
            let message =
                format!("`{path}` is a {}, and what is laid over a source is a mapping", node.kind_name());
            return Err(Failure::new(message).at(at(node.span)));
        }
        from_node::<ApplicationSource>(&node)
            .map_err(|error| Failure::new(error.to_string()).at(at(error.span)))?;
        Ok(Self { path, node })
    }

    fn apply(
        &self,
        source: &ApplicationSource,
        warnings: &mut Vec<Failure>,
    ) -> Result<ApplicationSource, Failure> {
        let failed = |error: String| Failure::new(error).at(Origin::file(&self.path));
        let (Ok(Value::Object(mut merged)), Ok(Value::Object(mut patch))) =
            (serde_json::to_value(source), serde_json::to_value(&self.node))
        else {
            return Err(failed("this cannot be laid over a source".to_owned()));
        };
        // What is absent is `null` by now, and for a merge the same.
        merged.retain(|_, value| !value.is_null());
        patch.retain(|key, _| !fields::PROTECTED.iter().any(|field| field.eq_ignore_ascii_case(key)));
        for unknown in fields::merge(fields::SOURCE, &mut merged, &patch) {
            let name = unknown.keys.join(".");
            let keys: Vec<&str> = unknown.keys.iter().map(String::as_str).collect();
            let (last, outer) = keys.split_last().unwrap_or((&"", &[]));
            let place = outer.iter().try_fold(&self.node, |node, key| match key.parse::<usize>() {
                Ok(index) if node.as_sequence().is_some() => node.as_sequence()?.get(index),
                _ => node.get(key),
            });
            let span = place.and_then(|node| node.as_mapping()?.entry(last)).map(|entry| entry.key.span);
            let warning =
                Failure::new(format!("there is no field `{name}` in a source, so this changes nothing"));
            let warning = match span {
                Some(span) => warning.at(Origin::at(&self.path, span.line, span.column)),
                None => warning.at(Origin::file(&self.path)),
            };
            warnings.push(match unknown.meant {
                Some(meant) => warning.hint(format!("did you mean `{meant}`?")),
                None => warning.hint("take it out"),
            });
        }
        serde_json::from_value(Value::Object(merged)).map_err(|error| failed(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::source::Directory;

    fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, Arc<dyn Tree>) {
        let outer = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = outer.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let tree = Directory::open(outer.path()).unwrap();
        (outer, Arc::new(tree))
    }

    fn applied(files: &[(&str, &str)], name: &str, source: Value) -> Result<(Value, Vec<String>), String> {
        let (_outer, tree) = tree(files);
        let directory = TreePath::new("app").unwrap();
        let overrides =
            Overrides::read(tree.as_ref(), &directory, Some(name)).map_err(|error| error.to_string())?;
        let source: ApplicationSource = serde_json::from_value(source).unwrap();
        let (source, warnings) = overrides.apply(&source).map_err(|error| error.to_string())?;
        let mut value = serde_json::to_value(source).unwrap();
        value.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        Ok((value, warnings.iter().map(ToString::to_string).collect()))
    }

    #[test]
    fn the_files_of_a_directory_and_of_an_application_count_in_this_order() {
        let files = [
            (
                "app/.argocd-source.yaml",
                "kustomize: {images: [a:1], namePrefix: p-}\npath: elsewhere\nREPOURL: x\n",
            ),
            ("app/.argocd-source-shop.yaml", "kustomize: {images: [a:2]}\n"),
            ("app/.argocd-source-team-a_shop.yaml", "kustomize: {images: [a:3]}\n"),
            (".argocd-source.yaml", "kustomize: {images: [a:4]}\n"),
        ];
        for (name, image) in [("shop", "a:2"), ("team-a_shop", "a:3"), ("mail", "a:1")] {
            let expected = json!({"path": "app", "kustomize": {"images": [image], "namePrefix": "p-"}});
            assert_eq!(applied(&files, name, json!({"path": "app"})), Ok((expected, Vec::new())), "{name}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_file_is_told_with_its_place() {
        let own = "app/.argocd-source-shop.yaml";
        for (text, expected) in [
            (
                "",
                "app/.argocd-source-shop.yaml: `app/.argocd-source-shop.yaml` says nothing, which Argo CD takes for a mistake",
            ),
            (
                "- a\n",
                "app/.argocd-source-shop.yaml:1:1: `app/.argocd-source-shop.yaml` is a list, and what is laid over a source is a mapping",
            ),
            ("helm:\n  a: [\n", "app/.argocd-source-shop.yaml:"),
            ("# a\nhelm: 5\n", "app/.argocd-source-shop.yaml:2:7: invalid type"),
        ] {
            let error = applied(&[(own, text)], "shop", json!({})).unwrap_err();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
        let text = "kustomize:\n  images: [a:1]\n  imagse: [a:2]\nplugin:\n  env:\n  - {name: a, vlaue: b}\n";
        let (_, warnings) = applied(&[(own, text)], "shop", json!({})).unwrap();
        assert_eq!(
            warnings,
            [
                "app/.argocd-source-shop.yaml:3:3: there is no field `kustomize.imagse` in a source, so this changes nothing",
                "app/.argocd-source-shop.yaml:6:15: there is no field `plugin.env.0.vlaue` in a source, so this changes nothing",
            ]
        );
    }
}
