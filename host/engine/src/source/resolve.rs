//! Links in a listing: what each name leads to, in time that is linear in the tree.
//!
//! A directory of links, each of which leads to the next, takes forty looks at every one of them
//! when they are followed one by one, and each look goes through a target that may be as long as a
//! path. Here every link is followed once, whatever leads through it.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::rc::Rc;

use oarlock_plugin::Kind;

/// The most links on the way to a place, as in Linux.
const MAX_LINKS: usize = 40;

/// How many steps there are between looks whether to go on.
const LOOK_EVERY: u64 = 256;

/// A tree whose links are followed.
pub(super) trait Nodes {
    /// A directory, without links on the way to it.
    type Folder;
    /// What is the same for the same directory only.
    type Id: Clone + Eq + Hash;

    /// The root.
    fn root(&self) -> Self::Folder;

    /// What tells a directory from others.
    fn id(&self, folder: &Self::Folder) -> Self::Id;

    /// What a name in a directory is.
    fn look(&self, folder: &Self::Folder, name: &str) -> Node<Self::Folder>;

    /// Where in the tree an absolute target leads, if that can be told.
    fn below_root<'a>(&self, target: &'a str) -> Option<&'a str>;
}

/// What a name is.
pub(super) enum Node<F> {
    /// A directory.
    Folder(F),
    /// A file.
    File,
    /// A link, with its target.
    Link(String),
    /// Neither.
    Other,
    /// Nothing is there.
    Nothing,
}

/// What a link leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A place in the tree that can be shown.
    Found(Kind),
    /// Nothing, what is neither file nor directory, or itself.
    Nothing,
    /// Out of the tree, if perhaps back into it.
    Outside,
    /// Nobody wants to know any more.
    Stopped,
}

/// Where a search is: a directory and the way up from it.
type Place<F> = Rc<Step<F>>;

struct Step<F> {
    folder: F,
    above: Option<Place<F>>,
}

/// A link that was followed: where it ends, and how many links are on the way, itself among them.
enum Followed<F> {
    Under,
    Folder(Place<F>, usize),
    File(usize),
    Nothing,
    Outside,
}

/// A link that is being followed.
struct Frame<F, I> {
    /// The directory that it is in, and its name.
    link: (I, String),
    here: Place<F>,
    target: String,
    /// How much of the target is done, in bytes.
    done: usize,
    links: usize,
}

/// Follows the links of a listing.
pub(super) struct Links<'a, T: Nodes> {
    tree: &'a T,
    keep_going: &'a dyn Fn() -> bool,
    known: HashMap<T::Id, HashMap<String, Followed<T::Folder>>>,
    steps: u64,
    /// At which step to look again whether to go on.
    next_look: u64,
}

impl<'a, T: Nodes> Links<'a, T> {
    pub(super) fn new(tree: &'a T, keep_going: &'a dyn Fn() -> bool) -> Self {
        Self { tree, keep_going, known: HashMap::new(), steps: 0, next_look: 0 }
    }

    /// How many parts of targets were looked at so far.
    #[cfg(test)]
    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    /// The directory at the end of names without links between them.
    pub(super) fn place<'n>(&self, names: impl Iterator<Item = &'n str>) -> Option<Directory<T>> {
        let mut here = Rc::new(Step { folder: self.tree.root(), above: None });
        for name in names.filter(|name| !matches!(*name, "" | ".")) {
            let Node::Folder(folder) = self.tree.look(&here.folder, name) else { return None };
            here = Rc::new(Step { folder, above: Some(here) });
        }
        Some(Directory(here))
    }

    /// What a link leads to.
    pub(super) fn follow(&mut self, directory: &Directory<T>, name: &str, target: &str) -> Target {
        let id = self.tree.id(&directory.0.folder);
        let mut frames = VecDeque::new();
        if self.known(&id, name).is_none() {
            self.open(&mut frames, &directory.0, (id.clone(), name.to_owned()), target.to_owned());
        }
        while let Some(frame) = frames.pop_back() {
            if self.steps >= self.next_look {
                self.next_look = self.steps + LOOK_EVERY;
                if !(self.keep_going)() {
                    return Target::Stopped;
                }
            }
            self.advance(&mut frames, frame);
        }
        match self.known(&id, name) {
            Some(Followed::Folder(..)) => Target::Found(Kind::Directory),
            Some(Followed::File(_)) => Target::Found(Kind::File),
            Some(Followed::Outside) => Target::Outside,
            Some(Followed::Nothing | Followed::Under) | None => Target::Nothing,
        }
    }

    fn known(&self, id: &T::Id, name: &str) -> Option<&Followed<T::Folder>> {
        self.known.get(id)?.get(name)
    }

    fn end(&mut self, (id, name): (T::Id, String), followed: Followed<T::Folder>) {
        self.known.entry(id).or_default().insert(name, followed);
    }

    /// Begins to follow a link. Whatever waits for more than forty of them is too far away.
    fn open(
        &mut self,
        frames: &mut VecDeque<Frame<T::Folder, T::Id>>,
        here: &Place<T::Folder>,
        link: (T::Id, String),
        target: String,
    ) {
        self.steps += 1;
        let (here, target) = if target.starts_with('/') {
            match self.tree.below_root(&target) {
                Some(below) => (root_of(here), below.to_owned()),
                None => return self.end(link, Followed::Outside),
            }
        } else {
            (Rc::clone(here), target)
        };
        self.end(link.clone(), Followed::Under);
        if frames.len() == MAX_LINKS
            && let Some(far) = frames.pop_front()
        {
            self.end(far.link, Followed::Nothing);
        }
        frames.push_back(Frame { link, here, target, done: 0, links: 1 });
    }

    /// Follows a link to its end, or to the next link that has to be followed first.
    fn advance(
        &mut self,
        frames: &mut VecDeque<Frame<T::Folder, T::Id>>,
        mut frame: Frame<T::Folder, T::Id>,
    ) {
        while frame.done < frame.target.len() {
            self.steps += 1;
            let rest = &frame.target[frame.done..];
            let part = rest.split('/').next().unwrap_or_default();
            let next = frame.done + part.len() + 1;
            let is_last = frame.target.get(next..).is_none_or(|rest| rest.bytes().all(|byte| byte == b'/'));
            let followed = match part {
                "" | "." => None,
                ".." => match &frame.here.above {
                    Some(above) => {
                        frame.here = Rc::clone(above);
                        None
                    }
                    None => return self.end(frame.link, Followed::Outside),
                },
                name => {
                    let id = self.tree.id(&frame.here.folder);
                    match self.known(&id, name) {
                        Some(Followed::Folder(place, links)) => {
                            frame.links += links;
                            frame.here = Rc::clone(place);
                            None
                        }
                        Some(Followed::File(links)) => {
                            frame.links += links;
                            Some(Followed::File(frame.links))
                        }
                        // It leads through itself.
                        Some(Followed::Under | Followed::Nothing) => Some(Followed::Nothing),
                        Some(Followed::Outside) => Some(Followed::Outside),
                        None => match self.tree.look(&frame.here.folder, name) {
                            Node::Folder(folder) => {
                                frame.here = Rc::new(Step { folder, above: Some(Rc::clone(&frame.here)) });
                                None
                            }
                            Node::Link(target) => {
                                let (here, link) = (Rc::clone(&frame.here), (id, name.to_owned()));
                                // To be looked at again when it is known.
                                frames.push_back(frame);
                                return self.open(frames, &here, link, target);
                            }
                            Node::File => Some(Followed::File(frame.links)),
                            Node::Other | Node::Nothing => Some(Followed::Nothing),
                        },
                    }
                }
            };
            if frame.links > MAX_LINKS {
                return self.end(frame.link, Followed::Nothing);
            }
            match followed {
                None => frame.done = next,
                // What is no directory has nothing below it.
                Some(Followed::File(_)) if !is_last => return self.end(frame.link, Followed::Nothing),
                Some(followed) => return self.end(frame.link, followed),
            }
        }
        let (place, links) = (frame.here, frame.links);
        self.end(frame.link, Followed::Folder(place, links));
    }
}

/// A directory whose links are followed.
pub(super) struct Directory<T: Nodes>(Place<T::Folder>);

fn root_of<F>(place: &Place<F>) -> Place<F> {
    let mut here = place;
    while let Some(above) = &here.above {
        here = above;
    }
    Rc::clone(here)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Directories by their path: names, and targets of links.
    #[derive(Default)]
    struct Tree(BTreeMap<String, BTreeMap<String, Option<String>>>);

    impl Tree {
        fn link(&mut self, directory: &str, name: &str, target: &str) {
            let names = self.0.entry(directory.to_owned()).or_default();
            names.insert(name.to_owned(), Some(target.to_owned()));
        }

        fn file(&mut self, directory: &str, name: &str) {
            self.0.entry(directory.to_owned()).or_default().insert(name.to_owned(), None);
        }
    }

    impl Nodes for Tree {
        type Folder = String;
        type Id = String;

        fn root(&self) -> String {
            String::new()
        }

        fn id(&self, folder: &String) -> String {
            folder.clone()
        }

        fn look(&self, folder: &String, name: &str) -> Node<String> {
            let path = format!("{folder}/{name}");
            if self.0.contains_key(&path) {
                return Node::Folder(path);
            }
            match self.0.get(folder).and_then(|names| names.get(name)) {
                Some(Some(target)) => Node::Link(target.clone()),
                Some(None) => Node::File,
                None => Node::Nothing,
            }
        }

        fn below_root<'a>(&self, target: &'a str) -> Option<&'a str> {
            target.strip_prefix("/root")
        }
    }

    /// What all links of a directory lead to, and how many steps that took.
    fn listed(tree: &Tree, directory: &str) -> (BTreeMap<String, Target>, u64) {
        let keep_going = || true;
        let mut links = Links::new(tree, &keep_going);
        let here = links.place(directory.split('/')).unwrap();
        let mut found = BTreeMap::new();
        for (name, target) in &tree.0[directory] {
            if let Some(target) = target {
                found.insert(name.clone(), links.follow(&here, name, target));
            }
        }
        let steps = links.steps();
        (found, steps)
    }

    #[test]
    fn links_lead_where_they_say() {
        let mut tree = Tree::default();
        tree.file("/a", "file");
        tree.file("/a/b", "below");
        for (name, target) in [
            ("to-file", "file"),
            ("to-directory", "b"),
            ("through", "to-directory/../to-file"),
            ("up", ".."),
            ("slashes", ".//b/./"),
            ("absolute", "/root/a/file"),
            ("out", "../../etc"),
            ("absolute-out", "/etc"),
            ("through-out", "out/below"),
            ("nothing", "gone"),
            ("below-a-file", "file/below"),
            ("itself", "itself"),
            ("one", "two"),
            ("two", "./three"),
            ("three", "one"),
        ] {
            tree.link("/a", name, target);
        }
        let (found, _) = listed(&tree, "/a");
        for (name, expected) in [
            ("to-file", Target::Found(Kind::File)),
            ("to-directory", Target::Found(Kind::Directory)),
            ("through", Target::Found(Kind::File)),
            ("up", Target::Found(Kind::Directory)),
            ("slashes", Target::Found(Kind::Directory)),
            ("absolute", Target::Found(Kind::File)),
            ("out", Target::Outside),
            ("absolute-out", Target::Outside),
            ("through-out", Target::Outside),
            ("nothing", Target::Nothing),
            ("below-a-file", Target::Nothing),
            ("itself", Target::Nothing),
            ("one", Target::Nothing),
            ("two", Target::Nothing),
            ("three", Target::Nothing),
        ] {
            assert_eq!(found[name], expected, "{name}");
        }
    }

    /// A directory of links of which each leads to the next, through a long way of its own.
    fn chain(count: usize, order: impl Fn(usize) -> usize) -> Tree {
        let mut tree = Tree::default();
        tree.file("/a", "0-file");
        let name = |number: usize| format!("{:06}", order(number));
        let way = "x/../".repeat(50);
        tree.file("/a/x", "file");
        tree.link("/a", &name(0), "0-file");
        for number in 1..count {
            tree.link("/a", &name(number), &format!("{way}{}", name(number - 1)));
        }
        tree
    }

    #[test]
    fn forty_links_are_followed_and_no_more() {
        for order in [&(|number| number) as &dyn Fn(usize) -> usize, &|number| 999 - number] {
            let (found, _) = listed(&chain(100, order), "/a");
            let good = |number: usize| found[&format!("{:06}", order(number))] == Target::Found(Kind::File);
            for number in 0..100 {
                assert_eq!(good(number), number < MAX_LINKS, "{number}");
            }
        }
    }

    #[test]
    fn the_work_is_linear_in_the_links() {
        for order in [&(|number| number) as &dyn Fn(usize) -> usize, &|number| 999_999 - number] {
            let steps = |count| listed(&chain(count, order), "/a").1;
            let (few, many) = (steps(200), steps(1_600));
            assert!(many <= 9 * few, "{few} steps for 200 links, {many} for 1,600");
        }
    }

    #[test]
    fn a_search_that_nobody_wants_ends() {
        let tree = chain(1_000, |number| number);
        let keep_going = || false;
        let mut links = Links::new(&tree, &keep_going);
        let here = links.place(["a"].into_iter()).unwrap();
        assert!((0..1_000).any(|_| links.follow(&here, "000900", "000899") == Target::Stopped));
    }
}
