//! The OpenAPI description is the contract's, complete and fresh.

use crate::{
    golden,
    program::{Environment, finished},
};
use contract::endpoint::{self, Method};
use serde_json::Value;

fn printed() -> String {
    finished("gatepost", &["spec"], &Environment::new())
}

#[test]
fn the_golden_openapi_description_is_fresh() {
    golden::same("openapi/openapi.json", &printed());
}

#[test]
fn every_operation_of_the_contract_is_described_and_no_other() {
    let description: Value = serde_json::from_str(&printed()).unwrap();
    let paths = description["paths"].as_object().unwrap();
    for operation in endpoint::operations() {
        let method = match operation.method {
            Method::Get => "get",
            Method::Post => "post",
            Method::Put => "put",
            Method::Patch => "patch",
            Method::Delete => "delete",
        };
        let described = &paths[operation.path][method];
        assert_eq!(described["operationId"], operation.id, "{method} {}", operation.path);
    }
    let described: Vec<String> = paths
        .iter()
        .flat_map(|(path, operations)| {
            operations.as_object().unwrap().keys().map(move |method| format!("{method} {path}"))
        })
        .filter(|place| place.contains(" /api/v1/"))
        .collect();
    assert_eq!(described.len(), endpoint::operations().count(), "{described:#?}");
}
