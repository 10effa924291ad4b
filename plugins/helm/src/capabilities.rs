//! What templates may ask about the cluster: its version and the APIs that it serves.

use std::any::Any;

use oarlock_go_template::fmt::quote;
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
    /// Its numbers, with a `v` before: what constraints look at.
    pub normalized: String,
    /// First number.
    pub major: String,
    /// Second number.
    pub minor: String,
}

impl Default for Capabilities {
    /// A cluster of the version that Helm v4.1.4 was built for.
    fn default() -> Self {
        let [version, major, minor] = ["v1.35.0", "1", "35"].map(str::to_owned);
        let kube_version = KubeVersion { normalized: version.clone(), version, major, minor };
        Self { kube_version, api_versions: API_VERSIONS.map(str::to_owned).to_vec() }
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
    /// Reads a version as Kubernetes does: at least two numbers, and anything behind them.
    ///
    /// # Errors
    /// If the text is none.
    pub fn parse(text: &str) -> Result<Self> {
        let numbers = Self::numbers(text).map_err(|reason| {
            Failure::new(format!("invalid kube version '{text}': {reason}")).hint("write it as `1.34.0`")
        })?;
        let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
        Ok(Self {
            version: if text.starts_with('v') { text.to_owned() } else { format!("v{text}") },
            normalized: format!("v{}", numbers.join(".")),
            major: numbers[0].clone(),
            minor: numbers[1].clone(),
        })
    }

    /// The numbers of a version; there are two at least.
    ///
    /// # Errors
    /// What Kubernetes says.
    pub(crate) fn numbers(text: &str) -> std::result::Result<Vec<u64>, String> {
        let shown = quote(text.as_bytes());
        let bare = text.trim_start_matches(['\t', '\n', '\x0C', '\r', ' ']);
        let bare = bare.strip_prefix('v').unwrap_or(bare);
        // A point that no digit follows ends the numbers.
        let mut parts: Vec<&str> = Vec::new();
        for part in bare.split('.') {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            if digits > 0 {
                parts.push(&part[..digits]);
            }
            if digits == 0 || digits < part.len() {
                break;
            }
        }
        match parts.as_slice() {
            [] => return Err(format!("could not parse {shown} as version")),
            [_] => return Err(format!("illegal version string {shown}")),
            [first, ..] if first.starts_with('0') && *first != "0" => {
                return Err(format!("illegal zero-prefixed version component \"{first}\" in {shown}"));
            }
            _ => {}
        }
        let number = |part: &str| {
            part.parse().map_err(|_| {
                let reason = format!("strconv.ParseUint: parsing \"{part}\": value out of range");
                format!("illegal non-numeric version component \"{part}\" in {shown}: {reason}")
            })
        };
        parts.into_iter().map(number).collect()
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
            ("1.20", "v1.20", "v1.20"),
            ("1.02.3.4x", "v1.02.3.4x", "v1.2.3.4"),
            (" v1.28+", "v v1.28+", "v1.28"),
            ("1.27.3+k3s1", "v1.27.3+k3s1", "v1.27.3"),
        ] {
            let found = KubeVersion::parse(text).unwrap();
            assert_eq!((found.version.as_str(), found.normalized.as_str()), (version, normalized));
        }
        for (text, reason) in [
            ("abc", "could not parse \"abc\" as version"),
            ("1", "illegal version string \"1\""),
            ("1..2", "illegal version string \"1..2\""),
            ("01.2", "illegal zero-prefixed version component \"01\" in \"01.2\""),
        ] {
            let message = KubeVersion::parse(text).unwrap_err().message;
            assert_eq!(message, format!("invalid kube version '{text}': {reason}"));
        }
    }
}
