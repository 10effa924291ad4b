//! Upper and lower case, words in `snake_case`, `kebab-case` and `PascalCase`.

use oarlock_go::unicode::{is_digit, is_letter};

use super::{is_lower, is_number, is_punctuation, is_upper, to_lower, to_upper};

/// `strings.Title`: the first letter of each word.
pub(super) fn title(text: &str) -> String {
    let mut before = ' ';
    text.chars()
        .map(|c| {
            let starts = is_separator(before);
            before = c;
            if starts { to_title(c) } else { c }
        })
        .collect()
}

/// Go's `unicode.ToTitle`, which differs from upper case for three digraphs and their like.
fn to_title(c: char) -> char {
    match c {
        'Ǆ' | 'ǅ' | 'ǆ' => 'ǅ',
        'Ǉ' | 'ǈ' | 'ǉ' => 'ǈ',
        'Ǌ' | 'ǋ' | 'ǌ' => 'ǋ',
        'Ǳ' | 'ǲ' | 'ǳ' => 'ǲ',
        'ა'..='ჿ' => c,
        c => to_upper(c),
    }
}

/// What `strings.Title` takes for the space between words.
fn is_separator(c: char) -> bool {
    if c.is_ascii() {
        return !(c.is_ascii_alphanumeric() || c == '_');
    }
    !is_letter(c) && !is_digit(c) && c.is_whitespace()
}

/// The first character in lower case, unless it is space.
pub(super) fn untitle(text: &str) -> String {
    let mut done = false;
    text.chars()
        .map(|c| {
            // Each word's first one, as `goutils` has it.
            if c.is_whitespace() {
                done = false;
                c
            } else if done {
                c
            } else {
                done = true;
                to_lower(c)
            }
        })
        .collect()
}

/// Upper becomes lower; lower becomes upper, or title case at the start of a word.
pub(super) fn swap(text: &str) -> String {
    let mut space = true;
    text.chars()
        .map(|c| {
            if is_upper(c) || matches!(c, 'ǅ' | 'ǈ' | 'ǋ' | 'ǲ') {
                space = false;
                to_lower(c)
            } else if is_lower(c) {
                if std::mem::take(&mut space) { to_title(c) } else { to_upper(c) }
            } else {
                space = c.is_whitespace();
                c
            }
        })
        .collect()
}

fn is_connector(c: char) -> bool {
    c == '-' || c == '_' || c.is_whitespace()
}

/// `xstrings.ToPascalCase`.
pub(super) fn pascal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    let mut first_upper = false;
    let mut current = None;
    for c in chars.by_ref() {
        current = Some(c);
        if !is_connector(c) {
            first_upper = is_upper(c);
            current = Some(to_upper(c));
            break;
        }
        out.push(c);
    }
    let Some(mut current) = current else { return out };
    let mut rest = chars.peekable();
    if rest.peek().is_none() {
        // A string of connectors alone has its last one twice.
        out.push(current);
        return out;
    }
    for next in rest {
        let before = std::mem::replace(&mut current, next);
        if is_connector(next) && is_connector(before) {
            out.push(before);
            continue;
        }
        if is_connector(before) {
            first_upper = is_upper(next);
            current = to_upper(next);
        } else {
            if first_upper {
                if is_upper(next) {
                    current = to_lower(next);
                } else {
                    first_upper = false;
                }
            }
            out.push(before);
        }
    }
    out.push(current);
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    None,
    Number,
    Upper,
    Alphabet,
    Connector,
    Punctuation,
    Other,
}

/// Letters, but for Chinese ones, which stand for words.
fn is_alphabet(c: char) -> bool {
    is_letter(c)
        && !matches!(c, '\u{4E00}'..='\u{9FCC}' | '\u{3400}'..='\u{4D85}' | '\u{20000}'..='\u{2B81D}')
}

/// The first word and what follows it.
fn next_word(text: &str) -> (Word, &str, &str) {
    let Some(first) = text.chars().next() else { return (Word::None, "", "") };
    let (word, end) = if is_connector(first) {
        (Word::Connector, run(text, is_connector))
    } else if is_punctuation(first) {
        (Word::Punctuation, run(text, is_punctuation))
    } else if is_upper(first) {
        (Word::Upper, upper_word(text, first.len_utf8()))
    } else if is_alphabet(first) {
        (Word::Alphabet, run(text, |c| is_alphabet(c) && !is_upper(c)))
    } else if is_number(first) {
        (Word::Number, run(text, is_number))
    } else {
        let stops = |c| is_connector(c) || is_alphabet(c) || is_number(c) || is_punctuation(c);
        let rest = first.len_utf8();
        (Word::Other, rest + run(&text[rest..], |c| !stops(c)))
    };
    let (head, tail) = text.split_at(end);
    (word, head, tail)
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// `HTTPStatus` is `HTTP` and `Status`; `Status` is one.
fn upper_word(text: &str, first: usize) -> usize {
    let rest = &text[first..];
    let Some(second) = rest.chars().next() else { return first };
    if is_upper(second) {
        let uppers = run(rest, is_upper);
        let after = rest[uppers..].chars().next();
        let last = rest[..uppers].chars().next_back().map_or(0, char::len_utf8);
        first + if after.is_some_and(is_alphabet) { uppers - last } else { uppers }
    } else if is_alphabet(second) {
        first + run(rest, |c| is_alphabet(c) && !is_upper(c))
    } else {
        first
    }
}

/// `xstrings.ToSnakeCase` and `ToKebabCase`.
pub(super) fn lower_words(text: &str, connector: char) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let (mut word, mut part, mut rest) = next_word(text);
    while !rest.is_empty() {
        if word != Word::Connector {
            push_lower(&mut out, word, part, connector);
        }
        let (before, last) = (word, part);
        (word, part, rest) = next_word(rest);
        match before {
            Word::Number => {
                while matches!(word, Word::Alphabet | Word::Number) {
                    push_lower(&mut out, word, part, connector);
                    (word, part, rest) = next_word(rest);
                }
                if !matches!(word, Word::None | Word::Punctuation | Word::Connector) {
                    out.push(connector);
                }
            }
            Word::Connector => push_lower(&mut out, before, last, connector),
            Word::Punctuation => {}
            _ if word != Word::Number => {
                if !matches!(word, Word::Connector | Word::Punctuation) {
                    out.push(connector);
                }
            }
            _ if rest.is_empty() => {}
            _ => {
                let number = part;
                (word, part, rest) = next_word(rest);
                // "Bld4Floor" is "bld4_floor", "HTTP2xx" is "http_2xx".
                if word == Word::Alphabet {
                    out.push(connector);
                    push_lower(&mut out, Word::Number, number, connector);
                    while matches!(word, Word::Alphabet | Word::Number) {
                        push_lower(&mut out, word, part, connector);
                        (word, part, rest) = next_word(rest);
                    }
                    if !matches!(word, Word::None | Word::Connector | Word::Punctuation) {
                        out.push(connector);
                    }
                } else {
                    push_lower(&mut out, Word::Number, number, connector);
                    if !matches!(word, Word::Connector | Word::Punctuation) {
                        out.push(connector);
                    }
                }
            }
        }
    }
    push_lower(&mut out, word, part, connector);
    out
}

fn push_lower(out: &mut String, word: Word, part: &str, connector: char) {
    if !matches!(word, Word::Upper | Word::Connector) {
        return out.push_str(part);
    }
    out.extend(part.chars().map(|c| if is_connector(c) { connector } else { to_lower_if_upper(c) }));
}

fn to_lower_if_upper(c: char) -> char {
    if is_upper(c) { to_lower(c) } else { c }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("FirstName", "first_name")]
    #[case("HTTPServer", "http_server")]
    #[case("NoHTTPS", "no_https")]
    #[case("GO_PATH", "go_path")]
    #[case("GO PATH", "go_path")]
    #[case("GO-PATH", "go_path")]
    #[case("http2xx", "http_2xx")]
    #[case("HTTP20xOK", "http_20x_ok")]
    #[case("Duration2m3s", "duration_2m3s")]
    #[case("Bld4Floor3rd", "bld4_floor_3rd")]
    #[case("", "")]
    fn snake(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(lower_words(text, '_'), expected);
    }

    #[rstest]
    #[case("some_words", "SomeWords")]
    #[case("http_server", "HttpServer")]
    #[case("_complex__case_", "_Complex_Case_")]
    #[case("some words", "SomeWords")]
    #[case("WITH-UPPER", "WithUpper")]
    #[case("a", "A")]
    fn pascals(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(pascal(text), expected);
    }

    #[test]
    fn swaps_and_titles() {
        assert_eq!(swap("This Is A.Test"), "tHIS iS a.tEST");
        assert_eq!(title("hello wOrld-a_b"), "Hello WOrld-A_b");
        assert_eq!(untitle("First Try"), "first try");
    }
}
