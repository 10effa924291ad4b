//! Control structures: `if`, `range`, `with`, `template`, `block`.

use smol_str::SmolStr;

use super::FileParser;
use super::action::Item;
use super::node::{Branch, Node};
use crate::error::Error;
use crate::lex::{Kind, Token};

impl<'t> FileParser<'_, 't> {
    pub(super) fn if_control(&mut self) -> Result<Node, Error> {
        Ok(Node::If(self.branch("if")?))
    }

    pub(super) fn range_control(&mut self) -> Result<Node, Error> {
        Ok(Node::Range(self.branch("range")?))
    }

    pub(super) fn with_control(&mut self) -> Result<Node, Error> {
        Ok(Node::With(self.branch("with")?))
    }

    fn branch(&mut self, context: &str) -> Result<Branch, Error> {
        let known = self.variables.len();
        let pipe = self.action_pipeline(context)?;
        let in_range = usize::from(context == "range");
        self.range_depth += in_range;
        let (list, end) = self.item_list()?;
        self.range_depth -= in_range;
        let otherwise = match end {
            Item::Else => Some(self.otherwise(context)?),
            _ => None,
        };
        self.variables.truncate(known);
        Ok(Branch { at: self.at(pipe.base.position as usize), pipe, list, otherwise })
    }

    /// What follows an `else`. `{{else if b}}_{{end}}` is treated as
    /// `{{else}}{{if b}}_{{end}}{{end}}`.
    fn otherwise(&mut self, context: &str) -> Result<Vec<Node>, Error> {
        let nested = match (context, self.peek().kind) {
            ("if", Kind::If) => Self::if_control,
            ("with", Kind::With) => Self::with_control,
            _ => {
                let (list, end) = self.item_list()?;
                return match end {
                    Item::Else => Err(self.error("expected end; found {{else}}")),
                    _ => Ok(list),
                };
            }
        };
        self.next();
        self.nest()?;
        let node = nested(self)?;
        self.nesting -= 1;
        Ok(vec![node])
    }

    /// `{{block "name" pipeline}} … {{end}}`: defines a template and executes it in place.
    pub(super) fn block_control(&mut self) -> Result<Node, Error> {
        const CONTEXT: &str = "block clause";
        let token = self.next_non_space();
        let name = self.template_name(&token, CONTEXT)?;
        let pipe = self.action_pipeline(CONTEXT)?;
        self.nested_template(name.clone(), CONTEXT)?;
        Ok(Node::Template { at: self.at(token.position), name, pipe: Some(pipe) })
    }

    /// `{{template "name" pipeline}}`, the pipeline being optional.
    pub(super) fn template_control(&mut self) -> Result<Node, Error> {
        const CONTEXT: &str = "template clause";
        let token = self.next_non_space();
        let name = self.template_name(&token, CONTEXT)?;
        let mut pipe = None;
        if self.next_non_space().kind != Kind::RightDelimiter {
            self.backup();
            pipe = Some(self.action_pipeline(CONTEXT)?);
        }
        Ok(Node::Template { at: self.at(token.position), name, pipe })
    }

    fn template_name(&mut self, token: &Token<'t>, context: &str) -> Result<SmolStr, Error> {
        match token.kind {
            Kind::String | Kind::RawString => self.unquote(token),
            _ => Err(self.unexpected(token, context)),
        }
    }
}
