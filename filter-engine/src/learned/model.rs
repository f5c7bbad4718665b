//! The trained weights: one byte a bucket, read in place, shared by all threads.
//!
//! Layout, little-endian: `GPM3`; the checksum of what follows, `u64`; the length of the card, `u32`, and the card;
//! the intercept; for each view of [`View::ALL`] its trust, its bias and its step,
//! all `f32`; then for each view one `i8` a bucket, in units of its step.

use super::{
    buckets::{SEED, hash},
    features::{Features, View},
    training::{Fusion, ViewWeights, scale},
};
use std::sync::LazyLock;

const MAGIC: &[u8; 4] = b"GPM3";
/// The greatest absolute value of a stored weight.
const GREATEST: f32 = 127.0;

/// A model whose weights lie in `'a`.
#[derive(Clone, Debug, Default)]
pub struct Model<'a> {
    card: &'a str,
    intercept: f32,
    views: Vec<StoredView<'a>>,
}

#[derive(Clone, Debug)]
struct StoredView<'a> {
    trust: f32,
    bias: f32,
    step: f32,
    weights: &'a [u8],
}

impl Model<'static> {
    /// The model of the product.
    pub fn shipped() -> &'static Self {
        static SHIPPED: LazyLock<Model<'static>> =
            LazyLock::new(|| Model::read(include_bytes!("../../models/gatepost.bin")).unwrap_or_default());
        &SHIPPED
    }
}

impl<'a> Model<'a> {
    /// Reads a stored model; `None` if the bytes are none, or are damaged.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (sum, mut rest) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<8>()?;
        if hash(SEED, rest) != u64::from_le_bytes(*sum) {
            return None;
        }
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (card, after) = after.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        let card = std::str::from_utf8(card).ok()?;
        rest = after;
        let intercept = take_number(&mut rest)?;
        let mut numbers = Vec::new();
        for _ in View::ALL {
            numbers.push((take_number(&mut rest)?, take_number(&mut rest)?, take_number(&mut rest)?));
        }
        let mut views = Vec::new();
        for (view, (trust, bias, step)) in View::ALL.into_iter().zip(numbers) {
            let (weights, after) = rest.split_at_checked(1 << view.bits())?;
            rest = after;
            views.push(StoredView { trust, bias, step, weights });
        }
        rest.is_empty().then_some(Self { card, intercept, views })
    }

    /// How it was made: program, date, sources with their counts, trust in the views. Lines of text.
    pub fn card(&self) -> &'a str {
        self.card
    }

    /// What speaks for good mail before anything is known of a message, in log-odds.
    pub fn intercept(&self) -> f64 {
        f64::from(self.intercept)
    }

    /// How far each view moves the log-odds of spam.
    pub fn contributions<'b>(&'b self, features: &'b Features) -> impl Iterator<Item = (View, f64)> + 'b {
        View::ALL.into_iter().zip(&self.views).zip(&features.views).map(|((view, stored), buckets)| {
            (view, f64::from(Fusion::contribution(stored.trust, stored.log_odds(buckets))))
        })
    }
}

impl StoredView<'_> {
    fn log_odds(&self, buckets: &[u32]) -> f32 {
        let sum: f32 = buckets
            .iter()
            .filter_map(|bucket| self.weights.get(usize::try_from(*bucket).ok()?))
            .map(|weight| f32::from(i8::from_ne_bytes([*weight])))
            .sum();
        sum * self.step * scale(buckets.len()) + self.bias
    }
}

fn take_number(rest: &mut &[u8]) -> Option<f32> {
    let (number, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    Some(f32::from_le_bytes(*number)).filter(|number| number.is_finite())
}

/// Stores what was learned, and how.
pub fn store(card: &str, views: &[ViewWeights], fusion: &Fusion) -> Vec<u8> {
    let mut bytes = u32::try_from(card.len()).unwrap_or(u32::MAX).to_le_bytes().to_vec();
    bytes.extend(card.as_bytes());
    bytes.extend(fusion.intercept.to_le_bytes());
    for (view, trust) in views.iter().zip(fusion.trust) {
        for number in [trust, view.bias, step(view)] {
            bytes.extend(number.to_le_bytes());
        }
    }
    for view in views {
        let step = step(view);
        bytes.extend(view.weights.iter().flat_map(|weight| nearest((weight / step).round()).to_ne_bytes()));
    }
    [MAGIC.as_slice(), &hash(SEED, &bytes).to_le_bytes(), &bytes].concat()
}

fn step(view: &ViewWeights) -> f32 {
    let greatest = view.weights.iter().fold(0.0f32, |greatest, weight| greatest.max(weight.abs()));
    (greatest / GREATEST).max(f32::MIN_POSITIVE)
}

/// A rounded number of at most [`GREATEST`], as a byte: found bit by bit.
fn nearest(rounded: f32) -> i8 {
    let mut magnitude = 0i8;
    for bit in [64, 32, 16, 8, 4, 2, 1] {
        if f32::from(magnitude + bit) <= rounded.abs() {
            magnitude += bit;
        }
    }
    if rounded < 0.0 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_model_is_readable_and_small() {
        assert_eq!(Model::shipped().views.len(), View::ALL.len());
        assert!(include_bytes!("../../models/gatepost.bin").len() <= 8 * 1024 * 1024);
    }

    #[test]
    fn what_is_no_model_is_not_read() {
        assert!(Model::read(b"").is_none());
        assert!(Model::read(b"GPM3 but then something else").is_none());
    }

    #[test]
    fn a_damaged_model_is_not_read() {
        let mut bytes = include_bytes!("../../models/gatepost.bin").to_vec();
        assert!(Model::read(&bytes).is_some());
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        assert!(Model::read(&bytes).is_none());
    }

    #[test]
    fn a_stored_model_judges_as_the_learned_one() {
        let views: Vec<ViewWeights> = View::ALL
            .map(|view| ViewWeights {
                weights: (0..1u16 << view.bits().min(15))
                    .map(|at| f32::from(at % 255) - 127.0)
                    .chain(std::iter::repeat(0.0))
                    .take(1 << view.bits())
                    .collect(),
                bias: 0.5,
            })
            .to_vec();
        let fusion = Fusion { trust: [0.01; View::ALL.len()], intercept: -0.25 };
        let bytes = store("made for a test", &views, &fusion);
        let model = Model::read(&bytes).unwrap();
        assert_eq!(model.card(), "made for a test");
        let features = Features { views: std::array::from_fn(|_| vec![1, 2, 100]) };
        let wanted: f32 = fusion
            .trust
            .iter()
            .zip(&views)
            .map(|(trust, view)| Fusion::contribution(*trust, view.log_odds(&[1, 2, 100])))
            .sum();
        let judged: f64 = model.contributions(&features).map(|(_, moved)| moved).sum();
        assert!((judged - f64::from(wanted)).abs() < 1e-4, "{judged} {wanted}");
    }
}
