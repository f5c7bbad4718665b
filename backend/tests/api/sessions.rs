//! One's own sessions and sign-ins, the profile, and showing the password once more.

use crate::gateway::{Actor, Answer, Gateway, PASSWORD, cookies, on_each};
use serde_json::{Value, json};

async fn change(actor: &Actor<'_>, body: Value) -> Answer {
    actor.call("PATCH", "/api/v1/me", Some(body)).await
}

const MINUTE: i64 = 60_000;

impl Actor<'_> {
    /// Shows the password once more; whoever it is then.
    pub(crate) async fn confirm(&self, password: &str) -> (Answer, Actor<'_>) {
        let answer = self.call("POST", "/api/v1/sessions/confirm", Some(json!({"password": password}))).await;
        let token = answer.body["access_token"].as_str().unwrap_or_default().to_owned();
        let cookie = cookies(&answer);
        (answer, Actor { gateway: self.gateway, token, cookie })
    }
}

async fn sign_in_with(gateway: &Gateway, browser: &str) -> Answer {
    let request = gateway.client.post(gateway.url("/api/v1/sessions")).header("user-agent", browser);
    let body = json!({"username": "anna@a.test", "password": PASSWORD});
    Answer::of(request.json(&body).send().await.unwrap()).await
}

/// ACC-01.
#[tokio::test(flavor = "multi_thread")]
async fn somebody_sees_where_they_are_signed_in_and_ends_what_is_not_theirs() {
    on_each(|gateway| async move {
        let phone = sign_in_with(&gateway, "Mozilla/5.0 (Android 16; Mobile) Firefox/145.0").await;
        gateway.clock.advance(MINUTE);
        let (anna, third) = (gateway.actor("anna@a.test").await, gateway.actor("anna@a.test").await);
        let list = anna.get("/api/v1/me/sessions").await;
        let sessions = list.is(200).body["data"].as_array().unwrap().clone();
        assert_eq!(sessions.len(), 3);
        assert_eq!(sessions.iter().filter(|one| one["is_current"] == true).count(), 1);
        let oldest = &sessions[2];
        assert_eq!((&oldest["device"], &oldest["ip"]), (&json!("Firefox · Android"), &json!("127.0.0.1")));
        let path = format!("/api/v1/me/sessions/{}", oldest["id"].as_str().unwrap());
        let root = gateway.actor("root").await;
        root.call("DELETE", &path, None).await.is_problem(404, "not_found");
        anna.call("DELETE", &path, None).await.is(204);
        anna.call("DELETE", &path, None).await.is_problem(404, "not_found");
        gateway.refresh(&cookies(&phone)).await.is_problem(401, "not_signed_in");
        third.get("/api/v1/me").await.is(200);
        anna.call("DELETE", "/api/v1/me/sessions", None).await.is(204);
        third.get("/api/v1/me").await.is_problem(401, "not_signed_in");
        anna.get("/api/v1/me").await.is(200);
        root.get("/api/v1/me").await.is(200);
        gateway
    })
    .await;
}

/// P12: a user's sessions are counted, so that nobody fills the table.
#[tokio::test(flavor = "multi_thread")]
async fn the_hundred_and_first_session_ends_the_oldest() {
    on_each(|gateway| async move {
        let first = gateway.actor("anna@a.test").await;
        let db = &gateway.running.services().db;
        db.change(|conn| {
            use backend::db::schema::sessions::dsl::{id, sessions};
            use diesel::prelude::*;
            type Row = (String, String, String, Option<String>, i64, String, String, String, i64, i64);
            let columns = {
                use backend::db::schema::sessions as s;
                (
                    s::id,
                    s::user_id,
                    s::refresh_hash,
                    s::previous_hash,
                    s::rotated_at,
                    s::events_hash,
                    s::ip,
                    s::user_agent,
                    s::created_at,
                    s::expires_at,
                )
            };
            let row: Row = sessions.select(columns).first(conn)?;
            for number in 0..99 {
                let copy = (id.eq(format!("ses_{number}")), {
                    use backend::db::schema::sessions as s;
                    (
                        s::user_id.eq(&row.1),
                        s::refresh_hash.eq("x"),
                        s::rotated_at.eq(row.4 + 1 + number),
                        s::events_hash.eq("x"),
                        s::ip.eq(""),
                        s::user_agent.eq(""),
                        s::created_at.eq(row.8),
                        s::expires_at.eq(row.9),
                        s::confirmed_at.eq(0_i64),
                    )
                });
                diesel::insert_into(sessions).values(copy).execute(conn)?;
            }
            Ok(())
        })
        .await
        .unwrap();
        first.get("/api/v1/me").await.is(200);
        let last = gateway.actor("anna@a.test").await;
        first.get("/api/v1/me").await.is_problem(401, "not_signed_in");
        assert_eq!(last.get("/api/v1/me/sessions").await.body["data"].as_array().unwrap().len(), 100);
        gateway
    })
    .await;
}

/// ACC-01, P14: each sees their own tries, with the reason; what nobody tried is told to nobody.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_failed_is_in_the_list_with_its_reason() {
    on_each(|gateway| async move {
        gateway.sign_in("anna@a.test", "wrong").await.is(401);
        gateway.sign_in("nobody", "wrong").await.is(401);
        let anna = gateway.actor("anna@a.test").await;
        let outcomes = |list: &Answer| -> Vec<Value> {
            list.body["data"].as_array().unwrap().iter().map(|one| one["outcome"].clone()).collect()
        };
        let list = anna.get("/api/v1/me/logins").await;
        assert_eq!(outcomes(list.is(200)), ["succeeded", "wrong_password"]);
        let first = anna.get("/api/v1/me/logins?limit=1").await;
        let next = first.body["page"]["next"].as_str().unwrap();
        let second = anna.get(&format!("/api/v1/me/logins?limit=1&cursor={next}")).await;
        assert_eq!(outcomes(&second), ["wrong_password"]);
        let request = gateway.client.get(gateway.url("/api/v1/me/logins")).bearer_auth(&anna.token);
        let csv = Answer::of(request.header("accept", "text/csv").send().await.unwrap()).await;
        assert!(csv.is(200).text.starts_with("at,ip,device,outcome\r\n"), "{}", csv.text);
        gateway.clock.advance(91 * 24 * 60 * MINUTE);
        let services = gateway.running.services();
        let (db, clock, storage) = (&services.db, &services.clock, &services.storage);
        backend::features::retention::sweep(db, clock, storage, || false).await.unwrap();
        let anna = gateway.actor("anna@a.test").await;
        assert_eq!(outcomes(&anna.get("/api/v1/me/logins").await), ["succeeded"]);
        gateway
    })
    .await;
}

/// ACC-01, P13: whoever finds an open panel cannot have a new password sent to themselves.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_address_for_mail_needs_the_password_shown_a_moment_ago() {
    on_each(|gateway| async move {
        let north = gateway.actor("north").await;
        let changed = change(&north, json!({"display_name": " Nora ", "email": "nora@north.test"})).await;
        assert_eq!(changed.is(200).body["display_name"], "Nora");
        for wrong in ["nora", "a b@c.test", "nora@north.test\r\nBcc: x@y.test"] {
            let refused = change(&north, json!({"email": wrong})).await;
            refused.is_problem(422, "invalid").names("/email", "not_an_email_address");
        }
        gateway.clock.advance(11 * MINUTE);
        let elsewhere = json!({"email": "thief@evil.test"});
        change(&north, elsewhere.clone()).await.is_problem(403, "confirmation_needed");
        change(&north, json!({"display_name": null})).await.is(200);
        let (refused, _) = north.confirm("wrong").await;
        refused.is_problem(422, "invalid").names("/password", "wrong_password");
        let (confirmed, fresh) = north.confirm(PASSWORD).await;
        confirmed.is(200);
        north.get("/api/v1/me").await.is_problem(401, "not_signed_in");
        change(&fresh, json!({"email": null})).await.is(200);
        gateway.refresh(&fresh.cookie).await.is(200);
        gateway.refresh(&north.cookie).await.is_problem(401, "not_signed_in");
        gateway
    })
    .await;
}
