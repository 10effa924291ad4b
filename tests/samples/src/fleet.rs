//! A repository that deploys many Applications: one ApplicationSet for each component, which finds
//! the instances of the component on three clusters by their directories.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The components: the first half are kustomizations, the others are deployed by shared charts.
pub const COMPONENTS: usize = 40;

/// The clusters.
pub const CLUSTERS: [&str; 3] = ["north", "south", "west"];

/// Bases that components share, and charts.
const BASES: usize = 4;
const CHARTS: [&str; 2] = ["web-chart", "worker-chart"];

/// The repository, as Applications name it.
const REPOSITORY: &str = "https://git.example.com/org/fleet.git";

/// An Application of a fleet, and what renders it.
#[derive(Clone, Debug)]
pub struct Instance {
    /// The name of the Application.
    pub name: String,
    /// The directory of the instance, from the root of the repository.
    pub directory: PathBuf,
    /// The chart that renders it with the values of component and instance; `None` for a
    /// kustomization.
    pub chart: Option<PathBuf>,
}

/// A fleet on disk.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// The root of the repository.
    pub root: PathBuf,
    /// The Applications that ApplicationSets make.
    pub instances: Vec<Instance>,
}

impl Fleet {
    /// Writes a fleet of so many Applications, that of the root apart.
    ///
    /// # Errors
    /// If the directory cannot be written.
    pub fn write(root: &Path, applications: usize) -> io::Result<Self> {
        let fleet = Files { root };
        fleet.write_argo_cd()?;
        for base in 0..BASES {
            fleet.write_base(base)?;
        }
        for name in CHARTS {
            super::charts::write_service(&root.join("charts").join(name), name)?;
        }
        for component in 0..COMPONENTS {
            fleet.write_component(component)?;
        }
        let instances = (0..applications).map(|number| fleet.write_instance(number));
        Ok(Self { root: root.to_owned(), instances: instances.collect::<io::Result<_>>()? })
    }

    /// A file that one Application alone is made from, and the text that changes it.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn change_leaf(&self) -> io::Result<(PathBuf, String)> {
        let first = self.instances.first().map(|instance| instance.directory.clone()).unwrap_or_default();
        let path = self.root.join(first).join("kustomization.yaml");
        let text = fs::read_to_string(&path)?.replace("newTag: \"1\"", "newTag: \"2\"");
        Ok((path, text))
    }

    /// A file that many Applications share, the text that changes it, and how many they are.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn change_base(&self) -> io::Result<(PathBuf, String, usize)> {
        let path = self.root.join("bases/0/config.yaml");
        let text = fs::read_to_string(&path)?.replace("level: info", "level: debug");
        let is_user = |number: usize| {
            number % COMPONENTS < COMPONENTS / 2 && (number % COMPONENTS).is_multiple_of(BASES)
        };
        Ok((path, text, (0..self.instances.len()).filter(|number| is_user(*number)).count()))
    }
}

/// What writes the files.
struct Files<'a> {
    root: &'a Path,
}

impl Files<'_> {
    fn file(&self, path: &str, text: &str) -> io::Result<()> {
        let full = self.root.join(path);
        if let Some(parent) = full.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(full, text)
    }

    fn write_argo_cd(&self) -> io::Result<()> {
        let settings = format!(
            "fleet:\n  repository: {REPOSITORY}\n  roots: {{all: argocd/root.yaml}}\n  clusters: argocd/clusters.yaml\n"
        );
        self.file("oarlock.yaml", &settings)?;
        let mut clusters = "clusters:\n".to_owned();
        for name in CLUSTERS {
            // Writing to a string never fails.
            let _ = writeln!(clusters, "- {{name: {name}, server: 'https://{name}.example.com'}}");
        }
        self.file("argocd/clusters.yaml", &clusters)?;
        let root = format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: root, namespace: argocd}}\nspec:\n  \
             project: default\n  destination: {{name: in-cluster, namespace: argocd}}\n  \
             source: {{repoURL: '{REPOSITORY}', targetRevision: HEAD, path: argocd/sets}}\n"
        );
        self.file("argocd/root.yaml", &root)
    }

    fn write_base(&self, base: usize) -> io::Result<()> {
        let directory = format!("bases/{base}");
        self.file(
            &format!("{directory}/kustomization.yaml"),
            "resources: [config.yaml, account.yaml]\ncommonAnnotations: {example.com/owner: platform}\n",
        )?;
        self.file(
            &format!("{directory}/config.yaml"),
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: logging}\ndata: {settings: \"level: info\"}\n",
        )?;
        self.file(
            &format!("{directory}/account.yaml"),
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: app}\n",
        )
    }

    fn write_component(&self, component: usize) -> io::Result<()> {
        let name = component_name(component);
        let source = if is_kustomization(component) {
            let directory = format!("components/{name}/base");
            let base = component % BASES;
            self.file(
                &format!("{directory}/kustomization.yaml"),
                &format!("resources: [../../../bases/{base}, deployment.yaml, service.yaml]\nlabels: [{{pairs: {{app: {name}}}, includeSelectors: true}}]\n"),
            )?;
            self.file(
                &format!("{directory}/deployment.yaml"),
                &format!(
                    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app}}\nspec:\n  replicas: 2\n  \
                     template:\n    spec:\n      serviceAccountName: app\n      containers:\n      - name: app\n        \
                     image: registry.example.com/{name}\n        envFrom: [{{configMapRef: {{name: logging}}}}]\n        \
                     ports: [{{name: http, containerPort: 8080}}]\n        resources: {{requests: {{cpu: 100m, memory: 128Mi}}}}\n"
                ),
            )?;
            self.file(
                &format!("{directory}/service.yaml"),
                "apiVersion: v1\nkind: Service\nmetadata: {name: app}\nspec: {ports: [{name: http, port: 80, targetPort: http}]}\n",
            )?;
            "path: '{{.path.path}}'".to_owned()
        } else {
            self.file(
                &format!("components/{name}/values.yaml"),
                "global: {registry: registry.example.com}\nreplicas: 2\n",
            )?;
            format!(
                "path: charts/{}\n        helm: {{valueFiles: ['/components/{name}/values.yaml', '/{{{{.path.path}}}}/values.yaml']}}",
                chart_of(component)
            )
        };
        let set = format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {{name: {name}, namespace: argocd}}\nspec:\n  \
             goTemplate: true\n  goTemplateOptions: [missingkey=error]\n  generators:\n  - git:\n      repoURL: {REPOSITORY}\n      \
             revision: HEAD\n      directories: [{{path: 'components/{name}/instances/*/*'}}]\n  template:\n    \
             metadata: {{name: '{name}-{{{{.path.basename}}}}'}}\n    spec:\n      project: default\n      \
             destination: {{name: '{{{{index .path.segments 3}}}}', namespace: '{name}-{{{{.path.basename}}}}'}}\n      \
             source:\n        repoURL: {REPOSITORY}\n        targetRevision: HEAD\n        {source}\n"
        );
        self.file(&format!("argocd/sets/{name}.yaml"), &set)
    }

    fn write_instance(&self, number: usize) -> io::Result<Instance> {
        let component = number % COMPONENTS;
        let name = component_name(component);
        let instance = number / COMPONENTS;
        let cluster = CLUSTERS[instance % CLUSTERS.len()];
        let directory = format!("components/{name}/instances/{cluster}/{instance}");
        let chart = if is_kustomization(component) {
            self.file(
                &format!("{directory}/kustomization.yaml"),
                &format!(
                    "resources: [../../../base]\nnameSuffix: \"-{instance}\"\nimages: [{{name: registry.example.com/{name}, newTag: \"1\"}}]\n\
                     patches:\n- target: {{kind: Deployment}}\n  patch: |\n    - {{op: replace, path: /spec/replicas, value: {}}}\n",
                    1 + instance % 5
                ),
            )?;
            None
        } else {
            let chart = chart_of(component);
            self.file(
                &format!("{directory}/values.yaml"),
                &format!(
                    "replicas: {}\ningress: {{host: {name}-{instance}.example.com}}\n",
                    1 + instance % 5
                ),
            )?;
            Some(PathBuf::from("charts").join(chart))
        };
        Ok(Instance { name: format!("{name}-{instance}"), directory: directory.into(), chart })
    }
}

fn component_name(component: usize) -> String {
    format!("component-{component:02}")
}

fn is_kustomization(component: usize) -> bool {
    component < COMPONENTS / 2
}

fn chart_of(component: usize) -> &'static str {
    CHARTS[component % CHARTS.len()]
}
