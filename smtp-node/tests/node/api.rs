//! A server in the test that speaks the node's part of the API over HTTP: takes what is told, or does not.

use contract::nodes::{BatchAnswer, NewEvent, NewRecord, RecordBatch};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
};

/// A call of the node, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Method and path, without the query.
    pub(crate) what: String,
    pub(crate) body: Vec<u8>,
}

impl Call {
    pub(crate) fn has(&self, text: &str) -> bool {
        memchr::memmem::find(&self.body, text.as_bytes()).is_some()
    }

    pub(crate) fn batch(&self) -> Option<RecordBatch> {
        self.what.ends_with("/node/records").then(|| serde_json::from_slice(&self.body).unwrap())
    }
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Taken,
    /// Answered with this status, without a word of the contract.
    Refused(u16),
    /// The connection ends without an answer.
    Broken,
    /// Answered after a while.
    Slow,
}

type Mood = Box<dyn Fn(&Call) -> Fate + Send>;

#[derive(Default)]
struct Kept {
    taken: Vec<Call>,
    refused: Vec<Call>,
    mood: Option<Mood>,
    commands: Vec<Value>,
    content: Vec<u8>,
}

#[derive(Default)]
struct Shared {
    kept: Mutex<Kept>,
    commanded: Notify,
}

pub(crate) struct ApiServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl ApiServer {
    pub(crate) async fn start() -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap()).await
    }

    pub(crate) async fn start_at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let sharing = shared.clone();
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, sharing.clone()));
            }
        });
        Self { address, shared, serving }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on, what becomes of calls that tell something, or acknowledge.
    pub(crate) fn set_mood(&self, mood: impl Fn(&Call) -> Fate + Send + 'static) {
        self.shared.kept.lock().unwrap().mood = Some(Box::new(mood));
    }

    pub(crate) fn taken(&self) -> Vec<Call> {
        self.shared.kept.lock().unwrap().taken.clone()
    }

    pub(crate) fn refused(&self) -> usize {
        self.shared.kept.lock().unwrap().refused.len()
    }

    /// The records taken, in their order.
    pub(crate) fn records(&self) -> Vec<NewRecord> {
        self.taken().iter().filter_map(Call::batch).flat_map(|batch| batch.records).collect()
    }

    /// The events taken, in their order.
    pub(crate) fn events(&self) -> Vec<NewEvent> {
        self.taken().iter().filter_map(Call::batch).flat_map(|batch| batch.events).collect()
    }

    /// Whether a record of this recipient was taken.
    pub(crate) fn knows(&self, recipient: &str) -> bool {
        self.records().iter().any(|record| record.recipient == recipient)
    }

    /// Commands the release of a message with this content.
    pub(crate) fn command_release(&self, id: &str, recipient: &str, content: &str) {
        let mut kept = self.shared.kept.lock().unwrap();
        let domain = recipient.split_once('@').unwrap().1;
        kept.commands.push(json!({
            "id": id, "kind": "release", "record": contract::ids::RecordId::new(1_700_000_000_000, 0, 1),
            "message_id": "held", "domain": domain, "sender": "ann@sender.test", "recipient": recipient,
        }));
        kept.content = content.into();
        drop(kept);
        self.shared.commanded.notify_waiters();
    }

    /// Commands to forget what is known of recipients.
    pub(crate) fn command_clearing(&self, id: &str, domain: Option<&str>) {
        let command = match domain {
            Some(domain) => json!({ "id": id, "kind": "clear_callouts", "domain": domain }),
            None => json!({ "id": id, "kind": "clear_callouts" }),
        };
        self.shared.kept.lock().unwrap().commands.push(command);
        self.shared.commanded.notify_waiters();
    }

    /// Commands that were not acknowledged.
    pub(crate) fn commands(&self) -> usize {
        self.shared.kept.lock().unwrap().commands.len()
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let call = read_call(&mut stream).await?;
        let (status, body) = answer(&shared, call).await?;
        let head = format!(
            "HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.get_mut().write_all(&[head.as_bytes(), &body].concat()).await.ok()?;
    }
}

/// The answer to a call; none if the connection is to end.
async fn answer(shared: &Shared, call: Call) -> Option<(u16, Vec<u8>)> {
    let json = |value: Value| Some((200, value.to_string().into_bytes()));
    match call.what.as_str() {
        "POST /api/v1/node/heartbeat" => {
            return json(json!({ "id": "node_1", "name": "mx.gate.test", "number": 0 }));
        }
        // The test gives the policy to the node itself; nothing changes.
        "GET /api/v1/node/policy" => std::future::pending().await,
        "GET /api/v1/node/commands" => loop {
            let commanded = shared.commanded.notified();
            let commands = shared.kept.lock().unwrap().commands.clone();
            if !commands.is_empty() {
                return json(json!({ "commands": commands }));
            }
            commanded.await;
        },
        other if other.ends_with("/body") => {
            return Some((200, shared.kept.lock().unwrap().content.clone()));
        }
        _ => {}
    }
    let fate = shared.kept.lock().unwrap().mood.as_ref().map_or(Fate::Taken, |mood| mood(&call));
    if fate == Fate::Slow {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let mut kept = shared.kept.lock().unwrap();
    match fate {
        Fate::Refused(status) => {
            kept.refused.push(call);
            return Some((status, Vec::new()));
        }
        Fate::Broken => {
            kept.refused.push(call);
            return None;
        }
        Fate::Taken | Fate::Slow => {}
    }
    if let Some(id) = call.what.strip_prefix("DELETE /api/v1/node/commands/") {
        kept.commands.retain(|command| command["id"] != *id);
    }
    let added = call.batch().map(|batch| batch.records.len() + batch.events.len());
    kept.taken.push(call);
    match added {
        None => Some((204, Vec::new())),
        Some(added) => {
            let answer = BatchAnswer { added: added.try_into().unwrap(), skipped: 0 };
            Some((200, serde_json::to_vec(&answer).unwrap()))
        }
    }
}

async fn read_call(stream: &mut BufReader<TcpStream>) -> Option<Call> {
    let mut request = read_line(stream).await?;
    let end = request.rfind(' ')?;
    request.truncate(end);
    let what = request.split('?').next()?.to_owned();
    let (mut length, mut is_chunked) = (0, false);
    loop {
        let line = read_line(stream).await?.to_ascii_lowercase();
        match line.split_once(": ") {
            Some(("content-length", value)) => length = value.parse().ok()?,
            Some(("transfer-encoding", _)) => is_chunked = true,
            Some(_) => {}
            None => break,
        }
    }
    let mut body = Vec::new();
    if is_chunked {
        loop {
            let size = usize::from_str_radix(&read_line(stream).await?, 16).ok()?;
            read_octets(stream, size, &mut body).await?;
            read_line(stream).await?;
            if size == 0 {
                break;
            }
        }
    } else {
        read_octets(stream, length, &mut body).await?;
    }
    Some(Call { what, body })
}

async fn read_octets(stream: &mut BufReader<TcpStream>, count: usize, into: &mut Vec<u8>) -> Option<()> {
    let mut octets = vec![0; count];
    stream.read_exact(&mut octets).await.ok()?;
    into.extend(octets);
    Some(())
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    match stream.read_line(&mut line).await {
        Ok(count) if count > 0 => Some(line.trim_end().to_owned()),
        _ => None,
    }
}
