//! Numbers as they are written, held against one another exactly.

use std::cmp::Ordering;
use std::fmt;

use num_bigint::{BigInt, Sign};

/// `digits` times ten to the `exponent`, the last digit not being a zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    digits: BigInt,
    exponent: i64,
}

impl Decimal {
    /// The number that a text of JSON is; none where its exponent is beyond all measure.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let written = format!("{whole}{fraction}");
        let kept = written.trim_end_matches('0');
        let digits: BigInt = if kept.is_empty() || kept == "-" { BigInt::ZERO } else { kept.parse().ok()? };
        if digits == BigInt::ZERO {
            return Some(Self { digits, exponent: 0 });
        }
        let exponent = exponent.parse::<i64>().ok().filter(|exponent| exponent.unsigned_abs() < 1 << 40)?;
        let dropped = i64::try_from(written.len() - kept.len()).ok()?;
        let behind = i64::try_from(fraction.len()).ok()?;
        Some(Self { digits, exponent: exponent + dropped - behind })
    }

    pub(crate) fn is_integer(&self) -> bool {
        self.exponent >= 0
    }

    /// The nearest float.
    pub(crate) fn to_float(&self) -> f64 {
        self.to_string().parse().unwrap_or_default()
    }

    /// A count, as far as it can be one.
    pub(crate) fn to_count(&self) -> Option<usize> {
        let count = self.to_float();
        let is_count = self.is_integer() && (0.0..9e15).contains(&count);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be a count")]
        is_count.then_some(count as usize)
    }

    /// Whether it is so many times the other.
    pub(crate) fn is_multiple_of(&self, other: &Self) -> bool {
        let shift = self.exponent - other.exponent;
        if other.digits == BigInt::ZERO {
            return false;
        }
        let divisor = BigInt::from(other.digits.magnitude().clone());
        if shift >= 0 {
            let scale = BigInt::from(10).modpow(&BigInt::from(shift), &divisor);
            return (&self.digits * scale) % divisor == BigInt::ZERO;
        }
        // The digits end with no zero: nothing that needs more places can be a multiple of what
        // needs fewer, except for zero.
        self.digits == BigInt::ZERO
            || (-shift) < 1000 && {
                let scale = BigInt::from(10).pow(u32::try_from(-shift).unwrap_or(u32::MAX));
                &self.digits % (divisor * scale) == BigInt::ZERO
            }
    }

    /// The power of ten that the number is below.
    fn magnitude(&self) -> i64 {
        let digits = self.digits.magnitude().to_string().len();
        self.exponent + i64::try_from(digits).unwrap_or(i64::MAX)
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let signs = self.digits.sign().cmp(&other.digits.sign());
        if signs != Ordering::Equal || self.digits.sign() == Sign::NoSign {
            return signs;
        }
        let magnitudes = self.magnitude().cmp(&other.magnitude());
        if magnitudes != Ordering::Equal {
            return if self.digits.sign() == Sign::Minus { magnitudes.reverse() } else { magnitudes };
        }
        let exponent = self.exponent.min(other.exponent);
        let scaled = |number: &Self| {
            // Numbers of one magnitude differ in their exponents by no more than they have digits.
            &number.digits * BigInt::from(10).pow(u32::try_from(number.exponent - exponent).unwrap_or(0))
        };
        scaled(self).cmp(&scaled(other))
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}e{}", self.digits, self.exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn compares() {
        for (less, more) in [("1", "1.5"), ("-2", "-1"), ("9e2", "1E3"), ("0", "1e-400"), ("-1", "0.0")] {
            assert!(decimal(less) < decimal(more), "{less} {more}");
        }
        for (one, same) in [("1", "1.0"), ("100", "1e2"), ("0", "-0.00"), ("1.50", "15e-1")] {
            assert_eq!(decimal(one), decimal(same));
        }
        assert_eq!(Decimal::parse("1e99999999999999999999"), None);
    }

    #[test]
    fn divides() {
        for (number, of, expected) in [
            ("0.3", "0.1", true),
            ("0.35", "0.1", false),
            ("7", "2", false),
            ("7e1", "2", true),
            ("0", "3", true),
            ("1e308", "0.123456789", false),
            ("25", "2.5", true),
            ("5", "1e3", false),
            ("12391239123", "1e-8", true),
        ] {
            assert_eq!(decimal(number).is_multiple_of(&decimal(of)), expected, "{number} {of}");
        }
    }
}
