//! Edits of YAML text that leave every other byte as it is.
//!
//! An [`Editor`] reads a text; [`apply`](Editor::apply) takes any number of [`Edit`]s, all of which
//! name places of the text as it is. Comments, blank lines, quotes and the order of keys stay.
//! Before a text is handed out it is read again, and must mean what the edits say and nothing else:
//! an edit whose effect is not clear is an [`EditError`] with a line, never a guess.
//!
//! ```
//! use oarlock_yaml::edit::{Edit, Editor, Path};
//! use oarlock_yaml::{Node, Reader};
//!
//! let text = "\
//! images: # set by the release
//! - name: web
//!   newTag: '1.9'
//! ## - name: api
//! ##   newTag: '2.0'
//! ";
//! let images = Path::root().key("images");
//! let edited = Editor::new(text, Reader::KustomizeField)?.apply(&[
//!     Edit::set(images.clone().item("name", "web").key("newTag"), Node::string("1.10")),
//!     Edit::uncomment(images.item("name", "api")),
//! ])?;
//! assert_eq!(
//!     edited.text,
//!     "\
//! images: # set by the release
//! - name: web
//!   newTag: '1.10'
//! - name: api
//!   newTag: '2.0'
//! "
//! );
//! # Ok::<(), oarlock_yaml::edit::EditError>(())
//! ```

mod comment;
mod error;
mod lines;
mod locate;
mod model;
mod path;
mod plan;
mod render;

use std::cmp::Reverse;
use std::collections::BTreeMap;

pub use self::comment::{CommentedItem, Mark};
pub use self::error::{Ambiguity, EditError};
use self::lines::Lines;
use self::locate::{Concrete, Target, locate};
use self::model::{ModelEdit, Operation, same};
pub use self::path::{Path, Step};
pub use self::plan::Change;
use self::plan::{Planner, children};
use crate::parse::{Layout, Shape, parse, place};
use crate::{Limits, Node, Reader, Text};

/// One edit of a text.
#[derive(Clone, Debug)]
pub struct Edit {
    /// In which document, from 0; documents without content do not count.
    pub document: usize,
    /// Which node it is about.
    pub path: Path,
    /// What happens there.
    pub action: Action,
}

/// What an edit does.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Action {
    /// Gives the scalar at the path another value, a scalar, too. It keeps its quotes where the
    /// value allows them.
    Set(Node),
    /// Puts an entry into the mapping at the path.
    InsertEntry {
        /// How many entries stand before it, as they are written; more than there are means last.
        index: usize,
        /// The key, which must be new.
        key: Text,
        /// The value.
        value: Node,
    },
    /// Puts an item into the list at the path.
    InsertItem {
        /// How many items stand before it; more than there are means last.
        index: usize,
        /// The item.
        value: Node,
    },
    /// Removes the entry or item at the path, its lines and the comments on them.
    Remove,
    /// Makes the item of a list at the path a comment.
    Comment,
    /// The same in a certain way, as another item of the list is commented out.
    CommentAs(Mark),
    /// Makes an item of a comment. The last step of the path says which of the [commented
    /// items](Editor::commented) of the list.
    Uncomment,
}

impl Action {
    fn is_comment(&self) -> bool {
        matches!(self, Self::Comment | Self::CommentAs(_))
    }
}

impl Edit {
    fn new(path: Path, action: Action) -> Self {
        Self { document: 0, path, action }
    }

    /// Replaces a scalar.
    pub fn set(path: Path, value: Node) -> Self {
        Self::new(path, Action::Set(value))
    }

    /// Adds an entry to a mapping, last.
    pub fn add_entry(path: Path, key: impl Into<Text>, value: Node) -> Self {
        Self::new(path, Action::InsertEntry { index: usize::MAX, key: key.into(), value })
    }

    /// Adds an item to a list, last.
    pub fn add_item(path: Path, value: Node) -> Self {
        Self::new(path, Action::InsertItem { index: usize::MAX, value })
    }

    /// Removes an entry or item.
    pub fn remove(path: Path) -> Self {
        Self::new(path, Action::Remove)
    }

    /// Comments an item out.
    pub fn comment(path: Path) -> Self {
        Self::new(path, Action::Comment)
    }

    /// Comments an item out in the way that another one is: both may change places and back. In
    /// brackets it is done in the customary way.
    pub fn comment_as(path: Path, mark: Mark) -> Self {
        Self::new(path, Action::CommentAs(mark))
    }

    /// Brings a commented item back.
    pub fn uncomment(path: Path) -> Self {
        Self::new(path, Action::Uncomment)
    }

    /// In another document than the first.
    #[must_use]
    pub fn in_document(self, document: usize) -> Self {
        Self { document, ..self }
    }
}

/// A text that was edited.
#[derive(Clone, Debug)]
pub struct Edited {
    /// The text.
    pub text: String,
    /// What was replaced in the text before, in order, without overlaps.
    pub changes: Vec<Change>,
}

/// A text that can be edited.
#[derive(Clone, Debug)]
pub struct Editor<'t> {
    text: &'t str,
    reader: Reader,
    layout: Layout,
    roots: Vec<Node>,
}

/// What an edit comes to: bytes, and the same for the tree.
struct Plan {
    changes: Vec<Change>,
    model: ModelEdit,
}

/// The children of one collection that go away.
#[derive(Default)]
struct Removal {
    /// Their indices, and the edits that say so.
    removed: BTreeMap<usize, usize>,
    /// How many are commented out.
    commented: usize,
}

impl<'t> Editor<'t> {
    /// Reads a text, as a reader reads it.
    ///
    /// # Errors
    /// If it is not YAML.
    pub fn new(text: &'t str, reader: Reader) -> Result<Self, EditError> {
        let documents = parse(text.as_bytes(), reader, Limits::default())?;
        let layout = Layout::new(text, reader, Limits::default())?;
        let roots: Vec<Node> = documents.into_iter().map(|document| document.root).collect();
        if roots.len() != layout.documents().len() {
            return Err(EditError::Unsafe { path: Path::root(), span: place(text, 0) });
        }
        Ok(Self { text, reader, layout, roots })
    }

    /// The documents' contents.
    pub fn roots(&self) -> &[Node] {
        &self.roots
    }

    /// Where everything stands.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The items of a list that are commented out, in whatever way: `# - a`, `#- a`, with the `#`
    /// at the start of the line or at the list's column. Comments that are no items are passed
    /// over.
    ///
    /// # Errors
    /// If the path leads to no list.
    pub fn commented(&self, document: usize, list: &Path) -> Result<Vec<CommentedItem>, EditError> {
        let target = self.locate(document, list)?;
        comment::commented(Lines::new(self.text), self.reader, &target, list)
    }

    fn locate(&self, document: usize, path: &Path) -> Result<Target<'_>, EditError> {
        let count = self.roots.len();
        let (Some(layout), Some(root)) = (self.layout.documents().get(document), self.roots.get(document))
        else {
            return Err(EditError::NoDocument { document, count });
        };
        locate(self.text, &layout.root, root, path)
    }

    /// The collection around a node, and its index there.
    fn around(&self, edit: &Edit) -> Result<(Target<'_>, usize), EditError> {
        let target = self.locate(edit.document, &edit.path)?;
        target.check_no_anchor_within(self.text, &edit.path)?;
        let Some(hop) = target.hops.last() else {
            return Err(target.wrong_kind(self.text, &edit.path, "part of a mapping or list"));
        };
        let index = hop.index;
        Ok((self.locate(edit.document, &parent(&edit.path))?, index))
    }

    /// Applies edits, all of them or none.
    ///
    /// # Errors
    /// If a place does not exist or is not clear, if two edits change the same text, or if the text
    /// would then mean anything else than the edits say.
    pub fn apply(&self, edits: &[Edit]) -> Result<Edited, EditError> {
        let mut plans: Vec<Plan> = Vec::with_capacity(edits.len());
        let mut removals: BTreeMap<(usize, Vec<Concrete>), Removal> = BTreeMap::new();
        let mut filled: BTreeMap<(usize, Vec<Concrete>), usize> = BTreeMap::new();
        for (number, edit) in edits.iter().enumerate() {
            let plan = self.plan(edit)?;
            let mut collection = plan.model.at.clone();
            match edit.action {
                Action::Remove | Action::Comment | Action::CommentAs(_) => {
                    let index = collection.pop().map_or(0, |step| step.index());
                    let removal = removals.entry((edit.document, collection)).or_default();
                    removal.commented += usize::from(edit.action.is_comment());
                    if let Some(other) = removal.removed.insert(index, number) {
                        return Err(self.conflict(&edits[other], edit));
                    }
                }
                Action::Set(_) => {}
                _ => {
                    collection.pop();
                    let other = filled.insert((edit.document, collection), number);
                    // Two that go to `[]` would need a comma between them.
                    if let Some(other) = other
                        && self.is_empty(edit)
                    {
                        return Err(self.conflict(&edits[other], edit));
                    }
                }
            }
            plans.push(plan);
        }
        for (place, removal) in &removals {
            self.plan_removal(edits, &mut plans, removal, filled.get(place).copied())?;
        }
        self.check_conflicts(edits, &plans)?;
        self.finish(edits, plans)
    }

    /// Whether the collection that an edit adds to has no children yet.
    fn is_empty(&self, edit: &Edit) -> bool {
        let list =
            if matches!(edit.action, Action::Uncomment) { parent(&edit.path) } else { edit.path.clone() };
        self.locate(edit.document, &list).is_ok_and(|target| children(target.element).is_empty())
    }

    /// What an edit comes to, except for the bytes of a removal, which depend on the others.
    fn plan(&self, edit: &Edit) -> Result<Plan, EditError> {
        let lines = Lines::new(self.text);
        let (document, path) = (edit.document, &edit.path);
        let (changes, at, operation) = match &edit.action {
            Action::Set(value) => {
                let target = self.locate(document, path)?;
                let change = self.planner(document).set(&target, path, value)?;
                (vec![change], target.concrete(), Operation::Replace(value.clone()))
            }
            Action::InsertEntry { index, key, value } => {
                let target = self.locate(document, path)?;
                let Shape::Mapping { entries, .. } = &target.element.shape else {
                    return Err(target.wrong_kind(self.text, path, "mapping"));
                };
                let entry_path = path.clone().key(key.clone());
                if let Some(entry) = target.element.entry(key) {
                    let span = place(self.text, entry.start);
                    return Err(EditError::Exists { path: entry_path, span });
                }
                if target.node.get(key).is_some() {
                    return Err(EditError::Merged { path: entry_path, span: target.span(self.text) });
                }
                let index = (*index).min(entries.len());
                let change = self.planner(document).insert(&target, path, index, Some(key), value)?;
                let mut at = target.concrete();
                at.push(Concrete::before(index, Some(key.clone())));
                (vec![change], at, Operation::Insert { key: Some(key.clone()), value: value.clone() })
            }
            Action::InsertItem { index, value } => {
                let target = self.locate(document, path)?;
                let Shape::Sequence { items, .. } = &target.element.shape else {
                    return Err(target.wrong_kind(self.text, path, "list"));
                };
                let index = (*index).min(items.len());
                let change = self.planner(document).insert(&target, path, index, None, value)?;
                let mut at = target.concrete();
                at.push(Concrete::before(index, None));
                (vec![change], at, Operation::Insert { key: None, value: value.clone() })
            }
            Action::Remove => {
                self.around(edit)?;
                let target = self.locate(document, path)?;
                (Vec::new(), target.concrete(), Operation::Remove)
            }
            Action::Comment | Action::CommentAs(_) => {
                let (list, index) = self.around(edit)?;
                let way = match &edit.action {
                    Action::CommentAs(mark) => Some(mark),
                    _ => None,
                };
                let changes = comment::comment(lines, self.reader, &list, (index, way), path)?;
                (changes, self.locate(document, path)?.concrete(), Operation::Remove)
            }
            Action::Uncomment => {
                let Some(step) = path.steps().last() else {
                    let target = self.locate(document, path)?;
                    return Err(target.wrong_kind(self.text, path, "item of a list"));
                };
                let list_path = parent(path);
                let list = self.locate(document, &list_path)?;
                let found = comment::commented(lines, self.reader, &list, &list_path)?;
                let found = comment::select(found, step, path, list.span(self.text))?;
                let mut at = list.concrete();
                at.push(Concrete::before(found.index, None));
                (found.changes, at, Operation::Insert { key: None, value: found.item })
            }
        };
        let offset = changes.first().map_or(0, |change| change.range.start);
        Ok(Plan { changes, model: ModelEdit { document, at, offset, operation } })
    }

    fn planner(&self, document: usize) -> Planner<'t> {
        let lines = Lines::new(self.text);
        let layout = self.layout.documents().get(document);
        let list_indent = layout.and_then(|layout| plan::list_indent(lines, &layout.root)).unwrap_or(2);
        Planner { lines, list_indent }
    }

    /// Plans the bytes of the children that go away from one collection, to which an edit may add
    /// others.
    fn plan_removal(
        &self,
        edits: &[Edit],
        plans: &mut [Plan],
        removal: &Removal,
        filled: Option<usize>,
    ) -> Result<(), EditError> {
        let Some(first) = removal.removed.values().next().map(|number| &edits[*number]) else {
            return Ok(());
        };
        let (collection, _) = self.around(first)?;
        let path = parent(&first.path);
        let is_all = children(collection.element).len() == removal.removed.len();
        // What is added to `[a]` may go to the line that becomes a comment, or need a comma that is
        // gone.
        if let Some(other) = filled
            && (is_all || removal.commented > 0)
            && plan::is_flow(collection.element)
        {
            return Err(self.conflict(first, &edits[other]));
        }
        let is_emptied = is_all && filled.is_none();
        let planner = self.planner(first.document);
        let is_removed = |number: &usize| matches!(edits[*number].action, Action::Remove);
        let removed: Vec<usize> = removal
            .removed
            .iter()
            .filter(|(_, number)| is_removed(number))
            .map(|(index, _)| *index)
            .collect();
        // What is commented out leaves its mark where nothing else is left; so does what is
        // removed.
        let mut changes =
            planner.remove(&collection, &path, &removed, is_emptied && removal.commented == 0)?;
        let is_block = !matches!(collection.element.shape, Shape::Sequence { flow: true, .. });
        if is_emptied && removal.commented > 0 && is_block {
            match planner.mark_empty(&collection, &path)? {
                Some(mark) => changes.push(mark),
                None => return Err(plan::ambiguous(&collection, self.text, &path, Ambiguity::Notation)),
            }
        }
        if let Some(number) = removal.removed.values().next() {
            plans[*number].changes.extend(changes);
        }
        Ok(())
    }

    fn conflict(&self, first: &Edit, second: &Edit) -> EditError {
        let span = self.locate(second.document, &second.path).map(|target| target.span(self.text));
        EditError::Conflict {
            first: first.path.clone(),
            second: second.path.clone(),
            span: span.unwrap_or_default(),
        }
    }

    /// Refuses edits within what another edit replaces or removes.
    fn check_conflicts(&self, edits: &[Edit], plans: &[Plan]) -> Result<(), EditError> {
        let mut order: Vec<usize> = (0..plans.len()).collect();
        let key = |number: &usize| (plans[*number].model.document, plans[*number].model.at.as_slice());
        order.sort_by(|a, b| key(a).cmp(&key(b)));
        // The last one that takes all that is below it.
        let mut owner: Option<usize> = None;
        for number in order {
            let model = &plans[number].model;
            if let Some(other) = owner {
                let outer = &plans[other].model;
                if outer.document == model.document && model.at.starts_with(&outer.at) {
                    return Err(self.conflict(&edits[other], &edits[number]));
                }
            }
            if !matches!(model.operation, Operation::Insert { .. }) {
                owner = Some(number);
            }
        }
        Ok(())
    }

    /// The text with all changes, if it means what it should.
    fn finish(&self, edits: &[Edit], plans: Vec<Plan>) -> Result<Edited, EditError> {
        let mut order: Vec<(usize, Change)> = Vec::new();
        let mut model: Vec<ModelEdit> = Vec::with_capacity(plans.len());
        for (number, plan) in plans.into_iter().enumerate() {
            order.extend(plan.changes.into_iter().map(|change| (number, change)));
            model.push(plan.model);
        }
        // What goes before a line goes before its `#`, too. What is added at the end of a
        // collection goes before what is added after that collection.
        let is_comment = |number: usize| edits[number].action.is_comment();
        let depth = |number: usize| Reverse(model[number].at.len());
        order.sort_by_key(|(number, change)| {
            (change.range.start, change.range.end, is_comment(*number), depth(*number))
        });
        for pair in order.windows(2) {
            if let [(first, a), (second, b)] = pair
                && a.range.end > b.range.start
            {
                return Err(self.conflict(&edits[*first], &edits[*second]));
            }
        }
        let first = edits.first().map_or_else(Path::root, |edit| edit.path.clone());
        let span = place(self.text, order.first().map_or(0, |(_, change)| change.range.start));
        let changes: Vec<Change> = order.into_iter().map(|(_, change)| change).collect();
        let text = comment::apply(self.text, 0, &changes);
        // Several at one place keep the order in which they were given.
        model.sort_by(|a, b| (a.document, &a.at, a.offset).cmp(&(b.document, &b.at, b.offset)));
        let mut expected = self.roots.clone();
        let found = parse(text.as_bytes(), self.reader, Limits::default());
        let holds = model::apply(&mut expected, model).is_some()
            && found.is_ok_and(|found| {
                found.len() == expected.len() && found.iter().zip(&expected).all(|(a, b)| same(&a.root, b))
            });
        if holds { Ok(Edited { text, changes }) } else { Err(EditError::Unsafe { path: first, span }) }
    }
}

/// The path without its last step.
fn parent(path: &Path) -> Path {
    let steps = path.steps();
    steps[..steps.len().saturating_sub(1)].iter().fold(Path::root(), |path, step| path.step(step.clone()))
}
