//! Where a chart lies among others, as Helm's pointers have it.
//!
//! Helm copies a chart for each dependency that stands for it, and a copy takes over more or less
//! of what the original points to. It shows in the paths of templates, so that the same pointers
//! are kept here.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A chart's name and the chart that it lies in.
#[derive(Debug)]
pub(crate) struct Place {
    name: String,
    parent: RefCell<Option<Rc<Self>>>,
}

impl Place {
    /// The place of a chart that lies in no other.
    pub(super) fn new(name: &str) -> Rc<Self> {
        Rc::new(Self { name: name.to_owned(), parent: RefCell::default() })
    }

    /// A place of its own under another name, in the same chart.
    pub(super) fn copied(&self, name: &str) -> Rc<Self> {
        Rc::new(Self { name: name.to_owned(), parent: RefCell::new(self.parent()) })
    }

    pub(super) fn set_parent(&self, parent: &Rc<Self>) {
        *self.parent.borrow_mut() = Some(Rc::clone(parent));
    }

    pub(super) fn parent(&self) -> Option<Rc<Self>> {
        self.parent.borrow().clone()
    }

    /// The names from the outermost chart on, with `charts` between them.
    pub(super) fn full_path(&self) -> String {
        match self.parent() {
            Some(parent) => format!("{}/charts/{}", parent.full_path(), self.name),
            None => self.name.clone(),
        }
    }
}

/// Whether the dependencies of a chart have taken their aliases for names. Copies that share their
/// dependencies share this.
pub(crate) type Renamed = Rc<Cell<bool>>;
