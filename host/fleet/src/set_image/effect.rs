//! What a change does to the images of a fleet.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::image::ImageReference;
use crate::change::{
    ApplicationChange, ApplicationKey, Comparison, Edit, ObjectChange, ObjectDiff, ObjectId, Side,
};
use crate::edit::ChangeSet;

/// A place in a rendered object that has an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ImageUse {
    pub(super) application: ApplicationKey,
    pub(super) object: ObjectId,
    pub(super) pointer: String,
}

impl ImageUse {
    pub(super) fn describe(&self) -> String {
        format!("{} of {}", self.object, self.application)
    }
}

/// Where a side has an image, and which version of it.
pub(super) fn uses(side: &Side, name: &str) -> BTreeMap<ImageUse, ImageReference> {
    let mut found = BTreeMap::new();
    for application in &side.applications {
        for object in application.objects() {
            let id = ObjectId::of(&object.manifest);
            images(&object.manifest, &mut String::new(), "", &mut |pointer, image| {
                if image.name == name {
                    let at = ImageUse {
                        application: application.key.clone(),
                        object: id.clone(),
                        pointer: pointer.to_owned(),
                    };
                    found.insert(at, image);
                }
            });
        }
    }
    found
}

/// The names of all images of a side.
pub(crate) fn names(side: &Side) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for object in side.applications.iter().flat_map(crate::change::Application::objects) {
        images(&object.manifest, &mut String::new(), "", &mut |_, image| {
            names.insert(image.name);
        });
    }
    names
}

/// Calls with every image below the key `image`, and its pointer.
fn images(value: &Value, pointer: &mut String, key: &str, each: &mut dyn FnMut(&str, ImageReference)) {
    let mut descend = |step: &str, key: &str, value: &Value| {
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(step);
        images(value, pointer, key, each);
        pointer.truncate(length);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(name, value)| descend(name, name, value)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| descend(&index.to_string(), "", value));
        }
        Value::String(text) if key == "image" => {
            if let Ok(image) = text.parse() {
                each(pointer, image);
            }
        }
        _ => {}
    }
}

/// What a change does.
#[derive(Debug, Default)]
pub(super) struct Effect {
    /// The Applications in which the image changes.
    pub(super) applications: BTreeSet<ApplicationKey>,
    /// What else changes, in words.
    pub(super) others: Vec<String>,
}

impl Effect {
    pub(super) fn of(comparison: &Comparison<'_>, image: &ImageReference, changes: &ChangeSet) -> Self {
        let mut effect = Self::default();
        for application in &comparison.applications {
            let key = &application.key;
            match application.change {
                ApplicationChange::Added => effect.others.push(format!("{key} would be new")),
                ApplicationChange::Removed => effect.others.push(format!("{key} would be gone")),
                ApplicationChange::Failed
                    if application.failures().1.is_some() && application.failures().0.is_none() =>
                {
                    effect.others.push(format!("{key} would no longer render"));
                }
                _ => {}
            }
            for object in &application.objects {
                if is_definition(object, changes) {
                    continue;
                }
                match &object.change {
                    ObjectChange::Changed => {}
                    ObjectChange::Added => effect.others.push(format!("{} of {key} would be new", object.id)),
                    _ => effect.others.push(format!("{} of {key} would be gone or renamed", object.id)),
                }
                for field in &object.fields {
                    if sets(&field.change.edit, image) {
                        effect.applications.insert(key.clone());
                    } else if field.noise.is_none() && object.change == ObjectChange::Changed {
                        effect.others.push(format!("`{}` in {} of {key}", field.change.path, object.id));
                    }
                }
            }
        }
        effect
    }
}

/// Whether it is an Application or what makes some, in a file that is edited: its effect is seen in
/// what the Applications render to.
fn is_definition(object: &ObjectDiff<'_>, changes: &ChangeSet) -> bool {
    let is_edited = object.source.origin.as_ref().is_some_and(|origin| changes.contains(&origin.file));
    is_edited && object.id.group == "argoproj.io"
}

/// Whether an edit gives an image another version and does nothing else.
fn sets(edit: &Edit, image: &ImageReference) -> bool {
    let Edit::Changed { before: Value::String(before), after: Value::String(after) } = edit else {
        return false;
    };
    let read = |text: &str| text.parse::<ImageReference>().ok();
    read(before).is_some_and(|before| before.name == image.name) && read(after).as_ref() == Some(image)
}
