//! Random numbers that are the same in each call.

use super::super::state::CallState;
use super::bindings::wasi::random::{insecure, insecure_seed, random};

/// What random numbers come from.
const SEED: [u8; 16] = *b"oarlock's seed 1";

/// The most random bytes that one call of the host gives.
const MAX_BYTES: u64 = 1 << 20;

/// The bytes of the seed, over and over.
#[derive(Default)]
pub(super) struct Seeded {
    next: usize,
}

impl Seeded {
    fn word(&mut self) -> u32 {
        let at = self.next;
        self.next = (at + 4) % SEED.len();
        u32::from_be_bytes([SEED[at], SEED[at + 1], SEED[at + 2], SEED[at + 3]])
    }

    fn number(&mut self) -> u64 {
        let high = u64::from(self.word());
        (high << 32) | u64::from(self.word())
    }

    /// Bytes, each the last of a word, so that output stays what it was.
    fn bytes(&mut self, length: u64) -> wasmtime::Result<Vec<u8>> {
        if length > MAX_BYTES {
            let message = format!("asks for {length} random bytes at once, the most are {MAX_BYTES}");
            return Err(wasmtime::Error::msg(message));
        }
        Ok((0..length).map(|_| self.word().to_be_bytes()[3]).collect())
    }
}

impl random::Host for CallState {
    fn get_random_bytes(&mut self, length: u64) -> wasmtime::Result<Vec<u8>> {
        self.wasi.inner().random.bytes(length)
    }

    fn get_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(self.wasi.inner().random.number())
    }
}

impl insecure::Host for CallState {
    fn get_insecure_random_bytes(&mut self, length: u64) -> wasmtime::Result<Vec<u8>> {
        self.wasi.inner().insecure_random.bytes(length)
    }

    fn get_insecure_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(self.wasi.inner().insecure_random.number())
    }
}

impl insecure_seed::Host for CallState {
    fn insecure_seed(&mut self) -> wasmtime::Result<(u64, u64)> {
        let [low, high] = [0, 8].map(|at| {
            let bytes = std::array::from_fn(|index| SEED[at + index]);
            u64::from_le_bytes(bytes)
        });
        Ok((low, high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_bytes_come_from_the_seed_alone() {
        let mut seeded = Seeded::default();
        assert_eq!(seeded.number(), u64::from_be_bytes(*b"oarlock'"));
        assert_eq!(seeded.bytes(3).unwrap(), b"e1l");
        assert_eq!(seeded.number(), u64::from_be_bytes(*b"ock's se"));
        assert!(seeded.bytes(MAX_BYTES + 1).is_err());
    }
}
