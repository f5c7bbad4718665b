//! Situations.
fn main() {}
