//! Fetching Helm charts from the repositories that publish them, at the user's explicit request.
//!
//! What comes is checked against the digest that the repository states and the one that
//! `oarlock.lock` pins, unpacked beside its place, and appears there as a whole or not at all.

mod index;
mod oci;
mod pin;
mod unpack;

use std::path::Path;

use oarlock_plugin::{ChartUrl, Failure, TreePath, shell_path, shell_word};
use oarlock_semver::{Constraint, Version};

pub(crate) use self::pin::Pin;
use oarlock_distribution::Client;
use oarlock_engine::source::Digest;

/// The largest archive of a chart that is fetched.
const MAX_ARCHIVE_BYTES: u64 = 64 << 20;

/// A chart as it came.
struct Fetched {
    version: String,
    archive: Vec<u8>,
}

/// Fetches a chart to its place. Returns what is to be pinned.
///
/// # Errors
/// If the repository does not answer or has no such version, if what comes is not what was stated
/// or pinned, or is no chart, or if the place lies out of the tree.
pub(crate) fn fetch(
    root: &Path,
    chart: &ChartUrl,
    place: &TreePath,
    pinned: Option<&Pin>,
) -> Result<Pin, Failure> {
    let fetched = if chart.repository.starts_with("oci://") {
        oci::fetch(chart, pinned)?
    } else {
        index::fetch(&Client::new(), chart, pinned)?
    };
    let pin = Pin { version: fetched.version, digest: Digest::of(&fetched.archive) };
    if let Some(pinned) = pinned
        && *pinned != pin
    {
        return Err(Failure::new(format!("`{chart}` is no longer what oarlock.lock pins"))
            .note(format!("pinned: {pinned}"))
            .note(format!("came: {pin}"))
            .hint("if it was published anew on purpose, remove its line from oarlock.lock"));
    }
    unpack::into(root, chart, place, &fetched.archive)?;
    Ok(pin)
}

/// The command of Helm's own that does the same, for a shell at the root of the tree; none if Helm
/// would take a part of the URL for an option.
pub(crate) fn command(chart: &ChartUrl, place: &TreePath) -> Option<String> {
    let ChartUrl { repository, name, version } = chart;
    if [name, version].iter().any(|word| word.starts_with('-')) {
        return None;
    }
    let mut command = if repository.starts_with("oci://") {
        format!("helm pull {}", shell_word(&format!("{repository}/{name}")))
    } else {
        format!("helm pull {} --repo {}", shell_word(name), shell_word(repository))
    };
    if !version.is_empty() {
        command.push_str(" --version ");
        command.push_str(&shell_word(version));
    }
    let directory = place.parent().unwrap_or_else(TreePath::root);
    // Helm unpacks to a directory of the chart's name.
    let unpacked = if place.file_name() == Some(name) {
        String::new()
    } else {
        // Interactive shells may read what is behind a `#`.
        format!(" # to {}", shell_word(place))
    };
    Some(format!("{command} --untar --untardir {}{unpacked}", shell_path(&directory)))
}

/// The version to take: the one pinned, else the highest that the chart's constraint allows. As in
/// Helm, a pre-release is taken only where the constraint names one.
fn choose<'v>(
    chart: &ChartUrl,
    pinned: Option<&Pin>,
    published: impl Iterator<Item = &'v str>,
) -> Result<&'v str, Failure> {
    let wanted = match pinned {
        Some(pin) => pin.version.as_str(),
        None if chart.version.is_empty() => "*",
        None => chart.version.as_str(),
    };
    let constraint = Constraint::parse(wanted)
        .map_err(|error| Failure::new(format!("`{wanted}` is no version of a chart: {error}")))?;
    let mut versions: Vec<(Version, &str)> =
        published.filter_map(|text| Some((Version::parse(text).ok()?, text))).collect();
    versions.sort_by(|a, b| b.0.compare(&a.0));
    let exact = versions.iter().find(|(_, text)| *text == wanted);
    let best = exact.or_else(|| versions.iter().find(|(version, _)| constraint.check(version)));
    best.map(|(_, text)| *text).ok_or_else(|| {
        let failure = Failure::new(format!(
            "`{}` has no version `{wanted}` of the chart `{}`",
            chart.repository, chart.name
        ));
        let newest: Vec<&str> = versions.iter().take(5).map(|(_, text)| *text).collect();
        if newest.is_empty() {
            failure.note("it has none that can be read")
        } else {
            failure.note(format!("the newest it has: {}", newest.join(", ")))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(wanted: &str, published: &[&str]) -> Result<String, String> {
        let chart = ChartUrl::new("https://h.example", "a", wanted).unwrap();
        choose(&chart, None, published.iter().copied()).map(str::to_owned).map_err(|failure| failure.message)
    }

    #[test]
    fn the_highest_version_that_fits_is_chosen() {
        let published = ["1.0.0", "1.10.0", "1.9.0", "2.0.0-rc.1", "v2.1.0", "nonsense"];
        for (wanted, expected) in [
            ("1.x", "1.10.0"),
            ("~1.9", "1.9.0"),
            ("1.9.0", "1.9.0"),
            ("", "v2.1.0"),
            ("2.0.0-rc.1", "2.0.0-rc.1"),
            (">=2.0.0-0 <2.1.0", "2.0.0-rc.1"),
        ] {
            assert_eq!(chosen(wanted, &published).as_deref(), Ok(expected), "{wanted}");
        }
        assert_eq!(
            chosen("3.x", &published),
            Err("`https://h.example` has no version `3.x` of the chart `a`".to_owned())
        );
        assert!(chosen("not a version", &published).is_err());
    }

    #[test]
    fn helm_can_do_the_same() {
        let place = |url: &ChartUrl| TreePath::new(&url.customary_place()).unwrap();
        let url = ChartUrl::new("https://h.example/stable", "redis", ">=1 <2").unwrap();
        assert_eq!(
            command(&url, &place(&url)).unwrap(),
            "helm pull redis --repo https://h.example/stable --version '>=1 <2' --untar --untardir vendor/h.example/stable/redis---1--2"
        );
        let url = ChartUrl::new("oci://h.example/ns", "redis", "").unwrap();
        assert_eq!(
            command(&url, &TreePath::new("third/party").unwrap()).unwrap(),
            "helm pull oci://h.example/ns/redis --untar --untardir third # to third/party"
        );
        assert_eq!(
            command(&url, &TreePath::new("-a/$(id)\nid").unwrap()).unwrap(),
            "helm pull oci://h.example/ns/redis --untar --untardir ./-a # to '-a/$(id)\nid'"
        );
        let url = ChartUrl::new("https://h.example", "--keyring", "").unwrap();
        assert_eq!(command(&url, &place(&url)), None);
    }
}
