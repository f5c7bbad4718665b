//! Managing users (USR-01 … USR-08): who may add whom, what a password must be, and who stays.

use crate::gateway::{Answer, Gateway, PASSWORD, on_each};
use serde_json::{Value, json};

async fn put(gateway: &Gateway, by: &str, username: &str, body: Value) -> Answer {
    gateway.actor(by).await.call("PUT", &format!("/api/v1/users/{username}"), Some(body)).await
}

fn email(password: &str) -> Value {
    json!({"role": "email", "password": password})
}

fn names(answer: &Answer) -> Vec<String> {
    let users = answer.is(200).body["data"].as_array().unwrap().iter();
    users.map(|user| user["username"].as_str().unwrap().to_owned()).collect()
}

/// USR-01, USR-07.
#[tokio::test(flavor = "multi_thread")]
async fn a_domain_user_adds_an_email_user_who_signs_in_and_sees_only_their_own() {
    on_each(|gateway| async move {
        let added = put(&gateway, "dom-a", "Bob@A.test", email("Secret1")).await;
        added.is(201);
        assert_eq!(added.body["username"], "bob@a.test");
        assert_eq!((&added.body["domain"], &added.body["reseller"]), (&json!("a.test"), &json!("north")));
        assert!(added.body["last_login_at"].is_null(), "never");
        put(&gateway, "dom-a", "bob@a.test", email("Secret1")).await.is(200);
        let signed_in = gateway.sign_in("bob@a.test", "Secret1").await;
        signed_in.is(201);
        let bob = crate::gateway::Actor {
            gateway: &gateway,
            token: signed_in.body["access_token"].as_str().unwrap().to_owned(),
            cookie: String::new(),
        };
        bob.get("/api/v1/users").await.is_problem(403, "not_allowed");
        bob.get("/api/v1/mailboxes/anna@a.test/settings").await.is_problem(404, "not_found");
        let seen = gateway.actor("dom-a").await.get("/api/v1/users/bob@a.test").await;
        assert!(seen.is(200).body["last_login_at"].is_string());
        gateway
    })
    .await;
}

/// USR-02, USR-03, USR-04, C10.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_that_cannot_be_is_refused_by_the_field_that_is_wrong() {
    on_each(|gateway| async move {
        for (username, body, pointer, code) in [
            ("x@nowhere.test", email("abcdeF"), "/username", "not_found"),
            ("x@c.test", email("abcdeF"), "/username", "not_found"),
            ("%C3%BC@a.test", email("abcdeF"), "/username", "characters"),
            ("a%20b@a.test", email("abcdeF"), "/username", "characters"),
            ("x@a.test", json!({"role": "email"}), "/password", "required"),
            ("x@a.test", email("abcdef"), "/password", "password"),
            ("x@a.test", email("ABC123"), "/password", "password"),
            ("x@a.test", email("abc D1"), "/password", "password"),
            ("x@a.test", email("abcD1"), "/password", "password"),
            (
                "x@a.test",
                json!({"role": "email", "password": "abcdeF", "email": "y@b.test"}),
                "/email",
                "not_at_this_level",
            ),
            (
                "x@a.test",
                json!({"role": "email", "password": "abcdeF", "reseller": "north"}),
                "/reseller",
                "not_at_this_level",
            ),
            (
                "x@a.test",
                json!({"role": "email", "password": "abcdeF", "owner": 1}),
                "/owner",
                "unknown_field",
            ),
            ("x", json!({"role": "email", "password": "abcdeF"}), "/username", "not_an_email_address"),
        ] {
            put(&gateway, "north", username, body).await.is_problem(422, "invalid").names(pointer, code);
        }
        for password in ["abcdeF", "abcde1"] {
            let name = format!("{}@a.test", password.to_lowercase());
            put(&gateway, "north", &name, email(password)).await.is(201);
        }
        gateway
    })
    .await;
}

/// P3, P4, P5, PER-19: nobody makes a user of a role that they may not manage, nor for somebody else.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_adds_users_above_or_beside_their_own_reach() {
    on_each(|gateway| async move {
        let strong = "a-very-long-Passphrase-7";
        let of =
            |role: &str, field: &str, owner: &str| json!({"role": role, field: owner, "password": strong});
        put(&gateway, "dom-a", "boss", of("domain", "domain", "a.test")).await.is_problem(403, "not_allowed");
        put(&gateway, "north", "boss", of("reseller", "reseller", "north"))
            .await
            .is_problem(403, "not_allowed");
        let administrator = json!({"role": "administrator", "password": strong});
        put(&gateway, "north", "boss", administrator.clone()).await.is_problem(403, "not_allowed");
        put(&gateway, "north", "dom-b", of("domain", "domain", "c.test")).await.is_problem(422, "invalid");
        put(&gateway, "north", "dom-b", of("domain", "domain", "b.test")).await.is(201);
        put(&gateway, "root", "boss", administrator).await.is(201);
        put(&gateway, "root", "north-2", of("reseller", "reseller", "north")).await.is(201);
        let guest = json!({"role": "guest", "password": strong});
        put(&gateway, "root", "nobody", guest)
            .await
            .is_problem(422, "invalid")
            .names("/role", "unknown_choice");
        put(&gateway, "root", "dom-b", of("domain", "domain", "a.test"))
            .await
            .is_problem(409, "already_exists");
        let north = gateway.actor("north").await;
        for hidden in ["root", "south", "carl@c.test", "north", "nobody-at-all"] {
            let path = format!("/api/v1/users/{hidden}");
            let expected = if hidden == "north" { 200 } else { 404 };
            assert_eq!(north.get(&path).await.status.as_u16(), expected, "{hidden}");
            let change = json!({"is_active": false});
            let status = north.call("PATCH", &path, Some(change)).await.status.as_u16();
            assert!(status == if hidden == "north" { 403 } else { 404 }, "{hidden}: {status}");
        }
        gateway
    })
    .await;
}

/// USR-07, UI-04.
#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_searched_sorted_paged_counted_and_exported() {
    on_each(|gateway| async move {
        let north = gateway.actor("north").await;
        assert_eq!(names(&north.get("/api/v1/users").await), ["anna@a.test", "dom-a", "north"]);
        assert_eq!(names(&north.get("/api/v1/users?domain=c.test").await), Vec::<String>::new());
        assert_eq!(names(&north.get("/api/v1/users?role=email,domain").await), ["anna@a.test", "dom-a"]);
        assert_eq!(names(&gateway.actor("dom-a").await.get("/api/v1/users").await), ["anna@a.test"]);
        let root = gateway.actor("root").await;
        for (query, found) in [
            ("search=C.TEST", vec!["carl@c.test"]),
            ("search=%25", vec![]),
            ("reseller=south", vec!["south"]),
            ("is_active=false", vec![]),
            ("sort=-username&limit=2", vec!["south", "root"]),
        ] {
            assert_eq!(names(&root.get(&format!("/api/v1/users?{query}")).await), found, "{query}");
        }
        for sort in ["username", "-username", "created_at", "-created_at"] {
            let path = format!("/api/v1/users?sort={sort}&limit=3&count=true");
            let (mut seen, mut next) = (Vec::new(), None::<String>);
            loop {
                let cursor = next.map(|next| format!("&cursor={next}")).unwrap_or_default();
                let page = root.get(&format!("{path}{cursor}")).await;
                seen.extend(names(&page));
                assert_eq!(page.body["page"]["total"]["count"], 7);
                match page.body["page"]["next"].as_str() {
                    Some(cursor) => next = Some(cursor.to_owned()),
                    None => break,
                }
            }
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), 7, "{sort}");
        }
        root.get("/api/v1/users?role=king").await.is_problem(422, "invalid").names("?role", "unknown_choice");
        let request = gateway.client.get(gateway.url("/api/v1/users")).bearer_auth(&root.token);
        let csv = request.header("accept", "text/csv").send().await.unwrap().text().await.unwrap();
        assert!(csv.contains("\r\nanna@a.test,email,a.test,north,"), "{csv}");
        gateway
    })
    .await;
}

/// USR-08, P12: at once, in open sessions.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_deactivated_or_gets_a_new_password_is_signed_out_at_once() {
    on_each(|gateway| async move {
        let (dom_a, anna) = (gateway.actor("dom-a").await, gateway.actor("anna@a.test").await);
        let path = "/api/v1/users/anna@a.test";
        dom_a.call("PATCH", path, Some(json!({"is_active": false}))).await.is(200);
        anna.get("/api/v1/me").await.is_problem(401, "not_signed_in");
        gateway.refresh(&anna.cookie).await.is_problem(401, "not_signed_in");
        gateway.sign_in("anna@a.test", PASSWORD).await.is_problem(401, "wrong_credentials");
        dom_a.call("PATCH", path, Some(json!({"is_active": true}))).await.is(200);
        let anna = gateway.actor("anna@a.test").await;
        dom_a.call("PATCH", path, Some(json!({"password": "abcdeF1"}))).await.is(200);
        anna.get("/api/v1/me").await.is_problem(401, "not_signed_in");
        gateway.sign_in("anna@a.test", "abcdeF1").await.is(201);
        let log = gateway.actor("dom-a").await.get("/api/v1/audit?action=change_user").await;
        assert!(!log.text.contains("abcdeF1") && log.text.contains("\"to\":\"new\""), "{}", log.text);
        gateway
    })
    .await;
}

/// C14.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_stays_and_nobody_removes_themselves() {
    on_each(|gateway| async move {
        let root = gateway.actor("root").await;
        let second = json!({"role": "administrator", "password": "a-very-long-Passphrase-7"});
        root.call("PUT", "/api/v1/users/second", Some(second.clone())).await.is(201);
        root.call("PATCH", "/api/v1/users/root", Some(json!({"is_active": false}))).await.is(403);
        root.call("DELETE", "/api/v1/users/root", None).await.is(403);
        let off = json!({"role": "administrator", "is_active": false});
        root.call("PUT", "/api/v1/users/root", Some(off)).await.is(403);
        let both = json!({"action": "deactivate", "usernames": ["second", "root", "nobody"]});
        let answer = root.call("POST", "/api/v1/users/bulk", Some(both)).await;
        let results = answer.is(200).body["results"].clone();
        assert!(results[0]["error"].is_null(), "{}", answer.text);
        assert_eq!(
            (&results[1]["error"], &results[2]["error"]),
            (&json!("not_allowed"), &json!("not_found"))
        );
        // The other one is left alone and inactive: whoever acts now is the last.
        root.call("PATCH", "/api/v1/users/second", Some(json!({"is_active": true}))).await.is(200);
        let token = gateway.sign_in("second", "a-very-long-Passphrase-7").await.body["access_token"].clone();
        let second = crate::gateway::Actor {
            gateway: &gateway,
            token: token.as_str().unwrap().to_owned(),
            cookie: String::new(),
        };
        second.call("DELETE", "/api/v1/users/root", None).await.is(204);
        root.get("/api/v1/me").await.is_problem(401, "not_signed_in");
        second.call("DELETE", "/api/v1/users/second", None).await.is(403);
        gateway
    })
    .await;
}

/// P2, P3: several at once, each as if alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_user_among_several_is_as_one_that_is_not_there() {
    on_each(|gateway| async move {
        let dom_a = gateway.actor("dom-a").await;
        let body =
            json!({"action": "remove", "usernames": ["carl@c.test", "anna@a.test", "dom-a", "x@a.test"]});
        let answer = dom_a.call("POST", "/api/v1/users/bulk", Some(body)).await;
        let errors: Vec<_> = answer.is(200).body["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["error"].clone())
            .collect();
        assert_eq!(errors, [json!("not_found"), Value::Null, json!("not_found"), json!("not_found")]);
        gateway.sign_in("carl@c.test", PASSWORD).await.is(201);
        gateway.sign_in("anna@a.test", PASSWORD).await.is_problem(401, "wrong_credentials");
        for usernames in [json!([]), json!("anna@a.test")] {
            let body = json!({"action": "remove", "usernames": usernames});
            dom_a.call("POST", "/api/v1/users/bulk", Some(body)).await.is_problem(422, "invalid");
        }
        let version = dom_a.get("/api/v1/users/x@a.test").await;
        version.is_problem(404, "not_found");
        gateway
    })
    .await;
}
