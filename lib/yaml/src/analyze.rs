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

/// Whether double quotes let a character stand as it is. What lies beyond U+FFFF does not count as printable: the Go port of libyaml
/// takes it for special, and it comes out as an escape.
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

pub(crate) fn analyze(text: &str, tabs: Tabs) -> Analysis {
    if text.is_empty() {
        return Analysis { multiline: false, plain: true, single_quoted: true, block: false };
    }
    let mut indicators = text.starts_with("---") || text.starts_with("...");
    let (mut special, mut tab) = (false, false);
    let mut breaks = false;
    let (mut break_space, mut space_break) = (false, false);
    let mut previous = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek().copied();
        match character {
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
            | '`'
                if previous.is_none() =>
            {
                indicators = true;
            }
            '?' | '-' if previous.is_none() && is_blank_or_end(next) => indicators = true,
            ':' if is_blank_or_end(next) => indicators = true,
            '#' if previous.is_some_and(|previous| matches!(previous, ' ' | '\t') || is_break(previous)) => {
                indicators = true;
            }
            '\t' if tabs == Tabs::InBlocks => tab = true,
            ' ' => break_space |= previous.is_some_and(is_break),
            _ if is_break(character) => {
                breaks = true;
                space_break |= previous == Some(' ');
                special |= !is_printable(character);
            }
            _ => special |= !is_printable(character),
        }
        previous = Some(character);
    }
    let first = text.chars().next();
    let outer =
        |character: Option<char>| character.is_some_and(|character| character == ' ' || is_break(character));
    let whole = !space_break && !special;
    Analysis {
        multiline: breaks,
        plain: whole && !tab && !break_space && !breaks && !indicators && !outer(first) && !outer(previous),
        single_quoted: whole && !tab && !break_space,
        block: whole && previous != Some(' '),
    }
}

/// Whether libyaml's emitter would write a text as a block.
pub(crate) fn allows_block(text: &str) -> bool {
    analyze(text, Tabs::Quoted).block
}
