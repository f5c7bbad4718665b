//! The mail servers of domains, as the domain name system has them. Asked for whoever sets domains up, never for mail:
//! an answer that does not come in time is "not known".

use crate::config::NameServers;
use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts},
    net::runtime::TokioRuntimeProvider,
    proto::rr::RData,
    system_conf::read_system_conf,
};
use std::{net::SocketAddr, sync::Arc, time::Duration};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks the domain name system.
#[derive(Clone)]
pub struct Dns {
    resolver: Option<Arc<TokioResolver>>,
}

/// The mail servers are not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown;

impl Dns {
    /// Asks whom the configuration names; nobody, if they cannot be asked.
    pub fn new(servers: NameServers) -> Self {
        let conf = match servers {
            NameServers::Off => return Self { resolver: None },
            NameServers::Machine => read_system_conf().map_err(|error| error.to_string()),
            NameServers::One(address) => Ok((only(address), ResolverOpts::default())),
        };
        let built = conf.and_then(|(config, mut options)| {
            options.timeout = Duration::from_secs(1);
            options.attempts = 2;
            let builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
            builder.with_options(options).build().map_err(|error| error.to_string())
        });
        match built {
            Ok(resolver) => Self { resolver: Some(Arc::new(resolver)) },
            Err(error) => {
                tracing::warn!(error, "there are no name servers to ask: mail servers cannot be looked up");
                Self { resolver: None }
            }
        }
    }

    /// The hosts of a domain's MX records, the preferred first; none if it has none.
    ///
    /// # Errors
    /// If nobody answered in time.
    pub async fn mail_servers(&self, domain: &str) -> Result<Vec<String>, Unknown> {
        let resolver = self.resolver.as_ref().ok_or(Unknown)?;
        let asked = resolver.mx_lookup(format!("{domain}."));
        let found = match tokio::time::timeout(PATIENCE, asked).await.map_err(|_| Unknown)? {
            Ok(found) => found,
            Err(error) if error.is_no_records_found() || error.is_nx_domain() => return Ok(Vec::new()),
            Err(_) => return Err(Unknown),
        };
        let mut hosts: Vec<(u16, String)> = found
            .answers()
            .iter()
            .filter_map(|record| match &record.data {
                RData::MX(mx) => {
                    Some((mx.preference, mx.exchange.to_ascii().trim_end_matches('.').to_lowercase()))
                }
                _ => None,
            })
            .collect();
        hosts.sort();
        // RFC 7505: a dot alone says that there is no mail.
        Ok(hosts.into_iter().map(|(_, host)| host).filter(|host| !host.is_empty()).collect())
    }
}

fn only(address: SocketAddr) -> ResolverConfig {
    let mut connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
    for connection in &mut connections {
        connection.port = address.port();
    }
    ResolverConfig::from_name_servers(vec![NameServerConfig::new(address.ip(), true, connections.into())])
}
