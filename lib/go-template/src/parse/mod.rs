//! The parser: a template's text becomes [`Tree`]s, one for the file and one for each `define` and
//! `block` in it.

mod action;
mod control;
mod display;
mod known;
mod names;
pub(crate) mod node;
mod number;
mod pipeline;
mod tokens;

use std::sync::Arc;

use smol_str::SmolStr;

pub(crate) use display::text_of;
pub use names::{FunctionId, FunctionNames};
pub use node::Tree;

use crate::error::{Error, ErrorKind};
use crate::lex::{Kind, Lexer, Token};
use crate::value::Str;
use action::Item;
use known::Known;
use node::{At, Command, Node, Operand};
use oarlock_go::strconv::{quote, unquote};

/// How deep parentheses and blocks may nest. Go allows a thousand in WebAssembly; it has a stack
/// that grows.
const MAX_NESTING: usize = 200;

/// Parses template files that name the same functions. Actions are much alike, within a file and
/// from one to the next: what has the same text is parsed once.
pub struct Parser<'f> {
    functions: &'f dyn FunctionNames,
    known: Known,
}

impl<'f> Parser<'f> {
    /// A parser that has seen nothing yet.
    pub fn new(functions: &'f dyn FunctionNames) -> Self {
        Self { functions, known: Known::default() }
    }

    /// Parses a file. The result holds a tree for each `define` and `block` in the order of their
    /// ends, and last the file's own. They share the text.
    ///
    /// # Errors
    /// An [`ErrorKind::Parse`] with Go's message: `template: NAME:LINE: …`.
    pub fn parse(&mut self, name: &str, text: &Arc<String>) -> Result<Vec<Arc<Tree>>, Error> {
        if u32::try_from(text.len()).is_err() {
            return Err(Error::with_kind(ErrorKind::Parse, format!("template: {name}: text is too long")));
        }
        let mut file = FileParser::new(name, text, self);
        file.file()?;
        Ok(file.trees)
    }
}

/// Parses one file, see [`Parser::parse`].
///
/// # Errors
/// As there.
pub fn parse(name: &str, text: &str, functions: &dyn FunctionNames) -> Result<Vec<Arc<Tree>>, Error> {
    Parser::new(functions).parse(name, &Arc::new(text.to_owned()))
}

/// The state of parsing one file.
struct FileParser<'p, 't> {
    name: SmolStr,
    text: Arc<String>,
    functions: &'p dyn FunctionNames,
    known: &'p mut Known,
    lexer: Lexer<'t>,
    /// Look-ahead of up to three tokens, the newest first.
    tokens: [Token<'t>; 3],
    peeked: usize,
    /// Variables that are known at this place.
    variables: Vec<SmolStr>,
    /// How many variables were known before the pipeline that is being parsed.
    before: usize,
    /// Those of them that the pipeline uses.
    uses: Vec<SmolStr>,
    /// Where the action begins that is being parsed.
    action: Option<usize>,
    range_depth: usize,
    nesting: usize,
    /// How deep it was nested in the pipeline that is being parsed.
    deepest: usize,
    next_id: u32,
    /// What places count from: the beginning of the text, or of the pipeline that is being parsed.
    base: At,
    /// Parts of what is not yet whole, the innermost last. Lists are cut from their ends at just
    /// the right size: most have one element, and would keep room for four if they grew by
    /// themselves.
    nodes: Vec<Node>,
    commands: Vec<Command>,
    operands: Vec<Operand>,
    fields: Vec<SmolStr>,
    trees: Vec<Arc<Tree>>,
}

impl<'p, 't> FileParser<'p, 't> {
    fn new(name: &str, text: &'t Arc<String>, parser: &'p mut Parser<'_>) -> Self {
        Self {
            name: name.into(),
            text: Arc::clone(text),
            functions: parser.functions,
            known: &mut parser.known,
            lexer: Lexer::new(text),
            tokens: [Token { kind: Kind::Eof, position: 0, text: "" }; 3],
            peeked: 0,
            variables: vec![SmolStr::new_static("$")],
            before: 0,
            uses: Vec::new(),
            action: None,
            range_depth: 0,
            nesting: 0,
            deepest: 0,
            next_id: 0,
            base: At::default(),
            nodes: Vec::new(),
            commands: Vec::new(),
            operands: Vec::new(),
            fields: Vec::new(),
            trees: Vec::new(),
        }
    }

    fn file(&mut self) -> Result<(), Error> {
        let mut root = Vec::new();
        loop {
            let token = self.peek();
            if token.kind == Kind::Eof {
                break;
            }
            if token.kind == Kind::LeftDelimiter {
                let delimiter = self.next();
                if self.next_non_space().kind == Kind::Define {
                    self.definition()?;
                    continue;
                }
                self.backup2(delimiter);
            }
            match self.text_or_action()? {
                Item::Node(node) => root.push(node),
                Item::End => return Err(self.error("unexpected {{end}}")),
                Item::Else => return Err(self.error("unexpected {{else}}")),
            }
        }
        self.add(self.name.clone(), root)
    }

    /// `{{define "name"}} … {{end}}`; the keyword is past.
    fn definition(&mut self) -> Result<(), Error> {
        const CONTEXT: &str = "define clause";
        let token = self.next_non_space();
        if !matches!(token.kind, Kind::String | Kind::RawString) {
            return Err(self.unexpected(&token, CONTEXT));
        }
        let name = self.unquote(&token)?;
        self.expect(Kind::RightDelimiter, CONTEXT)?;
        self.nested_template(name, CONTEXT)
    }

    /// The body of a `define` or `block`: a template of its own, with variables of its own.
    fn nested_template(&mut self, name: SmolStr, context: &str) -> Result<(), Error> {
        let variables = std::mem::replace(&mut self.variables, vec![SmolStr::new_static("$")]);
        let action = self.action.take();
        let range_depth = std::mem::take(&mut self.range_depth);
        let (root, end) = self.item_list()?;
        if matches!(end, Item::Else) {
            return Err(self.error(format!("unexpected {{{{else}}}} in {context}")));
        }
        self.add(name, root)?;
        self.variables = variables;
        self.action = action;
        self.range_depth = range_depth;
        Ok(())
    }

    fn add(&mut self, name: SmolStr, root: Vec<Node>) -> Result<(), Error> {
        let tree = Tree { name, parse_name: self.name.clone(), text: self.text.clone(), root };
        match self.trees.iter().position(|other| other.name == tree.name) {
            None => self.trees.push(Arc::new(tree)),
            Some(index) if self.trees[index].is_empty() => self.trees[index] = Arc::new(tree),
            Some(_) if tree.is_empty() => {}
            Some(_) => {
                let name = quote(tree.name.as_bytes());
                return Err(self.error(format!("template: multiple definition of template {name}")));
            }
        }
        Ok(())
    }

    /// The place of a new node.
    fn at(&mut self, position: usize) -> At {
        self.next_id += 1;
        let at = At { position: offset(position), id: self.next_id };
        at.since(self.base).unwrap_or(at)
    }

    fn unquote(&self, token: &Token<'t>) -> Result<SmolStr, Error> {
        let text = unquote(token.text).ok_or_else(|| self.error("invalid syntax"))?;
        Ok(Str::from(text).to_text().into())
    }

    /// Goes one level down, if there is one.
    fn nest(&mut self) -> Result<(), Error> {
        self.nesting += 1;
        self.deepest = self.deepest.max(self.nesting);
        if self.nesting > MAX_NESTING { Err(self.error("max expression depth exceeded")) } else { Ok(()) }
    }
}

/// A place in a text, which is shorter than 4 GiB, see [`Parser::parse`].
fn offset(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
