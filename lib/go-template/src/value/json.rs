//! Values from JSON. Numbers are floats.

use oarlock_go::json::{Scalar, Tree};

use super::{List, Map, Str, Value};

impl Tree for Value {
    fn of(scalar: Scalar) -> Self {
        match scalar {
            Scalar::Null => Self::Nil,
            Scalar::Bool(value) => Self::Bool(value),
            Scalar::Text(text) => Self::string(text),
        }
    }

    fn number(text: &str) -> Option<Self> {
        text.parse().ok().filter(|number: &f64| number.is_finite()).map(Self::Float)
    }

    fn list(items: Vec<Self>) -> Self {
        List::new(items).into()
    }

    fn object(entries: Vec<(String, Self)>) -> Self {
        entries.into_iter().map(|(key, value)| (Str::from(key), value)).collect::<Map>().into()
    }
}

#[cfg(test)]
mod tests {
    use oarlock_go::json::{Read, read};

    use super::*;
    use crate::fmt;

    #[test]
    fn the_last_one_of_equal_keys_counts() {
        let Read { value, unfit } = read::<Value>(br#"{"b": [1.5, null], "a": 1, "a": "x"}"#).unwrap();
        assert_eq!(fmt::sprint(&[value]).unwrap(), "map[a:x b:[1.5 <nil>]]");
        assert_eq!(unfit, None);
    }
}
