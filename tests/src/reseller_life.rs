//! The life of a reseller as an integrator drives it: a script with curl, twice over the same installation.

use crate::gateway::{PASSWORD, TestGateway};
use std::process::Command;

#[tokio::test]
async fn a_reseller_lives_and_ends_by_curl_alone_and_does_so_twice() {
    let gateway = TestGateway::start_api();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/reseller_life.sh");
    let route = gateway.sink.address().to_string();
    for run in ["first", "second"] {
        let mut command = Command::new("bash");
        command.args([script, "west", "west.test", &route]);
        command.env("GATEPOST_API", &gateway.api);
        command.env("GATEPOST_USER", "administrator").env("GATEPOST_PASSWORD", PASSWORD);
        let done = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        let told = [done.stdout, done.stderr].concat();
        assert!(done.status.success(), "{run} run: {}", String::from_utf8_lossy(&told));
    }
}
