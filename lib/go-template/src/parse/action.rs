//! Lists of text and actions.

use super::FileParser;
use super::node::Node;
use crate::error::Error;
use crate::lex::{Kind, Token};

/// What comes next in a list: a node, or what ends the list.
pub(super) enum Item {
    Node(Node),
    End,
    Else,
}

impl<'t> FileParser<'_, 't> {
    /// Up to `{{end}}` or `{{else}}`, which is returned too.
    pub(super) fn item_list(&mut self) -> Result<(Vec<Node>, Item), Error> {
        self.nest()?;
        let outer = self.nodes.len();
        while self.peek_non_space().kind != Kind::Eof {
            match self.text_or_action()? {
                Item::Node(node) => self.nodes.push(node),
                end => {
                    self.nesting -= 1;
                    return Ok((self.nodes.drain(outer..).collect(), end));
                }
            }
        }
        Err(self.error("unexpected EOF"))
    }

    pub(super) fn text_or_action(&mut self) -> Result<Item, Error> {
        let token = self.next_non_space();
        match token.kind {
            Kind::Text => {
                let at = self.at(token.position);
                let end = token.position + token.text.len();
                Ok(Item::Node(Node::Text { at, start: token.position, end }))
            }
            Kind::LeftDelimiter => {
                self.action = Some(token.position);
                let item = self.action();
                self.action = None;
                item
            }
            _ => Err(self.unexpected(&token, "input")),
        }
    }

    /// The left delimiter is past; the first word may be a keyword.
    fn action(&mut self) -> Result<Item, Error> {
        let token = self.next_non_space();
        let node = match token.kind {
            Kind::Block => self.block_control()?,
            Kind::Break | Kind::Continue => self.jump(&token)?,
            Kind::Else => return self.else_control(),
            Kind::End => {
                self.expect(Kind::RightDelimiter, "end")?;
                return Ok(Item::End);
            }
            Kind::If => self.if_control()?,
            Kind::Range => self.range_control()?,
            Kind::Template => self.template_control()?,
            Kind::With => self.with_control()?,
            _ => {
                self.backup();
                let token = self.peek();
                let pipe = self.action_pipeline("command")?;
                Node::Action { at: self.at(token.position), pipe }
            }
        };
        Ok(Item::Node(node))
    }

    /// `{{break}}` and `{{continue}}`.
    fn jump(&mut self, keyword: &Token<'t>) -> Result<Node, Error> {
        let context = format!("{{{{{}}}}}", keyword.text);
        self.expect(Kind::RightDelimiter, &context)?;
        if self.range_depth == 0 {
            return Err(self.error(format!("{context} outside {{{{range}}}}")));
        }
        let at = self.at(keyword.position);
        Ok(if keyword.kind == Kind::Break { Node::Break { at } } else { Node::Continue { at } })
    }

    fn else_control(&mut self) -> Result<Item, Error> {
        // "else if" and "else with" are an else that an if or with follows: it is left for the
        // caller.
        if !matches!(self.peek_non_space().kind, Kind::If | Kind::With) {
            self.expect(Kind::RightDelimiter, "else")?;
        }
        Ok(Item::Else)
    }
}
