//! From a reference to the store that it is in.

use crate::layout::Layout;
use crate::reference::{Place, Reference};
use crate::registry::{Access, Registry};
use crate::store::Store;

/// The store of a reference.
pub fn open(reference: &Reference, access: Access) -> Box<dyn Store> {
    match &reference.place {
        Place::Registry { host, repository } => Box::new(Registry::new(host, repository, access)),
        Place::Layout(directory) => Box::new(Layout::new(directory)),
    }
}
