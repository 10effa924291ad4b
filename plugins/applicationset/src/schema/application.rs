//! `Application`, as of argo-cd v3.5 (`pkg/apis/application/v1alpha1/types.go`), and `ObjectMeta`.

use super::Type::{Bool, BoolMap, Int, IntOrText, Json, List, Opaque, Text, TextMap};
use super::{Field, Item, ListMerge, Struct, TEXTS, Type, list};

/// `Application`.
pub(crate) static APPLICATION: Struct = Struct::new(
    "Application",
    &[
        Field::new("kind", Text),
        Field::new("apiVersion", Text),
        Field::required("metadata", Type::Struct(&OBJECT_META)),
        Field::required("spec", Type::Struct(&SPEC)),
        Field::new("status", Opaque),
        Field::pointer("operation", Opaque),
    ],
);

/// `metav1.ObjectMeta`.
pub(super) static OBJECT_META: Struct = Struct::new(
    "ObjectMeta",
    &[
        Field::new("name", Text),
        Field::new("generateName", Text),
        Field::new("namespace", Text),
        Field::new("selfLink", Text),
        Field::new("uid", Text),
        Field::new("resourceVersion", Text),
        Field::new("generation", Int),
        Field::pointer("creationTimestamp", Text),
        Field::pointer("deletionTimestamp", Text),
        Field::pointer("deletionGracePeriodSeconds", Int),
        Field::new("labels", TextMap),
        Field::new("annotations", TextMap),
        Field::merged("ownerReferences", List(&list(Type::Struct(&OWNER_REFERENCE))), ListMerge::Key("uid")),
        Field::merged("finalizers", TEXTS, ListMerge::Set),
        Field::new("managedFields", List(&list(Opaque))),
    ],
);

static OWNER_REFERENCE: Struct = Struct::new(
    "OwnerReference",
    &[
        Field::required("apiVersion", Text),
        Field::required("kind", Text),
        Field::required("name", Text),
        Field::required("uid", Text),
        Field::pointer("controller", Bool),
        Field::pointer("blockOwnerDeletion", Bool),
    ],
);

/// `ApplicationSpec`.
pub(super) static SPEC: Struct = Struct::new(
    "ApplicationSpec",
    &[
        Field::pointer("source", Type::Struct(&SOURCE)),
        Field::required("destination", Type::Struct(&DESTINATION)),
        Field::required("project", Text),
        Field::pointer("syncPolicy", Type::Struct(&SYNC_POLICY)),
        Field::new("ignoreDifferences", List(&list(Type::Struct(&IGNORE_DIFFERENCES)))),
        Field::new("info", List(&list(Type::Struct(&INFO)))),
        Field::pointer("revisionHistoryLimit", Int),
        Field::new("sources", List(&list(Type::Struct(&SOURCE)))),
        Field::pointer("sourceHydrator", Type::Struct(&HYDRATOR)),
    ],
);

static IGNORE_DIFFERENCES: Struct = Struct::new(
    "ResourceIgnoreDifferences",
    &[
        Field::new("group", Text),
        Field::required("kind", Text),
        Field::new("name", Text),
        Field::new("namespace", Text),
        Field::new("jsonPointers", TEXTS),
        Field::new("jqPathExpressions", TEXTS),
        Field::new("managedFieldsManagers", TEXTS),
    ],
);

static INFO: Struct = Struct::new("Info", &[Field::required("name", Text), Field::required("value", Text)]);

static SOURCE: Struct = Struct::new(
    "ApplicationSource",
    &[
        Field::required("repoURL", Text),
        Field::new("path", Text),
        Field::new("targetRevision", Text),
        Field::pointer("helm", Type::Struct(&HELM)),
        Field::pointer("kustomize", Type::Struct(&KUSTOMIZE)),
        Field::pointer("directory", Type::Struct(&DIRECTORY)),
        Field::pointer("plugin", Type::Struct(&PLUGIN)),
        Field::new("chart", Text),
        Field::new("ref", Text),
        Field::new("name", Text),
        Field::new("tagPrefix", Text),
    ],
);

static HELM: Struct = Struct::new(
    "ApplicationSourceHelm",
    &[
        Field::new("valueFiles", TEXTS),
        Field::new("parameters", List(&list(Type::Struct(&HELM_PARAMETER)))),
        Field::new("releaseName", Text),
        Field::new("values", Text),
        Field::new("fileParameters", List(&list(Type::Struct(&HELM_FILE_PARAMETER)))),
        Field::new("version", Text),
        Field::new("passCredentials", Bool),
        Field::new("ignoreMissingValueFiles", Bool),
        Field::new("skipCrds", Bool),
        Field::pointer("valuesObject", Json),
        Field::new("namespace", Text),
        Field::new("kubeVersion", Text),
        Field::new("apiVersions", TEXTS),
        Field::new("skipTests", Bool),
        Field::new("skipSchemaValidation", Bool),
    ],
);

static HELM_PARAMETER: Struct = Struct::new(
    "HelmParameter",
    &[Field::new("name", Text), Field::new("value", Text), Field::new("forceString", Bool)],
);

static HELM_FILE_PARAMETER: Struct =
    Struct::new("HelmFileParameter", &[Field::new("name", Text), Field::new("path", Text)]);

static KUSTOMIZE: Struct = Struct::new(
    "ApplicationSourceKustomize",
    &[
        Field::new("namePrefix", Text),
        Field::new("nameSuffix", Text),
        Field::new("images", TEXTS),
        Field::new("commonLabels", TextMap),
        Field::new("version", Text),
        Field::new("commonAnnotations", TextMap),
        Field::new("forceCommonLabels", Bool),
        Field::new("forceCommonAnnotations", Bool),
        Field::new("namespace", Text),
        Field::new("commonAnnotationsEnvsubst", Bool),
        Field::new("replicas", List(&list(Type::Struct(&KUSTOMIZE_REPLICA)))),
        Field::new("patches", List(&list(Type::Struct(&KUSTOMIZE_PATCH)))),
        Field::new("components", TEXTS),
        Field::new("ignoreMissingComponents", Bool),
        Field::new("labelWithoutSelector", Bool),
        Field::new("kubeVersion", Text),
        Field::new("apiVersions", TEXTS),
        Field::new("labelIncludeTemplates", Bool),
    ],
);

static KUSTOMIZE_REPLICA: Struct =
    Struct::new("KustomizeReplica", &[Field::required("name", Text), Field::required("count", IntOrText)]);

static KUSTOMIZE_PATCH: Struct = Struct::new(
    "KustomizePatch",
    &[
        Field::new("path", Text),
        Field::new("patch", Text),
        Field::pointer("target", Type::Struct(&KUSTOMIZE_SELECTOR)),
        Field::new("options", BoolMap),
    ],
);

static KUSTOMIZE_SELECTOR: Struct = Struct::new(
    "KustomizeSelector",
    &[
        Field::new("group", Text),
        Field::new("version", Text),
        Field::new("kind", Text),
        Field::new("name", Text),
        Field::new("namespace", Text),
        Field::new("annotationSelector", Text),
        Field::new("labelSelector", Text),
    ],
);

static DIRECTORY: Struct = Struct::new(
    "ApplicationSourceDirectory",
    &[
        Field::new("recurse", Bool),
        Field::new("jsonnet", Type::Struct(&JSONNET)),
        Field::new("exclude", Text),
        Field::new("include", Text),
    ],
);

static JSONNET: Struct = Struct::new(
    "ApplicationSourceJsonnet",
    &[
        Field::new("extVars", List(&list(Type::Struct(&JSONNET_VAR)))),
        Field::new("tlas", List(&list(Type::Struct(&JSONNET_VAR)))),
        Field::new("libs", TEXTS),
    ],
);

static JSONNET_VAR: Struct = Struct::new(
    "JsonnetVar",
    &[Field::required("name", Text), Field::required("value", Text), Field::new("code", Bool)],
);

static PLUGIN: Struct = Struct::new(
    "ApplicationSourcePlugin",
    &[
        Field::new("name", Text),
        Field::new("env", List(&Item { of: Type::Struct(&ENV_ENTRY), is_pointer: true })),
        Field::new("parameters", List(&list(Type::Struct(&PLUGIN_PARAMETER)))),
    ],
);

static ENV_ENTRY: Struct =
    Struct::new("EnvEntry", &[Field::required("name", Text), Field::required("value", Text)]);

static PLUGIN_PARAMETER: Struct = Struct::new(
    "ApplicationSourcePluginParameter",
    &[
        Field::required("name", Text),
        Field::pointer("string", Text),
        Field::embedded("map", TextMap),
        Field::embedded("array", TEXTS),
    ],
);

static DESTINATION: Struct = Struct::new(
    "ApplicationDestination",
    &[Field::new("server", Text), Field::new("namespace", Text), Field::new("name", Text)],
);

static SYNC_POLICY: Struct = Struct::new(
    "SyncPolicy",
    &[
        Field::pointer("automated", Type::Struct(&AUTOMATED)),
        Field::new("syncOptions", TEXTS),
        Field::pointer("retry", Type::Struct(&RETRY)),
        Field::pointer("managedNamespaceMetadata", Type::Struct(&NAMESPACE_METADATA)),
    ],
);

static AUTOMATED: Struct = Struct::new(
    "SyncPolicyAutomated",
    &[
        Field::pointer("prune", Bool),
        Field::pointer("selfHeal", Bool),
        Field::pointer("allowEmpty", Bool),
        Field::pointer("enabled", Bool),
    ],
);

static RETRY: Struct = Struct::new(
    "RetryStrategy",
    &[
        Field::new("limit", Int),
        Field::pointer("backoff", Type::Struct(&BACKOFF)),
        Field::new("refresh", Bool),
    ],
);

static BACKOFF: Struct = Struct::new(
    "Backoff",
    &[Field::new("duration", Text), Field::pointer("factor", Int), Field::new("maxDuration", Text)],
);

static NAMESPACE_METADATA: Struct = Struct::new(
    "ManagedNamespaceMetadata",
    &[Field::new("labels", TextMap), Field::new("annotations", TextMap)],
);

static HYDRATOR: Struct = Struct::new(
    "SourceHydrator",
    &[
        Field::required("drySource", Type::Struct(&DRY_SOURCE)),
        Field::required("syncSource", Type::Struct(&SYNC_SOURCE)),
        Field::pointer("hydrateTo", Type::Struct(&HYDRATE_TO)),
    ],
);

static DRY_SOURCE: Struct = Struct::new(
    "DrySource",
    &[
        Field::required("repoURL", Text),
        Field::required("targetRevision", Text),
        Field::required("path", Text),
        Field::pointer("helm", Type::Struct(&HELM)),
        Field::pointer("kustomize", Type::Struct(&KUSTOMIZE)),
        Field::pointer("directory", Type::Struct(&DIRECTORY)),
        Field::pointer("plugin", Type::Struct(&PLUGIN)),
    ],
);

static SYNC_SOURCE: Struct = Struct::new(
    "SyncSource",
    &[Field::required("targetBranch", Text), Field::required("path", Text), Field::new("repoURL", Text)],
);

static HYDRATE_TO: Struct = Struct::new("HydrateTo", &[Field::required("targetBranch", Text)]);
