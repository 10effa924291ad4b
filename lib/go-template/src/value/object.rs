//! Structs of the program that templates may look into: chart metadata, capabilities, a point in
//! time.

use std::any::Any;
use std::fmt;

use super::{ObjectType, Value};

/// A Go struct, or a pointer to one: fields and methods by name.
pub trait Object: fmt::Debug {
    /// Its type: name and methods.
    fn object_type(&self) -> &'static ObjectType;

    /// A field's value; none when there is no such field.
    fn field(&self, name: &str) -> Option<Value>;

    /// The fields in the order of their declaration, for `%v`.
    fn fields(&self) -> Vec<(&'static str, Value)>;

    /// The fields that other packages see, in JSON for one: those whose names start with a capital.
    fn exported_fields(&self) -> Vec<(&'static str, Value)> {
        let mut fields = self.fields();
        fields.retain(|(name, _)| name.starts_with(|first: char| first.is_uppercase()));
        fields
    }

    /// The exported fields, those of an embedded struct in its place.
    fn promoted_fields(&self) -> Vec<(&'static str, Value)> {
        self.exported_fields()
    }

    /// The fields in YAML that is not made of JSON, under the names that they have there: their own
    /// in small letters.
    fn yaml_fields(&self) -> Vec<(String, Value)> {
        self.exported_fields().into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect()
    }

    /// The fields in JSON, under the names that they have there.
    fn json_fields(&self) -> Vec<(&'static str, Value)> {
        self.exported_fields()
    }

    /// What its `String()` gives, when it has one: that is what is printed.
    fn display(&self) -> Option<String> {
        None
    }

    /// Its number, when it is an integer with a name, such as a month.
    fn integer(&self) -> Option<i64> {
        None
    }

    /// What stands for it in JSON and YAML, when that is not its fields.
    fn json(&self) -> Option<Value> {
        None
    }

    /// Whether two of them are equal, as `reflect.DeepEqual` compares them. By default they have
    /// the same fields.
    fn equals(&self, other: &dyn Object) -> bool {
        self.object_type().name == other.object_type().name
            && self.fields().iter().zip(other.fields()).all(|(mine, theirs)| mine.1.deep_equals(&theirs.1))
    }

    /// What a function gets in its place. Go copies a struct that it passes, and the methods of the
    /// pointer to it are out of reach from there; none where the function gets the object itself.
    fn copied(&self) -> Option<Value> {
        None
    }

    /// Itself, for the functions that take their own kind of object.
    fn as_any(&self) -> &dyn Any;
}
