//! Charts: metadata, default values, templates, other files, and the charts within.

mod about;
mod archive;
mod directory;
mod ignore;
mod load;
mod lock;
mod metadata;
mod place;
mod record;
mod vendored;

use std::cell::Cell;
use std::rc::Rc;

use oarlock_go_template::{Bytes, Map};

use self::place::{Place, Renamed};
use crate::profile::Profile;

pub use archive::read_archive;
pub use directory::{load_directory, load_without_definitions};
pub use load::load_archive;
pub use metadata::{Dependency, Import, Maintainer, Metadata};

/// A file of a chart.
#[derive(Clone, Debug)]
pub struct File {
    /// Its path within the chart.
    pub name: String,
    /// Its content, without a byte order mark.
    pub data: Bytes,
    /// Its path in the tree; that of the archive for a file in one.
    pub path: Rc<str>,
}

/// A chart and the charts within. Cloning shares files and values.
#[derive(Clone, Debug)]
pub struct Chart {
    /// What `Chart.yaml` says, and `requirements.yaml` with it.
    pub metadata: Metadata,
    /// What `values.yaml` says.
    pub values: Map,
    /// `values.schema.json`.
    pub schema: Option<File>,
    /// What lies in `templates/`.
    pub templates: Vec<File>,
    /// Everything else, as `.Files` shows it.
    pub files: Vec<File>,
    /// The charts in `charts/`.
    pub dependencies: Vec<Chart>,
    /// `Chart.yaml`, for messages.
    pub path: Rc<str>,
    /// What becomes true when a template looks at the files, where some of them were not read.
    pub(crate) looked: Option<Rc<Cell<bool>>>,
    place: Rc<Place>,
    renamed: Renamed,
}

/// A file of a chart's `crds/`.
#[derive(Clone, Debug)]
pub struct Crd {
    /// Its path with that of its chart.
    pub source: String,
    /// The file.
    pub file: File,
}

impl Chart {
    /// The chart's name; its alias where a parent gave it one.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// Whether only partials of this chart are of use.
    pub fn is_library(&self) -> bool {
        self.metadata.kind.eq_ignore_ascii_case("library")
    }

    /// The chart's path below the charts that it lies in.
    pub fn full_path(&self) -> String {
        self.place.full_path()
    }

    /// Whether the chart lies in no other.
    pub fn is_root(&self) -> bool {
        self.place.parent().is_none()
    }

    /// Adds a chart that lies in this one.
    pub(crate) fn add(&mut self, within: Self) {
        within.place.set_parent(&self.place);
        self.dependencies.push(within);
    }

    /// The chart as a dependency has it, under its alias if there is one.
    pub(crate) fn copied(&self, alias: &str, profile: Profile) -> Self {
        let name = if alias.is_empty() { self.name() } else { alias };
        let mut copy = self.clone();
        copy.place = self.place.copied(name);
        if profile.copies_dependencies_of_aliases() {
            copy.renamed = Rc::new(self.renamed.as_ref().clone());
            copy.metadata.dependencies.iter_mut().for_each(Dependency::unshare);
            for within in &mut copy.dependencies {
                within.place = within.place.copied(within.name());
                within.place.set_parent(&copy.place);
            }
        }
        name.clone_into(&mut copy.metadata.name);
        copy
    }

    /// Gives dependencies their aliases for names where a copy that shares them has done so before.
    pub(crate) fn share_renamed(&mut self) {
        if self.renamed.replace(true) {
            for dependency in self.metadata.dependencies.iter_mut().filter(|one| !one.alias.is_empty()) {
                dependency.name.clone_from(&dependency.alias);
            }
        }
    }

    /// Has templates that look at the files of this chart or those within leave word.
    fn watch(&mut self, looked: &Rc<Cell<bool>>) {
        self.looked = Some(Rc::clone(looked));
        for within in &mut self.dependencies {
            within.watch(looked);
        }
    }

    /// The files in `crds/` of this chart and those within.
    pub fn crds(&self) -> Vec<Crd> {
        let mut crds = Vec::new();
        self.collect_crds(&mut crds);
        crds
    }

    fn collect_crds(&self, crds: &mut Vec<Crd>) {
        let full_path = self.full_path();
        for file in self.files.iter().filter(|file| is_crd(&file.name)) {
            crds.push(Crd { source: format!("{full_path}/{}", file.name), file: file.clone() });
        }
        for dependency in &self.dependencies {
            dependency.collect_crds(crds);
        }
    }
}

fn is_crd(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    name.starts_with("crds/")
        && ["yaml", "yml", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}
