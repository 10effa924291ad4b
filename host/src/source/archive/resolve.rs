//! The way from a path to what it leads to, links followed.

use oarlock_plugin::{ReadError, TreePath};

use super::{Folder, Node};

/// The most links on the way to a place, as in Linux.
const MAX_LINKS: usize = 40;

/// The most names on the way to a place, those in the targets of links among them. A path of as
/// many bytes as Linux allows has half as many.
const MAX_STEPS: usize = 4_096;

/// What a path leads to.
pub(super) enum Place<'a> {
    /// A directory.
    Folder(&'a Folder),
    /// Anything else but a link.
    Node(&'a Node),
}

/// What a path leads to, and the path without links.
pub(super) fn resolve<'a>(root: &'a Folder, path: &TreePath) -> Result<(Place<'a>, String), ReadError> {
    let mut way = Way { root, folders: Vec::new() };
    let mut links = 0;
    let mut steps = 0;
    // The parts still to go, the next one last.
    let mut parts: Vec<&str> = path.parts().collect();
    parts.reverse();
    while let Some(part) = parts.pop() {
        steps += 1;
        if steps > MAX_STEPS {
            return Err(ReadError::Refused(format!("`{path}` leads through more than {MAX_STEPS} names")));
        }
        match part {
            "" | "." => continue,
            ".." => {
                way.folders.pop().ok_or_else(|| leaves(path))?;
                continue;
            }
            _ => {}
        }
        match way.here().nodes.get_key_value(part).ok_or(ReadError::NotFound)? {
            (name, Node::Folder(folder)) => way.folders.push((name, folder)),
            (_, Node::Link(target)) => {
                links += 1;
                if links > MAX_LINKS {
                    return Err(ReadError::Refused(format!("`{path}` is a link that leads to itself")));
                }
                if target.starts_with('/') {
                    return Err(leaves(path));
                }
                parts.extend(target.split('/').rev());
            }
            // What is no directory has nothing below it.
            (_, _) if parts.iter().any(|part| !part.is_empty()) => return Err(ReadError::NotFound),
            (name, node) => return Ok((Place::Node(node), way.spelled(Some(name)))),
        }
    }
    Ok((Place::Folder(way.here()), way.spelled(None)))
}

/// The directories down to where the search is.
struct Way<'a> {
    root: &'a Folder,
    folders: Vec<(&'a str, &'a Folder)>,
}

impl<'a> Way<'a> {
    fn here(&self) -> &'a Folder {
        self.folders.last().map_or(self.root, |(_, folder)| folder)
    }

    fn spelled(&self, last: Option<&'a str>) -> String {
        let parts: Vec<&str> = self.folders.iter().map(|(name, _)| *name).chain(last).collect();
        if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
    }
}

fn leaves(path: &TreePath) -> ReadError {
    ReadError::Refused(format!("`{path}` leads out of the repository through a link"))
}
