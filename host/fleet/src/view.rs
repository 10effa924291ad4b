//! Several trees in one: an Application's values files may lie in another repository than its
//! chart.

use std::collections::BTreeMap;
use std::sync::Arc;

use oarlock_engine::source::{Digest, Listing, Metadata, ReadError, Source};
use oarlock_plugin::TreePath;

use crate::repository::Checkout;

/// A tree, with other trees at names in its root. Each is jailed to itself: no link and no path
/// leads from one into another.
///
/// The names hide what the tree has there itself; listings of the root do not show them.
pub struct View<M = BTreeMap<String, Checkout>> {
    base: Arc<dyn Source>,
    mounts: M,
}

/// The trees that have names in a [`View`].
pub trait Mounts: Send + Sync {
    /// The tree of a name.
    fn find(&self, name: &str) -> Option<Checkout>;
}

impl Mounts for BTreeMap<String, Checkout> {
    fn find(&self, name: &str) -> Option<Checkout> {
        self.get(name).cloned()
    }
}

/// The tree that serves a path.
struct Route {
    source: Arc<dyn Source>,
    /// The path in that tree.
    path: TreePath,
    /// The name of the mount and the root of its repository.
    mount: Option<(String, TreePath)>,
}

impl<M: Mounts> View<M> {
    /// A tree with others at names in its root.
    pub fn new(base: Arc<dyn Source>, mounts: M) -> Self {
        Self { base, mounts }
    }

    /// The trees that have names.
    pub fn mounts(&self) -> &M {
        &self.mounts
    }

    fn route(&self, path: &str) -> Result<Route, ReadError> {
        let path = TreePath::new(path).map_err(|error| ReadError::Refused(error.to_string()))?;
        let name = path.parts().next().unwrap_or_default();
        let Some(Checkout { tree: source, root }) = self.mounts.find(name) else {
            return Ok(Route { source: Arc::clone(&self.base), path, mount: None });
        };
        let name = name.to_owned();
        let below: Vec<&str> = path.parts().skip(1).collect();
        let inner = root.join(&below.join("/")).map_err(|error| ReadError::Refused(error.to_string()))?;
        Ok(Route { source, path: inner, mount: Some((name, root)) })
    }
}

impl Route {
    /// Where the path leads, links followed. In a mount that is a part of a tree, what leaves that
    /// part is refused.
    fn stat(&self) -> Result<Metadata, ReadError> {
        let found = self.source.stat(&self.path)?;
        let Some((name, root)) = &self.mount else { return Ok(found) };
        let real = TreePath::new(&found.path).map_err(|error| ReadError::Refused(error.to_string()))?;
        if !real.starts_with(root) {
            return Err(ReadError::Refused(format!("`{}` leads out of its repository", self.path)));
        }
        let below = real.relative_to(root);
        let path = if below == "." { name.clone() } else { format!("{name}/{below}") };
        Ok(Metadata { path, ..found })
    }

    fn check(&self) -> Result<(), ReadError> {
        match &self.mount {
            Some((_, root)) if !root.is_root() => self.stat().map(|_| ()),
            _ => Ok(()),
        }
    }
}

impl<M: Mounts> Source for View<M> {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let route = self.route(path)?;
        route.check()?;
        route.source.read(&route.path)
    }

    fn list(&self, path: &str) -> Result<Listing, ReadError> {
        let route = self.route(path)?;
        route.check()?;
        route.source.list(&route.path)
    }

    fn list_while(&self, path: &str, keep_going: &dyn Fn() -> bool) -> Result<Listing, ReadError> {
        let route = self.route(path)?;
        route.check()?;
        route.source.list_while(&route.path, keep_going)
    }

    fn stat(&self, path: &str) -> Result<Metadata, ReadError> {
        self.route(path)?.stat()
    }

    fn digest(&self, path: &str) -> Result<Digest, ReadError> {
        let route = self.route(path)?;
        route.check()?;
        route.source.digest(&route.path)
    }

    fn digest_of(&self, path: &str, content: &[u8]) -> Digest {
        match self.route(path) {
            Ok(route) => route.source.digest_of(&route.path, content),
            Err(_) => Digest::of(content),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use oarlock_engine::source::Directory;

    use super::*;

    #[test]
    fn each_tree_is_jailed_to_itself() {
        let outer = tempfile::tempdir().unwrap();
        let at = |path: &str| outer.path().join(path);
        for (path, text) in [
            ("base/chart/Chart.yaml", "name: web"),
            ("base/$values/hidden.yaml", "hidden"),
            ("other/copy/prod/values.yaml", "a: 1"),
            ("other/secret.yaml", "no"),
        ] {
            std::fs::create_dir_all(at(path).parent().unwrap()).unwrap();
            std::fs::write(at(path), text).unwrap();
        }
        symlink("../../secret.yaml", at("other/copy/prod/out.yaml")).unwrap();
        symlink("values.yaml", at("other/copy/prod/link.yaml")).unwrap();
        let open = |path: &str| -> Arc<dyn Source> { Arc::new(Directory::open(&at(path)).unwrap()) };
        let mount = Checkout { tree: open("other"), root: TreePath::new("copy").unwrap() };
        let view = View::new(open("base"), BTreeMap::from([("$values".to_owned(), mount)]));

        assert_eq!(view.read("chart/Chart.yaml").unwrap(), b"name: web");
        assert_eq!(view.read("chart/../$values/prod/values.yaml").unwrap(), b"a: 1");
        assert_eq!(view.stat("$values/prod/link.yaml").unwrap().path, "$values/prod/values.yaml");
        assert_eq!(view.read("$values/prod/link.yaml").unwrap(), b"a: 1");
        assert_eq!(view.digest("$values/prod/link.yaml").unwrap(), Digest::of(b"a: 1"));
        assert_eq!(view.stat("$values").unwrap().path, "$values");
        assert!(matches!(view.read("$values/prod/out.yaml"), Err(ReadError::Refused(_))));
        assert!(matches!(view.digest("$values/prod/out.yaml"), Err(ReadError::Refused(_))));
        assert_eq!(view.read("$values/../secret.yaml"), Err(ReadError::NotFound));
        assert!(matches!(view.read("$values/../../secret.yaml"), Err(ReadError::Refused(_))));
        assert_eq!(view.read("$values/hidden.yaml"), Err(ReadError::NotFound));
        assert_eq!(view.list("$values").unwrap().entries.len(), 1);
        assert_eq!(view.list("$values/prod").unwrap().entries.len(), 3);
    }
}
