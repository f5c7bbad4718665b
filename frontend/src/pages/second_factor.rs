//! Two-step login (ACC-02): setting it up with an app, the recovery codes, switching it off. The server draws the QR
//! code; the secret is shown once.

use crate::{
    api,
    components::{
        badge::Mark,
        copy::{CopyButton, ShownOnce},
        dialog::Dialog,
        form::{Form, FormError, Submit, TextField},
        gate::Gate,
        icon::Icon,
        mail_times::moment,
        states::{Skeleton, Trouble},
    },
    i18n::{t, t_count, t_with},
    session,
};
use contract::accounts::{
    ACTIVATE_SECOND_FACTOR, ADD_RECOVERY_CODES, ADD_SECOND_FACTOR, Confirmation, FORGET_DEVICES, FirstCode,
    GET_ME, GET_SECOND_FACTOR, NewSecondFactor, REMOVE_SECOND_FACTOR, SecondFactor,
};
use leptos::{prelude::*, task::spawn_local};

/// What stands in the card.
#[derive(Clone)]
enum Step {
    /// How it is.
    State,
    /// The secret, to be taken into an app.
    SetUp(NewSecondFactor),
    /// The recovery codes, to be kept.
    Codes(Vec<String>),
}

/// Sets two-step login up before anything else, where the role needs it.
#[component]
pub fn MustSetUp() -> impl IntoView {
    view! {
        <Gate title="second_factor.title" intro="second_factor.must" wide=true>
            <Card/>
            <p><button type="button" class="btn ghost" on:click=move |_| spawn_local(session::sign_out())>{t("panel.sign_out")}</button></p>
        </Gate>
    }
    .into_any()
}

/// The card of the account page.
#[component]
pub fn SecondFactorCard() -> impl IntoView {
    view! {
        <section class="card">
            <header><h2>{move || t("second_factor.title")}</h2></header>
            <div class="pad stack"><Card/></div>
        </section>
    }
    .into_any()
}

#[component]
fn Card() -> impl IntoView {
    let step = RwSignal::new(Step::State);
    move || match step.get() {
        Step::State => view! { <State step/> }.into_any(),
        Step::SetUp(new) => view! { <SetUp new step/> }.into_any(),
        Step::Codes(codes) => view! { <Codes codes step/> }.into_any(),
    }
}

/// Whether it is on, and what can be done.
#[component]
fn State(step: RwSignal<Step>) -> impl IntoView {
    let found = LocalResource::new(|| async { api::call(&GET_SECOND_FACTOR, &[], &(), &()).await });
    let again = Callback::new(move |()| found.refetch());
    view! {
        <Transition fallback=|| view! { <Skeleton lines=2/> }>
            {move || found.get().map(|found| match found {
                Err(error) => view! { <Trouble error again/> }.into_any(),
                Ok(factor) if factor.is_active => view! { <Active factor step again/> }.into_any(),
                Ok(_) => inactive(step),
            })}
        </Transition>
    }
    .into_any()
}

fn inactive(step: RwSignal<Step>) -> AnyView {
    let begin = move |_| {
        spawn_local(async move {
            match api::call(&ADD_SECOND_FACTOR, &[], &(), &()).await {
                Ok(new) => step.set(Step::SetUp(new)),
                Err(error) => session::complain(error.text()),
            }
        });
    };
    view! {
        <p class="t2">{t("second_factor.about")}</p>
        <div><button type="button" class="btn pri" on:click=begin><Icon name="shield-check"/>{t("second_factor.set_up")}</button></div>
    }
    .into_any()
}

#[component]
fn Active(factor: SecondFactor, step: RwSignal<Step>, again: Callback<()>) -> impl IntoView {
    let is_removing = RwSignal::new(false);
    let since = factor.active_since.map(|at| t_with("second_factor.since", &[("when", &moment(&at.0))]));
    let new_codes = move |_| {
        spawn_local(async move {
            match api::call(&ADD_RECOVERY_CODES, &[], &(), &()).await {
                Ok(codes) => step.set(Step::Codes(codes.codes)),
                Err(error) => session::complain(error.text()),
            }
        });
    };
    let forget = move |_| {
        spawn_local(async move {
            match api::call(&FORGET_DEVICES, &[], &(), &()).await {
                Ok(()) => session::say(t("second_factor.forgotten")),
                Err(error) => session::complain(error.text()),
            }
            again.run(());
        });
    };
    let has_devices = factor.trusted_devices != 0;
    view! {
        <p class="row"><Mark tone="ok" icon="shield-check" text=t("second_factor.is_on")/><span class="muted small">{since}</span></p>
        <ul class="plain">
            <li class="row between"><span>{t_count("second_factor.codes_left", factor.recovery_codes_left)}</span>
                <button type="button" class="btn" on:click=new_codes><Icon name="refresh-cw"/>{t("second_factor.new_codes")}</button></li>
            <li class="row between"><span>{t_count("second_factor.devices", factor.trusted_devices)}</span>
                {has_devices.then(|| view! { <button type="button" class="btn" on:click=forget>{t("second_factor.forget")}</button> })}</li>
        </ul>
        {if factor.is_required {
            view! { <p class="muted small">{t("second_factor.required")}</p> }.into_any()
        } else {
            view! { <div><button type="button" class="btn bad" on:click=move |_| is_removing.set(true)>{t("second_factor.remove")}</button></div> }.into_any()
        }}
        <Remove open=is_removing again/>
    }
    .into_any()
}

/// The QR code and the first code of the app.
#[component]
fn SetUp(new: NewSecondFactor, step: RwSignal<Step>) -> impl IntoView {
    let (form, code) = (Form::new(), RwSignal::new(String::new()));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        form.send(async move {
            let first = FirstCode { totp: code.get_untracked().split_whitespace().collect() };
            let codes = api::call(&ACTIVATE_SECOND_FACTOR, &[], &(), &first).await?;
            step.set(Step::Codes(codes.codes));
            Ok(())
        });
    };
    view! {
        <form class="stack" on:submit=submit>
            <ol class="steps-list">
                <li>{t("second_factor.scan")}
                    <div class="qr"><img src=format!("data:image/png;base64,{}", new.qr_png) alt=t("second_factor.qr")/>
                        <div class="stack"><span class="small muted">{t("second_factor.by_hand")}</span><code class="mono" dir="ltr">{new.secret.clone()}</code><div><CopyButton text=new.secret/></div></div>
                    </div>
                </li>
                <li>{t("second_factor.enter")}</li>
            </ol>
            <TextField form at="/totp" label="second_factor.code" value=code autocomplete="one-time-code" first=true/>
            <FormError form/>
            <div class="row"><Submit form verb="second_factor.activate"/>
                <button type="button" class="btn ghost" on:click=move |_| step.set(Step::State)>{t("panel.cancel")}</button></div>
        </form>
    }
    .into_any()
}

/// The recovery codes; only who says that they are kept goes on.
#[component]
fn Codes(codes: Vec<String>, step: RwSignal<Step>) -> impl IntoView {
    let are_kept = RwSignal::new(false);
    let finish = move |_| {
        step.set(Step::State);
        spawn_local(async move {
            // Permissions that waited for the second factor are there now.
            match api::call(&GET_ME, &[], &(), &()).await {
                Ok(me) => session::changed(me).await,
                Err(error) => session::complain(error.text()),
            }
        });
    };
    view! {
        <p class="note warn"><Icon name="triangle-alert"/><span>{t("second_factor.keep")}</span></p>
        <ShownOnce secret=codes.join("\n") file="recovery-codes.txt"/>
        <label class="row"><input type="checkbox" on:change:target=move |event| are_kept.set(event.target().checked())/>{t("second_factor.kept")}</label>
        <div><button type="button" class="btn pri" disabled=move || !are_kept.get() on:click=finish>{t("second_factor.finish")}</button></div>
    }
    .into_any()
}

#[component]
fn Remove(open: RwSignal<bool>, again: Callback<()>) -> impl IntoView {
    let (form, password, code) = (Form::new(), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        form.send(async move {
            let confirmation = Confirmation {
                password: password.get_untracked(),
                totp: Some(code.get_untracked().trim().to_owned()),
            };
            api::call(&REMOVE_SECOND_FACTOR, &[], &(), &confirmation).await?;
            open.set(false);
            again.run(());
            session::say(t("second_factor.removed"));
            Ok(())
        });
    };
    view! {
        <Dialog open title=Signal::derive(|| t("second_factor.remove"))>
            <form on:submit=submit>
                <div class="bd">
                    <p>{t("second_factor.remove_text")}</p>
                    <TextField form at="/password" label="login.password" value=password kind="password" autocomplete="current-password" first=true/>
                    <TextField form at="/totp" label="login.code" value=code autocomplete="one-time-code"/>
                    <FormError form/>
                </div>
                <footer>
                    <button type="button" class="btn" on:click=move |_| open.set(false)>{t("panel.cancel")}</button>
                    <Submit form verb="second_factor.remove"/>
                </footer>
            </form>
        </Dialog>
    }
    .into_any()
}
