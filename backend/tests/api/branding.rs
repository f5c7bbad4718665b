//! What a reseller's people see instead of our name.

use crate::gateway::{Actor, Answer, Gateway, on_each};
use serde_json::{Value, json};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nimage";

async fn send(actor: &Actor<'_>, method: &str, path: &str, body: Vec<u8>) -> Answer {
    let request = actor.gateway.client.request(method.parse().unwrap(), actor.gateway.url(path));
    Answer::of(request.bearer_auth(&actor.token).body(body).send().await.unwrap()).await
}

/// The brand that somebody sees who has not signed in.
async fn at(gateway: &Gateway, host: &str) -> Value {
    let request = gateway.client.get(gateway.url("/api/v1/branding")).header("host", host);
    Answer::of(request.send().await.unwrap()).await.is(200).body.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resellers_people_see_its_brand_and_nobody_elses() {
    on_each(|gateway| async move {
        {
            let (root, north) = (gateway.actor("root").await, gateway.actor("north").await);
            let ours = json!({"product_name": "Gatepost", "accent": "#2357d9"});
            assert_eq!(at(&gateway, "panel.test").await, ours);
            let wanted = json!({
                "branding.product_name": "North Mail", "branding.accent": "#8A1F4B",
                "branding.host": "mail.north.example", "branding.support": "https://help.north.example",
            });
            let settings = "/api/v1/resellers/north/settings";
            north.call("PATCH", settings, Some(wanted)).await.is(200);
            let logo = send(&north, "PUT", "/api/v1/resellers/north/logo", PNG.to_vec()).await;
            let path = logo.is(200).body["path"].as_str().unwrap().to_owned();
            let north_brand = json!({
                "product_name": "North Mail", "accent": "#8a1f4b", "support": "https://help.north.example",
                "logo": path,
            });
            assert_eq!(at(&gateway, "mail.north.example:8080").await, north_brand);
            assert_eq!(gateway.actor("anna@a.test").await.get("/api/v1/branding").await.body, north_brand);
            assert_eq!(gateway.actor("carl@c.test").await.get("/api/v1/branding").await.body, ours);
            let image = gateway.client.get(gateway.url(&path)).send().await.unwrap();
            assert_eq!(image.headers()["content-type"], "image/png");
            assert_eq!(image.bytes().await.unwrap(), PNG);
            send(&root, "PUT", "/api/v1/settings/logo", [PNG, b"2"].concat()).await.is(200);
            assert_ne!(at(&gateway, "panel.test").await["logo"], north_brand["logo"]);
            send(&north, "DELETE", "/api/v1/resellers/north/logo", Vec::new()).await.is(204);
            let inherited = at(&gateway, "mail.north.example").await;
            assert_eq!(inherited["logo"], at(&gateway, "panel.test").await["logo"]);
        }
        gateway
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brand_that_could_not_be_read_or_trusted_is_refused() {
    on_each(|gateway| async move {
        {
            let (north, dom_a) = (gateway.actor("north").await, gateway.actor("dom-a").await);
            let path = "/api/v1/resellers/north/settings";
            for (key, value, code) in [
                ("branding.accent", "#ffd400", "too_light"),
                ("branding.accent", "blue", "not_a_colour"),
                ("branding.support", "javascript:alert(1).x", "not_a_link"),
                ("branding.header", "A: b", "characters"),
                ("branding.host", "panel", "not_a_domain"),
            ] {
                let answer = north.call("PATCH", path, Some(json!({key: value}))).await;
                answer.is_problem(422, "invalid").names(&format!("/{key}"), code);
            }
            let logo = "/api/v1/resellers/north/logo";
            let script = send(&north, "PUT", logo, b"<svg onload=alert(1)>".to_vec()).await;
            script.is_problem(422, "invalid").names("", "not_an_image");
            let large = send(&north, "PUT", logo, [PNG.to_vec(), vec![0; 201 * 1024]].concat()).await;
            large.is_problem(413, "too_large");
            let foreign = send(&north, "PUT", "/api/v1/resellers/south/logo", PNG.to_vec()).await;
            foreign.is_problem(404, "not_found");
            send(&dom_a, "PUT", logo, PNG.to_vec()).await.is_problem(404, "not_found");
            send(&north, "PUT", "/api/v1/settings/logo", PNG.to_vec()).await.is_problem(403, "not_allowed");
        }
        gateway
    })
    .await;
}

/// Mail to a reseller's people comes from it and in its name.
#[tokio::test(flavor = "multi_thread")]
async fn the_panels_mail_carries_the_brand() {
    on_each(|gateway| async move {
        {
            let north = gateway.actor("north").await;
            let wanted =
                json!({"branding.product_name": "North Mail", "branding.sender": "panel@north.example"});
            north.call("PATCH", "/api/v1/resellers/north/settings", Some(wanted)).await.is(200);
            let ask = gateway.client.post(gateway.url("/api/v1/password-recoveries"));
            ask.json(&json!({"username": "anna@a.test"})).send().await.unwrap();
            let letter = gateway.letters(1).await.remove(0);
            assert_eq!(letter.sender, "panel@north.example");
            let text = String::from_utf8_lossy(&letter.content).into_owned();
            assert!(text.contains("North Mail") && !text.contains("for Gatepost"), "{text}");
        }
        gateway
    })
    .await;
}
