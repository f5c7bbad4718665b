//! The situations: every program together, as it is built, over its public interface.
//!
//! | file | is |
//! |---|---|
//! | `tidy.rs` | the rules of the house that no compiler checks |

mod tidy;
