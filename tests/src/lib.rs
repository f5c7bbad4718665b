//! The destination server that Gatepost delivers to in situations and in the demo. The situations themselves
//! are in `main.rs`.

pub mod sink;
