//! The settings catalogue over the API: every setting at every level, override, inherit, reset, refuse.

use crate::{
    gateway::{OURS, TestGateway},
    golden,
};
use contract::{
    filtering::{
        CHANGE_DOMAIN_SETTINGS, CHANGE_GLOBAL_SETTINGS, CHANGE_MAILBOX_SETTINGS, CHANGE_RESELLER_SETTINGS,
        GET_DOMAIN_SETTINGS, RESET_DOMAIN_SETTING, SettingsChange,
    },
    settings::{self, AnySetting, Control, Level},
};
use serde_json::{Value, json};
use std::fmt::Write;

#[test]
fn the_golden_settings_catalogue_is_fresh() {
    let mut table = String::from("key | control | default | levels | permission\n");
    for setting in settings::all() {
        let levels: Vec<_> = setting.editable_at().iter().map(|level| level.name()).collect();
        writeln!(
            table,
            "{} | {:?} | {} | {} | {}",
            setting.key(),
            setting.control(),
            setting.default_json(),
            levels.join(" "),
            setting.permission().name()
        )
        .unwrap();
    }
    golden::same("tests/golden/settings_catalogue.txt", &table);
}

/// Another value that the setting takes.
fn other_value(setting: &dyn AnySetting) -> Value {
    let default = setting.default_json();
    let candidates = match setting.control() {
        Control::Switch => vec![json!(true), json!(false)],
        Control::Choice { choices } => choices.iter().map(|choice| json!(choice)).collect(),
        _ => vec![
            json!(0.5),
            json!(0.05),
            json!(7),
            json!(3),
            json!("Europe/Berlin"),
            json!("a@ours.test"),
            json!("[x]"),
            json!("#7a1f5c"),
            json!("https://help.example.net"),
            json!("panel.example.net"),
            json!("x"),
        ],
    };
    let other = candidates.into_iter().find(|value| *value != default && setting.check(value).is_ok());
    other.unwrap_or_else(|| panic!("{} takes no value that this test knows", setting.key()))
}

fn change(key: &str, value: Value) -> SettingsChange {
    SettingsChange { settings: [(key.to_owned(), value)].into() }
}

/// SET-01, SET-02: set at each level where it may be, inherited below, reset; refused elsewhere.
#[tokio::test]
async fn every_setting_is_overridden_inherited_and_reset() {
    let gateway = TestGateway::start_api();
    let administrator = gateway.administrator().await;
    for setting in settings::all() {
        let key = setting.key();
        let value = other_value(setting);
        for level in Level::ALL {
            let (endpoint, path): (_, &[&str]) = match level {
                Level::Global => (&CHANGE_GLOBAL_SETTINGS, &[]),
                Level::Reseller => (&CHANGE_RESELLER_SETTINGS, &["ours"]),
                Level::Domain => (&CHANGE_DOMAIN_SETTINGS, &[OURS]),
                Level::Email => (&CHANGE_MAILBOX_SETTINGS, &["user@ours.test"]),
            };
            let answer = administrator.try_call(endpoint, path, &(), &change(key, value.clone())).await;
            if !setting.editable_at().contains(&level) {
                assert_eq!(answer.status, 422, "{key} at {level:?}: {}", answer.text());
                continue;
            }
            assert_eq!(answer.status, 200, "{key} at {level:?}: {}", answer.text());
            let now: Value = answer.json();
            assert_eq!(now["settings"][key]["value"], value, "{key} at {level:?}");
            let below = administrator.call(&GET_DOMAIN_SETTINGS, &[OURS], &(), &()).await;
            if level < Level::Domain && setting.editable_at().contains(&Level::Domain) {
                let inherited = serde_json::to_value(&below.settings[key]).unwrap();
                assert_eq!(inherited["value"], value, "{key} is inherited from {level:?}");
            }
            let answer = administrator.try_call(endpoint, path, &(), &change(key, Value::Null)).await;
            let now: Value = answer.json();
            assert_eq!(now["settings"][key]["value"], setting.default_json(), "{key} reset at {level:?}");
        }
    }
}

/// SET-01: what is set stays set although it equals the default; a reset takes it away.
#[tokio::test]
async fn a_value_equal_to_the_default_is_still_set() {
    let gateway = TestGateway::start_api();
    let administrator = gateway.administrator().await;
    let key = "incoming.quarantine_threshold";
    administrator.call(&CHANGE_DOMAIN_SETTINGS, &[OURS], &(), &change(key, json!(0.9))).await;
    administrator.call(&CHANGE_GLOBAL_SETTINGS, &[], &(), &change(key, json!(0.8))).await;
    let now = administrator.call(&GET_DOMAIN_SETTINGS, &[OURS], &(), &()).await;
    assert_eq!(serde_json::to_value(&now.settings[key]).unwrap()["value"], json!(0.9));
    let now = administrator.call(&RESET_DOMAIN_SETTING, &[OURS, key], &(), &()).await;
    assert_eq!(serde_json::to_value(&now.settings[key]).unwrap()["value"], json!(0.8));
}

/// FIL-07 and the limits of every setting: refused by name, and nothing changes.
#[tokio::test]
async fn a_value_that_is_not_valid_is_refused_with_its_place() {
    let gateway = TestGateway::start_api();
    let administrator = gateway.administrator().await;
    for (key, value, code) in [
        ("incoming.quarantine_threshold", json!(1.5), "out_of_range"),
        ("incoming.quarantine_threshold", json!("high"), "wrong_type"),
        ("incoming.unsure_threshold", json!(0.95), "threshold_order"),
        ("incoming.quarantine_response", json!("shrug"), "unknown_choice"),
        ("incoming.nonsense", json!(1), "unknown_field"),
    ] {
        let answer = administrator.try_call(&CHANGE_DOMAIN_SETTINGS, &[OURS], &(), &change(key, value)).await;
        assert_eq!(answer.status, 422, "{key}: {}", answer.text());
        let problem = answer.problem();
        let error = serde_json::to_value(&problem.errors[0]).unwrap();
        assert_eq!(error["code"], code, "{key}: {error}");
        assert!(error["pointer"].as_str().unwrap().contains(key), "{error}");
    }
    let now = administrator.call(&GET_DOMAIN_SETTINGS, &[OURS], &(), &()).await;
    let threshold = serde_json::to_value(&now.settings["incoming.quarantine_threshold"]).unwrap();
    assert_eq!(threshold["value"], json!(0.9));
}
