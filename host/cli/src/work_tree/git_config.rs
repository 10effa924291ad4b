//! `safe.directory` of git's configuration: of the machine, of the user, and of the command line,
//! as git reads it.
//!
//! <https://git-scm.com/docs/git-config#Documentation/git-config.txt-safedirectory>

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// The largest file that is read.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// So deep may files include one another, as git has it.
const MAX_INCLUDES: usize = 10;

/// The environment.
type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// What git's configuration says of work trees that belong to others.
#[derive(Debug, Default)]
pub(super) struct GitConfig {
    /// The values of `safe.directory`, in order.
    safe: Vec<String>,
    home: Option<PathBuf>,
}

impl GitConfig {
    /// Reads the files that git reads whatever the repository, then the variables.
    pub(super) fn read(environment: Environment<'_>) -> Self {
        let path = |name: &str| environment(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = path("HOME");
        let mut config = Self { safe: Vec::new(), home: home.clone() };
        let no_system = environment("GIT_CONFIG_NOSYSTEM").is_some_and(|value| {
            !["", "0", "false", "no", "off"].contains(&value.to_string_lossy().to_lowercase().as_str())
        });
        if !no_system {
            config.add_file(&path("GIT_CONFIG_SYSTEM").unwrap_or_else(|| "/etc/gitconfig".into()), 0);
        }
        if environment("GIT_CONFIG_GLOBAL").is_some() {
            if let Some(file) = path("GIT_CONFIG_GLOBAL") {
                config.add_file(&file, 0);
            }
        } else {
            let xdg = path("XDG_CONFIG_HOME").or_else(|| Some(home.as_ref()?.join(".config")));
            let files = [xdg.map(|xdg| xdg.join("git/config")), home.map(|home| home.join(".gitconfig"))];
            for file in files.iter().flatten() {
                config.add_file(file, 0);
            }
        }
        let text = |name: &str| environment(name).and_then(|value| value.into_string().ok());
        let count = text("GIT_CONFIG_COUNT").and_then(|count| count.parse::<u32>().ok()).unwrap_or(0);
        // Nobody has more, and the number is not to be trusted more than the variables.
        for index in 0..count.min(10_000) {
            let Some(key) = text(&format!("GIT_CONFIG_KEY_{index}")) else { break };
            if key.eq_ignore_ascii_case("safe.directory") {
                config.safe.push(text(&format!("GIT_CONFIG_VALUE_{index}")).unwrap_or_default());
            }
        }
        config
    }

    fn add_file(&mut self, path: &Path, depth: usize) {
        let small = fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() <= MAX_FILE_BYTES);
        let Some(text) = Some(path).filter(|_| small).and_then(|path| fs::read_to_string(path).ok()) else {
            return;
        };
        // git itself refuses to work with a file that it cannot read.
        for (key, value) in entries(&text).unwrap_or_default() {
            match key.as_str() {
                "safe.directory" => self.safe.push(value),
                "include.path" if depth < MAX_INCLUDES => {
                    let beside = path.parent().unwrap_or(Path::new("/"));
                    self.add_file(&beside.join(self.expanded(&value)), depth + 1);
                }
                _ => {}
            }
        }
    }

    /// A path with `~/` as the user's home.
    fn expanded(&self, value: &str) -> PathBuf {
        match (value.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => value.into(),
        }
    }

    /// Whether a work tree, named without links, is trusted, its owner aside.
    pub(super) fn is_safe(&self, root: &Path) -> bool {
        let mut is_safe = false;
        for value in &self.safe {
            is_safe = match value.as_str() {
                // Takes back what was said before.
                "" => false,
                "*" => true,
                value => is_safe || self.names(value, root),
            };
        }
        is_safe
    }

    fn names(&self, value: &str, root: &Path) -> bool {
        let real = |path: PathBuf| fs::canonicalize(&path).unwrap_or(path);
        if let Some(above) = value.strip_suffix("/*") {
            let above = real(self.expanded(if above.is_empty() { "/" } else { above }));
            above.is_absolute() && root != above && root.starts_with(above)
        } else {
            let path = self.expanded(value);
            path.is_absolute() && real(path) == root
        }
    }
}

/// The entries of a file, by `section.key` in lower case. Sections with a name of their own are
/// left out; none if the file is none of git's.
fn entries(text: &str) -> Option<Vec<(String, String)>> {
    let mut entries = Vec::new();
    let mut section: Option<String> = None;
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { return Some(entries) };
        match first {
            '#' | ';' => rest = rest.split_once('\n').map_or("", |(_, rest)| rest),
            '[' => {
                let (name, behind) = header(&rest[1..])?;
                section = name;
                rest = behind;
            }
            _ => {
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(rest.len());
                let key = rest[..end].to_ascii_lowercase();
                let behind = rest[end..].trim_start_matches([' ', '\t', '\r']);
                if key.is_empty() || !key.starts_with(|c: char| c.is_ascii_alphabetic()) {
                    return None;
                }
                let (value, behind) = match behind.strip_prefix('=') {
                    Some(behind) => value(behind)?,
                    // A key alone is true.
                    None if behind.is_empty() || behind.starts_with(['\n', '#', ';']) => {
                        (String::new(), behind)
                    }
                    None => return None,
                };
                if let Some(section) = &section {
                    entries.push((format!("{section}.{key}"), value));
                }
                rest = behind;
            }
        }
    }
}

/// The name of a section, none if it has a second one, and what is behind it.
fn header(text: &str) -> Option<(Option<String>, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "-.".contains(c)))?;
    let name = text[..end].to_ascii_lowercase();
    let behind = text[end..].trim_start_matches([' ', '\t']);
    if let Some(behind) = behind.strip_prefix(']') {
        return Some((Some(name), behind));
    }
    let mut chars = behind.strip_prefix('"')?.char_indices();
    while let Some((index, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '"' => return behind[index + 2..].strip_prefix(']').map(|behind| (None, behind)),
            '\n' => return None,
            _ => {}
        }
    }
    None
}

/// A value and what is behind its line.
fn value(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    // How much of it stays when the blanks at its end go.
    let mut kept = 0;
    let mut is_quoted = false;
    let mut chars = text.char_indices().peekable();
    let end = loop {
        let Some((index, c)) = chars.next() else { break text.len() };
        match c {
            '\n' if is_quoted => return None,
            '\n' => break index,
            '\r' if text[index + 1..].starts_with('\n') => {}
            '#' | ';' if !is_quoted => break index,
            '"' => is_quoted = !is_quoted,
            '\\' => {
                let (index, escaped) = chars.next()?;
                match escaped {
                    'n' => value.push('\n'),
                    't' => value.push('\t'),
                    'b' => value.push('\u{8}'),
                    '"' | '\\' => value.push(escaped),
                    '\n' => continue,
                    '\r' if text[index + 1..].starts_with('\n') => {
                        chars.next();
                        continue;
                    }
                    _ => return None,
                }
                kept = value.len();
            }
            ' ' | '\t' if !is_quoted => {
                if !value.is_empty() {
                    value.push(c);
                }
            }
            _ => {
                value.push(c);
                kept = value.len();
            }
        }
    };
    if is_quoted {
        return None;
    }
    value.truncate(kept);
    Some((value, &text[end..]))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn files_are_read_as_git_reads_them() {
        for (text, expected) in [
            ("[safe]\n\tdirectory = /a b \n", Some(vec![("safe.directory", "/a b")])),
            (
                "[SAFE] Directory=/a # b\ndirectory = \"/a # b \"\n",
                Some(vec![("safe.directory", "/a"), ("safe.directory", "/a # b ")]),
            ),
            ("[safe]\ndirectory\n directory =\n", Some(vec![("safe.directory", ""), ("safe.directory", "")])),
            ("[safe \"x\\\"]\"]\ndirectory = *\n[user]\nname = a\\\n b\n", Some(vec![("user.name", "a b")])),
            ("; only\n# comments", Some(vec![])),
            ("[safe]\r\ndirectory = /a\\tb\r\n", Some(vec![("safe.directory", "/a\tb")])),
            ("[safe\ndirectory = *", None),
            ("[safe]\ndirectory = \"*\n", None),
            ("[safe]\ndirectory = \\*\n", None),
            ("[safe]\n= *\n", None),
        ] {
            let expected = expected.map(|entries: Vec<(&str, &str)>| {
                entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
            });
            assert_eq!(entries(text), expected, "{text:?}");
        }
    }

    #[test]
    fn values_name_directories() {
        let outer = tempfile::tempdir().unwrap();
        let home = outer.path().canonicalize().unwrap();
        let root = home.join("a/b");
        fs::create_dir_all(&root).unwrap();
        std::os::unix::fs::symlink("a", home.join("link")).unwrap();
        let here = |path: &str| format!("{}/{path}", home.display());
        for (values, expected) in [
            (vec![], false),
            (vec!["*".to_owned()], true),
            (vec!["*".to_owned(), String::new()], false),
            (vec![String::new(), here("a/b")], true),
            (vec![here("a/b/")], true),
            (vec![here("a")], false),
            (vec![here("a/b/*")], false),
            (vec![here("a/*")], true),
            (vec![here("*")], true),
            (vec!["/*".to_owned()], true),
            (vec![here("link/b")], true),
            (vec!["~/a/b".to_owned()], true),
            (vec!["a/b".to_owned()], false),
            (vec![here("a/bc")], false),
        ] {
            let config = GitConfig { safe: values.clone(), home: Some(home.clone()) };
            assert_eq!(config.is_safe(&root), expected, "{values:?}");
        }
    }

    #[test]
    fn files_and_variables_are_those_of_git() {
        let outer = tempfile::tempdir().unwrap();
        let write = |name: &str, value: &str| {
            let path = outer.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, format!("[safe]\ndirectory = {value}\n")).unwrap();
        };
        write(".gitconfig", "/home");
        write(".config/git/config", "/dot-config");
        write("xdg/git/config", "/xdg");
        write("system", "/system");
        write("global", "/global\n[include]\npath = included");
        write("included", "/included\n[include]\npath = included");
        let at = |name: &str| outer.path().join(name).display().to_string();
        let read = |variables: &[(&str, String)]| {
            let variables: HashMap<&str, &String> =
                variables.iter().map(|(name, value)| (*name, value)).collect();
            let mut safe = GitConfig::read(&|name| variables.get(name).map(OsString::from)).safe;
            safe.dedup();
            safe
        };
        let (home, system) = (("HOME", at("")), ("GIT_CONFIG_SYSTEM", at("system")));
        assert_eq!(read(&[home.clone(), system.clone()]), ["/system", "/dot-config", "/home"]);
        assert_eq!(
            read(&[
                home.clone(),
                system.clone(),
                ("XDG_CONFIG_HOME", at("xdg")),
                ("GIT_CONFIG_NOSYSTEM", "1".into())
            ]),
            ["/xdg", "/home"]
        );
        assert_eq!(
            read(&[home.clone(), system.clone(), ("GIT_CONFIG_GLOBAL", at("global"))]),
            ["/system", "/global", "/included"]
        );
        assert_eq!(
            read(&[
                home,
                system,
                ("GIT_CONFIG_GLOBAL", String::new()),
                ("GIT_CONFIG_COUNT", "2".into()),
                ("GIT_CONFIG_KEY_0", "user.name".into()),
                ("GIT_CONFIG_VALUE_0", "a".into()),
                ("GIT_CONFIG_KEY_1", "Safe.Directory".into()),
                ("GIT_CONFIG_VALUE_1", "*".into()),
            ]),
            ["/system", "*"]
        );
    }
}
