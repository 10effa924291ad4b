//! Enough of the syntax of Go's templates to see that one parses, what it calls and what it reads.
//!
//! This is not the parser of `oarlock-go-template`: that one stops at a function that is not in its
//! table, where all unknown functions are to be named here, and its trees do not tell which names
//! stand in the same action, by which a key counts as guarded. It also says in Go's words what does
//! not parse, and is stricter, so a change to it changes findings.

/// Functions and keywords that take a missing value well.
const GUARDS: &[&str] = &["coalesce", "default", "empty", "hasKey", "if", "ternary", "with"];

/// What a template calls and reads.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Read<'t> {
    /// Each once, in order.
    pub(super) functions: Vec<&'t str>,
    /// Keys read as `.Secrets.key` with nothing in the template that asks for them first.
    pub(super) bare_keys: Vec<&'t str>,
}

/// A word of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'t> {
    Word(&'t str),
    /// `.a.b`, `$.a`, `$x`.
    Field(&'t str),
    Text(&'t str),
    Open,
    Close,
    Other,
}

/// Reads a template.
///
/// # Errors
/// Why it does not parse, in a few words.
pub(super) fn read(text: &str) -> Result<Read<'_>, String> {
    let mut read = Read::default();
    let (mut bare, mut asked): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        rest = &rest[start + 2..];
        let (tokens, after) = action(rest)?;
        rest = after;
        let keyword = if let Some(Token::Word(word)) = tokens.first() { word } else { "" };
        match keyword {
            "if" | "range" | "with" | "define" | "block" => open.push(keyword),
            "else" if !matches!(open.last(), Some(&("if" | "range" | "with"))) => {
                return Err("`else` without `if`".to_owned());
            }
            "end" if open.pop().is_none() => return Err("`end` without a beginning".to_owned()),
            _ => {}
        }
        let words = tokens.iter().enumerate().filter_map(|(index, token)| match token {
            Token::Word(word) if !is_keyword(word, index, &tokens) => Some(*word),
            _ => None,
        });
        for word in words {
            if !read.functions.contains(&word) {
                read.functions.push(word);
            }
        }
        let guarded = tokens.iter().any(|token| matches!(token, Token::Word(word) if GUARDS.contains(word)));
        for token in &tokens {
            match token {
                Token::Field(field) => {
                    let key = field.trim_start_matches('$').strip_prefix(".Secrets.");
                    let key = key.map(|key| key.split('.').next().unwrap_or(key));
                    (if guarded { &mut asked } else { &mut bare }).extend(key);
                }
                Token::Text(text) if guarded => asked.push(text),
                _ => {}
            }
        }
    }
    if let Some(keyword) = open.last() {
        return Err(format!("`{keyword}` without `end`"));
    }
    for key in bare {
        if !asked.contains(&key) && !read.bare_keys.contains(&key) {
            read.bare_keys.push(key);
        }
    }
    Ok(read)
}

/// Keywords stand first, but for an `if` or `with` after `else`.
fn is_keyword(word: &str, index: usize, tokens: &[Token<'_>]) -> bool {
    match index {
        0 => matches!(word, "if" | "else" | "end" | "range" | "with" | "define" | "block" | "template"),
        1 => tokens[0] == Token::Word("else") && matches!(word, "if" | "with"),
        _ => false,
    }
}

/// The words of an action up to its `}}`, and what follows it.
fn action(text: &str) -> Result<(Vec<Token<'_>>, &str), String> {
    let body = text.strip_prefix('-').unwrap_or(text);
    if body.trim_start().starts_with("/*") {
        let end = body.find("*/").ok_or("a comment without an end")?;
        let tail = body[end + 2..].trim_start().trim_start_matches('-');
        return tail
            .strip_prefix("}}")
            .map(|after| (Vec::new(), after))
            .ok_or_else(|| "a comment shares its action".to_owned());
    }
    let (mut tokens, mut rest, mut depth) = (Vec::new(), body, 0_usize);
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { return Err("an action without `}}`".to_owned()) };
        if let Some(after) = rest.strip_prefix("}}").or_else(|| rest.strip_prefix("-}}")) {
            return if depth == 0 { Ok((tokens, after)) } else { Err("`(` without `)`".to_owned()) };
        }
        let length = match first {
            '"' | '`' | '\'' => quoted(rest, first).ok_or("a text without an end quote")?,
            'a'..='z' | 'A'..='Z' | '_' => word_length(rest, 0, false),
            '(' => {
                depth += 1;
                1
            }
            ')' => {
                depth = depth.checked_sub(1).ok_or("`)` without `(`")?;
                1
            }
            '.' | '$' | '0'..='9' | '-' | '+' => word_length(rest, 1, true),
            ':' | '=' | '|' | ',' | '!' => 1,
            other => return Err(format!("`{other}` has no meaning in an action")),
        };
        let (token, after) = rest.split_at(length);
        tokens.push(match first {
            '"' | '`' => Token::Text(&token[1..token.len() - 1]),
            'a'..='z' | 'A'..='Z' | '_' => Token::Word(token),
            '.' | '$' => Token::Field(token),
            '(' => Token::Open,
            ')' => Token::Close,
            _ => Token::Other,
        });
        rest = after;
    }
}

fn word_length(text: &str, from: usize, dots: bool) -> usize {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || (dots && c == '.');
    text[from..].find(|c| !is_part(c)).map_or(text.len(), |end| from + end)
}

/// The length of a quoted text with its quotes.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote != '`' => escaped = true,
            '\n' if quote != '`' => return None,
            c if c == quote => return Some(index + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_called_and_read() {
        for (text, functions, bare_keys) in [
            ("plain", &[][..], &[][..]),
            ("{{ get .Secrets \"a\" }}", &["get"], &[]),
            ("{{ .Secrets.a }}{{ .Secrets.a }}", &[], &["a"]),
            ("{{ .Secrets.a | default \"x\" }}", &["default"], &[]),
            (
                "{{ if hasKey .Secrets \"a\" }}{{ .Secrets.a }}{{ else }}{{ fail \"x\" }}{{ end }}",
                &["hasKey", "fail"],
                &[],
            ),
            ("{{ if .Secrets.a }}{{ .Secrets.a }}{{ end }}", &[], &[]),
            ("{{- range $k, $v := .Secrets -}}{{ $k }}={{ $v }}{{ end }}", &[], &[]),
            ("{{/* .Secrets.a */}}{{- /* b */ -}}", &[], &[]),
            ("{{ printf \"%s}}\" (b64enc `a\"`) | quote }}", &["printf", "b64enc", "quote"], &[]),
            (
                "{{ with $x := (fromJson .Secrets.a) }}{{ $x.b }}{{ else if true }}{{ end }}",
                &["fromJson", "true"],
                &[],
            ),
            ("{{ $x := 1 }}{{ $x = -2.5 }}{{ template \"t\" . }}", &[], &[]),
        ] {
            let expected = Read { functions: functions.to_vec(), bare_keys: bare_keys.to_vec() };
            assert_eq!(read(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_does_not_parse() {
        for text in [
            "{{",
            "{{ a",
            "{{ if a }}",
            "{{ end }}",
            "{{ else }}",
            "{{ (a }}",
            "{{ a) }}",
            "{{ \"a }}",
            "{{ a ; b }}",
            "{{/* a",
            "{{ \"a\nb\" }}",
            "{{ define \"x\" }}{{ else }}{{ end }}",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
