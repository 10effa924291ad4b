//! `urlParse` and `urlJoin`: Go's `net/url`.

use oarlock_go_template::{Context, Error, Function, Map, Str, Value};

use super::state;
use oarlock_go::url::Url;
use oarlock_go_template::arguments::{MAP, Outcome, TEXT, map, text};

pub(super) static FUNCTIONS: &[Function] =
    &[Function::new("urlParse", &[TEXT], url_parse), Function::new("urlJoin", &[MAP], url_join)];

fn url_parse(cx: &mut Context<'_>, a: &[Value]) -> Outcome {
    let url = Url::parse_for(text(a, 0).as_bytes(), state::libraries(cx).go).map_err(|message| {
        let shown = oarlock_go::strconv::quote(text(a, 0).as_bytes());
        Error::new(format!("unable to parse url: parse {shown}: {message}"))
    })?;
    let hostname = Str::from(url.hostname());
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

fn part(dict: &Map, key: &str) -> Result<Vec<u8>, Error> {
    match dict.get(key) {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(text.as_bytes().to_vec()),
        Some(Value::Nil) => Err(Error::new(oarlock_go_template::arguments::NIL_POINTER)),
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
            let shown = oarlock_go::strconv::quote(&text);
            Error::new(format!("unable to parse userinfo in dict: parse {shown}: {message}"))
        })?;
        user = parsed.userinfo;
    }
    let url = Url { scheme, opaque, userinfo: user, host, path, query, fragment, ..Url::default() };
    Ok(url.to_text().into())
}
