//! Reading patches, and telling the two kinds apart.

use oarlock_plugin::{Failure, Result};
use oarlock_yaml::{Limits, Node, Reader, Span, Value};

use super::json6902::JsonPatch;
use super::source::PatchSource;
use super::strategic::StrategicPatch;
use super::{Content, LoadedPatch, Patch, Read};
use crate::resource::{self, Selector};

/// What one entry can look like.
const EITHER: &str = "a patch is either a resource in outline, with `kind` and `metadata.name`, or a list of `op`, `path` and `value`";

/// Reads an entry of `patches`.
///
/// # Errors
/// If there is no patch or one too many, or it is neither a strategic merge patch nor a JSON patch.
pub(crate) fn load(patch: &Patch, read: Read<'_>) -> Result<LoadedPatch> {
    let inline = patch.patch.trim();
    let (source, text) = text_of(inline, &patch.path, read)?;
    let target = patch.target.as_ref().map(Selector::compile).transpose()?;

    let strategic = read_strategic(&text, &source);
    let operations = read_operations(&text, &source);
    let content = match (strategic, operations) {
        (Ok(patches), Ok(operations)) if !patches.is_empty() && !operations.is_empty() => {
            return Err(source.blame(
                Failure::new("the patch can be read both as a strategic merge patch and as a JSON patch")
                    .hint(EITHER),
                Span::default(),
            ));
        }
        (Ok(mut patches), _) if !patches.is_empty() => {
            let option = |name| patch.options.get(name).copied().unwrap_or_default();
            for patch in &mut patches {
                patch.allow_name_change = option("allowNameChange");
                patch.allow_kind_change = option("allowKindChange");
            }
            if target.is_some() && patches.len() > 1 {
                let failure = Failure::new(format!("{} patches share one `target`", patches.len()))
                    .hint("put each of them into an entry of its own");
                return Err(source.blame(failure, patches[1].node.span));
            }
            Content::Strategic(patches)
        }
        (_, Ok(operations)) => Content::Json(JsonPatch { operations, source: source.clone() }),
        // An empty text is no JSON patch to kustomize, but no strategic merge patch either, so that
        // it goes on as a JSON patch.
        (Ok(_), Err(_)) => Content::Json(JsonPatch { operations: Vec::new(), source: source.clone() }),
        (Err(strategic), Err(operations)) => return Err(neither(&text, strategic, operations)),
    };
    if target.is_none()
        && let Content::Json(_) = &content
    {
        let failure = Failure::new("a JSON patch needs a `target`")
            .hint("say which resources it is for, as `target: {kind: Deployment, name: web}`");
        return Err(source.blame(failure, Span::default()));
    }
    Ok(LoadedPatch { content, target })
}

/// Reads an entry of `patchesStrategicMerge`: the patch itself, or else the path of a file.
///
/// # Errors
/// If the file cannot be read or is no patch.
pub(crate) fn load_strategic(entry: &str, read: Read<'_>) -> Result<LoadedPatch> {
    let patches = match read_strategic(entry.as_bytes(), &PatchSource::Inline) {
        Ok(patches) => patches,
        // Surely not meant as a path.
        Err(failure) if entry.contains('\n') => return Err(failure),
        Err(_) => {
            let (file, text) = read(entry)?;
            read_strategic(&text, &PatchSource::File(file))?
        }
    };
    Ok(LoadedPatch { content: Content::Strategic(patches), target: None })
}

/// Reads an entry of `patchesJson6902`.
///
/// # Errors
/// If there is no target or no patch, or it is no list of operations.
pub(crate) fn load_json6902(patch: &Patch, read: Read<'_>) -> Result<LoadedPatch> {
    let Some(target) = patch.target.as_ref().filter(|target| !target.name.is_empty()) else {
        return Err(Failure::new("the target of the JSON patch has no name")
            .hint("say which resource it is for, as `target: {version: v1, kind: Service, name: web}`"));
    };
    let (source, text) = text_of(&patch.patch, &patch.path, read)?;
    let operations = read_operations(&text, &source)?;
    if operations.is_empty() {
        return Err(source.blame(Failure::new("the patch has no operations"), Span::default()));
    }
    let content = Content::Json(JsonPatch { operations, source });
    Ok(LoadedPatch { content, target: Some(target.compile()?) })
}

/// The text of a patch: the inline one, or that of the file.
fn text_of(inline: &str, path: &str, read: Read<'_>) -> Result<(PatchSource, Vec<u8>)> {
    match (inline, path) {
        ("", "") => Err(Failure::new("the patch is missing")
            .hint("give it inline as `patch`, or the `path` of a file with it")),
        (inline, "") => Ok((PatchSource::Inline, inline.as_bytes().to_vec())),
        ("", path) => {
            let (file, text) = read(path)?;
            Ok((PatchSource::File(file), text))
        }
        _ => Err(Failure::new("both `patch` and `path` are set").hint("keep one of them")),
    }
}

fn read_strategic(text: &[u8], source: &PatchSource) -> Result<Vec<StrategicPatch>> {
    let resources = resource::read(source.name(), text).map_err(|failure| source.correct(failure))?;
    let patches = resources.into_iter().map(|resource| StrategicPatch {
        id: resource.current_id(),
        node: resource.object,
        notes: resource.notes,
        source: source.clone(),
        allow_name_change: false,
        allow_kind_change: false,
    });
    Ok(patches.collect())
}

/// Reads the operations of a JSON patch: JSON if it begins with `[`, else the first document of a
/// YAML stream. An empty document has none.
fn read_operations(text: &[u8], source: &PatchSource) -> Result<Vec<Node>> {
    let wrong = |message: String, span| source.blame(Failure::new(message).hint(EITHER), span);
    let unreadable = |error: oarlock_yaml::ParseError| {
        let failure = Failure::new(error.message);
        let failure = match error.hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        };
        source.blame(failure, error.span)
    };
    if text.is_empty() {
        return Err(wrong("the patch is empty".to_owned(), Span::default()));
    }
    let root = if text.starts_with(b"[") {
        let text = std::str::from_utf8(text)
            .map_err(|_| wrong("the patch is not UTF-8".to_owned(), Span::default()))?;
        oarlock_yaml::from_json(text).map_err(unreadable)?
    } else {
        let documents =
            oarlock_yaml::parse(text, Reader::KustomizeField, Limits::default()).map_err(unreadable)?;
        documents.into_iter().next().map_or_else(Node::null, |document| document.root)
    };
    if root.is_null() {
        return Ok(Vec::new());
    }
    let span = root.span;
    let Value::Sequence(operations) = root.value else {
        return Err(wrong(
            format!("a JSON patch is a list of operations, this is a {}", root.kind_name()),
            span,
        ));
    };
    if let Some(operation) =
        operations.iter().find(|operation| !operation.is_null() && operation.as_mapping().is_none())
    {
        let message =
            format!("an operation of a JSON patch is a mapping, this is a {}", operation.kind_name());
        return Err(wrong(message, operation.span));
    }
    Ok(operations)
}

/// A text that is no patch at all: says what is wrong with the kind of patch that it looks like.
fn neither(text: &[u8], strategic: Failure, operations: Failure) -> Failure {
    let looks_like_operations =
        text.trim_ascii_start().first().is_some_and(|first| matches!(first, b'[' | b'-'))
            && !text.starts_with(b"---");
    let failure = if looks_like_operations { operations } else { strategic };
    Failure { message: format!("the patch cannot be read: {}", failure.message), ..failure }.hint(EITHER)
}
