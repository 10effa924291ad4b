//! `format`, which drafts before 2019-09 assert.

use serde_json::Value as Json;

use super::fault::quote;
use oarlock_semver::Version;

/// What is wrong with a text of a format; nothing for values of other types and for formats that are not known.
pub(super) fn fault(format: &str, value: &Json) -> Option<String> {
    let Json::String(text) = value else { return None };
    let reason = match format {
        "uri" | "iri" => uri(text),
        "email" => email(text),
        "hostname" => hostname(text),
        "ipv4" => ipv4(text),
        "ipv6" => text.parse::<std::net::Ipv6Addr>().err().map(|_| "invalid ipv6 address".to_owned()),
        "uuid" => uuid(text),
        "regex" => regex::Regex::new(text).err().map(|_| "not a regular expression".to_owned()),
        "date" => (!is_date(text)).then(|| "not a date".to_owned()),
        "semver" => Version::parse(text).err().map(|error| error.to_string()),
        _ => None,
    }?;
    Some(format!("{} is not valid {format}: {reason}", quote(text)))
}

fn uri(text: &str) -> Option<String> {
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|one| one.is_ascii_alphanumeric() || matches!(one, '+' | '-' | '.'));
    (!is_scheme).then(|| "relative url".to_owned())
}

fn email(text: &str) -> Option<String> {
    let Some((local, domain)) = text.rsplit_once('@') else { return Some("missing @".to_owned()) };
    if local.len() > 64 {
        return Some("local part more than 64 characters long".to_owned());
    }
    if local.starts_with('.') {
        return Some("starts with dot".to_owned());
    }
    if local.ends_with('.') {
        return Some("ends with dot".to_owned());
    }
    if local.contains("..") {
        return Some("consecutive dots".to_owned());
    }
    hostname(domain).map(|reason| format!("invalid domain: {reason}"))
}

fn hostname(text: &str) -> Option<String> {
    let text = text.strip_suffix('.').unwrap_or(text);
    if text.len() > 253 {
        return Some("more than 253 characters long".to_owned());
    }
    text.split('.').find_map(|label| {
        let wrong = |one: &char| !one.is_ascii_alphanumeric() && *one != '-';
        if label.is_empty() || label.len() > 63 {
            Some("label must be 1 to 63 characters long".to_owned())
        } else if label.starts_with('-') {
            Some("label starts with hyphen".to_owned())
        } else if label.ends_with('-') {
            Some("label ends with hyphen".to_owned())
        } else {
            label.chars().find(wrong).map(|one| format!("invalid character {one:?}"))
        }
    })
}

fn ipv4(text: &str) -> Option<String> {
    let groups: Vec<&str> = text.split('.').collect();
    if groups.len() != 4 {
        return Some("expected four decimals".to_owned());
    }
    groups.into_iter().find_map(|group| {
        if group.len() > 1 && group.starts_with('0') {
            return Some("leading zeros".to_owned());
        }
        group.parse::<u8>().err().map(|_| "decimal must be between 0 and 255".to_owned())
    })
}

fn uuid(text: &str) -> Option<String> {
    const LENGTHS: [usize; 5] = [8, 4, 4, 4, 12];
    let groups: Vec<&str> = text.split('-').collect();
    if groups.len() != LENGTHS.len() {
        return Some("must have 5 elements".to_owned());
    }
    groups.iter().zip(LENGTHS).enumerate().find_map(|(index, (group, length))| {
        if group.len() != length {
            return Some(format!("element {} must be {length} characters long", index + 1));
        }
        group.chars().find(|one| !one.is_ascii_hexdigit()).map(|one| format!("non-hex character {one:?}"))
    })
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let number = |part: &str, length| {
        (part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse::<u32>().ok())
            .flatten()
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}
