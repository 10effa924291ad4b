//! Whether two renders are the same.

use super::inputs::is_uncertain;
use crate::outcome::render_failure;
use crate::rendered::{ApplicationRender, SourceRender};

/// Whether two renders gave the same bytes, or failed in the same way.
pub(super) fn is_same_render(one: &ApplicationRender, other: &ApplicationRender) -> bool {
    let texts = |render: &ApplicationRender| -> Vec<String> {
        render.failures.iter().map(ToString::to_string).collect()
    };
    let is_same = |(one, other): (&SourceRender, &SourceRender)| {
        one.index == other.index
            && one.needed == other.needed
            && match (&one.rendered, &other.rendered) {
                (Ok(one), Ok(other)) => {
                    one.len() == other.len()
                        && one.iter().zip(other).all(|(one, other)| one.json == other.json)
                }
                (Err(one), Err(other)) => {
                    !is_uncertain(one) && !is_uncertain(other) && render_failure(one) == render_failure(other)
                }
                _ => false,
            }
    };
    one.external == other.external
        && texts(one) == texts(other)
        && one.sources.len() == other.sources.len()
        && one.sources.iter().zip(&other.sources).all(is_same)
}
