//! What setting an image does, as data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::image::ImageReference;
use super::places::Place;
use crate::change::{ApplicationKey, Origin};
use crate::findings::Review;

/// The version of the JSON form. It rises when a reader of the form before would be misled.
pub const SET_IMAGE_FORMAT_VERSION: u32 = 1;

/// What setting an image does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetImageReport {
    /// The version of this form. Readers refuse versions that they do not know.
    pub format_version: u32,
    /// The directory or Application that was named.
    pub target: String,
    /// The image as it is going to be.
    pub image: ImageReference,
    /// Whether the files are written.
    pub written: bool,
    /// The places that change; none if everything is so already.
    pub places: Vec<SetPlace>,
    /// The Applications in which the image changes.
    pub applications: Vec<ApplicationKey>,
    /// The rendered difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
}

/// A place that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetPlace {
    /// The file and line.
    pub origin: Origin,
    /// The keys that lead there, in the file or in a block of text in it.
    pub path: String,
    /// The version before, as it is written there.
    pub before: String,
    /// The version after.
    pub after: String,
}

impl SetImageReport {
    pub(super) fn new(target: &str, image: &ImageReference) -> Self {
        Self {
            format_version: SET_IMAGE_FORMAT_VERSION,
            target: target.to_owned(),
            image: image.clone(),
            written: false,
            places: Vec::new(),
            applications: Vec::new(),
            review: None,
        }
    }
}

impl SetPlace {
    pub(super) fn new(place: &Place, image: &ImageReference) -> Self {
        Self {
            origin: Origin { file: place.file.to_string(), line: Some(place.line) },
            path: place.path.clone(),
            before: place.value.clone(),
            after: image.to_string(),
        }
    }
}
