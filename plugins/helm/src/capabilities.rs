//! What templates may ask about the cluster: its version and the APIs that it serves.

use std::any::Any;

use oarlock_go_template::{Error, Function, List, ListType, Object, ObjectType, Type, Value};
use oarlock_plugin::{Failure, Result};

/// The APIs that Helm v4.1.4 takes for granted, in its order.
const API_VERSIONS: [&str; 57] = [
    "v1",
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "internal.apiserver.k8s.io/v1alpha1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "autoscaling/v2beta1",
    "autoscaling/v2beta2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1beta1",
    "certificates.k8s.io/v1alpha1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "resource.k8s.io/v1",
    "resource.k8s.io/v1beta2",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1alpha1",
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storagemigration.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
];

/// What is known about the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Its version.
    pub kube_version: KubeVersion,
    /// The APIs that it serves, those that Helm takes for granted first.
    pub api_versions: Vec<String>,
}

/// A version of Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeVersion {
    /// As it was given, with a `v` before.
    pub version: String,
    /// The three numbers, with a `v` before: what constraints look at.
    pub normalized: String,
    /// First number.
    pub major: String,
    /// Second number.
    pub minor: String,
}

impl Default for Capabilities {
    /// A cluster of the version that Helm v4.1.4 was built for.
    fn default() -> Self {
        let version = KubeVersion::of("v1.35.0", ["1", "35", "0"]);
        Self { kube_version: version, api_versions: API_VERSIONS.map(str::to_owned).to_vec() }
    }
}

impl Capabilities {
    /// The capabilities that the options ask for.
    ///
    /// # Errors
    /// If the version is none.
    pub fn new(kube_version: Option<&str>, api_versions: &[String]) -> Result<Self> {
        let mut capabilities = Self::default();
        if let Some(version) = kube_version.filter(|version| !version.is_empty()) {
            capabilities.kube_version = KubeVersion::parse(version)?;
        }
        capabilities.api_versions.extend(api_versions.iter().cloned());
        Ok(capabilities)
    }

    /// As templates see them.
    pub fn to_value(&self) -> Value {
        Value::object(self.clone())
    }
}

impl KubeVersion {
    fn of(version: &str, [major, minor, patch]: [&str; 3]) -> Self {
        let strip = |text: &str| text.trim_start_matches('0').to_owned();
        let number = |text: &str| Some(strip(text)).filter(|text| !text.is_empty()).unwrap_or("0".to_owned());
        let (major, minor, patch) = (number(major), number(minor), number(patch));
        let version = if version.starts_with('v') { version.to_owned() } else { format!("v{version}") };
        Self { version, normalized: format!("v{major}.{minor}.{patch}"), major, minor }
    }

    /// Reads a version as Kubernetes does: at least two numbers, anything behind the third.
    ///
    /// # Errors
    /// If the text is none.
    pub fn parse(text: &str) -> Result<Self> {
        let fail = |reason: &str| {
            Failure::new(format!("invalid kube version '{text}': {reason}")).hint("write it as `1.34.0`")
        };
        let numbers: String = {
            let bare = text.strip_prefix('v').unwrap_or(text);
            bare.chars().take_while(|character| character.is_ascii_digit() || *character == '.').collect()
        };
        let parts: Vec<&str> = numbers.trim_end_matches('.').split('.').collect();
        if parts.len() < 2 || parts.iter().any(|part| part.is_empty()) {
            return Err(fail(&format!("could not parse {text:?} as version")));
        }
        if let Some(zero) = parts.iter().find(|part| part.len() > 1 && part.starts_with('0')) {
            return Err(fail(&format!("could not parse {text:?} as version: {zero} starts with 0")));
        }
        Ok(Self::of(text, [parts[0], parts[1], parts.get(2).copied().unwrap_or("0")]))
    }
}

static CAPABILITIES: ObjectType = ObjectType { name: "*common.Capabilities", methods: &[] };
static KUBE_VERSION: ObjectType = ObjectType {
    name: "common.KubeVersion",
    methods: &[
        Function::new("String", &[], |_, args| kube_version(args, |version| &version.normalized)),
        Function::new("GitVersion", &[], |_, args| kube_version(args, |version| &version.version)),
    ],
};
static KUBE_VERSION_COPY: ObjectType = ObjectType { name: "common.KubeVersion", methods: &[] };
static HELM_VERSION: ObjectType = ObjectType { name: "version.BuildInfo", methods: &[] };
static VERSION_SET: ListType = ListType {
    name: "common.VersionSet",
    literal: "[]string",
    element: Type::String,
    methods: &[Function::new("Has", &[Type::String], |_, args| {
        Ok(Value::Bool(match args {
            [Value::List(set), Value::String(wanted)] => {
                set.iter().any(|known| known.as_str().is_some_and(|known| known == wanted))
            }
            _ => false,
        }))
    })],
};

fn kube_version(args: &[Value], field: fn(&KubeVersion) -> &String) -> Result<Value, Error> {
    match args.first() {
        Some(Value::Object(object)) => match object.as_any().downcast_ref::<KubeVersion>() {
            Some(version) => Ok(Value::string(field(version).as_str())),
            None => Err(Error::new("not a version of Kubernetes")),
        },
        _ => Err(Error::new("not a version of Kubernetes")),
    }
}

/// Fields that start with a small letter are Helm's own: printed with the others, but out of reach.
fn find(object: &dyn Object, name: &str) -> Option<Value> {
    object.exported_fields().into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
}

impl Object for Capabilities {
    fn object_type(&self) -> &'static ObjectType {
        &CAPABILITIES
    }

    fn field(&self, name: &str) -> Option<Value> {
        find(self, name)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let set = self.api_versions.iter().map(|version| Value::string(version.as_str())).collect();
        vec![
            ("KubeVersion", Value::object(self.kube_version.clone())),
            ("APIVersions", Value::List(List::with_type(&VERSION_SET, set))),
            ("HelmVersion", Value::object(HelmVersion)),
        ]
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A version of Kubernetes as functions get it: a copy, which the methods of the pointer are out of reach of.
#[derive(Debug)]
struct KubeVersionCopy(KubeVersion);

impl Object for KubeVersionCopy {
    fn object_type(&self) -> &'static ObjectType {
        &KUBE_VERSION_COPY
    }

    fn field(&self, name: &str) -> Option<Value> {
        self.0.field(name)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        self.0.fields()
    }

    fn json(&self) -> Option<Value> {
        self.0.json()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Object for KubeVersion {
    fn object_type(&self) -> &'static ObjectType {
        &KUBE_VERSION
    }

    fn field(&self, name: &str) -> Option<Value> {
        find(self, name)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("Version", Value::string(self.version.as_str())),
            ("normalizedVersion", Value::string(self.normalized.as_str())),
            ("Major", Value::string(self.major.as_str())),
            ("Minor", Value::string(self.minor.as_str())),
        ]
    }

    fn display(&self) -> Option<String> {
        Some(self.normalized.clone())
    }

    fn copied(&self) -> Option<Value> {
        Some(Value::object(KubeVersionCopy(self.clone())))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The Helm whose output this is.
#[derive(Debug)]
struct HelmVersion;

impl Object for HelmVersion {
    fn object_type(&self) -> &'static ObjectType {
        &HELM_VERSION
    }

    fn field(&self, name: &str) -> Option<Value> {
        find(self, name)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        [
            ("Version", "v4.1.4"),
            ("GitCommit", "05fa37973dc9e42b76e1d2883494c87174b6074f"),
            ("GitTreeState", "clean"),
            ("GoVersion", "go1.25.9"),
            ("KubeClientVersion", "v1.35"),
        ]
        .map(|(name, value)| (name, Value::string(value)))
        .to_vec()
    }

    fn json_fields(&self) -> Vec<(&'static str, Value)> {
        let names = ["version", "git_commit", "git_tree_state", "go_version", "kube_client_version"];
        names.into_iter().zip(self.fields().into_iter().map(|(_, value)| value)).collect()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions_of_kubernetes() {
        for (text, version, normalized) in [
            ("1.33.0", "v1.33.0", "v1.33.0"),
            ("v1.33.1-gke.100", "v1.33.1-gke.100", "v1.33.1"),
            ("1.20", "v1.20", "v1.20.0"),
            ("1.27.3+k3s1", "v1.27.3+k3s1", "v1.27.3"),
        ] {
            let found = KubeVersion::parse(text).unwrap();
            assert_eq!((found.version.as_str(), found.normalized.as_str()), (version, normalized));
        }
        for text in ["abc", "1", "", "1..2", "1.02"] {
            assert!(KubeVersion::parse(text).is_err(), "{text}");
        }
    }
}
