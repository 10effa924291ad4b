//! Where an object and the values in it come from.

use crate::failure::Origin;

/// What acted on an object or on a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// What it is, in a word of the plugin's tool: a field of a kustomization as `patches`, or
    /// `template` in a chart.
    pub by: String,
    /// Where it is written that it acts, as the entry of `patches`.
    pub origin: Option<Origin>,
}

/// A value that a field was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The value, as JSON text.
    pub value: String,
    /// Where the value is written: a change there changes the value.
    pub origin: Option<Origin>,
    /// What gave it to the field.
    pub cause: Cause,
}

/// The values that a field had, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldHistory {
    /// The field as a JSON pointer: a value that is no mapping or list, or an empty one.
    pub pointer: String,
    /// Its values, the oldest first. The last one is what the field holds.
    pub assignments: Vec<Assignment>,
}

/// Where an object and the values in it come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectHistory {
    /// What made the object.
    pub made_by: Cause,
    /// What changed a value in it, in this order.
    pub changed_by: Vec<Cause>,
    /// Its fields in their order. Those of which nothing is known are left out.
    pub fields: Vec<FieldHistory>,
}
