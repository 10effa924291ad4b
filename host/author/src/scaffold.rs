//! New projects from templates, which are files of this crate.

use std::fs;
use std::path::{Path, PathBuf};

use oarlock_plugin::Stage;

use crate::error::AuthorError;
use crate::project::{Language, Project, is_name};

/// A file of a template: where it goes, its text, and the one stage that it is for.
struct Template {
    path: &'static str,
    text: &'static str,
    stage: Option<Stage>,
}

/// The files of a language's template: `path` or `STAGE path` each.
macro_rules! templates {
    ($language:literal: $($path:literal),* ; $($generator:literal / $transformer:literal => $to:literal),*) => {
        &[
            $(Template {
                path: $path,
                text: include_str!(concat!("../templates/", $language, "/", $path)),
                stage: None,
            },)*
            $(
                Template {
                    path: $to,
                    text: include_str!(concat!("../templates/", $language, "/", $generator)),
                    stage: Some(Stage::Generator),
                },
                Template {
                    path: $to,
                    text: include_str!(concat!("../templates/", $language, "/", $transformer)),
                    stage: Some(Stage::Transformer),
                },
            )*
        ]
    };
}

/// What every project has.
const COMMON: &[Template] = templates!("common": "plugin.yaml";
    "generator.request.yaml" / "transformer.request.yaml" => "tests/first/request.yaml",
    "generator.expected.yaml" / "transformer.expected.yaml" => "tests/first/expected.yaml",
    "generator.wrong.yaml" / "transformer.wrong.yaml" => "tests/wrong/request.yaml",
    "generator.messages.txt" / "transformer.messages.txt" => "tests/wrong/messages.txt");

/// What the projects of one stage have.
const GENERATOR: &[Template] =
    templates!("common": "tests/first/tree/app/settings.json", "tests/wrong/tree/app/settings.json";);
const TRANSFORMER: &[Template] = templates!("common": "tests/first/manifests.yaml";);

const RUST: &[Template] = templates!("rust": "Cargo.toml", "README.md", "gitignore";
    "src/generator.rs" / "src/transformer.rs" => "src/lib.rs");

const JAVASCRIPT: &[Template] = templates!("javascript": "package.json", "README.md", "gitignore", "src/main.js", "src/oarlock.js";
    "src/generator.js" / "src/transformer.js" => "src/plugin.js");

const PYTHON: &[Template] = templates!("python": "requirements.txt", "README.md", "gitignore", "src/main.py", "src/oarlock.py";
    "src/generator.py" / "src/transformer.py" => "src/app.py");

const GO: &[Template] = templates!("go": "go.mod", "go.sum", "README.md", "gitignore", "wit_exports.go",
    "export_wit_world/exports.go", "export_wit_world/empty.s", "oarlock/oarlock.go",
    "oarlock_plugin_compose/wit_bindings.go", "oarlock_plugin_compose/empty.s",
    "oarlock_plugin_report/wit_bindings.go", "oarlock_plugin_report/empty.s",
    "oarlock_plugin_source/wit_bindings.go", "oarlock_plugin_source/empty.s",
    "oarlock_plugin_types/wit_bindings.go", "oarlock_plugin_types/empty.s";
    "plugin/generator.go" / "plugin/transformer.go" => "plugin/plugin.go");

/// The contract, for languages whose tools read it from the project.
pub(crate) const WIT: &str = include_str!("../../../wit/plugin.wit");

/// A project to be made.
#[derive(Clone, Debug)]
pub struct Scaffold<'a> {
    /// The name of the plugin, and of its folder.
    pub name: &'a str,
    /// What it is written in.
    pub language: Language,
    /// When it runs.
    pub stage: Stage,
    /// A checkout of Oarlock whose SDK to build with, in place of the one on crates.io.
    pub sdk: Option<&'a Path>,
}

impl Scaffold<'_> {
    /// Writes the project into a new folder of its name below another.
    ///
    /// # Errors
    /// If the name fits no plugin, the folder is there already or cannot be written.
    pub fn create(&self, parent: &Path) -> Result<Project, AuthorError> {
        if !is_name(self.name) {
            return Err(AuthorError::Name(self.name.to_owned()));
        }
        let sdk = self.sdk.map(|path| self.sdk(path)).transpose()?;
        let folder = parent.join(self.name);
        if folder.symlink_metadata().is_ok() {
            return Err(AuthorError::Exists(folder));
        }
        for (path, text) in self.files(sdk.as_deref()) {
            let file = folder.join(path);
            if let Some(above) = file.parent() {
                fs::create_dir_all(above).map_err(AuthorError::file(above))?;
            }
            fs::write(&file, text).map_err(AuthorError::file(&file))?;
        }
        Project::open(&folder)
    }

    /// The files of the project: where each goes, and its text.
    fn files(&self, sdk: Option<&Path>) -> Vec<(String, String)> {
        let (language, has_wit) = match self.language {
            Language::Rust => (RUST, false),
            Language::JavaScript => (JAVASCRIPT, true),
            Language::Python => (PYTHON, true),
            Language::Go => (GO, false),
        };
        let of_stage = match self.stage {
            Stage::Generator => GENERATOR,
            Stage::Transformer => TRANSFORMER,
        };
        let templates = COMMON.iter().chain(of_stage).chain(language);
        let mine = templates.filter(|template| template.stage.is_none_or(|stage| stage == self.stage));
        let mut files: Vec<_> =
            mine.map(|template| (target(template.path), self.fill(template.text))).collect();
        if has_wit {
            files.push(("wit/plugin.wit".to_owned(), WIT.to_owned()));
        }
        if let Some(sdk) = sdk
            && let Some((_, manifest)) = files.iter_mut().find(|(path, _)| path == "Cargo.toml")
        {
            let path = toml_string(&sdk.display().to_string());
            manifest.extend(["\n[patch.crates-io]\noarlock-plugin = { path = ", &path, " }\n"]);
        }
        files
    }

    fn fill(&self, text: &str) -> String {
        let (stage, pipeline) = match self.stage {
            Stage::Generator => ("generator", self.name.to_owned()),
            Stage::Transformer => ("transformer", format!("auto, {}", self.name)),
        };
        text.replace("{{name}}", self.name)
            .replace("{{stage}}", stage)
            .replace("{{pipeline}}", &pipeline)
            .replace("{{language}}", self.language.id())
            .replace("{{sdk-version}}", SDK_VERSION)
    }

    /// The folder of the SDK in a checkout, absolute.
    fn sdk(&self, checkout: &Path) -> Result<PathBuf, AuthorError> {
        if self.language != Language::Rust {
            return Err(AuthorError::SdkUnused(self.language.title()));
        }
        let sdk = checkout.join("plugins/sdk");
        if !sdk.join("Cargo.toml").is_file() {
            return Err(AuthorError::NoSdk(checkout.to_owned()));
        }
        fs::canonicalize(&sdk).map_err(AuthorError::file(&sdk))
    }
}

/// The version of the SDK that a Rust project asks for: it moves with Oarlock's.
const SDK_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Where a file of a template goes. Ignore files would hold in the repository of the templates,
/// too.
fn target(path: &str) -> String {
    if path == "gitignore" { ".gitignore".to_owned() } else { path.to_owned() }
}

/// A text as TOML writes it.
fn toml_string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => {
                let escape = format!("\\u{:04X}", u32::from(letter));
                quoted += &escape;
            }
            letter => quoted.push(letter),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_a_whole_project() {
        for language in Language::ALL {
            for stage in [Stage::Generator, Stage::Transformer] {
                let parent = tempfile::tempdir().unwrap();
                let scaffold = Scaffold { name: "my-plugin", language, stage, sdk: None };
                let project = scaffold.create(parent.path()).unwrap();
                assert_eq!((project.name.as_str(), project.language), ("my-plugin", language));
                for (path, text) in scaffold.files(None) {
                    assert!(!has_hole(&text), "{path} of {language:?} has a hole");
                    assert!(text.ends_with('\n'), "{path} of {language:?}");
                }
                let again = scaffold.create(parent.path()).unwrap_err();
                assert!(matches!(again, AuthorError::Exists(_)), "{again}");
                assert_eq!(crate::Case::all(&project).unwrap().len(), 2, "{language:?} {stage:?}");
            }
        }
    }

    /// Whether something is still to be filled in; other languages have double braces, too.
    fn has_hole(text: &str) -> bool {
        let is_name = |text: &str| text.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-');
        text.split("{{").skip(1).any(|rest| rest.split_once("}}").is_some_and(|(hole, _)| is_name(hole)))
    }

    #[test]
    fn names_and_checkouts_are_checked() {
        let parent = tempfile::tempdir().unwrap();
        let create = |name: &str, language, sdk: Option<&Path>| {
            Scaffold { name, language, stage: Stage::Transformer, sdk }.create(parent.path()).unwrap_err()
        };
        assert!(matches!(create("../up", Language::Go, None), AuthorError::Name(_)));
        assert!(matches!(create("a", Language::Go, Some(parent.path())), AuthorError::SdkUnused("Go")));
        assert!(matches!(create("a", Language::Rust, Some(parent.path())), AuthorError::NoSdk(_)));
        assert!(fs::read_dir(parent.path()).unwrap().next().is_none(), "nothing is left behind");
    }

    #[test]
    fn a_path_is_one_text_of_toml() {
        assert_eq!(toml_string(r#"/a "b" \c"#), r#""/a \"b\" \\c""#);
    }
}
