//! Signing in with a second factor: setting it up, codes, recovery codes, trusted devices, and roles that must have it.

use crate::gateway::{Actor, Answer, Gateway, PASSWORD, cookies, on_each};
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

const SECOND: i64 = 1_000;
const DAY: i64 = 86_400_000;

/// The code that an app with this secret shows now.
fn code(gateway: &Gateway, secret: &str) -> String {
    let secret = Secret::try_from_base32(secret).unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    totp.generate(u64::try_from(gateway.clock.now() / 1000).unwrap()).to_string()
}

/// Signs in with whatever is given.
async fn sign_in(gateway: &Gateway, body: Value, cookie: &str) -> Answer {
    let request = gateway.client.post(gateway.url("/api/v1/sessions")).header("cookie", cookie);
    Answer::of(request.json(&body).send().await.unwrap()).await
}

fn with_code(code: &str) -> Value {
    json!({"username": "north", "password": PASSWORD, "totp": code})
}

/// Sets a second factor up; the secret and the recovery codes.
pub(crate) async fn set_up(actor: &Actor<'_>) -> (String, Vec<String>) {
    let added = actor.call("POST", "/api/v1/me/second-factor", None).await;
    let secret = added.is(200).body["secret"].as_str().unwrap().to_owned();
    let body = json!({"totp": code(actor.gateway, &secret)});
    let active = actor.call("POST", "/api/v1/me/second-factor/activate", Some(body)).await;
    let codes = active.is(200).body["codes"].as_array().unwrap();
    (secret, codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect())
}

/// ACC-02: verified before it is asked for.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_counts_once_a_first_code_proved_it() {
    on_each(|gateway| async move {
        let (north, elsewhere) = (gateway.actor("north").await, gateway.actor("north").await);
        let added = north.call("POST", "/api/v1/me/second-factor", None).await;
        let uri = added.is(200).body["uri"].as_str().unwrap();
        assert!(uri.starts_with("otpauth://totp/") && uri.contains("north"), "{uri}");
        assert!(added.body["qr_png"].as_str().unwrap().starts_with("iVBOR"));
        gateway.actor("north").await;
        let activate = |body| north.call("POST", "/api/v1/me/second-factor/activate", Some(body));
        let wrong = activate(json!({"totp": "000000"})).await;
        wrong.is_problem(422, "invalid").names("/totp", "wrong_code");
        let secret = added.body["secret"].as_str().unwrap();
        let codes = activate(json!({"totp": code(&gateway, secret)})).await;
        assert_eq!(codes.is(200).body["codes"].as_array().unwrap().len(), 10);
        activate(json!({"totp": code(&gateway, secret)})).await.is_problem(404, "not_found");
        elsewhere.get("/api/v1/me").await.is_problem(401, "not_signed_in");
        let state = north.get("/api/v1/me/second-factor").await;
        assert_eq!(
            (&state.body["is_active"], &state.body["recovery_codes_left"]),
            (&json!(true), &json!(10))
        );
        north.call("POST", "/api/v1/me/second-factor", None).await.is_problem(409, "already_exists");
        gateway.sign_in("north", PASSWORD).await.is_problem(401, "second_factor_needed");
        gateway.sign_in("north", "wrong").await.is_problem(401, "wrong_credentials");
        gateway
    })
    .await;
}

/// P13: the step that was taken is remembered; also the one that activated it.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_signs_in_once() {
    on_each(|gateway| async move {
        let (secret, _) = set_up(&gateway.actor("north").await).await;
        let used = code(&gateway, &secret);
        sign_in(&gateway, with_code(&used), "").await.is_problem(401, "wrong_credentials");
        gateway.clock.advance(30 * SECOND);
        let next = code(&gateway, &secret);
        sign_in(&gateway, with_code(&next), "").await.is(201);
        sign_in(&gateway, with_code(&next), "").await.is_problem(401, "wrong_credentials");
        gateway.clock.advance(30 * SECOND);
        let late = code(&gateway, &secret);
        gateway.clock.advance(30 * SECOND);
        sign_in(&gateway, with_code(&late), "").await.is(201);
        gateway
    })
    .await;
}

/// P13: five tries, then not even the right code, for a quarter of an hour; each is in the list of sign-ins.
#[tokio::test(flavor = "multi_thread")]
async fn guessing_codes_is_stopped() {
    on_each(|gateway| async move {
        let north = gateway.actor("north").await;
        let (secret, _) = set_up(&north).await;
        gateway.clock.advance(60 * SECOND);
        let right = code(&gateway, &secret);
        let wrong = if right == "000000" { "000001" } else { "000000" };
        for _ in 0..5 {
            sign_in(&gateway, with_code(wrong), "").await.is_problem(401, "wrong_credentials");
        }
        let locked = sign_in(&gateway, with_code(&right), "").await;
        locked.is_problem(429, "too_many_requests");
        assert_eq!(locked.headers["retry-after"], "900");
        let list = north.get("/api/v1/me/logins").await;
        let outcomes: Vec<_> = list.body["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["outcome"].as_str().unwrap())
            .collect();
        assert_eq!(outcomes[..2], ["locked", "wrong_code"]);
        gateway.clock.advance(900 * SECOND);
        sign_in(&gateway, with_code(&code(&gateway, &secret)), "").await.is(201);
        gateway
    })
    .await;
}

/// ACC-02: recovery codes.
#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_signs_in_once_and_new_ones_replace_the_old() {
    on_each(|gateway| async move {
        let north = gateway.actor("north").await;
        let (_, codes) = set_up(&north).await;
        sign_in(&gateway, with_code(&codes[0]), "").await.is(201);
        sign_in(&gateway, with_code(&codes[0]), "").await.is_problem(401, "wrong_credentials");
        sign_in(&gateway, with_code(&codes[1].replace('-', "")), "").await.is(201);
        let state = north.get("/api/v1/me/second-factor").await;
        assert_eq!(state.body["recovery_codes_left"], 8);
        let fresh = north.call("POST", "/api/v1/me/second-factor/recovery-codes", None).await;
        let fresh = fresh.is(200).body["codes"][0].as_str().unwrap().to_owned();
        sign_in(&gateway, with_code(&codes[2]), "").await.is_problem(401, "wrong_credentials");
        sign_in(&gateway, with_code(&fresh), "").await.is(201);
        gateway
    })
    .await;
}

/// ACC-02: "trust this device", for 30 days, for its own user and until it is forgotten.
#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_device_is_not_asked_for_a_code() {
    on_each(|gateway| async move {
        let north = gateway.actor("north").await;
        let (_, codes) = set_up(&north).await;
        let trusting = |code: &str| {
            json!({"username": "north", "password": PASSWORD, "totp": code, "trust_device": true})
        };
        let trusted = sign_in(&gateway, trusting(&codes[0]), "").await;
        let device = cookies(trusted.is(201));
        assert!(device.contains("gatepost_device="), "{device}");
        sign_in(&gateway, json!({"username": "north", "password": PASSWORD}), &device).await.is(201);
        gateway.sign_in("north", PASSWORD).await.is_problem(401, "second_factor_needed");
        gateway.clock.advance(31 * DAY);
        let plain = json!({"username": "north", "password": PASSWORD});
        sign_in(&gateway, plain.clone(), &device).await.is_problem(401, "second_factor_needed");
        let again = sign_in(&gateway, trusting(&codes[1]), "").await;
        let device = cookies(again.is(201));
        let token = again.body["access_token"].as_str().unwrap().to_owned();
        let north = Actor { gateway: &gateway, token, cookie: String::new() };
        north.call("DELETE", "/api/v1/me/second-factor/devices", None).await.is(204);
        sign_in(&gateway, plain, &device).await.is_problem(401, "second_factor_needed");
        gateway
    })
    .await;
}

/// P13: a stolen session neither takes it away nor adds one.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_goes_by_password_and_code_together() {
    on_each(|gateway| async move {
        let north = gateway.actor("north").await;
        let (_, codes) = set_up(&north).await;
        let remove = |body| north.call("POST", "/api/v1/me/second-factor/remove", Some(body));
        let wrong = remove(json!({"password": "wrong", "totp": codes[0]})).await;
        wrong.is_problem(422, "invalid").names("/password", "wrong_password");
        let missing = remove(json!({"password": PASSWORD})).await;
        missing.is_problem(422, "invalid").names("/totp", "required");
        let wrong = remove(json!({"password": PASSWORD, "totp": "wrong"})).await;
        wrong.is_problem(422, "invalid").names("/totp", "wrong_code");
        let (refused, _) = north.confirm(PASSWORD).await;
        refused.is_problem(422, "invalid").names("/totp", "required");
        remove(json!({"password": PASSWORD, "totp": codes[0]})).await.is(204);
        gateway.sign_in("north", PASSWORD).await.is(201);
        gateway.clock.advance(660 * SECOND);
        let late = north.call("POST", "/api/v1/me/second-factor", None).await;
        late.is_problem(403, "confirmation_needed");
        gateway
    })
    .await;
}

/// ACC-02: whoever must have one sets it up when signing in, and nobody is locked out; also the last administrator.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_must_have_one_does_nothing_else_before() {
    on_each(|gateway| async move {
        let (root, north) = (gateway.actor("root").await, gateway.actor("north").await);
        let rule = |role: &str, is_required: bool| {
            let (path, body) =
                (format!("/api/v1/second-factor-rules/{role}"), json!({"is_required": is_required}));
            let root = &root;
            async move { root.call("PUT", &path, Some(body)).await }
        };
        north.get("/api/v1/domains").await.is(200);
        rule("guest", true).await.is_problem(404, "not_found");
        rule("reseller", true).await.is(200);
        rule("administrator", true).await.is(200);
        for actor in [&root, &north] {
            actor.get("/api/v1/domains").await.is_problem(403, "second_factor_required");
            let me = actor.get("/api/v1/me").await;
            assert_eq!(me.is(200).body["must_set_up_second_factor"], true);
            assert_eq!(me.body["permissions"], json!([]));
        }
        gateway.actor("dom-a").await.get("/api/v1/domains/a.test").await;
        let root = gateway.actor("root").await;
        set_up(&root).await;
        let rules = root.get("/api/v1/second-factor-rules").await;
        assert_eq!(rules.is(200).body["data"][1], json!({"role": "reseller", "is_required": true}));
        gateway
    })
    .await;
}

/// P22: the database alone has no secret to read.
#[tokio::test(flavor = "multi_thread")]
async fn the_secret_is_sealed_in_the_database() {
    on_each(|gateway| async move {
        let (secret, codes) = set_up(&gateway.actor("north").await).await;
        let db = &gateway.running.services().db;
        let (sealed, hashes) = db
            .run(|conn| {
                use backend::db::schema::{recovery_codes, second_factors};
                use diesel::prelude::*;
                let sealed: String = second_factors::table.select(second_factors::sealed_seed).first(conn)?;
                let hashes: Vec<String> =
                    recovery_codes::table.select(recovery_codes::code_hash).load(conn)?;
                Ok((sealed, hashes))
            })
            .await
            .unwrap();
        let seed = Secret::try_from_base32(&secret).unwrap();
        let plain: String = seed.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!sealed.contains(&plain) && !sealed.contains(&secret));
        assert!(codes.iter().all(|code| !hashes.contains(code)) && hashes.len() == 10);
        gateway
    })
    .await;
}
