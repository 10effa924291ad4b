//! Helm's functions that reach back into the engine: `include`, `tpl`, `required`, `fail`,
//! `lookup`.

use std::rc::Rc;

use oarlock_go_template::{Context, Error, Function, Map, Str, Templates, Value, fmt, parse};

use super::state::RenderState;
use oarlock_go_template::arguments::{ANY, Outcome, TEXT, any, text};

/// How often a template may be included while it is being included.
const MAX_RECURSION: u32 = 1000;
/// Helm finds the message of `required` and `fail` between these in the error's text.
pub(crate) const WARNING_START: &str = "HELM_ERR_START";
pub(crate) const WARNING_END: &str = "HELM_ERR_END";

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("include", &[TEXT, ANY], include),
    Function::new("tpl", &[TEXT, ANY], tpl),
    Function::new("required", &[TEXT, ANY], required),
    Function::new("fail", &[TEXT], |_, a| Err(warning(text(a, 0)))),
    // There is no cluster.
    Function::new("lookup", &[TEXT, TEXT, TEXT, TEXT], |_, _| Ok(Map::new().into())),
    Function::new("getHostByName", &[TEXT], |_, _| Ok("".into())),
];

fn include(cx: &mut Context<'_>, a: &[Value]) -> Outcome {
    let name = text(a, 0).to_text().into_owned();
    if let Some(state) = cx.state::<RenderState>() {
        let depth = state.included.entry(name.clone()).or_insert(0);
        if *depth > MAX_RECURSION {
            let message =
                format!("rendering template has a nested reference name: {name}: unable to execute template");
            return Err(Error::new(message));
        }
        *depth += 1;
    }
    let result = cx.execute(&name, any(a, 1));
    if let Some(depth) = cx.state::<RenderState>().and_then(|state| state.included.get_mut(&name)) {
        *depth -= 1;
    }
    Ok(result?.into())
}

fn tpl(cx: &mut Context<'_>, a: &[Value]) -> Outcome {
    let source = text(a, 0);
    let name = super::ROOT_TEMPLATE;
    let functions = cx.functions();
    let cached = cx.state::<RenderState>().and_then(|state| state.parsed.get(source).cloned());
    let trees = if let Some(trees) = cached {
        trees
    } else {
        let trees = parse(name, &source.to_text(), functions).map_err(|error| {
            let message = format!("cannot parse template {}: {error}", fmt::quote(source.as_bytes()));
            Error::wrap(message, error)
        })?;
        if let Some(state) = cx.state::<RenderState>() {
            state.parsed.insert(source.clone(), trees.clone());
        }
        trees
    };
    let mut templates = Templates::over(Rc::clone(cx.templates()));
    templates.replace(trees, name);
    let result = cx.with_templates(Rc::new(templates), |cx| cx.execute(name, any(a, 1)));
    let rendered = result.map_err(|error| {
        let source = fmt::quote(source.as_bytes());
        Error::wrap(format!("error during tpl function execution for {source}: {error}"), error)
    })?;
    Ok(without_no_value(&rendered).into())
}

/// Helm deletes what Go prints for a missing value.
pub(crate) fn without_no_value(text: &Str) -> Str {
    match text.as_str() {
        Some(text) if text.contains("<no value>") => text.replace("<no value>", "").into(),
        _ => text.clone(),
    }
}

fn required(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    match any(a, 1) {
        Value::Nil => Err(warning(text(a, 0))),
        Value::String(value) if value.is_empty() => Err(warning(text(a, 0))),
        value => Ok(value.clone()),
    }
}

fn warning(message: &Str) -> Error {
    Error::new(format!("{WARNING_START}{message}{WARNING_END}"))
}
