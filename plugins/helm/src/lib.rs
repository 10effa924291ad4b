//! Renders Helm charts to the text that `helm template` of Helm v4.1.4 prints.

pub mod functions;
