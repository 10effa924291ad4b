//! The JSON form of a review, and its schema.

use serde::Deserialize;

use super::escape;
use crate::findings::{FORMAT_VERSION, Review};

/// Why a text is not the JSON form of a review.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is not JSON, or not of the form that the schema describes.
    #[error("this is not the JSON form of a fleet's diff")]
    Malformed(#[from] serde_json::Error),
    /// It is of another version of the form.
    #[error("the format version is {0}, and this release of Oarlock reads {FORMAT_VERSION}")]
    Version(u32),
}

/// Reads what [`json`] wrote. The text need not be trusted: every output of the review stays within
/// its limits and escapes what it shows.
///
/// # Errors
/// If the text has another form, or another version of it.
pub fn read_json(text: &str) -> Result<Review, ReadError> {
    /// What every version has.
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Head {
        format_version: u32,
    }
    let Head { format_version } = serde_json::from_str(text)?;
    if format_version != FORMAT_VERSION {
        return Err(ReadError::Version(format_version));
    }
    Ok(serde_json::from_str(text)?)
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::{Options, Side, compare_sides};
    use crate::findings::{Commit, review};

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let side = Side::default();
        let comparison = compare_sides(&side, &side, &Options::default());
        let review =
            review(&comparison, Commit::default(), Commit { name: "\u{202e}x".into(), reference: None });
        let text = json(&review);
        assert!(text.contains("\\u202ex"), "{text}");
        assert_eq!(read_json(&text).unwrap(), review);
        let newer = text.replacen("\"formatVersion\": 1", "\"formatVersion\": 2, \"other\": true", 1);
        assert!(matches!(read_json(&newer), Err(ReadError::Version(2))));
        for bad in [
            "",
            "[]",
            "{\"formatVersion\": 1}",
            &text.replacen("\"counts\"", "\"count\"", 1),
            &"[".repeat(100_000),
        ] {
            assert!(matches!(read_json(bad), Err(ReadError::Malformed(_))));
        }
    }
}
