//! Go's `strconv`: numbers and literals to text and back, in Go's spelling.

mod float;
mod number;
mod quote;
mod unquote;

pub use float::format_float;
pub use number::{parse_float, parse_integer};
pub(crate) use quote::{can_backquote, quote_rune_to_ascii, quote_rune_unicode};
pub use quote::{quote, quote_rune, quote_to_ascii};
pub(crate) use unquote::{unquote, unquote_char};
