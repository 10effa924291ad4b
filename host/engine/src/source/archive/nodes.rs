//! The entries of an archive as the resolver walks them.
//!
//! Where a link leads is kept with it. So each link of a tree is followed once, however often it is
//! on the way, and all of that together takes no longer than the targets of links are long.

use std::sync::Arc;

use oarlock_plugin::TreePath;

use super::super::resolve::{Found, Led, Lost, Node, Nodes, Resolver};
use super::{Archive, Content, Id, ROOT};

impl Nodes for Archive {
    type Place = Id;

    fn root(&self) -> Id {
        ROOT
    }

    fn above(&self, place: &Id) -> Option<Id> {
        (*place != ROOT).then(|| self.nodes[*place as usize].parent)
    }

    fn path(&self, place: &Id) -> TreePath {
        let mut names = Vec::new();
        let mut id = *place;
        while id != ROOT {
            let node = &self.nodes[id as usize];
            names.push(&*node.name);
            id = node.parent;
        }
        names.reverse();
        // Every name came as a part of a path of the tree.
        TreePath::new(&names.join("/")).unwrap_or_else(|_| TreePath::root())
    }

    fn look(&self, directory: &Id, name: &str) -> Result<Node<'_, Id>, Lost> {
        self.stepped();
        let folder = match self.content(*directory) {
            Content::Folder(folder) => folder,
            Content::Closed(reason) => return Err(Lost::Closed(self.path(directory), Arc::clone(reason))),
            _ => return Err(Lost::Absent),
        };
        let id = *folder.children.get(name).ok_or(Lost::Absent)?;
        match self.content(id) {
            Content::Folder(_) | Content::Closed(_) => Ok(Node::Directory(id)),
            Content::File(_) | Content::Large(_) | Content::Stored(_) => Ok(Node::File(id)),
            Content::Link(link) => Ok(Node::Link(id, (&*link.target).into())),
            Content::Other => Err(Lost::Other),
        }
    }

    fn recall(&self, link: &Id) -> Option<Led<Id>> {
        match self.content(*link) {
            Content::Link(link) => link.led.get().cloned(),
            _ => None,
        }
    }

    fn keep(&self, link: &Id, led: &Led<Id>) {
        if let Content::Link(link) = self.content(*link) {
            let _ = link.led.set(led.clone());
        }
    }
}

impl Archive {
    /// What a path leads to.
    pub(super) fn resolve(&self, path: &TreePath) -> Result<Found<Id>, Lost> {
        Resolver::new(self, &|| true).resolve(path)
    }

    #[cfg(test)]
    fn stepped(&self) {
        self.steps.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }

    #[cfg(not(test))]
    #[allow(clippy::unused_self)]
    fn stepped(&self) {}
}
