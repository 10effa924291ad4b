//! Which rules of YAML hold for which text: the one table of them.

/// The program that reads a text in a cluster or in Argo CD, and so decides what the text means.
///
/// [`rules`](Self::rules) is the table; `docs/yaml.md` shows it for users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reader {
    /// kustomize's reader of resources, strategic merge patches, the objects that configure
    /// generators and transformers, and what a chart of `helmCharts` prints.
    KustomizeResource,
    /// kustomize's reader of the fields of a kustomization, of JSON patches, and of the files that
    /// `replacements`, `crds` and `openapi` name.
    KustomizeField,
    /// kustomize's reader of the files that `configurations` name.
    KustomizeConfiguration,
    /// kustomize's reader of a values file of `helmCharts` that it merges with `valuesInline`.
    KustomizeValues,
    /// Helm's reader: `Chart.yaml`, `fromYaml`, and what templates print.
    Helm,
    /// Helm's reader of values files.
    HelmValues,
    /// Argo CD's reader of plain manifests, and of the files that hold Applications.
    ArgoCd,
    /// Oarlock's reader of its own files: `oarlock.yaml`, those of the operator, of facts, of
    /// locks.
    Oarlock,
}

impl Reader {
    /// Every reader.
    pub const ALL: [Self; 8] = [
        Self::KustomizeResource,
        Self::KustomizeField,
        Self::KustomizeConfiguration,
        Self::KustomizeValues,
        Self::Helm,
        Self::HelmValues,
        Self::ArgoCd,
        Self::Oarlock,
    ];

    /// The rules of this reader.
    #[expect(clippy::match_same_arms, reason = "it is a table: one row for each reader")]
    pub const fn rules(self) -> Rules {
        use Decoder::{GoYaml3, SigsYaml};
        use Documents::{First, KubernetesStream, KustomizeStream, Single};
        use Duplicates::{LastWins, Rejected};
        let (decoder, documents, duplicates, rewritten) = match self {
            Self::KustomizeResource => (GoYaml3, KustomizeStream, Rejected, true),
            Self::KustomizeField => (SigsYaml, First, LastWins, false),
            Self::KustomizeConfiguration => (SigsYaml, First, Rejected, false),
            Self::KustomizeValues => (GoYaml3, First, Rejected, false),
            Self::Helm => (SigsYaml, First, LastWins, false),
            Self::HelmValues | Self::ArgoCd => (SigsYaml, KubernetesStream, LastWins, false),
            Self::Oarlock => (SigsYaml, Single, Rejected, false),
        };
        Rules { decoder, documents, duplicates, rewritten }
    }
}

/// The rules by which a text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// What scalars, keys, tags and merge keys mean.
    pub decoder: Decoder,
    /// Which documents of the text count.
    pub documents: Documents,
    /// What becomes of a key that a mapping has twice.
    pub duplicates: Duplicates,
    /// Whether an object is written as YAML and read again before anybody sees it, as kustomize
    /// does with resources. That does not leave everything as it was: folded blocks with deeper
    /// lines gain empty ones, and what a flow collection leaves out becomes text.
    pub rewritten: bool,
}

impl Rules {
    /// Whether what follows a document within its piece is not looked at, as by go-yaml's
    /// `Unmarshal`.
    pub(crate) fn leaves_rest(self) -> bool {
        self.decoder == Decoder::SigsYaml || self.documents == Documents::First
    }
}

/// What scalars, keys, tags and merge keys mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoder {
    /// go-yaml v3. `yes` and `on` are text, `017` and `0o17` are 15, dates are points in time; keys
    /// keep their type.
    GoYaml3,
    /// `sigs.k8s.io/yaml` over go-yaml v2, to what JSON can hold. `yes` and `on` are truth values,
    /// as keys too; dates are text; every key becomes text, numbers have their JSON spelling.
    SigsYaml,
}

/// Which documents of a text count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Documents {
    /// The first one. What follows it is not looked at.
    First,
    /// The only one that is not empty. A second one is an error.
    Single,
    /// All. The text is cut where kyaml's `ByteReader` does.
    KustomizeStream,
    /// All. The text is cut where the `YAMLReader` of Kubernetes does.
    KubernetesStream,
}

/// What becomes of a key that a mapping has twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplicates {
    /// It is an error.
    Rejected,
    /// The last value counts. [`Document::repeated`](crate::Document::repeated) tells which keys
    /// had others.
    LastWins,
}
