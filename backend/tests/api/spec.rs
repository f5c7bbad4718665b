//! The API's description says what the contract says, and the committed one is fresh.

use contract::endpoint::{Access, Method, operations};
use serde_json::Value;
use std::collections::BTreeSet;

fn described() -> BTreeSet<(String, String, String)> {
    let document: Value = serde_json::from_str(&backend::spec::print().unwrap()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, operation)| {
            (operation["operationId"].as_str().unwrap().to_owned(), method.clone(), path.clone())
        })
    });
    all.collect()
}

#[test]
fn handlers_and_contract_have_the_same_operations() {
    let contract: BTreeSet<_> = operations()
        .map(|operation| {
            let method = format!("{:?}", operation.method).to_lowercase();
            (operation.id.to_owned(), method, operation.path.to_owned())
        })
        .collect();
    let described = described();
    let missing: Vec<_> = contract.difference(&described).collect();
    let unknown: Vec<_> = described.difference(&contract).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "not served: {missing:#?}; not in the contract: {unknown:#?}"
    );
}

#[test]
fn every_operation_says_who_may_call_it_and_what_can_go_wrong() {
    let document: Value = serde_json::from_str(&backend::spec::print().unwrap()).unwrap();
    for operation in operations() {
        let method = format!("{:?}", operation.method).to_lowercase();
        let described = &document["paths"][operation.path][&method];
        let permission = match operation.access {
            Access::Public => "public",
            Access::SignedIn => "signed_in",
            Access::Needs(permission) => permission.name(),
            Access::Node => "node",
        };
        assert_eq!(described["x-permission"], permission, "{}", operation.id);
        assert!(described["summary"].as_str().is_some_and(|text| !text.is_empty()), "{}", operation.id);
        let responses = described["responses"].as_object().unwrap();
        let success = responses.keys().filter(|status| status.starts_with('2')).count();
        assert!(success > 0, "{}", operation.id);
        if operation.access != Access::Public {
            assert!(responses.contains_key("401"), "{}", operation.id);
        }
        if matches!(operation.method, Method::Put | Method::Patch) && described["requestBody"].is_object() {
            assert!(responses.contains_key("422") || operation.access == Access::Node, "{}", operation.id);
        }
    }
}

/// `GATEPOST_GOLDEN=write` writes it anew.
#[test]
fn the_committed_description_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/openapi.json");
    let printed = backend::spec::print().unwrap();
    if std::env::var("GATEPOST_GOLDEN").is_ok_and(|value| value == "write") {
        std::fs::write(path, &printed).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == printed,
        "openapi/openapi.json is stale: run `gatepost spec > openapi/openapi.json`"
    );
}

/// Every list answers as CSV, too.
#[test]
fn every_list_is_also_a_csv_file() {
    let document: serde_json::Value = serde_json::from_str(&backend::spec::print().unwrap()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let mut lists = 0;
    for (path, operations) in paths {
        let content = &operations["get"]["responses"]["200"]["content"];
        if content["application/json"].to_string().contains("Page_") {
            assert!(!content["text/csv"].is_null(), "{path}");
            lists += 1;
        }
    }
    assert!(lists >= 13, "{lists}");
}
