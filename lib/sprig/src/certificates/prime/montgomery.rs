//! Powers modulo an odd number, after Montgomery.
//!
//! WebAssembly has no carry, and no product of 64 by 64 bits in 128: a library's usual digits of 64
//! bits cost four products each, digits of 32 bits a chain of carries. With digits of 28 bits all
//! products of a column add up in 64 bits, one independent of the other, and only then is there a
//! carry. Measured in the sandbox, a key is made ten times as fast as by the library for RSA.

use rsa::BigUint;

const DIGIT_BITS: usize = 28;
const MASK: u32 = (1 << DIGIT_BITS) - 1;

/// So many digits are multiplied at once, so that each is loaded for as many products. Numbers have
/// a multiple of so many.
const BLOCK: usize = 4;

/// With 120 digits, up to here, no column overflows: it has twice as many products of 56 bits as
/// there are digits, and a carry.
const MAX_BITS: usize = 3_356;

/// A digit of a number, or several with the least first.
type Digit = u32;

/// An odd modulus n, and the numbers of which Montgomery's form is needed.
///
/// With R = 2^28 to the count of digits, a number x stands for x·R⁻¹. R is more than 16 times n, so
/// a product of numbers below 4n is reduced to one below 2n, and nothing has to be subtracted on
/// the way.
pub(super) struct Modulus {
    digits: Vec<Digit>,
    /// -n⁻¹ modulo 2^28.
    inverse: Digit,
    one: Vec<Digit>,
    minus_one: Vec<Digit>,
    /// The bits of an odd number, the highest first, that makes n - 1 by so many doublings.
    odd: Vec<bool>,
    twos: usize,
}

impl Modulus {
    /// For an odd number above 1.
    pub(super) fn new(number: &BigUint) -> Self {
        assert!(number.bits() <= MAX_BITS, "keys have at most 4096 bits, and their primes half as many");
        let count = (number.bits() + 4).div_ceil(DIGIT_BITS).next_multiple_of(BLOCK);
        let digits = to_digits(number, count);
        // Newton's iteration doubles the bits that are right, which are three at first.
        let inverse = (0..4).fold(digits[0], |inverse, _| {
            inverse.wrapping_mul(2_u32.wrapping_sub(digits[0].wrapping_mul(inverse)))
        });
        let one = (BigUint::from(1_u8) << (count * DIGIT_BITS)) % number;
        let even = number - 1_u8;
        let twos = even.trailing_zeros().unwrap_or(0);
        let odd = (even >> twos).to_bytes_be();
        let bits = odd.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1));
        Self {
            inverse: inverse.wrapping_neg() & MASK,
            minus_one: to_digits(&(number - &one), count),
            one: to_digits(&one, count),
            odd: bits.skip_while(|bit| !bit).collect(),
            twos,
            digits,
        }
    }

    /// A round of Miller-Rabin with base 2, in which to multiply by the base is to double.
    pub(super) fn passes_with_two(&self) -> bool {
        self.passes(|power, _| {
            let mut carry = 0;
            for digit in power {
                let twice = *digit << 1 | carry;
                *digit = twice & MASK;
                carry = twice >> DIGIT_BITS;
            }
        })
    }

    /// A round of Miller-Rabin with the base that a number below the modulus stands for. If the one
    /// is random, so is the other.
    pub(super) fn passes_with(&self, base: &BigUint) -> bool {
        let base = to_digits(base, self.digits.len());
        self.passes(|power, columns| self.multiply(power, &base, columns))
    }

    /// A round of Miller-Rabin by a function that multiplies by the base, and may leave the product
    /// below 4n.
    fn passes(&self, times_base: impl Fn(&mut [Digit], &mut [u64])) -> bool {
        let mut power = self.one.clone();
        let mut columns = vec![0; 2 * power.len()];
        for bit in &self.odd {
            self.square(&mut power, &mut columns);
            if *bit {
                times_base(&mut power, &mut columns);
            }
        }
        self.bring_down(&mut power);
        if power == self.one || power == self.minus_one {
            return true;
        }
        (1..self.twos).any(|_| {
            self.square(&mut power, &mut columns);
            self.bring_down(&mut power);
            power == self.minus_one
        })
    }

    /// Replaces a number by its square. Columns are where the work is done.
    fn square(&self, number: &mut [Digit], columns: &mut [u64]) {
        columns.fill(0);
        for start in (0..number.len()).step_by(BLOCK) {
            let (block, rest) = number[start..].split_at(BLOCK);
            let columns = &mut columns[2 * start..];
            let block = wide(block);
            for (one, digit) in block.into_iter().enumerate() {
                for (other, factor) in block.into_iter().enumerate() {
                    columns[one + other] += digit * factor;
                }
            }
            // Products of different digits come twice.
            add_product(&mut columns[BLOCK..], block.map(|digit| 2 * digit), [0; BLOCK], rest);
        }
        self.reduce(columns, number);
    }

    /// Multiplies a number by another one.
    fn multiply(&self, number: &mut [Digit], by: &[Digit], columns: &mut [u64]) {
        columns.fill(0);
        for (index, block) in number.chunks_exact(BLOCK).enumerate() {
            add_product(&mut columns[index * BLOCK..], wide(block), [0; BLOCK], by);
        }
        self.reduce(columns, number);
    }

    /// Divides by R: a multiple of the modulus is added that makes the lower half of the columns
    /// zero, and the upper half is what is left.
    fn reduce(&self, columns: &mut [u64], out: &mut [Digit]) {
        let count = self.digits.len();
        let (first, rest) = self.digits.split_at(BLOCK);
        let first = wide(first);
        for start in (0..count).step_by(BLOCK) {
            let mut multiple = [0; BLOCK];
            for index in 0..BLOCK {
                let column = start + index;
                let digit = low_bits(columns[column]).wrapping_mul(self.inverse) & MASK;
                multiple[index] = u64::from(digit);
                for (above, factor) in first[..BLOCK - index].iter().enumerate() {
                    columns[column + above] += multiple[index] * factor;
                }
                columns[column + 1] += columns[column] >> DIGIT_BITS;
            }
            add_product(&mut columns[start + BLOCK..], multiple, first, rest);
        }
        let mut carry = 0;
        for (digit, column) in out.iter_mut().zip(&columns[count..]) {
            let sum = column + carry;
            *digit = low_bits(sum);
            carry = sum >> DIGIT_BITS;
        }
    }

    /// Makes a number below 4n the least that is equal to it.
    fn bring_down(&self, number: &mut [Digit]) {
        while number.iter().rev().ge(self.digits.iter().rev()) {
            let mut borrow = 0;
            for (digit, subtract) in number.iter_mut().zip(&self.digits) {
                let difference = digit.wrapping_sub(subtract + borrow);
                *digit = difference & MASK;
                borrow = difference >> 31;
            }
        }
    }
}

/// Adds the product of a block and a number to columns, but not that of the block and the digits
/// before the number.
fn add_product(columns: &mut [u64], block: [u64; BLOCK], before: [u64; BLOCK], number: &[Digit]) {
    let [one, two, three, four] = block;
    // The last digits before, the nearest first.
    let mut past = [before[3], before[2], before[1]];
    let (blocks, last) = columns.split_at_mut(number.len());
    for (columns, digits) in blocks.as_chunks_mut::<BLOCK>().0.iter_mut().zip(number.as_chunks::<BLOCK>().0) {
        let digits = digits.map(u64::from);
        columns[0] += one * digits[0] + two * past[0] + three * past[1] + four * past[2];
        columns[1] += one * digits[1] + two * digits[0] + three * past[0] + four * past[1];
        columns[2] += one * digits[2] + two * digits[1] + three * digits[0] + four * past[0];
        columns[3] += one * digits[3] + two * digits[2] + three * digits[1] + four * digits[0];
        past = [digits[3], digits[2], digits[1]];
    }
    let sums =
        [two * past[0] + three * past[1] + four * past[2], three * past[0] + four * past[1], four * past[0]];
    for (column, sum) in last.iter_mut().zip(sums) {
        *column += sum;
    }
}

fn wide(block: &[Digit]) -> [u64; BLOCK] {
    std::array::from_fn(|index| u64::from(block[index]))
}

#[allow(clippy::cast_possible_truncation)] // what is cut off is the carry
fn low_bits(sum: u64) -> Digit {
    sum as Digit & MASK
}

fn to_digits(number: &BigUint, count: usize) -> Vec<Digit> {
    let mut digits = vec![0; count];
    for (index, byte) in number.to_bytes_le().into_iter().enumerate() {
        let (at, shift) = (index * 8 / DIGIT_BITS, index * 8 % DIGIT_BITS);
        let bits = u64::from(byte) << shift;
        digits[at] |= low_bits(bits);
        // A byte that lies across two digits is never the last of the number's, whose digits have
        // room to spare.
        if bits >> DIGIT_BITS != 0 {
            digits[at + 1] |= low_bits(bits >> DIGIT_BITS);
        }
    }
    digits
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::super::{below, random_bits};
    use super::*;

    fn number(digits: &[Digit]) -> BigUint {
        digits.iter().rev().fold(BigUint::from(0_u8), |number, digit| (number << DIGIT_BITS) + *digit)
    }

    /// Holds products and squares of two numbers below 4n against those of the library.
    fn agrees(n: &BigUint, a: &BigUint, b: &BigUint) {
        let modulus = Modulus::new(n);
        let count = modulus.digits.len();
        let r = BigUint::from(1_u8) << (count * DIGIT_BITS);
        assert_eq!(number(&modulus.one), &r % n);
        let mut columns = vec![7; 2 * count];
        let (mut product, mut square) = (to_digits(a, count), to_digits(a, count));
        assert_eq!(number(&product), *a);
        modulus.multiply(&mut product, &to_digits(b, count), &mut columns);
        modulus.square(&mut square, &mut columns);
        for (out, expected) in [(product, a * b), (square, a * a)] {
            assert!(number(&out) < n << 1);
            assert_eq!(number(&out) * &r % n, expected % n);
        }
        let mut least = to_digits(a, count);
        modulus.bring_down(&mut least);
        assert_eq!(number(&least), a % n);
    }

    #[test]
    fn products_are_those_of_another_library() {
        let mut rng = ChaCha20Rng::seed_from_u64(0);
        for bits in [2, 7, 27, 28, 29, 52, 53, 108, 109, 255, 1024, 2048, MAX_BITS] {
            for _ in 0..20 {
                let n =
                    random_bits(&mut rng, bits) | BigUint::from(1_u8) | (BigUint::from(1_u8) << (bits - 1));
                let bound = &n << 2;
                agrees(&n, &below(&mut rng, &bound), &below(&mut rng, &bound));
            }
        }
    }

    /// The largest numbers of the largest size, whose columns are the fullest.
    #[test]
    fn no_column_overflows() {
        let n = (BigUint::from(1_u8) << MAX_BITS) - 1_u8;
        let most = (&n << 2) - 1_u8;
        agrees(&n, &most, &most);
    }
}
