//! `format`, which drafts before 2019-09 assert.

mod address;
mod time;

use oarlock_go::strconv::{quote, quote_rune};

use self::address::{email, hostname, ipv4, ipv6};
use oarlock_go::Release;
use oarlock_go::regexp::Regexp;
use oarlock_go::url::{Part, Url, unescape};

/// What is wrong with a text.
type Checked = Result<(), String>;

fn ensure(fits: bool, message: &str) -> Checked {
    if fits { Ok(()) } else { Err(message.to_owned()) }
}

/// Checks that a text has a format. Formats that are not known fit everything.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check(format: &str, text: &str) -> Checked {
    match format {
        "regex" => Regexp::check(text, Release::default()),
        "json-pointer" => json_pointer(text),
        "relative-json-pointer" => relative_json_pointer(text),
        "uuid" => uuid(text),
        "duration" => time::duration(text),
        "period" => time::period(text),
        "ipv4" => ipv4(text),
        "ipv6" => ipv6(text),
        "hostname" => hostname(text),
        "email" => email(text),
        "date" => time::date(text),
        "time" => time::time(text),
        "date-time" => time::date_time(text),
        "uri" | "iri" => {
            let url = url(text)?;
            ensure(!url.scheme.is_empty(), "relative url")
        }
        "uri-reference" | "iri-reference" => {
            ensure(!text.contains('\\'), "contains \\")?;
            url(text).map(drop)
        }
        "uri-template" => uri_template(text),
        "semver" => semver(text),
        _ => Ok(()),
    }
}

fn json_pointer(text: &str) -> Checked {
    if text.is_empty() {
        return Ok(());
    }
    ensure(text.starts_with('/'), "not starting with /")?;
    for token in text.split('/').skip(1) {
        let mut parts = token.split('~');
        parts.next();
        let are_escapes = parts.all(|part| part.starts_with(['0', '1']));
        ensure(are_escapes, "~ must be followed by 0 or 1")?;
    }
    Ok(())
}

fn relative_json_pointer(text: &str) -> Checked {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    ensure(digits > 0, "must start with non-negative integer")?;
    ensure(digits == 1 || !text.starts_with('0'), "starts with zero")?;
    match &text[digits..] {
        "#" => Ok(()),
        rest => json_pointer(rest),
    }
}

fn uuid(text: &str) -> Checked {
    const LENGTHS: [usize; 5] = [8, 4, 4, 4, 12];
    let groups: Vec<&str> = text.split('-').collect();
    ensure(groups.len() == LENGTHS.len(), "must have 5 elements")?;
    for (index, (group, length)) in groups.into_iter().zip(LENGTHS).enumerate() {
        if group.len() != length {
            return Err(format!("element {} must be {length} characters long", index + 1));
        }
        if let Some(one) = group.chars().find(|one| !one.is_ascii_hexdigit()) {
            return Err(format!("non-hex character {}", quote_rune(one)));
        }
    }
    Ok(())
}

fn url(text: &str) -> Result<Url, String> {
    let url =
        Url::parse(text.as_bytes()).map_err(|error| format!("parse {}: {error}", quote(text.as_bytes())))?;
    let host = url.hostname();
    if host.contains(&b':') {
        let has_brackets = [b'[', b']'].iter().all(|bracket| url.host.contains(bracket));
        ensure(has_brackets, "ipv6 address not enclosed in brackets")?;
        ipv6(&String::from_utf8_lossy(host)).map_err(|error| format!("invalid ipv6 address: {error}"))?;
    }
    Ok(url)
}

fn uri_template(text: &str) -> Checked {
    let url = url(text)?;
    for token in url.raw_path.split(|byte| *byte == b'/') {
        let token =
            unescape(token, Part::PathSegment).map_err(|error| format!("percent decode failed: {error}"))?;
        let mut is_open = false;
        for byte in token.into_iter().filter(|byte| matches!(byte, b'{' | b'}')) {
            ensure(is_open == (byte == b'}'), "nested curly braces")?;
            is_open = !is_open;
        }
        ensure(!is_open, "no matching closing brace")?;
    }
    Ok(())
}

fn semver(text: &str) -> Checked {
    let legal = |one: &char| one.is_ascii_alphanumeric() || *one == '-';
    let all = |identifier: &str, kind: &str| match identifier.chars().find(|one| !legal(one)) {
        Some(one) => Err(format!("invalid character {} in {kind} identifier", quote_rune(one))),
        None => Ok(()),
    };
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    if let Some(build) = build {
        ensure(!build.is_empty(), "build is empty")?;
        for identifier in build.split('.') {
            ensure(!identifier.is_empty(), "build identifier is empty")?;
            all(identifier, "build")?;
        }
    }
    let (text, release) = text.split_once('-').map_or((text, None), |(text, release)| (text, Some(release)));
    for identifier in release.into_iter().flat_map(|release| release.split('.')) {
        ensure(!identifier.is_empty(), "pre-release identifier is empty")?;
        all(identifier, "pre-release")?;
        let is_number = identifier.bytes().all(|byte| byte.is_ascii_digit());
        let is_padded = is_number && identifier.len() > 1 && identifier.starts_with('0');
        ensure(!is_padded, "pre-release numeric identifier starts with zero")?;
    }
    let numbers: Vec<&str> = text.split('.').collect();
    ensure(numbers.len() == 3, "versionCore must have 3 numbers separated by dot")?;
    for (number, name) in numbers.into_iter().zip(["major", "minor", "patch"]) {
        ensure(!number.is_empty(), &format!("{name} is empty"))?;
        ensure(number.len() == 1 || !number.starts_with('0'), &format!("{name} starts with zero"))?;
        ensure(number.bytes().all(|byte| byte.is_ascii_digit()), &format!("{name} contains non-digit"))?;
    }
    Ok(())
}
