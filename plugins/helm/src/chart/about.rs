//! `.Chart` as Helm 3 shows it: the structures themselves, where Helm 4 makes maps of them.

use std::any::Any;

use oarlock_go_template::{
    List, ListType, Map, Object, ObjectType, STRING_LIST, STRING_MAP, Str, Type, Value,
};

use super::metadata::{Dependency, Maintainer, Metadata};

static ABOUT: ObjectType = ObjectType { name: "struct { chart.Metadata; IsRoot bool }" };
static METADATA: ObjectType = ObjectType { name: "chart.Metadata" };
static MAINTAINER: ObjectType = ObjectType { name: "*chart.Maintainer" };
static DEPENDENCY: ObjectType = ObjectType { name: "*chart.Dependency" };
static MAINTAINERS: ListType = ListType {
    name: "[]*chart.Maintainer",
    literal: "[]*chart.Maintainer",
    element: Type::Object(&MAINTAINER),
};
static DEPENDENCIES: ListType = ListType {
    name: "[]*chart.Dependency",
    literal: "[]*chart.Dependency",
    element: Type::Object(&DEPENDENCY),
};

/// A field: its name in Go, that in JSON, its value.
type Field = (&'static str, &'static str, Value);

/// A structure as templates see it.
#[derive(Debug)]
struct Structure {
    of: &'static ObjectType,
    fields: Vec<Field>,
    /// The fields with those of an embedded structure in its place, for `.Chart`.
    promoted: Vec<Field>,
    /// The fields that JSON has even where they are empty.
    always: &'static [&'static str],
    /// Whether YAML has the names of JSON; else those of Go, in small letters.
    has_yaml_names: bool,
}

/// `.Chart` of a chart.
pub(crate) fn about(metadata: &Metadata, is_root: bool) -> Value {
    let is_root = ("IsRoot", "IsRoot", Value::Bool(is_root));
    let mut promoted = metadata_fields(metadata);
    promoted.push(is_root.clone());
    let inner = Structure::new(&METADATA, metadata_fields(metadata));
    let fields = vec![("Metadata", "", Value::object(inner)), is_root];
    Value::object(Structure { promoted, always: &["IsRoot"], ..Structure::new(&ABOUT, fields) })
}

fn metadata_fields(metadata: &Metadata) -> Vec<Field> {
    let text = |text: &String| Value::string(text.as_str());
    let annotations = metadata.annotations.as_ref().map_or_else(
        || Map::nil(&STRING_MAP),
        |entries| {
            Map::of_strings(
                entries.iter().map(|(key, value)| (Str::from(key.as_str()), Str::from(value.as_str()))),
            )
        },
    );
    vec![
        ("Name", "name", text(&metadata.name)),
        ("Home", "home", text(&metadata.home)),
        ("Sources", "sources", texts(&metadata.sources)),
        ("Version", "version", text(&metadata.version)),
        ("Description", "description", text(&metadata.description)),
        ("Keywords", "keywords", texts(&metadata.keywords)),
        ("Maintainers", "maintainers", list(&MAINTAINERS, metadata.maintainers.iter().map(maintainer))),
        ("Icon", "icon", text(&metadata.icon)),
        ("APIVersion", "apiVersion", text(&metadata.api_version)),
        ("Condition", "condition", text(&metadata.condition)),
        ("Tags", "tags", text(&metadata.tags)),
        ("AppVersion", "appVersion", text(&metadata.app_version)),
        ("Deprecated", "deprecated", Value::Bool(metadata.deprecated)),
        ("Annotations", "annotations", Value::Map(annotations)),
        ("KubeVersion", "kubeVersion", text(&metadata.kube_version)),
        ("Dependencies", "dependencies", list(&DEPENDENCIES, metadata.dependencies.iter().map(dependency))),
        ("Type", "type", text(&metadata.kind)),
    ]
}

fn maintainer(maintainer: &Maintainer) -> Value {
    let text = |text: &String| Value::string(text.as_str());
    let fields = vec![
        ("Name", "name", text(&maintainer.name)),
        ("Email", "email", text(&maintainer.email)),
        ("URL", "url", text(&maintainer.url)),
    ];
    Value::object(Structure::new(&MAINTAINER, fields))
}

fn dependency(dependency: &Dependency) -> Value {
    let text = |text: &String| Value::string(text.as_str());
    Value::object(Structure {
        always: &["name", "repository"],
        has_yaml_names: true,
        ..Structure::new(
            &DEPENDENCY,
            vec![
                ("Name", "name", text(&dependency.name)),
                ("Version", "version", text(&dependency.version)),
                ("Repository", "repository", text(&dependency.repository)),
                ("Condition", "condition", text(&dependency.condition)),
                ("Tags", "tags", texts(&dependency.tags)),
                ("Enabled", "enabled", Value::Bool(dependency.enabled)),
                ("ImportValues", "import-values", dependency.imports()),
                ("Alias", "alias", text(&dependency.alias)),
            ],
        )
    })
}

/// A list; what says nothing is no list at all.
fn list(of: &'static ListType, items: impl Iterator<Item = Value>) -> Value {
    let items: Vec<Value> = items.collect();
    Value::List(if items.is_empty() { List::nil(of) } else { List::with_type(of, items) })
}

fn texts(texts: &[String]) -> Value {
    list(&STRING_LIST, texts.iter().map(|text| Value::string(text.as_str())))
}

/// What `omitempty` leaves out.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => !flag,
        Value::String(text) => text.as_bytes().is_empty(),
        Value::List(list) => list.items().is_empty(),
        Value::Map(map) => map.is_empty(),
        _ => false,
    }
}

impl Structure {
    fn new(of: &'static ObjectType, fields: Vec<Field>) -> Self {
        Self { of, fields, promoted: Vec::new(), always: &[], has_yaml_names: false }
    }

    fn all(&self) -> &[Field] {
        if self.promoted.is_empty() { &self.fields } else { &self.promoted }
    }
}

impl Object for Structure {
    fn object_type(&self) -> &'static ObjectType {
        self.of
    }

    fn field(&self, name: &str) -> Option<Value> {
        let fields = self.all().iter().chain(&self.fields);
        fields.into_iter().find(|(known, ..)| *known == name).map(|(.., value)| value.clone())
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        self.fields.iter().map(|(name, _, value)| (*name, value.clone())).collect()
    }

    fn promoted_fields(&self) -> Vec<(&'static str, Value)> {
        self.all().iter().map(|(name, _, value)| (*name, value.clone())).collect()
    }

    fn json_fields(&self) -> Vec<(&'static str, Value)> {
        let shown = |(_, name, value): &Field| {
            (self.always.contains(name) || !is_empty(value)).then(|| (*name, value.clone()))
        };
        self.all().iter().filter_map(shown).collect()
    }

    fn yaml_fields(&self) -> Vec<(String, Value)> {
        if self.has_yaml_names {
            return self.json_fields().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        }
        self.fields().into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
