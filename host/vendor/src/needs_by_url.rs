//! From what renders looked up to what the repository needs.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use aho_corasick::AhoCorasick;
use oarlock_plugin::{ChartUrl, Remotes, TreePath};

use crate::need::{Need, NeedState, Remote, place_of_file};
use oarlock_engine::source::{Lookup, LookupResult, ReadRecord, Source};

/// What is needed, and where its copies lie or should lie. The work is linear in what was looked up
/// and read.
pub(crate) struct NeedsByUrl<'a> {
    tree: &'a dyn Source,
    remotes: &'a Remotes,
    needs: Vec<Need>,
    /// The needs by their entry in `remotes`.
    by_url: HashMap<String, usize>,
    /// Those that are repositories without an entry, by place and reference.
    unnamed: HashMap<(String, Option<String>), usize>,
    /// Places that are taken.
    taken: HashSet<TreePath>,
    /// The last number that was put behind a place.
    numbers: HashMap<String, usize>,
}

impl<'a> NeedsByUrl<'a> {
    pub(crate) fn new(tree: &'a dyn Source, remotes: &'a Remotes) -> Self {
        Self {
            tree,
            remotes,
            needs: Vec::new(),
            by_url: HashMap::new(),
            unnamed: HashMap::new(),
            taken: remotes.iter().map(|(_, place)| place.clone()).collect(),
            numbers: HashMap::new(),
        }
    }

    /// The needs, in the order in which they were found.
    pub(crate) fn into_needs(self) -> Vec<Need> {
        self.needs
    }

    /// Adds what the render of a directory looked up.
    pub(crate) fn add(&mut self, directory: &TreePath, reads: &ReadRecord) {
        let mut asked: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for (request, answer) in reads {
            if let Lookup::Remote(url) = request {
                asked.entry(self.need(url, answer)).or_default().push(url);
            }
        }
        if asked.is_empty() {
            return;
        }
        let urls: Vec<&str> = asked.values().flatten().copied().collect();
        let mut lines = askers(self.tree, reads, &urls).into_iter();
        for (index, urls) in asked {
            let asked_by = &mut self.needs[index].asked_by;
            for found in lines.by_ref().take(urls.len()) {
                if found.is_empty() {
                    asked_by.insert(directory.to_string());
                }
                asked_by.extend(found);
            }
        }
    }

    /// The need that a look-up comes to: the entry that serves a URL, or the one that should.
    fn need(&mut self, url: &str, answer: &LookupResult) -> usize {
        if let LookupResult::Copy(place) = answer {
            let entry = self.remotes.locate(url).and_then(|(key, _)| Some((key, self.remotes.get(key)?)));
            // Named by a nearer oarlock.yaml than that of the directory.
            let (key, place) = entry.unwrap_or((url, place));
            if let Some(known) = self.by_url.get(key) {
                return *known;
            }
            let state = if self.tree.stat(place).is_ok() { NeedState::Vendored } else { NeedState::Missing };
            let (key, place) = (key.to_owned(), place.clone());
            return self.push(key.clone(), Remote::of(&key), place, state);
        }
        let remote = Remote::of(url);
        let key = match &remote {
            Remote::Repository(repository) => {
                let same = (repository.place(), repository.reference.clone());
                if let Some(known) = self.unnamed.get(&same) {
                    return *known;
                }
                self.unnamed.insert(same, self.needs.len());
                repository.of_repository()
            }
            Remote::Chart(_) | Remote::File => url.to_owned(),
        };
        if let Some(known) = self.by_url.get(&key) {
            return *known;
        }
        let custom = match &remote {
            Remote::Repository(repository) => repository.customary_place(),
            Remote::Chart(chart) => chart.customary_place(),
            Remote::File => place_of_file(url),
        };
        let place = self.free(&custom);
        self.push(key, remote, place, NeedState::Unnamed)
    }

    fn push(&mut self, url: String, remote: Remote, place: TreePath, state: NeedState) -> usize {
        let index = self.needs.len();
        self.by_url.insert(url.clone(), index);
        self.taken.insert(place.clone());
        self.needs.push(Need { url, remote, place, state, asked_by: BTreeSet::new() });
        index
    }

    /// A place that no other copy has: the customary one, or with a number behind it.
    fn free(&mut self, custom: &str) -> TreePath {
        if let Ok(place) = TreePath::new(custom)
            && !self.taken.contains(&place)
        {
            return place;
        }
        let number = self.numbers.entry(custom.to_owned()).or_insert(1);
        loop {
            *number += 1;
            match TreePath::new(&format!("{custom}-{number}")) {
                Ok(place) if self.taken.contains(&place) => {}
                Ok(place) => return place,
                Err(_) => return TreePath::root(),
            }
        }
    }
}

/// For each URL, the lines of the files that were read which hold it. Each file is read once.
fn askers(tree: &dyn Source, reads: &ReadRecord, urls: &[&str]) -> Vec<BTreeSet<String>> {
    // A chart's URL is put together of what several lines say; that of its repository is the most
    // telling.
    let patterns: Vec<String> = urls
        .iter()
        .map(|url| ChartUrl::parse(url).map_or_else(|| (*url).to_owned(), |chart| chart.repository))
        .collect();
    let mut found = vec![BTreeSet::new(); urls.len()];
    let Ok(searcher) = AhoCorasick::new(&patterns) else { return found };
    for request in reads.keys() {
        let Lookup::Read(path) = request else { continue };
        let Ok(content) = tree.read(path) else { continue };
        let text = String::from_utf8_lossy(&content);
        for (index, line) in text.lines().enumerate() {
            for hit in searcher.find_overlapping_iter(line) {
                if ends(&line[hit.end()..]) {
                    found[hit.pattern().as_usize()].insert(format!("{path}:{}", index + 1));
                }
            }
        }
    }
    found
}

/// Whether a URL ends before this, and is not the start of another or a key of `remotes`.
fn ends(behind: &str) -> bool {
    !behind.starts_with(": ")
        && behind.chars().next().is_none_or(|c| c.is_whitespace() || "\"'],}".contains(c) || behind == "/")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use oarlock_plugin::{Metadata, ReadError};

    use super::*;
    use oarlock_engine::source::{Listing, Recorder};

    /// A tree of one file, which counts how often it is read.
    struct OneFile {
        text: String,
        read: AtomicUsize,
    }

    impl Source for OneFile {
        fn read(&self, _: &str) -> Result<Vec<u8>, ReadError> {
            self.read.fetch_add(1, Ordering::Relaxed);
            Ok(self.text.clone().into_bytes())
        }
        fn list(&self, _: &str) -> Result<Listing, ReadError> {
            Err(ReadError::NotFound)
        }
        fn stat(&self, _: &str) -> Result<Metadata, ReadError> {
            Err(ReadError::NotFound)
        }
    }

    /// What is needed after a file was read and URLs were looked up.
    fn booked(text: &str, urls: &[String]) -> (Vec<Need>, usize) {
        let tree = Arc::new(OneFile { text: text.to_owned(), read: AtomicUsize::new(0) });
        let recorder = Recorder::new(Arc::clone(&tree) as Arc<dyn Source>);
        recorder.read("k.yaml").unwrap();
        for url in urls {
            assert_eq!(recorder.remote(url), None);
        }
        let remotes = Remotes::default();
        let mut needs_by_url = NeedsByUrl::new(tree.as_ref(), &remotes);
        tree.read.store(0, Ordering::Relaxed);
        needs_by_url.add(&TreePath::new("app").unwrap(), &recorder.take_record());
        (needs_by_url.into_needs(), tree.read.load(Ordering::Relaxed))
    }

    #[test]
    fn a_line_holds_a_url_as_a_whole() {
        let url = "https://h.example/o/r";
        for (line, expected) in [
            ("- https://h.example/o/r", "k.yaml:1"),
            ("resources: [https://h.example/o/r, b]", "k.yaml:1"),
            ("- path: \"https://h.example/o/r\"", "k.yaml:1"),
            ("- https://h.example/o/r2", "app"),
            ("- https://h.example/o/r//a and https://h.example/o/r", "k.yaml:1"),
            ("  https://h.example/o/r: vendor/r", "app"),
        ] {
            let (needs, _) = booked(line, &[url.to_owned()]);
            assert_eq!(needs[0].asked_by, BTreeSet::from([expected.to_owned()]), "{line}");
        }
    }

    #[test]
    fn equal_places_are_numbered_and_a_file_is_read_once() {
        for count in [50, 400] {
            // They differ in what a place cannot hold.
            let urls: Vec<String> =
                (0..count).map(|index| format!("https://h.example/a.yaml?{index}")).collect();
            let text = urls.iter().map(|url| format!("- {url}\n")).collect::<Vec<_>>().concat();
            let (needs, read) = booked(&text, &urls);
            assert_eq!(read, 1, "reads for {count} URLs");
            let places: HashSet<&str> = needs.iter().map(|need| need.place.as_str()).collect();
            assert_eq!(places.len(), count);
            assert!(places.contains("vendor/h.example/a.yaml"));
            assert!(places.contains(format!("vendor/h.example/a.yaml-{count}").as_str()));
            assert!(needs.iter().all(|need| need.asked_by.len() == 1));
        }
    }
}
