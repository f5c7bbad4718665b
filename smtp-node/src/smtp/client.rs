//! Who is connected: what it said of itself, and what is known of it.

use crate::lookups::Lookups;
use std::{net::IpAddr, sync::Arc};
use tokio::sync::OnceCell;

/// Who is connected.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its address.
    pub address: IpAddr,
    /// What it called itself.
    pub helo: String,
    /// Whether the connection is encrypted.
    pub is_encrypted: bool,
    /// Whether it said EHLO.
    pub is_extended: bool,
    /// Its name by reverse DNS, once it was looked up; empty if it has none.
    host: Arc<OnceCell<Option<String>>>,
}

impl Client {
    /// Somebody who has just connected.
    pub fn new(address: IpAddr) -> Self {
        Self { address, helo: String::new(), is_encrypted: false, is_extended: false, host: Arc::default() }
    }

    /// Whether it called itself by what can be the name of a host, or by its own address in brackets, as hosts without
    /// a name have to (X-11, RFC 5321 §4.1.3).
    pub fn is_greeting_right(&self) -> bool {
        let name = self.helo.trim_end_matches('.');
        if let Some(literal) = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
            let literal = literal
                .get(..5)
                .filter(|tag| tag.eq_ignore_ascii_case("IPv6:"))
                .map_or(literal, |tag| literal.get(tag.len()..).unwrap_or_default());
            return literal.parse::<IpAddr>().is_ok_and(|address| address.to_canonical() == self.address);
        }
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && label.chars().all(|one| one.is_ascii_alphanumeric() || one == '-' || !one.is_ascii())
        };
        name.parse::<IpAddr>().is_err() && name.split('.').all(is_label)
    }

    /// Its name by reverse DNS, as far as it was looked up; empty if there is none.
    pub fn known_host(&self) -> &str {
        self.host.get().and_then(Option::as_deref).unwrap_or_default()
    }

    /// Its name by reverse DNS; empty if it has none, `None` if that is not known.
    pub fn host(&self) -> Option<String> {
        self.host.get().cloned().flatten()
    }

    /// Waits until its name is looked up, or cannot be.
    pub async fn look_up(&self, lookups: &Lookups) {
        self.host.get_or_init(|| lookups.host_of(self.address)).await;
    }

    /// Begins to look its name up, without waiting for it.
    pub fn begin_look_up(&self, lookups: &Arc<Lookups>) {
        if !self.host.initialized() {
            let (client, lookups) = (self.clone(), lookups.clone());
            tokio::spawn(async move { client.look_up(&lookups).await });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    ///
    #[test]
    fn a_greeting_is_the_name_of_a_host() {
        for (helo, is_right) in [
            ("mx.sender.test", true),
            ("localhost", true),
            ("mail.b\u{fc}cher.test", true),
            ("[192.0.2.1]", true),
            ("[192.0.2.2]", false),
            ("192.0.2.1", false),
            ("mail_out.sender.test", false),
            ("-x.sender.test", false),
            ("a..b", false),
            ("", false),
        ] {
            let client = Client { helo: helo.into(), ..Client::new([192, 0, 2, 1].into()) };
            assert_eq!(client.is_greeting_right(), is_right, "{helo}");
        }
    }
}
