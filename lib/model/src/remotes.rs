//! Where a repository keeps its copies of what is at URLs.

use std::collections::BTreeMap;

use crate::path::TreePath;
use crate::repository::RepositoryUrl;

/// From URLs to the places in the tree that hold copies of what is there.
///
/// A URL is looked up as it is written first. Else, if it is one of a git repository, by the entry
/// for the same repository at the same reference, whatever protocol, user or `.git` the two are
/// spelled with: the entry of a whole repository serves all of its directories. Where several
/// entries hold the directory, the nearest one does.
///
/// ```
/// use oarlock_model::{Remotes, TreePath};
///
/// let copy = TreePath::new("vendor/bases").unwrap();
/// let remotes = Remotes::new([("https://git.example.com/org/bases?ref=v1".to_owned(), copy)]);
/// let found = remotes.find("git@git.example.com:org/bases.git//web?ref=v1").unwrap();
/// assert_eq!(found.as_str(), "vendor/bases/web");
/// assert!(remotes.find("git@git.example.com:org/bases.git//web?ref=v2").is_none());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Remotes {
    /// In the order in which they were given.
    copies: Vec<(String, TreePath)>,
    /// Copies by their URL.
    by_url: BTreeMap<String, usize>,
    /// Copies by what their URL means.
    by_directory: BTreeMap<Repository, BTreeMap<TreePath, usize>>,
}

/// A repository at a reference, however it is spelled.
type Repository = (String, Option<String>);

impl Remotes {
    /// A map of URLs and places.
    pub fn new(entries: impl IntoIterator<Item = (String, TreePath)>) -> Self {
        let mut remotes = Self::default();
        for (index, (url, place)) in entries.into_iter().enumerate() {
            remotes.by_url.entry(url.clone()).or_insert(index);
            if let Some(held) = RepositoryUrl::parse(&url) {
                let directories = remotes.by_directory.entry((held.place(), held.reference)).or_default();
                directories.insert(held.directory, index);
            }
            remotes.copies.push((url, place));
        }
        remotes
    }

    /// Where the copy of what is at a URL should lie, if there is an entry for it.
    pub fn find(&self, url: &str) -> Option<TreePath> {
        self.locate(url).map(|(_, place)| place)
    }

    /// The URL of the entry that serves a URL, and where the copy should lie.
    pub fn locate(&self, url: &str) -> Option<(&str, TreePath)> {
        if let Some(index) = self.by_url.get(url) {
            let (url, place) = &self.copies[*index];
            return Some((url, place.clone()));
        }
        let wanted = RepositoryUrl::parse(url)?;
        let directories = self.by_directory.get(&(wanted.place(), wanted.reference))?;
        let mut above = std::iter::successors(Some(wanted.directory.clone()), TreePath::parent);
        let (held, index) = above.find_map(|directory| directories.get_key_value(&directory))?;
        let (url, place) = &self.copies[*index];
        let place = place.join(&wanted.directory.relative_to(held)).ok()?;
        Some((url, place))
    }

    /// The place of the entry with exactly this URL.
    pub fn get(&self, url: &str) -> Option<&TreePath> {
        self.by_url.get(url).map(|index| &self.copies[*index].1)
    }

    /// The URLs and places, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &TreePath)> {
        self.copies.iter().map(|(url, place)| (url.as_str(), place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_wins_then_the_nearest_directory() {
        let entry = |url: &str, place: &str| (url.to_owned(), TreePath::new(place).unwrap());
        let remotes = Remotes::new([
            entry("https://h.example/o/r?ref=1", "whole"),
            entry("https://h.example/o/r//a?ref=1", "part"),
            entry("git@h.example:o/r//a/b?ref=1", "written"),
            entry("https://h.example/x/y/z.yaml", "file.yaml"),
        ]);
        for (url, expected) in [
            ("https://h.example/o/r?ref=1", Some("whole")),
            ("https://h.example/o/r//c/d?ref=1", Some("whole/c/d")),
            ("https://h.example/o/r//ab?ref=1", Some("whole/ab")),
            ("https://h.example/o/r/a/c?version=1", Some("part/c")),
            ("git@h.example:o/r//a/b?ref=1", Some("written")),
            ("https://h.example/x/y/z.yaml", Some("file.yaml")),
            ("https://h.example/o/r", None),
            ("../base", None),
        ] {
            assert_eq!(remotes.find(url).as_deref(), expected, "{url}");
        }
    }
}
