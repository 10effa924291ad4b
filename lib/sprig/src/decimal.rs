//! Decimal numbers of any length, as `shopspring/decimal` computes with them for `addf` and the
//! like.

use num_bigint::{BigInt, Sign};

/// Digits behind the point that a division gives.
const DIVISION_PRECISION: i64 = 16;

/// `value` times ten to the `exponent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    value: BigInt,
    exponent: i64,
}

impl Decimal {
    /// The shortest decimal that reads back as the float; none for infinities and what is no
    /// number.
    pub(super) fn from_float(float: f64) -> Option<Self> {
        if !float.is_finite() {
            return None;
        }
        let text = format!("{float:e}");
        let (mantissa, exponent) = text.split_once('e')?;
        let fraction = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let exponent = exponent.parse::<i64>().ok()? - i64::try_from(fraction).ok()?;
        Some(Self { value: mantissa.replace('.', "").parse().ok()?, exponent })
    }

    /// The nearest float.
    pub(super) fn to_float(&self) -> f64 {
        format!("{}e{}", self.value, self.exponent).parse().unwrap_or(0.0)
    }

    /// Both with the same exponent.
    fn aligned(&self, other: &Self) -> (BigInt, BigInt, i64) {
        let exponent = self.exponent.min(other.exponent);
        (self.scaled_to(exponent), other.scaled_to(exponent), exponent)
    }

    /// The value with an exponent that is not greater.
    fn scaled_to(&self, exponent: i64) -> BigInt {
        &self.value * ten_to(u32::try_from(self.exponent - exponent).unwrap_or(0))
    }

    pub(super) fn add(&self, other: &Self) -> Self {
        let (one, two, exponent) = self.aligned(other);
        Self { value: one + two, exponent }
    }

    pub(super) fn sub(&self, other: &Self) -> Self {
        let (one, two, exponent) = self.aligned(other);
        Self { value: one - two, exponent }
    }

    pub(super) fn mul(&self, other: &Self) -> Self {
        Self { value: &self.value * &other.value, exponent: self.exponent + other.exponent }
    }

    /// The quotient, rounded half away from zero; none when the other is zero.
    pub(super) fn div(&self, other: &Self) -> Option<Self> {
        if other.value.sign() == Sign::NoSign {
            return None;
        }
        let shift = self.exponent - other.exponent + DIVISION_PRECISION;
        let power = ten_to(u32::try_from(shift.unsigned_abs()).ok()?);
        let (dividend, divisor) = if shift < 0 {
            (self.value.clone(), &other.value * power)
        } else {
            (&self.value * power, other.value.clone())
        };
        let mut value = &dividend / &divisor;
        let remainder = &dividend % &divisor;
        if remainder.magnitude() * 2u32 >= *divisor.magnitude() {
            let negative = (self.value.sign() == Sign::Minus) != (other.value.sign() == Sign::Minus);
            value += if negative { -1 } else { 1 };
        }
        Some(Self { value, exponent: -DIVISION_PRECISION })
    }
}

/// A power of ten.
pub(super) fn ten_to(exponent: u32) -> BigInt {
    BigInt::from(10).pow(exponent)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn decimal(float: f64) -> Decimal {
        Decimal::from_float(float).unwrap()
    }

    #[rstest]
    #[case(0.1, 0.2, 0.3)]
    #[case(1e300, 1.0, 1e300)]
    #[case(-1.5, 0.25, -1.25)]
    fn adds_without_binary_errors(#[case] one: f64, #[case] two: f64, #[case] sum: f64) {
        assert_eq!(decimal(one).add(&decimal(two)).to_float().to_string(), sum.to_string());
    }

    #[test]
    fn divides_to_sixteen_digits() {
        let third = decimal(2.0).div(&decimal(3.0)).unwrap();
        assert_eq!(third.to_float().to_string(), "0.6666666666666667");
        assert_eq!(decimal(-7.0).div(&decimal(2.0)).unwrap().to_float().to_string(), "-3.5");
        assert!(decimal(1.0).div(&decimal(0.0)).is_none());
    }
}
