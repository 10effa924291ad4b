//! `url.Parse`, and the escapes of each part.

use std::fmt::Write as _;

/// A URL in parts, unescaped as Go does.
#[derive(Debug, Default)]
pub(super) struct Url {
    pub(super) scheme: Vec<u8>,
    pub(super) opaque: Vec<u8>,
    pub(super) userinfo: Option<UserInfo>,
    pub(super) host: Vec<u8>,
    pub(super) path: Vec<u8>,
    pub(super) query: Vec<u8>,
    pub(super) fragment: Vec<u8>,
}

/// Name and password before the host.
#[derive(Debug)]
pub(super) struct UserInfo {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

impl UserInfo {
    pub(super) fn to_text(&self) -> String {
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
pub(super) enum Part {
    Host,
    Path,
    User,
    Fragment,
}

impl Url {
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
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
            url.take_authority(&authority[..end])?;
            rest = &authority[end..];
        }
        url.path = unescape(rest, Part::Path)?;
        Ok(url)
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

    fn take_authority(&mut self, authority: &[u8]) -> Result<(), String> {
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
        let after = if host.starts_with(b"[") {
            let Some(end) = host.iter().rposition(|byte| *byte == b']') else {
                return Err("missing ']' in host".to_owned());
            };
            &host[end + 1..]
        } else {
            host.iter().rposition(|byte| *byte == b':').map_or(&[][..], |colon| &host[colon..])
        };
        let is_port = after.is_empty() || after[0] == b':' && after[1..].iter().all(u8::is_ascii_digit);
        if !is_port {
            let shown = oarlock_go_template::fmt::quote(after);
            return Err(format!("invalid port {shown} after host"));
        }
        self.host = unescape(host, Part::Host)?;
        Ok(())
    }
}

fn unescape(text: &[u8], part: Part) -> Result<Vec<u8>, String> {
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
                return Err(format!("invalid URL escape {}", oarlock_go_template::fmt::quote(shown)));
            };
            if part == Part::Host && code.is_ascii() && code != b'%' {
                let shown = &text[at..at + 3];
                return Err(format!("invalid URL escape {}", oarlock_go_template::fmt::quote(shown)));
            }
            out.push(code);
            at += 3;
            continue;
        }
        if part == Part::Host && byte.is_ascii() && should_escape(byte, part) {
            let shown = oarlock_go_template::fmt::quote(&[byte]);
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
            Part::User => matches!(byte, b'@' | b'/' | b'?' | b':'),
            Part::Fragment => false,
            Part::Host => true,
        },
        b'!' | b'(' | b')' | b'*' if part == Part::Fragment => false,
        _ => true,
    }
}

/// Escapes what a part can't hold.
pub(super) fn escape(text: &[u8], part: Part) -> String {
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

/// A path; a lone star is one.
pub(super) fn escape_path(path: &[u8]) -> String {
    if path == b"*" { "*".to_owned() } else { escape(path, Part::Path) }
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
        assert_eq!(Url::parse(b":a").unwrap_err(), "missing protocol scheme");
        assert_eq!(Url::parse(b"http://a:b/").unwrap_err(), "invalid port \":b\" after host");
    }
}
