//! Images and charts: from which version to which.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::report::{ChartReport, ImageReport};
use super::{Finding, Rule, Severity, count, quoted};
use crate::change::{ApplicationChange, ApplicationKey, Comparison, Edit, Field, Noise};

/// Lists of containers, whose elements have images.
const CONTAINERS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// A name, and a version before and after, if there was one.
type Step = (String, Option<String>, Option<String>);

/// Who takes a step.
type Users<'c> = BTreeMap<Step, BTreeSet<&'c ApplicationKey>>;

/// Whether a difference replaces nothing but an image.
pub(super) fn is_image(field: &Field) -> bool {
    let text = |value: Option<&Value>| value.is_some_and(Value::is_string);
    field.change.path.last_field() == Some("image")
        && text(field.change.edit.before())
        && text(field.change.edit.after())
}

/// The images of all Applications that changed.
pub(super) fn images(comparison: &Comparison<'_>) -> Vec<ImageReport> {
    let reports = image_steps(comparison).into_iter().map(|((name, from, to), users)| ImageReport {
        name,
        from,
        to,
        applications: users.len(),
    });
    reports.collect()
}

/// The charts of all Applications that changed.
pub(super) fn charts(comparison: &Comparison<'_>) -> Vec<ChartReport> {
    let reports = chart_steps(comparison).into_iter().map(|((name, from, to), users)| ChartReport {
        name,
        from,
        to,
        applications: users.len(),
    });
    reports.collect()
}

/// Looks for jumps to another major version.
pub(super) fn check(comparison: &Comparison<'_>, findings: &mut Vec<Finding>) {
    let all = [
        (Rule::ImageMajor, "image", image_steps(comparison)),
        (Rule::ChartMajor, "chart", chart_steps(comparison)),
    ];
    for (rule, noun, steps) in all {
        for ((name, from, to), users) in steps {
            let (Some(from), Some(to)) = (from, to) else { continue };
            let (Some(old), Some(new)) = (major(&from), major(&to)) else { continue };
            let Some(first) = users.first() else { continue };
            if old != new {
                let message = format!(
                    "{noun} {} goes from {} to {}, a new major version, in {}",
                    quoted(&name),
                    quoted(&from),
                    quoted(&to),
                    count(users.len(), "Application"),
                );
                findings.push(Finding::of_application(Severity::Caution, rule, first, message));
            }
        }
    }
}

fn image_steps<'c>(comparison: &'c Comparison<'_>) -> Users<'c> {
    let mut users = Users::new();
    for application in &comparison.applications {
        let mut add = |from: Option<&str>, to: Option<&str>| {
            users.entry(image_step(from, to)).or_default().insert(&application.key);
        };
        for object in &application.objects {
            let (mut gone, mut new) = (BTreeSet::new(), BTreeSet::new());
            if let Some(whole) = &object.whole {
                collect(whole, if object.after.is_some() { &mut new } else { &mut gone });
            }
            for field in &object.fields {
                let last = field.change.path.last_field();
                let container =
                    field.change.path.fields().last().is_some_and(|name| CONTAINERS.contains(&name));
                match (&field.change.edit, last) {
                    (
                        Edit::Changed { before: Value::String(from), after: Value::String(to) },
                        Some("image"),
                    ) => {
                        add(Some(from), Some(to));
                    }
                    (Edit::Added { value, .. }, _) => collect_at(value, last, container, &mut new),
                    (Edit::Removed { value }, _) => collect_at(value, last, container, &mut gone),
                    (Edit::Changed { before, after }, _) => {
                        collect_at(before, last, container, &mut gone);
                        collect_at(after, last, container, &mut new);
                    }
                    (Edit::Reordered { .. }, _) => {}
                }
            }
            // An image that only moves within an object is not new.
            gone.difference(&new).for_each(|image| add(Some(*image), None));
            new.difference(&gone).for_each(|image| add(None, Some(*image)));
        }
    }
    users
}

/// The images in a value that stands at a field, or in a list of containers.
fn collect_at<'v>(value: &'v Value, field: Option<&str>, container: bool, images: &mut BTreeSet<&'v str>) {
    match (value, field) {
        (Value::Array(elements), Some(name)) if CONTAINERS.contains(&name) => {
            images.extend(elements.iter().filter_map(image_of));
        }
        (Value::Object(_), None) if container => images.extend(image_of(value)),
        _ => {}
    }
    collect(value, images);
}

fn collect<'v>(value: &'v Value, images: &mut BTreeSet<&'v str>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                if let (Value::Array(elements), true) = (value, CONTAINERS.contains(&name.as_str())) {
                    images.extend(elements.iter().filter_map(image_of));
                }
                collect(value, images);
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, images)),
        _ => {}
    }
}

fn image_of(container: &Value) -> Option<&str> {
    container.get("image")?.as_str()
}

/// `registry/name:tag@digest` → the name, and what is behind it.
fn split_image(image: &str) -> (&str, &str) {
    let name_end = image.rfind('/').map_or(0, |slash| slash + 1);
    match image[name_end..].find([':', '@']) {
        Some(end) => (&image[..name_end + end], image[name_end + end..].trim_start_matches([':', '@'])),
        None => (image, ""),
    }
}

/// An image's name and versions; whole images where the name changes, too.
fn image_step(from: Option<&str>, to: Option<&str>) -> Step {
    let version = |image: &str| Some(split_image(image).1.to_owned());
    match (from, to) {
        (Some(from), Some(to)) if split_image(from).0 == split_image(to).0 => {
            (split_image(to).0.to_owned(), version(from), version(to))
        }
        (Some(from), Some(to)) => (split_image(to).0.to_owned(), Some(from.to_owned()), Some(to.to_owned())),
        (from, to) => {
            let name = from.or(to).map(|image| split_image(image).0).unwrap_or_default();
            (name.to_owned(), from.and_then(version), to.and_then(version))
        }
    }
}

fn chart_steps<'c>(comparison: &'c Comparison<'_>) -> Users<'c> {
    let mut users = Users::new();
    for application in &comparison.applications {
        if !matches!(application.change, ApplicationChange::Changed | ApplicationChange::Failed) {
            continue;
        }
        let mut steps = BTreeSet::new();
        if let (Some(before), Some(after)) = (application.before, application.after) {
            let (before, after) = (charts_of(&before.manifest), charts_of(&after.manifest));
            for (name, to) in after {
                if let Some(from) = before.get(&name).filter(|from| **from != to) {
                    steps.insert((name, Some(from.clone()), Some(to)));
                }
            }
        }
        for field in application.objects.iter().flat_map(|object| &object.fields) {
            if let (Some(Noise::ChartLabel), Edit::Changed { before, after }) =
                (field.noise, &field.change.edit)
            {
                let (from, to) =
                    (before.as_str().and_then(split_chart), after.as_str().and_then(split_chart));
                if let (Some((name, from)), Some((other, to))) = (from, to)
                    && name == other
                    && from != to
                {
                    steps.insert((name, Some(from), Some(to)));
                }
            }
        }
        for step in steps {
            users.entry(step).or_default().insert(&application.key);
        }
    }
    users
}

/// The charts that an Application names, with their versions.
fn charts_of(manifest: &Value) -> BTreeMap<String, String> {
    let single = manifest.pointer("/spec/source").into_iter();
    let several = manifest.pointer("/spec/sources").and_then(Value::as_array).into_iter().flatten();
    let charts = single.chain(several).filter_map(|source| {
        let text = |field: &str| source.get(field).and_then(Value::as_str);
        Some((text("chart")?.to_owned(), text("targetRevision")?.to_owned()))
    });
    charts.collect()
}

/// The label `helm.sh/chart`: `name-1.2.3` → name and version.
fn split_chart(label: &str) -> Option<(String, String)> {
    let dashes = label.match_indices('-').map(|(place, _)| place);
    let is_version = |text: &str| {
        let digits = text.trim_start_matches('v').find(|c: char| !c.is_ascii_digit());
        digits.is_some_and(|end| end > 0 && text.trim_start_matches('v')[end..].starts_with('.'))
    };
    let place = dashes.into_iter().find(|place| is_version(&label[place + 1..]))?;
    Some((label[..place].to_owned(), label[place + 1..].replace('_', "+")))
}

/// The major version; `None` for what is no version, or one by date.
fn major(version: &str) -> Option<u32> {
    /// Above, a number is a year.
    const HIGHEST: u32 = 1000;
    let tag = version.rsplit_once('/').map_or(version, |(_, last)| last);
    let tag = if version.contains('/') { tag.split_once(':')?.1 } else { tag };
    let number = tag.trim_start_matches('v');
    let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    let is_version = matches!(number[end..].chars().next(), None | Some('.' | '-' | '+' | '@'));
    let parsed = number[..end].parse().ok()?;
    (is_version && parsed < HIGHEST).then_some(parsed)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::tests::{findings, object, side};
    use super::*;
    use crate::change::{Options, compare_sides};

    #[rstest]
    #[case("nginx", ("nginx", ""))]
    #[case("nginx:1.25", ("nginx", "1.25"))]
    #[case("localhost:5000/a/b:1", ("localhost:5000/a/b", "1"))]
    #[case("localhost:5000/a/b", ("localhost:5000/a/b", ""))]
    #[case("a/b:1@sha256:ff", ("a/b", "1@sha256:ff"))]
    #[case("a/b@sha256:ff", ("a/b", "sha256:ff"))]
    fn images_are_split(#[case] image: &str, #[case] expected: (&str, &str)) {
        assert_eq!(split_image(image), expected);
    }

    #[rstest]
    #[case("redis-17.1.0", Some(("redis", "17.1.0")))]
    #[case("kube-prometheus-stack-61.0.0", Some(("kube-prometheus-stack", "61.0.0")))]
    #[case("k8s-1-app-v2.0.0-rc.1_build", Some(("k8s-1-app", "v2.0.0-rc.1+build")))]
    #[case("nothing", None)]
    fn chart_labels_are_split(#[case] label: &str, #[case] expected: Option<(&str, &str)>) {
        let found = split_chart(label);
        assert_eq!(found.as_ref().map(|(name, version)| (name.as_str(), version.as_str())), expected);
    }

    #[rstest]
    #[case("1.25.3", Some(1))]
    #[case("v2", Some(2))]
    #[case("16-alpine", Some(16))]
    #[case("docker.io/a/b:3.1", Some(3))]
    #[case("2024.01.01", None)]
    #[case("latest", None)]
    #[case("sha256:ff", None)]
    #[case("1a2b3c4", None)]
    #[case("", None)]
    fn major_versions(#[case] version: &str, #[case] expected: Option<u32>) {
        assert_eq!(major(version), expected);
    }

    fn pod(images: &[&str]) -> Value {
        let containers: Vec<Value> = images
            .iter()
            .enumerate()
            .map(|(index, image)| serde_json::json!({"name": format!("c{index}"), "image": image}))
            .collect();
        object("v1 Pod", serde_json::json!({"spec": {"containers": containers}}))
    }

    #[rstest]
    #[case::a_tag(&["a:1.0"], &["a:1.1"], &[("a", Some("1.0"), Some("1.1"))])]
    #[case::a_digest(&["a@sha256:1"], &["a@sha256:2"], &[("a", Some("sha256:1"), Some("sha256:2"))])]
    #[case::a_name(&["a:1"], &["b:1"], &[("b", Some("a:1"), Some("b:1"))])]
    #[case::a_container(&["a:1"], &["a:1", "b:1"], &[("b", None, Some("1"))])]
    #[case::a_container_less(&["a:1", "b:1"], &["a:1"], &[("b", Some("1"), None)])]
    #[case::a_pod(&[], &["a:1"], &[("a", None, Some("1"))])]
    #[case::nothing(&["a:1"], &["a:1"], &[])]
    fn images_that_changed(
        #[case] before: &[&str],
        #[case] after: &[&str],
        #[case] expected: &[(&str, Option<&str>, Option<&str>)],
    ) {
        let pods = |images: &[&str]| if images.is_empty() { vec![] } else { vec![pod(images)] };
        let sides = [side(pods(before)), side(pods(after))];
        let comparison = compare_sides(&sides[0], &sides[1], &Options::default());
        let found = images(&comparison);
        let found: Vec<_> = found
            .iter()
            .map(|image| (image.name.as_str(), image.from.as_deref(), image.to.as_deref()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn major_versions_are_findings() {
        let rules = |before: Vec<Value>, after: Vec<Value>| {
            findings(before, after).iter().map(|finding| finding.rule).collect::<Vec<_>>()
        };
        assert_eq!(rules(vec![pod(&["a:1.9"])], vec![pod(&["a:2.0"])]), [Rule::ImageMajor]);
        assert_eq!(rules(vec![pod(&["a:1.8"])], vec![pod(&["a:1.9"])]), []);
        let labelled = |chart: &str| {
            object("v1 ConfigMap", serde_json::json!({"metadata": {"labels": {"helm.sh/chart": chart}}}))
        };
        assert_eq!(rules(vec![labelled("redis-17.1.0")], vec![labelled("redis-18.0.0")]), [Rule::ChartMajor]);
        assert_eq!(rules(vec![labelled("redis-17.1.0")], vec![labelled("redis-17.2.0")]), []);
    }
}
