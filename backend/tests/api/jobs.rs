//! Imports of CSV files as jobs: what becomes of each line, who may, how far it is.

use crate::gateway::{Actor, Answer, on_each};
use serde_json::{Value, json};
use std::time::Duration;

async fn upload(actor: &Actor<'_>, path: &str, file: impl Into<Vec<u8>>) -> Answer {
    let url = actor.gateway.url(path);
    let request = actor.gateway.client.post(url).bearer_auth(&actor.token).header("content-type", "text/csv");
    Answer::of(request.body(file.into()).send().await.unwrap()).await
}

/// The job of an upload, once it is over.
pub(crate) async fn over(actor: &Actor<'_>, begun: &Answer) -> Value {
    let id = begun.is(202).body.get("id").and_then(Value::as_str).unwrap().to_owned();
    let path = format!("/api/v1/jobs/{id}");
    for _ in 0..3000 {
        let job = actor.get(&path).await.is(200).body.clone();
        if !matches!(job.get("state").and_then(Value::as_str), Some("queued" | "running")) {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{path} is not over");
}

fn counts(job: &Value) -> (u64, u64, u64) {
    let count = |name: &str| job.get(name).and_then(Value::as_u64).unwrap();
    (count("added"), count("skipped"), count("failed"))
}

/// What failed: line, field, reason.
pub(crate) async fn failed(actor: &Actor<'_>, job: &Value) -> Vec<(u64, String, String)> {
    let path =
        format!("/api/v1/jobs/{}/lines?outcome=failed", job.get("id").and_then(Value::as_str).unwrap());
    let lines = actor.get(&path).await.is(200).body.clone();
    let text =
        |line: &Value, name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let lines = lines.get("data").and_then(Value::as_array).unwrap();
    lines
        .iter()
        .map(|line| {
            (line.get("line").and_then(Value::as_u64).unwrap(), text(line, "field"), text(line, "reason"))
        })
        .collect()
}

/// PER-05: a line that fails names its column and its reason, and the others are done.
#[tokio::test(flavor = "multi_thread")]
async fn domains_are_added_from_a_file_and_bad_lines_are_told() {
    on_each(|gateway| async move {
        {
            let (root, north) = (gateway.actor("root").await, gateway.actor("north").await);
            root.call("PATCH", "/api/v1/resellers/north", Some(json!({"domain_limit": 0}))).await.is(200);
            let file = "Domain;Destination;Note\n\
                        New1.test;mx.example.net;x\n\
                        new2.test;mx1.example.net:26 mx2.example.net;y\n\
                        new1.test;mx.example.net;again\n\
                        c.test;mx.example.net;of somebody else\n\
                        nodots;mx.example.net\n\
                        new3.test;10.0.0.1\n\
                        new4.test\n\
                        new5.test;mx.example.net:0\n";
            let trial =
                over(&north, &upload(&north, "/api/v1/domains/import?dry_run=true", file).await).await;
            assert_eq!(counts(&trial), (2, 1, 5), "{trial}");
            north.get("/api/v1/domains/new1.test").await.is_problem(404, "not_found");
            let job = over(&north, &upload(&north, "/api/v1/domains/import", file).await).await;
            assert_eq!((&job["state"], counts(&job)), (&json!("done"), (2, 1, 5)), "{job}");
            assert_eq!((&job["total"], &job["done"]), (&json!(8), &json!(8)));
            let line = |line: u64, field: &str, reason: &str| (line, field.to_owned(), reason.to_owned());
            assert_eq!(
                failed(&north, &job).await,
                [
                    line(5, "", "error.already_exists"),
                    line(6, "domain", "invalid.not_a_domain"),
                    line(7, "routes", "invalid.private_network"),
                    line(8, "routes", "invalid.required"),
                    line(9, "routes", "invalid.not_a_host"),
                ]
            );
            let new = north.get("/api/v1/domains/new2.test").await;
            assert_eq!(new.is(200).body["routes"][0], json!({"host": "mx1.example.net", "port": 26}));
            let again = over(&north, &upload(&north, "/api/v1/domains/import", file).await).await;
            assert_eq!(counts(&again), (0, 3, 5));
            let path = format!("/api/v1/jobs/{}/lines", job["id"].as_str().unwrap());
            let csv =
                gateway.client.get(gateway.url(&path)).bearer_auth(&north.token).header("accept", "text/csv");
            let csv = csv.send().await.unwrap().text().await.unwrap();
            assert!(
                csv.starts_with("line,outcome,target,field,reason,explanation\r\n2,added,new1.test,"),
                "{csv}"
            );
            let audit = north.get("/api/v1/audit?action=add_domain").await.body;
            assert_eq!(audit["data"][0]["actor"], "north");
        }
        gateway
    })
    .await;
}

/// USR-05, USR-03, USR-04, ALI-06.
#[tokio::test(flavor = "multi_thread")]
async fn email_users_are_added_from_four_columns() {
    on_each(|gateway| async move {
        {
            let dom_a = gateway.actor("dom-a").await;
            let file = b"bob,a.test,Secret1,1\r\n\
                zoe@a.test,,Secret2,inactive,more,columns\r\n\
                bob,a.test,Other99,1\r\n\
                three,a.test,Secret1\r\n\
                weak,a.test,abcdef,1\r\n\
                eve,c.test,Secret1,1\r\n\
                z\xf6e,a.test,Secret1,1\r\n\
                odd,a.test,Secret1,maybe\r\n";
            let job = over(&dom_a, &upload(&dom_a, "/api/v1/users/import", file.to_vec()).await).await;
            assert_eq!(counts(&job), (2, 1, 5), "{job}");
            let line = |line: u64, field: &str, reason: &str| (line, field.to_owned(), reason.to_owned());
            assert_eq!(
                failed(&dom_a, &job).await,
                [
                    line(4, "status", "invalid.required"),
                    line(5, "password", "invalid.password"),
                    line(6, "username", "invalid.not_found"),
                    line(7, "username", "invalid.characters"),
                    line(8, "status", "invalid.unknown_choice"),
                ]
            );
            gateway.sign_in("bob@a.test", "Secret1").await.is(201);
            gateway.sign_in("zoe@a.test", "Secret2").await.is_problem(401, "wrong_credentials");
            let lines = dom_a.get(&format!("/api/v1/jobs/{}/lines", job["id"].as_str().unwrap())).await;
            assert!(!lines.text.contains("Secret") && !lines.text.contains("abcdef"));
        }
        gateway
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_may_imports_and_sees_the_job() {
    on_each(|gateway| async move {
        {
            let (north, south) = (gateway.actor("north").await, gateway.actor("south").await);
            let (root, dom_a) = (gateway.actor("root").await, gateway.actor("dom-a").await);
            let anna = gateway.actor("anna@a.test").await;
            let file = "x.test,mx.example.net";
            upload(&dom_a, "/api/v1/domains/import", file).await.is_problem(403, "not_allowed");
            upload(&anna, "/api/v1/users/import", file).await.is_problem(403, "not_allowed");
            upload(&dom_a, "/api/v1/users/import?role=domain", file).await.is_problem(403, "not_allowed");
            let refused = upload(&north, "/api/v1/users/import?role=reseller", file).await;
            refused.is_problem(422, "invalid").names("?role", "unknown_choice");
            upload(&north, "/api/v1/domains/import", "")
                .await
                .is_problem(422, "invalid")
                .names("", "required");
            let wrong = north.call("POST", "/api/v1/domains/import", Some(json!({}))).await;
            wrong.is_problem(415, "unsupported_media_type");
            let begun = upload(&north, "/api/v1/domains/import", file).await;
            let job = over(&north, &begun).await;
            let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
            root.get(&path).await.is(200);
            for (method, path) in
                [("GET", path.clone()), ("GET", format!("{path}/lines")), ("POST", format!("{path}/stop"))]
            {
                south.call(method, &path, None).await.is_problem(404, "not_found");
            }
            assert_eq!(south.get("/api/v1/jobs").await.body["data"], json!([]));
            assert_eq!(north.get("/api/v1/jobs").await.body["data"].as_array().unwrap().len(), 1);
            assert_eq!(root.get("/api/v1/jobs?state=done").await.body["data"].as_array().unwrap().len(), 1);
        }
        gateway
    })
    .await;
}

/// A job ends with the right to it, says so, and keeps what was done.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_stops_when_it_is_told_to_or_its_owner_may_no_more() {
    on_each(|gateway| async move {
        {
            let (root, north) = (gateway.actor("root").await, gateway.actor("north").await);
            let file: String = (0..20_000).map(|n| format!("d{n}.test,mx.example.net\n")).collect();
            let begun = upload(&north, "/api/v1/domains/import", file.clone()).await;
            let path = format!("/api/v1/jobs/{}", begun.is(202).body["id"].as_str().unwrap());
            north.call("POST", &format!("{path}/stop"), None).await.is(200);
            let job = over(&north, &begun).await;
            assert_eq!(job["state"], "stopped");
            assert!(job["done"].as_u64().unwrap() < 20_000, "{job}");
            let begun = upload(&north, "/api/v1/domains/import?dry_run=true", file).await;
            let off =
                json!({"permissions": [{"role": "reseller", "permission": "domains_add", "is_on": false}]});
            root.call("PATCH", "/api/v1/permissions", Some(off)).await.is(200);
            let job = over(&north, &begun).await;
            assert_eq!((&job["state"], &job["error"]), (&json!("failed"), &json!("not_allowed")), "{job}");
        }
        gateway
    })
    .await;
}
