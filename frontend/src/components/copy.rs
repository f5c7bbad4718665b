//! A secret that is shown once: the text, a button that copies it, and one that saves it.

use super::{icon::Icon, mail_download::save};
use crate::{i18n::t, session};
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen_futures::JsFuture;

/// A button that copies a text.
#[component]
pub fn CopyButton(
    /// The text.
    text: String,
) -> impl IntoView {
    let is_copied = RwSignal::new(false);
    let copy = move |_| {
        let copying = window().navigator().clipboard().write_text(&text);
        spawn_local(async move {
            if JsFuture::from(copying).await.is_err() {
                return session::complain(t("list.not_copied"));
            }
            is_copied.set(true);
            set_timeout(
                move || {
                    let _ = is_copied.try_set(false);
                },
                std::time::Duration::from_millis(1500),
            );
        });
    };
    view! {
        <button type="button" class="btn" on:click=copy>
            {move || view! { <Icon name=if is_copied.get() { "check" } else { "copy" }/> }}
            <span aria-live="polite">{move || t(if is_copied.get() { "copy.copied" } else { "copy.copy" })}</span>
        </button>
    }
    .into_any()
}

/// The secret with its buttons; it is not shown again.
#[component]
pub fn ShownOnce(
    /// The secret; several of them on lines of their own.
    secret: String,
    /// The name of the file that it can be saved as; none where that makes no sense.
    #[prop(optional)]
    file: &'static str,
) -> impl IntoView {
    let saved = secret.clone();
    view! {
        <pre class="secret" dir="ltr" tabindex="0">{secret.clone()}</pre>
        <div class="row">
            <CopyButton text=secret/>
            {(!file.is_empty()).then(|| view! {
                <button type="button" class="btn" on:click=move |_| save(file, saved.as_bytes())><Icon name="download"/>{t("copy.save")}</button>
            })}
        </div>
    }
    .into_any()
}
