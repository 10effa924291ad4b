//! An ApplicationSet that was read: its fields as far as the expansion asks for them.

use oarlock_yaml::{Limits, Reader, parse};
use serde_json::{Map as JsonMap, Value as Json};

use crate::error::{ErrorKind, ExpandError, Result};
use crate::json::from_node;
use crate::schema::{APPLICATION_SET, Names, decode};

/// An ApplicationSet, as Kubernetes decodes it: unknown fields are dropped, wrong types refused.
#[derive(Clone, Debug)]
pub struct ApplicationSet {
    document: JsonMap<String, Json>,
    ignored: Vec<String>,
    line: u32,
}

static NOTHING: Json = Json::Null;

impl ApplicationSet {
    /// Decodes an object.
    ///
    /// # Errors
    /// If a field has the wrong type.
    pub fn from_json(object: &Json) -> Result<Self> {
        let mut ignored = Vec::new();
        let document = decode(object, &APPLICATION_SET, Names::Exact, &mut ignored)
            .map_err(|error| ExpandError::new(ErrorKind::Decode, error.to_string()))?;
        Ok(Self { document, ignored, line: 0 })
    }

    /// The ApplicationSets of a file; documents of other kinds are passed over.
    ///
    /// # Errors
    /// If the text is not YAML, or a document is no ApplicationSet although its kind says so: each
    /// with the line where it starts.
    pub fn from_yaml(text: &[u8]) -> std::result::Result<Vec<Self>, (u32, ExpandError)> {
        let sets = Self::documents(text)?.into_iter();
        sets.map(|(line, json)| match Self::from_json(&json) {
            Ok(set) => Ok(Self { line, ..set }),
            Err(error) => Err((line, error)),
        })
        .collect()
    }

    /// The documents of a file whose kind is ApplicationSet, each with the line where it starts.
    ///
    /// # Errors
    /// If the text is not YAML.
    pub fn documents(text: &[u8]) -> std::result::Result<Vec<(u32, Json)>, (u32, ExpandError)> {
        let failure = |line, message: String| (line, ExpandError::new(ErrorKind::Decode, message));
        let documents = parse(text, Reader::ArgoCd, Limits::default())
            .map_err(|error| failure(error.span.line, error.go_yaml()))?;
        let mut sets = Vec::new();
        for document in documents {
            let line = document.root.span.line;
            let json = from_node(&document.root).map_err(|error| failure(line, error.message))?;
            if is_application_set(&json) {
                sets.push((line, json));
            }
        }
        Ok(sets)
    }

    /// The line of its file where it starts, from 1; 0 where it is not known.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// `metadata.name`.
    pub fn name(&self) -> &str {
        text(&self.document, &["metadata", "name"])
    }

    /// `metadata.namespace`, empty where it is absent.
    pub fn namespace(&self) -> &str {
        text(&self.document, &["metadata", "namespace"])
    }

    /// Fields that an ApplicationSet does not have and that Kubernetes drops without a word:
    /// misspelt ones, unknown generators.
    pub fn ignored_fields(&self) -> &[String] {
        &self.ignored
    }

    /// `spec.syncPolicy`, `spec.strategy`, `spec.preservedFields` or
    /// `spec.ignoreApplicationDifferences`, which say what the controller does with Applications
    /// that exist; null where it is absent.
    pub fn policy(&self, field: PolicyField) -> &Json {
        self.spec(match field {
            PolicyField::SyncPolicy => "syncPolicy",
            PolicyField::Strategy => "strategy",
            PolicyField::PreservedFields => "preservedFields",
            PolicyField::IgnoreApplicationDifferences => "ignoreApplicationDifferences",
        })
    }

    /// `spec.syncPolicy.preserveResourcesOnDeletion`.
    pub fn preserves_resources(&self) -> bool {
        self.spec("syncPolicy").get("preserveResourcesOnDeletion") == Some(&Json::Bool(true))
    }

    pub(crate) fn uses_go_templates(&self) -> bool {
        self.spec("goTemplate") == &Json::Bool(true)
    }

    pub(crate) fn go_template_options(&self) -> Vec<&str> {
        texts(self.spec("goTemplateOptions"))
    }

    pub(crate) fn generators(&self) -> &[Json] {
        self.spec("generators").as_array().map_or(&[], Vec::as_slice)
    }

    pub(crate) fn template(&self) -> JsonMap<String, Json> {
        self.spec("template").as_object().cloned().unwrap_or_default()
    }

    /// `spec.template.spec.project`.
    pub(crate) fn project(&self) -> &str {
        text(&self.document, &["spec", "template", "spec", "project"])
    }

    pub(crate) fn template_patch(&self) -> Option<&str> {
        self.spec("templatePatch").as_str()
    }

    fn spec(&self, field: &str) -> &Json {
        self.document.get("spec").and_then(|spec| spec.get(field)).unwrap_or(&NOTHING)
    }
}

/// A field of an ApplicationSet that the expansion leaves to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyField {
    /// `syncPolicy`.
    SyncPolicy,
    /// `strategy`.
    Strategy,
    /// `preservedFields`.
    PreservedFields,
    /// `ignoreApplicationDifferences`.
    IgnoreApplicationDifferences,
}

/// Whether an object is an ApplicationSet, of whichever version of the group.
pub(crate) fn is_application_set(object: &Json) -> bool {
    let field = |name: &str| object.get(name).and_then(Json::as_str).unwrap_or_default();
    field("kind") == "ApplicationSet" && field("apiVersion").starts_with("argoproj.io/")
}

/// The text that keys lead to, empty where there is none.
pub(crate) fn text<'j>(object: &'j JsonMap<String, Json>, path: &[&str]) -> &'j str {
    let Some((first, rest)) = path.split_first() else { return "" };
    let value = rest.iter().try_fold(object.get(*first), |value, key| Some(value?.get(*key)));
    value.flatten().and_then(Json::as_str).unwrap_or_default()
}

/// The texts of a list.
pub(crate) fn texts(list: &Json) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Json::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_a_file() {
        let text = b"kind: ConfigMap\n---\napiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: a}\nspec:\n  generaters: []\n  generators: [{lists: {}}]\n";
        let sets = ApplicationSet::from_yaml(text).unwrap();
        assert_eq!(sets.len(), 1);
        assert_eq!((sets[0].name(), sets[0].line()), ("a", 3));
        assert_eq!(sets[0].ignored_fields(), ["spec.generaters", "spec.generators[0].lists"]);
    }

    #[test]
    fn a_wrong_type_has_its_place() {
        let text = b"apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nspec: {goTemplate: 'true'}\n";
        let (line, error) = ApplicationSet::from_yaml(text).unwrap_err();
        assert_eq!((line, &*error.message), (1, "`spec.goTemplate` is a string, not a boolean"));
    }
}
