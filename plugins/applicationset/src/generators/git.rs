//! `git`: directories and files of a repository.

use std::collections::BTreeSet;

use oarlock_go_template::{List, Map, Str, Value};
use serde_json::Value as Json;

use super::list::kind;
use super::{Generation, Object, failure, items, object, text};
use crate::error::{ErrorKind, ExpandError, Result};
use crate::json::{from_yaml, to_map};
use crate::params::{Params, StringMaps, flatten, print};
use crate::pathspec::Pathspec;
use crate::repository::Tree;
use crate::template::sanitize;

impl Generation<'_, '_> {
    pub(super) fn git(&mut self, own: &Object) -> Result<Vec<Params>> {
        self.check_project()?;
        let (directories, files) = (items(own, "directories"), items(own, "files"));
        if !directories.is_empty() {
            return self.directories(own, directories);
        }
        if !files.is_empty() {
            return self.files(own, files);
        }
        Err(failure("neither `directories` nor `files` are given"))
    }

    /// A git generator looks the project up, whose signature keys may guard the repository, unless
    /// its name is a template.
    fn check_project(&self) -> Result<()> {
        let project = self.set.project();
        let is_known = |project: &str| match self.inputs.projects {
            Some(projects) => projects.iter().any(|known| known == project),
            None => true,
        };
        if project.contains("{{") || (!project.is_empty() && is_known(project)) {
            return Ok(());
        }
        let message = if project.is_empty() {
            "`spec.template.spec.project` is empty, and a git generator needs a project".to_owned()
        } else {
            format!("the project `{project}` does not exist, and a git generator needs it")
        };
        Err(ExpandError::new(ErrorKind::Repository, message))
    }

    fn directories(&mut self, own: &Object, directories: &[Json]) -> Result<Vec<Params>> {
        let (include, exclude) = patterns(directories);
        let found = self.tree(own)?.directories(&include, &exclude)?;
        let mut sets = Vec::with_capacity(found.len());
        for directory in found {
            let set = Map::new();
            self.put_path(&set, text(own, "pathParamPrefix"), &directory, None);
            self.append_values(object(own, "values"), &set)?;
            sets.push(set);
        }
        Ok(sets)
    }

    fn files(&mut self, own: &Object, files: &[Json]) -> Result<Vec<Params>> {
        let (include, exclude) = patterns(files);
        let mut tree = self.tree(own)?;
        let mut selected = BTreeSet::new();
        for (patterns, is_include) in [(include, true), (exclude, false)] {
            for pattern in patterns {
                let pathspec = Pathspec::new(pattern)
                    .map_err(|error| ExpandError::new(ErrorKind::Repository, error.to_string()))?;
                for file in tree.files(&pathspec)? {
                    // Argo CD reads what it excludes, too.
                    tree.read(&file)?;
                    if is_include {
                        selected.insert(file);
                    } else {
                        selected.remove(&file);
                    }
                }
            }
        }
        let mut sets = Vec::new();
        for file in selected {
            let objects = self.objects(own, &file)?;
            self.budget.allow(sets.len() + objects.len(), 0)?;
            for object in objects {
                sets.push(self.file(own, &file, &object)?);
            }
        }
        Ok(sets)
    }

    /// The objects of a file: one, or those of a list.
    fn objects(&mut self, own: &Object, file: &str) -> Result<Vec<Map>> {
        let mut tree = self.tree(own)?;
        let content = tree.read(file)?;
        let failure = |message: String, line, column| {
            let error = ExpandError::new(ErrorKind::Generator, format!("`{file}`: {message}"));
            match tree.origin(file, line, column) {
                Some(origin) => error.at(origin),
                None => error,
            }
        };
        let json =
            from_yaml(&content).map_err(|error| failure(error.message.clone(), error.line, error.column))?;
        match json {
            Json::Object(object) => Ok(vec![to_map(&object)]),
            Json::Null => Ok(vec![Map::new()]),
            Json::Array(items) => items
                .iter()
                .map(|item| match item {
                    Json::Object(object) => Ok(to_map(object)),
                    Json::Null => Ok(Map::new()),
                    other => Err(failure(format!("its list has {}, not a mapping", kind(other)), 0, 0)),
                })
                .collect(),
            other => {
                Err(failure(format!("it is {}, not a mapping or a list of mappings", kind(&other)), 0, 0))
            }
        }
    }

    fn file(&mut self, own: &Object, file: &str, object: &Map) -> Result<Params> {
        let set = if self.engine.is_go() {
            object.clone()
        } else {
            let set = Map::new();
            for (key, value) in flatten(object, StringMaps::Whole)? {
                set.insert(key, print(&value)?);
            }
            set
        };
        let (directory, name) = file.rsplit_once('/').unwrap_or((".", file));
        self.put_path(&set, text(own, "pathParamPrefix"), directory, Some(name));
        self.append_values(super::object(own, "values"), &set)?;
        Ok(set)
    }

    /// The parameters that say where a directory or file is.
    fn put_path(&self, set: &Params, prefix: &str, directory: &str, file: Option<&str>) {
        let base = directory.rsplit_once('/').map_or(directory, |(_, base)| base);
        let mut names = vec![("basename", base.to_owned()), ("basenameNormalized", sanitize(base))];
        if let Some(file) = file {
            names.push(("filename", file.to_owned()));
            names.push(("filenameNormalized", sanitize(file)));
        }
        if !self.engine.is_go() {
            let path = if prefix.is_empty() { "path".to_owned() } else { format!("{prefix}.path") };
            set.insert(path.as_str(), directory);
            for (name, value) in names {
                set.insert(format!("{path}.{name}"), value);
            }
            for (index, segment) in
                directory.split('/').enumerate().filter(|(_, segment)| !segment.is_empty())
            {
                set.insert(format!("{path}[{index}]"), segment);
            }
            return;
        }
        let path: Map =
            names.into_iter().map(|(name, value)| (Str::from(name), Value::from(value))).collect();
        path.insert("path", directory);
        path.insert("segments", List::of_strings(directory.split('/')));
        if prefix.is_empty() {
            set.insert("path", path);
        } else {
            set.insert(prefix, [("path", path)].into_iter().collect::<Map>());
        }
    }

    fn tree<'t>(&'t mut self, own: &'t Object) -> Result<Tree<'t>> {
        let place = (text(own, "repoURL"), text(own, "revision"));
        Tree::open(self.inputs.repositories, &mut self.reads, place, self.inputs.include_hidden_directories)
    }
}

/// The patterns that include and those that exclude.
fn patterns(list: &[Json]) -> (Vec<&str>, Vec<&str>) {
    let (mut include, mut exclude) = (Vec::new(), Vec::new());
    for item in list {
        let path = item.get("path").and_then(Json::as_str).unwrap_or_default();
        if item.get("exclude") == Some(&Json::Bool(true)) { &mut exclude } else { &mut include }.push(path);
    }
    (include, exclude)
}
