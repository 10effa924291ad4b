//! What the tests of transformers share.

use oarlock_yaml::{Limits, Node, Reader, parse, parse_one};

use crate::resource::{ResMap, Resource};

/// A node from YAML.
pub(super) fn node(yaml: &str) -> Node {
    parse_one(yaml.as_bytes(), Reader::KustomizeResource, Limits::default()).unwrap().unwrap()
}

/// A typed value from YAML.
pub(super) fn read<T: serde::de::DeserializeOwned>(yaml: &str) -> T {
    oarlock_yaml::from_node(&node(yaml)).unwrap()
}

/// A resource from YAML.
pub(super) fn resource(yaml: &str) -> Resource {
    Resource::new(node(yaml), None)
}

/// Resources from a stream of YAML documents.
pub(super) fn resources(yaml: &str) -> ResMap {
    let mut map = ResMap::default();
    for document in parse(yaml.as_bytes(), Reader::KustomizeResource, Limits::default()).unwrap() {
        map.append(Resource::new(document.root, None)).unwrap();
    }
    map
}

/// Asserts that the resources are those of a stream of YAML documents.
#[track_caller]
pub(super) fn assert_resources(found: &ResMap, expected: &str) {
    let found: Vec<_> = found.iter().map(|resource| &resource.object).collect();
    let expected = resources(expected);
    let expected: Vec<_> = expected.iter().map(|resource| &resource.object).collect();
    assert_eq!(found, expected);
}
