//! The audit log: who did what to what, from which address, and which values are different since.

use crate::{
    api,
    components::{
        icon::Icon,
        list_page::{List, ListCard, ListFilter, ListSearch, Row, Rows, Search, column, export},
        mail_times::{moment, now, rfc3339},
        page_head::PageHead,
        states::Empty,
    },
    i18n::{has_text, t, t_count, t_with},
    scope::Scope,
};
use contract::audit::{AuditChange, AuditEntry, AuditQuery, LIST_AUDIT};
use leptos::prelude::*;
use serde_json::Value;

const HOUR: f64 = 3_600_000.0;

/// The page.
pub fn page(scope: Scope, _: Option<String>) -> AnyView {
    view! { <Audit scope/> }.into_any()
}

#[component]
fn Audit(scope: Scope) -> impl IntoView {
    let domain = scope.reach();
    let query = move |list: List, search: Search| AuditQuery {
        search: search.text,
        action: list.address.get("action"),
        domain: domain.clone(),
        since: since(list.address.get("range").as_deref()),
        limit: search.limit,
        cursor: search.cursor,
        count: Some(true),
        ..AuditQuery::default()
    };
    let wanted = query.clone();
    let list = List::new(move |list, search| {
        let query = wanted(list, search);
        Box::pin(async move { Ok(Rows::of(api::call(&LIST_AUDIT, &[], &query, &()).await?, row)) })
    });
    let save = move || {
        let query = untrack(|| query(list, list.everything()));
        export("audit.csv", async move { api::csv(&LIST_AUDIT, &[], &query).await });
    };
    let ranges = ["", "day", "week", "month"]
        .map(|range| (range, t(&format!("audit.range_{}", if range.is_empty() { "all" } else { range }))));
    let columns = vec![
        column("audit.at"),
        column("audit.actor"),
        column("audit.action"),
        column("audit.target"),
        column("audit.changes"),
        column("audit.ip"),
    ];
    let empty =
        ViewFn::from(|| view! { <Empty icon="scroll-text" title="audit.empty" text="audit.empty_text"/> });
    view! {
        <PageHead scope title="audit.title" intro=Signal::derive(|| t("audit.about"))>
            <button type="button" class="btn" on:click=move |_| save()><Icon name="download"/>{move || t("list.export")}</button>
        </PageHead>
        <ListSearch list label="audit.search">
            <ListFilter list name="range" label="audit.range" choices=ranges.to_vec()/>
        </ListSearch>
        <ListCard list title="audit.title" columns empty/>
    }
    .into_any()
}

/// When a range began.
fn since(range: Option<&str>) -> Option<String> {
    let hours = match range? {
        "day" => 24.0,
        "week" => 7.0 * 24.0,
        "month" => 28.0 * 24.0,
        _ => return None,
    };
    Some(rfc3339(now() - hours * HOUR))
}

fn row(entry: &AuditEntry) -> Row {
    let role = t(&format!("role.{}", entry.role.name()));
    let request = entry.request_id.as_ref().map(|id| t_with("audit.request", &[("id", id)]));
    Row {
        id: entry.id.to_string(),
        name: entry.target.clone(),
        cells: vec![
            view! { <span class="num" title=request>{moment(&entry.at.0)}</span> }.into_any(),
            view! { <span><bdi>{entry.actor.clone()}</bdi>" "<span class="muted small">{role}</span></span> }
                .into_any(),
            action(&entry.action).into_any(),
            view! { <bdi>{entry.target.clone()}</bdi> }.into_any(),
            changes(&entry.changes),
            view! { <span class="mono small" dir="ltr">{entry.ip.clone()}</span> }.into_any(),
        ],
        acts: Vec::new(),
    }
}

/// What was done, in words where there are some.
fn action(name: &str) -> String {
    let key = format!("action.{name}");
    if has_text(&key) { t(&key) } else { name.replace('_', " ") }
}

/// What is different: closed at first, since most readers look for when and who.
fn changes(changes: &[AuditChange]) -> AnyView {
    if changes.is_empty() {
        return "–".into_any();
    }
    let line = |change: &AuditChange| {
        let label = format!("setting.{}.label", change.field);
        let field = match change.field.as_str() {
            "" => t("audit.value"),
            _ if has_text(&label) => t(&label),
            field => field.replace('_', " "),
        };
        view! { <tr><th scope="row">{field}</th><td><del><bdi>{written(&change.from)}</bdi></del></td><td><ins><bdi>{written(&change.to)}</bdi></ins></td></tr> }
    };
    view! {
        <details class="diff">
            <summary>{t_count("audit.changes_count", changes.len())}</summary>
            <table>
                <thead><tr><th scope="col">{t("audit.field")}</th><th scope="col">{t("audit.before")}</th><th scope="col">{t("audit.after")}</th></tr></thead>
                <tbody>{changes.iter().map(line).collect_view()}</tbody>
            </table>
        </details>
    }
    .into_any()
}

/// A value as people read it.
fn written(value: &Value) -> String {
    match value {
        Value::Null => t("audit.none"),
        Value::Bool(is_on) => t(if *is_on { "setting_field.on" } else { "setting_field.off" }),
        Value::String(text) => text.clone(),
        Value::Array(values) if !values.iter().any(Value::is_object) => {
            values.iter().map(written).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
