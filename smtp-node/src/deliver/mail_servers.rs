//! The mail servers of a domain that is not ours, for bounces (RFC 5321 §5.1, RFC 7505).

use contract::domains::Route;
use hickory_resolver::{TokioResolver, proto::rr::RData};
use std::{sync::OnceLock, time::Duration};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);

/// Why there is no server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoServers {
    /// The domain takes no mail.
    Never,
    /// It could not be found out.
    Later(String),
}

/// The servers of a domain, the preferred first; the domain itself if it names none.
///
/// # Errors
/// If it takes no mail, or cannot be asked.
pub async fn of(domain: &str) -> Result<Vec<Route>, NoServers> {
    static RESOLVER: OnceLock<Option<TokioResolver>> = OnceLock::new();
    let resolver = RESOLVER
        .get_or_init(|| TokioResolver::builder_tokio().and_then(|builder| builder.build()).ok())
        .as_ref()
        .ok_or_else(|| NoServers::Later("the domain name system is not set up".into()))?;
    let asked = timeout(PATIENCE, resolver.mx_lookup(format!("{domain}."))).await;
    let found = match asked {
        Err(_) => return Err(NoServers::Later("the domain name system did not answer in time".into())),
        Ok(Err(error)) if error.is_no_records_found() => {
            return if error.is_nx_domain() { Err(NoServers::Never) } else { Ok(vec![route(domain)]) };
        }
        Ok(Err(error)) => return Err(NoServers::Later(error.to_string())),
        Ok(Ok(found)) => found,
    };
    let mut servers: Vec<(u16, String)> = Vec::new();
    for record in found.answers() {
        if let RData::MX(server) = &record.data {
            servers.push((server.preference, server.exchange.to_ascii()));
        }
    }
    servers.sort();
    // RFC 7505: the root as a server says that there is none.
    if servers.iter().any(|(_, name)| name == ".") {
        return Err(NoServers::Never);
    }
    Ok(servers.iter().map(|(_, name)| route(name)).collect())
}

fn route(name: &str) -> Route {
    Route { host: name.trim_end_matches('.').to_ascii_lowercase(), port: 25 }
}
