//! The report: a fleet, or a change of it, as one page that people look at.
//!
//! [`of_fleet`] and [`of_change`] gather what is shown as a [`FleetReport`], which is also its JSON
//! form. [`page`] puts it into one HTML file with the style and the script of `page/`, which are
//! plain files: the script's ES modules are joined, nothing is generated.

mod assemble;
mod data;
mod page;
mod script;
mod secrets;
mod texts;

pub use assemble::{About, of_change, of_fleet};
pub use data::{
    ApplicationDetails, ApplicationState, FLEET_REPORT_FORMAT_VERSION, FleetReport, ObjectCounts, ObjectText,
    ReportApplication, ReportChange, ReportEnvironment, ReportFailure, ReportFinding, ReportObject,
    ReportParent, ReportSeverity, ReportSource, ReportStep,
};
pub use page::page;
