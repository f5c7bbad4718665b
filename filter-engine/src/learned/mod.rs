//! What was learned from mail: features → weights → log-odds, a view at a time.
//!
//! | module | holds |
//! |---|---|
//! | [`features`] | which features a message has, as bucket numbers |
//! | [`model`] | the trained weights: reading, writing, judging |
//! | [`training`] | making weights from labelled messages |
//!
//! The shipped model is `models/gatepost.bin`, described in `models/gatepost.md`; the program `train` makes it.

mod buckets;
pub mod features;
pub mod model;
mod relations;
pub mod training;
mod wording;
