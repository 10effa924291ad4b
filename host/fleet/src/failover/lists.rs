//! Lists of clusters in files with ApplicationSets: which elements are active, which are comments.

use std::collections::BTreeSet;

use oarlock_plugin::{Failure, Failures, Origin};
use oarlock_yaml::edit::{CommentedItem, Edit, Editor, Mark, Path, Step};
use oarlock_yaml::{Node, Reader, Value};

use crate::edit::{refused, visit};

/// The reader of files with ApplicationSets.
const READER: Reader = Reader::ArgoCd;

/// What is to happen with a file.
pub(super) struct Order<'a> {
    /// The file, for messages.
    pub(super) file: &'a str,
    /// The ApplicationSets in it that are meant.
    pub(super) sets: &'a BTreeSet<String>,
    /// The cluster that becomes active.
    pub(super) to: &'a str,
    /// The cluster that becomes a comment; by default the active one.
    pub(super) from: Option<&'a str>,
    /// Whether that one stays, so that both are active.
    pub(super) keep: bool,
}

/// A file as it is going to be.
#[derive(Debug)]
pub(super) struct Moved {
    pub(super) text: String,
    /// What happened to elements of lists.
    pub(super) steps: Vec<(ListStep, u32)>,
    /// The clusters that are no longer active.
    pub(super) from: BTreeSet<String>,
    /// The ApplicationSets of which a list names the cluster.
    pub(super) found: BTreeSet<String>,
    /// Whether one cluster took the place of another in every list.
    is_exchange: bool,
}

/// What happens to an element of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListStep {
    Activated,
    CommentedOut,
    SwitchedOn,
    SwitchedOff,
}

/// The values that change, and the clusters that are switched off.
type Switches = (Vec<Switch>, BTreeSet<String>);

/// The elements of one list that have to do with a move.
struct Plan {
    document: usize,
    list: Path,
    /// Numbers of commented items that become active.
    activate: Vec<usize>,
    /// How those are commented out.
    mark: Option<Mark>,
    /// Where an element names its cluster.
    field: Vec<String>,
    /// Clusters that become comments.
    from: BTreeSet<String>,
    /// Values that are switched.
    switch: Vec<Switch>,
    /// Clusters whose value becomes false.
    switched_off: BTreeSet<String>,
    lines: Vec<u32>,
    /// Whether one cluster takes the place of another.
    is_exchange: bool,
}

impl Plan {
    /// Whether everything is so already.
    fn is_done(&self) -> bool {
        self.activate.is_empty() && self.from.is_empty() && self.switch.is_empty()
    }
}

/// A truth value that changes: where, to what, whether it is written as text, and its line.
type Switch = (Path, bool, bool, u32);

impl Order<'_> {
    /// Moves in all lists of the file. `None` where no list names the cluster.
    pub(super) fn apply(&self, text: &str) -> Result<Option<Moved>, Failures> {
        let moved = self.apply_once(text)?;
        // What cannot be undone is not done.
        if let Some(moved) = moved.as_ref().filter(|moved| moved.is_exchange)
            && let Some(from) = moved.from.first()
        {
            let back = Order { to: from, from: Some(self.to), ..*self }.apply_once(&moved.text);
            if !back.is_ok_and(|back| back.is_some_and(|back| back.text == text)) {
                let line = moved.steps.first().map_or(0, |(_, line)| *line);
                let failure = self.at(
                    line,
                    "moving back would not give the same bytes: a comment cannot be told from the element"
                        .to_owned(),
                );
                let hint = "put a blank line between the element and other comments, and put a comma behind each element of a flow list";
                return Err(failure.hint(hint).into());
            }
        }
        Ok(moved)
    }

    fn apply_once(&self, text: &str) -> Result<Option<Moved>, Failures> {
        let editor = self.editor(text)?;
        let mut plans = Vec::new();
        let (mut failures, mut found) = (Vec::new(), BTreeSet::new());
        for (document, root) in editor.roots().iter().enumerate() {
            let Some(name) = self.set_in(root) else { continue };
            for list in lists(root) {
                match self.plan(&editor, (document, &list), root) {
                    Ok(Some(plan)) => {
                        found.insert(name.clone());
                        if !plan.is_done() {
                            plans.push(plan);
                        }
                    }
                    Ok(None) => {}
                    Err(failure) => failures.push(failure),
                }
            }
        }
        Failures::check(failures)?;
        if plans.is_empty() {
            let moved = Moved {
                text: text.to_owned(),
                steps: Vec::new(),
                from: BTreeSet::new(),
                found,
                is_exchange: false,
            };
            return Ok((!moved.found.is_empty()).then_some(moved));
        }
        self.carry_out(text, &editor, &plans, found).map(Some).map_err(Failures::from)
    }

    fn editor<'t>(&self, text: &'t str) -> Result<Editor<'t>, Failure> {
        Editor::new(text, READER).map_err(|error| {
            let failure = refused(self.file, &error);
            if text.contains("{{") {
                failure.note("the file may be a template, which a person has to edit")
            } else {
                failure
            }
        })
    }

    fn set_in(&self, root: &Node) -> Option<String> {
        let name = root.at(&["metadata", "name"]).and_then(Node::as_str)?;
        let is_set = root.get("kind").and_then(Node::as_str) == Some("ApplicationSet");
        (is_set && self.sets.contains(name)).then(|| name.to_owned())
    }

    fn at(&self, line: u32, message: String) -> Failure {
        Failure::new(message).at(Origin::at(self.file, line, 0))
    }

    /// What is to happen in one list; `None` where it does not name the cluster.
    fn plan(
        &self,
        editor: &Editor<'_>,
        (document, list): (usize, &Path),
        root: &Node,
    ) -> Result<Option<Plan>, Failure> {
        let Some(node) = node_at(root, list) else { return Ok(None) };
        let active = node.as_sequence().unwrap_or_default();
        let commented = editor.commented(document, list).map_err(|error| refused(self.file, &error))?;
        let fallbacks: Vec<(usize, &CommentedItem, Vec<String>)> = commented
            .iter()
            .enumerate()
            .filter_map(|(index, item)| Some((index, item, field_of(&item.item, self.to)?)))
            .collect();
        let present: Vec<(&Node, Vec<String>)> =
            active.iter().filter_map(|item| Some((item, field_of(item, self.to)?))).collect();
        let Some(field) = fallbacks
            .first()
            .map(|(_, _, field)| field.clone())
            .or_else(|| present.first().map(|(_, field)| field.clone()))
        else {
            return Ok(None);
        };
        let line = fallbacks.first().map_or(node.span.line, |(_, item, _)| item.span.line);
        let mut plan = Plan {
            document,
            list: list.clone(),
            activate: Vec::new(),
            mark: None,
            field,
            from: BTreeSet::new(),
            switch: Vec::new(),
            switched_off: BTreeSet::new(),
            lines: Vec::new(),
            is_exchange: false,
        };
        if let Some((switch, from)) = self.switches(active, &present, list, &plan.field)? {
            (plan.switch, plan.switched_off) = (switch, from);
            plan.is_exchange = !self.keep && plan.switched_off.len() == 1;
            return Ok(Some(plan));
        }
        let from = self.clusters(active, &plan.field, line)?;
        for (index, item, field) in &fallbacks {
            self.check_like(active, item, field)?;
            if !present.iter().any(|(node, _)| **node == item.item) {
                plan.activate.push(*index);
                plan.lines.push(item.span.line);
                plan.mark.get_or_insert_with(|| item.mark.clone());
            }
        }
        if !self.keep {
            plan.from = from;
        }
        plan.is_exchange = present.is_empty() && plan.from.len() == 1;
        Ok(Some(plan))
    }

    /// The clusters that are to become comments.
    fn clusters(&self, active: &[Node], field: &[String], line: u32) -> Result<BTreeSet<String>, Failure> {
        let all: BTreeSet<String> = active
            .iter()
            .filter_map(|item| text_at(item, field).map(str::to_owned))
            .filter(|cluster| cluster != self.to)
            .collect();
        match self.from {
            Some(from) => Ok(all.into_iter().filter(|cluster| cluster == from).collect()),
            None if all.len() > 1 && !self.keep => {
                let names = all.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                let failure = self.at(line, format!("several clusters are active: {names}"));
                Err(failure.hint("say which one is left by `--from`"))
            }
            None => Ok(all),
        }
    }

    /// A fallback that has other keys than what it stands in for would render to something else, or
    /// not at all.
    fn check_like(&self, active: &[Node], item: &CommentedItem, field: &[String]) -> Result<(), Failure> {
        let others: Vec<&Node> =
            active.iter().filter(|node| text_at(node, field).is_some_and(|name| name != self.to)).collect();
        if others.is_empty() || others.iter().any(|other| same_keys(other, &item.item)) {
            return Ok(());
        }
        let missing = missing_key(others[0], &item.item);
        let extra = missing_key(&item.item, others[0]);
        let what = match (missing, extra) {
            (Some(key), _) => format!("it has no `{key}`"),
            (None, Some(key)) => format!("it has `{key}` in addition"),
            (None, None) => "its keys differ".to_owned(),
        };
        let message = format!("the fallback element differs from the active one: {what}");
        let place = Origin::at(self.file, others[0].span.line, 0);
        Err(self
            .at(item.span.line, message)
            .note(format!("the active one is {place}"))
            .hint("give both the same keys"))
    }

    /// For elements that are all active and have a truth value: those that change. `None` where
    /// there are none.
    fn switches(
        &self,
        active: &[Node],
        present: &[(&Node, Vec<String>)],
        list: &Path,
        field: &[String],
    ) -> Result<Option<Switches>, Failure> {
        let Some((first, _)) = present.first() else { return Ok(None) };
        let keys: BTreeSet<String> = flags(first)
            .into_iter()
            .filter(|(key, _)| {
                // One that tells the clusters apart, in either direction.
                active.iter().all(|item| flags(item).iter().any(|(other, _)| other == key))
                    && active.len() > 1
            })
            .map(|(key, _)| key)
            .collect();
        let differing: Vec<&String> = keys
            .iter()
            .filter(|key| {
                let values: BTreeSet<bool> = active.iter().filter_map(|item| flag(item, key)).collect();
                values.len() > 1
            })
            .collect();
        let key = match differing.as_slice() {
            [] => return Ok(None),
            [key] => key.as_str(),
            [one, other, ..] => {
                let message = format!("`{one}` and `{other}` both tell the clusters apart");
                let failure = self.at(first.span.line, message);
                return Err(failure.hint("edit the one that is meant"));
            }
        };
        let (mut switch, mut off) = (Vec::new(), BTreeSet::new());
        for (index, item) in active.iter().enumerate() {
            let Some(cluster) = text_at(item, field) else { continue };
            let wanted = if cluster == self.to {
                true
            } else if self.from.is_none_or(|from| from == cluster) && !self.keep {
                false
            } else {
                continue;
            };
            let Some(value) = item.get(key) else { continue };
            if flag(item, key) != Some(wanted) {
                off.extend((!wanted).then(|| cluster.to_owned()));
                let at = list.clone().index(index).key(key);
                switch.push((at, wanted, value.as_str().is_some(), value.span.line));
            }
        }
        Ok(Some((switch, off)))
    }

    fn carry_out(
        &self,
        text: &str,
        editor: &Editor<'_>,
        plans: &[Plan],
        found: BTreeSet<String>,
    ) -> Result<Moved, Failure> {
        let error = |error: &_| refused(self.file, error);
        let mut steps = Vec::new();
        let mut edits = Vec::new();
        let mut from: BTreeSet<String> = BTreeSet::new();
        for plan in plans {
            from.extend(plan.switched_off.iter().cloned());
            for (index, line) in plan.activate.iter().zip(&plan.lines) {
                edits.push(Edit::uncomment(plan.list.clone().index(*index)).in_document(plan.document));
                steps.push((ListStep::Activated, *line));
            }
            for (at, wanted, is_text, line) in &plan.switch {
                let value = if *is_text { Node::string(wanted.to_string()) } else { Node::bool(*wanted) };
                edits.push(Edit::set(at.clone(), value).in_document(plan.document));
                steps.push((if *wanted { ListStep::SwitchedOn } else { ListStep::SwitchedOff }, *line));
            }
        }
        let active = editor.apply(&edits).map_err(|it| error(&it))?.text;
        let editor = self.editor(&active)?;
        let mut edits = Vec::new();
        for plan in plans {
            let root = editor.roots().get(plan.document);
            let list = root.and_then(|root| node_at(root, &plan.list)).and_then(Node::as_sequence);
            for (index, item) in list.unwrap_or_default().iter().enumerate() {
                let Some(cluster) = text_at(item, &plan.field).filter(|name| plan.from.contains(*name))
                else {
                    continue;
                };
                let at = plan.list.clone().index(index);
                let edit = match &plan.mark {
                    Some(mark) => Edit::comment_as(at, mark.clone()),
                    None => Edit::comment(at),
                };
                edits.push(edit.in_document(plan.document));
                steps.push((ListStep::CommentedOut, item.span.line));
                from.insert(cluster.to_owned());
            }
        }
        let text_after = editor.apply(&edits).map_err(|it| error(&it))?.text;
        debug_assert_ne!(text, text_after, "a plan changes something");
        steps.sort_by_key(|(_, line)| *line);
        let is_exchange = from.len() == 1 && plans.iter().all(|plan| plan.is_exchange);
        Ok(Moved { text: text_after, steps, from, found, is_exchange })
    }
}

/// The ways to lists of elements, at any depth: generators may be nested.
fn lists(root: &Node) -> Vec<Path> {
    let mut lists = Vec::new();
    visit(root, &Path::root(), &mut |path, _| {
        if let [.., Step::Key(list), Step::Key(elements)] = path.steps()
            && list == "list"
            && elements == "elements"
        {
            lists.push(path.clone());
            return false;
        }
        true
    });
    lists
}

fn node_at<'n>(root: &'n Node, path: &Path) -> Option<&'n Node> {
    path.steps().iter().try_fold(root, |node, step| match step {
        Step::Key(key) => node.get(key),
        Step::Index(index) => node.as_sequence()?.get(*index),
        _ => None,
    })
}

/// Where in an element a text stands, by keys.
fn field_of(item: &Node, text: &str) -> Option<Vec<String>> {
    if item.as_str() == Some(text) {
        return Some(Vec::new());
    }
    item.as_mapping()?.iter().find_map(|entry| {
        let mut below = field_of(&entry.value, text)?;
        below.insert(0, entry.key.text.to_string());
        Some(below)
    })
}

fn text_at<'n>(item: &'n Node, field: &[String]) -> Option<&'n str> {
    field.iter().try_fold(item, |node, key| node.get(key))?.as_str()
}

/// Whether two elements have the same keys at every depth.
fn same_keys(one: &Node, other: &Node) -> bool {
    missing_key(one, other).is_none() && missing_key(other, one).is_none()
}

/// The first key that an element has and another one lacks.
fn missing_key(has: &Node, lacks: &Node) -> Option<String> {
    let Value::Mapping(mapping) = &has.value else { return None };
    mapping.iter().find_map(|entry| {
        let key = entry.key.text.as_str();
        match lacks.get(key) {
            None => Some(key.to_owned()),
            Some(other) => missing_key(&entry.value, other).map(|below| format!("{key}.{below}")),
        }
    })
}

/// The truth values of an element, also those that are written as text.
fn flags(item: &Node) -> Vec<(String, bool)> {
    let entries = item.as_mapping().into_iter().flat_map(|mapping| mapping.iter());
    entries.filter_map(|entry| Some((entry.key.text.to_string(), truth(&entry.value)?))).collect()
}

fn flag(item: &Node, key: &str) -> Option<bool> {
    truth(item.get(key)?)
}

fn truth(node: &Node) -> Option<bool> {
    node.as_bool().or_else(|| match node.as_str()? {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
