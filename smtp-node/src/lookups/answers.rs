//! Plain questions to the domain name system, with two ways to have no answer: there is nothing, or nobody says.

use mail_auth::hickory_resolver::{
    TokioResolver,
    lookup::Lookup,
    net::{DnsError, NetError},
    proto::{
        op::ResponseCode,
        rr::{Name, RData, RecordType},
    },
};
use std::net::IpAddr;

/// Asks the resolver.
#[derive(Clone, Copy)]
pub(super) struct Answers<'a>(pub(super) &'a TokioResolver);

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gone {
    /// The name does not exist, has nothing of that kind, or cannot be a name.
    Nothing,
    /// Nobody says for now.
    Silent,
}

/// A name to ask for, exactly this one.
fn name(text: &str) -> Option<Name> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let mut name = Name::from_labels(text.split('.').map(str::as_bytes)).ok()?;
    name.set_fqdn(true);
    Some(name)
}

/// A name as text, without its last dot.
fn plain(name: &Name) -> String {
    name.iter().map(String::from_utf8_lossy).collect::<Vec<_>>().join(".")
}

impl Answers<'_> {
    /// Everything of a kind that a name has.
    pub(super) async fn of(self, text: &str, kind: RecordType) -> Result<Lookup, Gone> {
        let Some(name) = name(text) else { return Err(Gone::Nothing) };
        self.0.lookup(name, kind).await.map_err(|error| gone(&error))
    }

    /// The texts of a name.
    pub(super) async fn texts(self, name: &str) -> Result<Vec<Vec<u8>>, Gone> {
        let found = self.of(name, RecordType::TXT).await?;
        let text = |data: &RData| match data {
            RData::TXT(text) => Some(text.txt_data.concat()),
            _ => None,
        };
        Ok(found.answers().iter().filter_map(|record| text(&record.data)).collect())
    }

    /// The addresses of a name, of the family of that address.
    pub(super) async fn addresses(self, name: &str, family: IpAddr) -> Result<Vec<IpAddr>, Gone> {
        let kind = if family.is_ipv4() { RecordType::A } else { RecordType::AAAA };
        let found = self.of(name, kind).await?;
        let address = |data: &RData| match data {
            RData::A(address) => Some(address.0.into()),
            RData::AAAA(address) => Some(address.0.into()),
            _ => None,
        };
        Ok(found.answers().iter().filter_map(|record| address(&record.data)).collect())
    }

    /// The mail servers of a name, as they stand there.
    pub(super) async fn exchanges(self, name: &str) -> Result<Vec<String>, Gone> {
        let found = self.of(name, RecordType::MX).await?;
        let host = |data: &RData| match data {
            RData::MX(exchange) => Some(plain(&exchange.exchange)),
            _ => None,
        };
        Ok(found.answers().iter().filter_map(|record| host(&record.data)).collect())
    }

    /// The names of an address that lead back to it, of so many at most.
    pub(super) async fn confirmed_names(self, address: IpAddr, most: usize) -> Vec<String> {
        let reverse = Name::from(address);
        let Ok(found) = self.0.lookup(reverse, RecordType::PTR).await else { return Vec::new() };
        let pointer = |data: &RData| match data {
            RData::PTR(name) => Some(plain(&name.0)),
            _ => None,
        };
        let mut confirmed = Vec::new();
        for name in found.answers().iter().filter_map(|record| pointer(&record.data)).take(most) {
            let addresses = self.addresses(&name, address).await.unwrap_or_default();
            if addresses.contains(&address) {
                confirmed.push(name);
            }
        }
        confirmed
    }
}

fn gone(error: &NetError) -> Gone {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(nothing))
            if matches!(nothing.response_code, ResponseCode::NoError | ResponseCode::NXDomain) =>
        {
            Gone::Nothing
        }
        _ => Gone::Silent,
    }
}
