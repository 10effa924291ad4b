//! `ApplicationSet`, as of argo-cd v3.5 (`pkg/apis/application/v1alpha1/applicationset_types.go`).

use super::Type::{Bool, Int, IntOrText, Json, List, Opaque, Text, TextMap, Values};
use super::application::{OBJECT_META, SPEC};
use super::{Field, Struct, TEXTS, Type, list};

/// `ApplicationSet`.
pub(crate) static APPLICATION_SET: Struct = Struct::new(
    "ApplicationSet",
    &[
        Field::new("kind", Text),
        Field::new("apiVersion", Text),
        Field::new("metadata", Type::Struct(&OBJECT_META)),
        Field::new("spec", Type::Struct(&SET_SPEC)),
        Field::new("status", Opaque),
    ],
);

static SET_SPEC: Struct = Struct::new(
    "ApplicationSetSpec",
    &[
        Field::new("goTemplate", Bool),
        Field::new("generators", List(&list(Type::Struct(&GENERATOR)))),
        Field::new("template", Type::Struct(&TEMPLATE)),
        Field::pointer("syncPolicy", Type::Struct(&SYNC_POLICY)),
        Field::pointer("strategy", Type::Struct(&STRATEGY)),
        Field::pointer("preservedFields", Type::Struct(&PRESERVED_FIELDS)),
        Field::new("goTemplateOptions", TEXTS),
        Field::new("applyNestedSelectors", Bool),
        Field::new("ignoreApplicationDifferences", List(&list(Type::Struct(&IGNORED)))),
        Field::pointer("templatePatch", Text),
    ],
);

/// The same fields as those of an Application that templates may have.
pub(crate) static TEMPLATE: Struct = Struct::new(
    "ApplicationSetTemplate",
    &[Field::new("metadata", Type::Struct(&TEMPLATE_META)), Field::new("spec", Type::Struct(&SPEC))],
);

static TEMPLATE_META: Struct = Struct::new(
    "ApplicationSetTemplateMeta",
    &[
        Field::new("name", Text),
        Field::new("namespace", Text),
        Field::new("labels", TextMap),
        Field::new("annotations", TextMap),
        Field::new("finalizers", TEXTS),
    ],
);

static SYNC_POLICY: Struct = Struct::new(
    "ApplicationSetSyncPolicy",
    &[Field::new("preserveResourcesOnDeletion", Bool), Field::pointer("applicationsSync", Text)],
);

static STRATEGY: Struct = Struct::new(
    "ApplicationSetStrategy",
    &[
        Field::new("type", Text),
        Field::pointer("rollingSync", Type::Struct(&ROLLOUT)),
        Field::new("deletionOrder", Text),
    ],
);

static ROLLOUT: Struct = Struct::new(
    "ApplicationSetRolloutStrategy",
    &[Field::new("steps", List(&list(Type::Struct(&ROLLOUT_STEP))))],
);

static ROLLOUT_STEP: Struct = Struct::new(
    "ApplicationSetRolloutStep",
    &[
        Field::new("matchExpressions", List(&list(Type::Struct(&MATCH_EXPRESSION)))),
        Field::pointer("maxUpdate", IntOrText),
    ],
);

static MATCH_EXPRESSION: Struct = Struct::new(
    "ApplicationMatchExpression",
    &[Field::new("key", Text), Field::new("operator", Text), Field::new("values", TEXTS)],
);

static PRESERVED_FIELDS: Struct = Struct::new(
    "ApplicationPreservedFields",
    &[Field::new("annotations", TEXTS), Field::new("labels", TEXTS)],
);

static IGNORED: Struct = Struct::new(
    "ApplicationSetResourceIgnoreDifferences",
    &[Field::new("name", Text), Field::new("jsonPointers", TEXTS), Field::new("jqPathExpressions", TEXTS)],
);

/// A generator in `spec.generators`.
pub(crate) static GENERATOR: Struct = Struct::new(
    "ApplicationSetGenerator",
    &[
        Field::pointer("list", Type::Struct(&LIST)),
        Field::pointer("clusters", Type::Struct(&CLUSTERS)),
        Field::pointer("git", Type::Struct(&GIT)),
        Field::pointer("scmProvider", Type::Struct(&SCM_PROVIDER)),
        Field::pointer("clusterDecisionResource", Type::Struct(&DUCK_TYPE)),
        Field::pointer("pullRequest", Type::Struct(&PULL_REQUEST)),
        Field::pointer("matrix", Type::Struct(&MATRIX)),
        Field::pointer("merge", Type::Struct(&MERGE)),
        Field::pointer("selector", Type::Struct(&SELECTOR)),
        Field::pointer("plugin", Type::Struct(&PLUGIN)),
    ],
);

/// A generator within a matrix or a merge. What it nests further is any JSON to the custom resource
/// definition.
static NESTED: Struct = Struct::new(
    "ApplicationSetNestedGenerator",
    &[
        Field::pointer("list", Type::Struct(&LIST)),
        Field::pointer("clusters", Type::Struct(&CLUSTERS)),
        Field::pointer("git", Type::Struct(&GIT)),
        Field::pointer("scmProvider", Type::Struct(&SCM_PROVIDER)),
        Field::pointer("clusterDecisionResource", Type::Struct(&DUCK_TYPE)),
        Field::pointer("pullRequest", Type::Struct(&PULL_REQUEST)),
        Field::pointer("matrix", Json),
        Field::pointer("merge", Json),
        Field::pointer("selector", Type::Struct(&SELECTOR)),
        Field::pointer("plugin", Type::Struct(&PLUGIN)),
    ],
);

/// A generator within a matrix or a merge that is nested itself: nothing nests further.
static TERMINAL: Struct = Struct::new(
    "ApplicationSetTerminalGenerator",
    &[
        Field::pointer("list", Type::Struct(&LIST)),
        Field::pointer("clusters", Type::Struct(&CLUSTERS)),
        Field::pointer("git", Type::Struct(&GIT)),
        Field::pointer("scmProvider", Type::Struct(&SCM_PROVIDER)),
        Field::pointer("clusterDecisionResource", Type::Struct(&DUCK_TYPE)),
        Field::pointer("pullRequest", Type::Struct(&PULL_REQUEST)),
        Field::pointer("plugin", Type::Struct(&PLUGIN)),
        Field::pointer("selector", Type::Struct(&SELECTOR)),
    ],
);

static MATRIX: Struct = Struct::new(
    "MatrixGenerator",
    &[
        Field::new("generators", List(&list(Type::Struct(&NESTED)))),
        Field::new("template", Type::Struct(&TEMPLATE)),
    ],
);

static MERGE: Struct = Struct::new(
    "MergeGenerator",
    &[
        Field::new("generators", List(&list(Type::Struct(&NESTED)))),
        Field::new("mergeKeys", TEXTS),
        Field::new("template", Type::Struct(&TEMPLATE)),
    ],
);

/// `NestedMatrixGenerator`.
pub(crate) static NESTED_MATRIX: Struct =
    Struct::new("NestedMatrixGenerator", &[Field::new("generators", List(&list(Type::Struct(&TERMINAL))))]);

/// `NestedMergeGenerator`.
pub(crate) static NESTED_MERGE: Struct = Struct::new(
    "NestedMergeGenerator",
    &[Field::new("generators", List(&list(Type::Struct(&TERMINAL)))), Field::new("mergeKeys", TEXTS)],
);

static SELECTOR: Struct = Struct::new(
    "LabelSelector",
    &[
        Field::new("matchLabels", TextMap),
        Field::new("matchExpressions", List(&list(Type::Struct(&SELECTOR_REQUIREMENT)))),
    ],
);

static SELECTOR_REQUIREMENT: Struct = Struct::new(
    "LabelSelectorRequirement",
    &[Field::new("key", Text), Field::new("operator", Text), Field::new("values", TEXTS)],
);

static LIST: Struct = Struct::new(
    "ListGenerator",
    &[
        Field::new("elements", List(&list(Json))),
        Field::new("template", Type::Struct(&TEMPLATE)),
        Field::new("elementsYaml", Text),
    ],
);

static CLUSTERS: Struct = Struct::new(
    "ClusterGenerator",
    &[
        Field::new("selector", Type::Struct(&SELECTOR)),
        Field::new("template", Type::Struct(&TEMPLATE)),
        Field::new("values", Values),
        Field::new("flatList", Bool),
    ],
);

static GIT: Struct = Struct::new(
    "GitGenerator",
    &[
        Field::new("repoURL", Text),
        Field::new("directories", List(&list(Type::Struct(&GIT_ITEM)))),
        Field::new("files", List(&list(Type::Struct(&GIT_ITEM)))),
        Field::new("revision", Text),
        Field::pointer("requeueAfterSeconds", Int),
        Field::new("template", Type::Struct(&TEMPLATE)),
        Field::new("pathParamPrefix", Text),
        Field::new("values", Values),
    ],
);

static GIT_ITEM: Struct =
    Struct::new("GitGeneratorItem", &[Field::new("path", Text), Field::new("exclude", Bool)]);

static SCM_PROVIDER: Struct = Struct::open(
    "SCMProviderGenerator",
    &[
        Field::pointer("requeueAfterSeconds", Int),
        Field::new("template", Type::Struct(&TEMPLATE)),
        Field::new("values", Values),
    ],
);

static PULL_REQUEST: Struct = Struct::open(
    "PullRequestGenerator",
    &[
        Field::pointer("requeueAfterSeconds", Int),
        Field::new("template", Type::Struct(&TEMPLATE)),
        Field::new("values", Values),
    ],
);

static DUCK_TYPE: Struct = Struct::new(
    "DuckTypeGenerator",
    &[
        Field::new("configMapRef", Text),
        Field::new("name", Text),
        Field::pointer("requeueAfterSeconds", Int),
        Field::new("labelSelector", Type::Struct(&SELECTOR)),
        Field::new("template", Type::Struct(&TEMPLATE)),
        Field::new("values", Values),
    ],
);

static PLUGIN: Struct = Struct::new(
    "PluginGenerator",
    &[
        Field::new("configMapRef", Type::Struct(&CONFIG_MAP_REF)),
        Field::new("input", Type::Struct(&PLUGIN_INPUT)),
        Field::pointer("requeueAfterSeconds", Int),
        Field::new("template", Type::Struct(&TEMPLATE)),
        Field::new("values", Values),
    ],
);

static CONFIG_MAP_REF: Struct = Struct::new("PluginConfigMapRef", &[Field::new("name", Text)]);

static PLUGIN_INPUT: Struct = Struct::new("PluginInput", &[Field::new("parameters", Json)]);
