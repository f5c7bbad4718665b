//! One setting of the catalogue as a field: its control, where its value comes from, and the way back.

use super::{icon::Icon, overrides::OverridesLine};
use crate::i18n::{self, number, t, t_with};
use contract::{
    problem::InvalidCode,
    settings::{
        AnySetting, Control,
        resolve::{SettingValue, Source},
    },
};
use leptos::prelude::*;
use serde_json::Value;

/// What a form knows of a setting: the value as read, and the one to be saved.
#[derive(Clone, Copy)]
pub struct Draft {
    /// The setting.
    pub setting: &'static dyn AnySetting,
    /// As the API gave it.
    pub read: StoredValue<SettingValue>,
    /// A value to be set, `Some(None)` to return to inheritance, `None` for no change.
    pub change: RwSignal<Option<Option<Value>>>,
    /// Why the server did not take it.
    pub refusal: RwSignal<Option<InvalidCode>>,
}

impl Draft {
    /// The value that the form shows.
    pub fn value(&self) -> Value {
        self.read.with_value(|read| match self.change.get() {
            Some(Some(value)) => value,
            Some(None) => read.inherited.clone(),
            None => read.value.clone(),
        })
    }

    /// Whether the value is of this level.
    pub fn is_custom(&self) -> bool {
        match self.change.get() {
            Some(change) => change.is_some(),
            None => self.read.with_value(|read| read.source == Source::Custom),
        }
    }

    /// Takes a value from the control.
    pub fn set(&self, value: Value) {
        let is_as_read = self.read.with_value(|read| read.source == Source::Custom && read.value == value);
        self.refusal.set(None);
        self.change.set((!is_as_read).then_some(Some(value)));
    }

    /// Returns to inheritance.
    pub fn reset(&self) {
        let is_as_read = self.read.with_value(|read| read.source == Source::Inherited);
        self.refusal.set(None);
        self.change.set((!is_as_read).then_some(None));
    }

    /// Why the value in the form cannot be saved: by its own limits, or by what the server said.
    pub fn problem(&self) -> Option<String> {
        let own = self.change.get().flatten().and_then(|value| self.setting.check(&value).err());
        let name = own.map(|why| why.name()).or_else(|| self.refusal.get().map(|why| why.name()))?;
        Some(t(&format!("invalid.{name}")))
    }

    /// Whether it may be changed here.
    pub fn is_editable(&self) -> bool {
        self.read.with_value(|read| read.editable)
    }
}

/// The field of a setting.
#[component]
pub fn SettingField(draft: Draft) -> impl IntoView {
    let key = draft.setting.key();
    let (label, help) = (format!("setting.{key}.label"), format!("setting.{key}.help"));
    view! {
        <div class="field" class:changed=move || draft.change.get().is_some()>
            <label class="lb" for=key>{move || t(&label)}<span class="ds">{move || t(&help)}</span></label>
            <div>
                {control(draft)}
                <div aria-live="polite">{move || draft.problem().map(|why| view! {
                    <p class="err"><Icon name="circle-alert"/>{why}</p>
                })}</div>
                <Origin draft/>
                <OverridesLine setting=draft.setting/>
            </div>
        </div>
    }
    .into_any()
}

/// Where a value comes from, and the way back.
#[component]
pub fn Origin(draft: Draft) -> impl IntoView {
    view! {
        <p class="inh hint">
            {move || view! { <Icon name=if draft.is_custom() { "pencil" } else { "corner-left-up" }/> }}
            <span>{move || origin(draft)}</span>
            <Show when=move || draft.is_custom() && draft.is_editable()>
                <button type="button" on:click=move |_| draft.reset()>{t("setting_field.reset")}</button>
            </Show>
        </p>
    }
    .into_any()
}

/// Where two values that are shown together come from: said once where it is the same of both.
#[component]
pub fn OriginOfPair(first: Draft, second: Draft) -> impl IntoView {
    let is_same =
        Memo::new(move |_| !first.is_custom() && !second.is_custom() && origin(first) == origin(second));
    let named = |draft: Draft| {
        view! { <div class="row"><span class="small b">{t(&format!("setting.{}.label", draft.setting.key()))}</span><Origin draft/></div> }
    };
    move || {
        if is_same.get() {
            view! { <Origin draft=first/> }.into_any()
        } else {
            view! { {named(first)}{named(second)} }.into_any()
        }
    }
}

/// Where a value comes from, in words.
fn origin(draft: Draft) -> String {
    draft.read.with_value(|read| {
        if draft.is_custom() {
            t_with("setting_field.custom", &[("value", &shown(draft.setting, &read.inherited))])
        } else {
            match read.inherited_from {
                Some(level) => {
                    t_with("setting_field.inherited", &[("level", &t(&format!("level.{}", level.name())))])
                }
                None => t("setting_field.default"),
            }
        }
    })
}

/// A value in words.
pub fn shown(setting: &dyn AnySetting, value: &Value) -> String {
    match (setting.control(), value) {
        (Control::Choice { .. }, Value::String(word)) => {
            t(&format!("setting.{}.choice.{word}", setting.key()))
        }
        (_, Value::Bool(is_on)) => t(if *is_on { "setting_field.on" } else { "setting_field.off" }),
        (Control::Number { step, .. }, Value::Number(value)) => {
            number(value.as_f64().unwrap_or_default(), if step < 1.0 { 2 } else { 0 })
        }
        (_, Value::String(text)) if text.is_empty() => t("setting_field.nothing"),
        (_, Value::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    }
}

/// A number as the browser's field has it; nothing while it is empty.
fn shown_number(value: &Value) -> String {
    if value.is_null() { String::new() } else { value.to_string() }
}

fn control(draft: Draft) -> AnyView {
    let key = draft.setting.key();
    let off = !draft.is_editable();
    let text = move || draft.value().as_str().unwrap_or_default().to_owned();
    match draft.setting.control() {
        Control::Switch => view! {
            <label class="switch"><input id=key type="checkbox" role="switch" disabled=off prop:checked=move || draft.value() == Value::Bool(true) on:change:target=move |event| draft.set(event.target().checked().into())/><span></span></label>
        }
        .into_any(),
        Control::Number { min, max, step } => view! {
            <input id=key class="in num" type="number" min=min max=max step=step disabled=off prop:value=move || shown_number(&draft.value())
                aria-invalid=move || draft.problem().is_some().to_string()
                on:input:target=move |event| draft.set(serde_json::from_str(&event.target().value()).unwrap_or(Value::Null))/>
            <span class="muted small">{format!(" {} – {}", number(min, 0), number(max, 0))}</span>
        }
        .into_any(),
        Control::Choice { choices } => {
            let options = choices.iter().map(|choice| view! {
                <label class="row"><input type="radio" name=key value=*choice disabled=off prop:checked=move || text() == *choice on:change=move |_| draft.set((*choice).into())/>
                    {move || t(&format!("setting.{key}.choice.{choice}"))}</label>
            });
            view! { <div class="stack" id=key role="radiogroup">{options.collect_view()}</div> }.into_any()
        }
        Control::Text { max_length } => view! {
            <input id=key class="in" maxlength=max_length disabled=off prop:value=text on:input:target=move |event| draft.set(event.target().value().into())/>
        }
        .into_any(),
        Control::Colour => view! {
            <input id=key type="color" disabled=off prop:value=text on:input:target=move |event| draft.set(event.target().value().into())/>
            <span class="muted small">{text}</span>
        }
        .into_any(),
        Control::TimeZone => {
            let mut zones = i18n::time_zones();
            let known = text();
            if !zones.contains(&known) {
                zones.insert(0, known);
            }
            let options = zones.into_iter().map(|zone| {
                let own = zone.clone();
                view! { <option value=zone.clone() selected=move || text() == own>{zone.clone()}</option> }
            });
            view! { <select id=key class="sel" disabled=off on:change:target=move |event| draft.set(event.target().value().into())>{options.collect_view()}</select> }.into_any()
        }
    }
}
