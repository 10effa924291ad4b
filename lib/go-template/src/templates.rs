//! Templates by name: what `template` and `include` find.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::error::Error;
use crate::parse::{FunctionNames, Tree, parse};

/// A set of templates that know one another. A set may stand on another, as Helm's `tpl` needs it:
/// what it adds is its own.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    own: HashMap<SmolStr, Arc<Tree>>,
    below: Option<Rc<Templates>>,
}

impl Templates {
    /// No templates.
    pub fn new() -> Self {
        Self::default()
    }

    /// A set with all templates of another. Adding to it leaves the other alone; making it costs
    /// nothing.
    pub fn over(below: Rc<Templates>) -> Self {
        Self { own: HashMap::new(), below: Some(below) }
    }

    /// Parses a file and adds its templates.
    ///
    /// # Errors
    /// When the text is not a template: Go's message.
    pub fn parse(&mut self, name: &str, text: &str, functions: &dyn FunctionNames) -> Result<(), Error> {
        self.add(parse(name, text, functions)?);
        Ok(())
    }

    /// Adds parsed templates. Later ones replace those of the same name, unless they are empty.
    pub fn add(&mut self, trees: impl IntoIterator<Item = Arc<Tree>>) {
        for tree in trees {
            if !tree.is_empty() || self.get(&tree.name).is_none() {
                self.own.insert(tree.name.clone(), tree);
            }
        }
    }

    /// Adds parsed templates as [`Templates::add`] does, but the one of this name even when it is
    /// empty: it is about to be executed.
    pub fn replace(&mut self, trees: impl IntoIterator<Item = Arc<Tree>>, name: &str) {
        for tree in trees {
            if tree.name == name {
                self.own.insert(tree.name.clone(), tree);
            } else {
                self.add([tree]);
            }
        }
    }

    /// The template of a name.
    pub fn get(&self, name: &str) -> Option<&Arc<Tree>> {
        self.own.get(name).or_else(|| self.below.as_deref()?.get(name))
    }

    /// The names of all templates, sorted.
    pub fn names(&self) -> Vec<SmolStr> {
        let mut names = self.below.as_deref().map(Templates::names).unwrap_or_default();
        names.extend(self.own.keys().cloned());
        names.sort();
        names.dedup();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::Functions;

    #[test]
    fn an_empty_file_replaces_nothing() {
        let mut set = Templates::new();
        let functions = Functions::new();
        set.parse("a", "1", &functions).unwrap();
        set.parse("a", " ", &functions).unwrap();
        assert!(!set.get("a").unwrap().is_empty());
        set.parse("a", "2", &functions).unwrap();
        assert_eq!(set.names(), ["a"]);
    }

    #[test]
    fn a_set_over_another_keeps_its_own_to_itself() {
        let functions = Functions::new();
        let mut below = Templates::new();
        below.parse("a", "1", &functions).unwrap();
        let below = Rc::new(below);
        let mut above = Templates::over(below.clone());
        above.parse("b", "2", &functions).unwrap();
        assert!(above.get("a").is_some() && below.get("b").is_none());
    }
}
