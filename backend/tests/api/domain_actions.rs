//! What is done with domains, one or several: PER-08, PER-09, suspending.

use crate::gateway::{Answer, Gateway, PASSWORD, on_each};
use serde_json::{Value, json};

async fn bulk(gateway: &Gateway, by: &str, action: Value, domains: &[&str], dry_run: bool) -> Answer {
    let body = json!({"action": action, "domains": domains, "dry_run": dry_run});
    gateway.actor(by).await.call("POST", "/api/v1/domains/bulk", Some(body)).await
}

/// What became of each: changed, unchanged, or the error.
fn outcomes(answer: &Answer) -> Vec<String> {
    let results = answer.is(200).body["results"].as_array().unwrap().iter();
    results
        .map(|one| match (&one["error"], &one["is_changed"]) {
            (Value::String(error), _) => error.clone(),
            (_, Value::Bool(true)) => "changed".to_owned(),
            _ => "same".to_owned(),
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_domain_locks_its_people_out_until_it_goes_on() {
    on_each(|gateway| async move {
        let (north, anna) = (gateway.actor("north").await, gateway.actor("anna@a.test").await);
        let change = |value: bool| Some(json!({"is_suspended": value}));
        let domain = north.call("PATCH", "/api/v1/domains/a.test", change(true)).await;
        assert_eq!(domain.is(200).body["is_suspended"], true);
        anna.get("/api/v1/me").await.is_problem(401, "not_signed_in");
        gateway.sign_in("dom-a", PASSWORD).await.is_problem(401, "wrong_credentials");
        north.call("PATCH", "/api/v1/domains/c.test", change(true)).await.is_problem(404, "not_found");
        north.call("PATCH", "/api/v1/domains/a.test", change(false)).await.is(200);
        gateway.sign_in("dom-a", PASSWORD).await.is(201);
        let dom_a = gateway.actor("dom-a").await;
        dom_a.call("PATCH", "/api/v1/domains/a.test", change(true)).await.is_problem(403, "not_allowed");
        gateway
    })
    .await;
}

/// SET-02, SET-03, SET-08: each contact once, from the sender that the domain names.
#[tokio::test(flavor = "multi_thread")]
async fn those_who_look_after_a_domain_are_told_that_its_mail_is_suspended() {
    on_each(|gateway| async move {
        let north = gateway.actor("north").await;
        let contacts = json!({
            "domain.contact": "boss@a.example",
            "domain.administrator_contact": "it@a.example",
            "domain.notification_sender": "mail@north.example",
        });
        north.call("PATCH", "/api/v1/domains/a.test/settings", Some(contacts)).await.is(200);
        bulk(&gateway, "north", json!({"kind": "suspend"}), &["a.test", "b.test"], true).await.is(200);
        bulk(&gateway, "north", json!({"kind": "suspend"}), &["a.test", "b.test"], false).await.is(200);
        bulk(&gateway, "north", json!({"kind": "suspend"}), &["a.test"], false).await.is(200);
        let go_on = Some(json!({"is_suspended": false}));
        north.call("PATCH", "/api/v1/domains/a.test", go_on).await.is(200);
        let letters = gateway.letters(4).await;
        let told: Vec<(String, bool)> = letters
            .iter()
            .map(|letter| (letter.recipients.join(","), letter.text().contains("is suspended")))
            .collect();
        let expected = [("boss", true), ("it", true), ("boss", false), ("it", false)];
        let mut expected = expected.map(|(name, is_over)| (format!("{name}@a.example"), is_over)).to_vec();
        let mut told = told;
        told.sort();
        expected.sort();
        assert_eq!(told, expected);
        assert!(letters.iter().all(|letter| letter.sender == "mail@north.example"));
        gateway
    })
    .await;
}

/// PER-09.
#[tokio::test(flavor = "multi_thread")]
async fn a_domain_is_moved_to_a_reseller_that_has_room() {
    on_each(|gateway| async move {
        let root = gateway.actor("root").await;
        root.call("PATCH", "/api/v1/resellers/south", Some(json!({"domain_limit": 2}))).await.is(200);
        let to_south = json!({"kind": "move", "reseller": "south"});
        let moved = bulk(&gateway, "root", to_south.clone(), &["a.test", "b.test", "c.test"], false).await;
        assert_eq!(outcomes(&moved), ["changed", "limit_reached", "same"]);
        gateway.actor("north").await.get("/api/v1/domains/a.test").await.is_problem(404, "not_found");
        gateway.actor("south").await.get("/api/v1/domains/a.test").await.is(200);
        let own = json!({"reseller": null});
        let domain = root.call("PATCH", "/api/v1/domains/a.test", Some(own)).await;
        assert!(domain.is(200).body["reseller"].is_null());
        for to in ["south", "nobody"] {
            let body = json!({"reseller": to});
            let answer =
                gateway.actor("north").await.call("PATCH", "/api/v1/domains/b.test", Some(body)).await;
            answer.is_problem(422, "invalid").names("/reseller", "not_found");
        }
        gateway
    })
    .await;
}

/// PER-08: in any case of letters, tried first without keeping anything.
#[tokio::test(flavor = "multi_thread")]
async fn domains_get_another_destination_where_they_had_the_old_one() {
    on_each(|gateway| async move {
        let north = gateway.actor("north").await;
        let routes = json!({"routes": [{"host": "old.example.net"}, {"host": "127.0.0.1", "port": 2525}]});
        north.call("PUT", "/api/v1/domains/b.test/routes", Some(routes)).await.is(200);
        let action = json!({
            "kind": "change_destination", "from": {"host": "OLD.example.net"}, "to": {"host": "new.example.net"},
        });
        let domains = ["a.test", "b.test", "c.test"];
        let hosts = async || {
            let routes = north.get("/api/v1/domains/b.test/routes").await;
            routes.body["routes"].as_array().unwrap().iter().map(|one| one["host"].clone()).collect::<Vec<_>>()
        };
        let tried = bulk(&gateway, "north", action.clone(), &domains, true).await;
        assert_eq!(outcomes(&tried), ["same", "changed", "not_found"]);
        assert_eq!(hosts().await[0], "old.example.net", "a dry run keeps nothing");
        let done = bulk(&gateway, "north", action, &domains, false).await;
        assert_eq!(outcomes(&done), ["same", "changed", "not_found"]);
        assert_eq!(hosts().await, ["new.example.net", "127.0.0.1"]);
        let inside = json!({
            "kind": "change_destination", "from": {"host": "new.example.net"}, "to": {"host": "10.0.0.1"},
        });
        let refused = bulk(&gateway, "north", inside, &["b.test"], false).await;
        refused.is_problem(422, "invalid").names("/action/to/host", "private_network");
        gateway
    })
    .await;
}

/// P2: and what stands against one does not stop the others.
#[tokio::test(flavor = "multi_thread")]
async fn several_domains_are_removed_at_once() {
    on_each(|gateway| async move {
        let remove = json!({"kind": "remove"});
        let done =
            bulk(&gateway, "north", remove.clone(), &["c.test", "a.test", "nothing.test", "a.test"], false)
                .await;
        assert_eq!(outcomes(&done), ["not_found", "changed", "not_found", "not_found"]);
        bulk(&gateway, "dom-c", remove.clone(), &["c.test"], false).await.is_problem(403, "not_allowed");
        bulk(&gateway, "north", remove, &[], false)
            .await
            .is_problem(422, "invalid")
            .names("/domains", "out_of_range");
        bulk(&gateway, "north", json!({"kind": "burn"}), &["b.test"], false).await.is_problem(422, "invalid");
        gateway
    })
    .await;
}
