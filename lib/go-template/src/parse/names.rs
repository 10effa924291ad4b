//! What the parser knows of functions: that a name stands for one.

/// Which function a name stands for: its place in the table that the executor calls from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FunctionId(pub(crate) u16);

/// The functions that a template may name. A name that is none of them is a parse error, as in Go.
pub trait FunctionNames {
    /// The function of a name.
    fn id_of(&self, name: &str) -> Option<FunctionId>;
}
