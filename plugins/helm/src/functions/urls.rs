//! `urlParse` and `urlJoin`: Go's `net/url`.

mod parse;

use oarlock_go_template::{Context, Error, Function, Map, Str, Value};

use super::arguments::{MAP, Outcome, TEXT, map, text};
use parse::{Url, escape, escape_path};

pub(super) static FUNCTIONS: &[Function] =
    &[Function::new("urlParse", &[TEXT], url_parse), Function::new("urlJoin", &[MAP], url_join)];

fn url_parse(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    let url = Url::parse(text(a, 0).as_bytes()).map_err(|message| {
        let shown = oarlock_go_template::fmt::quote(text(a, 0).as_bytes());
        Error::new(format!("unable to parse url: parse {shown}: {message}"))
    })?;
    let hostname = hostname(&url.host);
    let entries: [(&str, Str); 8] = [
        ("scheme", url.scheme.into()),
        ("hostname", hostname),
        ("host", url.host.into()),
        ("path", url.path.into()),
        ("query", url.query.into()),
        ("opaque", url.opaque.into()),
        ("fragment", url.fragment.into()),
        ("userinfo", url.userinfo.map(|user| user.to_text()).unwrap_or_default().into()),
    ];
    Ok(entries.into_iter().collect::<Map>().into())
}

/// The host without its port and brackets.
fn hostname(host: &[u8]) -> Str {
    let name = match host.iter().rposition(|byte| *byte == b':') {
        Some(colon) if host[colon + 1..].iter().all(u8::is_ascii_digit) => &host[..colon],
        _ => host,
    };
    let bare = name.strip_prefix(b"[").and_then(|name| name.strip_suffix(b"]"));
    bare.unwrap_or(name).into()
}

fn part(dict: &Map, key: &str) -> Result<Vec<u8>, Error> {
    match dict.get(key) {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(text.as_bytes().to_vec()),
        Some(Value::Nil) => Err(Error::new(super::arguments::NIL_POINTER)),
        Some(other) => {
            let kind = other.kind_name();
            let message = format!("unable to parse {key} key, must be of type string, but {kind} found");
            Err(Error::new(message))
        }
    }
}

fn url_join(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    let dict = map(a, 0);
    let (scheme, host, path) = (part(&dict, "scheme")?, part(&dict, "host")?, part(&dict, "path")?);
    let (query, opaque, fragment) = (part(&dict, "query")?, part(&dict, "opaque")?, part(&dict, "fragment")?);
    let userinfo = part(&dict, "userinfo")?;
    let mut user = None;
    if !userinfo.is_empty() {
        let text = [b"proto://", userinfo.as_slice(), b"@host"].concat();
        let parsed = Url::parse(&text).map_err(|message| {
            let shown = oarlock_go_template::fmt::quote(&text);
            Error::new(format!("unable to parse userinfo in dict: parse {shown}: {message}"))
        })?;
        user = parsed.userinfo;
    }
    let mut out = Vec::new();
    if !scheme.is_empty() {
        out.extend_from_slice(&scheme);
        out.push(b':');
    }
    if opaque.is_empty() {
        if !scheme.is_empty() || !host.is_empty() || user.is_some() {
            if !host.is_empty() || !path.is_empty() || user.is_some() {
                out.extend_from_slice(b"//");
            }
            if let Some(user) = user {
                out.extend_from_slice(user.to_text().as_bytes());
                out.push(b'@');
            }
            out.extend_from_slice(escape(&host, parse::Part::Host).as_bytes());
        }
        let path = escape_path(&path);
        if !path.is_empty() && !path.starts_with('/') && !host.is_empty() {
            out.push(b'/');
        }
        if out.is_empty() && path.split('/').next().is_some_and(|first| first.contains(':')) {
            // A colon in the first part would make it a scheme.
            out.extend_from_slice(b"./");
        }
        out.extend_from_slice(path.as_bytes());
    } else {
        out.extend_from_slice(&opaque);
    }
    if !query.is_empty() {
        out.push(b'?');
        out.extend_from_slice(&query);
    }
    if !fragment.is_empty() {
        out.push(b'#');
        out.extend_from_slice(escape(&fragment, parse::Part::Fragment).as_bytes());
    }
    Ok(Value::string(out))
}
