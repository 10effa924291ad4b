//! What templates may ask about the cluster: its version and the APIs that it serves.

use std::any::Any;
use std::ops::RangeInclusive;

use oarlock_go::strconv::quote;
use oarlock_go_template::{Error, Function, Functions, List, ListType, Object, ObjectType, Type, Value};
use oarlock_plugin::{Failure, Result};

use crate::profile::Profile;

const ALL: RangeInclusive<Profile> = Profile::V3_19..=Profile::V4_2;
const BEFORE_4: RangeInclusive<Profile> = Profile::V3_19..=Profile::V3_19;
const SINCE_4: RangeInclusive<Profile> = Profile::V4_1..=Profile::V4_2;
const UNTIL_4_1: RangeInclusive<Profile> = Profile::V3_19..=Profile::V4_1;
const SINCE_4_2: RangeInclusive<Profile> = Profile::V4_2..=Profile::V4_2;

/// The APIs that a version of Helm takes for granted, in its order: those of the version of
/// Kubernetes that it was built for, and the profiles that have them where not all do.
const API_VERSIONS: [(&str, RangeInclusive<Profile>); 59] = [
    ("v1", ALL),
    ("admissionregistration.k8s.io/v1", ALL),
    ("admissionregistration.k8s.io/v1alpha1", ALL),
    ("admissionregistration.k8s.io/v1beta1", ALL),
    ("internal.apiserver.k8s.io/v1alpha1", ALL),
    ("apps/v1", ALL),
    ("apps/v1beta1", ALL),
    ("apps/v1beta2", ALL),
    ("authentication.k8s.io/v1", ALL),
    ("authentication.k8s.io/v1alpha1", ALL),
    ("authentication.k8s.io/v1beta1", ALL),
    ("authorization.k8s.io/v1", ALL),
    ("authorization.k8s.io/v1beta1", ALL),
    ("autoscaling/v1", ALL),
    ("autoscaling/v2", ALL),
    ("autoscaling/v2beta1", UNTIL_4_1),
    ("autoscaling/v2beta2", UNTIL_4_1),
    ("batch/v1", ALL),
    ("batch/v1beta1", ALL),
    ("certificates.k8s.io/v1", ALL),
    ("certificates.k8s.io/v1beta1", ALL),
    ("certificates.k8s.io/v1alpha1", ALL),
    ("coordination.k8s.io/v1alpha2", ALL),
    ("coordination.k8s.io/v1beta1", ALL),
    ("coordination.k8s.io/v1", ALL),
    ("discovery.k8s.io/v1", ALL),
    ("discovery.k8s.io/v1beta1", ALL),
    ("events.k8s.io/v1", ALL),
    ("events.k8s.io/v1beta1", ALL),
    ("extensions/v1beta1", ALL),
    ("flowcontrol.apiserver.k8s.io/v1", ALL),
    ("flowcontrol.apiserver.k8s.io/v1beta1", ALL),
    ("flowcontrol.apiserver.k8s.io/v1beta2", ALL),
    ("flowcontrol.apiserver.k8s.io/v1beta3", ALL),
    ("networking.k8s.io/v1", ALL),
    ("networking.k8s.io/v1beta1", ALL),
    ("node.k8s.io/v1", ALL),
    ("node.k8s.io/v1alpha1", ALL),
    ("node.k8s.io/v1beta1", ALL),
    ("policy/v1", ALL),
    ("policy/v1beta1", ALL),
    ("rbac.authorization.k8s.io/v1", ALL),
    ("rbac.authorization.k8s.io/v1beta1", ALL),
    ("rbac.authorization.k8s.io/v1alpha1", ALL),
    ("resource.k8s.io/v1", ALL),
    ("resource.k8s.io/v1beta2", ALL),
    ("resource.k8s.io/v1beta1", ALL),
    ("resource.k8s.io/v1alpha3", ALL),
    ("scheduling.k8s.io/v1alpha1", UNTIL_4_1),
    ("scheduling.k8s.io/v1alpha2", SINCE_4_2),
    ("scheduling.k8s.io/v1beta1", ALL),
    ("scheduling.k8s.io/v1", ALL),
    ("storage.k8s.io/v1beta1", ALL),
    ("storage.k8s.io/v1", ALL),
    ("storage.k8s.io/v1alpha1", ALL),
    ("storagemigration.k8s.io/v1alpha1", BEFORE_4),
    ("storagemigration.k8s.io/v1beta1", SINCE_4),
    ("apiextensions.k8s.io/v1beta1", ALL),
    ("apiextensions.k8s.io/v1", ALL),
];

/// What is known about the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The version of Helm that tells.
    pub profile: Profile,
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
    /// The version of Helm that tells.
    pub profile: Profile,
}

impl Capabilities {
    /// The capabilities that the options ask for; by default those of the Kubernetes that a version
    /// of Helm was built for.
    ///
    /// # Errors
    /// If the version is none.
    pub fn new(profile: Profile, kube_version: Option<&str>, api_versions: &[String]) -> Result<Self> {
        let version = match kube_version.filter(|version| !version.is_empty()) {
            Some(given) => KubeVersion::parse(given, profile)?,
            None => KubeVersion::parse(profile.kube_version(), profile)?,
        };
        let known = API_VERSIONS.iter().filter(|(_, profiles)| profiles.contains(&profile));
        let known = known.map(|(name, _)| (*name).to_owned());
        Ok(Self {
            profile,
            kube_version: version,
            api_versions: known.chain(api_versions.iter().cloned()).collect(),
        })
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
    pub fn parse(text: &str, profile: Profile) -> Result<Self> {
        let numbers = Self::numbers(text).map_err(|reason| {
            Failure::new(format!("invalid kube version '{text}': {reason}")).hint("write it as `1.34.0`")
        })?;
        let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
        let normalized = format!("v{}", numbers.join("."));
        Ok(Self {
            version: match text {
                _ if !profile.keeps_suffixes_of_kube_versions() => normalized.clone(),
                text if text.starts_with('v') => text.to_owned(),
                text => format!("v{text}"),
            },
            normalized,
            major: numbers[0].clone(),
            minor: numbers[1].clone(),
            profile,
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

static CAPABILITIES: ObjectType = ObjectType { name: "*common.Capabilities" };
static CAPABILITIES_BEFORE_4: ObjectType = ObjectType { name: "*chartutil.Capabilities" };
static KUBE_VERSION: ObjectType = ObjectType { name: "common.KubeVersion" };
static KUBE_VERSION_BEFORE_4: ObjectType = ObjectType { name: "chartutil.KubeVersion" };
static KUBE_VERSION_COPY: ObjectType = ObjectType { name: "common.KubeVersion" };
static KUBE_VERSION_COPY_BEFORE_4: ObjectType = ObjectType { name: "chartutil.KubeVersion" };
static HELM_VERSION: ObjectType = ObjectType { name: "version.BuildInfo" };
static VERSION_SET: ListType =
    ListType { name: "common.VersionSet", literal: "[]string", element: Type::String };
static VERSION_SET_BEFORE_4: ListType =
    ListType { name: "chartutil.VersionSet", literal: "[]string", element: Type::String };

static KUBE_VERSION_METHODS: &[Function] = &[
    Function::new("String", &[], |_, args| kube_version(args, |version| &version.normalized)),
    Function::new("GitVersion", &[], |_, args| kube_version(args, |version| &version.version)),
];
static VERSION_SET_METHODS: &[Function] = &[Function::new("Has", &[Type::String], |_, args| {
    Ok(Value::Bool(match args {
        [Value::List(set), Value::String(wanted)] => {
            set.iter().any(|known| known.as_str().is_some_and(|known| known == wanted))
        }
        _ => false,
    }))
})];

/// What goes by one name since Helm 4 and by another one before.
fn named<T>(profile: Profile, since_4: &'static T, before: &'static T) -> &'static T {
    if profile.before_4() { before } else { since_4 }
}

/// Gives the types of `.Capabilities` their methods.
pub(crate) fn add_methods(functions: &mut Functions) {
    for version in [&KUBE_VERSION, &KUBE_VERSION_BEFORE_4] {
        functions.add_methods(version, KUBE_VERSION_METHODS);
    }
    for set in [&VERSION_SET, &VERSION_SET_BEFORE_4] {
        functions.add_methods(set, VERSION_SET_METHODS);
    }
}

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
        named(self.profile, &CAPABILITIES, &CAPABILITIES_BEFORE_4)
    }

    fn field(&self, name: &str) -> Option<Value> {
        find(self, name)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let types = named(self.profile, &VERSION_SET, &VERSION_SET_BEFORE_4);
        let set = self.api_versions.iter().map(|version| Value::string(version.as_str())).collect();
        vec![
            ("KubeVersion", Value::object(self.kube_version.clone())),
            ("APIVersions", Value::List(List::with_type(types, set))),
            ("HelmVersion", Value::object(HelmVersion(self.profile))),
        ]
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A version of Kubernetes as functions get it: a copy, which the methods of the pointer are out of
/// reach of.
#[derive(Debug)]
struct KubeVersionCopy(KubeVersion);

impl Object for KubeVersionCopy {
    fn object_type(&self) -> &'static ObjectType {
        named(self.0.profile, &KUBE_VERSION_COPY, &KUBE_VERSION_COPY_BEFORE_4)
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
        named(self.profile, &KUBE_VERSION, &KUBE_VERSION_BEFORE_4)
    }

    fn field(&self, name: &str) -> Option<Value> {
        find(self, name)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let mut fields = vec![
            ("Version", Value::string(self.version.as_str())),
            ("normalizedVersion", Value::string(self.normalized.as_str())),
            ("Major", Value::string(self.major.as_str())),
            ("Minor", Value::string(self.minor.as_str())),
        ];
        if !self.profile.keeps_suffixes_of_kube_versions() {
            fields.remove(1);
        }
        fields
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
struct HelmVersion(Profile);

impl Object for HelmVersion {
    fn object_type(&self) -> &'static ObjectType {
        &HELM_VERSION
    }

    fn field(&self, name: &str) -> Option<Value> {
        find(self, name)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let build = self.0.build();
        let mut fields = vec![
            ("Version", build.version),
            ("GitCommit", build.commit),
            ("GitTreeState", "clean"),
            ("GoVersion", build.go),
        ];
        fields.extend(build.kube_client.map(|version| ("KubeClientVersion", version)));
        fields.into_iter().map(|(name, value)| (name, Value::string(value))).collect()
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
        let profile = Profile::V4_1;
        for (text, version, normalized) in [
            ("1.33.0", "v1.33.0", "v1.33.0"),
            ("v1.33.1-gke.100", "v1.33.1-gke.100", "v1.33.1"),
            ("1.20", "v1.20", "v1.20"),
            ("1.02.3.4x", "v1.02.3.4x", "v1.2.3.4"),
            (" v1.28+", "v v1.28+", "v1.28"),
            ("1.27.3+k3s1", "v1.27.3+k3s1", "v1.27.3"),
        ] {
            let found = KubeVersion::parse(text, profile).unwrap();
            assert_eq!((found.version.as_str(), found.normalized.as_str()), (version, normalized));
            let before = KubeVersion::parse(text, Profile::V3_19).unwrap();
            assert_eq!((before.version.as_str(), before.normalized.as_str()), (normalized, normalized));
        }
        for (text, reason) in [
            ("abc", "could not parse \"abc\" as version"),
            ("1", "illegal version string \"1\""),
            ("1..2", "illegal version string \"1..2\""),
            ("01.2", "illegal zero-prefixed version component \"01\" in \"01.2\""),
        ] {
            let message = KubeVersion::parse(text, profile).unwrap_err().message;
            assert_eq!(message, format!("invalid kube version '{text}': {reason}"));
        }
    }

    #[test]
    fn clusters_are_those_that_helm_was_built_for() {
        for (profile, version, apis) in
            [(Profile::V3_19, "v1.34.0", 57), (Profile::V4_1, "v1.35.0", 57), (Profile::V4_2, "v1.36.0", 55)]
        {
            let found = Capabilities::new(profile, None, &[]).unwrap();
            assert_eq!((found.kube_version.version.as_str(), found.api_versions.len()), (version, apis));
        }
    }
}
