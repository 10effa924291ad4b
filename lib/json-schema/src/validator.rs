//! Holds values against schemas.

mod keywords;
mod scope;

use std::collections::{BTreeSet, HashMap};

use self::scope::{Location, Scope};
use crate::compiled::{Id, Schema};
use crate::draft::Draft;
use crate::fault::{Fault, quote};
use crate::format;
use crate::json::Json;
use crate::resources::Root;

/// How deep schemas may lead into one another.
const MAX_DEPTH: usize = 500;

/// Holds values against compiled schemas.
pub(crate) struct Validator<'s> {
    pub(crate) schemas: &'s [Schema],
    /// Where the values are schemas themselves.
    pub(crate) meta: Option<Meta<'s>>,
}

/// What to hold schemas within a schema against.
pub(crate) struct Meta<'s> {
    /// The document, whose resources may be of several versions.
    pub(crate) root: &'s Root,
    /// The schemas of schemas of these versions.
    pub(crate) drafts: HashMap<Draft, Id>,
}

/// A value that is being held against a schema.
#[derive(Clone, Copy)]
struct At<'p, 'v> {
    value: &'v Json,
    location: &'p Location<'p>,
    schema: Id,
    scope: &'p Scope<'p>,
    /// The schema of schemas that recursion within schemas leads to.
    meta: Option<Id>,
    /// Whether nobody reads the faults.
    is_quiet: bool,
}

/// What nothing was said of yet, as far as somebody wants to know.
#[derive(Default)]
struct Unseen<'v> {
    properties: BTreeSet<&'v str>,
    items: BTreeSet<usize>,
}

impl Unseen<'_> {
    fn is_empty(&self) -> bool {
        self.properties.is_empty() && self.items.is_empty()
    }

    /// Takes out what a further schema has seen.
    fn merge(&mut self, other: &Self) {
        self.properties.retain(|name| other.properties.contains(name));
        self.items.retain(|index| other.items.contains(index));
    }
}

/// The faults of a value, and what is left unseen of it.
struct Findings<'v> {
    faults: Vec<Fault>,
    unseen: Unseen<'v>,
}

type Checked<'v> = Result<Unseen<'v>, Fault>;

impl<'s> Validator<'s> {
    /// Holds a value against a schema.
    pub(crate) fn run(&self, schema: Id, value: &Json) -> Result<(), Fault> {
        self.run_within(schema, value, self.meta.as_ref().map(|_| schema), 0)
    }

    /// Holds a value that has no place of its own against a schema.
    fn run_within(&self, schema: Id, value: &Json, meta: Option<Id>, depth: usize) -> Result<(), Fault> {
        let scope = Scope::root(schema, depth);
        let at = At { value, location: &Location::Root, schema, scope: &scope, meta, is_quiet: false };
        self.check(at, self.unseen(schema, value, false)).map(drop)
    }

    fn schema(&self, id: Id) -> &'s Schema {
        &self.schemas[id]
    }

    fn unseen<'v>(&self, schema: Id, value: &'v Json, is_wanted: bool) -> Unseen<'v> {
        let schema = self.schema(schema);
        let mut unseen = Unseen::default();
        match value {
            Json::Object(object)
                if !schema.all_properties && (is_wanted || schema.unevaluated_properties.is_some()) =>
            {
                unseen.properties = object.keys().map(String::as_str).collect();
            }
            Json::Array(items) if !schema.all_items && (is_wanted || schema.unevaluated_items.is_some()) => {
                unseen.items = (schema.items_seen..items.len()).collect();
            }
            _ => {}
        }
        unseen
    }

    fn check<'v>(&self, at: At<'_, 'v>, unseen: Unseen<'v>) -> Checked<'v> {
        let schema = self.schema(at.schema);
        match schema.flat {
            Some(true) => return Ok(unseen),
            Some(false) => return Err(at.fault(|| "false schema".to_owned())),
            None => {}
        }
        if let Some(other) = at.scope.cycle() {
            return Err(at.fault(|| {
                let ways = [at.scope, other].map(|scope| scope.way(self.schemas));
                let location = oarlock_go::strconv::quote(schema.location.as_bytes());
                format!("both {} and {} resolve to {location} causing reference cycle", ways[0], ways[1])
            }));
        }
        if at.scope.depth > MAX_DEPTH {
            return Err(
                at.fault(|| format!("schemas lead into one another deeper than the limit of {MAX_DEPTH}"))
            );
        }
        if let Some(text) = keywords::of_the_value(schema, at.value) {
            return Err(at.fault(|| text));
        }
        if let Some(name) = &schema.format
            && let Json::Text(text) = at.value
            && let Err(error) = format::check(name, text)
        {
            return Err(at.fault(|| format!("{} is not valid {name}: {error}", quote(text))));
        }
        let mut findings = Findings { faults: Vec::new(), unseen };
        if let Some(target) = schema.reference {
            self.follow(target, "$ref", at, &mut findings);
        }
        let beside_reference = schema.draft >= Draft::Draft2019 || schema.reference.is_none();
        if beside_reference {
            match at.value {
                Json::Object(object) => self.object(schema, object, at, &mut findings),
                Json::Array(items) => self.array(schema, items, at, &mut findings),
                Json::Text(text) => keywords::text(schema, text, at, &mut findings),
                Json::Number(_) => keywords::number(schema, at, &mut findings),
                Json::Null | Json::Bool(_) => {}
            }
            self.dynamic(schema, at, &mut findings);
            self.combined(schema, at, &mut findings);
            self.unevaluated(schema, at, &mut findings);
        }
        let Findings { mut faults, unseen } = findings;
        match faults.len() {
            0 => Ok(unseen),
            1 => Err(faults.remove(0)),
            _ => Err(Fault::group(at.place(), faults)),
        }
    }

    /// Holds the same value against a further schema.
    fn same<'v>(
        &self,
        schema: Id,
        keyword: &'static str,
        at: At<'_, 'v>,
        unseen: &mut Unseen<'v>,
    ) -> Result<(), Fault> {
        let scope = at.scope.child(schema, keyword, at.scope.value);
        let wanted = self.unseen(schema, at.value, !unseen.is_empty());
        let (schema, meta) = self.of_its_version(schema, at);
        unseen.merge(&self.check(At { schema, scope: &scope, meta, ..at }, wanted)?);
        Ok(())
    }

    /// Holds what lies below the value against a schema.
    fn below(&self, schema: Id, value: &Json, token: &str, at: At<'_, '_>) -> Result<(), Fault> {
        let location = Location::Below(token, at.location);
        let scope = at.scope.child(schema, "", at.scope.value + 1);
        let At { meta, is_quiet, .. } = at;
        let at = At { value, location: &location, schema, scope: &scope, meta, is_quiet };
        let unseen = self.unseen(schema, value, false);
        let (schema, meta) = self.of_its_version(schema, at);
        self.check(At { schema, meta, ..at }, unseen).map(drop)
    }

    /// A schema within a schema is held against the schema of schemas of its own version. As in
    /// Helm's library its scope remains that of the version around it, so that `$recursiveRef`
    /// leads to less than the whole.
    fn of_its_version(&self, schema: Id, at: At<'_, '_>) -> (Id, Option<Id>) {
        let Some(meta) = self.meta.as_ref().filter(|_| at.meta == Some(schema)) else {
            return (schema, at.meta);
        };
        match meta.root.resources.get(&at.place()) {
            None => (schema, at.meta),
            Some(resource) => {
                let schema = meta.drafts.get(&resource.draft).copied().unwrap_or(schema);
                (schema, Some(schema))
            }
        }
    }

    fn follow<'v>(&self, target: Id, keyword: &'static str, at: At<'_, 'v>, findings: &mut Findings<'v>) {
        if let Err(fault) = self.same(target, keyword, at, &mut findings.unseen) {
            findings.faults.push(if at.is_quiet { fault } else { Fault::reference(at.place(), fault) });
        }
    }

    /// `$recursiveRef` and `$dynamicRef`: the outermost schema that offers what they ask for.
    fn dynamic<'v>(&self, schema: &Schema, at: At<'_, 'v>, findings: &mut Findings<'v>) {
        let outermost = |offer: &dyn Fn(Id) -> Option<Id>| {
            at.scope.chain().filter_map(|scope| offer(scope.schema)).last()
        };
        if let Some(target) = schema.recursive_reference {
            let offer = |id: Id| self.schema(self.schema(id).resource).recursive_anchor.then_some(id);
            let found = self.schema(target).recursive_anchor.then(|| outermost(&offer)).flatten();
            self.follow(found.unwrap_or(target), "$recursiveRef", at, findings);
        }
        if let Some((target, anchor)) = &schema.dynamic_reference {
            let anchor = anchor.as_ref().filter(|anchor| self.schema(*target).dynamic_anchor == **anchor);
            let found = anchor.and_then(|anchor| {
                outermost(&|id| self.schema(self.schema(id).resource).dynamic_anchors.get(anchor).copied())
            });
            self.follow(found.unwrap_or(*target), "$dynamicRef", at, findings);
        }
    }

    /// `not`, `allOf`, `anyOf`, `oneOf` and `if`.
    fn combined<'v>(&self, schema: &Schema, at: At<'_, 'v>, findings: &mut Findings<'v>) {
        let unseen = &mut findings.unseen;
        let quiet = At { is_quiet: true, ..at };
        if let Some(not) = schema.not
            && self.same(not, "", quiet, unseen).is_ok()
        {
            findings.faults.push(at.fault(|| "'not' failed".to_owned()));
        }
        let each = schema.all_of.iter().filter_map(|id| self.same(*id, "", at, unseen).err());
        let causes: Vec<Fault> = each.collect();
        if !causes.is_empty() {
            findings.faults.push(at.fault(|| "'allOf' failed".to_owned()).because(causes));
        }
        if !schema.any_of.is_empty() {
            let mut causes = Vec::new();
            let mut has_match = false;
            for id in &schema.any_of {
                if let Err(fault) = self.same(*id, "", at, unseen) {
                    causes.push(fault);
                    continue;
                }
                has_match = true;
                // Those that follow may see more.
                if unseen.is_empty() {
                    break;
                }
            }
            if !has_match {
                findings.faults.push(at.fault(|| "'anyOf' failed".to_owned()).because(causes));
            }
        }
        if !schema.one_of.is_empty() {
            self.one_of(schema, at, findings);
        }
        if let Some(condition) = schema.condition {
            let branch = match self.same(condition, "", quiet, &mut findings.unseen) {
                Ok(()) => schema.then,
                Err(_) => schema.otherwise,
            };
            if let Some(branch) = branch {
                findings.faults.extend(self.same(branch, "", at, &mut findings.unseen).err());
            }
        }
    }

    fn one_of<'v>(&self, schema: &Schema, at: At<'_, 'v>, findings: &mut Findings<'v>) {
        let mut causes = Vec::new();
        let mut first = None;
        for (index, id) in schema.one_of.iter().enumerate() {
            let at = At { is_quiet: at.is_quiet || first.is_some(), ..at };
            match (self.same(*id, "", at, &mut findings.unseen), first) {
                (Err(fault), None) => causes.push(fault),
                (Err(_), Some(_)) => {}
                (Ok(()), None) => first = Some(index),
                (Ok(()), Some(first)) => {
                    let text = || format!("'oneOf' failed, subschemas {first}, {index} matched");
                    findings.faults.push(At { is_quiet: false, ..at }.fault(text));
                    return;
                }
            }
        }
        if first.is_none() {
            findings.faults.push(at.fault(|| "'oneOf' failed, none matched".to_owned()).because(causes));
        }
    }

    fn unevaluated<'v>(&self, schema: &Schema, at: At<'_, 'v>, findings: &mut Findings<'v>) {
        if let (Some(id), Json::Object(object)) = (schema.unevaluated_properties, at.value) {
            for name in std::mem::take(&mut findings.unseen.properties) {
                findings.faults.extend(self.below(id, &object[name], name, at).err());
            }
        }
        if let (Some(id), Json::Array(items)) = (schema.unevaluated_items, at.value) {
            for index in std::mem::take(&mut findings.unseen.items) {
                findings.faults.extend(self.below(id, &items[index], &index.to_string(), at).err());
            }
        }
    }
}

impl At<'_, '_> {
    fn place(&self) -> String {
        self.location.pointer()
    }

    /// Reports a fault of the value, unless no caller reads faults.
    fn fault(&self, text: impl FnOnce() -> String) -> Fault {
        if self.is_quiet {
            Fault::new(String::new(), String::new())
        } else {
            Fault::new(self.place(), text())
        }
    }
}
