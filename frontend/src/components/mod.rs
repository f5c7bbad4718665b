//! What pages are made of. A component knows no page.

pub mod badge;
pub mod dialog;
pub mod dual_slider;
pub mod icon;
pub mod notices;
pub mod scope_switcher;
pub mod setting_field;
pub mod shell;
pub mod states;
