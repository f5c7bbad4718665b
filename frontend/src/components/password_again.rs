//! The dialog that asks for the password once more, wherever a call needs it. Once in the panel.

use super::{
    dialog::Dialog,
    form::{Form, FormError, Submit, TextField},
};
use crate::{api, confirmation, i18n::t};
use contract::{
    accounts::{CONFIRM_SESSION, Confirmation},
    problem::ErrorCode,
};
use leptos::prelude::*;

/// The dialog.
#[component]
pub fn PasswordAgain() -> impl IntoView {
    let open = RwSignal::new(false);
    Effect::new(move || open.set(confirmation::is_asked()));
    Effect::new(move |was_open: Option<bool>| {
        let is_open = open.get();
        if was_open == Some(true) && !is_open {
            // Closed without a password, unless it was answered already.
            confirmation::answer(false);
        }
        is_open
    });
    view! {
        <Dialog open title=Signal::derive(|| t("confirmation.title"))>
            {move || view! { <PasswordForm open/> }}
        </Dialog>
    }
    .into_any()
}

#[component]
fn PasswordForm(open: RwSignal<bool>) -> impl IntoView {
    let (password, code) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let needs_code = RwSignal::new(false);
    let form = Form::new();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        form.send(async move {
            let confirmation = Confirmation {
                password: password.get_untracked(),
                totp: Some(code.get_untracked()).filter(|code| !code.is_empty()),
            };
            let answer = api::call(&CONFIRM_SESSION, &[], &(), &confirmation).await;
            if let Err(error) = &answer
                && error.code() == Some(ErrorCode::SecondFactorNeeded)
            {
                needs_code.set(true);
            }
            api::set_token(Some(answer?.access_token));
            confirmation::answer(true);
            Ok(())
        });
    };
    view! {
        <form on:submit=submit>
            <div class="bd">
                <p>{t("confirmation.text")}</p>
                <TextField form at="/password" label="login.password" value=password kind="password" autocomplete="current-password" first=true/>
                <Show when=move || needs_code.get()>
                    <TextField form at="/totp" label="login.code" value=code autocomplete="one-time-code" optional=true/>
                </Show>
                <FormError form/>
            </div>
            <footer>
                <button type="button" class="btn" on:click=move |_| open.set(false)>{t("panel.cancel")}</button>
                <Submit form verb="confirmation.submit"/>
            </footer>
        </form>
    }
    .into_any()
}
