//! Who is signed in, what they may do, and what the panel said to them last.

use crate::{api, brand, events, i18n};
use contract::{
    accounts::{
        ACT_AS_USER, CREATE_SESSION, END_SESSION, GET_ME, Me, NewSession, STOP_ACTING, Session, Theme,
    },
    permission::{Permission, Role},
};
use leptos::prelude::*;
use std::sync::LazyLock;

/// A role, and what it has.
pub type Seen = (Role, Vec<Permission>);

static ME: LazyLock<ArcRwSignal<Option<Me>>> = LazyLock::new(|| ArcRwSignal::new(None));
static NOTICES: LazyLock<ArcRwSignal<Vec<Notice>>> = LazyLock::new(|| ArcRwSignal::new(Vec::new()));
static ARE_HELD: LazyLock<ArcRwSignal<bool>> = LazyLock::new(|| ArcRwSignal::new(false));
static PREVIEW: LazyLock<ArcRwSignal<Option<Seen>>> = LazyLock::new(|| ArcRwSignal::new(None));
/// Apart from the rest of the user, so that a change of colours draws no page anew.
static PERMISSIONS: LazyLock<ArcMemo<Vec<Permission>>> = LazyLock::new(|| {
    ArcMemo::new(|_| match PREVIEW.get() {
        Some((_, permissions)) => permissions,
        None => ME.with(|me| me.as_ref().map(|me| me.permissions.clone()).unwrap_or_default()),
    })
});
static ZONE: LazyLock<ArcRwSignal<Option<String>>> = LazyLock::new(|| ArcRwSignal::new(None));

/// Something said in passing, in the corner.
#[derive(Clone)]
pub struct Notice {
    /// Tells it from the others.
    pub number: usize,
    /// The words.
    pub text: String,
    /// Whether something went wrong.
    pub is_bad: bool,
    /// Takes back what was done.
    pub undo: Option<Callback<()>>,
}

/// Who is signed in, followed as it changes.
pub fn me() -> Option<Me> {
    ME.get()
}

/// Who is signed in now.
pub fn me_untracked() -> Option<Me> {
    ME.get_untracked()
}

/// Whether the signed-in user may do this.
pub fn can(permission: Permission) -> bool {
    PERMISSIONS.with(|permissions| permissions.contains(&permission))
}

/// Looks at the panel through the eyes of a role, or no longer. Nothing can be changed meanwhile.
pub fn preview(role: Option<Seen>) {
    PREVIEW.set(role);
}

/// Through the eyes of which role the panel is looked at.
pub fn previewed() -> Option<Role> {
    PREVIEW.with(|seen| seen.as_ref().map(|(role, _)| *role))
}

/// Learns again who is signed in: what one may do has changed.
pub async fn reread() {
    if let Ok(me) = api::call(&GET_ME, &[], &(), &()).await {
        changed(me).await;
    }
}

/// The time zone of dates: the user's, else the domain's that is looked at; None for the browser's.
pub fn time_zone() -> Option<String> {
    ME.with(|me| me.as_ref().and_then(|me| me.time_zone.clone())).or_else(|| ZONE.get())
}

/// Notes the time zone of the domain that is looked at.
pub fn set_domain_time_zone(zone: Option<String>) {
    if ZONE.get_untracked() != zone {
        ZONE.set(zone);
    }
}

/// Goes on with the session of the cookie, if there is one.
pub async fn restore() {
    if let Ok(session) = api::refresh().await {
        begin(session.me).await;
    }
}

/// Signs in.
pub async fn sign_in(credentials: &NewSession) -> Result<(), api::ApiError> {
    let session = api::call(&CREATE_SESSION, &[], &(), credentials).await?;
    api::set_token(Some(session.access_token));
    begin(session.me).await;
    Ok(())
}

/// Acts as another user, in place of oneself, and begins where they would (USR-06).
pub async fn act_as(username: &str) -> Result<(), api::ApiError> {
    take_place(api::call(&ACT_AS_USER, &[username], &(), &()).await?);
    Ok(())
}

/// Goes back to oneself.
pub async fn stop_acting() -> Result<(), api::ApiError> {
    take_place(api::call(&STOP_ACTING, &[], &(), &()).await?);
    Ok(())
}

/// Starts the panel anew for somebody else: nothing that one of them has seen stays for the other. The cookies of the
/// answer are theirs.
fn take_place(_: Session) {
    // A browser that cannot go there stays where it is, with a token that is worth nothing.
    let _ = window().location().set_href("/");
}

/// Takes a refreshed session: if it is somebody else's by now, of another tab or after acting, the panel starts anew.
pub fn refreshed(me: &Me) {
    if me_untracked().is_some_and(|known| known.id != me.id) {
        let _ = window().location().set_href("/");
    }
}

/// Signs out here; the session ends on the server, too.
pub async fn sign_out() {
    if let Err(error) = api::call(&END_SESSION, &[], &(), &()).await {
        complain(error.text());
    }
    ended();
}

/// The session is over: back to the sign-in.
pub fn ended() {
    events::stop();
    preview(None);
    api::set_token(None);
    ME.set(None);
    leptos::task::spawn_local(brand::load());
}

/// Takes a changed account.
pub async fn changed(me: Me) {
    set_theme(me.theme);
    let language = me.language.unwrap_or_else(i18n::preferred);
    if language != i18n::language() {
        i18n::load(language).await;
    }
    ME.set(Some(me));
}

async fn begin(me: Me) {
    changed(me).await;
    brand::load().await;
    events::listen();
}

/// Shows the panel in these colours, now and at the next start.
pub fn set_theme(theme: Theme) {
    let window = window();
    let system_is_dark = || {
        window.match_media("(prefers-color-scheme: dark)").ok().flatten().is_some_and(|media| media.matches())
    };
    let (name, is_dark) = match theme {
        Theme::System => ("system", system_is_dark()),
        Theme::Light => ("light", false),
        Theme::Dark => ("dark", true),
    };
    if let Ok(Some(storage)) = window.local_storage() {
        let _ = storage.set_item("gatepost-theme", name);
    }
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("data-theme", if is_dark { "dark" } else { "light" });
    }
}

/// What was said and is still shown.
pub fn notices() -> Vec<Notice> {
    NOTICES.get()
}

/// Says something.
pub fn say(text: String) {
    notify(text, false, None);
}

/// Says what was done, with a way back.
pub fn say_with_undo(text: String, undo: Callback<()>) {
    notify(text, false, Some(undo));
}

/// Says what went wrong.
pub fn complain(text: String) {
    notify(text, true, None);
}

/// Takes a notice away.
pub fn dismiss(number: usize) {
    NOTICES.update(|notices| notices.retain(|notice| notice.number != number));
}

fn notify(text: String, is_bad: bool, undo: Option<Callback<()>>) {
    let number = NOTICES.with_untracked(|notices| {
        notices.iter().map(|notice| notice.number).max().map_or(1, |last| last + 1)
    });
    let seconds = if undo.is_some() || is_bad { 10 } else { 5 };
    NOTICES.update(|notices| notices.push(Notice { number, text, is_bad, undo }));
    dismiss_after(number, std::time::Duration::from_secs(seconds));
}

/// Takes a notice away when its time is over and nobody has the pointer or the focus on the notices (WCAG 2.2.1).
fn dismiss_after(number: usize, time: std::time::Duration) {
    set_timeout(
        move || if ARE_HELD.get_untracked() { dismiss_after(number, time) } else { dismiss(number) },
        time,
    );
}

/// Whether somebody has the pointer or the focus on the notices, which then stay.
pub fn hold_notices(are_held: bool) {
    ARE_HELD.set(are_held);
}
