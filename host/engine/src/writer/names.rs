//! Names of files for objects: those of `kustomize build -o`, made different where objects share
//! one.

use std::collections::{HashMap, HashSet};

use oarlock_yaml::Node;

use super::text::text_at;
use crate::source::Digest;

/// The longest name that common file systems take, in bytes.
const MAX_BYTES: usize = 255;

/// So much of the digest makes shortened names different.
const DIGEST_CHARS: usize = 16;

/// The names that are taken in a directory.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: HashSet<String>,
    /// The last number that was put behind a stem.
    numbers: HashMap<String, usize>,
    /// How many names were tried.
    #[cfg(test)]
    tried: usize,
}

impl Names {
    /// A name for an object that no other one has: group, version, kind and name; the namespace
    /// before it where that is taken; then a number. The work for all names is linear in their
    /// number.
    pub(super) fn name(&mut self, object: &Node, extension: &str) -> String {
        let api_version = text_at(object, &["apiVersion"]).replace('/', "_");
        let parts =
            [api_version.as_str(), text_at(object, &["kind"]), text_at(object, &["metadata", "name"])];
        let short = sanitize(&parts.join("_").to_lowercase());
        if let Some(name) = self.take(&short, extension) {
            return name;
        }
        // Two objects may differ in nothing but their namespace, or only in what a file name cannot
        // hold.
        let long = format!("{}_{short}", sanitize(text_at(object, &["metadata", "namespace"])));
        if let Some(name) = self.take(&long, extension) {
            return name;
        }
        let mut number = self.numbers.get(&long).copied().unwrap_or(1);
        loop {
            number += 1;
            if let Some(name) = self.take(&format!("{long}_{number}"), extension) {
                self.numbers.insert(long, number);
                return name;
            }
        }
    }

    fn take(&mut self, stem: &str, extension: &str) -> Option<String> {
        #[cfg(test)]
        {
            self.tried += 1;
        }
        let name = shortened(stem, extension);
        self.taken.insert(name.clone()).then_some(name)
    }
}

/// A name that file systems take. A long one keeps its beginning; the digest of the whole makes it
/// differ from others that begin alike.
fn shortened(stem: &str, extension: &str) -> String {
    let name = format!("{stem}.{extension}");
    if name.len() <= MAX_BYTES {
        return name;
    }
    let digest = Digest::of(stem.as_bytes()).to_string();
    let digest = &digest[..DIGEST_CHARS];
    let room = MAX_BYTES - extension.len() - digest.len() - "_.".len();
    format!("{}_{digest}.{extension}", &stem[..stem.floor_char_boundary(room)])
}

/// A name that is a file name everywhere: what an object's name may not hold anyway becomes `-`, so
/// that none can climb out.
fn sanitize(name: &str) -> String {
    let clean = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    name.chars().map(clean).collect::<String>().trim_start_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(name: &str, namespace: &str) -> Node {
        let json = format!(
            r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"{name}","namespace":"{namespace}"}}}}"#
        );
        oarlock_yaml::from_json(&json).unwrap()
    }

    #[test]
    fn equal_names_are_numbered_in_time() {
        for count in [100, 800] {
            let mut names = Names::default();
            // Among them objects that have numbered names of their own.
            for number in 0..count {
                names.name(&object(&format!("a_{number}"), "x"), "yaml");
            }
            let all: HashSet<String> = (0..count).map(|_| names.name(&object("a", ""), "yaml")).collect();
            assert_eq!(all.len(), count);
            assert!(all.contains("v1_configmap_a.yaml") && all.contains("_v1_configmap_a.yaml"));
            assert!(names.tried <= 5 * count, "{} names tried for {count} objects", names.tried);
        }
    }

    #[test]
    fn long_names_are_shortened_and_stay_different() {
        let mut names = Names::default();
        let long = "a".repeat(300);
        let all: Vec<String> = [&long, &format!("{long}b"), &long, &long]
            .map(|name| names.name(&object(name, "x"), "yaml"))
            .to_vec();
        for name in &all {
            assert_eq!(name.len(), MAX_BYTES, "{name}");
            assert!(name.contains("v1_configmap_aaa"), "{name}");
        }
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
        // The same in every run.
        assert_eq!(all[0], Names::default().name(&object(&long, "x"), "yaml"));
        let fits = "a".repeat(MAX_BYTES - "v1_configmap_.yaml".len());
        assert_eq!(names.name(&object(&fits, ""), "yaml"), format!("v1_configmap_{fits}.yaml"));
    }
}
