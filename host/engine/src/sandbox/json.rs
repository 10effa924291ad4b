//! Whether a text that a plugin gives for a manifest is one: the next plugin may trust that it is
//! one JSON object.

/// What is wrong with a text, to follow "its manifest".
pub(super) fn fault_of(json: &str) -> Option<String> {
    match serde_json::from_str::<serde::de::IgnoredAny>(json) {
        Ok(_) if json.trim_start().starts_with('{') => {
            let most = oarlock_yaml::Limits::default().depth;
            nests_deeper(json, most)
                .then(|| format!("nests deeper than the limit of {most} lists and mappings"))
        }
        Ok(_) => Some("is not a JSON object".to_owned()),
        Err(error) => Some(format!("is not JSON: {error}")),
    }
}

/// Whether lists and mappings nest deeper than a limit in a text that is known to be JSON.
fn nests_deeper(json: &str, most: usize) -> bool {
    // Most objects have too few of them.
    let begun = memchr::memchr2_iter(b'{', b'[', json.as_bytes()).take(most + 1).count();
    begun > most && depth(json) > most
}

/// How deep lists and mappings nest in a text that is known to be JSON.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let bytes = json.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => at = end_of_string(bytes, at),
            _ => {}
        }
    }
    deepest
}

/// Where a string ends that begins here, behind its quote.
fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += found + 1;
        if bytes[at - 1] == b'"' {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_that_of_lists_and_mappings_outside_of_strings() {
        for (json, expected) in
            [("{}", 1), (r#"{"a": [[], {"b": {}}], "c": 1}"#, 4), (r#"{"[{\"[{\\": "[[[["}"#, 1)]
        {
            assert_eq!(depth(json), expected, "{json}");
            assert!(nests_deeper(json, expected - 1) && !nests_deeper(json, expected), "{json}");
        }
        // As the codec counts, which prints it in the end.
        let most = oarlock_yaml::Limits::default().depth;
        for (more, is_read) in [(0, true), (1, false)] {
            let nested = most - 1 + more;
            let json = format!("{{\"a\":{}{}}}", "[".repeat(nested), "]".repeat(nested));
            assert_eq!(!nests_deeper(&json, most), is_read);
            assert_eq!(oarlock_yaml::from_json(&json).is_ok(), is_read);
        }
    }
}
