//! Go's `unicode` predicates, and how Go reads what is not UTF-8.

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// `unicode.IsLetter`, `unicode.IsDigit` or an underscore: what names are made of.
pub fn is_alphanumeric(c: char) -> bool {
    if c.is_ascii() { c == '_' || c.is_ascii_alphanumeric() } else { is_letter(c) || is_digit(c) }
}

/// `unicode.IsLetter`.
pub fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphabetic()
    } else {
        c.general_category_group() == GeneralCategoryGroup::Letter
    }
}

/// `unicode.IsDigit`.
pub fn is_digit(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_digit() } else { c.general_category() == GeneralCategory::DecimalNumber }
}

/// `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols, and of the spaces the ASCII
/// one.
pub fn is_print(c: char) -> bool {
    use GeneralCategoryGroup::{Letter, Mark, Number, Punctuation, Symbol};
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    matches!(c.general_category_group(), Letter | Mark | Number | Punctuation | Symbol)
}

/// Bytes as characters, each byte that belongs to none replaced, as Go's loops over a string do.
pub fn lossy(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predicates_follow_the_categories() {
        assert!(is_letter('é') && !is_letter('²') && !is_letter('Ⅷ'));
        assert!(is_digit('٣') && !is_digit('²') && !is_digit('½'));
        assert!(is_print('\u{301}') && !is_print('\u{AD}') && !is_print('\u{A0}') && !is_print('\u{200B}'));
    }
}
