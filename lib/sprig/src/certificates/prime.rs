//! Random primes, found fast in a sandbox.
//!
//! Nearly all of the work for an RSA or DSA key is to find primes. Candidates lie in a progression
//! from a random start; a sieve takes out those with a small factor, one round of Miller-Rabin with
//! base 2 nearly all of the others, and a few rounds with random bases make sure of the one that is
//! left.
//!
//! Time depends on the numbers, which would be wrong for keys that have to be kept secret. Those
//! made here follow from the seed, so everyone who can read the repository can make them again.

mod montgomery;

use rand_chacha::rand_core::RngCore;
use rsa::BigUint;

use montgomery::Modulus;

/// Candidates are sieved by the primes below this: more of them would cost more than the rounds
/// that they save.
const SIEVE_LIMIT: usize = 1 << 16;

/// So many candidates are sieved at once. A prime of 2048 bits is among the first 1,420 on average,
/// and among these all but always.
const CANDIDATES: usize = 1 << 14;

/// A random prime of a size, whose two highest bits are set, so that the product of two has twice
/// as many bits.
pub(super) fn random(rng: &mut impl RngCore, bits: usize) -> BigUint {
    let one = BigUint::from(1_u8);
    let fixed = &one | (&one << (bits - 1)) | (&one << (bits - 2));
    loop {
        let start = random_bits(rng, bits) | &fixed;
        // From a start near its end a progression may leave the range.
        if let Some(prime) = first(rng, &start, &BigUint::from(2_u8)).filter(|prime| prime.bits() == bits) {
            return prime;
        }
    }
}

/// A random number of at most so many bits.
pub(super) fn random_bits(rng: &mut impl RngCore, bits: usize) -> BigUint {
    let mut bytes = vec![0; bits.div_ceil(8)];
    rng.fill_bytes(&mut bytes);
    BigUint::from_bytes_be(&bytes) >> (bytes.len() * 8 - bits)
}

/// The first prime of a progression, if it comes soon.
pub(super) fn first(rng: &mut impl RngCore, start: &BigUint, step: &BigUint) -> Option<BigUint> {
    let composite = sieve(start, step);
    let candidates = (0..CANDIDATES).filter(|index| !composite[*index]);
    candidates.map(|index| start + step * BigUint::from(index)).find(|candidate| is_prime(rng, candidate))
}

/// Which of the candidates have a small factor. The candidates themselves must be larger than the
/// primes of the sieve.
fn sieve(start: &BigUint, step: &BigUint) -> Vec<bool> {
    let mut composite = vec![false; CANDIDATES];
    let (start, step) = (start.to_bytes_be(), step.to_bytes_be());
    for prime in small_primes() {
        let (from, by) = (remainder(&start, prime), remainder(&step, prime));
        // from + index * by = 0; a step of nothing leads nowhere.
        let Some(inverse) = inverse(by, prime) else { continue };
        let index = u64::from(prime - from) * u64::from(inverse) % u64::from(prime);
        let index = usize::try_from(index).unwrap_or(CANDIDATES);
        let stride = usize::try_from(prime).unwrap_or(CANDIDATES);
        for index in (index..CANDIDATES).step_by(stride) {
            composite[index] = true;
        }
    }
    composite
}

/// The odd primes below the limit of the sieve.
fn small_primes() -> impl Iterator<Item = u32> {
    let mut composite = vec![false; SIEVE_LIMIT];
    (3..SIEVE_LIMIT).step_by(2).filter_map(move |number| {
        if composite[number] {
            return None;
        }
        for multiple in (number * number..SIEVE_LIMIT).step_by(2 * number) {
            composite[multiple] = true;
        }
        u32::try_from(number).ok()
    })
}

/// What is left of a number in big-endian bytes.
fn remainder(bytes: &[u8], divisor: u32) -> u32 {
    let divisor = u64::from(divisor);
    let (first, words) = bytes.as_rchunks::<4>();
    let first = first.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)) % divisor;
    let rest =
        words.iter().fold(first, |rest, word| (rest << 32 | u64::from(u32::from_be_bytes(*word))) % divisor);
    u32::try_from(rest).unwrap_or(0)
}

/// The inverse of a number modulo a prime; zero has none.
fn inverse(number: u32, prime: u32) -> Option<u32> {
    let (mut old, mut new) = ((i64::from(prime), 0), (i64::from(number), 1));
    while new.0 != 0 {
        let quotient = old.0 / new.0;
        (old, new) = (new, (old.0 - quotient * new.0, old.1 - quotient * new.1));
    }
    if old.0 == 1 { u32::try_from(old.1.rem_euclid(i64::from(prime))).ok() } else { None }
}

/// Whether a random odd number is prime; that it is wrong is less likely than 1 in 2^100.
///
/// The rounds are those of Go's `crypto/rsa` and of FIPS 186-5, appendix B.3, for numbers that are
/// chosen at random, not by an adversary.
fn is_prime(rng: &mut impl RngCore, number: &BigUint) -> bool {
    let rounds = match number.bits() {
        1345.. => 4,
        476.. => 5,
        400.. => 6,
        308.. => 8,
        _ => 27,
    };
    let modulus = Modulus::new(number);
    // Zero is no base: it passes for no number.
    let mut base = || below(rng, &(number - 1_u8)) + 1_u8;
    modulus.passes_with_two() && (0..rounds).all(|_| modulus.passes_with(&base()))
}

/// A random number below a bound.
pub(super) fn below(rng: &mut impl RngCore, bound: &BigUint) -> BigUint {
    loop {
        let number = random_bits(rng, bound.bits());
        if number < *bound {
            return number;
        }
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    fn is_prime(number: &BigUint) -> bool {
        super::is_prime(&mut ChaCha20Rng::seed_from_u64(0), number)
    }

    /// The number 2^exponent - less.
    fn below_power(exponent: usize, less: u32) -> BigUint {
        (BigUint::from(1_u8) << exponent) - less
    }

    #[test]
    fn tells_primes_from_other_numbers() {
        for number in (17_u32..5_000).step_by(2) {
            let divides = |divisor: &u32| number % divisor == 0;
            assert_eq!(is_prime(&number.into()), !(2..number).any(|n| divides(&n)), "{number}");
        }
        // Exponents of Mersenne's primes, and of numbers that are none.
        for exponent in [61, 89, 107, 127, 521, 607, 1279, 2203] {
            assert!(is_prime(&below_power(exponent, 1)), "{exponent}");
        }
        for exponent in [67, 101, 257, 523, 1277, 2207] {
            assert!(!is_prime(&below_power(exponent, 1)), "{exponent}");
        }
        // Primes just below powers of two, and their products.
        let primes =
            [below_power(64, 59), below_power(128, 159), below_power(256, 189), below_power(512, 569)];
        for prime in &primes {
            assert!(is_prime(prime), "{prime}");
            for other in &primes {
                assert!(!is_prime(&(prime * other)), "{prime} {other}");
            }
        }
    }

    /// Numbers that pass a round with base 2, and those that are all but prime in another sense,
    /// due to Carmichael.
    #[test]
    fn is_not_deceived_by_pseudoprimes() {
        for number in
            [2047_u64, 3277, 4033, 4681, 8321, 15841, 29341, 3_215_031_751, 3_825_123_056_546_413_051]
        {
            assert!(Modulus::new(&number.into()).passes_with_two(), "{number}");
            assert!(!is_prime(&number.into()), "{number}");
        }
        for number in [561_u64, 1105, 1729, 2465, 2821, 6601, 8911, 1_436_697_831_295_441] {
            assert!(!is_prime(&number.into()), "{number}");
        }
    }

    #[test]
    fn the_sieve_takes_out_what_has_a_small_factor() {
        let start = below_power(100, 1);
        for step in [2_u32, 6, 2 * 65_521] {
            let composite = sieve(&start, &step.into());
            // A prime that divides the step divides all of the candidates or none.
            let primes: Vec<u32> = small_primes().filter(|prime| step % prime != 0).collect();
            for (index, composite) in composite.into_iter().enumerate().take(300) {
                let number = &start + BigUint::from(index) * step;
                let has_factor = primes.iter().any(|prime| (&number % *prime) == BigUint::from(0_u8));
                assert_eq!(composite, has_factor, "{step} {index}");
            }
        }
    }

    #[test]
    fn random_primes_have_their_size() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        for bits in [64, 65, 71, 128, 256, 515] {
            let prime = random(&mut rng, bits);
            assert_eq!((prime.bits(), (&prime * &prime).bits()), (bits, 2 * bits));
            assert!(is_prime(&prime));
        }
    }
}
