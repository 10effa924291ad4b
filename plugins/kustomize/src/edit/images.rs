//! Images as `kustomize edit set image` takes them: `[OLD=]NEW[:TAG][@DIGEST]`.

use oarlock_plugin::{Failure, Result};

use crate::transform::images::{Image, Reference};

/// Stands for what the kustomization has.
const KEEP: &str = "*";

/// Sets images, each in place of what stands there for the same image. kustomize sorts the list.
///
/// # Errors
/// If a text changes nothing of an image.
pub(super) fn set(images: &mut Vec<Image>, arguments: &[String]) -> Result<()> {
    for argument in arguments {
        let mut image = parse(argument)?;
        let mut known = Image::default();
        images.retain(|other| {
            let keep = other.name != image.name;
            if !keep {
                known.clone_from(other);
            }
            keep
        });
        for (new, old) in [
            (&mut image.new_name, known.new_name),
            (&mut image.new_tag, known.new_tag),
            (&mut image.digest, known.digest),
        ] {
            if new == KEEP {
                *new = old;
            }
        }
        images.push(image);
    }
    images.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(())
}

fn parse(argument: &str) -> Result<Image> {
    let (old, new) = match argument.split_once('=') {
        Some((old, new)) => (Some(old), new),
        None => (None, argument),
    };
    let Reference { name, tag, digest } = Reference::parse(new);
    if name == argument || old.is_some_and(str::is_empty) {
        return Err(Failure::new(format!("`{argument}` changes nothing of an image"))
            .hint("write it as `OLD=NEW`, `NAME:TAG`, `NAME@DIGEST` or `OLD=NEW:TAG@DIGEST`"));
    }
    let (name, new_name) = match old {
        Some(old) => (old.to_owned(), name.to_owned()),
        None => (name.to_owned(), String::new()),
    };
    Ok(Image { name, new_name, new_tag: tag.into_owned(), digest: digest.to_owned(), ..Image::default() })
}

/// An entry of `images` as an argument.
pub(crate) fn argument(image: &Image) -> String {
    let old = if image.new_name.is_empty() { String::new() } else { format!("{}=", image.name) };
    let new = if image.new_name.is_empty() { &image.name } else { &image.new_name };
    let reference = Reference { name: new, tag: image.new_tag.as_str().into(), digest: &image.digest };
    format!("{old}{reference}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(name: &str, new_name: &str, new_tag: &str, digest: &str) -> Image {
        Image {
            name: name.into(),
            new_name: new_name.into(),
            new_tag: new_tag.into(),
            digest: digest.into(),
            ..Image::default()
        }
    }

    fn set_all(images: &[Image], arguments: &[&str]) -> Result<Vec<Image>> {
        let mut images = images.to_vec();
        let arguments: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
        set(&mut images, &arguments)?;
        Ok(images)
    }

    #[test]
    fn arguments_are_read_as_kustomize_edit_reads_them() {
        for (argument, expected) in [
            ("node:8.15.0", image("node", "", "8.15.0", "")),
            ("mysql=mariadb", image("mysql", "mariadb", "", "")),
            ("alpine@sha256:24a0", image("alpine", "", "", "sha256:24a0")),
            ("a=r.io:5000/b:1@sha256:2", image("a", "r.io:5000/b", "1", "sha256:2")),
            ("r.io:5000/b:1", image("r.io:5000/b", "", "1", "")),
        ] {
            let set = set_all(&[], &[argument]).unwrap();
            assert_eq!(set, [expected], "{argument}");
            assert_eq!(super::argument(&set[0]), argument);
        }
        for argument in ["node", "", "=b", "r.io:5000/b"] {
            let message = set_all(&[], &[argument]).unwrap_err().message;
            assert_eq!(message, format!("`{argument}` changes nothing of an image"));
        }
    }

    #[test]
    fn what_is_set_takes_the_place_of_what_stands_there() {
        let before = [image("z", "", "1", ""), image("a", "b", "2", "sha256:3")];
        assert_eq!(
            set_all(&before, &["a=*:9@*", "m:1"]).unwrap(),
            [image("a", "b", "9", "sha256:3"), image("m", "", "1", ""), image("z", "", "1", "")]
        );
        // A star that has nothing to keep is nothing.
        assert_eq!(set_all(&[], &["n=*:1"]).unwrap(), [image("n", "", "1", "")]);
    }
}
