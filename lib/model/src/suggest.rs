//! What was probably meant.

/// Longer names than Kubernetes allows are not compared: the time it takes grows with the square of
/// their length.
const LONGEST: usize = 300;

/// The known name that an unknown one was probably meant to be: at most a third of its characters
/// away, case not counted.
///
/// A file's extension does not count among the characters: what all files share makes no two of
/// them alike.
///
/// ```
/// use oarlock_model::nearest;
///
/// assert_eq!(nearest("kustomise", ["kustomize", "vault"]), Some("kustomize"));
/// assert_eq!(nearest("jsonnet", ["kustomize", "vault"]), None);
/// ```
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    if length > LONGEST {
        return None;
    }
    let lower = name.to_lowercase();
    let stem = name.rsplit_once('.').map_or(length, |(stem, _)| stem.chars().count());
    let most = (stem / 3).max(1);
    known
        .into_iter()
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= most)
        .map(|candidate| (strsim::osa_distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_only_what_is_near() {
        for (name, meant) in [
            ("refreshafter", Some("refreshAfter")),
            ("refreshAftr", Some("refreshAfter")),
            ("pth", Some("path")),
            ("colour", None),
        ] {
            assert_eq!(nearest(name, ["path", "refreshAfter"]), meant, "{name}");
        }
        for (file, meant) in
            [("goat.yaml", Some("boat.yaml")), ("boat.yml", Some("boat.yaml")), ("gone.yaml", None)]
        {
            assert_eq!(nearest(file, ["boat.yaml"]), meant, "{file}");
        }
    }
}
