//! Go's `strconv`: numbers and literals to text and back, in Go's spelling.

mod float;
mod number;
mod quote;
mod unquote;

pub use float::format_float;
pub use number::{parse_float, parse_integer};
pub use quote::{can_backquote, quote, quote_rune, quote_rune_to_ascii, quote_rune_unicode, quote_to_ascii};
pub use unquote::{Unquoted, unquote, unquote_char};
