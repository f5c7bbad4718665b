//! There is no such page, or not for this user.

use crate::{components::states::Empty, i18n::t};
use leptos::prelude::*;

/// 404.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <div class="gate"><div class="card">
            <Empty icon="search-x" title="missing.title" text="missing.text">
                <a class="btn pri" href="/">{t("missing.home")}</a>
            </Empty>
        </div></div>
    }
    .into_any()
}

/// 403.
#[component]
pub fn NotAllowed() -> impl IntoView {
    view! {
        <div class="card">
            <Empty icon="lock" title="missing.not_allowed" text="missing.not_allowed_text">
                <a class="btn pri" href="/">{t("missing.home")}</a>
            </Empty>
        </div>
    }
    .into_any()
}
