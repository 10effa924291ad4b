//! What a source of an Application says to the plugins that render it.

use oarlock_engine::application::{ApplicationSource, Overrides as Files, Spec};
use oarlock_engine::pipeline::Written;
use oarlock_engine::source::Source as Tree;
use oarlock_plugin::{Application as RenderedApplication, Failure, Origin, TreePath};
use oarlock_yaml::{Node, Span};
use serde_json::{Map, Value};

/// What a source says to plugins, the files beside its manifests taken into account.
#[derive(Debug)]
pub struct Configured {
    /// The source as the files leave it.
    pub source: ApplicationSource,
    /// What plugins see of the Application.
    pub application: RenderedApplication,
    /// What in the files has no effect.
    pub warnings: Vec<Failure>,
    /// Configuration of plugins, by their names: at most one, whose name is the type of the source.
    pub config: Vec<(String, Map<String, Value>)>,
    /// Where it is written.
    pub written: Vec<Written>,
}

/// Reads what a source says, by the name that Argo CD calls the Application. `at` is the directory
/// of the source; `written` is the file that holds the source, and the source in it, where that is
/// known.
///
/// # Errors
/// If a file beside the manifests is wrong, or the source has more than one type.
pub fn configure(
    (spec, source): (&Spec, &ApplicationSource),
    called: &str,
    (tree, directory): (&dyn Tree, &TreePath),
    written: Option<(&str, &Node)>,
) -> Result<Configured, Failure> {
    let files = Files::read(tree, directory, Some(called))?;
    let (source, warnings) = files.apply(&spec.normalised(source))?;
    let block = |name: &str| {
        let (file, node) = written?;
        Some((file, node.as_mapping()?.entry(name)?))
    };
    let place = |file: &str, span: Span| Origin::at(file, span.line, span.column);
    let types: Vec<&str> = source.types().collect();
    if let [_, second, ..] = types.as_slice() {
        let failure = Failure::new(format!("multiple application sources defined: {}", types.join(", ")))
            .note("Argo CD takes the type of a source from its one block")
            .hint("keep one of the blocks");
        return Err(match types.iter().rev().find_map(|name| block(name)) {
            Some((file, entry)) if block(second).is_some() => failure.at(place(file, entry.key.span)),
            _ => match types.iter().rev().find_map(|name| files.blocks(name).next()) {
                Some((path, node)) => failure.at(place(path, node.span)),
                None => failure,
            },
        });
    }
    // What is null is not set.
    let set = |block: &Map<String, Value>| -> Map<String, Value> {
        let entries = block.iter().filter(|(_, value)| !value.is_null());
        entries.map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    let config: Vec<_> = source.blocks().map(|(name, block)| (name.to_owned(), set(block))).collect();
    let mut places = Vec::new();
    for (plugin, _) in &config {
        let application = block(plugin).map(|(file, entry)| (file, &entry.value));
        for (file, node) in application.into_iter().chain(files.blocks(plugin)) {
            places.push(Written { plugin: plugin.clone(), file: file.to_owned(), node: node.clone() });
        }
    }
    let application = spec.for_plugins(Some(called.to_owned()), &source);
    Ok(Configured { source, application, warnings, config, written: places })
}
