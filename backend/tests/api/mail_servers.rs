//! Mail servers as the domain name system has them, asked of a name server of our own on loopback.

use crate::{
    gateway::on_each,
    jobs::{failed, over},
    name_server::NameServer,
};
use serde_json::json;

/// PER-06: only those that are wrong are told, with the reason.
#[tokio::test(flavor = "multi_thread")]
async fn domains_whose_mail_goes_elsewhere_are_named_with_the_reason() {
    on_each(|gateway| async move {
        {
            let names: &NameServer = &gateway.name_server;
            names.exchange("a.test", 10, "MX1.ours.example").exchange("a.test", 20, "mx2.ours.example");
            names.exchange("b.test", 10, "mx1.ours.example").exchange("b.test", 20, "mx.old.example");
            names.exchange("c.test", 10, "mx.old.example");
            names.break_down("own.test");
            let root = gateway.actor("root").await;
            let hosts = json!({"hosts": ["mx1.ours.example", "mx2.ours.example"]});
            let begun = root.call("POST", "/api/v1/domains/mx-check", Some(hosts.clone())).await;
            let job = over(&root, &begun).await;
            assert_eq!(
                (&job["state"], &job["skipped"], &job["failed"]),
                (&json!("done"), &json!(1), &json!(3))
            );
            let wrong: Vec<String> =
                failed(&root, &job).await.into_iter().map(|(.., reason)| reason).collect();
            assert_eq!(wrong, ["mx.mixed", "mx.elsewhere", "mx.unknown"]);
            names.forget("a.test");
            let north = gateway.actor("north").await;
            let begun = north.call("POST", "/api/v1/domains/mx-check", Some(hosts.clone())).await;
            let job = over(&north, &begun).await;
            assert_eq!(job["total"], 2);
            gateway
                .actor("dom-a")
                .await
                .call("POST", "/api/v1/domains/mx-check", Some(hosts))
                .await
                .is_problem(403, "not_allowed");
            let none = root.call("POST", "/api/v1/domains/mx-check", Some(json!({"hosts": []}))).await;
            none.is_problem(422, "invalid").names("/hosts", "out_of_range");
            let odd =
                root.call("POST", "/api/v1/domains/mx-check", Some(json!({"hosts": ["mx ours"]}))).await;
            odd.is_problem(422, "invalid").names("/hosts/0", "not_a_host");
        }
        gateway
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_domains_routes_are_suggested_by_where_its_mail_goes_now() {
    on_each(|gateway| async move {
        {
            gateway.name_server.exchange("new.test", 20, "mx2.old.example");
            gateway.name_server.exchange("new.test", 10, "mx1.old.example");
            let north = gateway.actor("north").await;
            let found = north.get("/api/v1/route-suggestions/New.test").await;
            let routes =
                json!([{"host": "mx1.old.example", "port": 25}, {"host": "mx2.old.example", "port": 25}]);
            assert_eq!(found.is(200).body["routes"], routes);
            let unknown = north.get("/api/v1/route-suggestions/nothing.test").await;
            assert_eq!(unknown.is(200).body["routes"], json!([]));
            north.get("/api/v1/route-suggestions/nodots").await.is_problem(422, "invalid");
        }
        gateway
    })
    .await;
}
