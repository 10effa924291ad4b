//! One object on its way through a pipeline: what each plugin did to it ([`explain`]), and where
//! its values come from ([`blame`]).

mod blame;
mod explain;
mod field;
mod object;

pub use blame::{BLAME_FORMAT_VERSION, BlameError, BlameReport, Earlier, FieldBlame, ValueSource, blame};
pub use explain::{Action, EXPLAIN_FORMAT_VERSION, ExplainReport, ExplainedStep, explain};
pub use field::FieldError;
pub use object::{FindError, ObjectQuery};

use oarlock_engine::pipeline::Trace;
use serde_json::Value;

use crate::change::ObjectId;

/// An object after each step that has it.
struct Way {
    id: ObjectId,
    /// Its position after each step of the pipeline, and what it is there.
    steps: Vec<Option<(usize, Value)>>,
}

impl Way {
    /// The way of the object that a query means in the output of a render.
    fn of(trace: &Trace, query: &ObjectQuery) -> Result<Self, FindError> {
        let mut objects: Vec<Vec<Value>> = trace
            .steps
            .iter()
            .map(|step| {
                let value = |json: &str| serde_json::from_str(json).unwrap_or_default();
                step.manifests.iter().map(|manifest| value(&manifest.json)).collect()
            })
            .collect();
        let output = objects.last().map(Vec::as_slice).unwrap_or_default();
        let position = query.find(output)?;
        let id = ObjectId::of(&output[position]);
        // Several objects of one name are told apart by their order.
        let rank = output[..position].iter().filter(|object| ObjectId::of(object) == id).count();
        let find = |objects: &mut Vec<Value>| {
            let position = objects.iter().enumerate().filter(|(_, object)| ObjectId::of(object) == id);
            let position = position.map(|(position, _)| position).nth(rank)?;
            Some((position, objects.swap_remove(position)))
        };
        let steps = objects.iter_mut().map(find).collect();
        Ok(Self { id, steps })
    }
}
