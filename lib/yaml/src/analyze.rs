//! Which styles a text can be written in.

/// What can be done with a text, as libyaml's emitter finds it for block context.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "four independent findings")]
pub(crate) struct Analysis {
    /// It has line breaks.
    pub(crate) multiline: bool,
    /// It can stand without quotes.
    pub(crate) plain: bool,
    /// It can stand in single quotes.
    pub(crate) single_quoted: bool,
    /// It can be a literal block.
    pub(crate) block: bool,
}

/// Whether double quotes let a character stand as it is. What lies beyond U+FFFF does not count as
/// printable: the Go port of libyaml takes it for special, and it comes out as an escape.
pub(crate) fn is_printable(character: char) -> bool {
    matches!(character, '\n' | ' '..='~' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}')
        && character != '\u{FEFF}'
}

/// The line breaks of YAML 1.1.
pub(crate) fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_blank_or_end(next: Option<char>) -> bool {
    matches!(next, None | Some(' ' | '\t'))
}

/// What a tab asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tabs {
    /// Double quotes, and an escape in them: go-yaml v2.
    Quoted,
    /// Double quotes, unless the text is a block: go-yaml v3.
    InBlocks,
}

/// The bytes that may matter wherever in a text they stand: what is no printable ASCII character,
/// and two indicators. What matters of spaces is seen at the line breaks beside them.
const MATTERS: [bool; 256] = {
    let mut matters = [true; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        matters[byte as usize] = matches!(byte, b':' | b'#');
        byte += 1;
    }
    matters
};

pub(crate) fn analyze(text: &str, tabs: Tabs) -> Analysis {
    if text.is_empty() {
        return Analysis { multiline: false, plain: true, single_quoted: true, block: false };
    }
    let mut start = text.chars();
    let (first, second) = (start.next(), start.next());
    let mut indicators = text.starts_with("---") || text.starts_with("...");
    match first {
        Some(
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`',
        ) => {
            indicators = true;
        }
        Some('?' | '-') => indicators |= is_blank_or_end(second),
        _ => {}
    }
    let (mut special, mut tab) = (false, false);
    let mut breaks = false;
    let (mut break_space, mut space_break) = (false, false);
    let mut at = 0;
    while let Some(found) = text.as_bytes()[at..].iter().position(|byte| MATTERS[usize::from(*byte)]) {
        let index = at + found;
        let mut rest = text[index..].chars();
        let Some(character) = rest.next() else { break };
        at = index + character.len_utf8();
        let next = rest.next();
        let previous = || text[..index].chars().next_back();
        match character {
            ':' => indicators |= is_blank_or_end(next),
            '#' => {
                indicators |=
                    previous().is_some_and(|previous| matches!(previous, ' ' | '\t') || is_break(previous));
            }
            '\t' if tabs == Tabs::InBlocks => tab = true,
            _ if is_break(character) => {
                breaks = true;
                space_break |= previous() == Some(' ');
                break_space |= next == Some(' ');
                special |= !is_printable(character);
            }
            _ => special |= !is_printable(character),
        }
    }
    let last = text.chars().next_back();
    let outer =
        |character: Option<char>| character.is_some_and(|character| character == ' ' || is_break(character));
    let whole = !space_break && !special;
    Analysis {
        multiline: breaks,
        plain: whole && !tab && !break_space && !breaks && !indicators && !outer(first) && !outer(last),
        single_quoted: whole && !tab && !break_space,
        block: whole && last != Some(' '),
    }
}

/// Whether libyaml's emitter would write a text as a block.
pub(crate) fn allows_block(text: &str) -> bool {
    analyze(text, Tabs::Quoted).block
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found by looking at each character, as libyaml does.
    fn by_character(text: &str, tabs: Tabs) -> Analysis {
        let characters: Vec<char> = text.chars().collect();
        let mut indicators = text.starts_with("---") || text.starts_with("...");
        let (mut special, mut tab, mut breaks) = (false, false, false);
        let (mut break_space, mut space_break) = (false, false);
        for (index, character) in characters.iter().copied().enumerate() {
            let previous = index.checked_sub(1).map(|index| characters[index]);
            let next = characters.get(index + 1).copied();
            let is_first = previous.is_none();
            match character {
                _ if is_first && "#,[]{}&*!|>'\"%@`".contains(character) => indicators = true,
                '?' | '-' if is_first && is_blank_or_end(next) => indicators = true,
                ':' if is_blank_or_end(next) => indicators = true,
                '#' if previous.is_some_and(|c| matches!(c, ' ' | '\t') || is_break(c)) => indicators = true,
                '\t' if tabs == Tabs::InBlocks => tab = true,
                ' ' => break_space |= previous.is_some_and(is_break),
                _ if is_break(character) => {
                    breaks = true;
                    space_break |= previous == Some(' ');
                    special |= !is_printable(character);
                }
                _ => special |= !is_printable(character),
            }
        }
        let is_outer = |c: Option<&char>| c.is_some_and(|c| *c == ' ' || is_break(*c));
        let outer = is_outer(characters.first()) || is_outer(characters.last());
        let whole = !space_break && !special;
        Analysis {
            multiline: breaks,
            plain: whole && !tab && !break_space && !breaks && !indicators && !outer,
            single_quoted: whole && !tab && !break_space,
            block: whole && characters.last() != Some(&' '),
        }
    }

    #[test]
    fn finds_what_a_look_at_each_character_finds() {
        const ALPHABET: [char; 20] = [
            'a', ' ', '\n', '\t', ':', '#', '-', '?', '.', '[', '"', '\'', '\r', '\u{85}', '\u{2028}', 'é',
            '\0', '\u{7F}', '\u{FEFF}', '😀',
        ];
        for length in 1..=4_u32 {
            for number in 0..ALPHABET.len().pow(length) {
                let digit = |place: u32| ALPHABET[number / ALPHABET.len().pow(place) % ALPHABET.len()];
                let text: String = (0..length).map(digit).collect();
                for tabs in [Tabs::Quoted, Tabs::InBlocks] {
                    assert_eq!(analyze(&text, tabs), by_character(&text, tabs), "{text:?}");
                }
            }
        }
    }
}
