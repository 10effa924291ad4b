//! What changed between two renders of a fleet.
//!
//! [`compare_sides`] takes two [`Side`]s and finds, by cluster and Application, the objects that
//! were added, removed, changed, renamed or moved, and the fields that differ. [`compare()`] does
//! the same for one object, and [`apply`] is its inverse. All of it is pure, and takes time near
//! linear in what it is given.

mod apply;
mod compare;
mod identity;
mod ignore;
mod input;
mod lists;
mod noise;
mod pairs;
mod path;
mod secret;
mod sequence;
mod sides;

pub use apply::{ApplyError, apply};
pub use compare::{Edit, FieldChange, compare};
pub use identity::ObjectId;
pub(crate) use identity::by_identity;
pub use ignore::{IgnoreRules, UnsupportedExpression};
pub use input::{Application, ApplicationKey, Failure, Object, Origin, Parent, RenderResult, Side};
#[cfg(feature = "render")]
pub(crate) use lists::{Schema, step};
pub use noise::Noise;
pub use path::{FieldPath, Step};
#[cfg(feature = "render")]
pub(crate) use secret::Secrets;
pub(crate) use sequence::align;
pub use sides::{
    ApplicationChange, ApplicationDiff, Comparison, Field, ObjectChange, ObjectDiff, Options, SharedObject,
    compare_sides,
};
