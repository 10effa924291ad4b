//! The JSON form of a review, and its schema.

use super::escape;
use crate::findings::Review;

/// The review as JSON, as [`json_schema`] describes it, ending in a newline.
pub fn json(review: &Review) -> String {
    // A review holds nothing that JSON cannot: its keys are text, its numbers came from JSON.
    let text = serde_json::to_string_pretty(review).unwrap_or_default();
    let mut text = escape::json(&text).into_owned();
    text.push('\n');
    text
}

/// The JSON Schema of what [`json`] writes, ending in a newline.
pub fn json_schema() -> String {
    let schema = schemars::schema_for!(Review);
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
