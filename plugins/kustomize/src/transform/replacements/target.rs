//! Writing the value.

use oarlock_plugin::{Failure, Result};
use oarlock_yaml::{Node, Value};

use super::super::path::split_dots;
use super::super::scalar::{retext, retext_secret};
use super::select::TargetFilter;
use super::source::{Found, is_secret, siblings};
use super::target_path::TargetPath;
use super::{DEFAULT_PATH, Options, Target, inside};
use crate::profile::Profile;
use crate::resource::{ResMap, Resource};

/// Writes a value into the fields of a target.
///
/// # Errors
/// If a field is absent, or cannot hold the value.
pub(super) fn write(
    resources: &mut ResMap,
    target: &Target,
    Found { value, is_secret: is_of_secret }: &Found,
    profile: Profile,
) -> Result<()> {
    let filter = TargetFilter::of(target, profile)?;
    let paths = match target.field_paths.as_slice() {
        [] => vec![TargetPath::parse(DEFAULT_PATH)?],
        paths => paths.iter().map(|path| TargetPath::parse(path)).collect::<Result<_>>()?,
    };
    for resource in resources.iter_mut() {
        if filter.finds(resource)? {
            for path in &paths {
                let options = target.options.as_ref();
                let create = options.is_some_and(|options| options.create);
                if profile.replaces_inside_texts() && inside::write(resource, path, create, value) {
                    continue;
                }
                write_field(resource, options, path, value, *is_of_secret)?;
            }
        }
    }
    Ok(())
}

fn write_field(
    resource: &mut Resource,
    options: Option<&Options>,
    path: &TargetPath,
    value: &Node,
    is_of_secret: bool,
) -> Result<()> {
    let is_create = options.is_some_and(|options| options.create);
    let retext = if is_of_secret || is_secret(resource) { retext_secret } else { retext };
    let mut set = |field: &mut Node| set_value(field, options, value, retext);
    let outcome = path.visit(&mut resource.object, is_create.then_some(value), &mut set);
    let failure = match outcome {
        Ok(0) => {
            let failure =
                Failure::new(format!("there is no field `{}` in `{}`", path.text(), resource.current_id()));
            let siblings = siblings(&resource.object, &split_dots(path.text()));
            let hint = "set `options: {create: true}` if it is to be made";
            failure.hint(match siblings {
                Some(siblings) => format!("{siblings}; {hint}"),
                None => hint.to_owned(),
            })
        }
        Ok(_) => return Ok(()),
        Err(failure) => {
            failure.note(format!("at the field `{}` of `{}`", path.text(), resource.current_id()))
        }
    };
    Err(super::super::locate(resource, failure))
}

/// Scalars take the text of the value and keep their own type; all else is replaced by the value.
fn set_value(
    field: &mut Node,
    options: Option<&Options>,
    value: &Node,
    retext: fn(&mut Node, &str) -> Result<()>,
) -> Result<()> {
    let text = value.scalar_text().unwrap_or_default();
    if let Some((delimiter, index)) = Options::delimiter(options) {
        let Some(old) = field.scalar_text() else {
            return Err(Failure::new(format!(
                "the field is a {}: `delimiter` is for scalars",
                field.kind_name()
            )));
        };
        let new = replace_part(old, delimiter, index, text);
        return retext(field, &new);
    }
    if matches!(field.value, Value::Scalar(_)) {
        return retext(field, text);
    }
    field.value = value.value.clone();
    Ok(())
}

fn replace_part(old: &str, delimiter: &str, index: i64, new: &str) -> String {
    let mut parts: Vec<_> = old.split(delimiter).collect();
    match usize::try_from(index) {
        Err(_) => parts.insert(0, new),
        Ok(index) if index < parts.len() => parts[index] = new,
        Ok(_) => parts.push(new),
    }
    parts.join(delimiter)
}
