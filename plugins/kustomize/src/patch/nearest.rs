//! What was probably meant.

/// The candidate that is most like a name, if one is like it at all: at most every third letter differs.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.len() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= limit && candidate.len() <= LONGEST)
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Longer names than Kubernetes allows are not compared.
const LONGEST: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let candidates = ["metadata", "spec", "status", "data"];
        for (name, expected) in [
            ("metdata", Some("metadata")),
            ("spec", Some("spec")),
            ("dta", Some("data")),
            ("zzz", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, candidates), expected, "{name}");
        }
    }
}
