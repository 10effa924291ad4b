//! The rules: the one table of them.

use crate::lint::rules;

rules! { ValidateRule of "docs/validate.md" {
    NotAnObject "not-an-object" Error "A document is no Kubernetes object.",
    NotServed "not-served" Error "The version of Kubernetes does not serve the kind.",
    UnknownField "unknown-field" Error "An object has a field that its type does not have.",
    RepeatedField "repeated-field" Error "An object has a field twice.",
    WrongType "wrong-type" Error "A value is of another type than its field.",
    InvalidValue "invalid-value" Error "A value cannot be read, is not among those that are allowed, or breaks a rule of its CustomResourceDefinition.",
    MissingField "missing-field" Error "A field is missing that must be there.",
    UnreadableDefinition "unreadable-definition" Error "A CustomResourceDefinition does not say what its objects may be.",
    RepeatedItem "repeated-item" Warning "Two items of a list are the same by the fields that identify them.",
    NullItem "null-item" Warning "An item of a list, or a value of a map, is null.",
} }
