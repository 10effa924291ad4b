//! Errors of templates in the words and the shape that Helm gives them.

use std::collections::HashMap;
use std::fmt::Write as _;

use oarlock_go_template::{Error, ErrorKind, Limit, Position};
use oarlock_plugin::{Failure, Origin};

use super::cycle;
use crate::profile::Profile;

/// What `required` and `fail` put around the chart's own words.
const WARN_START: &str = "HELM_ERR_START";
const WARN_END: &str = "HELM_ERR_END";

/// How errors are worded: as by which version of Helm, and where.
pub(crate) struct Way<'a> {
    /// From the names of templates to paths in the tree.
    pub(crate) paths: &'a HashMap<String, String>,
    /// The version of Helm.
    pub(crate) profile: Profile,
    /// Whether they are for people, who need a cycle once, and no more than they can read.
    pub(crate) is_short: bool,
}

/// One step of the way to an error.
#[derive(PartialEq)]
struct Step {
    location: String,
    executed: String,
    message: String,
}

impl Way<'_> {
    /// A template that cannot be parsed.
    pub(crate) fn parse_failure(&self, name: &str, error: &Error) -> Failure {
        let text = error.message();
        let tokens: Vec<&str> = text.split(": ").collect();
        let message = match tokens.as_slice() {
            [_, location, .., last] => format!("parse error at ({location}): {last}"),
            [_, last] => format!("parse error at ({last}): {last}"),
            _ => format!("parse error in ({name}): {text}"),
        };
        // Go knows the line of what it cannot parse, and no column.
        let origin = self.origin(error.position(), name, text);
        let message = if self.is_short { cycle::bounded(message) } else { message };
        Failure::new(message).at(Origin { column: 0, ..origin })
    }

    /// A template that cannot be executed.
    pub(crate) fn execution_failure(&self, name: &str, error: &Error) -> Failure {
        let message = self.execution_message(name, error);
        let failure = Failure::new(if self.is_short { cycle::bounded(message) } else { message });
        // What `tpl` was given lies in no file: the call does.
        let positions = error.chain().filter_map(Error::position);
        let innermost = positions.filter(|position| self.paths.contains_key(&position.template)).last();
        let failure = failure.at(self.origin(innermost, name, error.message()));
        match error.kind() {
            ErrorKind::Limit(limit) => failure.hint(match limit {
                Limit::Depth => "a template includes itself without end",
                Limit::Steps => "a loop of the template does not end, or does too much",
                Limit::Items => "the template makes a list that is too long",
                _ => "the template writes too much",
            }),
            _ => failure,
        }
    }

    /// A template that makes something other than text.
    pub(crate) fn encoding_failure(&self, name: &str, message: &str) -> Failure {
        let path = self.paths.get(name).map_or(name, String::as_str);
        Failure::new(format!("YAML parse error on {name}: {message}"))
            .at(Origin::file(path))
            .hint("binary files are no text: encode them with `b64enc`")
    }

    fn origin(&self, position: Option<&Position>, name: &str, text: &str) -> Origin {
        let path = |name: &str| self.paths.get(name).map_or(name, String::as_str).to_owned();
        let number = |number: usize| u32::try_from(number).unwrap_or(0);
        if let Some(position) = position.filter(|position| self.paths.contains_key(&position.template)) {
            return Origin::at(path(&position.template), number(position.line), number(position.column + 1));
        }
        // `template: NAME:LINE: …`
        let line = text.split(": ").nth(1).and_then(|place| place.rsplit_once(':'));
        match line.and_then(|(name, line)| Some((name, line.parse().ok()?))) {
            Some((name, line)) if self.paths.contains_key(name) => Origin::at(path(name), line, 0),
            _ => Origin::file(path(name)),
        }
    }

    fn execution_message(&self, name: &str, error: &Error) -> String {
        let text = error.message();
        if !matches!(error.kind(), ErrorKind::Exec | ErrorKind::Limit(_)) {
            return text.to_owned();
        }
        let tokens: Vec<&str> = text.splitn(3, ": ").collect();
        let [_, location, rest] = tokens.as_slice() else {
            return format!("execution error in ({name}): {text}");
        };
        if let (Some(start), Some(end)) = (rest.find(WARN_START), rest.rfind(WARN_END))
            && let Some(words) = rest.get(start + WARN_START.len()..end)
        {
            return format!("execution error at ({location}): {words}");
        }
        let steps = if self.profile.tells_steps_of_errors() { steps(error) } else { None };
        match steps {
            Some(steps) if self.is_short => cycle::once(&steps, "\n").concat().trim().to_owned(),
            Some(steps) => steps.concat().trim().to_owned(),
            None if self.is_short => cycle::once(&own_words(error), ": ").concat(),
            None => text.to_owned(),
        }
    }
}

/// The steps of the way to an error, none twice in a row. None if one of them is no step.
fn steps(error: &Error) -> Option<Vec<String>> {
    let mut steps: Vec<Step> = Vec::new();
    for error in error.chain() {
        let step = step(error.message())?;
        if steps.last() != Some(&step) {
            steps.push(step);
        }
    }
    Some(steps.iter().map(Step::shown).collect())
}

/// What each error of a chain says before the words of the one that it wraps.
fn own_words(error: &Error) -> Vec<String> {
    let own = |error: &Error| {
        let message = error.message();
        let inner = error.chain().nth(1).map(Error::message);
        inner.and_then(|inner| message.strip_suffix(inner)).unwrap_or(message).to_owned()
    };
    error.chain().map(own).collect()
}

impl Step {
    /// As Helm prints it.
    fn shown(&self) -> String {
        let mut shown = String::new();
        for (text, indent) in [(&self.location, "\n  "), (&self.executed, "\n    "), (&self.message, "\n")] {
            if !text.is_empty() {
                let _ = write!(shown, "{text}{indent}");
            }
        }
        shown
    }
}

/// Takes a message of Go's library apart.
fn step(text: &str) -> Option<Step> {
    let rest = text.strip_prefix("template: ")?;
    if rest.starts_with("no template ") {
        return Some(Step { location: String::new(), executed: String::new(), message: text.to_owned() });
    }
    executing(rest).or_else(|| {
        let (location, message) = rest.rsplit_once(": ")?;
        let (location, executed) = (location.to_owned(), String::new());
        Some(Step { location, executed, message: before_next(message).to_owned() })
    })
}

/// `NAME:LINE:COLUMN: executing "NAME" at <…>: MESSAGE`.
fn executing(rest: &str) -> Option<Step> {
    let (location, after) = rest.split_once(": executing ")?;
    let after = after.strip_prefix('"')?;
    let (function, after) = after.split_once('"')?;
    let (place, message) = after.strip_prefix(" at <")?.split_once(">: ")?;
    Some(Step {
        location: location.to_owned(),
        executed: format!("executing \"{function}\" at <{place}>:"),
        message: before_next(message).to_owned(),
    })
}

/// A message without the one that it wraps, which comes next anyway.
fn before_next(message: &str) -> &str {
    message.split_once(" template:").map_or(message, |(message, _)| message)
}
