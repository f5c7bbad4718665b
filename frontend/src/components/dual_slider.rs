//! Both thresholds on one track: two of the browser's own sliders over each other, each with its number beside it.
//! Neither can pass the other; they keep a distance.

use crate::i18n::{number, t, t_with};
use leptos::prelude::*;

/// The least distance of the thresholds.
const GAP: f64 = 0.05;

/// The thresholds of unsure mail and of spam (FIL-05, FIL-07).
#[component]
pub fn DualSlider(
    /// The unsure threshold.
    unsure: Signal<f64>,
    /// The quarantine threshold.
    quarantine: Signal<f64>,
    /// Takes both.
    change: Callback<(f64, f64)>,
    /// Whether they can be changed here.
    editable: bool,
) -> impl IntoView {
    let set_unsure = move |value: f64| {
        change.run((round(value.clamp(0.0, quarantine.get_untracked() - GAP)), quarantine.get_untracked()))
    };
    let set_quarantine = move |value: f64| {
        change.run((unsure.get_untracked(), round(value.clamp(unsure.get_untracked() + GAP, 1.0))))
    };
    let percent = |value: f64| format!("{:.0}%", value * 100.0);
    view! {
        <div class="dual" style:--u=move || percent(unsure.get()) style:--q=move || percent(quarantine.get())>
            {mark("u", "slider.unsure", unsure, quarantine)}
            {mark("q", "slider.spam", quarantine, unsure)}
            <div class="track"><i class="z1"></i><i class="z2"></i><i class="z3"></i></div>
            {slider("slider.unsure", "slider.unsure_value", unsure, set_unsure, editable)}
            {slider("slider.spam", "slider.spam_value", quarantine, set_quarantine, editable)}
        </div>
        <div class="scale"><span>{move || t("slider.good")}</span><span>{move || t("slider.bad")}</span></div>
        <div class="row">
            {field("slider.unsure", unsure, set_unsure, editable)}
            {field("slider.spam", quarantine, set_quarantine, editable)}
            <Presets unsure quarantine change editable/>
        </div>
    }
    .into_any()
}

/// The name and number above a handle; near the edge or the other handle it steps aside.
fn mark(class: &'static str, label: &'static str, value: Signal<f64>, other: Signal<f64>) -> AnyView {
    let is_low = move || value.get() < 0.08 || (other.get() < value.get() && value.get() - other.get() < 0.2);
    let is_high =
        move || value.get() > 0.92 || (other.get() > value.get() && other.get() - value.get() < 0.2);
    view! {
        <span class=format!("val {class}") class:low=is_low class:high=move || is_high() && !is_low() aria-hidden="true">
            {move || t(label)}" "{move || number(value.get(), 2)}
        </span>
    }
    .into_any()
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn slider(
    label: &'static str,
    spoken: &'static str,
    value: Signal<f64>,
    set: impl Fn(f64) + 'static + Copy + Send + Sync,
    editable: bool,
) -> AnyView {
    view! {
        <input type="range" min="0" max="1" step="0.01" disabled=!editable aria-label=move || t(label)
            aria-valuetext=move || t_with(spoken, &[("value", &number(value.get(), 2))])
            prop:value=move || value.get().to_string()
            on:input:target=move |event| {
                if let Ok(typed) = event.target().value().parse() { set(typed); }
                // The browser's own thumb goes back to where the other one stopped it.
                event.target().set_value(&value.get_untracked().to_string());
            }/>
    }
    .into_any()
}

fn field(
    label: &'static str,
    value: Signal<f64>,
    set: impl Fn(f64) + 'static + Copy + Send + Sync,
    editable: bool,
) -> AnyView {
    view! {
        <label class="lbl">{move || t(label)}
            <input class="in num" type="number" min="0" max="1" step="0.01" disabled=!editable
                prop:value=move || format!("{:.2}", value.get())
                on:change:target=move |event| if let Ok(typed) = event.target().value().parse() { set(typed) }/>
        </label>
    }
    .into_any()
}

#[component]
fn Presets(
    unsure: Signal<f64>,
    quarantine: Signal<f64>,
    change: Callback<(f64, f64)>,
    editable: bool,
) -> impl IntoView {
    let preset = move |key: &'static str, values: (f64, f64)| {
        let is_current =
            move || (unsure.get() - values.0).abs() < 0.001 && (quarantine.get() - values.1).abs() < 0.001;
        view! {
            <button type="button" class="btn" disabled=!editable aria-pressed=move || is_current().to_string() on:click=move |_| change.run(values)>{move || t(key)}</button>
        }
    };
    view! {
        <div class="group" role="group" aria-label=move || t("slider.presets")>
            {preset("slider.relaxed", (0.3, 0.97))}
            {preset("slider.default", (0.1, 0.9))}
            {preset("slider.strict", (0.05, 0.75))}
        </div>
    }
    .into_any()
}
