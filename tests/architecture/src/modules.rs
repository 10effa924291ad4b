//! Which top-level module of a crate uses which other one, from the crate's source.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::visit::Visit;

/// A use of one top-level module by another.
#[derive(Clone, Debug)]
pub struct Use {
    /// The file and line of the use.
    pub place: String,
    /// The path that is used, as it is written.
    pub path: String,
}

/// For each top-level module the other ones that it uses, with one place each. The crate's root is
/// not a module here, and code under `cfg(test)` does not count.
pub type Graph = BTreeMap<String, BTreeMap<String, Use>>;

/// Reads a crate from its root file.
///
/// # Panics
/// If a file cannot be read or parsed.
pub fn graph(root: &Path) -> Graph {
    let mut modules = Vec::new();
    let directory = root.parent().unwrap_or(Path::new("."));
    load(root, directory, &[], &mut modules);
    let exports = root_exports(&modules[0].1);
    let mut graph = Graph::new();
    for (path, file, source) in &modules {
        let children: Vec<String> = file.items.iter().filter_map(module_name).collect();
        let mut uses = Uses { module: path.clone(), children, found: Vec::new(), foreign: Vec::new() };
        uses.visit_file(file);
        let Some(from) = path.first() else { continue };
        for (target, span) in uses.found {
            let Some(first) = target.first() else { continue };
            let to = exports.get(first).unwrap_or(first);
            let known = modules.iter().any(|(module, ..)| module.first() == Some(to));
            if to == from || !known {
                continue;
            }
            let place = format!("{}:{}", source.display(), span.start().line);
            let path = format!("crate::{}", target.join("::"));
            graph.entry(from.clone()).or_default().entry(to.clone()).or_insert(Use { place, path });
        }
    }
    graph
}

/// Every path in a crate that is written out and does not begin in the crate itself, each with its
/// top-level module (empty for the crate's root) and its place. Code under `cfg(test)` does not
/// count.
///
/// # Panics
/// If a file cannot be read or parsed.
pub fn foreign_paths(root: &Path) -> Vec<(String, Use)> {
    let mut modules = Vec::new();
    load(root, root.parent().unwrap_or(Path::new(".")), &[], &mut modules);
    let mut found = Vec::new();
    for (path, file, source) in &modules {
        let mut uses =
            Uses { module: path.clone(), children: Vec::new(), found: Vec::new(), foreign: Vec::new() };
        uses.visit_file(file);
        let module = path.first().cloned().unwrap_or_default();
        found.extend(uses.foreign.into_iter().map(|(path, span)| {
            let place = format!("{}:{}", source.display(), span.start().line);
            (module.clone(), Use { place, path: path.join("::") })
        }));
    }
    found
}

type Module = (Vec<String>, syn::File, PathBuf);

/// Reads a file and the files of its modules. `directory` is where those are looked for.
fn load(file: &Path, directory: &Path, path: &[String], modules: &mut Vec<Module>) {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let names: Vec<String> = parsed.items.iter().filter_map(declared_module).collect();
    modules.push((path.to_vec(), parsed, file.to_owned()));
    for name in names {
        let flat = directory.join(format!("{name}.rs"));
        let nested = directory.join(&name).join("mod.rs");
        let child: Vec<String> = path.iter().cloned().chain([name.clone()]).collect();
        // A module that a build script writes has no file here.
        if let Some(file) = [flat, nested].into_iter().find(|file| file.is_file()) {
            load(&file, &directory.join(&name), &child, modules);
        }
    }
}

/// The name of a module with a file of its own that is not for tests.
fn declared_module(item: &syn::Item) -> Option<String> {
    match item {
        syn::Item::Mod(module) if module.content.is_none() => module_name(item),
        _ => None,
    }
}

/// The name of a module that is not for tests.
fn module_name(item: &syn::Item) -> Option<String> {
    match item {
        syn::Item::Mod(module) if !is_test(&module.attrs) => Some(module.ident.to_string()),
        _ => None,
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else { return false };
        list.path.is_ident("cfg")
            && list.tokens.to_string().split(|c: char| !c.is_alphanumeric()).any(|word| word == "test")
    })
}

/// The names that the root re-exports from its modules: `crate::Name` is a use of the module.
fn root_exports(root: &syn::File) -> HashMap<String, String> {
    let mut exports = HashMap::new();
    for item in &root.items {
        let syn::Item::Use(item) = item else { continue };
        let mut paths = Vec::new();
        flatten(&item.tree, Vec::new(), &mut paths);
        for path in paths {
            let path: Vec<_> =
                path.into_iter().skip_while(|part| part == "self" || part == "crate").collect();
            if let [module, .., name] = path.as_slice() {
                exports.insert(name.clone(), module.clone());
            }
        }
    }
    exports
}

/// Every path of a `use` item, by the names that it uses rather than those that it gives.
fn flatten(tree: &syn::UseTree, mut prefix: Vec<String>, paths: &mut Vec<Vec<String>>) {
    match tree {
        syn::UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            flatten(&path.tree, prefix, paths);
        }
        syn::UseTree::Name(name) => {
            prefix.push(name.ident.to_string());
            paths.push(prefix);
        }
        syn::UseTree::Rename(rename) => {
            prefix.push(rename.ident.to_string());
            paths.push(prefix);
        }
        syn::UseTree::Glob(_) => paths.push(prefix),
        syn::UseTree::Group(group) => {
            group.items.iter().for_each(|tree| flatten(tree, prefix.clone(), paths));
        }
    }
}

/// Collects the paths of a module that lead into its own crate.
struct Uses {
    module: Vec<String>,
    children: Vec<String>,
    found: Vec<(Vec<String>, Span)>,
    /// Paths that begin elsewhere.
    foreign: Vec<(Vec<String>, Span)>,
}

impl Uses {
    /// Notes a path, from the crate's root, if it is one of the crate.
    fn note(&mut self, path: &[String], span: Span) {
        let mut rest = path;
        let mut base = match rest.first().map(String::as_str) {
            Some("crate") => Vec::new(),
            Some("super" | "self") => self.module.clone(),
            Some(name) if self.children.iter().any(|child| child == name) => self.module.clone(),
            _ => {
                self.foreign.push((path.to_vec(), span));
                return;
            }
        };
        if rest[0] == "crate" || rest[0] == "self" {
            rest = &rest[1..];
        }
        while rest.first().is_some_and(|part| part == "super") {
            base.pop();
            rest = &rest[1..];
        }
        base.extend(rest.iter().cloned());
        self.found.push((base, span));
    }

    /// Paths that start with `crate` or `super` in the arguments of a macro.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut start = Span::call_site();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) if path.is_empty() || colons == 2 => {
                    let (span, name) = (name.span(), name.to_string());
                    if path.is_empty() && !matches!(name.as_str(), "crate" | "super") {
                        continue;
                    }
                    if path.is_empty() {
                        start = span;
                    }
                    path.push(name);
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                other => {
                    let whole = std::mem::take(&mut path);
                    if !whole.is_empty() {
                        self.note(&whole, start);
                    }
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        if !path.is_empty() {
            self.note(&path, start);
        }
    }
}

impl<'ast> Visit<'ast> for Uses {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes: &[syn::Attribute] = match item {
            syn::Item::Fn(item) => &item.attrs,
            syn::Item::Impl(item) => &item.attrs,
            syn::Item::Mod(item) => &item.attrs,
            syn::Item::Use(item) => &item.attrs,
            _ => &[],
        };
        if !is_test(attributes) {
            syn::visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        self.module.push(module.ident.to_string());
        syn::visit::visit_item_mod(self, module);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let mut paths = Vec::new();
        flatten(&item.tree, Vec::new(), &mut paths);
        for path in paths {
            self.note(&path, item.span());
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if names.len() > 1 {
            self.note(&names, path.span());
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invoked: &'ast syn::Macro) {
        self.tokens(invoked.tokens.clone());
        syn::visit::visit_macro(self, invoked);
    }

    // Names in documentation are not uses.
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
}
