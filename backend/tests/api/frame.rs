//! What every answer has, and what no request can break.

use crate::gateway::{Answer, on_each};
use contract::endpoint::{Access, operations};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_sent_gets_a_problem_document() {
    on_each(|gateway| async move {
        let root = gateway.actor("root").await;
        root.get("/api/v1/nothing").await.is_problem(404, "not_found");
        let wrong = root.call("DELETE", "/api/v1/domains", None).await;
        wrong.is_problem(405, "method_not_allowed");
        assert_eq!(wrong.headers["allow"], "GET, HEAD");
        root.get("/api/v1/domains?frob=1")
            .await
            .is_problem(400, "bad_request")
            .names("?frob", "unknown_field");
        root.get("/api/v1/me?frob=1").await.is_problem(400, "bad_request").names("?frob", "unknown_field");
        root.get("/api/v1/domains?limit=0").await.is_problem(422, "invalid").names("?limit", "out_of_range");
        root.get("/api/v1/domains/a%00b").await.is_problem(400, "bad_request");
        root.get("/api/v1/domains?search=%00").await.is_problem(400, "bad_request");
        assert!(root.get("/api/v1/domains/%FF").await.status.is_client_error());
        let send = |body: Vec<u8>, kind: &'static str| {
            let request = gateway.client.post(gateway.url("/api/v1/sessions")).body(body);
            request.header("content-type", kind).header("x-request-id", "mine-1").send()
        };
        let json = "application/json";
        let broken = Answer::of(send(b"{".to_vec(), json).await.unwrap()).await;
        broken.is_problem(400, "bad_request");
        assert_eq!(broken.headers["x-request-id"], "mine-1");
        assert_eq!(broken.body["request_id"], "mine-1");
        for (body, kind, status) in [
            (vec![0xff, 0xfe], json, 400),
            (b"{}".to_vec(), json, 422),
            (b"{}".to_vec(), "text/plain", 415),
            (vec![b' '; 1024 * 1024 + 1], json, 413),
            (format!("{{\"username\":\"{}\",\"password\":\"x\"}}", "u".repeat(400)).into_bytes(), json, 422),
            (b"{\"username\":\"a\\u0000b\",\"password\":\"x\"}".to_vec(), json, 401),
        ] {
            let answer = Answer::of(send(body, kind).await.unwrap()).await;
            assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
        }
        gateway
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_asks_who_calls() {
    on_each(|gateway| async move {
        for operation in operations().filter(|operation| operation.access != Access::Public) {
            let method = format!("{:?}", operation.method).to_uppercase().parse().unwrap();
            let path = operation.path_with(&["a.test", "1", "1"]);
            for token in [None, Some("x"), Some("gpn_x")] {
                let mut request = gateway.client.request(reqwest::Method::clone(&method), gateway.url(&path));
                if let Some(token) = token {
                    request = request.bearer_auth(token);
                }
                let answer = Answer::of(request.send().await.unwrap()).await;
                assert_eq!(answer.status, 401, "{} {}", operation.id, answer.text);
            }
        }
        gateway
    })
    .await;
}

/// P16, P22.
#[tokio::test(flavor = "multi_thread")]
async fn operators_see_health_and_browsers_strict_headers() {
    on_each(|gateway| async move {
        for path in ["/healthz", "/readyz", "/metrics", "/api/docs/", "/api/v1/openapi.json"] {
            let answer = Answer::of(gateway.client.get(gateway.url(path)).send().await.unwrap()).await;
            answer.is(200);
            assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
            let policy = answer.headers["content-security-policy"].to_str().unwrap();
            assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        }
        gateway
    })
    .await;
}

/// The event stream hears of a change within reach, and of no other.
#[tokio::test(flavor = "multi_thread")]
async fn the_event_stream_tells_what_changed() {
    on_each(|gateway| async move {
        let (root, dom_a) = (gateway.actor("root").await, gateway.actor("dom-a").await);
        let request = gateway.client.get(gateway.url("/api/v1/events")).header("cookie", &dom_a.cookie);
        let mut stream = request.send().await.unwrap();
        assert_eq!(stream.headers()["content-type"], "text/event-stream");
        for domain in ["c.test", "a.test"] {
            let body = serde_json::json!({"routes": [{"host": "127.0.0.9"}]});
            root.call("PUT", &format!("/api/v1/domains/{domain}/routes"), Some(body)).await.is(200);
        }
        let mut heard = String::new();
        while !heard.contains("data:") {
            heard.push_str(std::str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap());
        }
        assert!(
            heard.contains("event: policy\ndata: {\"kind\":\"policy\",\"domain\":\"a.test\"}\n\n"),
            "{heard}"
        );
        assert!(!heard.contains("c.test"), "{heard}");
        drop(stream);
        gateway
    })
    .await;
}

/// A change is tried by every operation in the same way: answered, and not kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_answers_and_keeps_nothing() {
    on_each(|gateway| async move {
        {
            let north = gateway.actor("north").await;
            let revision = gateway.revision().await;
            let new = json!({"routes": [{"host": "mx.example.net"}]});
            let tried = north.call("PUT", "/api/v1/domains/new.test?dry_run=true", Some(new.clone())).await;
            assert_eq!(tried.is(201).headers["x-dry-run"], "true");
            assert_eq!(tried.body["name"], "new.test");
            north.get("/api/v1/domains/new.test").await.is_problem(404, "not_found");
            north.call("DELETE", "/api/v1/domains/a.test?dry_run=true", None).await.is(204);
            north.get("/api/v1/domains/a.test").await.is(200);
            let wrong = north.call("PUT", "/api/v1/domains/c.test?dry_run=true", Some(new)).await;
            wrong.is_problem(409, "already_exists");
            let theirs = north.call("DELETE", "/api/v1/domains/c.test?dry_run=true", None).await;
            theirs.is_problem(404, "not_found");
            assert_eq!(gateway.revision().await, revision);
            let own = north.call("PATCH", "/api/v1/me?dry_run=true", Some(json!({"theme": "dark"}))).await;
            own.is_problem(400, "bad_request");
        }
        gateway
    })
    .await;
}
