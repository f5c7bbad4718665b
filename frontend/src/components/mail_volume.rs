//! How much was received over time, above the log: a bar a step, in three parts. A bar leads to the search within
//! its step; by keyboard the choice of the time does the same.

use super::{
    mail_log::LogList,
    mail_times::{moment, parse, rfc3339},
};
use crate::i18n::{number, t, t_with};
use contract::messages::{Classification, VolumeBar};
use leptos::prelude::*;

/// The parts of a bar from above, each with its colour.
const PARTS: [(&str, &str); 3] =
    [("bad", "volume.stopped"), ("warn", "volume.unsure"), ("ok", "volume.good")];

const fn part(classification: Classification) -> usize {
    match classification {
        Classification::NotSpam | Classification::Allowed => 2,
        Classification::Unsure => 1,
        _ => 0,
    }
}

/// How many entries each part of a bar stands for.
fn counts(bar: &VolumeBar) -> [u32; 3] {
    let mut counts = [0_u32; 3];
    for (classification, count) in &bar.counts {
        if let Some(sum) = counts.get_mut(part(*classification)) {
            *sum = sum.saturating_add(u32::try_from(*count).unwrap_or(u32::MAX));
        }
    }
    counts
}

fn height(bar: &VolumeBar) -> u32 {
    counts(bar).iter().fold(0, |sum, count| sum.saturating_add(*count))
}

/// The bars of what the search finds; nothing where there is nothing to compare.
#[component]
pub fn VolumeBars(
    /// The search.
    list: LogList,
) -> impl IntoView {
    move || {
        let volume = list.volume.get()?;
        let highest = volume.bars.iter().map(height).max().filter(|highest| *highest > 0)?;
        let (first, last) = (volume.bars.first()?.at.clone(), volume.bars.last()?.at.clone());
        let step = f64::from(u32::try_from(volume.step).ok()?) * 1000.0;
        let bars = volume.bars.into_iter().map(|bar| column(list, &bar, highest, step)).collect_view();
        let legend = PARTS.into_iter().rev().map(|(tone, key)| {
            view! { <span class="key"><i class=tone></i>{move || t(key)}</span> }
        });
        Some(view! {
            <div class="volume" role="group" aria-label=move || t("volume.title")>
                <div class="bars">{bars}</div>
                <p class="span">
                    <span>{moment(&first.0)}</span>
                    <span class="keys">{legend.collect_view()}</span>
                    <span>{moment(&last.0)}</span>
                </p>
            </div>
        })
    }
}

fn column(list: LogList, bar: &VolumeBar, highest: u32, step: f64) -> AnyView {
    let counts = counts(bar);
    let from = bar.at.0.clone();
    let [stopped, unsure, good] = counts.map(|count| number(f64::from(count), 0));
    let words = [("time", moment(&from)), ("good", good), ("unsure", unsure), ("stopped", stopped)];
    let title = t_with("volume.bar", &words.each_ref().map(|(name, value)| (*name, value.as_str())));
    let parts = PARTS.into_iter().zip(counts).filter(|(_, count)| *count > 0).map(|((tone, _), count)| {
        let share = f64::from(count) / f64::from(highest) * 100.0;
        view! { <i class=tone style:height=format!("{share:.2}%")></i> }
    });
    let narrow = move |_| {
        let Some(begin) = parse(&from) else { return };
        list.search_with(|filter| {
            filter.range = "custom".to_owned();
            filter.from = rfc3339(begin);
            filter.to = rfc3339(begin + step);
        });
    };
    view! {
        <button type="button" tabindex="-1" title=title.clone() aria-label=title on:click=narrow>
            {parts.collect_view()}
        </button>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::ids::Timestamp;

    #[test]
    fn a_bar_counts_good_unsure_and_stopped_mail() {
        let counted = [
            (Classification::NotSpam, 5),
            (Classification::Allowed, 2),
            (Classification::Unsure, 3),
            (Classification::Virus, 1),
            (Classification::Rejected, 4),
        ];
        let at = Timestamp("2026-02-21T00:00:00Z".to_owned());
        let bar = VolumeBar { at, counts: counted.into_iter().collect() };
        assert_eq!(counts(&bar), [5, 3, 7]);
        assert_eq!(height(&bar), 15);
    }
}
