//! Base64 and base32.

use oarlock_go::encoding::{base32, base64, decode_base32, decode_base64};
use oarlock_go_template::arguments::{TEXT, text};
use oarlock_go_template::{Function, Value};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("b64enc", &[TEXT], |cx, a| {
        cx.reserve(text(a, 0).len().div_ceil(3).saturating_mul(4))?;
        Ok(base64(text(a, 0).as_bytes()).into())
    }),
    Function::new("b64dec", &[TEXT], |_, a| Ok(text_or_message(decode_base64(text(a, 0).as_bytes())))),
    Function::new("b32enc", &[TEXT], |cx, a| {
        cx.reserve(text(a, 0).len().div_ceil(5).saturating_mul(8))?;
        Ok(base32(text(a, 0).as_bytes()).into())
    }),
    Function::new("b32dec", &[TEXT], |_, a| Ok(text_or_message(decode_base32(text(a, 0).as_bytes())))),
];

/// The text, or what is wrong with it: sprig returns the error as text.
fn text_or_message(decoded: Result<Vec<u8>, String>) -> Value {
    decoded.map_or_else(Value::from, Value::string)
}
