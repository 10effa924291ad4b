//! Tells the recorder of a build what the steps of a kustomization did.

use oarlock_plugin::{Cause, Origin, TreePath};
use oarlock_yaml::Node;

use super::Target;
use crate::blame::{Lines, Made, Recorder, Settings, Step};
use crate::kustomization::{Kustomization, Located};
use crate::patch::LoadedPatch;
use crate::resource::{ResMap, Resource};
use crate::transform::replacements::Replacement;

/// A step that an entry of a field configures.
pub(super) fn cause(field: &str, origin: Origin) -> Cause {
    Cause { by: field.to_owned(), origin: Some(origin) }
}

impl Target<'_, '_> {
    /// The recorder, in a build that keeps histories.
    pub(super) fn recorder(&self) -> Option<&Recorder> {
        self.session.blame.as_ref()
    }

    /// The resources before a step, for what records it.
    pub(super) fn before(&self, resources: &ResMap) -> Vec<Option<u32>> {
        if self.recorder().is_some() { Recorder::before(resources) } else { Vec::new() }
    }

    /// The resources of a file.
    pub(super) fn record_read(&self, resources: &mut [Resource], entry: &Located) {
        let Some(recorder) = self.recorder() else { return };
        let cause = cause("resources", entry.origin.clone());
        let file = resources.first().and_then(|resource| Some(resource.origin.as_ref()?.path.clone()));
        recorder.read(&Lines::Of(file.as_deref().unwrap_or_default()), resources, &cause);
    }

    /// What one entry of a field of the kustomization did to the resources.
    pub(super) fn record_entry(
        &self,
        resources: &mut ResMap,
        before: &[Option<u32>],
        (field, index): (&str, Option<usize>),
    ) {
        let Some(recorder) = self.recorder() else { return };
        let kustomization = &*self.kustomization;
        let origin = kustomization.origin_of_entry(field, index.unwrap_or(usize::MAX));
        let settings = Settings {
            recorder,
            file: kustomization.file.as_str(),
            node: kustomization.node_of_entry(field, index),
        };
        let options = Settings { node: kustomization.node_of_entry("generatorOptions", None), ..settings };
        let place = |made: &Made<'_>| {
            let found = match field {
                "namespace" | "namePrefix" | "nameSuffix" => settings.itself(),
                "labels" => settings.of_entries(&[&["pairs"]], made),
                "commonLabels" | "commonAnnotations" => settings.of_entries(&[&[]], made),
                "replicas" => settings.of_keys(&["count"], made),
                "images" => settings.of_keys(&["digest", "newTag", "tagSuffix", "newName"], made),
                "configMapGenerator" | "secretGenerator" => self
                    .generated_place(settings, made)
                    .or_else(|| options.of_entries(&[&["labels"], &["annotations"]], made)),
                _ => settings.anywhere(made),
            };
            found.or_else(|| Some(origin.clone()))
        };
        recorder.after(resources, before, &Step { cause: cause(field, origin.clone()), place: &place });
    }

    /// What a generator or transformer that an object configures did to the resources.
    pub(super) fn record_configured(
        &self,
        resources: &mut ResMap,
        before: &[Option<u32>],
        (field, configuration): (&str, &Resource),
    ) {
        let Some(recorder) = self.recorder() else { return };
        let file = configuration.origin.as_ref().map_or("", |origin| origin.path.as_str());
        let settings = Settings { recorder, file, node: Some(&configuration.object) };
        let generates = configuration.kind().ends_with("MapGenerator")
            || configuration.kind().ends_with("SecretGenerator");
        let place = |made: &Made<'_>| {
            let found =
                if generates { self.generated_place(settings, made) } else { settings.anywhere(made) };
            found.or_else(|| configuration.origin.clone())
        };
        let cause =
            Cause { by: format!("{field} ({})", configuration.kind()), origin: configuration.origin.clone() };
        recorder.after(resources, before, &Step { cause, place: &place });
    }

    /// Where a value of a generated ConfigMap or Secret is written: in a literal, a file or a file
    /// of variables.
    fn generated_place(&self, settings: Settings<'_>, made: &Made<'_>) -> Option<Origin> {
        let node = settings.node?;
        if matches!(made.section, "data" | "binaryData") {
            return self.data_place(settings, node, made);
        }
        let options: [&[&str]; 2] = [&["options", "labels"], &["options", "annotations"]];
        let option = options.iter().find_map(|path| node.at(path)?.get(made.key));
        let named = || node.get(made.key).filter(|value| value.scalar_text() == Some(made.text));
        let value = option.or_else(named).or_else(|| node.get("name").filter(|_| made.key == "name"));
        value.and_then(|value| settings.recorder.place(settings.file, value.span))
    }

    /// Where a value of the data is written.
    fn data_place(&self, settings: Settings<'_>, node: &Node, made: &Made<'_>) -> Option<Origin> {
        let entries = |key: &str| node.get(key).and_then(Node::as_sequence).into_iter().flatten();
        let is_named = |entry: &&Node| {
            let name = entry.scalar_text().and_then(|text| text.split_once('='));
            name.is_some_and(|(name, _)| name.trim() == made.key)
        };
        if let Some(literal) = entries("literals").find(is_named) {
            return settings.recorder.place(settings.file, literal.span);
        }
        for entry in entries("files") {
            let text = entry.scalar_text().unwrap_or_default();
            let (name, path) = match text.split_once('=') {
                Some((name, path)) => (name, path),
                None => (text.rsplit('/').next().unwrap_or(text), text),
            };
            if name == made.key {
                return self.loader.resolve(path).ok().map(|file| Origin::at(file.as_str(), 1, 1));
            }
        }
        for entry in entries("envs").chain(node.get("env")) {
            let read = entry.scalar_text().and_then(|path| self.loader.read(path).ok());
            if let Some(origin) = read.and_then(|(file, text)| variable_place(&file, &text, made.key)) {
                return Some(origin);
            }
        }
        None
    }

    /// Stamps the nodes of a patch, so that they are known in the resources that they end up in.
    /// `field` and `index` say where an inline patch is.
    pub(super) fn record_patch(&self, patch: &mut LoadedPatch, field: &str, index: usize) {
        let entry = self.kustomization.node_of_entry(field, Some(index));
        let text = entry.map(|entry| entry.get("patch").unwrap_or(entry));
        self.stamp_patch(patch, self.kustomization.file.as_str(), text);
    }

    /// Stamps the nodes of a patch that an object of its own has under a key, or in a file.
    pub(super) fn record_configured_patch(
        &self,
        patch: &mut LoadedPatch,
        configuration: &Resource,
        key: &str,
    ) {
        let file = configuration.origin.as_ref().map_or("", |origin| origin.path.as_str());
        self.stamp_patch(patch, file, configuration.object.get(key));
    }

    fn stamp_patch(&self, patch: &mut LoadedPatch, file: &str, text: Option<&Node>) {
        let Some(recorder) = self.recorder() else { return };
        let inline = text.and_then(|text| {
            let origin = recorder.place(file, text.span)?;
            Some((origin, text.scalar_text().unwrap_or_default()))
        });
        for (file, node) in patch.nodes_mut() {
            match (file, &inline) {
                (Some(file), _) => recorder.stamp(node, &Lines::Of(file.as_str())),
                (None, Some((origin, text))) => self.stamp_inline(node, origin, text),
                (None, None) => {}
            }
        }
    }

    /// Stamps a tree that was read from a text within a file. `origin` is where the text is
    /// written.
    pub(super) fn stamp_inline(&self, node: &mut Node, origin: &Origin, text: &str) {
        let Some(recorder) = self.recorder() else { return };
        match self.line_before(origin, text) {
            Some(line) => recorder.stamp(node, &Lines::Behind { file: origin.path.as_str(), line }),
            None => recorder.stamp(node, &Lines::At(origin)),
        }
    }

    /// The line before the first one of a block scalar's text, as it is trimmed.
    fn line_before(&self, origin: &Origin, text: &str) -> Option<u32> {
        let content = String::from_utf8(self.session.host.read(&origin.path).ok()?).ok()?;
        let written = content.lines().nth((origin.line as usize).checked_sub(1)?)?;
        let behind: String = written.chars().skip((origin.column as usize).checked_sub(1)?).collect();
        if !behind.trim_start().starts_with('|') {
            return None;
        }
        let blank = text.len() - text.trim_start().len();
        let skipped = text[..blank].bytes().filter(|byte| *byte == b'\n').count();
        Some(origin.line.saturating_add(u32::try_from(skipped).ok()?))
    }

    /// What one replacement did to the resources. `source` is where its value is written.
    pub(super) fn record_replacement(
        &self,
        resources: &mut ResMap,
        before: &[Option<u32>],
        (index, source): (usize, Option<&Origin>),
    ) {
        let Some(recorder) = self.recorder() else { return };
        let kustomization = &*self.kustomization;
        let origin = kustomization.origin_of_entry("replacements", index);
        let settings = Settings {
            recorder,
            file: kustomization.file.as_str(),
            node: kustomization.node_of_entry("replacements", Some(index)),
        };
        let place = |made: &Made<'_>| {
            source
                .cloned()
                .or_else(|| settings.of_keys(&["sourceValue"], made))
                .or_else(|| Some(origin.clone()))
        };
        let cause = cause("replacements", origin.clone());
        recorder.after(resources, before, &Step { cause, place: &place });
    }

    /// Where the value that a replacement copies is written.
    pub(super) fn source_place(&self, resources: &ResMap, replacement: &Replacement) -> Option<Origin> {
        let (resource, node) = replacement.source_node(resources)?;
        self.recorder()?.place_in(resource, node)
    }
}

/// The line of a file that sets a variable.
fn variable_place(file: &TreePath, text: &[u8], name: &str) -> Option<Origin> {
    let text = String::from_utf8_lossy(text);
    let line = text.lines().position(|line| {
        let key = line.split('=').next().unwrap_or_default();
        key.trim_start() == name
    })?;
    Some(Origin::at(file.as_str(), u32::try_from(line + 1).ok()?, 1))
}

/// The entry of a field, or the field.
impl Kustomization {
    fn node_of_entry(&self, field: &str, index: Option<usize>) -> Option<&Node> {
        let value = self.node_of(field)?;
        match index {
            Some(index) => value.as_sequence()?.get(index),
            None => Some(value),
        }
    }
}
