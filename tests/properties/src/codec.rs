//! What the codec prints reads back as the same, and printing that again gives the same bytes.

use oarlock_yaml::{
    Dialect, Limits, Mapping, Node, Reader, Value, emit, from_json, parse, parse_one, to_json,
};

/// Depth that the printed form can nest once more, and sizes that a second takes many of.
const LIMITS: Limits = Limits { depth: 60, nodes: 5_000 };

/// Checks one input.
///
/// # Panics
/// If the property does not hold.
pub fn check(bytes: &[u8]) {
    let Ok(documents) = parse(bytes, Reader::KustomizeResource, LIMITS) else { return };
    for document in documents {
        // In a mapping, so that a lone `null` or a leading `---` is no document of its own.
        let mut holder = Mapping::default();
        holder.push("holder", document.root);
        let holder = Node::new(Value::Mapping(holder));
        if let Ok(printed) = emit(&holder, Dialect::Kustomize) {
            reads_back(&printed);
        }
        if let Ok(json) = to_json(&holder) {
            let node = from_json(&json).expect("what is printed as JSON can be read");
            assert_eq!(to_json(&node).expect("what was read from JSON can be printed"), json);
        }
    }
}

/// The law: `print ∘ parse` leaves printed text as it is.
fn reads_back(printed: &str) {
    let back = parse_one(printed.as_bytes(), Reader::KustomizeResource, Limits::default())
        .unwrap_or_else(|error| panic!("{error:?}\n{printed}"))
        .expect("a mapping is a document");
    assert_eq!(emit(&back, Dialect::Kustomize).expect("what was read can be printed"), printed);
}
