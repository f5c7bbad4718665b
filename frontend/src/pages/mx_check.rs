//! Which domains' mail does not come to us (PER-06): asks for the right mail servers, and shows the job that looks.

use crate::{
    api,
    components::{
        form::{Form, FormError, Submit, TextField},
        page_head::PageHead,
    },
    i18n::t,
    scope::Scope,
};
use contract::domains::{CHECK_MX, MxCheck};
use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

/// Where this browser keeps the hosts of the last time.
const KEPT: &str = "gatepost-mx-hosts";

/// The page.
pub fn page(scope: Scope, _: Option<String>) -> AnyView {
    view! { <Check scope/> }.into_any()
}

#[component]
fn Check(scope: Scope) -> impl IntoView {
    let storage = || window().local_storage().ok().flatten();
    let last = storage().and_then(|storage| storage.get_item(KEPT).ok().flatten()).unwrap_or_default();
    let hosts = RwSignal::new(last);
    let form = Form::new();
    let jobs = StoredValue::new(scope.path("jobs"));
    let navigate = StoredValue::new_local(use_navigate());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let given = hosts.get_untracked();
        let named: Vec<String> =
            given.split([',', ' ', ';']).filter(|host| !host.is_empty()).map(str::to_owned).collect();
        form.send(async move {
            let job = api::call(&CHECK_MX, &[], &(), &MxCheck { hosts: named }).await?;
            if let Some(storage) = storage() {
                // A browser that keeps nothing asks again the next time.
                let _ = storage.set_item(KEPT, &given);
            }
            let address = format!("{}/{}?outcome=failed", jobs.get_value(), job.id.0);
            navigate.with_value(|navigate| navigate(&address, NavigateOptions::default()));
            Ok(())
        });
    };
    view! {
        <PageHead scope title="mx.title" intro=Signal::derive(|| t("mx.about"))/>
        <section class="card">
            <form class="pad stack" on:submit=submit>
                <TextField form at="/hosts" label="mx.hosts" help="mx.hosts_help" value=hosts example="mx1.example.com mx2.example.com" first=true/>
                <FormError form/>
                <p><Submit form verb="mx.check"/></p>
            </form>
        </section>
    }
    .into_any()
}
