//! Which lists are merged item by item, and by which keys.

include!(concat!(env!("OUT_DIR"), "/merge_keys.rs"));

/// A field on the way to a merged list.
struct Field {
    name: &'static str,
    leads: Leads,
}

/// What a field holds.
#[derive(Clone, Copy)]
enum Leads {
    /// An object: a position in `DEFINITIONS`.
    Object(u16),
    /// A list that is merged by these keys, or as a set if there are none. `items` is a position in
    /// `DEFINITIONS`.
    List { keys: &'static [&'static str], items: Option<u16> },
}

/// What is known of merge keys at one place of an object of Kubernetes' own kinds.
///
/// Start at a kind and walk down, field by field and item by item.
///
/// ```
/// use oarlock_kubernetes::MergeKeys;
///
/// let pod = MergeKeys::of_kind("v1", "Pod").unwrap();
/// let containers = pod.field("spec").field("containers");
/// assert_eq!(containers.keys(), Some(&["name"][..]));
/// assert_eq!(containers.items().field("ports").keys(), Some(&["containerPort", "protocol"][..]));
/// assert_eq!(containers.items().field("args").keys(), None);
/// assert!(MergeKeys::of_kind("example.com/v1", "Pod").is_none());
/// ```
#[derive(Clone, Copy)]
pub struct MergeKeys(Place);

#[derive(Clone, Copy)]
enum Place {
    /// A value without a merged list in it.
    Plain,
    /// An object.
    Fields(&'static [Field]),
    /// A merged list. `items` is a position in `DEFINITIONS`.
    List { keys: &'static [&'static str], items: Option<u16> },
}

impl MergeKeys {
    /// Those of a value that has no merged list in it.
    pub const NONE: Self = Self(Place::Plain);

    /// Those of an object of a kind; `None` if the kind is unknown.
    pub fn of_kind(api_version: &str, kind: &str) -> Option<Self> {
        let position = KINDS.binary_search_by(|entry| (entry.0, entry.1).cmp(&(kind, api_version))).ok()?;
        Some(Self::of_definition(KINDS[position].2))
    }

    /// Those of an object of a type, by the name of its definition in Kubernetes' OpenAPI document,
    /// as `io.k8s.api.core.v1.PodSpec`; `None` for unknown ones, and for those without a merged
    /// list.
    pub fn of_named_definition(name: &str) -> Option<Self> {
        let position = NAMES.binary_search(&name).ok()?;
        Some(Self(Place::Fields(DEFINITIONS[position])))
    }

    /// Those of a field of the object at this place.
    #[must_use]
    pub fn field(self, name: &str) -> Self {
        let Place::Fields(fields) = self.0 else { return Self::NONE };
        match fields.binary_search_by(|field| field.name.cmp(name)) {
            Err(_) => Self::NONE,
            Ok(position) => match fields[position].leads {
                Leads::Object(target) => Self::of_definition(Some(target)),
                Leads::List { keys, items } => Self(Place::List { keys, items }),
            },
        }
    }

    /// Those of the items of the list at this place.
    #[must_use]
    pub fn items(self) -> Self {
        match self.0 {
            Place::List { items, .. } => Self::of_definition(items),
            Place::Plain | Place::Fields(_) => Self::NONE,
        }
    }

    /// The keys by which the items of the list at this place are merged, none for a set of scalars;
    /// `None` if a list here is replaced as a whole.
    pub fn keys(self) -> Option<&'static [&'static str]> {
        match self.0 {
            Place::List { keys, .. } => Some(keys),
            Place::Plain | Place::Fields(_) => None,
        }
    }

    /// Those of a definition, by its position.
    fn of_definition(position: Option<u16>) -> Self {
        position.map_or(Self::NONE, |position| Self(Place::Fields(DEFINITIONS[usize::from(position)])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted() {
        assert!(KINDS.is_sorted_by_key(|entry| (entry.0, entry.1)));
        assert!(NAMES.is_sorted());
        assert_eq!(NAMES.len(), DEFINITIONS.len());
        assert!(DEFINITIONS.iter().all(|fields| fields.is_sorted_by_key(|field| field.name)));
    }

    #[test]
    fn lists_know_their_keys() {
        for (kind, path, expected) in [
            ("apps/v1 Deployment", "spec.template.spec.containers", Some(&["name"][..])),
            ("apps/v1 Deployment", "spec.template.spec.containers.[].env", Some(&["name"])),
            (
                "apps/v1 Deployment",
                "spec.template.spec.containers.[].ports",
                Some(&["containerPort", "protocol"]),
            ),
            ("apps/v1 Deployment", "spec.template.spec.containers.[].args", None),
            ("apps/v1 Deployment", "spec.template.spec.tolerations", None),
            ("apps/v1 Deployment", "metadata.finalizers", Some(&[])),
            ("v1 Service", "spec.ports", Some(&["port", "protocol"])),
            ("networking.k8s.io/v1 Ingress", "spec.rules", None),
        ] {
            let (api_version, name) = kind.split_once(' ').unwrap();
            let root = MergeKeys::of_kind(api_version, name).unwrap();
            let found = path.split('.').fold(root, |found, part| match part {
                "[]" => found.items(),
                field => found.field(field),
            });
            assert_eq!(found.keys(), expected, "{kind} {path}");
        }
        assert!(MergeKeys::of_kind("apps/v2", "Deployment").is_none());
    }

    #[test]
    fn types_are_found_by_the_name_of_their_definition() {
        let spec = MergeKeys::of_named_definition("io.k8s.api.core.v1.PodSpec").unwrap();
        assert_eq!(spec.field("volumes").keys(), Some(&["name"][..]));
        assert!(MergeKeys::of_named_definition("io.k8s.api.core.v1.Toleration").is_none());
    }
}
