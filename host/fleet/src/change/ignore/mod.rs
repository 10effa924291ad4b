//! `ignoreDifferences`: what Argo CD is to leave out when it compares, left out here, too.

mod expression;
mod parse;

use serde_json::Value;

pub use parse::UnsupportedExpression;

use expression::{Expression, Key};
use parse::parse;

/// The rules of one Application, or of all.
#[derive(Clone, Debug, Default)]
pub struct IgnoreRules {
    rules: Vec<Rule>,
    unsupported: Vec<UnsupportedExpression>,
    managers: Vec<String>,
}

#[derive(Clone, Debug)]
struct Rule {
    group: String,
    kind: String,
    name: String,
    namespace: String,
    removals: Vec<Removal>,
}

#[derive(Clone, Debug)]
enum Removal {
    Pointer(Vec<String>),
    Expression(Expression),
}

impl IgnoreRules {
    /// Reads a list as it is in `spec.ignoreDifferences` of an Application. What has another form
    /// than Argo CD's schema gives it is left out, since Argo CD would refuse the Application.
    pub fn read(list: &Value) -> Self {
        let mut read = Self::default();
        for entry in list.as_array().into_iter().flatten() {
            let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let mut removals: Vec<Removal> =
                texts(entry, "jsonPointers").filter_map(pointer).map(Removal::Pointer).collect();
            for expression in texts(entry, "jqPathExpressions") {
                match parse(expression) {
                    Ok(parsed) => removals.push(Removal::Expression(parsed)),
                    Err(error) => read.unsupported.push(error),
                }
            }
            read.managers.extend(texts(entry, "managedFieldsManagers").map(str::to_owned));
            read.rules.push(Rule {
                group: text("group"),
                kind: text("kind"),
                name: text("name"),
                namespace: text("namespace"),
                removals,
            });
        }
        read
    }

    /// These rules, and others after them.
    #[must_use]
    pub fn with(mut self, others: &Self) -> Self {
        self.rules.extend_from_slice(&others.rules);
        self.unsupported.extend_from_slice(&others.unsupported);
        self.managers.extend_from_slice(&others.managers);
        self
    }

    /// The jq expressions that were not understood; what they name is compared.
    pub fn unsupported(&self) -> &[UnsupportedExpression] {
        &self.unsupported
    }

    /// The field managers that rules name. What they manage is known to the cluster alone, so it is
    /// compared.
    pub fn managers(&self) -> &[String] {
        &self.managers
    }

    /// The object without what the rules name; `None` if they leave it as it is.
    pub(crate) fn strip(&self, object: &Value) -> Option<Value> {
        let mut stripped: Option<Value> = None;
        for rule in self.rules.iter().filter(|rule| rule.matches(object)) {
            for removal in &rule.removals {
                // As in Argo CD, a rule that does not fit an object leaves it as it is.
                let paths = removal.paths(stripped.as_ref().unwrap_or(object)).unwrap_or_default();
                if !paths.is_empty() {
                    remove(stripped.get_or_insert_with(|| object.clone()), paths);
                }
            }
        }
        stripped
    }
}

impl Rule {
    fn matches(&self, object: &Value) -> bool {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let group = text("/apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
        glob(&self.group, group)
            && glob(&self.kind, text("/kind"))
            && (self.name.is_empty() || self.name == text("/metadata/name"))
            && (self.namespace.is_empty() || self.namespace == text("/metadata/namespace"))
    }
}

impl Removal {
    /// The places to remove; `None` if the rule does not fit the object.
    fn paths(&self, object: &Value) -> Option<Vec<Vec<Key>>> {
        match self {
            Self::Expression(expression) => expression.paths(object),
            Self::Pointer(parts) => {
                let mut at = object;
                let mut path = Vec::with_capacity(parts.len());
                for part in parts {
                    let key = match at {
                        Value::Array(_) => Key::Index(part.parse().ok()?),
                        _ => Key::Field(part.clone()),
                    };
                    at = key.get(at)?;
                    path.push(key);
                }
                Some(vec![path])
            }
        }
    }
}

/// Removes places, the last first, so that positions stay right.
fn remove(object: &mut Value, mut paths: Vec<Vec<Key>>) {
    paths.sort_unstable();
    paths.dedup();
    for path in paths.iter().rev() {
        let Some((last, parents)) = path.split_last() else { continue };
        let parent = parents.iter().try_fold(&mut *object, |at, key| key.get_mut(at));
        match (parent, last) {
            (Some(Value::Object(map)), Key::Field(name)) => {
                map.shift_remove(name);
            }
            (Some(Value::Array(elements)), Key::Index(index)) if *index < elements.len() => {
                elements.remove(*index);
            }
            _ => {}
        }
    }
}

fn texts<'a>(entry: &'a Value, key: &str) -> impl Iterator<Item = &'a str> {
    entry.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// The parts of a JSON pointer; `None` for the whole object, which cannot be left out.
fn pointer(text: &str) -> Option<Vec<String>> {
    let parts = text.strip_prefix('/')?.split('/');
    Some(parts.map(oarlock_model::pointer_key).collect())
}

/// Whether a text fits a pattern in which `*` stands for any text and `?` for one character.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where to go on after the last `*` if what follows it does not fit: it takes one more
    // character.
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(&c) if c == '?' || c == text[t] => (p, t) = (p + 1, t + 1),
            _ => match retry {
                Some((after, taken)) => {
                    retry = Some((after, taken + 1));
                    (p, t) = (after, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn deployment() -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop",
                "annotations": {"a/b": "1", "keep": "2"}},
            "spec": {"replicas": 3, "template": {"spec": {"containers": [
                {"name": "app", "image": "a:1", "env": [{"name": "X", "value": "1"}]},
                {"name": "proxy", "image": "p:1"},
            ]}}},
        })
    }

    #[rstest]
    #[case::a_field(json!({"jsonPointers": ["/spec/replicas"]}), &["/spec/replicas"])]
    #[case::an_escaped_name(json!({"jsonPointers": ["/metadata/annotations/a~1b"]}), &["/metadata/annotations/a~1b"])]
    #[case::an_element(json!({"jsonPointers": ["/spec/template/spec/containers/1"]}), &["/spec/template/spec/containers/1"])]
    #[case::nothing_there(json!({"jsonPointers": ["/spec/nothing/there"]}), &[])]
    #[case::another_kind(json!({"kind": "StatefulSet", "jsonPointers": ["/spec/replicas"]}), &[])]
    #[case::another_name(json!({"name": "api", "jsonPointers": ["/spec/replicas"]}), &[])]
    #[case::another_namespace(json!({"namespace": "x", "jsonPointers": ["/spec/replicas"]}), &[])]
    #[case::a_path(json!({"jqPathExpressions": [".spec.replicas"]}), &["/spec/replicas"])]
    #[case::two_paths(json!({"jqPathExpressions": [".spec.replicas, .metadata.annotations.\"a/b\""]}),
        &["/spec/replicas", "/metadata/annotations/a~1b"])]
    #[case::a_quoted_name(json!({"jqPathExpressions": [".metadata.annotations[\"a/b\"]"]}), &["/metadata/annotations/a~1b"])]
    #[case::every_element(json!({"jqPathExpressions": [".spec.template.spec.containers[].image"]}),
        &["/spec/template/spec/containers/0/image", "/spec/template/spec/containers/1/image"])]
    #[case::a_selected_element(json!({"jqPathExpressions": [".spec.template.spec.containers[] | select(.name == \"proxy\")"]}),
        &["/spec/template/spec/containers/1"])]
    #[case::a_selected_field(json!({"jqPathExpressions": [".spec.template.spec.containers[]? | select(.name | startswith(\"pro\") or . == \"app\").image"]}),
        &["/spec/template/spec/containers/0/image", "/spec/template/spec/containers/1/image"])]
    #[case::a_pattern(json!({"jqPathExpressions": [".spec.template.spec.containers[] | select(.name | test(\"^p.*y$\")) | .image"]}),
        &["/spec/template/spec/containers/1/image"])]
    #[case::a_position(json!({"jqPathExpressions": [".spec.template.spec.containers[0].env[-1].value"]}),
        &["/spec/template/spec/containers/0/env/0/value"])]
    #[case::by_having(json!({"jqPathExpressions": [".spec.template.spec.containers[] | select(has(\"env\") | not)"]}),
        &["/spec/template/spec/containers/1"])]
    #[case::everywhere(json!({"jqPathExpressions": [".. | .image?"]}),
        &["/spec/template/spec/containers/0/image", "/spec/template/spec/containers/1/image"])]
    #[case::what_cannot_be_iterated(json!({"jqPathExpressions": [".spec.nothing[].image, .spec.replicas"]}), &[])]
    #[case::what_need_not_be(json!({"jqPathExpressions": [".spec.nothing[]?.image, .spec.replicas"]}), &["/spec/replicas"])]
    fn what_rules_name_is_left_out(#[case] rule: Value, #[case] removed: &[&str]) {
        let mut rule = rule;
        rule["group"] = json!("apps");
        if rule.get("kind").is_none() {
            rule["kind"] = json!("Deploy*");
        }
        let rules = IgnoreRules::read(&json!([rule]));
        assert!(rules.unsupported().is_empty(), "{:?}", rules.unsupported());
        let stripped = rules.strip(&deployment());
        if removed.is_empty() {
            return assert_eq!(stripped, None);
        }
        let mut expected = deployment();
        for pointer in removed.iter().rev() {
            let (parent, last) = pointer.rsplit_once('/').unwrap();
            match expected.pointer_mut(parent).unwrap() {
                Value::Object(map) => drop(map.remove(&last.replace("~1", "/")).unwrap()),
                Value::Array(elements) => drop(elements.remove(last.parse().unwrap())),
                _ => unreachable!("a parent is a container"),
            }
        }
        assert_eq!(stripped, Some(expected));
    }

    #[test]
    fn what_is_not_understood_is_noted() {
        let rules = IgnoreRules::read(&json!([
            {"group": "*", "kind": "*", "jqPathExpressions": [".a as $x | $x", "def f: f; f", ".a["],
             "managedFieldsManagers": ["kube-controller-manager"]},
            "nonsense",
        ]));
        let expressions: Vec<&str> =
            rules.unsupported().iter().map(|error| error.expression.as_str()).collect();
        assert_eq!(expressions, [".a as $x | $x", "def f: f; f", ".a["]);
        assert_eq!(rules.managers(), ["kube-controller-manager"]);
        assert_eq!(rules.strip(&deployment()), None);
    }

    #[test]
    fn an_expression_that_is_too_long_is_not_evaluated() {
        for (long, short) in
            [(".a".repeat(100_000), ".a".repeat(200)), (".a?".repeat(100_000), ".a,".repeat(50) + ".a")]
        {
            let read = |text: String| {
                IgnoreRules::read(&json!([{"group": "*", "kind": "*", "jqPathExpressions": [text]}]))
            };
            assert_eq!(read(long).unsupported().len(), 1);
            assert_eq!(read(short).unsupported(), []);
        }
        let nested = format!("{}.a{}", "(".repeat(100_000), ")".repeat(100_000));
        let rules = IgnoreRules::read(&json!([{"group": "*", "kind": "*", "jqPathExpressions": [nested]}]));
        assert_eq!(rules.unsupported().len(), 1);
    }

    #[test]
    fn an_expression_that_takes_too_long_leaves_the_object_as_it_is() {
        let rules = IgnoreRules::read(&json!([
            {"group": "*", "kind": "*", "jqPathExpressions": [".. | .. | .. | .. | .. | .. | .. | .. | .. | .. | .."]}
        ]));
        let deep = (0..60).fold(json!(1), |inner, _| json!({"a": inner, "b": [1, 2]}));
        assert_eq!(rules.strip(&deep), None);
    }

    #[rstest]
    #[case("*", "", true)]
    #[case("", "apps", false)]
    #[case("*.io", "argoproj.io", true)]
    #[case("a*b*c", "aXbYbZc", true)]
    #[case("a*b*c", "aXbYbZ", false)]
    #[case("a?c", "abc", true)]
    #[case("checksum/*", "checksum/config", true)]
    fn globs(#[case] pattern: &str, #[case] text: &str, #[case] expected: bool) {
        assert_eq!(glob(pattern, text), expected);
    }
}
