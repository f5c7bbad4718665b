//! What a check may see. Checks read it and change nothing.

use crate::{facts::Facts, learned::model::Model, message::Message};
use contract::settings::Settings;

/// The input of a check.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The message.
    pub message: &'a Message<'a>,
    /// What the outside world said.
    pub facts: &'a Facts,
    /// The settings of the recipient.
    pub settings: &'a Settings,
    /// What was learned.
    pub model: &'a Model<'a>,
}
