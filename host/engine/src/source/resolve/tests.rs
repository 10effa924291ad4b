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
    type Place = String;

    fn root(&self) -> String {
        String::new()
    }

    fn above(&self, place: &String) -> Option<String> {
        place.rsplit_once('/').map(|(above, _)| above.to_owned())
    }

    fn path(&self, place: &String) -> TreePath {
        TreePath::new(place.trim_start_matches('/')).unwrap()
    }

    fn look(&self, directory: &String, name: &str) -> Result<Node<'_, String>, Lost> {
        let path = format!("{directory}/{name}");
        if self.0.contains_key(&path) {
            return Ok(Node::Directory(path));
        }
        match self.0.get(directory).and_then(|names| names.get(name)) {
            Some(Some(target)) => Ok(Node::Link(path, target.into())),
            Some(None) => Ok(Node::File(path)),
            None => Err(Lost::Absent),
        }
    }

    fn below_root<'t>(&self, target: &'t str) -> Option<&'t str> {
        target.strip_prefix("/root")
    }
}

type Ends = BTreeMap<String, Result<Found<String>, Lost>>;

/// What all links of a directory lead to, and how many steps that took.
fn listed(tree: &Tree, directory: &str) -> (Ends, u64) {
    let mut resolver = Resolver::new(tree, &|| true);
    let mut ends = Ends::new();
    for (name, target) in &tree.0[directory] {
        if target.is_some() {
            ends.insert(name.clone(), resolver.entry(&directory.to_owned(), name));
        }
    }
    (ends, resolver.steps())
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
        ("file-and-slash", "file/"),
        ("file-and-dot", "to-file/."),
        ("empty", ""),
        ("absolute", "/root/a/file"),
        ("out", "../../etc"),
        ("absolute-out", "/etc"),
        ("and-back", "../../root/a/file"),
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
    let file = |path: &str| Ok(Found::File(path.to_owned()));
    let directory = |path: &str| Ok(Found::Directory(path.to_owned()));
    for (name, expected) in [
        ("to-file", file("/a/file")),
        ("to-directory", directory("/a/b")),
        ("through", file("/a/file")),
        ("up", directory("")),
        ("slashes", directory("/a/b")),
        ("file-and-slash", Err(Lost::Absent)),
        ("file-and-dot", Err(Lost::Absent)),
        ("empty", Err(Lost::Absent)),
        ("absolute", file("/a/file")),
        ("out", Err(Lost::Outside)),
        ("absolute-out", Err(Lost::Outside)),
        ("and-back", Err(Lost::Outside)),
        ("through-out", Err(Lost::Outside)),
        ("nothing", Err(Lost::Absent)),
        ("below-a-file", Err(Lost::Absent)),
        ("itself", Err(Lost::Endless)),
        ("one", Err(Lost::Endless)),
        ("two", Err(Lost::Endless)),
        ("three", Err(Lost::Endless)),
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
        let good = |number: usize| found[&format!("{:06}", order(number))].is_ok();
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
    let mut resolver = Resolver::new(&tree, &|| false);
    assert_eq!(resolver.entry(&"/a".to_owned(), "000900"), Err(Lost::Stopped));
}

#[test]
fn each_link_on_the_way_is_recorded() {
    let mut tree = Tree::default();
    tree.file("/real/deep", "file");
    tree.link("/real", "alias", "deep");
    tree.link("/app", "base", "../real/alias");
    tree.link("/app", "out", "../../etc");
    let hops = |path: &str| -> Vec<String> {
        let hops = hops(&tree, &TreePath::new(path).unwrap());
        hops.into_iter().map(|hop| format!("{} → {}", hop.link, hop.target)).collect()
    };
    assert_eq!(hops("app/base/file"), ["app/base → ../real/alias", "real/alias → deep"]);
    assert_eq!(hops("app/out/passwd"), ["app/out → ../../etc"]);
    assert!(hops("real/deep/file").is_empty());
}
