//! A state at a glance: colour, icon and word together. The verdicts of messages are the same everywhere.

use super::icon::Icon;
use crate::i18n::t;
use contract::messages::Classification;
use leptos::prelude::*;

/// What a message was taken for.
#[component]
pub fn Badge(
    /// The verdict.
    classification: Classification,
) -> impl IntoView {
    let (tone, icon) = match classification {
        Classification::NotSpam => ("ok", "check"),
        Classification::Unsure => ("warn", "circle-help"),
        Classification::Spam => ("bad", "ban"),
        Classification::Phishing => ("bad", "fish"),
        Classification::Virus => ("vir", "bug"),
        Classification::Attachment => ("bad", "paperclip"),
        Classification::Oversize => ("warn", "maximize-2"),
        Classification::Allowed => ("info", "shield-check"),
        Classification::Blocked => ("neu", "shield-x"),
        Classification::Rejected => ("bad", "octagon-x"),
        Classification::Deferred => ("neu", "hourglass"),
    };
    let key = format!("classification.{}", classification.name());
    view! { <span class=format!("badge {tone}")><Icon name=icon/>{move || t(&key)}</span> }.into_any()
}

/// A state in a word.
#[component]
pub fn Mark(
    /// `ok`, `warn`, `bad`, `info` or `neu`.
    tone: &'static str,
    /// The icon.
    icon: &'static str,
    /// The word.
    text: String,
) -> impl IntoView {
    view! { <span class=format!("badge {tone}")><Icon name=icon/>{text}</span> }.into_any()
}
