//! `fail`.

use oarlock_go_template::arguments::{TEXT, text};
use oarlock_go_template::{Error, Function};

pub(super) static FUNCTIONS: &[Function] =
    &[Function::new("fail", &[TEXT], |_, a| Err(Error::new(text(a, 0).to_text().into_owned())))];
