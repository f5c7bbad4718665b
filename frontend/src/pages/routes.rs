//! Where a domain's mail is delivered, and in which order: changed by dragging or by keyboard, saved as a whole.

use crate::{
    address, api,
    components::{
        form::{Form, FormError},
        icon::Icon,
        page_head::PageHead,
        save_bar::SaveBar,
        states::{Skeleton, Trouble},
    },
    i18n::{t, t_with},
    scope::Scope,
    session,
};
use contract::{
    domains::{GET_ROUTES, Route, Routes, SET_ROUTES},
    permission::Permission,
};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// The page.
pub fn page(scope: Scope, _: Option<String>) -> AnyView {
    let domain = scope.name().unwrap_or_default().to_owned();
    view! { <RoutesPage scope domain/> }.into_any()
}

/// A route being edited, told from the others by a number.
#[derive(Clone, PartialEq)]
struct Draft {
    number: usize,
    host: RwSignal<String>,
    port: RwSignal<String>,
}

#[component]
fn RoutesPage(scope: Scope, domain: String) -> impl IntoView {
    let name = StoredValue::new(domain.clone());
    let loaded = LocalResource::new(move || {
        let domain = name.get_value();
        async move { api::call(&GET_ROUTES, &[&domain], &(), &()).await }
    });
    let again = Callback::new(move |()| loaded.refetch());
    view! {
        <PageHead scope title="routes.title" intro=Signal::derive(move || t_with("routes.intro", &[("domain", &domain)]))/>
        <Transition fallback=|| view! { <div class="card"><Skeleton lines=3/></div> }>
            {move || loaded.get().map(|loaded| match loaded {
                Err(error) => view! { <div class="card"><Trouble error again/></div> }.into_any(),
                Ok(routes) => view! { <Editor domain=name.get_value() routes=routes.routes again/> }.into_any(),
            })}
        </Transition>
    }
    .into_any()
}

#[component]
fn Editor(domain: String, routes: Vec<Route>, again: Callback<()>) -> impl IntoView {
    let saved = StoredValue::new(routes.iter().map(Route::to_string).collect::<Vec<_>>());
    let draft = |(number, route): (usize, &Route)| Draft {
        number,
        host: RwSignal::new(route.host.clone()),
        port: RwSignal::new(route.port.to_string()),
    };
    let drafts = RwSignal::new(routes.iter().enumerate().map(draft).collect::<Vec<_>>());
    let can_edit = session::can(Permission::RoutesEdit);
    let error = RwSignal::new(None::<String>);
    let current = move || drafts.with(|drafts| drafts.iter().map(written).collect::<Vec<_>>());
    let is_changed = Memo::new(move |_| saved.with_value(|saved| *saved != current()));
    let add = move |_| {
        drafts.update(|drafts| {
            let number = drafts.iter().map(|draft| draft.number).max().map_or(0, |last| last + 1);
            drafts.push(Draft {
                number,
                host: RwSignal::new(String::new()),
                port: RwSignal::new("25".into()),
            });
        });
    };
    let domain = StoredValue::new(domain);
    let form = Form::new();
    let save = move |()| {
        error.set(None);
        let mut routes = Vec::new();
        for (place, text) in current().iter().enumerate() {
            match text.parse::<Route>() {
                Ok(route) => routes.push(route),
                Err(code) => return form.refuse_value(&pointer(place), code),
            }
        }
        form.send(async move {
            let domain = domain.get_value();
            api::call(&SET_ROUTES, &[&domain], &(), &Routes { routes }).await?;
            address::stop_guarding();
            session::say(t("panel.saved"));
            again.run(());
            Ok(())
        });
    };
    view! {
        <div class="card">
            <ol class="rt" aria-label=t("routes.title")>
                <For each=move || drafts.get() key=|draft| draft.number children=move |draft| view! { <RouteRow draft drafts error form can_edit/> }/>
            </ol>
            <div class="pad stack">
                <p id="route-moves" class="vh" aria-live="assertive"></p>
                <FormError form/>
                <div role="alert">{move || error.get().map(|text| view! { <p class="note warn"><Icon name="triangle-alert"/><span>{text}</span>
                    <span class="end"><button type="button" class="lnk" on:click=move |_| error.set(None)>{t("panel.dismiss")}</button></span></p> })}</div>
                {can_edit.then(|| view! { <div><button type="button" class="btn" on:click=add><Icon name="plus"/>{t("routes.add")}</button></div> })}
                <p class="small muted">{t("routes.order_help")}</p>
                <p class="small muted">{t("routes.fallback_help")}</p>
            </div>
        </div>
        <SaveBar changes=Signal::derive(move || usize::from(is_changed.get())) save discard=again/>
    }
    .into_any()
}

fn written(draft: &Draft) -> String {
    let (host, port) = (draft.host.get(), draft.port.get());
    let host = host.trim();
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn shift(drafts: RwSignal<Vec<Draft>>, number: usize, by: isize) {
    drafts.update(|drafts| {
        let Some(from) = drafts.iter().position(|draft| draft.number == number) else { return };
        let Some(to) = from.checked_add_signed(by).filter(|to| *to < drafts.len()) else { return };
        let draft = drafts.remove(from);
        drafts.insert(to, draft);
    });
    tell_move(drafts, number);
}

/// Says where a route is now, and keeps the focus on its grip, which the browser loses when the row moves.
fn tell_move(drafts: RwSignal<Vec<Draft>>, number: usize) {
    let found = drafts.with_untracked(|drafts| {
        let place = drafts.iter().position(|draft| draft.number == number)?;
        let host = drafts.get(place)?.host.get_untracked();
        Some((host, (place + 1).to_string(), drafts.len().to_string()))
    });
    let Some((host, place, count)) = found else { return };
    request_animation_frame(move || {
        if let Some(region) = document().get_element_by_id("route-moves") {
            let text = t_with("routes.moved", &[("route", &host), ("position", &place), ("count", &count)]);
            region.set_text_content(Some(&text));
        }
        let grip = document().get_element_by_id(&format!("grip-{number}"));
        if let Some(grip) = grip.and_then(|grip| grip.dyn_into::<web_sys::HtmlElement>().ok()) {
            // A grip that cannot take the focus leaves it where it is.
            let _ = grip.focus();
        }
    });
}

#[component]
fn RouteRow(
    draft: Draft,
    drafts: RwSignal<Vec<Draft>>,
    error: RwSignal<Option<String>>,
    form: Form,
    can_edit: bool,
) -> impl IntoView {
    let number = draft.number;
    let is_over = RwSignal::new(false);
    let position = move || {
        drafts.with(|drafts| drafts.iter().position(|one| one.number == number).map_or(0, |at| at + 1))
    };
    let at = move || pointer(position().saturating_sub(1));
    form.watch(untrack(at));
    let problem = move || form.problem(&at());
    let remove = move |_| {
        // A domain always keeps one route (RTE-06); the API refuses it as well.
        if drafts.with_untracked(Vec::len) < 2 {
            error.set(Some(t("error.last_route")));
        } else {
            drafts.update(|drafts| drafts.retain(|one| one.number != number));
        }
    };
    let keys = move |event: web_sys::KeyboardEvent| {
        let by = match event.key().as_str() {
            "ArrowUp" => -1,
            "ArrowDown" => 1,
            _ => return,
        };
        event.prevent_default();
        shift(drafts, number, by);
    };
    let start = move |event: web_sys::DragEvent| {
        if let Some(data) = event.data_transfer() {
            let _ = data.set_data("text/plain", &number.to_string());
        }
    };
    let drop = move |event: web_sys::DragEvent| {
        event.prevent_default();
        is_over.set(false);
        let moved = event
            .data_transfer()
            .and_then(|data| data.get_data("text/plain").ok())
            .and_then(|text| text.parse().ok());
        if let Some(moved) = moved {
            put_before(drafts, moved, number);
        }
    };
    let (host, port) = (draft.host, draft.port);
    view! {
        <li class:over=move || is_over.get() on:dragover=move |event| { event.prevent_default(); is_over.set(true); } on:dragleave=move |_| is_over.set(false) on:drop=drop>
            <button type="button" id=format!("grip-{number}") class="iconbtn grip" draggable="true" disabled=!can_edit aria-label=move || t_with("routes.move", &[("position", &position().to_string())]) on:keydown=keys on:dragstart=start><Icon name="grip-vertical"/></button>
            <span class="num muted">{position}</span>
            <input id=move || form.id(&at()) class="in" aria-invalid=move || problem().is_some().to_string() aria-label=t("routes.host") placeholder="mail.example.com" disabled=!can_edit autocapitalize="none" spellcheck="false" prop:value=move || host.get() on:input:target=move |event| host.set(event.target().value())/>
            <input class="in num" aria-label=t("routes.port") inputmode="numeric" disabled=!can_edit prop:value=move || port.get() on:input:target=move |event| port.set(event.target().value())/>
            <div class="problem" aria-live="polite">{move || problem().map(|text| view! { <p class="err"><Icon name="circle-alert"/>{text}</p> })}</div>
            <span class="row acts">
                <button type="button" class="btn sm icon ghost" disabled=!can_edit aria-label=t("routes.up") on:click=move |_| shift(drafts, number, -1)><Icon name="arrow-up"/></button>
                <button type="button" class="btn sm icon ghost" disabled=!can_edit aria-label=t("routes.down") on:click=move |_| shift(drafts, number, 1)><Icon name="arrow-down"/></button>
                <button type="button" class="btn sm icon ghost bad" disabled=!can_edit aria-label=t("routes.remove") on:click=remove><Icon name="trash-2"/></button>
            </span>
        </li>
    }
    .into_any()
}

/// Where the route at this place is in the request.
fn pointer(place: usize) -> String {
    format!("/routes/{place}")
}

fn put_before(drafts: RwSignal<Vec<Draft>>, moved: usize, target: usize) {
    if moved == target {
        return;
    }
    drafts.update(|drafts| {
        let Some(from) = drafts.iter().position(|draft| draft.number == moved) else { return };
        let draft = drafts.remove(from);
        let to = drafts.iter().position(|draft| draft.number == target).unwrap_or(drafts.len());
        drafts.insert(to, draft);
    });
}
