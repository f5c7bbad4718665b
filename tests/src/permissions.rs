//! Every operation of the contract × every role × own and foreign tenant, against the matrix. A new operation
//! fails here until it has its line in `arguments`.

use crate::{
    actors::{Actor, Answer},
    gateway::{TestGateway, within},
    golden,
    mail_flow::{SOON, held},
    messages,
};
use contract::{
    endpoint::{self, Access, Method, Operation},
    ids::RecordId,
    permission::Role,
};
use serde_json::{Value, json};
use std::fmt::Write;

/// What to call an operation with, so that somebody who may call it succeeds.
pub(crate) struct Arguments {
    path: Vec<String>,
    body: Option<Value>,
}

impl Arguments {
    fn new(path: &[&str], body: Option<Value>) -> Self {
        Self { path: path.iter().map(|value| (*value).to_owned()).collect(), body }
    }
}

/// A tenant to be reached, with a held message of its mailbox.
pub(crate) struct Tenant {
    slug: &'static str,
    domain: String,
    mailbox: String,
    message: RecordId,
    /// Where its mail goes.
    route: String,
}

/// How an operation is called for this tenant; what is destroyed is made anew before.
pub(crate) fn arguments(operation: &Operation, tenant: &Tenant, scratch: &str) -> Arguments {
    let (host, port) = tenant.route.rsplit_once(':').unwrap();
    let route = json!({ "host": host, "port": port.parse::<u16>().unwrap() });
    let domain = tenant.domain.clone();
    let message = tenant.message.to_string();
    let with = Arguments::new;
    match operation.id {
        "add_domain" => with(&[&domain], Some(json!({ "reseller": tenant.slug, "routes": [route] }))),
        "remove_domain" => with(&[scratch], None),
        "set_routes" => {
            with(&[&domain], Some(json!({ "routes": [route, { "host": "127.0.0.1", "port": 26 }] })))
        }
        "remove_route" => with(&[&domain, "127.0.0.1:26"], None),
        "change_permissions" => with(&[], Some(json!({ "permissions": [] }))),
        "get_quarantined" | "get_quarantined_raw" | "create_preview" | "get_log_entry" => {
            with(&[&domain, &message], None)
        }
        "get_attachment" => with(&[&domain, &message, "0"], None),
        "release_quarantined" | "delete_quarantined" | "restore_quarantined" => {
            with(&[], Some(json!({ "ids": [tenant.message] })))
        }
        "release_domain_quarantined" => with(&[&domain], Some(json!({ "ids": [tenant.message] }))),
        other => of_oneself(other, tenant)
            .or_else(|| of_settings(other, tenant))
            .or_else(|| of_tenants(other, tenant))
            .unwrap_or_else(|| of_nodes(other, scratch)),
    }
}

/// How the operations are called that need no more than the domain, if that, and those about oneself.
fn of_oneself(operation: &str, tenant: &Tenant) -> Option<Arguments> {
    let domain = tenant.domain.as_str();
    let with = Arguments::new;
    Some(match operation {
        "create_session" => with(&[], Some(json!({ "username": "nobody", "password": "wrong" }))),
        "change_me" => with(&[], Some(json!({ "theme": "dark" }))),
        "change_password" => {
            let password = crate::gateway::PASSWORD;
            with(&[], Some(json!({ "current": password, "new": password })))
        }
        "confirm_session" => with(&[], Some(json!({ "password": "wrong" }))),
        "add_second_factor"
        | "get_second_factor"
        | "add_recovery_codes"
        | "forget_devices"
        | "list_second_factor_rules" => with(&[], None),
        "activate_second_factor" => with(&[], Some(json!({ "totp": "000000" }))),
        "remove_second_factor" => with(&[], Some(json!({ "password": "wrong", "totp": "000000" }))),
        "set_second_factor_rule" => with(&["email"], Some(json!({ "is_required": false }))),
        "get_recovery_offer" => with(&[], None),
        "request_recovery" => with(&[], Some(json!({ "username": "nobody" }))),
        "set_recovered_password" => with(&[], Some(json!({ "token": "wrong", "password": "wrong" }))),
        "list_api_tokens" => with(&[], None),
        "add_api_token" => with(&[], Some(json!({ "name": "script", "scopes": ["api_tokens_edit"] }))),
        "get_api_token" | "rotate_api_token" | "remove_api_token" => with(&["tok_unknown"], None),
        "change_api_token" => with(&["tok_unknown"], Some(json!({ "name": "script" }))),
        "end_own_session" => with(&["ses_unknown"], None),
        "refresh_session"
        | "stop_acting"
        | "end_session"
        | "list_sessions"
        | "end_other_sessions"
        | "list_logins"
        | "get_me"
        | "listen"
        | "list_audit"
        | "get_permissions"
        | "preview_role"
        | "restore_permissions"
        | "list_resellers"
        | "list_domains"
        | "list_quarantine"
        | "empty_quarantine"
        | "list_log"
        | "get_log_volume"
        | "list_nodes"
        | "get_global_settings"
        | "count_global_overrides"
        | "get_policy"
        | "get_commands" => with(&[], None),
        "get_domain"
        | "get_routes"
        | "get_domain_settings"
        | "count_domain_overrides"
        | "list_domain_quarantine"
        | "list_domain_log"
        | "get_domain_log_volume"
        | "empty_domain_quarantine" => with(&[domain], None),
        _ => return None,
    })
}

/// How the operations about settings are called.
fn of_settings(operation: &str, tenant: &Tenant) -> Option<Arguments> {
    let domain = tenant.domain.as_str();
    let with = Arguments::new;
    Some(match operation {
        "change_global_settings" => with(&[], Some(json!({ "incoming.quarantine_threshold": 0.85 }))),
        "list_global_overrides" => with(&["domain.log_days"], None),
        "list_reseller_overrides" => with(&[tenant.slug, "domain.log_days"], None),
        "list_domain_overrides" => with(&[domain, "incoming.quarantine_threshold"], None),
        "get_reseller_settings" | "count_reseller_overrides" => with(&[tenant.slug], None),
        "change_reseller_settings" => {
            with(&[tenant.slug], Some(json!({ "incoming.quarantine_threshold": 0.86 })))
        }
        "change_domain_settings" => with(&[domain], Some(json!({ "incoming.quarantine_threshold": 0.87 }))),
        "reset_domain_setting" => with(&[domain, "incoming.quarantine_threshold"], None),
        "get_mailbox_settings" => with(&[&tenant.mailbox], None),
        "change_mailbox_settings" => {
            with(&[&tenant.mailbox], Some(json!({ "incoming.quarantine_threshold": 0.88 })))
        }
        _ => return None,
    })
}

/// How the operations about tenants and their users are called.
fn of_tenants(operation: &str, tenant: &Tenant) -> Option<Arguments> {
    let name = format!("scratch@{}", tenant.domain);
    let scratch = format!("scratch-{}", tenant.slug);
    let (path, body) = match operation {
        "list_users" | "list_jobs" | "import_domains" | "import_users" => (vec![], None),
        "get_job" | "list_job_lines" | "stop_job" => (vec!["job_unknown"], None),
        "put_user" => (vec![name.as_str()], Some(json!({ "role": "email", "password": "abcdeF1" }))),
        "act_as_user" => (vec![tenant.mailbox.as_str()], None),
        "change_user" => (vec![name.as_str()], Some(json!({ "display_name": "Scratch" }))),
        "get_user" => (vec![tenant.mailbox.as_str()], None),
        "suggest_routes" => (vec!["scratch.test"], None),
        "check_mx" => (vec![], Some(json!({ "hosts": ["mx.example.net"] }))),
        "act_on_domains" => (
            vec![],
            Some(json!({ "action": { "kind": "resume" }, "domains": [tenant.domain], "dry_run": true })),
        ),
        "change_domain" => (vec![tenant.domain.as_str()], Some(json!({ "is_suspended": false }))),
        "get_brand" | "set_global_logo" | "remove_global_logo" => (vec![], None),
        "get_logo" => (vec!["unknown"], None),
        "get_reseller" | "set_reseller_logo" | "remove_reseller_logo" => (vec![tenant.slug], None),
        "put_reseller" => (vec![scratch.as_str()], Some(json!({ "name": "Scratch" }))),
        "change_reseller" => (vec![tenant.slug], Some(json!({ "is_suspended": false }))),
        "remove_reseller" => (vec![scratch.as_str()], None),
        "act_on_users" => (vec![], Some(json!({ "action": "deactivate", "usernames": [name] }))),
        "remove_user" => (vec![name.as_str()], None),
        _ => return None,
    };
    Some(Arguments::new(&path, body))
}

/// How the operations of and about nodes are called.
fn of_nodes(operation: &str, scratch: &str) -> Arguments {
    match operation {
        "add_node" => Arguments::new(&[], Some(json!({ "name": scratch }))),
        "remove_node" => Arguments::new(&["nod_unknown"], None),
        "beat" => Arguments::new(&[], Some(json!({ "version": "1", "queued": 0, "policy_revision": 0 }))),
        "add_records" => Arguments::new(&[], Some(json!({ "records": [], "events": [] }))),
        "put_body" => Arguments::new(&["unknown"], None),
        "get_command_body" | "acknowledge_command" => Arguments::new(&["cmd_unknown"], None),
        other => panic!("say here how {other} is called"),
    }
}

/// Operations that name no tenant: foreign is the same as own.
pub(crate) fn names_a_tenant(operation: &Operation) -> bool {
    // What is suggested for a name does not depend on whose it is.
    operation.id != "suggest_routes"
        && ["{domain}", "{reseller}", "{address}", "{username}"]
            .iter()
            .any(|place| operation.path.contains(place))
}

pub(crate) async fn ask(actor: &Actor, operation: &Operation, arguments: &Arguments) -> Answer {
    let path: Vec<&str> = arguments.path.iter().map(String::as_str).collect();
    let file = match operation.path.rsplit('/').next() {
        Some("import") => Some(("text/csv", b"line".to_vec())),
        Some("logo") if operation.method == Method::Put => Some(("image/png", b"\x89PNG\r\n\x1a\n".to_vec())),
        _ => None,
    };
    if file.is_some() {
        let path = path.iter().fold(operation.path.to_owned(), |whole, part| {
            let place = whole.find('{').zip(whole.find('}'));
            place.map_or(whole.clone(), |(from, to)| format!("{}{part}{}", &whole[..from], &whole[to + 1..]))
        });
        return actor.send_raw(operation.method, &path, file).await;
    }
    let query = if operation.id == "preview_role" { "?role=email" } else { "" };
    actor.send(operation, &path, query, arguments.body.as_ref()).await
}

pub(crate) async fn tenant(gateway: &TestGateway, slug: &'static str) -> Tenant {
    let subject = format!("held for {slug}");
    let mailbox = format!("user@{slug}.test");
    let reply = gateway.dialogue().mail("jane@sender.test", &mailbox, &messages::spam_with_parts(&subject));
    assert_eq!(reply.code, 550);
    let administrator = gateway.administrator().await;
    let message = within(SOON, "the held message", async || held(&administrator, &subject).await).await.id;
    Tenant {
        slug,
        domain: format!("{slug}.test"),
        mailbox,
        message,
        route: gateway.sink.address().to_string(),
    }
}

/// What the matrix says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    Done,
    Refused,
    Hidden,
}

pub(crate) fn expected(operation: &Operation, role: Role, is_own: bool) -> Option<Expected> {
    let Access::Needs(permission) = operation.access else { return None };
    let is_granted = permission.cell(role).granted_by_default();
    let is_reached = is_own || role == Role::Administrator || !names_a_tenant(operation);
    Some(match (is_granted, is_reached) {
        (true, true) => Expected::Done,
        (true, false) => Expected::Hidden,
        (false, _) => Expected::Refused,
    })
}

pub(crate) fn holds(expected: Expected, operation: &Operation, answer: &Answer) -> bool {
    match expected {
        // Removing what is not there is done; `{node}` names one that nobody made.
        Expected::Done if operation.id == "remove_node" => matches!(answer.status, 204 | 404),
        // `{token}` and `{job}` name ones that nobody made.
        Expected::Done if operation.path.contains("{token}") || operation.path.contains("{job}") => {
            answer.status == 404
        }
        // Who may change it hears what is wrong with the new one: here, that it is the old one.
        Expected::Done if operation.id == "change_password" => answer.status == 422,
        Expected::Done => (200..300).contains(&answer.status),
        Expected::Refused => matches!(answer.status, 403 | 404),
        // Adding a domain that somebody else has must not say whose it is.
        Expected::Hidden if matches!(operation.id, "add_domain" | "put_user") => {
            matches!(answer.status, 403 | 404 | 409 | 422)
        }
        Expected::Hidden => answer.status == 404,
    }
}

#[tokio::test]
async fn every_operation_answers_every_role_as_the_matrix_says() {
    let gateway = TestGateway::start();
    let (own, foreign) = (tenant(&gateway, "ours").await, tenant(&gateway, "foreign").await);
    let roles = [
        (Role::Administrator, "administrator"),
        (Role::Reseller, "ours"),
        (Role::Domain, "domain-ours"),
        (Role::Email, "user@ours.test"),
    ];
    let mut wrong = Vec::new();
    for (role, username) in roles {
        // Operations that end everything for the caller, or for the messages, come last.
        let mut operations: Vec<_> = endpoint::operations().collect();
        operations.sort_by_key(|operation| {
            let order = [
                "remove_route",
                "empty_domain_quarantine",
                "empty_quarantine",
                "restore_quarantined",
                "change_password",
            ];
            order.iter().position(|id| *id == operation.id).map_or(0, |place| place + 1)
        });
        for operation in operations {
            for (target, is_own) in [(&own, true), (&foreign, false)] {
                let Some(expected) = expected(operation, role, is_own) else { continue };
                // Another sign-in each time: one operation ends sessions.
                let actor = gateway.actor(username).await;
                let scratch = format!("scratch-{}-{}.test", role.name(), target.slug);
                if operation.id == "remove_domain" {
                    let owner = ["--reseller", target.slug, "--route", &target.route];
                    gateway.command(&[["create-domain", "--name", &scratch].as_slice(), &owner].concat());
                }
                let answer = ask(&actor, operation, &arguments(operation, target, &scratch)).await;
                if !holds(expected, operation, &answer) {
                    let whose = if is_own { "own" } else { "foreign" };
                    wrong.push(format!(
                        "{} {whose} {}: {} {}",
                        role.name(),
                        operation.id,
                        answer.status,
                        answer.text()
                    ));
                }
                if answer.status >= 400 {
                    answer.problem();
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A message of a foreign tenant is not reached through one's own domain, nor in a list of ids.
#[tokio::test]
async fn a_foreign_message_is_hidden_behind_every_path() {
    let gateway = TestGateway::start();
    let foreign = tenant(&gateway, "foreign").await;
    let id = foreign.message.to_string();
    for username in ["ours", "domain-ours", "user@ours.test"] {
        let actor = gateway.actor(username).await;
        for rest in ["", "/raw", "/attachments/0"] {
            let path = format!("/api/v1/domains/ours.test/quarantine/{id}{rest}");
            assert_eq!(actor.send_raw(Method::Get, &path, None).await.status, 404, "{username} {path}");
        }
        let path = format!("/api/v1/domains/ours.test/log/{id}");
        assert_eq!(actor.send_raw(Method::Get, &path, None).await.status, 404);
        let ids = json!({ "ids": [foreign.message] }).to_string().into_bytes();
        for action in ["release", "delete"] {
            let path = format!("/api/v1/quarantine/{action}");
            let answer = actor.send_raw(Method::Post, &path, Some(("application/json", ids.clone()))).await;
            let is_hidden =
                answer.status == 404 || answer.json::<Value>()["results"][0]["error"] == "not_found";
            assert!(is_hidden, "{username} {action}: {}", answer.text());
        }
    }
    let administrator = gateway.administrator().await;
    assert!(held(&administrator, "held for foreign").await.is_some_and(|item| item.released_at.is_none()));
}

/// No token, a token that is none, one of an ended session, one of a node: nobody.
#[tokio::test]
async fn without_a_valid_token_nothing_is_answered() {
    let gateway = TestGateway::start();
    let own = tenant(&gateway, "ours").await;
    let guest = gateway.guest();
    let ended = gateway.actor("domain-ours").await;
    let payload = ended.token().split('.').nth(1).unwrap();
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{payload}.");
    let end = &contract::accounts::END_SESSION.operation;
    assert!(ask(&ended, end, &arguments(end, &own, "")).await.status < 300);
    let callers = [
        ("nobody", guest.clone()),
        ("garbage", guest.with_token("garbage")),
        ("unsigned", guest.with_token(&unsigned)),
        ("ended", guest.with_token(ended.token())),
        ("node", gateway.node_actor()),
    ];
    for operation in endpoint::operations() {
        for (name, caller) in &callers {
            let answer = ask(caller, operation, &arguments(operation, &own, "scratch.test")).await;
            let is_right = match operation.access {
                Access::Public => answer.status < 500,
                Access::Node if *name == "node" => !matches!(answer.status, 401 | 403) && answer.status < 500,
                _ => answer.status == 401,
            };
            assert!(is_right, "{} by {name}: {} {}", operation.id, answer.status, answer.text());
        }
    }
    let administrator = gateway.administrator().await;
    for operation in endpoint::operations().filter(|operation| operation.access == Access::Node) {
        let answer = ask(&administrator, operation, &arguments(operation, &own, "")).await;
        assert!(
            matches!(answer.status, 401 | 403),
            "{} by an administrator: {}",
            operation.id,
            answer.status
        );
    }
}

#[test]
fn the_golden_permission_matrix_is_fresh() {
    let mut table = format!("{:<28} {:<24}", "operation", "needs");
    for role in Role::ALL {
        write!(table, " {:<13}", role.name()).unwrap();
    }
    for operation in endpoint::operations() {
        let (needs, cells) = match operation.access {
            Access::Public => ("everybody", Role::ALL.map(|_| "yes")),
            Access::SignedIn => {
                ("being signed in", Role::ALL.map(|role| if role == Role::Guest { "" } else { "yes" }))
            }
            Access::Node => ("a node's token", Role::ALL.map(|_| "")),
            Access::Needs(permission) => (
                permission.name(),
                Role::ALL.map(|role| if permission.cell(role).granted_by_default() { "yes" } else { "" }),
            ),
        };
        let cells: Vec<_> = cells.iter().map(|cell| format!("{cell:<13}")).collect();
        let line = format!("\n{:<28} {needs:<24} {}", operation.id, cells.join(" "));
        table.push_str(line.trim_end_matches(' '));
    }
    table.push('\n');
    golden::same("tests/golden/permission_matrix.txt", &table);
}
