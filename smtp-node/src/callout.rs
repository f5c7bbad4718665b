//! Asks the destination server whether it knows a recipient, before mail for it is taken (LOC-01, X-01 … X-03), and
//! remembers what it said: what exists for 96 hours, what does not for 2. First an address is tried that nobody has:
//! a server that takes it takes all, and is not asked again. Asks only servers that are routes of the domain.

use crate::{
    deliver::client::{Client, Failure, Way},
    node::Node,
    smtp::{address::Address, protocol::Reason},
};
use contract::{
    domains::Route,
    nodes::DomainPolicy,
    settings::{
        Settings,
        domain::{OFF, RECIPIENT_CHECK, STRICT},
    },
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Semaphore, time::timeout};

/// How long a positive answer counts, in milliseconds.
const POSITIVE: i64 = 96 * 3_600_000;
/// How long a negative answer counts.
const NEGATIVE: i64 = 2 * 3_600_000;
/// How long servers that do not answer are left alone.
const SILENCE: i64 = 60_000;
/// How long all servers of a domain together may take.
const TIME: Duration = Duration::from_secs(20);
/// Recipients remembered of one domain.
const RECIPIENTS: usize = 100_000;
/// Questions to the servers of one domain at a time.
const AT_ONCE: usize = 4;

/// What is known of the recipients of all domains.
#[derive(Default)]
pub struct Callouts(Mutex<HashMap<String, Arc<Known>>>);

/// What is known of the recipients of a domain, as long as its routes are these (CAL-02).
struct Known {
    routes: Vec<Route>,
    asking: Semaphore,
    answers: Mutex<Answers>,
}

#[derive(Default)]
struct Answers {
    /// Whether the server takes every address, and until when that counts.
    takes_all: Option<(bool, i64)>,
    /// Until when the servers are left alone.
    silent_until: i64,
    /// The size that the server takes, in octets (SIZ-04).
    max_size: Option<u64>,
    /// By local part: whether it exists, and until when that counts.
    recipients: HashMap<String, (bool, i64)>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Callouts {
    fn of(&self, domain: &DomainPolicy) -> Arc<Known> {
        let mut all = lock(&self.0);
        if let Some(known) = all.get(&domain.name).filter(|known| known.routes == domain.routes) {
            return known.clone();
        }
        let known = Arc::new(Known {
            routes: domain.routes.clone(),
            asking: Semaphore::new(AT_ONCE),
            answers: Mutex::default(),
        });
        all.insert(domain.name.clone(), known.clone());
        known
    }

    /// Forgets what is known of a domain, or of all (CAL-01, CAL-02).
    pub fn clear(&self, domain: Option<&str>) {
        let mut all = lock(&self.0);
        match domain {
            Some(domain) => drop(all.remove(domain)),
            None => all.clear(),
        }
    }

    /// The size that the servers of a domain are known to take, in octets.
    pub fn max_size(&self, domain: &DomainPolicy) -> Option<u64> {
        let known = lock(&self.0).get(&domain.name).filter(|known| known.routes == domain.routes).cloned();
        known.and_then(|known| lock(&known.answers).max_size)
    }
}

impl Answers {
    /// What is remembered: whether the recipient exists.
    fn remembered(&self, local: &str, now: i64) -> Option<bool> {
        match self.takes_all {
            Some((true, until)) if until > now => Some(true),
            _ => self.recipients.get(local).filter(|(_, until)| *until > now).map(|(exists, _)| *exists),
        }
    }

    fn remember(&mut self, local: &str, exists: bool, now: i64) {
        if self.recipients.len() >= RECIPIENTS {
            self.recipients.retain(|_, (_, until)| *until > now);
        }
        if self.recipients.len() < RECIPIENTS {
            let until = now + if exists { POSITIVE } else { NEGATIVE };
            self.recipients.insert(local.to_owned(), (exists, until));
        }
    }
}

/// Why mail for a recipient is not taken; none if it is.
pub async fn objection(
    node: &Node,
    domain: &DomainPolicy,
    address: &Address,
    settings: &Settings,
) -> Option<Reason> {
    let wanted = settings.get(&RECIPIENT_CHECK);
    if wanted == OFF || domain.routes.is_empty() {
        return None;
    }
    let known = node.callouts.of(domain);
    let local = address.local.to_lowercase();
    let remembered = |now| lock(&known.answers).remembered(&local, now);
    let mut exists = remembered(node.clock.now());
    if exists.is_none() {
        let _turn = known.asking.acquire().await.ok()?;
        // Somebody else may have asked meanwhile.
        exists = remembered(node.clock.now());
        if exists.is_none() && lock(&known.answers).silent_until <= node.clock.now() {
            exists = ask(node, &known, address, &local).await;
        }
    }
    match exists {
        Some(true) => None,
        Some(false) => Some(Reason::UnknownRecipient),
        None => (wanted == STRICT).then_some(Reason::CannotVerify),
    }
}

/// Asks the servers in their order; none if none of them says.
async fn ask(node: &Node, known: &Known, address: &Address, local: &str) -> Option<bool> {
    let asked = timeout(TIME, async {
        for route in &known.routes {
            match ask_route(node, known, route, address).await {
                Ok(exists) => return Some(exists),
                Err(failure) => {
                    tracing::info!(route = %route, error = failure.text(), "a recipient could not be asked for");
                    // RTE-11.
                    if matches!(failure, Failure::Unresolvable(_)) {
                        return None;
                    }
                }
            }
        }
        None
    });
    let answer = asked.await.ok().flatten();
    let now = node.clock.now();
    let mut answers = lock(&known.answers);
    match answer {
        Some(exists) => answers.remember(local, exists, now),
        None => answers.silent_until = now + SILENCE,
    }
    answer
}

async fn ask_route(node: &Node, known: &Known, route: &Route, address: &Address) -> Result<bool, Failure> {
    let mut client = Client::connect(route, Way::of(node)).await?;
    let answer = converse(node, known, &mut client, address).await;
    client.quit().await;
    answer
}

async fn converse(
    node: &Node,
    known: &Known,
    client: &mut Client,
    address: &Address,
) -> Result<bool, Failure> {
    let max_size = client.max_size(&node.config.hostname).await?;
    lock(&known.answers).max_size = max_size;
    match client.command("MAIL FROM:<>").await {
        Ok(_) => {}
        // A server that takes no bounces cannot be asked: it will say itself what it does not take.
        Err(Failure::Never(_)) => {
            lock(&known.answers).takes_all = Some((true, node.clock.now() + NEGATIVE));
            return Ok(true);
        }
        Err(failure) => return Err(failure),
    }
    let is_tried = lock(&known.answers).takes_all.is_some_and(|(_, until)| until > node.clock.now());
    if !is_tried {
        let nobody = format!("{}@{}", uuid::Uuid::new_v4().simple(), address.domain);
        let takes_all = exists(client.command(&format!("RCPT TO:<{nobody}>")).await)?;
        lock(&known.answers).takes_all = Some((takes_all, node.clock.now() + POSITIVE));
        if takes_all {
            return Ok(true);
        }
    }
    exists(client.command(&format!("RCPT TO:<{address}>")).await)
}

fn exists(answer: Result<String, Failure>) -> Result<bool, Failure> {
    match answer {
        Ok(_) => Ok(true),
        Err(Failure::Never(_)) => Ok(false),
        Err(failure) => Err(failure),
    }
}
