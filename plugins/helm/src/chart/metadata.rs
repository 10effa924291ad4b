//! `Chart.yaml`: what a chart says of itself.

use std::cell::Cell;
use std::rc::Rc;

use oarlock_go::strconv::quote;
use oarlock_go::unicode::is_print;
use oarlock_go_template::{List, Map, STRING_MAP, Str, Value};
use oarlock_yaml::{Node, Value as Yaml};

use super::record::{self, Field, Item, Record};
use crate::profile::Profile;
use crate::yaml::YamlError;
use oarlock_plugin::ChartUrl;

/// What a chart says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The chart's name; a parent's alias takes its place.
    pub name: String,
    /// Its home page.
    pub home: String,
    /// Where its sources are.
    pub sources: Vec<String>,
    /// Its version.
    pub version: String,
    /// What it is for.
    pub description: String,
    /// Words to find it by.
    pub keywords: Vec<String>,
    /// Who looks after it.
    pub maintainers: Vec<Maintainer>,
    /// Where its picture is.
    pub icon: String,
    /// `v1` or `v2`.
    pub api_version: String,
    /// A condition, which Helm does not look at here.
    pub condition: String,
    /// Tags, which Helm does not look at here.
    pub tags: String,
    /// The version of what it installs.
    pub app_version: String,
    /// Whether it should not be used any more.
    pub deprecated: bool,
    /// Further facts; none where nothing is said.
    pub annotations: Option<Vec<(String, String)>>,
    /// Which versions of Kubernetes it needs.
    pub kube_version: String,
    /// The charts that it depends on.
    pub dependencies: Vec<Dependency>,
    /// `application`, `library`, or nothing for the former.
    pub kind: String,
}

/// Someone who looks after a chart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maintainer {
    /// Name.
    pub name: String,
    /// Address for mail.
    pub email: String,
    /// Address in the web.
    pub url: String,
    /// Whether `null` stands in its place, which [`Metadata::validate`] refuses.
    is_null: bool,
}

/// A chart that another one depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependency {
    /// Its name; once dependencies were processed, its alias if there is one.
    pub name: String,
    /// A constraint on its version.
    pub version: String,
    /// Where it comes from.
    pub repository: String,
    /// Paths into values, of which the first one that is there says whether it is enabled.
    pub condition: String,
    /// Names in the values' `tags`, which may disable it.
    pub tags: Vec<String>,
    /// Whether it takes part.
    pub enabled: bool,
    /// Which of its values the parent takes over.
    pub import_values: Vec<Import>,
    /// The name that it goes by in its parent.
    pub alias: String,
    /// Whether `null` stands in its place, which [`Metadata::validate`] refuses.
    is_null: bool,
    /// Whether what it names was taken over. Copies of a chart share this, as Helm's pointers to
    /// one dependency do.
    imported: Rc<Cell<bool>>,
}

impl Dependency {
    /// Which values are to be taken over now: none once that was done.
    pub(crate) fn take_imports(&self) -> &[Import] {
        if self.imported.replace(true) { &[] } else { &self.import_values }
    }

    /// Shares nothing with copies any more.
    pub(super) fn unshare(&mut self) {
        self.imported = Rc::new(self.imported.as_ref().clone());
    }

    /// Where it can be fetched, unless it has no such repository.
    pub fn url(&self) -> Option<ChartUrl> {
        ChartUrl::new(&self.repository, &self.name, &self.version)
    }
}

/// Values that a parent takes over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Import {
    /// What the child has in `exports` under this name goes to the top of the parent.
    Export(String),
    /// A table of the child goes to a table of the parent.
    Table {
        /// Path in the child.
        child: String,
        /// Path in the parent.
        parent: String,
    },
}

impl Record for Metadata {
    const NAME: &'static str = "Metadata";
    const FIELDS: &'static [&'static str] = &[
        "name",
        "home",
        "sources",
        "version",
        "description",
        "keywords",
        "maintainers",
        "icon",
        "apiVersion",
        "condition",
        "tags",
        "appVersion",
        "deprecated",
        "annotations",
        "kubeVersion",
        "dependencies",
        "type",
    ];

    fn set(&mut self, field: &Field) -> Result<(), YamlError> {
        match field.name {
            "name" => field.text(&mut self.name),
            "home" => field.text(&mut self.home),
            "sources" => field.texts(&mut self.sources),
            "version" => field.text(&mut self.version),
            "description" => field.text(&mut self.description),
            "keywords" => field.texts(&mut self.keywords),
            "maintainers" => field.items(&mut self.maintainers),
            "icon" => field.text(&mut self.icon),
            "apiVersion" => field.text(&mut self.api_version),
            "condition" => field.text(&mut self.condition),
            "tags" => field.text(&mut self.tags),
            "appVersion" => field.text(&mut self.app_version),
            "deprecated" => field.flag(&mut self.deprecated),
            "annotations" => field.text_map(&mut self.annotations),
            "kubeVersion" => field.text(&mut self.kube_version),
            "dependencies" => field.items(&mut self.dependencies),
            _ => field.text(&mut self.kind),
        }
    }
}

impl Record for Maintainer {
    const NAME: &'static str = "Maintainer";
    const FIELDS: &'static [&'static str] = &["name", "email", "url"];

    fn set(&mut self, field: &Field) -> Result<(), YamlError> {
        field.text(match field.name {
            "name" => &mut self.name,
            "email" => &mut self.email,
            _ => &mut self.url,
        })
    }
}

impl Item for Maintainer {
    fn null() -> Self {
        Self { is_null: true, ..Self::default() }
    }
}

impl Record for Dependency {
    const NAME: &'static str = "Dependency";
    const FIELDS: &'static [&'static str] =
        &["name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias"];

    fn set(&mut self, field: &Field) -> Result<(), YamlError> {
        match field.name {
            "name" => field.text(&mut self.name),
            "version" => field.text(&mut self.version),
            "repository" => field.text(&mut self.repository),
            "condition" => field.text(&mut self.condition),
            "tags" => field.texts(&mut self.tags),
            "enabled" => field.flag(&mut self.enabled),
            "import-values" => {
                self.import_values = field.list("[]interface {}")?.iter().filter_map(import).collect();
                Ok(())
            }
            _ => field.text(&mut self.alias),
        }
    }
}

impl Item for Dependency {
    fn null() -> Self {
        Self { is_null: true, ..Self::default() }
    }
}

impl Metadata {
    /// Takes over what a document says; what it does not name stays.
    pub(super) fn update(&mut self, node: &Node, profile: Profile) -> Result<(), YamlError> {
        record::update(self, node, profile)
    }

    /// Checks what Helm checks, and takes characters out that cannot be printed.
    pub(super) fn validate(&mut self, profile: Profile) -> Result<(), String> {
        for text in [
            &mut self.name,
            &mut self.description,
            &mut self.home,
            &mut self.icon,
            &mut self.condition,
            &mut self.tags,
            &mut self.app_version,
            &mut self.kube_version,
        ] {
            sanitize(text);
        }
        self.sources.iter_mut().chain(&mut self.keywords).for_each(sanitize);
        if self.api_version.is_empty() {
            return Err("chart.metadata.apiVersion is required".to_owned());
        }
        if self.name.is_empty() {
            return Err("chart.metadata.name is required".to_owned());
        }
        if profile.refuses_dots_as_names() && matches!(self.name.as_str(), "." | "..") {
            return Err(format!("chart.metadata.name {:?} is not allowed", self.name));
        }
        if self.name.contains('/') && self.name != "/" {
            return Err(format!("chart.metadata.name {} is invalid", quote(self.name.as_bytes())));
        }
        if self.version.is_empty() {
            return Err("chart.metadata.version is required".to_owned());
        }
        if profile.semver_rules().parse(&self.version).is_err() {
            return Err(format!("chart.metadata.version {} is invalid", quote(self.version.as_bytes())));
        }
        if !matches!(self.kind.as_str(), "" | "application" | "library") {
            return Err("chart.metadata.type must be application or library".to_owned());
        }
        for maintainer in &mut self.maintainers {
            if maintainer.is_null {
                return Err("maintainers must not contain empty or null nodes".to_owned());
            }
            for text in [&mut maintainer.name, &mut maintainer.email, &mut maintainer.url] {
                sanitize(text);
            }
        }
        let mut seen: Vec<&str> = Vec::new();
        for dependency in &mut self.dependencies {
            dependency.validate()?;
            let key = if dependency.alias.is_empty() { &dependency.name } else { &dependency.alias };
            if seen.contains(&key.as_str()) {
                let key = quote(key.as_bytes());
                return Err(format!("more than one dependency with name or alias {key}"));
            }
            seen.push(key);
        }
        Ok(())
    }

    /// The metadata as templates of Helm 3 see it: Helm's structure.
    pub(crate) fn to_object(&self, is_root: bool) -> Value {
        super::about::about(self, is_root)
    }

    /// The metadata as templates see it, under the names of Helm's structure.
    pub fn to_map(&self) -> Map {
        let maintainers = self.maintainers.iter().map(|maintainer| {
            map([
                ("Name", text(&maintainer.name)),
                ("Email", text(&maintainer.email)),
                ("URL", text(&maintainer.url)),
            ])
        });
        let annotations = match &self.annotations {
            None => Map::nil(&STRING_MAP),
            Some(entries) => Map::of_strings(
                entries.iter().map(|(key, value)| (Str::from(key.as_str()), Str::from(value.as_str()))),
            ),
        };
        [
            ("Name", text(&self.name)),
            ("Home", text(&self.home)),
            ("Sources", texts(&self.sources)),
            ("Version", text(&self.version)),
            ("Description", text(&self.description)),
            ("Keywords", texts(&self.keywords)),
            ("Maintainers", Value::List(List::new(maintainers.collect()))),
            ("Icon", text(&self.icon)),
            ("APIVersion", text(&self.api_version)),
            ("Condition", text(&self.condition)),
            ("Tags", text(&self.tags)),
            ("AppVersion", text(&self.app_version)),
            ("Deprecated", Value::Bool(self.deprecated)),
            ("Annotations", Value::Map(annotations)),
            ("KubeVersion", text(&self.kube_version)),
            (
                "Dependencies",
                Value::List(List::new(self.dependencies.iter().map(Dependency::to_value).collect())),
            ),
            ("Type", text(&self.kind)),
        ]
        .into_iter()
        .collect()
    }
}

impl Dependency {
    fn validate(&mut self) -> Result<(), String> {
        if self.is_null {
            return Err("dependencies must not contain empty or null nodes".to_owned());
        }
        for text in [&mut self.name, &mut self.version, &mut self.repository, &mut self.condition] {
            sanitize(text);
        }
        self.tags.iter_mut().for_each(sanitize);
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if self.alias.bytes().all(legal) {
            return Ok(());
        }
        let name = quote(self.name.as_bytes());
        Err(format!("dependency {name} has disallowed characters in the alias"))
    }

    /// `ImportValues`.
    pub(super) fn imports(&self) -> Value {
        let imports = self.import_values.iter().map(|import| {
            let (child, parent) = match import {
                Import::Export(name) => (format!("exports.{name}"), "."),
                Import::Table { child, parent } => (child.clone(), parent.as_str()),
            };
            Value::Map(Map::of_strings([
                ("child".into(), child.as_str().into()),
                ("parent".into(), parent.into()),
            ]))
        });
        Value::List(List::new(imports.collect()))
    }

    fn to_value(&self) -> Value {
        map([
            ("Name", text(&self.name)),
            ("Version", text(&self.version)),
            ("Repository", text(&self.repository)),
            ("Condition", text(&self.condition)),
            ("Tags", texts(&self.tags)),
            ("Enabled", Value::Bool(self.enabled)),
            ("ImportValues", self.imports()),
            ("Alias", text(&self.alias)),
        ])
    }
}

/// An entry of `import-values`. Helm skips what is neither text nor a mapping.
fn import(node: &Node) -> Option<Import> {
    match &node.value {
        Yaml::Mapping(mapping) => {
            let side = |key| mapping.get(key).and_then(Node::scalar_text).unwrap_or("<nil>").to_owned();
            Some(Import::Table { child: side("child"), parent: side("parent") })
        }
        _ => node.as_str().map(|name| Import::Export(name.to_owned())),
    }
}

fn text(text: &str) -> Value {
    Value::string(text)
}

fn texts(texts: &[String]) -> Value {
    Value::List(List::new(texts.iter().map(|text| Value::string(text.as_str())).collect()))
}

fn map<const N: usize>(entries: [(&'static str, Value); N]) -> Value {
    Value::Map(entries.into_iter().collect())
}

/// White space becomes spaces, and what cannot be printed goes.
fn sanitize(text: &mut String) {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return;
    }
    *text = text
        .chars()
        .filter_map(|character| {
            if character.is_whitespace() { Some(' ') } else { is_print(character).then_some(character) }
        })
        .collect();
}
