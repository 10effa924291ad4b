//! sprig's functions, which Helm and Argo CD's ApplicationSets offer to templates.
//!
//! [`functions`] is the table of them, to be taken whole, narrowed with [`Functions::retain`], or
//! added to. What is missing are the functions that leave the process: `env`, `expandenv` and
//! `getHostByName`. A [`ExecutionState`] is what functions share during an execution: it seeds the
//! random ones, stops the clock, and tells afterwards which calls would differ from run to run.
//!
//! ```
//! use std::rc::Rc;
//! use oarlock_go_template::{Context, Error, Options, Templates, Value};
//! use oarlock_sprig::ExecutionState;
//!
//! # fn main() -> Result<(), Error> {
//! let functions = oarlock_sprig::functions();
//! let mut templates = Templates::new();
//! templates.parse("name", "{{ . | trunc 4 | upper }}", &functions)?;
//!
//! let mut state = ExecutionState::new(0);
//! let mut context = Context::new(Rc::new(templates), &functions, &mut state, Options::default());
//! assert_eq!(context.execute("name", &Value::from("payments"))?, "PAYM");
//! # Ok(())
//! # }
//! ```

#![expect(clippy::unnecessary_wraps, reason = "all functions of the table have one signature")]

#[cfg(feature = "crypto")]
mod certificates;
mod convert;
#[cfg(feature = "crypto")]
mod crypto;
mod date;
mod decimal;
mod defaults;
mod dicts;
mod digest;
mod encoding;
mod failure;
pub mod json;
mod lists;
mod math;
mod merge;
mod paths;
mod random;
mod regex;
mod state;
mod strings;
mod urls;
mod versions;
mod words;

use oarlock_go_template::Functions;

pub use date::{as_time, time_value};
pub use state::{ExecutionState, Libraries, VaryingCall};

/// sprig's functions, and Go's own.
pub fn functions() -> Functions {
    let mut functions = Functions::new();
    for group in [
        strings::FUNCTIONS,
        words::FUNCTIONS,
        math::FUNCTIONS,
        lists::FUNCTIONS,
        dicts::FUNCTIONS,
        defaults::FUNCTIONS,
        json::FUNCTIONS,
        encoding::FUNCTIONS,
        digest::FUNCTIONS,
        date::FUNCTIONS,
        paths::FUNCTIONS,
        regex::FUNCTIONS,
        urls::FUNCTIONS,
        versions::FUNCTIONS,
        random::FUNCTIONS,
        failure::FUNCTIONS,
    ] {
        functions.add(group);
    }
    #[cfg(feature = "crypto")]
    for group in [certificates::FUNCTIONS, crypto::FUNCTIONS] {
        functions.add(group);
    }
    date::add_methods(&mut functions);
    versions::add_methods(&mut functions);
    functions
}

#[cfg(test)]
mod tests;
