//! A node that judges, for domains with these settings: what it says, and what it tells the API.

use crate::{
    api::ApiServer,
    destination::{Destination, Mood},
    dns::NameServer,
    running::{Client, Running, policy, until},
};
use contract::{nodes::NewRecord, settings::Overrides};
use serde_json::Value;
use smtp_node::config::{Config, Dns};

pub(crate) struct Judging {
    pub(crate) node: Running,
    pub(crate) api: ApiServer,
    pub(crate) names: NameServer,
    pub(crate) destination: Destination,
    folder: tempfile::TempDir,
}

/// Settings of a domain.
pub(crate) type Domain<'a> = (&'a str, &'a [(&'a str, Value)]);

impl Judging {
    pub(crate) async fn start(domains: &[Domain<'_>]) -> Self {
        Self::start_as(domains, |_| {}).await
    }

    pub(crate) async fn start_as(domains: &[Domain<'_>], change: impl FnOnce(&mut Config)) -> Self {
        let (folder, api) = (tempfile::tempdir().unwrap(), ApiServer::start().await);
        let (names, destination) = (NameServer::start().await, Destination::start(Mood::Accepts).await);
        let route = destination.route();
        let routes = [route.as_str()];
        let domains: Vec<(&str, &[&str], Overrides)> = domains
            .iter()
            .map(|(name, settings)| {
                let settings =
                    settings.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
                (*name, routes.as_slice(), settings)
            })
            .collect();
        policy(folder.path(), &domains);
        let node = Running::start_as(folder.path(), |config| {
            config.dns = Dns::Server(names.address);
            config.api = api.url();
            change(config);
        })
        .await;
        Self { node, api, names, destination, folder }
    }

    pub(crate) async fn stop(self) {
        self.node.stop().await;
        drop(self.folder);
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(self.node.address).await
    }

    /// Sends a message with these fields and this body, of today.
    pub(crate) async fn send(&self, recipients: &[&str], fields: &str, body: &str) -> String {
        let message = format!(
            "From: Ann <ann@sender.test>\r\nTo: <user@ours.test>\r\nDate: {}\r\nMessage-ID: <1@sender.test>\r\n\
             {fields}\r\n{body}",
            self.node.clock.now_in_mail()
        );
        self.client().await.send_raw("ann@sender.test", recipients, &message).await
    }

    /// Sends a message with an attachment of this name.
    pub(crate) async fn send_file(&self, recipient: &str, name: &str, octets: &[u8]) -> String {
        let fields = "Subject: A file\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n";
        let body = format!(
            "--b\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n--b\r\nContent-Type: application/octet-stream\r\n\
             Content-Disposition: attachment; {name}\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--",
            base64(octets)
        );
        self.send(&[recipient], fields, &body).await
    }

    /// The last record of a recipient, once there are so many.
    pub(crate) async fn record(&self, recipient: &str, count: usize) -> NewRecord {
        let of = || -> Vec<NewRecord> {
            self.api.records().into_iter().filter(|record| record.recipient == recipient).collect()
        };
        until(&format!("{count} records of {recipient}"), || async { of().len() >= count }).await;
        of().pop().unwrap()
    }
}

pub(crate) fn base64(octets: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for (place, three) in octets.chunks(3).enumerate() {
        if place > 0 && place % 19 == 0 {
            text.push_str("\r\n");
        }
        let bits =
            three.iter().fold(0_u32, |bits, one| bits << 8 | u32::from(*one)) << (8 * (3 - three.len()));
        for letter in 0..4 {
            let index = usize::try_from(bits >> (18 - 6 * letter) & 63).unwrap();
            text.push(if letter > three.len() { '=' } else { char::from(LETTERS[index]) });
        }
    }
    text
}
