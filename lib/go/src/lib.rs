//! What Go's standard library does where it shows in the output of the programs that Oarlock stands
//! in for: how they read and spell numbers, texts, times, URLs and JSON, which paths and texts
//! their patterns match, and what they say about input that is wrong.
//!
//! A module is named as the package of Go whose part it is. Messages are Go's, to the letter. Where
//! releases of Go differ in that, a function takes the [`Release`] to be like.

#[cfg(feature = "encoding")]
pub mod encoding;
pub mod filepath;
pub mod json;
pub mod path;
#[cfg(feature = "regexp")]
pub mod regexp;
mod release;
pub mod strconv;
#[cfg(feature = "time")]
pub mod time;
pub mod unicode;
pub mod url;

pub use release::Release;
