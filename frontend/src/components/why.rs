//! Why a message was judged as it was: one sentence, where the score lies between the thresholds, what moved it in
//! plain words, and what the sender's domain says. Shared by the quarantine, the message page and the log.

use super::badge::Badge;
use crate::i18n::{has_text, number, t, t_with};
use contract::messages::{Authentication, Classification, Evidence, Why};
use leptos::prelude::*;

/// A score in words and marks: two decimals of the reader's language.
pub fn score_text(score: f64) -> String {
    number(score, 2)
}

/// The key of the sentence that says why, and the threshold it speaks of.
fn sentence(classification: Classification, score: Option<f64>, why: &Why) -> (&'static str, Option<f64>) {
    use Classification as C;
    let key = match classification {
        C::Allowed => "why.allowed",
        C::Blocked => "why.blocked",
        C::Virus => "why.virus",
        C::Attachment => "why.attachment",
        C::Oversize => "why.oversize",
        C::Rejected => "why.rejected",
        C::Deferred => "why.deferred",
        C::Phishing => "why.phishing",
        C::NotSpam | C::Unsure | C::Spam => {
            return match (classification, score, why.unsure_threshold, why.quarantine_threshold) {
                (_, None, ..) => ("why.not_scored", None),
                (C::Spam, _, _, Some(threshold)) => ("why.spam", Some(threshold)),
                (C::Unsure, _, Some(threshold), _) => ("why.unsure", Some(threshold)),
                (C::NotSpam, _, Some(threshold), _) => ("why.not_spam", Some(threshold)),
                _ => ("why.score_only", None),
            };
        }
    };
    (key, None)
}

/// How wide a weight's bar is, in percent of half the width: the strongest fills it.
fn width(weight: f64, strongest: f64) -> f64 {
    if strongest > 0.0 { (weight.abs() / strongest * 50.0).clamp(2.0, 50.0) } else { 0.0 }
}

fn percent(share: f64) -> String {
    format!("{:.1}%", share.clamp(0.0, 1.0) * 100.0)
}

/// The whole answer to "why?". `reason` is the name of what refused the message before its content was judged.
#[component]
pub fn WhyPanel(
    /// What it was taken for.
    classification: Classification,
    /// The score, if its content was judged.
    score: Option<f64>,
    /// What moved it.
    why: Why,
    /// Why it was refused before that.
    #[prop(optional_no_strip)]
    reason: Option<String>,
) -> impl IntoView {
    let (key, threshold) = sentence(classification, score, &why);
    let said = move || {
        let score = score.map(score_text).unwrap_or_default();
        let threshold = threshold.map(score_text).unwrap_or_default();
        t_with(key, &[("score", &score), ("threshold", &threshold)])
    };
    let reason = reason.filter(|name| has_text(&format!("reason.{name}")));
    let thresholds = why.unsure_threshold.zip(why.quarantine_threshold);
    let gauge = score.map(|score| view! { <Gauge score thresholds/> });
    view! {
        <div class="why">
            <div class="verdict">
                <Badge classification/>
                <p>{said}{reason.map(|name| view! { " "{move || t(&format!("reason.{name}"))} })}</p>
            </div>
            {gauge}
            <Contributions evidence=why.evidence/>
            <AuthenticationResults authentication=why.authentication/>
        </div>
    }
    .into_any()
}

/// Where the score lies, against both thresholds.
#[component]
fn Gauge(score: f64, thresholds: Option<(f64, f64)>) -> impl IntoView {
    let (unsure, spam) = thresholds.unwrap_or((1.0, 1.0));
    let at_label = percent(score.clamp(0.04, 0.96));
    let name = move || match thresholds {
        Some((unsure, spam)) => t_with(
            "why.gauge",
            &[("score", &score_text(score)), ("unsure", &score_text(unsure)), ("spam", &score_text(spam))],
        ),
        None => t_with("why.score_only", &[("score", &score_text(score)), ("threshold", "")]),
    };
    let ticks = thresholds.map(|(unsure, spam)| {
        view! {
            <span class="tick below" style:inset-inline-start=percent(unsure)>
                {move || t_with("why.unsure_from", &[("threshold", &score_text(unsure))])}
            </span>
            <span class="tick below end" style:inset-inline-start=percent(spam)>
                {move || t_with("why.spam_from", &[("threshold", &score_text(spam))])}
            </span>
        }
    });
    view! {
        <div
            class="gauge" class:plain=thresholds.is_none() role="img" aria-label=name
            style:--u=percent(unsure) style:--q=percent(spam) style:--p=percent(score)
        >
            <span class="lab" style:inset-inline-start=at_label>
                {move || score_text(score)}
            </span>
            <span class="pin"></span>
            {ticks}
        </div>
    }
    .into_any()
}

/// What moved the score, the strongest first; the names of the checks on demand.
#[component]
fn Contributions(evidence: Vec<Evidence>) -> impl IntoView {
    let show_symbols = RwSignal::new(false);
    let strongest = evidence.iter().map(|one| one.weight.abs()).fold(0.0, f64::max);
    let (moving, still): (Vec<_>, Vec<_>) = evidence.into_iter().partition(|one| one.weight != 0.0);
    let is_empty = moving.is_empty() && still.is_empty();
    let row = move |one: Evidence| view! { <Contribution evidence=one strongest show_symbols/> };
    let rest = (!still.is_empty()).then(|| {
        let count = still.len();
        view! {
            <details class="still">
                <summary>{move || crate::i18n::t_count("why.no_effect", count)}</summary>
                <ul class="contrib">{still.into_iter().map(row).collect_view()}</ul>
            </details>
        }
    });
    if is_empty {
        return view! { <p class="muted small">{move || t("why.no_evidence")}</p> }.into_any();
    }
    view! {
        <div class="subhead">
            <h3>{move || t("why.contributions")}</h3>
            <label class="small end">
                <input
                    type="checkbox"
                    prop:checked=move || show_symbols.get()
                    on:change=move |event| show_symbols.set(event_target_checked(&event))
                />
                {move || t("why.show_symbols")}
            </label>
        </div>
        <ul class="contrib">{moving.into_iter().map(row).collect_view()}</ul>
        {rest}
    }
    .into_any()
}

#[component]
fn Contribution(evidence: Evidence, strongest: f64, show_symbols: RwSignal<bool>) -> impl IntoView {
    let Evidence { symbol, weight, detail } = evidence;
    let is_good = weight < 0.0;
    let length = format!("{:.1}%", width(weight, strongest));
    let key = format!("symbol.{symbol}");
    // A check without a text of its own shows its name: rather a name than nothing.
    let name = symbol.clone();
    let words = move || if has_text(&key) { t(&key) } else { name.clone() };
    let points = move || {
        let sign = if is_good { "−" } else { "+" };
        format!("{sign}{}", number(weight.abs(), 2))
    };
    let direction = if is_good { "why.towards_good" } else { "why.towards_spam" };
    view! {
        <li>
            <div>
                <p class="nm">{words}</p>
                {(!detail.is_empty()).then(|| view! { <p class="ds ud"><bdi>{detail}</bdi></p> })}
                <Show when=move || show_symbols.get()>
                    <p class="ds mono" dir="ltr">{symbol.clone()}</p>
                </Show>
            </div>
            <div class="bar mid" aria-hidden="true"><i class:neg=is_good style:width=length></i></div>
            <span class="pt num" class:good=is_good>
                {points}<span class="vh">" "{move || t(direction)}</span>
            </span>
        </li>
    }
    .into_any()
}

/// What the sender's domain says of the sender (RFC 8601).
#[component]
fn AuthenticationResults(authentication: Authentication) -> impl IntoView {
    let results: Vec<_> =
        [("SPF", authentication.spf), ("DKIM", authentication.dkim), ("DMARC", authentication.dmarc)]
            .into_iter()
            .filter(|(_, result)| !result.is_empty())
            .collect();
    if results.is_empty() {
        return ().into_any();
    }
    let badge = |(method, result): (&'static str, String)| {
        let tone = match result.as_str() {
            "pass" => "badge ok",
            "fail" | "permerror" => "badge bad",
            "softfail" => "badge warn",
            _ => "badge",
        };
        view! { <span class=tone>{method}" "{result}</span> }
    };
    view! {
        <h3 class="subhead">{move || t("why.authentication")}</h3>
        <div class="badges">{results.into_iter().map(badge).collect_view()}</div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(unsure: f64, spam: f64) -> Why {
        Why { unsure_threshold: Some(unsure), quarantine_threshold: Some(spam), ..Why::default() }
    }

    #[test]
    fn the_sentence_names_the_threshold_that_decided() {
        let why = why(0.3, 0.9);
        assert_eq!(sentence(Classification::Spam, Some(0.96), &why), ("why.spam", Some(0.9)));
        assert_eq!(sentence(Classification::Unsure, Some(0.5), &why), ("why.unsure", Some(0.3)));
        assert_eq!(sentence(Classification::NotSpam, Some(0.1), &why), ("why.not_spam", Some(0.3)));
        assert_eq!(sentence(Classification::Virus, Some(1.0), &why), ("why.virus", None));
        assert_eq!(sentence(Classification::NotSpam, None, &why), ("why.not_scored", None));
        assert_eq!(sentence(Classification::Spam, Some(0.9), &Why::default()), ("why.score_only", None));
    }

    #[test]
    fn the_strongest_contribution_fills_its_half_and_the_weakest_can_be_seen() {
        assert!((width(-4.0, 4.0) - 50.0).abs() < f64::EPSILON);
        assert!((width(0.01, 4.0) - 2.0).abs() < f64::EPSILON);
        assert!(width(0.0, 0.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_place_on_the_gauge_stays_on_it() {
        assert_eq!(percent(1.7), "100.0%");
        assert_eq!(percent(-0.2), "0.0%");
        assert_eq!(percent(0.966), "96.6%");
    }
}
