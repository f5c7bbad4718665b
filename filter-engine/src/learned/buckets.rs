//! Collects features as bucket numbers: every feature is hashed, none is remembered by name.

use super::features::View;

/// Collects bucket numbers of one view.
pub(super) struct Buckets {
    mask: u64,
    numbers: Vec<u32>,
}

impl Buckets {
    pub(super) fn new(view: View) -> Self {
        Self { mask: (1 << view.bits()) - 1, numbers: Vec::with_capacity(512) }
    }

    pub(super) fn add(&mut self, hash: u64) {
        let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.numbers.push(u32::try_from((mixed >> 40) & self.mask).unwrap_or_default());
    }

    /// A named feature.
    pub(super) fn token(&mut self, name: &str, value: &str) {
        self.add(hash(hash(SEED, name.as_bytes()), value.as_bytes()));
    }

    /// Named features, each alone and with every other.
    pub(super) fn pairs(&mut self, features: &[(&str, &str)]) {
        let hashes: Vec<u64> = features
            .iter()
            .map(|(name, value)| hash(hash(SEED, name.as_bytes()), value.as_bytes()))
            .collect();
        for (place, one) in hashes.iter().enumerate() {
            self.add(*one);
            for other in hashes.iter().skip(place + 1) {
                self.add(hash(*one, &other.to_le_bytes()));
            }
        }
    }

    /// A number, in doubling steps.
    pub(super) fn amount(&mut self, name: &str, amount: usize) {
        let step = usize::BITS - amount.leading_zeros();
        self.add(hash(hash(SEED, name.as_bytes()), &step.to_le_bytes()));
    }

    /// A proportion, in eighths.
    pub(super) fn share(&mut self, name: &str, part: usize, whole: usize) {
        let eighth = part.saturating_mul(8).checked_div(whole).unwrap_or(9);
        self.add(hash(hash(SEED, name.as_bytes()), &eighth.min(9).to_le_bytes()));
    }

    /// Every four neighbouring bytes.
    pub(super) fn grams(&mut self, name: &str, text: &[u8]) {
        let seed = hash(SEED, name.as_bytes());
        for gram in text.windows(4) {
            self.add(hash(seed, gram));
        }
    }

    pub(super) fn finish(mut self) -> Vec<u32> {
        self.numbers.sort_unstable();
        self.numbers.dedup();
        self.numbers
    }
}

pub(super) const SEED: u64 = 0xCBF2_9CE4_8422_2325;

pub(super) fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let mut state = seed ^ 0xFF51_AFD7_ED55_8CCD;
    for byte in bytes {
        state = (state ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
    }
    state ^ (state >> 29)
}
