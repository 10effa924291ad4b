//! Whether the URL in an Application is that of the checkout.

use std::fmt;
use std::path::Path;

use oarlock_fleet::RepositoryId;

/// The URLs under which the checkout is known. None of them: it is taken for any.
#[derive(Debug)]
pub(super) struct Remotes {
    root: String,
    urls: Vec<RepositoryId>,
}

impl Remotes {
    /// Those of a checkout at a root.
    pub(super) fn new(root: &Path, urls: &[String]) -> Self {
        let urls = urls.iter().map(|url| RepositoryId::new(url)).collect();
        Self { root: root.display().to_string(), urls }
    }

    /// Whether a URL is one of them.
    pub(super) fn is(&self, url: &str) -> bool {
        self.urls.is_empty() || self.urls.contains(&RepositoryId::new(url))
    }
}

impl fmt::Display for Remotes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.urls.first() {
            Some(url) => url.fmt(f),
            None => f.write_str(&self.root),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_urls_every_one_is_that_of_the_checkout() {
        let root = Path::new("/srv/gitops");
        let none = Remotes::new(root, &[]);
        assert!(none.is("https://h.example/any"));
        assert_eq!(none.to_string(), "/srv/gitops");

        let remotes = Remotes::new(root, &["git@h.example:o/a.git".into(), "https://h.example/o/b".into()]);
        assert!(remotes.is("https://h.example/o/a") && remotes.is("https://h.example/o/b.git"));
        assert!(!remotes.is("https://h.example/o/c"));
    }
}
