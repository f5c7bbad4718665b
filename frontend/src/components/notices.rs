//! What was said in passing: in the corner, announced to screen readers, gone by itself.

use super::icon::Icon;
use crate::{i18n::t, session};
use leptos::prelude::*;

/// Every notice that is still shown.
#[component]
pub fn Notices() -> impl IntoView {
    let notice = |notice: session::Notice| {
        let number = notice.number;
        let undo = notice.undo.map(|undo| {
            let act = move |_| {
                session::dismiss(number);
                undo.run(());
            };
            view! { <button type="button" on:click=act>{t("panel.undo")}</button> }
        });
        view! {
            <div class="toast" class:bad=notice.is_bad>
                <span>{notice.text}</span>
                {undo}
                <button type="button" class="x" aria-label=t("panel.dismiss") on:click=move |_| session::dismiss(number)>
                    <Icon name="x"/>
                </button>
            </div>
        }
    };
    view! {
        <div
            class="notices" role="status" aria-live="polite"
            on:mouseenter=|_| session::hold_notices(true) on:mouseleave=|_| session::hold_notices(false)
            on:focusin=|_| session::hold_notices(true) on:focusout=|_| session::hold_notices(false)
        >
            <For each=session::notices key=|notice| notice.number children=notice/>
        </div>
    }
    .into_any()
}
