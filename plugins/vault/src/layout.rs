//! Layouts, which name what directories are called after, and templates, which are filled from
//! them.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

/// The variables that templates have whatever the layout.
pub(crate) const BUILT_IN_VARIABLES: [&str; 5] = ["application", "name", "namespace", "secret", "workload"];

/// Text with `{variables}`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Template {
    source: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Variable(String),
}

impl Template {
    /// The names of the variables, in order.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts
            .iter()
            .filter_map(|part| if let Part::Variable(name) = part { Some(name.as_str()) } else { None })
    }

    /// The text, if there are no variables in it.
    pub(crate) fn as_literal(&self) -> Option<&str> {
        self.variables().next().is_none().then_some(self.source.as_str())
    }

    /// The text with every variable filled in.
    ///
    /// # Errors
    /// The name of the first variable that has no value.
    pub(crate) fn fill<'v>(&self, value: impl Fn(&str) -> Option<Cow<'v, str>>) -> Result<String, String> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Variable(name) => text.push_str(&value(name).ok_or_else(|| name.clone())?),
            }
        }
        Ok(text)
    }
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(source: String) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = source.as_str();
        while let Some(start) = rest.find(['{', '}']) {
            let (text, tail) = rest.split_at(start);
            let end = tail.find('}').filter(|end| *end > 1 && tail.starts_with('{'));
            let Some(end) = end else { return Err(format!("`{source}` has a brace without its fellow")) };
            let name = &tail[1..end];
            if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
                return Err(format!("`{source}`: `{{{name}}}` is no variable"));
            }
            parts.extend((!text.is_empty()).then(|| Part::Text(text.to_owned())));
            parts.push(Part::Variable(name.to_owned()));
            rest = &tail[end + 1..];
        }
        parts.extend((!rest.is_empty()).then(|| Part::Text(rest.to_owned())));
        Ok(Self { source, parts })
    }
}

impl JsonSchema for Template {
    fn schema_name() -> Cow<'static, str> {
        "Template".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "description": "Text with `{variables}`."})
    }
}

/// What directories are named after: `components/{team}/{service}/overlays/{environment}`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Layout {
    source: String,
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    /// `**`: any number of directories.
    Any,
    /// One directory: text, one `{variable}` or `*`, text.
    One { prefix: String, variable: Option<String>, suffix: String },
    /// One directory of just this name.
    Exactly(String),
}

impl Layout {
    /// The names of the variables, in order.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::One { variable, .. } => variable.as_deref(),
            _ => None,
        })
    }

    /// The variables' values, if the directory fits.
    pub(crate) fn read(&self, directory: &str) -> Option<Vec<(String, String)>> {
        let names: Vec<&str> = directory.split('/').filter(|name| *name != ".").collect();
        let mut values = Vec::new();
        fit(&self.segments, &names, &mut values).then_some(values)
    }
}

/// Backtracks over `**` only. [`Layout`] allows one, so the work is bounded by the length of the
/// path.
fn fit(segments: &[Segment], names: &[&str], values: &mut Vec<(String, String)>) -> bool {
    let Some((segment, segments)) = segments.split_first() else { return names.is_empty() };
    let length = values.len();
    match segment {
        Segment::Any => (0..=names.len()).any(|skipped| {
            values.truncate(length);
            fit(segments, &names[skipped..], values)
        }),
        Segment::Exactly(text) => names.first() == Some(&text.as_str()) && fit(segments, &names[1..], values),
        Segment::One { prefix, variable, suffix } => {
            let middle = names
                .first()
                .and_then(|name| name.strip_prefix(prefix.as_str())?.strip_suffix(suffix.as_str()));
            let Some(middle) = middle.filter(|middle| !middle.is_empty()) else { return false };
            values.extend(variable.iter().map(|variable| (variable.clone(), middle.to_owned())));
            fit(segments, &names[1..], values)
        }
    }
}

impl TryFrom<String> for Layout {
    type Error = String;

    fn try_from(source: String) -> Result<Self, String> {
        let names = source.split('/').filter(|name| !name.is_empty() && *name != ".");
        let segments = names.map(Segment::parse).collect::<Result<Vec<_>, _>>()?;
        if segments.iter().filter(|segment| **segment == Segment::Any).count() > 1 {
            return Err(format!("`{source}` has more than one `**`"));
        }
        Ok(Self { source, segments })
    }
}

impl Segment {
    fn parse(name: &str) -> Result<Self, String> {
        if name == "**" {
            return Ok(Self::Any);
        }
        let template = Template::try_from(name.replace('*', "{*}").replace("{*}", "{any-}"))?;
        let text = |part: Option<&Part>| match part {
            Some(Part::Text(text)) => text.clone(),
            _ => String::new(),
        };
        let index = template.parts.iter().position(|part| matches!(part, Part::Variable(_)));
        if template.variables().count() > 1 {
            return Err(format!("`{name}` has more than one variable, so there is no telling them apart"));
        }
        Ok(match index {
            None => Self::Exactly(name.to_owned()),
            Some(index) => Self::One {
                prefix: text(index.checked_sub(1).and_then(|before| template.parts.get(before))),
                variable: template
                    .variables()
                    .next()
                    .filter(|variable| *variable != "any-")
                    .map(str::to_owned),
                suffix: text(template.parts.get(index + 1)),
            },
        })
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl JsonSchema for Layout {
    fn schema_name() -> Cow<'static, str> {
        "Layout".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "description": "Path of directories with `{variables}`, `*` and `**`."})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(text: &str) -> Layout {
        Layout::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn a_layout_reads_directories() {
        let overlays = "components/{team}/{service}/overlays/{environment}";
        for (pattern, directory, expected) in [
            (
                overlays,
                "components/ua/users-v2/overlays/prod",
                Some("team=ua service=users-v2 environment=prod"),
            ),
            (overlays, "components/ua/users-v2/base", None),
            (overlays, "components/ua/users-v2/overlays/prod/x", None),
            ("**/overlays/{environment}", "a/b/overlays/dev", Some("environment=dev")),
            ("**/overlays/{environment}", "overlays/dev", Some("environment=dev")),
            ("{team}/**/{environment}", "a/b/c/d", Some("team=a environment=d")),
            ("*/{service}", "x/y", Some("service=y")),
            ("app-{service}/env-*", "app-web/env-1", Some("service=web")),
            ("app-{service}", "app-", None),
            ("{service}", ".", None),
            ("", ".", Some("")),
        ] {
            let values = layout(pattern).read(directory);
            let text = values.map(|values| {
                values.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
            });
            assert_eq!(text.as_deref(), expected, "{pattern} on {directory}");
        }
    }

    #[test]
    fn broken_templates_and_layouts_say_so() {
        for text in ["{", "}", "a}b", "{}", "{a b}", "{a{b}}"] {
            assert!(Template::try_from(text.to_owned()).is_err(), "{text}");
        }
        for text in ["**/a/**", "{a}{b}", "{a}*", "{"] {
            assert!(Layout::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn templates_are_filled_or_name_what_lacks() {
        let template = Template::try_from("{environment}/x/{service}".to_owned()).unwrap();
        let all = template.fill(|name| Some(Cow::from(name.to_uppercase())));
        assert_eq!(all.as_deref(), Ok("ENVIRONMENT/x/SERVICE"));
        assert_eq!(
            template.fill(|name| (name == "environment").then(|| "p".into())),
            Err("service".to_owned())
        );
    }
}
