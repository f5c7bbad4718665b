//! A new password by mail (ACC-03): asking for the link, and setting the password by it. The answer to a request is
//! the same whether or not there is such a user.

use crate::{
    api,
    components::{
        form::{Form, FormError, PasswordField, Submit, TextField},
        gate::Gate,
        icon::Icon,
    },
    i18n::t,
};
use contract::accounts::{NewPassword, REQUEST_RECOVERY, RecoveryRequest, SET_RECOVERED_PASSWORD};
use leptos::prelude::*;

/// The page: with a secret behind the `#` of the address, the new password is set; without, the link is asked for.
#[component]
pub fn Recover() -> impl IntoView {
    let location = window().location();
    let token = location.hash().unwrap_or_default().trim_start_matches('#').to_owned();
    if token.is_empty() {
        return view! { <Ask/> }.into_any();
    }
    // The secret stays neither in the address nor in the history.
    if let (Ok(history), Ok(path)) = (window().history(), location.pathname()) {
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&path));
    }
    view! { <SetPassword token/> }.into_any()
}

#[component]
fn Ask() -> impl IntoView {
    let (form, username) = (Form::new(), RwSignal::new(String::new()));
    let is_sent = RwSignal::new(false);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        form.send(async move {
            let request = RecoveryRequest { username: username.get_untracked().trim().to_owned() };
            api::call(&REQUEST_RECOVERY, &[], &(), &request).await?;
            is_sent.set(true);
            Ok(())
        });
    };
    view! {
        <Gate title="recover.title" intro="recover.intro">
            {move || if is_sent.get() {
                view! { <p class="note ok" role="status"><Icon name="mail-check"/><span>{t("recover.sent")}</span></p> }.into_any()
            } else {
                view! {
                    <form on:submit=submit>
                        <TextField form at="/username" label="login.username" value=username autocomplete="username" first=true/>
                        <FormError form/>
                        <Submit form verb="recover.send"/>
                    </form>
                }.into_any()
            }}
            {back()}
        </Gate>
    }
    .into_any()
}

#[component]
fn SetPassword(token: String) -> impl IntoView {
    let (form, password) = (Form::new(), RwSignal::new(String::new()));
    let is_set = RwSignal::new(false);
    let token = StoredValue::new(token);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        form.send(async move {
            let new = NewPassword { token: token.get_value(), password: password.get_untracked() };
            api::call(&SET_RECOVERED_PASSWORD, &[], &(), &new).await?;
            is_set.set(true);
            Ok(())
        });
    };
    view! {
        <Gate title="recover.set_title" intro="recover.set_intro">
            {move || if is_set.get() {
                view! { <p class="note ok" role="status"><Icon name="check"/><span>{t("recover.set")}</span></p> }.into_any()
            } else {
                view! {
                    <form on:submit=submit>
                        <PasswordField form at="/password" label="account.password_new" help="account.password_rules" value=password optional=false/>
                        <FormError form/>
                        <Submit form verb="recover.set_verb"/>
                    </form>
                }.into_any()
            }}
            {back()}
        </Gate>
    }
    .into_any()
}

fn back() -> impl IntoView {
    view! { <p class="langs small"><a href="/login">{move || t("recover.back")}</a></p> }
}
