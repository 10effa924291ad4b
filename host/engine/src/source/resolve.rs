//! The way from a path to what it leads to, links followed: one resolver for every tree.
//!
//! It walks by component, and jails each step: what leads above the root is refused, even where it
//! would come back. A link is followed once, whatever leads through it, and where it leads is kept,
//! because a directory of links of which each leads to the next would otherwise take forty looks at
//! every one of them, and each look goes through a target that may be as long as a path.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

use oarlock_plugin::{ReadError, TreePath};

/// The most links on the way to a place, as in Linux.
const MAX_LINKS: usize = 40;

/// How many steps there are between checks whether to go on.
const CHECK_EVERY: u64 = 256;

/// A tree whose nodes are looked up by name, one directory at a time.
pub trait Nodes {
    /// A directory, a file or a link, without links on the way to it. Equal for the same one only.
    type Place: Clone + Eq + Hash;

    /// The root.
    fn root(&self) -> Self::Place;

    /// The directory that a place lies in; `None` for the root.
    fn above(&self, place: &Self::Place) -> Option<Self::Place>;

    /// The path from the root to a place.
    fn path(&self, place: &Self::Place) -> TreePath;

    /// What a name in a directory is.
    ///
    /// # Errors
    /// If it is nothing that a path can lead to.
    fn look(&self, directory: &Self::Place, name: &str) -> Result<Node<'_, Self::Place>, Lost>;

    /// The part of an absolute target that lies below the root, where the tree has a place in a
    /// file system.
    fn below_root<'t>(&self, _target: &'t str) -> Option<&'t str> {
        None
    }

    /// Where a link leads, if [`keep`](Self::keep) kept it.
    fn recall(&self, _link: &Self::Place) -> Option<Led<Self::Place>> {
        None
    }

    /// Keeps where a link leads, in a tree that never changes.
    fn keep(&self, _link: &Self::Place, _led: &Led<Self::Place>) {}
}

/// What a name is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node<'t, P> {
    /// A directory.
    Directory(P),
    /// A file.
    File(P),
    /// A link, with its target.
    Link(P, Cow<'t, str>),
}

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<P> {
    /// A directory.
    Directory(P),
    /// A file.
    File(P),
}

/// Why a path leads to nothing that can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// There is nothing.
    Absent,
    /// A link on the way leads out of the tree.
    Outside,
    /// A link leads to itself, or there are too many of them.
    Endless,
    /// A device, a pipe or a socket.
    Other,
    /// A link's target is not UTF-8.
    NotUtf8,
    /// It lies in a directory whose content is not in the tree: which, and why.
    Closed(TreePath, Arc<str>),
    /// The tree cannot be read, and why.
    Failed(Arc<str>),
    /// Nobody wants to know any more.
    Stopped,
}

impl Lost {
    /// The error for the path that was asked for.
    pub fn into_error(self, path: &TreePath) -> ReadError {
        let refused = |reason: &str| ReadError::Refused(format!("`{path}` {reason}"));
        match self {
            Self::Absent => ReadError::NotFound,
            Self::Outside => refused("leads out of the repository through a link"),
            Self::Endless => {
                refused(&format!("leads through more than {MAX_LINKS} links, or through a link to itself"))
            }
            Self::Other => refused("is neither a file nor a directory"),
            Self::NotUtf8 => refused("leads to a name that is not UTF-8"),
            Self::Closed(directory, reason) => ReadError::Refused(format!("`{directory}` {reason}")),
            Self::Failed(reason) => ReadError::Failed(reason.to_string()),
            Self::Stopped => super::stopped(),
        }
    }
}

/// Where a link leads, and how many links are on the way, itself among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Led<P> {
    /// What it leads to.
    pub end: Result<Found<P>, Lost>,
    /// The number of links, at least 1.
    pub links: usize,
}

/// A link on the way to a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The link, without links on the way to it.
    pub link: TreePath,
    /// Its target, as it is written.
    pub target: String,
}

/// Resolves paths of one tree, and remembers the links that it followed.
pub struct Resolver<'a, T: Nodes> {
    tree: &'a T,
    keep_going: &'a dyn Fn() -> bool,
    /// Links, `None` while they are being followed.
    known: HashMap<T::Place, Option<Led<T::Place>>>,
    /// The links that were followed, where they are to be recorded.
    hops: Option<Vec<Hop>>,
    steps: u64,
    /// At which step to check again whether to go on.
    next_check: u64,
}

/// A path, or the target of a link, that is being walked.
struct Walk<P> {
    /// The link; `None` for a path.
    link: Option<P>,
    here: P,
    text: String,
    /// How much of the text is done, in bytes.
    done: usize,
    links: usize,
    /// The link on the way that is being followed.
    waits_for: Option<P>,
}

/// What is known of a link.
enum Known<P> {
    /// Nothing yet.
    Nothing,
    /// It is being followed.
    Followed,
    /// Where it leads.
    Led(Led<P>),
}

/// Where a walk is interrupted.
enum Pause<P> {
    /// It ends.
    End(Result<Found<P>, Lost>),
    /// A link has to be followed first.
    Link { link: P, target: String },
}

/// The links on the way to a path, in order, those within targets of links among them.
pub fn hops<T: Nodes>(tree: &T, path: &TreePath) -> Vec<Hop> {
    let mut resolver = Resolver::new(tree, &|| true);
    resolver.hops = Some(Vec::new());
    let _ = resolver.resolve(path);
    resolver.hops.unwrap_or_default()
}

impl<'a, T: Nodes> Resolver<'a, T> {
    /// A resolver without a limit of its own: it stops when its interrupt says so.
    pub fn new(tree: &'a T, keep_going: &'a dyn Fn() -> bool) -> Self {
        Self { tree, keep_going, known: HashMap::new(), hops: None, steps: 0, next_check: 0 }
    }

    /// How many parts of paths and targets were looked at so far.
    #[cfg(test)]
    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    /// What a path leads to.
    ///
    /// # Errors
    /// If it leads to nothing that can be shown.
    pub fn resolve(&mut self, path: &TreePath) -> Result<Found<T::Place>, Lost> {
        self.walk(self.tree.root(), path.as_str())
    }

    /// What a name in a directory leads to.
    ///
    /// # Errors
    /// If it leads to nothing that can be shown.
    pub fn entry(&mut self, directory: &T::Place, name: &str) -> Result<Found<T::Place>, Lost> {
        self.walk(directory.clone(), name)
    }

    /// Walks a path, and the targets of the links on it. Not by recursion: links may lead to links
    /// without end.
    fn walk(&mut self, start: T::Place, text: &str) -> Result<Found<T::Place>, Lost> {
        let mut path = Walk::new(None, start, text.to_owned());
        let mut links = VecDeque::new();
        loop {
            if self.steps >= self.next_check {
                self.next_check = self.steps + CHECK_EVERY;
                if !(self.keep_going)() {
                    for link in links.into_iter().filter_map(|walk: Walk<_>| walk.link) {
                        self.known.remove(&link);
                    }
                    return Err(Lost::Stopped);
                }
            }
            let walk = links.back_mut().unwrap_or(&mut path);
            match self.advance(walk) {
                Pause::Link { link, target } => {
                    walk.waits_for = Some(link.clone());
                    let here = walk.here.clone();
                    self.follow(&mut links, here, link, target);
                }
                Pause::End(end) => match links.pop_back() {
                    Some(Walk { link: Some(link), links, .. }) => self.end(link, Led { end, links }),
                    Some(_) | None => return end,
                },
            }
        }
    }

    /// Begins to follow a link. Whatever waits for more than forty of them is too far away.
    fn follow(
        &mut self,
        links: &mut VecDeque<Walk<T::Place>>,
        here: T::Place,
        link: T::Place,
        target: String,
    ) {
        if let Some(hops) = &mut self.hops {
            hops.push(Hop { link: self.tree.path(&link), target: target.clone() });
        }
        let (start, text) = if target.starts_with('/') {
            match self.tree.below_root(&target) {
                Some(below) => (self.tree.root(), below.to_owned()),
                None => return self.end(link, Led { end: Err(Lost::Outside), links: 1 }),
            }
        } else {
            (here, target)
        };
        self.known.insert(link.clone(), None);
        if links.len() == MAX_LINKS
            && let Some(Walk { link: Some(far), .. }) = links.pop_front()
        {
            self.end(far, Led { end: Err(Lost::Endless), links: MAX_LINKS + 1 });
        }
        links.push_back(Walk { links: 1, ..Walk::new(Some(link), start, text) });
    }

    fn end(&mut self, link: T::Place, led: Led<T::Place>) {
        self.tree.keep(&link, &led);
        self.known.insert(link, Some(led));
    }

    /// What is known of a link.
    fn known(&self, link: &T::Place) -> Known<T::Place> {
        match self.known.get(link) {
            Some(Some(led)) => Known::Led(led.clone()),
            Some(None) => Known::Followed,
            // What is recalled is not walked, and so its links would not be recorded.
            None if self.hops.is_some() => Known::Nothing,
            None => self.tree.recall(link).map_or(Known::Nothing, Known::Led),
        }
    }

    /// Walks to the end, or to the next link that has to be followed first.
    fn advance(&mut self, walk: &mut Walk<T::Place>) -> Pause<T::Place> {
        while walk.done < walk.text.len() {
            self.steps += 1;
            let part = walk.text[walk.done..].split('/').next().unwrap_or_default();
            let next = walk.done + part.len() + 1;
            let found = match part {
                "" | "." => Ok(Found::Directory(walk.here.clone())),
                ".." => self.tree.above(&walk.here).map(Found::Directory).ok_or(Lost::Outside),
                name => {
                    let link = match walk.waits_for.take() {
                        Some(link) => Node::Link(link, Cow::default()),
                        None => match self.tree.look(&walk.here, name) {
                            Ok(node) => node,
                            Err(lost) => return Pause::End(Err(lost)),
                        },
                    };
                    match link {
                        Node::Directory(place) => Ok(Found::Directory(place)),
                        Node::File(place) => Ok(Found::File(place)),
                        Node::Link(link, target) => match self.known(&link) {
                            Known::Nothing => return Pause::Link { link, target: target.into_owned() },
                            // It leads through itself.
                            Known::Followed => Err(Lost::Endless),
                            Known::Led(led) => {
                                walk.links += led.links;
                                led.end
                            }
                        },
                    }
                }
            };
            if walk.links > MAX_LINKS {
                return Pause::End(Err(Lost::Endless));
            }
            match found {
                Ok(Found::Directory(place)) => walk.here = place,
                // A file has nothing below it, and no name ends with a slash.
                Ok(Found::File(_)) if next <= walk.text.len() => return Pause::End(Err(Lost::Absent)),
                found => return Pause::End(found),
            }
            walk.done = next;
        }
        // A target that is empty leads nowhere.
        let is_empty = walk.text.is_empty() && walk.link.is_some();
        Pause::End(if is_empty { Err(Lost::Absent) } else { Ok(Found::Directory(walk.here.clone())) })
    }
}

impl<P> Walk<P> {
    fn new(link: Option<P>, here: P, text: String) -> Self {
        Self { link, here, text, done: 0, links: 0, waits_for: None }
    }
}
