//! Which certificates a destination server may show, as its domain says in signed records (DANE, RFC 7672). The
//! configured name server validates; its word is believed, as its other answers are. Where no name server is
//! configured, nobody's word is.

use super::{BUDGET, Lookups, NoAnswer};
use mail_auth::hickory_resolver::proto::{
    op::{Edns, Message, MessageType, OpCode, Query, ResponseCode},
    rr::{
        Name, RData, RecordType,
        rdata::tlsa::{CertUsage, Matching, Selector},
    },
};
use ring::digest;
use rustls::pki_types::CertificateDer;
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    time::timeout,
};
use webpki::EndEntityCert;

/// A certificate that a server may show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    is_key: bool,
    matching: Matching,
    octets: Vec<u8>,
}

impl Pin {
    /// Whether this is the certificate.
    pub fn fits(&self, certificate: &[u8]) -> bool {
        let der = CertificateDer::from(certificate);
        let subject = if self.is_key {
            match EndEntityCert::try_from(&der) {
                Ok(certificate) => certificate.subject_public_key_info().as_ref().to_vec(),
                Err(_) => return false,
            }
        } else {
            certificate.to_vec()
        };
        match self.matching {
            Matching::Raw => subject == self.octets,
            Matching::Sha256 => digest::digest(&digest::SHA256, &subject).as_ref() == self.octets,
            Matching::Sha512 => digest::digest(&digest::SHA512, &subject).as_ref() == self.octets,
            _ => false,
        }
    }
}

impl Lookups {
    /// The certificates that a server may show; none where its domain does not say. Empty: it must encrypt, by
    /// whatever certificate (RFC 7672 §2.2).
    ///
    /// # Errors
    /// If the name server does not say: then nobody knows whether the server is the right one.
    pub async fn pins_of(&self, host: &str, port: u16) -> Result<Option<Vec<Pin>>, NoAnswer> {
        let Some(server) = self.server else { return Ok(None) };
        // Where even the addresses are not signed, no certificate is (RFC 7672 §2.2.2).
        let mut is_signed = false;
        for kind in [RecordType::A, RecordType::AAAA] {
            is_signed |= ask(server, host, kind).await?.metadata.authentic_data;
        }
        if !is_signed {
            return Ok(None);
        }
        let answer = ask(server, &format!("_{port}._tcp.{host}"), RecordType::TLSA).await?;
        let records: Vec<_> = answer
            .answers
            .iter()
            .filter_map(|record| match &record.data {
                RData::TLSA(record) => Some(record),
                _ => None,
            })
            .collect();
        if records.is_empty() || !answer.metadata.authentic_data {
            return Ok(None);
        }
        let pins = records.into_iter().filter(|record| record.cert_usage == CertUsage::DaneEe);
        Ok(Some(
            pins.map(|record| Pin {
                is_key: record.selector == Selector::Spki,
                matching: record.matching,
                octets: record.cert_data.clone(),
            })
            .collect(),
        ))
    }
}

/// The name server's answer, with its word whether it is authentic.
async fn ask(server: SocketAddr, name: &str, kind: RecordType) -> Result<Message, NoAnswer> {
    let mut name =
        Name::from_labels(name.trim_end_matches('.').split('.').map(str::as_bytes)).map_err(|_| NoAnswer)?;
    name.set_fqdn(true);
    let [first, second, ..] = *uuid::Uuid::new_v4().as_bytes();
    let mut question = Message::new(u16::from_be_bytes([first, second]), MessageType::Query, OpCode::Query);
    question.metadata.recursion_desired = true;
    question.metadata.authentic_data = true;
    let mut edns = Edns::new();
    edns.set_dnssec_ok(true).set_max_payload(1_232);
    question.set_edns(edns);
    question.add_query(Query::query(name, kind));
    let answer =
        timeout(BUDGET, exchange(server, &question)).await.map_err(|_| NoAnswer)?.map_err(|_| NoAnswer)?;
    match answer.metadata.response_code {
        ResponseCode::NoError | ResponseCode::NXDomain => Ok(answer),
        _ => Err(NoAnswer),
    }
}

async fn exchange(server: SocketAddr, question: &Message) -> io::Result<Message> {
    let octets = question.to_vec().map_err(io::Error::other)?;
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await?;
    socket.connect(server).await?;
    let mut heard = vec![0; 4_096];
    socket.send(&octets).await?;
    loop {
        let length = socket.recv(&mut heard).await?;
        let answer = Message::from_vec(heard.get(..length).unwrap_or_default()).map_err(io::Error::other)?;
        if answer.metadata.id != question.metadata.id || answer.queries != question.queries {
            continue;
        }
        if !answer.metadata.truncation {
            return Ok(answer);
        }
        let mut stream = TcpStream::connect(server).await?;
        stream.write_u16(u16::try_from(octets.len()).map_err(io::Error::other)?).await?;
        stream.write_all(&octets).await?;
        let length = stream.read_u16().await?;
        let mut heard = vec![0; usize::from(length)];
        stream.read_exact(&mut heard).await?;
        return Message::from_vec(&heard).map_err(io::Error::other);
    }
}
