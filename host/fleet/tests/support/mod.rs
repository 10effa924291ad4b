//! Sides of a comparison from files, and what holds for every output.

#![allow(dead_code, reason = "each test program uses a part")]
#![allow(clippy::unwrap_used, reason = "a case that is not as it should be ends the test")]

use oarlock_fleet::change::{
    Application, ApplicationKey, Comparison, Failure, IgnoreRules, Object, Options, Origin, Parent,
    RenderResult, Side,
};
use serde_json::Value;

/// What a file of a case holds.
pub(crate) struct Case {
    pub(crate) before: Side,
    pub(crate) after: Side,
    pub(crate) options: Options,
}

impl Case {
    /// Reads a case from YAML.
    pub(crate) fn read(yaml: &str) -> Self {
        let reader = oarlock_yaml::Reader::KustomizeResource;
        let node = oarlock_yaml::parse_one(yaml.as_bytes(), reader, oarlock_yaml::Limits::default());
        let json = oarlock_yaml::to_json(&node.unwrap().unwrap()).unwrap();
        let value: Value = serde_json::from_str(&json).unwrap();
        let options = Options { ignore: IgnoreRules::read(&value["ignore"]), noise: texts(&value["noise"]) };
        Self { before: side(&value["before"]), after: side(&value["after"]), options }
    }

    /// Compares the sides.
    pub(crate) fn compare(&self) -> Comparison<'_> {
        oarlock_fleet::change::compare_sides(&self.before, &self.after, &self.options)
    }
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn side(list: &Value) -> Side {
    Side { applications: list.as_array().into_iter().flatten().map(application).collect() }
}

fn application(value: &Value) -> Application {
    let text = |key: &str| value[key].as_str().map(str::to_owned);
    let outcome = if let Some(message) = text("failed") {
        RenderResult::Failed(Failure { message, origin: origin(value) })
    } else if let Some(reason) = text("external") {
        RenderResult::External(reason)
    } else {
        let objects = value["objects"].as_array().into_iter().flatten();
        RenderResult::Rendered(
            objects
                .map(|object| {
                    let mut manifest = object.clone();
                    let origin = origin(object);
                    manifest.as_object_mut().unwrap().retain(|key, _| key != "at");
                    Object { manifest, origin }
                })
                .collect(),
        )
    };
    let parent = value.get("set").map(|set| Parent::ApplicationSet {
        name: set["metadata"]["name"].as_str().unwrap().to_owned(),
        manifest: set.clone().into(),
    });
    Application {
        key: ApplicationKey { cluster: text("cluster").unwrap(), name: text("name").unwrap() },
        manifest: value["application"].clone(),
        parent,
        file: text("file"),
        outcome,
        incomplete: None,
    }
}

fn origin(value: &Value) -> Option<Origin> {
    let (file, line) = value["at"].as_str()?.rsplit_once(':').unwrap();
    Some(Origin { file: file.to_owned(), line: Some(line.parse().unwrap()) })
}

/// Asserts that fences and folds of Markdown are closed, and that nothing else in it is markup from
/// elsewhere.
pub(crate) fn assert_well_formed(markdown: &str) {
    assert!(markdown.len() <= oarlock_fleet::comment::COMMENT_BYTES, "{} bytes", markdown.len());
    let mut fence: Option<usize> = None;
    let mut folds = 0_i32;
    for line in markdown.lines() {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let run = line[indent..].len() - line[indent..].trim_start_matches('`').len();
        let rest = &line[indent + run..];
        match fence {
            Some(length) if indent < 4 && run >= length && rest.trim().is_empty() => fence = None,
            Some(_) => assert!(line.starts_with(['+', '-', ' ']), "in a fence: {line}"),
            None if indent < 4 && run >= 3 && !rest.contains('`') => {
                assert_eq!(rest, "diff", "{line}");
                fence = Some(run);
            }
            None => {
                let opened = line.starts_with("<details><summary>");
                let closed = line == "</details>";
                folds += i32::from(opened) - i32::from(closed);
                assert!((0..=1).contains(&folds), "{line}");
                assert_no_markup(line);
            }
        }
    }
    assert_eq!((fence, folds), (None, 0));
    let unseen = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{200b}');
    assert!(!markdown.contains(unseen), "characters that are not seen");
}

/// Asserts that a line outside of fences has no element, mention or image but ours.
fn assert_no_markup(line: &str) {
    let mut text = without_escapes(&without_spans(line));
    for ours in [
        "<!-- oarlock:diff -->",
        "<details>",
        "</details>",
        "<summary>",
        "</summary>",
        "<code>",
        "</code>",
        "<sub>",
        "</sub>",
    ] {
        text = text.replace(ours, "");
    }
    assert!(!text.contains('<'), "an element: {line}");
    let mention = text
        .char_indices()
        .any(|(place, c)| c == '@' && text[place + 1..].starts_with(|c: char| c.is_ascii_alphanumeric()));
    assert!(!mention, "a mention: {line}");
    assert!(!text.contains("](") && !text.contains("://"), "a link: {line}");
}

/// Text with something harmless in place of signs that a backslash makes plain.
fn without_escapes(text: &str) -> String {
    let mut characters = text.chars();
    let mut plain = String::new();
    while let Some(character) = characters.next() {
        if character == '\\' {
            characters.next();
            plain.push('\u{fffd}');
        } else {
            plain.push(character);
        }
    }
    plain
}

/// A line of Markdown without its code spans.
fn without_spans(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        text += &rest[..start];
        let run = rest[start..].len() - rest[start..].trim_start_matches('`').len();
        let after = &rest[start + run..];
        // The span ends with a run of the same length.
        let mut place = 0;
        let end = loop {
            let Some(found) = after[place..].find('`') else { panic!("an open code span: {line}") };
            let at = place + found;
            let length = after[at..].len() - after[at..].trim_start_matches('`').len();
            if length == run {
                break at + length;
            }
            place = at + length;
        };
        rest = &after[end..];
    }
    text + rest
}

/// Asserts that a page has no element but ours.
pub(crate) fn assert_safe_page(page: &str) {
    const ELEMENTS: [&str; 34] = [
        "!doctype", "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section",
        "nav", "details", "summary", "div", "h1", "h2", "h3", "p", "ul", "li", "a", "code", "pre", "span",
        "strong", "ins", "del", "table", "tr", "th", "td", "em", "br",
    ];
    for part in page.split('<').skip(1) {
        let name: String =
            part.trim_start_matches('/').chars().take_while(|c| !matches!(c, ' ' | '>')).collect();
        assert!(ELEMENTS.contains(&name.as_str()), "an element: <{part}");
        let element = &part[..part.find('>').unwrap()];
        assert!(
            !element.contains(" on") && !element.contains("javascript:") && !element.contains("src="),
            "{element}"
        );
    }
}
