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
