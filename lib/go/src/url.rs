//! Go's `net/url`: URLs in parts, resolved, and written again.

use std::fmt::Write as _;

use crate::release::Release;
use crate::strconv::quote;

/// A URL in parts, unescaped as Go does.
#[derive(Clone, Debug, Default)]
pub struct Url {
    /// What stands before the first colon, in small letters.
    pub scheme: Vec<u8>,
    /// What follows the scheme where no slash does.
    pub opaque: Vec<u8>,
    /// Name and password.
    pub userinfo: Option<UserInfo>,
    /// The host, with its port.
    pub host: Vec<u8>,
    /// The path.
    pub path: Vec<u8>,
    /// How the path was spelled, unless [`escape`] spells it so.
    pub raw_path: Vec<u8>,
    /// What follows `?`, as it was written.
    pub query: Vec<u8>,
    /// What follows `#`.
    pub fragment: Vec<u8>,
    /// Whether there is a path and no `//` before it.
    pub omits_host: bool,
}

/// Name and password before the host.
#[derive(Clone, Debug)]
pub struct UserInfo {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

impl UserInfo {
    /// As it stands in a URL.
    pub fn to_text(&self) -> String {
        let mut text = escape(&self.name, Part::User);
        if let Some(password) = &self.password {
            text.push(':');
            text.push_str(&escape(password, Part::User));
        }
        text
    }
}

/// Which part of a URL, since each has characters of its own that need no escape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The host.
    Host,
    /// The path.
    Path,
    /// What stands between two slashes.
    PathSegment,
    /// Name or password.
    User,
    /// The fragment.
    Fragment,
}

impl Url {
    /// Reads a URL as all releases of Go do.
    ///
    /// # Errors
    /// Go's message.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        Self::parse_for(text, Release::V1_24)
    }

    /// Reads a URL as a release of Go does.
    ///
    /// # Errors
    /// Go's message.
    pub fn parse_for(text: &[u8], release: Release) -> Result<Self, String> {
        if text.iter().any(|byte| *byte < b' ' || *byte == 0x7f) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        let mut url = Self::default();
        let mut rest = text;
        if let Some(hash) = rest.iter().position(|byte| *byte == b'#') {
            url.fragment = unescape(&rest[hash + 1..], Part::Fragment)?;
            rest = &rest[..hash];
        }
        if rest == b"*" {
            url.path = b"*".to_vec();
            return Ok(url);
        }
        rest = url.take_scheme(rest)?;
        if let Some(mark) = rest.iter().position(|byte| *byte == b'?') {
            url.query = rest[mark + 1..].to_vec();
            rest = &rest[..mark];
        }
        if !rest.starts_with(b"/") {
            if !url.scheme.is_empty() {
                url.opaque = rest.to_vec();
                return Ok(url);
            }
            let first = rest.split(|byte| *byte == b'/').next().unwrap_or_default();
            if first.contains(&b':') {
                return Err("first path segment in URL cannot contain colon".to_owned());
            }
        }
        let rooted = url.scheme.is_empty() && rest.starts_with(b"///");
        if let Some(authority) = rest.strip_prefix(b"//").filter(|_| !rooted) {
            let end = authority.iter().position(|byte| *byte == b'/').unwrap_or(authority.len());
            let strict =
                release.rejects_colons_in_hosts() && matches!(url.scheme.as_slice(), b"http" | b"https");
            url.take_authority(&authority[..end], strict)?;
            rest = &authority[end..];
        } else {
            url.omits_host = !url.scheme.is_empty() && rest.starts_with(b"/");
        }
        url.set_path(rest)?;
        Ok(url)
    }

    /// The host without its port and brackets.
    pub fn hostname(&self) -> &[u8] {
        let host = self.host.as_slice();
        let name = match host.iter().rposition(|byte| *byte == b':') {
            Some(colon) if host[colon + 1..].iter().all(u8::is_ascii_digit) => &host[..colon],
            _ => host,
        };
        let bare = name.strip_prefix(b"[").and_then(|name| name.strip_suffix(b"]"));
        bare.unwrap_or(name)
    }

    fn set_path(&mut self, spelled: &[u8]) -> Result<(), String> {
        self.path = unescape(spelled, Part::Path)?;
        let usual = escape(&self.path, Part::Path);
        self.raw_path = if usual.as_bytes() == spelled { Vec::new() } else { spelled.to_vec() };
        Ok(())
    }

    /// The path as it was spelled, as far as that is valid.
    fn escaped_path(&self) -> String {
        let plain = |byte: &u8| b"!$&'()*+,;=:@[]%".contains(byte) || !should_escape(*byte, Part::Path);
        let spelled = &self.raw_path;
        if !spelled.is_empty()
            && spelled.iter().all(plain)
            && unescape(spelled, Part::Path).is_ok_and(|path| path == self.path)
        {
            return String::from_utf8_lossy(spelled).into_owned();
        }
        if self.path == b"*" { "*".to_owned() } else { escape(&self.path, Part::Path) }
    }

    /// What a reference means within a document at this place.
    #[must_use]
    pub fn resolve(&self, reference: &Self) -> Self {
        let mut url = reference.clone();
        if reference.scheme.is_empty() {
            url.scheme.clone_from(&self.scheme);
        }
        let no_base = !reference.scheme.is_empty();
        if no_base || !reference.host.is_empty() || reference.userinfo.is_some() {
            url.set_resolved("", &reference.escaped_path());
            return url;
        }
        if reference.path.is_empty() {
            if reference.query.is_empty() {
                url.query.clone_from(&self.query);
            }
            if !self.opaque.is_empty() {
                url.opaque.clone_from(&self.opaque);
                return url;
            }
        }
        url.host.clone_from(&self.host);
        url.userinfo.clone_from(&self.userinfo);
        url.set_resolved(&self.escaped_path(), &reference.escaped_path());
        url
    }

    fn set_resolved(&mut self, base: &str, reference: &str) {
        // What was escaped is read without an error.
        let _ = self.set_path(resolve_path(base, reference).as_bytes());
    }

    /// The URL as a text.
    pub fn to_text(&self) -> String {
        let mut out = Vec::new();
        if !self.scheme.is_empty() {
            out.extend_from_slice(&self.scheme);
            out.push(b':');
        }
        if self.opaque.is_empty() {
            self.write_hierarchy(&mut out);
        } else {
            out.extend_from_slice(&self.opaque);
        }
        if !self.query.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&self.query);
        }
        if !self.fragment.is_empty() {
            out.push(b'#');
            out.extend_from_slice(escape(&self.fragment, Part::Fragment).as_bytes());
        }
        String::from_utf8_lossy(&out).into_owned()
    }

    /// Host and path.
    fn write_hierarchy(&self, out: &mut Vec<u8>) {
        let no_host = self.host.is_empty() && self.userinfo.is_none();
        let absent = no_host && (self.omits_host || self.scheme.is_empty() || self.path.is_empty());
        if !absent {
            out.extend_from_slice(b"//");
        }
        if let Some(user) = &self.userinfo {
            out.extend_from_slice(user.to_text().as_bytes());
            out.push(b'@');
        }
        out.extend_from_slice(escape(&self.host, Part::Host).as_bytes());
        let path = self.escaped_path();
        if !path.is_empty() && !path.starts_with('/') && !self.host.is_empty() {
            out.push(b'/');
        }
        if out.is_empty() && path.split('/').next().is_some_and(|first| first.contains(':')) {
            // A colon in the first part would make it a scheme.
            out.extend_from_slice(b"./");
        }
        out.extend_from_slice(path.as_bytes());
    }

    fn take_scheme<'t>(&mut self, text: &'t [u8]) -> Result<&'t [u8], String> {
        for (index, byte) in text.iter().enumerate() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' => {}
                b'0'..=b'9' | b'+' | b'-' | b'.' if index > 0 => {}
                b':' if index == 0 => return Err("missing protocol scheme".to_owned()),
                b':' => {
                    self.scheme = text[..index].to_ascii_lowercase();
                    return Ok(&text[index + 1..]);
                }
                _ => break,
            }
        }
        Ok(text)
    }

    fn take_authority(&mut self, authority: &[u8], strict: bool) -> Result<(), String> {
        let mut host = authority;
        if let Some(at) = authority.iter().rposition(|byte| *byte == b'@') {
            let user = &authority[..at];
            host = &authority[at + 1..];
            let valid = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
            if !user.iter().all(valid) {
                return Err("net/url: invalid userinfo".to_owned());
            }
            self.userinfo = Some(match user.iter().position(|byte| *byte == b':') {
                None => UserInfo { name: unescape(user, Part::User)?, password: None },
                Some(colon) => UserInfo {
                    name: unescape(&user[..colon], Part::User)?,
                    password: Some(unescape(&user[colon + 1..], Part::User)?),
                },
            });
        }
        match host.iter().rposition(|byte| *byte == b'[') {
            Some(0) => {
                let Some(end) = host.iter().rposition(|byte| *byte == b']') else {
                    return Err("missing ']' in host".to_owned());
                };
                check_port(&host[end + 1..])?;
                let address = literal_address(&host[1..end])?;
                let port = unescape(&host[end + 1..], Part::Host)?;
                self.host = [b"[", address.as_slice(), b"]", &port].concat();
            }
            Some(_) => return Err("invalid IP-literal".to_owned()),
            None => {
                let colon = |byte: &u8| *byte == b':';
                let first = if strict { host.iter().position(colon) } else { host.iter().rposition(colon) };
                check_port(first.map_or(&[][..], |colon| &host[colon..]))?;
                self.host = unescape(host, Part::Host)?;
            }
        }
        Ok(())
    }
}

/// Checks what stands behind a host: nothing, or a colon and digits.
fn check_port(text: &[u8]) -> Result<(), String> {
    if text.is_empty() || text[0] == b':' && text[1..].iter().all(u8::is_ascii_digit) {
        return Ok(());
    }
    Err(format!("invalid port {} after host", quote(text)))
}

/// An IPv6 address, as it stands between brackets, perhaps with a zone behind `%25`.
fn literal_address(text: &[u8]) -> Result<Vec<u8>, String> {
    let zone = text.windows(3).position(|window| window == b"%25").unwrap_or(text.len());
    // A zone may be escaped as it likes.
    let address = [unescape(&text[..zone], Part::Host)?, unescape(&text[zone..], Part::Path)?].concat();
    let shown = String::from_utf8_lossy(&address);
    let (bare, zone) = shown.split_once('%').map_or((&*shown, None), |(bare, zone)| (bare, Some(zone)));
    if zone.is_none() && bare.parse::<std::net::Ipv4Addr>().is_ok() {
        return Err("invalid IP-literal".to_owned());
    }
    if zone == Some("") || bare.parse::<std::net::Ipv6Addr>().is_err() {
        let shown = quote(&address);
        return Err(format!("invalid host: ParseAddr({shown}): unable to parse IP"));
    }
    Ok(address)
}

/// A path seen from another one, without `.` and `..`.
fn resolve_path(base: &str, reference: &str) -> String {
    let full = if reference.is_empty() {
        base.to_owned()
    } else if reference.starts_with('/') {
        reference.to_owned()
    } else {
        let directory = base.rfind('/').map_or("", |slash| &base[..=slash]);
        format!("{directory}{reference}")
    };
    if full.is_empty() {
        return full;
    }
    let mut steps: Vec<&str> = Vec::new();
    let mut last = "";
    for step in full.split('/') {
        match step {
            "." if steps.is_empty() => steps.push(""),
            "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
        last = step;
    }
    let mut path = steps.join("/");
    if matches!(last, "." | "..") {
        path.push('/');
    }
    if path.starts_with('/') { path } else { format!("/{path}") }
}

/// What escapes stand for.
///
/// # Errors
/// If there is one that is none.
pub fn unescape(text: &[u8], part: Part) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let byte = text[at];
        if byte == b'%' {
            let digits = text.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
            let code = digits
                .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
                .and_then(|digits| u8::from_str_radix(digits, 16).ok());
            let Some(code) = code else {
                let shown = &text[at..(at + 3).min(text.len())];
                return Err(format!("invalid URL escape {}", quote(shown)));
            };
            if part == Part::Host && code.is_ascii() && code != b'%' {
                let shown = &text[at..at + 3];
                return Err(format!("invalid URL escape {}", quote(shown)));
            }
            out.push(code);
            at += 3;
            continue;
        }
        if part == Part::Host && byte.is_ascii() && should_escape(byte, part) {
            let shown = quote(&[byte]);
            return Err(format!("invalid character {shown} in host name"));
        }
        out.push(byte);
        at += 1;
    }
    Ok(out)
}

fn should_escape(byte: u8, part: Part) -> bool {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => false,
        b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' | b':' | b'[' | b']'
        | b'<' | b'>' | b'"'
            if part == Part::Host =>
        {
            false
        }
        b'$' | b'&' | b'+' | b',' | b'/' | b':' | b';' | b'=' | b'?' | b'@' => match part {
            Part::Path => byte == b'?',
            Part::PathSegment => matches!(byte, b'/' | b';' | b',' | b'?'),
            Part::User => matches!(byte, b'@' | b'/' | b'?' | b':'),
            Part::Fragment => false,
            Part::Host => true,
        },
        b'!' | b'(' | b')' | b'*' if part == Part::Fragment => false,
        _ => true,
    }
}

/// Escapes what a part can't hold.
pub fn escape(text: &[u8], part: Part) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text {
        if should_escape(*byte, part) {
            // Writing to a string never fails.
            let _ = write!(out, "%{byte:02X}");
        } else {
            out.push(char::from(*byte));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let url = Url::parse(b"HTTP://us%20er:p%40ss@host:8080/a%20b?q=1#f").unwrap();
        assert_eq!(url.scheme, b"http");
        assert_eq!(url.userinfo.unwrap().to_text(), "us%20er:p%40ss");
        assert_eq!((url.host.as_slice(), url.path.as_slice()), (&b"host:8080"[..], &b"/a b"[..]));
        assert_eq!(Url::parse(b"mailto:a@b").unwrap().opaque, b"a@b");
        for (base, reference, resolved) in [
            ("file:///values.schema.json", "other.json", "file:///other.json"),
            ("http://a/b/c?d", "../e", "http://a/e"),
            ("http://a/b/c?d", "", "http://a/b/c?d"),
            ("http://a", "b%2Fc/./", "http://a/b%2Fc/"),
            ("http://a/b", "//c/d/../..", "http://c/"),
            ("urn:a:b", "", "urn:a:b"),
            ("urn:a:b", "http:c", "http:c"),
            ("file:/a/b", "c", "file:///a/c"),
        ] {
            let [base, reference] = [base, reference].map(|text| Url::parse(text.as_bytes()).unwrap());
            assert_eq!(base.resolve(&reference).to_text(), resolved);
        }
        assert_eq!(Url::parse(b":a").unwrap_err(), "missing protocol scheme");
        assert_eq!(Url::parse(b"http://a:b/").unwrap_err(), "invalid port \":b\" after host");
    }

    #[test]
    fn hosts() {
        for (text, message) in [
            ("http://[foo]/", "invalid host: ParseAddr(\"foo\"): unable to parse IP"),
            ("http://[1.2.3.4]/", "invalid IP-literal"),
            ("http://a[b]/", "invalid IP-literal"),
            ("http://[::1/", "missing ']' in host"),
            ("http://[::1]x/", "invalid port \"x\" after host"),
        ] {
            assert_eq!(Url::parse(text.as_bytes()).unwrap_err(), message);
        }
        assert_eq!(Url::parse(b"http://[::1%25en0]:80/").unwrap().host, b"[::1%en0]:80");
        for (text, since_4_2) in [
            ("http://a:1:2/", Some("invalid port \":1:2\" after host")),
            ("http://::1/", Some("invalid port \"::1\" after host")),
            ("postgres://a:1:2/", None),
            ("http://a:1/", None),
        ] {
            assert!(Url::parse_for(text.as_bytes(), Release::V1_25).is_ok());
            assert_eq!(Url::parse_for(text.as_bytes(), Release::V1_26).err().as_deref(), since_4_2);
        }
    }
}
