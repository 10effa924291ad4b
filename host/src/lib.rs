//! The Oarlock host.
