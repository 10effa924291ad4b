//! Commits that a commit refers to by trailers, as Argo CD's source hydrator traces them
//! (`GetReferences` of its `util/git`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

/// How the names of these trailers begin.
const PREFIX: &str = "Argocd-reference-commit-";

/// The longest content of an encoded word: with what encloses it, it has 75 characters.
const CONTENT: usize = 75 - "=?utf-8?q?".len() - "?=".len();

/// A commit that is referred to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Reference {
    commit: CommitReference,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct CommitReference {
    #[serde(skip_serializing_if = "String::is_empty")]
    author: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    date: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    subject: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    body: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    sha: String,
    #[serde(rename = "repoUrl", skip_serializing_if = "String::is_empty")]
    repo_url: String,
}

/// What lines refer to, and the lines that do not, each with a line break.
pub(super) fn references<'l>(lines: impl Iterator<Item = &'l str>) -> (Vec<Reference>, String) {
    let (mut found, mut others) = (CommitReference::default(), String::new());
    for line in lines {
        if found.take(line).is_none() {
            others.push_str(line);
            others.push('\n');
        }
    }
    let is_empty = found == CommitReference::default();
    (if is_empty { Vec::new() } else { vec![Reference { commit: found }] }, others)
}

impl CommitReference {
    /// Takes the value of a trailer; `None` if the line is none, or its value is not valid.
    fn take(&mut self, line: &str) -> Option<()> {
        let (name, value) = line.strip_prefix(PREFIX)?.split_once(": ")?;
        match name {
            "repourl" => self.repo_url = (!value.chars().any(char::is_control)).then(|| value.to_owned())?,
            "author" => self.author = address(value)?,
            "date" => self.date = date(value)?,
            "subject" => value.clone_into(&mut self.subject),
            "body" => self.body = serde_json::from_str(value).ok()?,
            "sha" => {
                let is_hex = value.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
                self.sha = ((5..=40).contains(&value.len()) && is_hex).then(|| value.to_owned())?;
            }
            _ => return None,
        }
        Some(())
    }
}

/// An address as Go's `mail.Address` writes it: `"Name" <local@domain>`.
fn address(text: &str) -> Option<String> {
    let (name, email) = match text.trim().strip_suffix('>').and_then(|text| text.split_once('<')) {
        Some((name, email)) => (unquoted(name.trim())?, email),
        None => (String::new(), text.trim()),
    };
    let (local, domain) = email.rsplit_once('@')?;
    let is_atom = |part: &str| {
        let is_text = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
        !part.is_empty() && part.chars().all(is_text)
    };
    if !local.split('.').all(is_atom) || !domain.split('.').all(is_atom) {
        return None;
    }
    Some(match encoded(&name) {
        name if name.is_empty() => format!("<{email}>"),
        name => format!("{name} <{email}>"),
    })
}

/// The name of an address: words, or one text in quotes.
fn unquoted(name: &str) -> Option<String> {
    if let Some(inner) = name.strip_prefix('"') {
        let inner = inner.strip_suffix('"')?;
        let mut text = String::new();
        let mut rest = inner.chars();
        while let Some(c) = rest.next() {
            match c {
                '\\' => text.push(rest.next()?),
                '"' => return None,
                c => text.push(c),
            }
        }
        return Some(text);
    }
    let is_word = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~. ".contains(c);
    name.chars().all(is_word).then(|| name.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A name in quotes, or as words of RFC 2047 if it is not all ASCII.
fn encoded(name: &str) -> String {
    if name.is_empty() {
        return String::new();
    }
    if name.chars().all(|c| c.is_ascii_graphic() || matches!(c, ' ' | '\t')) {
        return format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
    }
    let is_special = |c: char| "\"#$%&'(),.:;<>@[]^`{|}~".contains(c);
    let (encoding, most): (_, usize) =
        if name.contains(is_special) { ('b', CONTENT / 4 * 3) } else { ('q', CONTENT) };
    let quoted = |c: char| match c {
        ' ' => "_".to_owned(),
        c if c.is_ascii_graphic() && !"=?_".contains(c) => c.to_string(),
        c => c.to_string().bytes().fold(String::new(), |text, byte| text + &format!("={byte:02X}")),
    };
    let (mut words, mut word) = (Vec::new(), String::new());
    for c in name.chars() {
        let next = if encoding == 'b' { c.to_string() } else { quoted(c) };
        if word.len() + next.len() > most {
            words.push(std::mem::take(&mut word));
        }
        word.push_str(&next);
    }
    words.push(word);
    let word = |content: &String| match encoding {
        'b' => format!("=?utf-8?b?{}?=", STANDARD.encode(content)),
        _ => format!("=?utf-8?q?{content}?="),
    };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// A time of RFC 3339, without fractions of seconds.
fn date(text: &str) -> Option<String> {
    let number = |range: std::ops::Range<usize>| -> Option<u32> {
        let digits = text.get(range)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let signs = [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")];
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let is_sound = signs.iter().all(|(at, sign)| text.get(*at..at + 1) == Some(sign))
        && (1..=days).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    let rest = text.get(19..)?;
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            (zone.len() < fraction.len()).then_some(zone)?
        }
        None => rest,
    };
    let zone = match zone {
        "Z" | "+00:00" => "Z",
        _ => {
            let at = text.len() - zone.len();
            let is_signed = zone.starts_with(['+', '-']) && zone.len() == 6 && zone.get(3..4) == Some(":");
            let (hours, minutes) = (number(at + 1..at + 3)?, number(at + 4..at + 6)?);
            (is_signed && hours <= 24 && minutes < 60).then_some(zone)?
        }
    };
    is_sound.then(|| format!("{}{zone}", &text[..19]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_go_writes_them() {
        for (text, expected) in [
            ("Ada Lovelace <ada@example.com>", Some("\"Ada Lovelace\" <ada@example.com>")),
            ("\"Ada \\\"A\\\" L.\" <ada@example.com>", Some("\"Ada \\\"A\\\" L.\" <ada@example.com>")),
            ("ada@example.com", Some("<ada@example.com>")),
            ("Zoë <zoe@example.com>", Some("=?utf-8?q?Zo=C3=AB?= <zoe@example.com>")),
            ("\"Zoë, (x)\" <zoe@example.com>", Some("=?utf-8?b?Wm/DqywgKHgp?= <zoe@example.com>")),
            ("Ada", None),
            ("Ada <ada>", None),
            ("A <b> <a@example.com>", None),
        ] {
            assert_eq!(address(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn dates_are_those_of_rfc_3339() {
        for (text, expected) in [
            ("2025-06-09T13:50:18-04:00", Some("2025-06-09T13:50:18-04:00")),
            ("2024-02-29T00:00:00.123Z", Some("2024-02-29T00:00:00Z")),
            ("2024-02-29T00:00:00+00:00", Some("2024-02-29T00:00:00Z")),
            ("2025-02-29T00:00:00Z", None),
            ("2025-06-09 13:50:18Z", None),
            ("2025-06-09T13:50:18", None),
            ("2025-06-09T13:50:18.Z", None),
            ("ä025-06-09T13:50:18Z", None),
        ] {
            assert_eq!(date(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn lines_that_are_not_valid_stay() {
        let lines = ["why", "", "Argocd-reference-commit-sha: xyz", "Argocd-reference-commit-sha: abcde"];
        let (found, others) = references(lines.into_iter());
        assert_eq!(found[0].commit.sha, "abcde");
        assert_eq!(others, "why\n\nArgocd-reference-commit-sha: xyz\n");
        assert_eq!(references([].into_iter()), (Vec::new(), String::new()));
    }
}
