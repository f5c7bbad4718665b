//! A name server in the test: real octets over UDP and TCP on loopback, zones from code. What it does not know does
//! not exist; a silent name is never answered, a broken one is answered with SERVFAIL.

use hickory_resolver::proto::{
    op::{Message, MessageType, OpCode, ResponseCode},
    rr::{
        Name, RData, Record, RecordType,
        rdata::{
            A, AAAA, CNAME, MX, PTR, TLSA, TXT,
            tlsa::{CertUsage, Matching, Selector},
        },
    },
};
use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
    task::JoinHandle,
};

/// What is known of one name.
#[derive(Default)]
struct Entry {
    records: Vec<RData>,
    is_silent: bool,
    is_broken: bool,
    is_signed: bool,
}

type Zones = Arc<Mutex<Shared>>;

#[derive(Default)]
struct Shared {
    names: HashMap<String, Entry>,
    asked: Vec<String>,
}

pub(crate) struct NameServer {
    pub(crate) address: SocketAddr,
    zones: Zones,
    serving: [JoinHandle<()>; 2],
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.serving.iter().for_each(JoinHandle::abort);
    }
}

impl NameServer {
    pub(crate) async fn start() -> Self {
        let (udp, tcp) = loop {
            let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()).await {
                break (udp, tcp);
            }
        };
        let (address, zones) = (udp.local_addr().unwrap(), Zones::default());
        let serving = [
            tokio::spawn(serve_packets(udp, zones.clone())),
            tokio::spawn(serve_connections(tcp, zones.clone())),
        ];
        Self { address, zones, serving }
    }

    fn entry(&self, name: &str, change: impl FnOnce(&mut Entry)) -> &Self {
        change(self.zones.lock().unwrap().names.entry(known(name)).or_default());
        self
    }

    pub(crate) fn add(&self, name: &str, record: RData) -> &Self {
        self.entry(name, |entry| entry.records.push(record))
    }

    pub(crate) fn address_of(&self, name: &str, address: &str) -> &Self {
        let record = match address.parse().unwrap() {
            IpAddr::V4(address) => RData::A(A(address)),
            IpAddr::V6(address) => RData::AAAA(AAAA(address)),
        };
        self.add(name, record)
    }

    /// A text of one or more strings.
    pub(crate) fn text(&self, name: &str, strings: &[&[u8]]) -> &Self {
        let pieces = strings.iter().flat_map(|text| match text {
            [] => vec![*text],
            text => text.chunks(255).collect(),
        });
        self.add(name, RData::TXT(TXT::from_bytes(pieces.collect())))
    }

    pub(crate) fn exchange(&self, name: &str, preference: u16, host: &str) -> &Self {
        self.add(name, RData::MX(MX::new(preference, read(host))))
    }

    pub(crate) fn alias(&self, name: &str, target: &str) -> &Self {
        self.add(name, RData::CNAME(CNAME(read(target))))
    }

    pub(crate) fn pointer(&self, name: &str, target: &str) -> &Self {
        self.add(name, RData::PTR(PTR(read(target))))
    }

    /// The key that the server of that name and port may have, by its digest.
    pub(crate) fn pin(&self, host: &str, port: u16, digest: &[u8]) -> &Self {
        let name = format!("_{port}._tcp.{host}");
        let record = TLSA::new(CertUsage::DaneEe, Selector::Spki, Matching::Sha256, digest.to_vec());
        self.entry(&name, |entry| entry.records.push(RData::TLSA(record))).sign(&name).sign(host)
    }

    /// From now on what is known of this name is signed, and the server has validated it.
    pub(crate) fn sign(&self, name: &str) -> &Self {
        self.entry(name, |entry| entry.is_signed = true)
    }

    pub(crate) fn silence(&self, name: &str) -> &Self {
        self.entry(name, |entry| entry.is_silent = true)
    }

    pub(crate) fn break_down(&self, name: &str) -> &Self {
        self.entry(name, |entry| entry.is_broken = true)
    }

    pub(crate) fn forget(&self, name: &str) -> &Self {
        self.zones.lock().unwrap().names.remove(&known(name));
        self
    }

    /// How often a name was asked for.
    pub(crate) fn asked(&self, name: &str) -> usize {
        let name = known(name);
        self.zones.lock().unwrap().asked.iter().filter(|asked| **asked == name).count()
    }
}

/// A name as the zones know it.
fn plain(name: &Name) -> String {
    let labels: Vec<String> =
        name.iter().map(|label| String::from_utf8_lossy(label).to_lowercase()).collect();
    labels.join(".")
}

fn known(name: &str) -> String {
    name.trim_end_matches('.').to_lowercase()
}

/// A name as it goes over the wire, also one that no host may have.
fn read(name: &str) -> Name {
    let labels = name.split('.').filter(|label| !label.is_empty()).map(str::as_bytes);
    let mut name = Name::from_labels(labels).unwrap();
    name.set_fqdn(true);
    name
}

async fn serve_packets(socket: UdpSocket, zones: Zones) {
    let mut octets = [0; 4_096];
    while let Ok((length, peer)) = socket.recv_from(&mut octets).await {
        if let Some(mut response) = respond(&octets[..length], &zones) {
            let mut wire = response.to_vec().unwrap();
            if wire.len() > 1_232 {
                response.metadata.truncation = true;
                response.answers.clear();
                wire = response.to_vec().unwrap();
            }
            drop(socket.send_to(&wire, peer).await);
        }
    }
}

async fn serve_connections(listener: TcpListener, zones: Zones) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve_connection(stream, zones.clone()));
    }
}

async fn serve_connection(mut stream: TcpStream, zones: Zones) -> Option<()> {
    loop {
        let length = stream.read_u16().await.ok()?;
        let mut octets = vec![0; length.into()];
        stream.read_exact(&mut octets).await.ok()?;
        if let Some(response) = respond(&octets, &zones) {
            let wire = response.to_vec().ok()?;
            stream.write_u16(wire.len().try_into().ok()?).await.ok()?;
            stream.write_all(&wire).await.ok()?;
        }
    }
}

/// The answer; none where there is to be silence.
fn respond(octets: &[u8], zones: &Zones) -> Option<Message> {
    let request = Message::from_vec(octets).ok()?;
    let query = request.queries.first()?.clone();
    let mut response = Message::new(request.metadata.id, MessageType::Response, OpCode::Query);
    response.metadata.recursion_desired = true;
    response.metadata.recursion_available = true;
    response.add_query(query.clone());
    let mut zones = zones.lock().unwrap();
    zones.asked.push(plain(query.name()));
    let mut name = query.name().clone();
    for _ in 0..8 {
        let Some(entry) = zones.names.get(&plain(&name)) else {
            let is_parent = zones.names.keys().any(|other| other.ends_with(&format!(".{}", plain(&name))));
            if response.answers.is_empty() && !is_parent {
                response.metadata.response_code = ResponseCode::NXDomain;
            }
            break;
        };
        if entry.is_broken {
            response.metadata.response_code = ResponseCode::ServFail;
            break;
        }
        response.metadata.authentic_data = entry.is_signed;
        let of_type = entry.records.iter().filter(|record| record.record_type() == query.query_type());
        let found: Vec<Record> =
            of_type.map(|record| Record::from_rdata(name.clone(), 300, record.clone())).collect();
        let alias = entry.records.iter().find(|record| record.record_type() == RecordType::CNAME);
        match alias {
            Some(RData::CNAME(target)) if found.is_empty() => {
                response.add_answer(Record::from_rdata(name.clone(), 300, RData::CNAME(target.clone())));
                name = target.0.clone();
            }
            _ if found.is_empty() && entry.is_silent => return None,
            _ => {
                response.add_answers(found);
                break;
            }
        }
    }
    Some(response)
}
