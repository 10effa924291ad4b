//! Addresses: IP, hosts, mail.

use oarlock_go::strconv::{quote, quote_rune};

use super::{Checked, ensure};

pub(crate) fn ipv4(text: &str) -> Checked {
    let groups: Vec<&str> = text.split('.').collect();
    ensure(groups.len() == 4, "expected four decimals")?;
    for group in groups {
        ensure(group.len() < 2 || !group.starts_with('0'), "leading zeros")?;
        let digits = group.strip_prefix(['+', '-']).unwrap_or(group);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!("strconv.Atoi: parsing {}: invalid syntax", quote(group.as_bytes())));
        }
        let Ok(number) = group.parse::<i64>() else {
            return Err(format!("strconv.Atoi: parsing {}: value out of range", quote(group.as_bytes())));
        };
        ensure((0..=255).contains(&number), "decimal must be between 0 and 255")?;
    }
    Ok(())
}

pub(crate) fn ipv6(text: &str) -> Checked {
    ensure(text.contains(':'), "missing colon")?;
    let zone = parse_address(text).map_err(|(message, rest)| {
        let (text, rest) = (quote(text.as_bytes()), rest.map(|rest| quote(rest.as_bytes())));
        match rest {
            Some(rest) => format!("ParseAddr({text}): {message} (at {rest})"),
            None => format!("ParseAddr({text}): {message}"),
        }
    })?;
    ensure(!zone, "zone id is not a part of ipv6 address")
}

/// What is wrong with an address, and from where on.
type Misfit<'t> = (&'static str, Option<&'t str>);

/// `netip.ParseAddr`: whether there is a zone.
fn parse_address(text: &str) -> Result<bool, Misfit<'_>> {
    match text.find(['.', ':', '%']).map(|at| text.as_bytes()[at]) {
        Some(b'.') => parse_ipv4(text).map(|()| false),
        Some(b':') => parse_ipv6(text),
        Some(_) => Err(("missing IPv6 address", None)),
        None => Err(("unable to parse IP", None)),
    }
}

fn parse_ipv4(text: &str) -> Result<(), Misfit<'_>> {
    let bytes = text.as_bytes();
    let (mut value, mut digits, mut dots) = (0_u32, 0, 0);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                if digits == 1 && value == 0 {
                    return Err(("IPv4 field has octet with leading zero", None));
                }
                value = value * 10 + u32::from(byte - b'0');
                digits += 1;
                if value > 255 {
                    return Err(("IPv4 field has value >255", None));
                }
            }
            b'.' => {
                if at == 0 || at == bytes.len() - 1 || bytes[at - 1] == b'.' {
                    return Err(("IPv4 field must have at least one digit", Some(&text[at..])));
                }
                if dots == 3 {
                    return Err(("IPv4 address too long", None));
                }
                (value, digits, dots) = (0, 0, dots + 1);
            }
            _ => return Err(("unexpected character", text.get(at..))),
        }
    }
    if dots < 3 { Err(("IPv4 address too short", None)) } else { Ok(()) }
}

fn parse_ipv6(text: &str) -> Result<bool, Misfit<'_>> {
    let (mut rest, zone) = text.split_once('%').map_or((text, None), |(text, zone)| (text, Some(zone)));
    if zone == Some("") {
        return Err(("zone must be a non-empty string", None));
    }
    let mut ellipsis = false;
    if let Some(behind) = rest.strip_prefix("::") {
        ellipsis = true;
        rest = behind;
        if rest.is_empty() {
            return Ok(zone.is_some());
        }
    }
    let mut groups = 0;
    while groups < 8 {
        let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        if digits > 4 {
            return Err(("each group must have 4 or less digits", Some(rest)));
        }
        if digits == 0 {
            return Err(("each colon-separated field must have at least one digit", Some(rest)));
        }
        if rest[digits..].starts_with('.') {
            if !ellipsis && groups != 6 {
                let message = "embedded IPv4 address must replace the final 2 fields of the address";
                return Err((message, Some(rest)));
            }
            if groups > 6 {
                let message = "too many hex fields to fit an embedded IPv4 at the end of the address";
                return Err((message, Some(rest)));
            }
            parse_ipv4(rest)?;
            (rest, groups) = ("", groups + 2);
            break;
        }
        groups += 1;
        rest = &rest[digits..];
        if rest.is_empty() {
            break;
        }
        let Some(behind) = rest.strip_prefix(':') else {
            return Err(("unexpected character, want colon", Some(rest)));
        };
        if behind.is_empty() {
            return Err(("colon must be followed by more characters", Some(rest)));
        }
        rest = behind;
        if let Some(behind) = rest.strip_prefix(':') {
            if ellipsis {
                return Err(("multiple :: in address", Some(rest)));
            }
            ellipsis = true;
            rest = behind;
            if rest.is_empty() {
                break;
            }
        }
    }
    match (rest, groups, ellipsis) {
        ("", 8, true) => Err(("the :: must expand to at least one field of zeros", None)),
        ("", ..8, false) => Err(("address string too short", None)),
        ("", ..) => Ok(zone.is_some()),
        _ => Err(("trailing garbage after address", Some(rest))),
    }
}

pub(crate) fn hostname(text: &str) -> Checked {
    let text = text.strip_suffix('.').unwrap_or(text);
    ensure(text.len() <= 253, "more than 253 characters long")?;
    for label in text.split('.') {
        ensure((1..=63).contains(&label.len()), "label must be 1 to 63 characters long")?;
        ensure(!label.starts_with('-'), "label starts with hyphen")?;
        ensure(!label.ends_with('-'), "label ends with hyphen")?;
        characters(label, |one| one.is_ascii_alphanumeric() || one == '-')?;
    }
    Ok(())
}

fn characters(text: &str, legal: impl Fn(char) -> bool) -> Checked {
    match text.chars().find(|one| !legal(*one)) {
        Some(one) => Err(format!("invalid character {}", quote_rune(one))),
        None => Ok(()),
    }
}

pub(crate) fn email(text: &str) -> Checked {
    ensure(text.len() <= 254, "more than 255 characters long")?;
    let (local, domain) = text.rsplit_once('@').ok_or("missing @")?;
    ensure(local.len() <= 64, "local part more than 64 characters long")?;
    if local.len() > 1 && local.starts_with('"') {
        // The last byte counts for a quote, whatever it is.
        let inner = &local.as_bytes()[1..local.len() - 1];
        let is_plain = !inner.contains(&b'\\') && !inner.contains(&b'"');
        ensure(is_plain, "backslash and quote are not allowed within quoted local part")?;
    } else {
        ensure(!local.starts_with('.'), "starts with dot")?;
        ensure(!local.ends_with('.'), "ends with dot")?;
        ensure(!local.contains(".."), "consecutive dots")?;
        characters(local, |one| one.is_ascii_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(one))?;
    }
    if let Some(address) = domain.strip_prefix('[').and_then(|domain| domain.strip_suffix(']')) {
        return match address.strip_prefix("IPv6:") {
            Some(address) => ipv6(address).map_err(|error| format!("invalid ipv6 address: {error}")),
            None => ipv4(address).map_err(|error| format!("invalid ipv4 address: {error}")),
        };
    }
    hostname(domain).map_err(|error| format!("invalid domain: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, message) in [
            ("::1", ""),
            ("1:2:3:4:5:6:7:8", ""),
            ("::ffff:1.2.3.4", ""),
            ("1", "missing colon"),
            ("1:2", "ParseAddr(\"1:2\"): address string too short"),
            ("1::2::3", "ParseAddr(\"1::2::3\"): multiple :: in address (at \":3\")"),
            (
                "1:2:3:4:5:6:7::8",
                "ParseAddr(\"1:2:3:4:5:6:7::8\"): the :: must expand to at least one field of zeros",
            ),
            ("12345::", "ParseAddr(\"12345::\"): each group must have 4 or less digits (at \"12345::\")"),
            ("::1.2.3", "ParseAddr(\"::1.2.3\"): IPv4 address too short"),
            ("fe80::1%e", "zone id is not a part of ipv6 address"),
            ("1:x", "ParseAddr(\"1:x\"): each colon-separated field must have at least one digit (at \"x\")"),
        ] {
            assert_eq!(ipv6(text).err().unwrap_or_default(), message, "{text}");
        }
    }
}
