//! Go's `unicode` predicates.

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// `unicode.IsLetter`, `unicode.IsDigit` or an underscore: what names are made of.
pub(crate) fn is_alphanumeric(c: char) -> bool {
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

/// `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols, and of the spaces the ASCII one.
pub fn is_print(c: char) -> bool {
    use GeneralCategoryGroup::{Letter, Mark, Number, Punctuation, Symbol};
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    matches!(c.general_category_group(), Letter | Mark | Number | Punctuation | Symbol)
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
