//! Where a page is in its list, and the way to the next one: above and below the rows (UI-04).

use super::icon::Icon;
use crate::{
    address::Address,
    i18n::{number, t, t_with},
};
use contract::page::Paging;
use leptos::prelude::*;

/// How many entries a page can have.
const SIZES: [u32; 4] = [25, 50, 100, 200];
const DEFAULT_SIZE: u32 = 50;

/// How many entries a page of the list at this address has.
pub fn size(address: Address) -> u32 {
    let chosen = address.get("size").and_then(|size| size.parse().ok());
    chosen.filter(|size| SIZES.contains(size)).unwrap_or(DEFAULT_SIZE)
}

/// "Page 2 · Total items 128 · Items per page 50", and the steps.
#[component]
pub fn Pagination(
    /// Where the list is.
    paging: Paging,
    /// The state of the list.
    address: Address,
) -> impl IntoView {
    let page = address.get("page").and_then(|page| page.parse::<u32>().ok()).unwrap_or(1);
    let turn = move |cursor: Option<String>, page: u32| {
        // The first page has no cursor: new entries belong to it.
        let is_first = page < 2;
        address.set(&[
            ("cursor", cursor.filter(|_| !is_first)),
            ("page", Some(page.to_string()).filter(|_| !is_first)),
        ]);
    };
    let Paging { next, previous, total } = paging;
    let total = total.map(|total| {
        let count = number(f64::from(u32::try_from(total.count).unwrap_or(u32::MAX)), 0);
        t_with(if total.exact { "pages.total" } else { "pages.total_at_least" }, &[("count", &count)])
    });
    let chosen = size(address);
    let options =
        SIZES.map(|size| view! { <option value=size.to_string() selected=size == chosen>{size}</option> });
    let (has_next, has_previous) = (next.is_some(), previous.is_some());
    view! {
        <nav class="pager" aria-label=t("pages.name")>
            <span class="num">{t_with("pages.page", &[("page", &page.to_string())])}</span>
            <span class="num">{total}</span>
            <span class="end">
                <label class="row"><span class="hide-m">{t("pages.size")}</span>
                    <select class="sel sm" aria-label=t("pages.size") on:change:target=move |event| address.set(&[("size", Some(event.target().value())), ("cursor", None), ("page", None)])>
                        {options.into_iter().collect_view()}
                    </select>
                </label>
                <button type="button" class="btn sm icon" disabled=!has_previous aria-label=t("panel.previous") on:click=move |_| turn(previous.clone(), page.saturating_sub(1))><Icon name="chevron-left"/></button>
                <button type="button" class="btn sm icon" disabled=!has_next aria-label=t("panel.next") on:click=move |_| turn(next.clone(), page.saturating_add(1))><Icon name="chevron-right"/></button>
            </span>
        </nav>
    }
    .into_any()
}
