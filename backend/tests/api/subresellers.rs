//! Sub-resellers: whom a reseller with the right to it adds, what both reach, the shared limit, whose values hold.

use crate::gateway::{Actor, Gateway, PASSWORD, on_each};
use serde_json::{Value, json};

const HARBOUR: &str = "/api/v1/resellers/harbour";

/// PER-01: the right to have sub-resellers.
async fn grant(root: &Actor<'_>) {
    let switch = json!({"role": "reseller", "permission": "resellers_edit", "is_on": true});
    root.call("PATCH", "/api/v1/permissions", Some(json!({"permissions": [switch]}))).await.is(200);
}

/// A sub-reseller of north with one domain and one person.
async fn harbour(gateway: &Gateway) {
    let root = gateway.actor("root").await;
    root.call("PUT", HARBOUR, Some(json!({"name": "Harbour", "parent": "north"}))).await.is(201);
    let domain = json!({"reseller": "harbour", "routes": [{"host": "mx.example.net", "port": 25}]});
    root.call("PUT", "/api/v1/domains/pier.test", Some(domain)).await.is(201);
    let user = json!({"role": "reseller", "reseller": "harbour", "password": PASSWORD});
    root.call("PUT", "/api/v1/users/harbour", Some(user)).await.is(201);
}

fn names(answer: &Value, field: &str) -> Vec<String> {
    answer["data"].as_array().unwrap().iter().map(|one| one[field].as_str().unwrap().to_owned()).collect()
}

/// P1, PER-01: with the right, a reseller adds those who work for it; they and their domains are in its reach, and
/// nothing of it is in theirs.
#[tokio::test(flavor = "multi_thread")]
async fn a_reseller_with_the_right_adds_sub_resellers_and_reaches_what_is_theirs() {
    on_each(|gateway| async move {
        let (root, north) = (gateway.actor("root").await, gateway.actor("north").await);
        let new = json!({"name": "Harbour"});
        north.call("PUT", HARBOUR, Some(new.clone())).await.is_problem(403, "not_allowed");
        grant(&root).await;
        let added = north.call("PUT", HARBOUR, Some(new.clone())).await;
        assert_eq!(added.is(201).body["parent"], "north");
        north.call("PUT", HARBOUR, Some(new)).await.is(200);
        let user = json!({"role": "reseller", "reseller": "harbour", "password": PASSWORD});
        north.call("PUT", "/api/v1/users/harbour", Some(user)).await.is(201);
        let domain = json!({"reseller": "harbour", "routes": [{"host": "mx.example.net", "port": 25}]});
        north.call("PUT", "/api/v1/domains/pier.test", Some(domain)).await.is(201);

        let harbour = gateway.actor("harbour").await;
        assert_eq!(
            names(&north.get("/api/v1/domains").await.body, "name"),
            ["a.test", "b.test", "pier.test"]
        );
        assert_eq!(names(&harbour.get("/api/v1/domains").await.body, "name"), ["pier.test"]);
        assert_eq!(names(&north.get("/api/v1/resellers").await.body, "slug"), ["harbour", "north"]);
        assert_eq!(names(&north.get("/api/v1/resellers?parent=north").await.body, "slug"), ["harbour"]);
        assert_eq!(names(&harbour.get("/api/v1/resellers").await.body, "slug"), ["harbour"]);
        harbour.get("/api/v1/resellers/north").await.is_problem(404, "not_found");
        harbour.get("/api/v1/domains/a.test").await.is_problem(404, "not_found");
        gateway.actor("south").await.get(HARBOUR).await.is_problem(404, "not_found");
        let acting = north.call("POST", "/api/v1/users/harbour/sessions", None).await;
        assert_eq!(acting.is(201).body["me"]["reseller"], "harbour");
        gateway
    })
    .await;
}

/// PER-01: nobody widens what they are, works for two, or has sub-resellers of sub-resellers.
#[tokio::test(flavor = "multi_thread")]
async fn the_right_ends_at_oneself_and_one_level_down() {
    on_each(|gateway| async move {
        let (root, north) = (gateway.actor("root").await, gateway.actor("north").await);
        grant(&root).await;
        harbour(&gateway).await;
        let more = json!({"domain_limit": 0});
        north.call("PATCH", "/api/v1/resellers/north", Some(more)).await.is_problem(403, "not_allowed");
        north.call("DELETE", "/api/v1/resellers/north", None).await.is_problem(403, "not_allowed");
        let quay = |parent: &str| Some(json!({"name": "Quay", "parent": parent}));
        let path = "/api/v1/resellers/quay";
        north.call("PUT", path, quay("south")).await.is_problem(422, "invalid").names("/parent", "not_found");
        root.call("PUT", path, quay("nowhere"))
            .await
            .is_problem(422, "invalid")
            .names("/parent", "not_found");
        root.call("PUT", path, quay("harbour")).await.is_problem(403, "not_allowed");
        let harbour = gateway.actor("harbour").await;
        harbour.call("PUT", path, Some(json!({"name": "Quay"}))).await.is_problem(403, "not_allowed");
        root.call("PUT", HARBOUR, quay("south")).await.is_problem(422, "invalid").names("/parent", "fixed");
        gateway
    })
    .await;
}

/// PER-09: the limit of a reseller counts the domains of those who work for it, too.
#[tokio::test(flavor = "multi_thread")]
async fn the_limit_is_shared() {
    on_each(|gateway| async move {
        harbour(&gateway).await;
        let root = gateway.actor("root").await;
        assert_eq!(root.get("/api/v1/resellers/north").await.body["domains"], 3);
        assert_eq!(root.get(HARBOUR).await.body["domains"], 1);
        let harbour = gateway.actor("harbour").await;
        let domain = json!({"routes": [{"host": "mx.example.net", "port": 25}]});
        harbour
            .call("PUT", "/api/v1/domains/quay.test", Some(domain.clone()))
            .await
            .is_problem(409, "limit_reached");
        root.call("PATCH", "/api/v1/resellers/north", Some(json!({"domain_limit": 0}))).await.is(200);
        root.call("PATCH", HARBOUR, Some(json!({"domain_limit": 1}))).await.is(200);
        harbour.call("PUT", "/api/v1/domains/quay.test", Some(domain)).await.is_problem(409, "limit_reached");
        gateway
    })
    .await;
}

/// SET-01: a sub-reseller's domains take what the reseller above has set, until the sub-reseller sets its own; the
/// nodes are told both times.
#[tokio::test(flavor = "multi_thread")]
async fn values_come_down_from_the_reseller_above() {
    on_each(|gateway| async move {
        harbour(&gateway).await;
        let root = gateway.actor("root").await;
        let key = "incoming.quarantine_threshold";
        let set = async |reseller: &str, value: f64| {
            let path = format!("/api/v1/resellers/{reseller}/settings");
            root.call("PATCH", &path, Some(json!({key: value}))).await
        };
        let of_domain = async || {
            let settings = root.get("/api/v1/domains/pier.test/settings").await;
            settings.is(200).body["settings"][key]["value"].clone()
        };
        let revision = gateway.revision().await;
        set("north", 0.8).await.is(200);
        assert_eq!((of_domain().await, gateway.revision().await), (json!(0.8), revision + 2));
        set("harbour", 0.7).await.is(200);
        assert_eq!(of_domain().await, 0.7);
        let inherited = root.get("/api/v1/domains/a.test/settings").await;
        assert_eq!(inherited.body["settings"][key]["value"], 0.8);
        // What is below counts the sub-reseller's value.
        let below = root.get("/api/v1/resellers/north/settings/overrides").await;
        assert_eq!(below.is(200).body["settings"][key]["resellers"], 1);
        assert_eq!(below.body["domains"], 3);
        gateway
    })
    .await;
}

/// Whoever works for a suspended reseller is suspended, too; with its removal they are gone.
#[tokio::test(flavor = "multi_thread")]
async fn sub_resellers_share_the_fate_of_the_reseller_above() {
    on_each(|gateway| async move {
        harbour(&gateway).await;
        let root = gateway.actor("root").await;
        let harbour = gateway.actor("harbour").await;
        let north = "/api/v1/resellers/north";
        root.call("PATCH", north, Some(json!({"is_suspended": true}))).await.is(200);
        harbour.get("/api/v1/me").await.is_problem(401, "not_signed_in");
        gateway.sign_in("harbour", PASSWORD).await.is_problem(401, "wrong_credentials");
        let suspended = root.get("/api/v1/domains?is_suspended=true").await;
        assert_eq!(names(&suspended.body, "name"), ["a.test", "b.test", "pier.test"]);
        root.call("PATCH", north, Some(json!({"is_suspended": false}))).await.is(200);
        gateway.sign_in("harbour", PASSWORD).await.is(201);
        root.call("DELETE", north, None).await.is_problem(409, "conflict");
        root.call("DELETE", &format!("{north}?with_domains=true"), None).await.is(204);
        root.get(HARBOUR).await.is_problem(404, "not_found");
        root.get("/api/v1/domains/pier.test").await.is_problem(404, "not_found");
        gateway
    })
    .await;
}
