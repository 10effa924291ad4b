//! Transformer configuration: the field specifications that each transformer of a kustomization
//! works by.

use std::sync::Arc;

use oarlock_kubernetes::{Gvk, LegacyOrder};
use oarlock_plugin::{Failure, Result};
use oarlock_yaml::Text;

use super::field_spec::{FieldPath, FieldSpec};

/// What is built in.
mod builtin {
    use oarlock_kubernetes::Gvk;
    use oarlock_yaml::Text;

    use super::{FieldPath, FieldSpec, FieldSpecs, NameReference, Shared};

    // The lists have the order of a configuration that is merged and sorted.
    include!(concat!(env!("OUT_DIR"), "/field_specs.rs"));

    const fn gvk(group: &'static str, version: &'static str, kind: &'static str) -> Gvk {
        Gvk {
            group: Text::new_static(group),
            version: Text::new_static(version),
            kind: Text::new_static(kind),
        }
    }

    const fn spec(
        group: &'static str,
        version: &'static str,
        kind: &'static str,
        path: &'static str,
        create: bool,
    ) -> FieldSpec {
        FieldSpec { gvk: gvk(group, version, kind), path: FieldPath::constant(path), create }
    }

    const fn reference(
        group: &'static str,
        version: &'static str,
        kind: &'static str,
        referrers: &'static [FieldSpec],
    ) -> NameReference {
        NameReference {
            target: gvk(group, version, kind),
            referrers: FieldSpecs(Shared::Constant(referrers)),
        }
    }
}

/// The field specifications of all transformers: the built-in ones, and what `configurations` and
/// `crds` add.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TransformerConfig {
    /// For `namePrefix`.
    pub(crate) name_prefix: FieldSpecs,
    /// For `nameSuffix`.
    pub(crate) name_suffix: FieldSpecs,
    /// For `namespace`, beside `metadata.namespace`.
    pub(crate) namespace: FieldSpecs,
    /// For `commonLabels` and labels with `includeSelectors`.
    pub(crate) common_labels: FieldSpecs,
    /// For all `labels`.
    pub(crate) labels: FieldSpecs,
    /// For labels with `includeTemplates`.
    pub(crate) template_labels: FieldSpecs,
    /// For `commonAnnotations`.
    pub(crate) common_annotations: FieldSpecs,
    /// Which fields name which kinds.
    pub(crate) name_reference: Shared<NameReference>,
    /// Which fields may hold `$(NAME)` of `vars`.
    pub(crate) var_reference: FieldSpecs,
    /// For `images`.
    pub(crate) images: FieldSpecs,
    /// For `replicas`.
    pub(crate) replicas: FieldSpecs,
}

/// A kind and the fields that hold names of resources of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NameReference {
    /// The kind that is named.
    pub(crate) target: Gvk,
    /// The fields that name it.
    pub(crate) referrers: FieldSpecs,
}

impl<'de> serde::Deserialize<'de> for NameReference {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize, Default)]
        #[serde(default, rename_all = "camelCase", deny_unknown_fields)]
        struct Written {
            group: Text,
            version: Text,
            kind: Text,
            field_specs: FieldSpecs,
        }
        let Written { group, version, kind, field_specs: referrers } = Written::deserialize(deserializer)?;
        Ok(Self { target: Gvk { group, version, kind }, referrers })
    }
}

/// What is built in. A constant: nothing is left to be done for each call.
static BUILTIN: TransformerConfig = {
    const fn specs(list: &'static [FieldSpec]) -> FieldSpecs {
        FieldSpecs(Shared::Constant(list))
    }
    TransformerConfig {
        name_prefix: specs(builtin::NAME_PREFIX),
        name_suffix: specs(builtin::NAME_SUFFIX),
        namespace: specs(builtin::NAMESPACE),
        common_labels: specs(builtin::COMMON_LABELS),
        labels: specs(builtin::LABELS),
        template_labels: specs(builtin::TEMPLATE_LABELS),
        common_annotations: specs(builtin::COMMON_ANNOTATIONS),
        name_reference: Shared::Constant(builtin::NAME_REFERENCE),
        var_reference: specs(builtin::VAR_REFERENCE),
        images: specs(builtin::IMAGES),
        replicas: specs(builtin::REPLICAS),
    }
};

impl TransformerConfig {
    /// What is built in.
    pub(crate) fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// The configuration with its lists in kustomize's order, which matters for merging: of several
    /// specifications for a field, those for kinds that come early in the order of resources are
    /// kept.
    #[must_use]
    pub(crate) fn sorted(mut self) -> Self {
        for specs in self.lists_mut() {
            specs.sort();
        }
        sort_references(&mut self.name_reference);
        self
    }

    fn lists_mut(&mut self) -> [&mut FieldSpecs; 10] {
        [
            &mut self.name_prefix,
            &mut self.name_suffix,
            &mut self.namespace,
            &mut self.common_annotations,
            &mut self.common_labels,
            &mut self.labels,
            &mut self.template_labels,
            &mut self.var_reference,
            &mut self.images,
            &mut self.replicas,
        ]
    }

    /// Adds the specifications of another configuration. What is there already, for the same kinds
    /// or a part of them, is left out. Afterwards the lists are sorted.
    ///
    /// # Errors
    /// If both have a field, one to be created and the other not.
    pub(crate) fn merge(&mut self, other: &Self) -> Result<()> {
        let lists: [(&str, &mut FieldSpecs, &FieldSpecs); 10] = [
            ("namePrefix", &mut self.name_prefix, &other.name_prefix),
            ("nameSuffix", &mut self.name_suffix, &other.name_suffix),
            ("namespace", &mut self.namespace, &other.namespace),
            ("commonAnnotations", &mut self.common_annotations, &other.common_annotations),
            ("commonLabels", &mut self.common_labels, &other.common_labels),
            ("labels", &mut self.labels, &other.labels),
            ("templateLabels", &mut self.template_labels, &other.template_labels),
            ("varReference", &mut self.var_reference, &other.var_reference),
            ("images", &mut self.images, &other.images),
            ("replicas", &mut self.replicas, &other.replicas),
        ];
        let of =
            |name: &str, failure: Failure| failure.note(format!("in the transformer configuration `{name}`"));
        for (name, mine, theirs) in lists {
            if mine.0.shares(&theirs.0) {
                continue;
            }
            let before = mine.len();
            mine.merge(theirs).map_err(|failure| of(name, failure))?;
            if mine.len() > before {
                mine.sort();
            }
        }
        if !self.name_reference.shares(&other.name_reference) {
            let mine = self.name_reference.make_mut();
            for reference in other.name_reference.iter() {
                merge_reference(mine, reference).map_err(|failure| of("nameReference", failure))?;
            }
            sort_references(&mut self.name_reference);
        }
        Ok(())
    }

    /// Adds a field that names resources of a kind.
    ///
    /// # Errors
    /// As for [`merge`](Self::merge).
    pub(crate) fn add_name_reference(&mut self, target: Gvk, referrer: FieldSpec) -> Result<()> {
        let referrers = FieldSpecs::from_iter([referrer]);
        merge_reference(self.name_reference.make_mut(), &NameReference { target, referrers })
    }
}

fn sort_references(references: &mut Shared<NameReference>) {
    references.make_mut().sort_by_cached_key(|reference| LegacyOrder::builtin().type_key(&reference.target));
}

fn merge_reference(references: &mut Vec<NameReference>, other: &NameReference) -> Result<()> {
    if let Some(reference) = references.iter_mut().find(|reference| reference.target == other.target) {
        return reference.referrers.merge(&other.referrers);
    }
    references.push(other.clone());
    Ok(())
}

/// A list that is a constant, or was made. Copies share what was made until one is changed.
#[derive(Clone, Debug)]
pub(crate) enum Shared<T: 'static> {
    Constant(&'static [T]),
    Made(Arc<Vec<T>>),
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self::Constant(&[])
    }
}

impl<T> std::ops::Deref for Shared<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::Constant(items) => items,
            Self::Made(items) => items,
        }
    }
}

impl<T: PartialEq> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || **self == **other
    }
}

impl<'de, T: serde::Deserialize<'de>> serde::Deserialize<'de> for Shared<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(|items| Self::Made(Arc::new(items)))
    }
}

impl<T> Shared<T> {
    /// Whether both are the same list, not only an equal one.
    fn is_same(&self, other: &Self) -> bool {
        std::ptr::eq(&raw const **self, &raw const **other)
    }

    /// Whether nothing is left to be merged: both are the same list, or this one was empty and is
    /// now the other, a constant, and those are merged and sorted already.
    fn shares(&mut self, other: &Self) -> bool {
        if self.is_empty()
            && let Self::Constant(items) = *other
        {
            *self = Self::Constant(items);
        }
        self.is_same(other)
    }

    /// The list, to be changed. Copies stay as they are.
    fn make_mut(&mut self) -> &mut Vec<T>
    where
        T: Clone,
    {
        if let Self::Constant(items) = *self {
            *self = Self::Made(Arc::new(items.to_vec()));
        }
        match self {
            Self::Made(items) => Arc::make_mut(items),
            Self::Constant(_) => unreachable!("it was replaced above"),
        }
    }
}

/// A list of field specifications.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct FieldSpecs(Shared<FieldSpec>);

impl FromIterator<FieldSpec> for FieldSpecs {
    fn from_iter<I: IntoIterator<Item = FieldSpec>>(specs: I) -> Self {
        Self(Shared::Made(Arc::new(specs.into_iter().collect())))
    }
}

impl std::ops::Deref for FieldSpecs {
    type Target = [FieldSpec];

    fn deref(&self) -> &[FieldSpec] {
        &self.0
    }
}

impl FieldSpecs {
    /// Puts those first whose kinds come first in the order of resources.
    fn sort(&mut self) {
        self.0.make_mut().sort_by_cached_key(|spec| LegacyOrder::builtin().type_key(&spec.gvk));
    }

    /// Adds the specifications of another list, as [`TransformerConfig::merge`] says.
    ///
    /// # Errors
    /// If both have a field, one to be created and the other not.
    pub(crate) fn merge(&mut self, other: &Self) -> Result<()> {
        other.iter().try_for_each(|spec| self.add(spec.clone()))
    }

    /// Adds one specification.
    ///
    /// # Errors
    /// As for [`merge`](Self::merge).
    pub(crate) fn add(&mut self, spec: FieldSpec) -> Result<()> {
        // The question is whether the one that is there is for some of the kinds of the new one
        // (kustomize's `effectivelyEquals`), so that a broad specification after a narrow one gets
        // lost.
        let same = self.iter().find(|mine| mine.path == spec.path && mine.gvk.is_selected_by(&spec.gvk));
        match same {
            None => self.0.make_mut().push(spec),
            Some(mine) if mine.create == spec.create => {}
            Some(_) => {
                return Err(Failure::new(format!(
                    "the field `{}` is there already with another `create`",
                    spec.path.as_str()
                ))
                .hint("give the same `create` in all field specifications of a field, or leave yours out"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;

    /// The built-in tables as another configuration has them.
    fn made() -> TransformerConfig {
        let mut made = TransformerConfig::builtin().clone();
        for specs in made.lists_mut() {
            specs.0.make_mut();
        }
        made.name_reference.make_mut();
        made
    }

    #[test]
    fn the_builtin_tables_are_complete() {
        let builtin = TransformerConfig::builtin();
        let counts = [
            (builtin.name_prefix.len(), 1),
            (builtin.name_suffix.len(), 1),
            (builtin.namespace.len(), 3),
            (builtin.common_annotations.len(), 9),
            (builtin.template_labels.len(), 10),
            (builtin.images.len(), 6),
            (builtin.replicas.len(), 4),
            (builtin.name_reference.len(), 16),
        ];
        for (found, expected) in counts {
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn the_builtin_tables_are_merged_and_sorted() {
        let builtin = made();
        let mut merged = TransformerConfig::default();
        merged.merge(&builtin.clone().sorted()).unwrap();
        assert_eq!(merged, builtin);
    }

    #[test]
    fn merging_the_builtin_tables_again_changes_nothing() {
        let mut config = TransformerConfig::builtin().clone();
        config.merge(&made()).unwrap();
        assert_eq!(&config, TransformerConfig::builtin());
    }

    #[test]
    fn configurations_add_to_what_is_there() {
        let mut config = TransformerConfig::builtin().clone();
        let mine: TransformerConfig = read(
            "
images: [{path: spec/image, kind: Thing}]
nameReference:
- {kind: Thing, fieldSpecs: [{path: spec/thing, kind: Other}]}
- {kind: Secret, version: v1, fieldSpecs: [{path: spec/secret, kind: Thing}]}
",
        );
        let secrets = |config: &TransformerConfig| {
            config
                .name_reference
                .iter()
                .find(|reference| reference.target.kind == "Secret")
                .unwrap()
                .referrers
                .len()
        };
        let before = secrets(&config);
        config.merge(&mine).unwrap();
        assert_eq!(config.images.len(), 7);
        assert_eq!(config.name_reference.len(), 17);
        assert_eq!(secrets(&config), before + 1);
    }

    #[test]
    fn what_is_there_already_is_left_out_and_contradictions_are_refused() {
        let cases = [
            ("commonLabels: [{path: a/b, kind: Other, create: true}]", Some(2)),
            ("commonLabels: [{path: a/b, create: true}]", Some(1)),
            ("commonLabels: [{path: a/b, kind: Thing, create: true}]", Some(1)),
            ("commonLabels: [{path: a/b, kind: Thing}]", None),
        ];
        for (other, expected) in cases {
            let mut config: TransformerConfig =
                read("commonLabels: [{path: a/b, kind: Thing, create: true}]");
            let merged = config.merge(&read(other)).map(|()| config.common_labels.len());
            assert_eq!(merged.as_ref().ok(), expected.as_ref(), "{other}");
            if let Err(failure) = merged {
                assert_eq!(failure.notes, ["in the transformer configuration `commonLabels`"]);
            }
        }
    }
}
