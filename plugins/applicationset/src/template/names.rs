//! Names of objects: `normalize` and `slugify`.

/// Longest name of an object.
const MAX_LENGTH: usize = 253;

/// `utils.SanitizeName`: lower case, `-` for what a name may not have, cut to 253 bytes, without
/// `-` and `.` at its ends.
pub(crate) fn sanitize(name: &str) -> String {
    let lower = name.chars().map(lower);
    let mut name: String =
        lower.map(|c| if matches!(c, '-' | '.' | 'a'..='z' | '0'..='9') { c } else { '-' }).collect();
    name.truncate(MAX_LENGTH);
    name.trim_matches(['-', '.']).to_owned()
}

/// `unicode.ToLower`: one character for one.
fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// Why Go panics in `slugify`: an index that is out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OutOfRange;

/// `slugify`: [`sanitize`], then `gosimple/slug` with a length and, where it is smart, a cut
/// between words.
pub(super) fn slugify(name: &str, max_length: i64, is_smart: bool) -> Result<String, OutOfRange> {
    let mut slug = sanitize(name);
    if !is_smart && i64::try_from(slug.len()).unwrap_or(i64::MAX) >= max_length {
        slug.truncate(usize::try_from(max_length).map_err(|_| OutOfRange)?);
    }
    let mut dashed = String::with_capacity(slug.len());
    for c in slug.chars() {
        let c = if c == '.' { '-' } else { c };
        if c != '-' || !dashed.ends_with('-') {
            dashed.push(c);
        }
    }
    let slug = dashed.trim_matches(['-', '_']);
    if !is_smart || max_length <= 0 {
        return Ok(slug.to_owned());
    }
    let max_length = usize::try_from(max_length).map_err(|_| OutOfRange)?;
    if slug.len() <= max_length {
        return Ok(slug.to_owned());
    }
    let end = slug.as_bytes()[..=max_length].iter().rposition(|byte| *byte == b'-');
    Ok(slug[..end.unwrap_or(max_length)].to_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("Upper Case_File.v1", "upper-case-file.v1")]
    #[case("ünï", "n")]
    #[case("--.a.--", "a")]
    #[case("\u{130}x", "ix")]
    #[case("", "")]
    fn sanitized(#[case] name: &str, #[case] expected: &str) {
        assert_eq!(sanitize(name), expected);
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(sanitize(&"é".repeat(300)), "");
        assert_eq!(sanitize(&"a".repeat(300)).len(), MAX_LENGTH);
    }

    #[rstest]
    #[case("feature/some.very_long-name", 50, true, "feature-some-very-long-name")]
    #[case("feature/some.very_long-name", 14, true, "feature-some")]
    #[case("feature/some.very_long-name", 12, true, "feature-some")]
    #[case("feature/some.very_long-name", 14, false, "feature-some-v")]
    #[case("feature/some.very_long-name", 13, false, "feature-some")]
    #[case("oneword", 3, true, "one")]
    #[case("oneword", 0, true, "oneword")]
    #[case("oneword", 0, false, "")]
    fn slugs(#[case] name: &str, #[case] max: i64, #[case] is_smart: bool, #[case] slug: &str) {
        assert_eq!(slugify(name, max, is_smart).unwrap(), slug);
    }

    #[test]
    fn a_negative_length_is_out_of_range() {
        assert_eq!(slugify("a", -1, false), Err(OutOfRange));
        assert_eq!(slugify("a", -1, true).unwrap(), "a");
    }
}
