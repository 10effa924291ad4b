//! What a repository needs that lies elsewhere, and where it keeps its copies.
//!
//! What is needed is not read out of kustomizations: every overlay is rendered, and what plugins
//! looked up is in the read record. A [`VendorPlan`] lists it. [`vendor`] also names what is
//! missing in `oarlock.yaml`, or fetches it, and plans again, since a copy may need more.
//!
//! Repositories are fetched by the user's own git, which has their credentials, proxies and
//! protocols; the fleet's `gix` is built without transports. Charts are fetched by the one client
//! for HTTP, and not by helm: what comes is held against the digest that `oarlock.lock` pins, and
//! helm need not be there. `oarlock.yaml` is added to line by line: comments stay.

// A program that uses this library decides what is printed.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod charts;
mod error;
mod fetch;
mod map;
mod need;
mod needs_by_url;
mod place;
mod plan;
mod run;

pub use error::VendorError;
pub use need::{Need, NeedState, Remote};
pub use plan::{RenderAll, Repository, VendorPlan};
pub use run::{Mode, Vendored, vendor};
