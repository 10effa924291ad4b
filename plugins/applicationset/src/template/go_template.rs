//! Go templates with the options of `goTemplateOptions`. Each string is a template of its own.

use std::collections::HashMap;
use std::rc::Rc;

use oarlock_go_template::{
    Context, Error, ErrorKind as TemplateErrorKind, Functions, Limits, Map, MissingKey, Options, Templates,
    Value,
};

use super::functions;
use crate::error::{ErrorKind, ExpandError, Result};

/// Name of every template, as messages show it.
const NAME: &str = "base";
/// How many parsed templates are kept: those of one ApplicationSet, and of what a matrix made of
/// it.
const MAX_PARSED: usize = 2_000;
/// How much all templates of one ApplicationSet may do together.
const LIMITS: Limits = Limits { depth: 100, steps: 20_000_000, output_bytes: 64 << 20, items: 1_000_000 };

/// What to do about missing keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MissingKeys {
    /// As `goTemplateOptions` say.
    AsConfigured,
    /// They are errors.
    Refused,
}

/// What executions borrow.
pub(crate) struct GoTemplate {
    functions: Functions,
    state: functions::ExpansionState,
    strict_state: functions::ExpansionState,
}

/// The executor.
pub(crate) struct GoTemplates<'e> {
    functions: &'e Functions,
    context: Context<'e>,
    strict: Context<'e>,
    /// The option that is none, if there is one: found out when the first template is executed.
    bad_option: Option<String>,
    parsed: HashMap<String, Rc<Templates>>,
}

impl GoTemplate {
    pub(crate) fn new() -> Self {
        Self {
            functions: functions::all(),
            state: functions::ExpansionState::default(),
            strict_state: functions::ExpansionState::default(),
        }
    }

    /// The executor with these `goTemplateOptions`; the last one counts.
    pub(crate) fn executor<'e>(&'e mut self, options: &[&str]) -> GoTemplates<'e> {
        let mut missing_key = MissingKey::Invalid;
        let mut bad_option = None;
        for option in options {
            match *option {
                "missingkey=default" | "missingkey=invalid" => missing_key = MissingKey::Invalid,
                "missingkey=zero" => missing_key = MissingKey::Zero,
                "missingkey=error" => missing_key = MissingKey::Error,
                other => {
                    bad_option.get_or_insert_with(|| other.to_owned());
                }
            }
        }
        let settings = |missing_key| Options { missing_key, limits: LIMITS, name: NAME.to_owned() };
        let none = Rc::new(Templates::new());
        let functions = &self.functions;
        GoTemplates {
            functions,
            context: Context::new(none.clone(), functions, &mut self.state, settings(missing_key)),
            strict: Context::new(none, functions, &mut self.strict_state, settings(MissingKey::Error)),
            bad_option,
            parsed: HashMap::new(),
        }
    }
}

impl GoTemplates<'_> {
    /// Executes a text.
    ///
    /// # Errors
    /// If it is no template, or as Go's executor says.
    pub(crate) fn execute(&mut self, text: &str, params: &Map, missing: MissingKeys) -> Result<String> {
        self.check_options()?;
        self.run(text, params, missing).map_err(|error| failure(text, &error))
    }

    /// Executes a text whose keys must all be there; where one is missing the text is kept.
    ///
    /// # Errors
    /// As [`execute`](Self::execute), but for missing keys.
    pub(crate) fn execute_or_keep(&mut self, text: &str, params: &Map) -> Result<String> {
        self.check_options()?;
        match self.run(text, params, MissingKeys::Refused) {
            // Argo CD looks for these words in the whole message, in which the template stands,
            // too.
            Err(error)
                if !matches!(error.kind(), TemplateErrorKind::Limit(_))
                    && [text, error.message()].iter().any(|text| {
                        text.contains("map has no entry for key") || text.contains("can't evaluate field")
                    }) =>
            {
                Ok(text.to_owned())
            }
            result => result.map_err(|error| failure(text, &error)),
        }
    }

    fn check_options(&self) -> Result<()> {
        match &self.bad_option {
            None => Ok(()),
            Some(option) => Err(ExpandError::new(
                ErrorKind::ControllerPanic,
                format!("`{option}` in `goTemplateOptions` is no option of Go templates"),
            )),
        }
    }

    fn run(&mut self, text: &str, params: &Map, missing: MissingKeys) -> Result<String, Error> {
        if text.is_empty() {
            return Ok(String::new());
        }
        let templates = if let Some(templates) = self.parsed.get(text) {
            templates.clone()
        } else {
            let mut templates = Templates::new();
            templates.parse(NAME, text, self.functions)?;
            if self.parsed.len() >= MAX_PARSED {
                self.parsed.clear();
            }
            let templates = Rc::new(templates);
            self.parsed.insert(text.to_owned(), templates.clone());
            templates
        };
        let context = match missing {
            MissingKeys::AsConfigured => &mut self.context,
            MissingKeys::Refused => &mut self.strict,
        };
        let data = Value::Map(params.clone());
        context
            .with_templates(templates, |context| context.execute(NAME, &data))
            .map(|text| text.to_text().into_owned())
    }
}

fn failure(text: &str, error: &Error) -> ExpandError {
    let (kind, what) = match error.kind() {
        TemplateErrorKind::Limit(_) => (ErrorKind::Limit, "failed to execute"),
        TemplateErrorKind::Parse => (ErrorKind::Template, "failed to parse"),
        _ => (ErrorKind::Template, "failed to execute"),
    };
    ExpandError::new(kind, format!("{what} the template `{}`: {}", shown(text), error.message()))
}

/// A template as messages show it: not more than a few lines.
fn shown(text: &str) -> &str {
    const MAX_SHOWN: usize = 300;
    if text.len() <= MAX_SHOWN {
        return text;
    }
    let end = (0..=MAX_SHOWN).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::json::to_map;

    fn run(text: &str, options: &[&str]) -> Result<String> {
        let params = json!({"name": "x", "n": 7, "m": {"k": "v"}, "l": ["a", {"b": null}]});
        let mut template = GoTemplate::new();
        let mut templates = template.executor(options);
        templates.execute(text, &to_map(params.as_object().unwrap()), MissingKeys::AsConfigured)
    }

    #[rstest]
    #[case("{{ .name }}-{{ .m.k }}", "x-v")]
    #[case("{{ .nope }}", "<no value>")]
    #[case("{{ .n }} {{ 1000000.0 }}", "7 1e+06")]
    #[case("{{ .name | upper | quote }}", "\"X\"")]
    #[case("{{ normalize \"A_b\" }} {{ slugify 5 true \"ab cd ef\" }}", "a-b ab-cd")]
    #[case("{{ .m | toYaml }}|{{ toYaml .l }}", "k: v|- a\n- b: null")]
    #[case("{{ (fromYaml \"a: {b: 1}\").a.b }}{{ index (fromYamlArray \"[x, z]\") 1 }}", "1z")]
    #[case("{{ (fromJson \"[1, 2]\") }}{{ fromJson \"{\" }}", "[1 2]<no value>")]
    fn texts(#[case] text: &str, #[case] executed: &str) {
        assert_eq!(run(text, &[]).unwrap(), executed);
    }

    #[rstest]
    #[case("{{ include \"a\" . }}")]
    #[case("{{ tpl \"a\" . }}")]
    #[case("{{ lookup \"v1\" \"Pod\" \"\" \"\" }}")]
    #[case("{{ env \"HOME\" }}")]
    #[case("{{ expandenv \"HOME\" }}")]
    #[case("{{ getHostByName \"localhost\" }}")]
    #[case("{{ required \"a\" . }}")]
    #[case("{{ toToml . }}")]
    #[case("{{ mustToYaml . }}")]
    #[case("{{ fromYaml \"- a\" }}")]
    #[case("{{ fromYamlArray \"a: b\" }}")]
    #[case("{{ slugify 1 2 }}")]
    fn refused(#[case] text: &str) {
        assert_eq!(run(text, &[]).unwrap_err().kind, ErrorKind::Template);
    }

    #[test]
    fn options() {
        assert!(run("{{ .nope }}", &["missingkey=zero", "missingkey=error"]).is_err());
        assert_eq!(run("{{ .nope }}", &["missingkey=error", "missingkey=zero"]).unwrap(), "<no value>");
        assert_eq!(run("a", &["missingkey=maybe"]).unwrap_err().kind, ErrorKind::ControllerPanic);
    }

    #[test]
    fn what_takes_long_is_stopped() {
        let text = "{{ range until 10000 }}{{ range until 10000 }}x{{ end }}{{ end }}";
        assert_eq!(run(text, &[]).unwrap_err().kind, ErrorKind::Limit);
    }

    #[test]
    fn keys_of_another_pass_are_kept() {
        let mut template = GoTemplate::new();
        let mut templates = template.executor(&[]);
        let params: Map = [("app", "web")].into_iter().collect();
        let mut run = |text| templates.execute_or_keep(text, &params);
        assert_eq!(run("{{ .app }}").unwrap(), "web");
        assert_eq!(run("{{ .app }}-{{ .name }}").unwrap(), "{{ .app }}-{{ .name }}");
        assert!(run("{{ fail \"no\" }}").is_err());
    }
}
