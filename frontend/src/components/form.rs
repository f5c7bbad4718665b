//! Forms: the state of one, and its fields. What the server says of a value stands at the field it names
//! (RFC 9457, `errors[].pointer`), and the first such field gets the focus; what names no field of the form stands
//! below all of them.

use super::icon::Icon;
use crate::{
    api::ApiError,
    i18n::{t, t_with},
};
use contract::problem::InvalidCode;
use leptos::{prelude::*, task::spawn_local};
use std::{cell::Cell, pin::Pin};
use wasm_bindgen::JsCast;

/// What is wrong in a form, and whether it is on its way.
#[derive(Clone, Copy)]
pub struct Form {
    number: u32,
    fields: StoredValue<Vec<String>>,
    others: StoredValue<Vec<(&'static str, &'static str)>>,
    problems: RwSignal<Vec<(String, String)>>,
    general: RwSignal<Option<String>>,
    is_busy: RwSignal<bool>,
}

impl Form {
    /// A form in which nothing is wrong. To be called while a component is made.
    pub fn new() -> Self {
        thread_local! {
            static LAST: Cell<u32> = const { Cell::new(0) };
        }
        LAST.set(LAST.get().wrapping_add(1));
        Self {
            number: LAST.get(),
            fields: StoredValue::default(),
            others: StoredValue::default(),
            problems: RwSignal::default(),
            general: RwSignal::default(),
            is_busy: RwSignal::new(false),
        }
    }

    /// Whether it is on its way.
    pub fn is_busy(self) -> bool {
        self.is_busy.get()
    }

    /// Forgets what was wrong.
    pub fn clear(self) {
        self.problems.set(Vec::new());
        self.general.set(None);
    }

    /// Does the work of the form, once at a time; what it is refused for is shown.
    pub fn send(self, work: impl Future<Output = Result<(), ApiError>> + 'static) {
        self.send_boxed(Box::pin(work));
    }

    // One function for every form: what is generic above is one line.
    fn send_boxed(self, work: Pin<Box<dyn Future<Output = Result<(), ApiError>>>>) {
        if self.is_busy.get_untracked() {
            return;
        }
        self.is_busy.set(true);
        self.clear();
        spawn_local(async move {
            let result = work.await;
            // The form may be gone with the page it was on.
            if self.is_busy.try_set(false).is_none()
                && let Err(error) = result
            {
                self.refuse(&error);
            }
        });
    }

    /// Shows why the server refused.
    pub fn refuse(self, error: &ApiError) {
        let named = match error {
            ApiError::Refused(problem) => problem.errors.as_slice(),
            _ => &[],
        };
        if named.is_empty() {
            let reference = error.request_id().filter(|_| error.is_fault());
            let reference = reference.map(|id| t_with("panel.reference", &[("id", &id)])).unwrap_or_default();
            return self.general.set(Some(format!("{} {reference}", error.text())));
        }
        let texts = named
            .iter()
            .map(|one| (one.pointer.clone(), t(&format!("invalid.{}", one.code.name()))))
            .collect();
        self.show(texts);
    }

    /// Shows what the form itself found in a value before it was sent.
    pub fn refuse_value(self, at: &str, code: InvalidCode) {
        self.show(vec![(at.to_owned(), t(&format!("invalid.{}", code.name())))]);
    }

    fn show(self, problems: Vec<(String, String)>) {
        let fields = self.fields.get_value();
        let is_ours = |pointer: &str| fields.iter().any(|field| belongs(pointer, field));
        let problems: Vec<(String, String)> = problems
            .into_iter()
            .map(|(pointer, text)| {
                let other =
                    self.others.with_value(|others| others.iter().find(|(one, _)| *one == pointer).copied());
                match other.filter(|_| !is_ours(&pointer)) {
                    Some((_, field)) => (field.to_owned(), text),
                    None => (pointer, text),
                }
            })
            .collect();
        let others: Vec<&str> =
            problems.iter().filter(|(pointer, _)| !is_ours(pointer)).map(|(_, text)| text.as_str()).collect();
        self.general.set((!others.is_empty()).then(|| others.join(" ")));
        let first = fields.iter().find(|field| problems.iter().any(|(pointer, _)| belongs(pointer, field)));
        if let Some(at) = first {
            focus(self.id(at));
        }
        self.problems.set(problems);
    }

    /// What is wrong with the value at this pointer.
    pub fn problem(self, at: &str) -> Option<String> {
        self.problems.with(|problems| {
            problems.iter().find(|(pointer, _)| belongs(pointer, at)).map(|(_, text)| text.clone())
        })
    }

    /// Says that a value which has no field of its own is written in this one.
    pub fn also(self, at: &'static str, field: &'static str) -> Self {
        self.others.update_value(|others| others.push((at, field)));
        self
    }

    /// Takes a field into the form, as long as the calling component is there.
    pub fn watch(self, at: String) {
        self.fields.update_value(|fields| fields.push(at.clone()));
        on_cleanup(move || {
            self.fields.try_update_value(|fields| fields.retain(|field| *field != at));
        });
    }

    /// Forgets what is wrong with one value: somebody is changing it.
    pub fn touch(self, at: &str) {
        if self.problems.with_untracked(|problems| problems.iter().any(|(pointer, _)| belongs(pointer, at))) {
            self.problems.update(|problems| problems.retain(|(pointer, _)| !belongs(pointer, at)));
        }
    }

    /// The id of the control of a value.
    pub fn id(self, at: &str) -> String {
        format!("f{}{}", self.number, at.replace(['/', '.'], "-"))
    }
}

impl Default for Form {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether a pointer of the server means this field: itself, or a part of its value. The empty one means what stands
/// in the path of the request, not all of its values.
fn belongs(pointer: &str, field: &str) -> bool {
    let rest = pointer.strip_prefix(field);
    rest.is_some_and(|rest| rest.is_empty() || (!field.is_empty() && rest.starts_with('/')))
}

/// Puts the focus on the element of this id, once what is drawn now is there.
pub fn focus(id: String) {
    request_animation_frame(move || {
        let element = document().get_element_by_id(&id);
        if let Some(element) = element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
            // An element that cannot take the focus leaves it where it is.
            let _ = element.focus();
        }
    });
}

/// One value: its label and help, its control, what is wrong with it.
#[component]
pub fn Field(
    /// The form.
    form: Form,
    /// The pointer of its value in the request.
    at: &'static str,
    /// The key of its label.
    label: &'static str,
    /// The key of its help.
    #[prop(optional)]
    help: &'static str,
    /// Whether it may stay empty.
    #[prop(optional)]
    optional: bool,
    children: Children,
) -> impl IntoView {
    form.watch(at.to_owned());
    let id = form.id(at);
    let error_id = format!("{id}-error");
    view! {
        <div class="field">
            <label class="lb" for=id>
                {move || t(label)}
                {optional.then(|| view! { <span class="opt">{move || t("form.optional")}</span> })}
                {(!help.is_empty()).then(|| view! { <span class="ds">{move || t(help)}</span> })}
            </label>
            <div>
                {children()}
                <div id=error_id aria-live="polite">{move || form.problem(at).map(|text| view! {
                    <p class="err"><Icon name="circle-alert"/>{text}</p>
                })}</div>
            </div>
        </div>
    }
    .into_any()
}

/// A line of text.
#[component]
pub fn TextField(
    /// The form.
    form: Form,
    /// The pointer of its value in the request.
    at: &'static str,
    /// The key of its label.
    label: &'static str,
    /// The value.
    value: RwSignal<String>,
    /// The key of its help.
    #[prop(optional)]
    help: &'static str,
    /// The kind of the browser's field.
    #[prop(default = "text")]
    kind: &'static str,
    /// What the browser may fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// An example.
    #[prop(optional)]
    example: &'static str,
    /// Whether it may stay empty.
    #[prop(optional)]
    optional: bool,
    /// Whether it can only be read.
    #[prop(optional)]
    fixed: bool,
    /// Whether it has the focus at first.
    #[prop(optional)]
    first: bool,
    /// What it could be, offered while somebody writes.
    #[prop(optional, into)]
    offers: Signal<Vec<String>>,
) -> impl IntoView {
    let id = form.id(at);
    let (error_id, list_id) = (format!("{id}-error"), format!("{id}-list"));
    let is_number = kind == "number";
    let options =
        move || offers.get().into_iter().map(|offer| view! { <option value=offer></option> }).collect_view();
    view! {
        <Field form at label help optional>
            <input id=id list=list_id.clone() class="in" class:num=is_number type=kind name=if at.is_empty() { "name" } else { at.trim_start_matches('/') } autocomplete=autocomplete autocapitalize="none" spellcheck="false"
                placeholder=example required=!optional disabled=fixed autofocus=first aria-describedby=error_id
                aria-invalid=move || form.problem(at).is_some().to_string() prop:value=move || value.get()
                on:input:target=move |event| { form.touch(at); value.set(event.target().value()); }/>
            <datalist id=list_id>{options}</datalist>
        </Field>
    }
    .into_any()
}

/// A password that is being chosen for somebody else: it can be looked at, and made.
#[component]
pub fn PasswordField(
    /// The form.
    form: Form,
    /// The pointer of its value in the request.
    at: &'static str,
    /// The key of its label.
    label: &'static str,
    /// The value.
    value: RwSignal<String>,
    /// The key of its help.
    help: &'static str,
    /// Whether it may stay empty.
    optional: bool,
) -> impl IntoView {
    let id = form.id(at);
    let error_id = format!("{id}-error");
    let is_shown = RwSignal::new(false);
    let make = move |_| {
        is_shown.set(true);
        form.touch(at);
        value.set(made_password());
    };
    view! {
        <Field form at label help optional>
            <span class="with-buttons">
                <input id=id class="in" type=move || if is_shown.get() { "text" } else { "password" } name="password" autocomplete="new-password" autocapitalize="none" spellcheck="false"
                    required=!optional aria-describedby=error_id aria-invalid=move || form.problem(at).is_some().to_string() prop:value=move || value.get()
                    on:input:target=move |event| { form.touch(at); value.set(event.target().value()); }/>
                <button type="button" class="btn icon" aria-pressed=move || is_shown.get().to_string() aria-label=t("form.show_password") title=t("form.show_password") on:click=move |_| is_shown.update(|one| *one = !*one)><Icon name="eye"/></button>
                <button type="button" class="btn" on:click=make>{t("form.make_password")}</button>
            </span>
        </Field>
    }
    .into_any()
}

/// A password of 20 letters and digits of every kind, 17 of them by chance: about 98 bits.
fn made_password() -> String {
    const LETTERS: &[u8; 56] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
    let mut made = String::from("a2B");
    while made.len() < 20 {
        let mut octets = [0_u8; 32];
        let random = window().crypto().and_then(|crypto| crypto.get_random_values_with_u8_array(&mut octets));
        if random.is_err() {
            // Nothing is better than something that can be guessed.
            return String::new();
        }
        // Octets beyond the last whole round would make some letters likelier than others.
        let fair =
            octets.iter().filter(|octet| **octet < 224).map(|octet| usize::from(*octet) % LETTERS.len());
        made.extend(
            fair.filter_map(|at| LETTERS.get(at)).map(|letter| char::from(*letter)).take(20 - made.len()),
        );
    }
    made
}

/// One of some choices: what is sent, and what is read.
#[component]
pub fn SelectField(
    /// The form.
    form: Form,
    /// The pointer of its value in the request.
    at: &'static str,
    /// The key of its label.
    label: &'static str,
    /// The value.
    value: RwSignal<String>,
    /// The choices.
    #[prop(into)]
    choices: Signal<Vec<(String, String)>>,
    /// The key of its help.
    #[prop(optional)]
    help: &'static str,
    /// Whether it can only be read.
    #[prop(optional)]
    fixed: bool,
) -> impl IntoView {
    let id = form.id(at);
    let options = move || {
        let option = |(choice, text): (String, String)| {
            let own = choice.clone();
            view! { <option value=choice selected=move || value.with(|value| *value == own)>{text}</option> }
        };
        choices.get().into_iter().map(option).collect_view()
    };
    view! {
        <Field form at label help>
            <select id=id class="sel" disabled=fixed on:change:target=move |event| { form.touch(at); value.set(event.target().value()); }>
                {options}
            </select>
        </Field>
    }
    .into_any()
}

/// On or off.
#[component]
pub fn SwitchField(
    /// The form.
    form: Form,
    /// The pointer of its value in the request.
    at: &'static str,
    /// The key of its label.
    label: &'static str,
    /// The value.
    value: RwSignal<bool>,
    /// The key of its help.
    #[prop(optional)]
    help: &'static str,
    /// Whether it can only be read.
    #[prop(optional)]
    fixed: bool,
) -> impl IntoView {
    let id = form.id(at);
    view! {
        <Field form at label help>
            <span class="switch"><input id=id type="checkbox" role="switch" disabled=fixed prop:checked=move || value.get()
                on:change:target=move |event| { form.touch(at); value.set(event.target().checked()); }/><span></span></span>
        </Field>
    }
    .into_any()
}

/// What is wrong and belongs to no field.
#[component]
pub fn FormError(
    /// The form.
    form: Form,
) -> impl IntoView {
    view! {
        <div role="alert">{move || form.general.get().map(|text| view! {
            <p class="note bad"><Icon name="circle-alert"/><span>{text}</span></p>
        })}</div>
    }
    .into_any()
}

/// The button that sends a form.
#[component]
pub fn Submit(
    /// The form.
    form: Form,
    /// The key of what it does.
    verb: &'static str,
) -> impl IntoView {
    view! {
        <button type="submit" class="btn pri" aria-disabled=move || form.is_busy().to_string()>{move || t(verb)}</button>
    }
    .into_any()
}
