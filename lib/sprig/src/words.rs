//! Case and words: what `goutils` and `xstrings` do for sprig.

mod case;
mod wrap;

use oarlock_go_template::{Function, Str};
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use oarlock_go_template::arguments::{INT, TEXT, int, text};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("upper", &[TEXT], |_, a| Ok(each(text(a, 0), to_upper).into())),
    Function::new("lower", &[TEXT], |_, a| Ok(each(text(a, 0), to_lower).into())),
    Function::new("title", &[TEXT], |_, a| Ok(case::title(&text(a, 0).to_text()).into())),
    Function::new("untitle", &[TEXT], |_, a| Ok(case::untitle(&text(a, 0).to_text()).into())),
    Function::new("swapcase", &[TEXT], |_, a| Ok(case::swap(&text(a, 0).to_text()).into())),
    Function::new("snakecase", &[TEXT], |_, a| Ok(case::lower_words(&text(a, 0).to_text(), '_').into())),
    Function::new("kebabcase", &[TEXT], |_, a| Ok(case::lower_words(&text(a, 0).to_text(), '-').into())),
    Function::new("camelcase", &[TEXT], |_, a| Ok(case::pascal(&text(a, 0).to_text()).into())),
    Function::new("nospace", &[TEXT], |_, a| Ok(wrap::without_space(text(a, 0)).into())),
    Function::new("initials", &[TEXT], |_, a| Ok(wrap::initials(text(a, 0)).into())),
    Function::new("abbrev", &[INT, TEXT], |_, a| Ok(wrap::abbreviate(text(a, 1), 0, int(a, 0)).into())),
    Function::new("abbrevboth", &[INT, INT, TEXT], |_, a| {
        let (left, right) = (int(a, 0), int(a, 1));
        if right < 4 || (left > 0 && right < 7) {
            return Ok(text(a, 2).clone().into());
        }
        Ok(wrap::abbreviate(text(a, 2), left, right).into())
    }),
    Function::new("wrap", &[INT, TEXT], |cx, a| {
        cx.reserve(text(a, 1).len())?;
        Ok(wrap::wrap(text(a, 1), int(a, 0), b"", false).into())
    }),
    Function::new("wrapWith", &[INT, TEXT, TEXT], |cx, a| {
        cx.reserve(text(a, 2).len().saturating_mul(1 + text(a, 1).len()))?;
        Ok(wrap::wrap(text(a, 2), int(a, 0), text(a, 1).as_bytes(), true).into())
    }),
];

fn each(text: &Str, change: fn(char) -> char) -> String {
    text.to_text().chars().map(change).collect()
}

/// `unicode.ToUpper`: one character for one; those that only have a longer form stay.
pub(super) fn to_upper(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) => upper,
        _ => c,
    }
}

/// `unicode.ToLower`.
pub(super) fn to_lower(c: char) -> char {
    // The one capital whose full form is longer than its simple one.
    if c == 'İ' { 'i' } else { c.to_lowercase().next().unwrap_or(c) }
}

pub(super) fn is_upper(c: char) -> bool {
    c.general_category() == unicode_properties::GeneralCategory::UppercaseLetter
}

fn is_lower(c: char) -> bool {
    c.general_category() == unicode_properties::GeneralCategory::LowercaseLetter
}

fn is_punctuation(c: char) -> bool {
    c.general_category_group() == GeneralCategoryGroup::Punctuation
}

fn is_number(c: char) -> bool {
    c.general_category_group() == GeneralCategoryGroup::Number
}
