//! Connections to destination servers, shared by all domains that have the same route: so many of each server at a
//! time, and each kept for a moment for the next message, whichever domain it is for.

use super::client::{Client, Failure, Way};
use contract::domains::Route;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Connections to one server at a time.
const AT_ONCE: usize = 20;
/// How long a connection is kept without work.
const IDLE: Duration = Duration::from_secs(5);
/// How long a message waits for its turn before it goes back into the queue.
const TURN: Duration = Duration::from_secs(120);
/// Messages sent over one connection.
const REUSES: u32 = 1_000;

/// The connections.
#[derive(Default)]
pub struct Pool(Mutex<HashMap<String, Arc<Server>>>);

/// The connections to one server.
struct Server {
    turns: Arc<Semaphore>,
    idle: Mutex<Vec<(Instant, Client)>>,
    is_watched: AtomicBool,
}

/// A connection in use.
pub struct Lease {
    /// The connection.
    pub client: Client,
    /// Whether it was kept from an earlier message.
    pub was_idle: bool,
    server: Arc<Server>,
    turn: OwnedSemaphorePermit,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    /// A connection to a route, as soon as there is a turn: one that is idle, or a new one.
    ///
    /// # Errors
    /// What kept us from it.
    pub async fn lease(&self, route: &Route, way: Way<'_>) -> Result<Lease, Failure> {
        let server = self.server(route);
        let turn = timeout(TURN, server.turns.clone().acquire_owned()).await;
        let busy = || Failure::Later(format!("too many messages wait for {route} at once"));
        let turn = turn.map_err(|_| busy())?.map_err(|_| busy())?;
        let idle = lock(&server.idle).pop();
        match idle {
            Some((since, client)) if since.elapsed() < IDLE && client.messages < REUSES => {
                Ok(Lease { client, was_idle: true, server, turn })
            }
            old => {
                if let Some((_, client)) = old {
                    client.quit().await;
                }
                let client = Client::connect(route, way).await?;
                Ok(Lease { client, was_idle: false, server, turn })
            }
        }
    }

    fn server(&self, route: &Route) -> Arc<Server> {
        let mut servers = lock(&self.0);
        // Servers that nobody uses are forgotten when there are many.
        if servers.len() > 1_000 {
            servers.retain(|_, server| Arc::strong_count(server) > 1 || !lock(&server.idle).is_empty());
        }
        let server = servers.entry(route.to_string()).or_insert_with(|| {
            let turns = Arc::new(Semaphore::new(AT_ONCE));
            Arc::new(Server { turns, idle: Mutex::default(), is_watched: AtomicBool::new(false) })
        });
        server.clone()
    }
}

impl Lease {
    /// Takes a new connection instead of this one.
    ///
    /// # Errors
    /// What kept us from it.
    pub async fn renew(&mut self, route: &Route, way: Way<'_>) -> Result<(), Failure> {
        self.client = Client::connect(route, way).await?;
        self.was_idle = false;
        Ok(())
    }

    /// Keeps the connection for the next message, if it is good for one.
    pub fn give_back(self) {
        let Self { client, server, turn, .. } = self;
        if client.is_usable() {
            lock(&server.idle).push((Instant::now(), client));
            if !server.is_watched.swap(true, Ordering::Relaxed) {
                tokio::spawn(watch(server));
            }
        }
        drop(turn);
    }
}

/// Says goodbye to connections that have been idle for too long.
async fn watch(server: Arc<Server>) {
    loop {
        tokio::time::sleep(IDLE).await;
        let old: Vec<(Instant, Client)> = {
            let mut idle = lock(&server.idle);
            let (old, kept) = idle.drain(..).partition(|(since, _)| since.elapsed() >= IDLE);
            *idle = kept;
            if idle.is_empty() {
                server.is_watched.store(false, Ordering::Relaxed);
            }
            old
        };
        for (_, client) in old {
            client.quit().await;
        }
        if !server.is_watched.load(Ordering::Relaxed) {
            return;
        }
    }
}
