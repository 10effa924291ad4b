//! Go's `time`: instants, layouts and durations. There is no clock, and the local zone is UTC, so
//! that what is computed does not depend on where and when.

mod civil;
mod duration;
mod format;
mod instant;
mod parse;
mod quote;

/// Nanoseconds of a second.
pub const NANOS_PER_SECOND: i128 = 1_000_000_000;

pub use civil::Civil;
pub use duration::{format_duration, parse_duration};
pub use format::{DAYS, MONTHS, format};
pub use instant::{Time, Zone};
pub use parse::parse;
