//! Runs the generators of a kustomization: ConfigMaps, Secrets and charts, then those that objects
//! of their own configure.

use oarlock_kubernetes::ObjectId;
use oarlock_plugin::{Failure, Result, nearest};

use super::{Target, external, helm, trace};
use crate::generate;
use crate::resource::{Behavior, ResMap, Resource};

impl Target<'_, '_> {
    /// Adds what the generators make.
    pub(super) fn run_generators(&self, all: &mut ResMap) -> Result<()> {
        let fields = &self.kustomization.fields;
        let options = fields.generator_options.as_ref();
        let read = |path: &str| self.read_file(path);
        for (index, args) in fields.config_map_generator.iter().enumerate() {
            let made = generate::config_map(&args.with_global_options(options), &read).map(|made| vec![made]);
            self.add_generated(all, made, ("configMapGenerator", "ConfigMapGenerator"), index)?;
        }
        for (index, args) in fields.secret_generator.iter().enumerate() {
            let made = generate::secret(&args.with_global_options(options), &read).map(|made| vec![made]);
            self.add_generated(all, made, ("secretGenerator", "SecretGenerator"), index)?;
        }
        for (index, chart) in fields.helm_charts.iter().enumerate() {
            let mut chart = chart.clone();
            if chart.namespace.is_empty() {
                chart.namespace = self.chart_namespace();
            }
            let made = helm::render(self.session, &self.loader, &chart, fields.helm_globals.as_ref());
            self.add_generated(all, made, ("helmCharts", "HelmChartInflationGenerator"), index)?;
        }
        for config in self.configurations(&self.kustomization.generators)? {
            let mut made = external::generate(self, &config)?;
            trace::generated(&mut made, trace::configured_by(&config).as_ref());
            let before = self.before(all);
            made.into_iter().try_for_each(|resource| absorb(all, resource))?;
            self.record_configured(all, &before, ("generators", &config));
        }
        Ok(())
    }

    /// Adds what one entry of a field makes.
    fn add_generated(
        &self,
        all: &mut ResMap,
        made: Result<Vec<Resource>>,
        (field, kind): (&str, &str),
        index: usize,
    ) -> Result<()> {
        let origin = self.kustomization.origin_of_entry(field, index);
        let blame = |failure: Failure| failure.at(origin.clone());
        let mut made = made.map_err(blame)?;
        let step = self.trace.as_ref().map(|trace| trace.builtin(self.kustomization.file_name(), kind));
        trace::generated(&mut made, step.as_ref());
        let before = self.before(all);
        made.into_iter().try_for_each(|mut resource| {
            resource.origin.get_or_insert_with(|| origin.clone());
            absorb(all, resource).map_err(blame)
        })?;
        self.record_entry(all, &before, (field, Some(index)));
        Ok(())
    }
}

/// The name of the same kind that was probably meant.
fn near<'a>(all: &'a ResMap, id: &ObjectId) -> Option<&'a str> {
    let same_kind = all.iter().filter(|other| other.gvk() == id.gvk);
    nearest(&id.name, same_kind.map(Resource::name))
}

/// Adds a generated resource: as a new one, in place of one, or merged with one.
fn absorb(all: &mut ResMap, mut resource: Resource) -> Result<()> {
    let id = resource.current_id();
    let behavior = resource.generated.map(|generated| generated.behavior).unwrap_or_default();
    let position = match (all.positions_by_any_id(&id), behavior) {
        ([], Behavior::Create) => return all.append(resource),
        ([], _) => {
            return Err(Failure::new(format!("there is no `{id}` to merge with or to replace")).hint(
                match near(all, &id) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => {
                        "leave `behavior` out to create it, or look whether the namespace is right".into()
                    }
                },
            ));
        }
        ([_], Behavior::Create) => {
            return Err(Failure::new(format!("`{id}` is there already"))
                .hint("say `behavior: merge` or `behavior: replace`, or choose another name"));
        }
        ([position], _) => *position,
        (several, _) => {
            let several = several.len();
            return Err(Failure::new(format!(
                "{several} resources are or were called `{id}`; which one is meant is unclear"
            )));
        }
    };
    let old = &all.as_slice()[position];
    resource.inherit(old);
    if behavior == Behavior::Merge {
        resource.merge_data(old, "data");
        resource.merge_data(old, "binaryData");
    }
    all.replace(position, resource);
    Ok(())
}
