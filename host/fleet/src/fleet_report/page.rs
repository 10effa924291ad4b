//! The report as a page: one HTML file that opens from disk and asks for nothing.
//!
//! The data is in it as JSON, compressed: an index, which is read at once, and chunks with what is
//! read when an Application is opened. The policy of the page allows its own style and script by
//! their digests and nothing else; the script cannot make markup of text.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::data::{ApplicationDetails, ApplicationState, FleetReport};
use super::script::script;
use crate::comment::escape::html as escape;

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str =
    concat!(include_str!("page/page.css"), include_str!("page/code.css"), include_str!("page/print.css"));

/// How much text a chunk has, in bytes; more only if one Application has more.
const CHUNK_BYTES: usize = 512 << 10;

/// The index of a page: the report without the details of its Applications, and where these are.
#[derive(Serialize)]
struct Index<'a> {
    report: &'a FleetReport,
    /// Of each Application the number of its chunk, and its number in that.
    places: Vec<[usize; 2]>,
}

/// The report as a page.
pub fn page(mut report: FleetReport) -> String {
    let title = match report.fleet.as_str() {
        "" => report.verdict.clone(),
        fleet => format!("{fleet}: {}", report.verdict),
    };
    let details: Vec<ApplicationDetails> = report
        .applications
        .iter_mut()
        .map(|application| application.details.take().unwrap_or_default())
        .collect();
    let (places, chunks) = chunks(&report, details);
    let mut data = element("index", &Index { report: &report, places });
    for (number, chunk) in chunks.iter().enumerate() {
        data += &element(&format!("chunk-{number}"), chunk);
    }
    let script = script();
    let digest = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        digest(&script),
        digest(STYLE),
    );
    fill(
        PAGE,
        &[
            ("policy", &policy),
            ("title", &escape(&title)),
            ("style", STYLE),
            ("data", &data),
            ("script", &script),
        ],
    )
}

/// Puts texts in the places `{{name}}` of a page. What is put there is not looked at again.
fn fill(mut page: &str, texts: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    while let Some((before, rest)) = page.split_once("{{") {
        filled += before;
        let (name, rest) = rest.split_once("}}").unwrap_or((rest, ""));
        filled += texts.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text);
        page = rest;
    }
    filled + page
}

/// Details in chunks, those of Applications that changed first, others by name: alike ones, as
/// those of one Application on several clusters, compress best side by side.
fn chunks(
    report: &FleetReport,
    mut details: Vec<ApplicationDetails>,
) -> (Vec<[usize; 2]>, Vec<Vec<ApplicationDetails>>) {
    let mut order: Vec<usize> = (0..details.len()).collect();
    order.sort_by_key(|index| {
        let application = &report.applications[*index];
        let is_same = matches!(application.state, ApplicationState::Unchanged | ApplicationState::External);
        (is_same, &application.application.name, *index)
    });
    let mut places = vec![[0; 2]; details.len()];
    let mut chunks: Vec<Vec<ApplicationDetails>> = Vec::new();
    let mut room = 0;
    for index in order {
        let details = std::mem::take(&mut details[index]);
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let size = details.texts.iter().map(|text| length(&text.before) + length(&text.after)).sum();
        if chunks.is_empty() || size > room {
            chunks.push(Vec::new());
            room = CHUNK_BYTES;
        }
        room = room.saturating_sub(size);
        let chunk = chunks.len() - 1;
        places[index] = [chunk, chunks[chunk].len()];
        chunks[chunk].push(details);
    }
    (places, chunks)
}

/// Data as an element that browsers do not run: JSON, compressed, in base64.
fn element(id: &str, data: &impl Serialize) -> String {
    // A report holds nothing that JSON cannot, and writing to memory cannot fail.
    let json = serde_json::to_vec(data).unwrap_or_default();
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let _ = encoder.write_all(&json);
    let compressed = encoder.finish().unwrap_or_default();
    format!(
        "<script type=\"application/x-deflate-json\" id=\"{id}\">{}</script>\n",
        STANDARD.encode(compressed)
    )
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::ZlibDecoder;
    use serde_json::{Value, json};

    use super::super::{About, of_change, of_fleet};
    use super::*;
    use crate::change::{Application, ApplicationKey, Object, Options, RenderResult, Side};
    use crate::findings::Commit;
    use crate::lint::{LintEnvironment, LintInput, lint};

    const HOSTILE: &str = "</script><script>alert(1)</script>\u{1b}[31m\u{202e}{{script}}";

    fn side(value: &str) -> Side {
        let objects = [
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": HOSTILE}, "data": {"a": value}}),
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": value}}),
        ];
        let objects = objects.map(|manifest| Object { manifest, origin: None }).to_vec();
        Side {
            applications: vec![Application {
                key: ApplicationKey { cluster: "c".into(), name: HOSTILE.into() },
                manifest: json!({"spec": {"destination": {"namespace": "n"}}}),
                parent: None,
                file: None,
                outcome: RenderResult::Rendered(objects),
                incomplete: None,
            }],
        }
    }

    fn about() -> About {
        About { fleet: HOSTILE.into(), ..About::default() }
    }

    fn changed() -> FleetReport {
        let key = ApplicationKey { cluster: "c".into(), name: HOSTILE.into() };
        let environments = [(key, "prod".to_owned())].into();
        of_change(
            about(),
            Commit::default(),
            (&side("hunter1"), side("hunter2")),
            &environments,
            &Options::default(),
        )
    }

    /// The data of an element.
    fn data(page: &str, id: &str) -> Value {
        let (_, rest) = page.split_once(&format!("id=\"{id}\">")).unwrap();
        let packed = STANDARD.decode(rest.split_once("</script>").unwrap().0).unwrap();
        let mut text = String::new();
        ZlibDecoder::new(packed.as_slice()).read_to_string(&mut text).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn nothing_of_the_repository_is_markup() {
        let page = page(changed());
        assert!(!page.contains("<script>alert") && !page.contains('\u{1b}') && !page.contains('\u{202e}'));
        assert_eq!(page.matches("<script").count(), 3, "the index, a chunk and the script");
        assert_eq!(data(&page, "index")["report"]["applications"][0]["application"]["name"], HOSTILE);
    }

    #[test]
    fn the_policy_allows_what_is_there() {
        let page = page(changed());
        for (open, close) in [("<style>", "</style>"), ("<script type=\"module\">", "</script>")] {
            let text = page.split_once(open).unwrap().1.split_once(close).unwrap().0;
            let digest = STANDARD.encode(Sha256::digest(text.as_bytes()));
            assert!(page.contains(&format!("'sha256-{digest}'")), "{open}");
        }
    }

    #[test]
    fn details_are_apart_and_secrets_concealed() {
        let report = changed();
        assert_eq!(report.applications[0].counts.changed, 2);
        let page = page(report);
        let index = data(&page, "index");
        assert_eq!(index["places"], json!([[0, 0]]));
        assert!(index["report"]["applications"][0].get("details").is_none());
        let chunk = data(&page, "chunk-0");
        let texts = &chunk[0]["texts"];
        assert_eq!(texts[0]["before"].as_str().unwrap().lines().nth(2), Some("  a: hunter1"));
        let secret = |side: &str| texts[1][side].as_str().unwrap().to_owned();
        assert!(secret("before").contains("a: «secret 1»") && secret("after").contains("a: «secret 2»"));
        assert!(!texts[1].to_string().contains("hunter"));
    }

    #[test]
    fn a_fleet_as_it_is_has_no_changes() {
        let environment =
            LintEnvironment { name: "prod".into(), side: side("x"), ..LintEnvironment::default() };
        let input = LintInput { environments: vec![environment], undeployed: Vec::new() };
        let report = of_fleet(about(), &input, &lint(&input, &[], None));
        assert_eq!(report.change, None);
        assert_eq!(report.applications[0].state, ApplicationState::Unchanged);
        assert_eq!(report.headline, "1 Application in 1 environment on 1 cluster, 2 objects");
        assert!(
            report.findings.iter().all(|finding| finding.application == Some(0)),
            "{:?}",
            report.findings
        );
        assert!(!serde_json::to_string(&report).unwrap().contains("stringData: {a: x"));
    }

    #[test]
    fn places_are_filled_once() {
        assert_eq!(fill("a {{x}} b {{y}} {{z}}", &[("x", "{{y}}"), ("y", "2")]), "a {{y}} b 2 ");
    }
}
