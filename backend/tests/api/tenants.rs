//! P1, P2, P5: what a caller may not know of is 404, what it may not do is 403, and lists hold only their own.

use crate::gateway::on_each;
use contract::{
    domains as api,
    endpoint::{Access, Method, Operation},
    filtering,
    permission::Role,
};

/// Operations on one domain, and a path of them on each domain.
const ON_A_DOMAIN: [&Operation; 7] = [
    &api::GET_DOMAIN.operation,
    &api::REMOVE_DOMAIN.operation,
    &api::GET_ROUTES.operation,
    &api::SET_ROUTES.operation,
    &api::REMOVE_ROUTE.operation,
    &filtering::GET_DOMAIN_SETTINGS.operation,
    &filtering::CHANGE_DOMAIN_SETTINGS.operation,
];

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reaches_another_tenants_domain() {
    on_each(|gateway| async move {
        for (username, role, own, foreign) in [
            ("north", Role::Reseller, "b.test", ["c.test", "own.test"]),
            ("dom-a", Role::Domain, "a.test", ["b.test", "c.test"]),
            ("anna@a.test", Role::Email, "a.test", ["b.test", "c.test"]),
        ] {
            let actor = gateway.actor(username).await;
            for operation in ON_A_DOMAIN {
                let method = format!("{:?}", operation.method).to_uppercase();
                let body = || match (operation.method, operation.id) {
                    (_, "set_routes") => Some(serde_json::json!({"routes": [{"host": "127.0.0.1"}]})),
                    (Method::Patch, _) => Some(serde_json::json!({})),
                    _ => None,
                };
                for domain in foreign.iter().copied().chain(["nothing.test"]) {
                    let path = operation.path_with(&[domain, "127.0.0.1:2525"]);
                    actor.call(&method, &path, body()).await.is_problem(404, "not_found");
                }
                let Access::Needs(permission) = operation.access else { continue };
                if !permission.cell(role).granted_by_default() {
                    let path = operation.path_with(&[own, "127.0.0.1:2525"]);
                    actor.call(&method, &path, body()).await.is_problem(403, "not_allowed");
                } else if operation.method == Method::Get {
                    actor.call(&method, &operation.path_with(&[own]), None).await.is(200);
                }
            }
        }
        gateway
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_settings_hold_only_ones_own() {
    on_each(|gateway| async move {
        let north = gateway.actor("north").await;
        let own = north.get("/api/v1/domains?count=true").await;
        assert_eq!(own.body["page"]["total"]["count"], 2);
        let foreign = north.get("/api/v1/domains?reseller=south").await;
        assert_eq!(foreign.body["data"].as_array().unwrap().len(), 0);
        north.get("/api/v1/resellers/south/settings").await.is_problem(404, "not_found");
        north.get("/api/v1/settings").await.is_problem(403, "not_allowed");
        north.get("/api/v1/mailboxes/x@c.test/settings").await.is_problem(404, "not_found");
        north.get("/api/v1/mailboxes/anna@a.test/settings").await.is(200);
        let anna = gateway.actor("anna@a.test").await;
        anna.get("/api/v1/mailboxes/bob@a.test/settings").await.is_problem(404, "not_found");
        anna.get("/api/v1/domains").await.is_problem(403, "not_allowed");
        gateway
    })
    .await;
}
