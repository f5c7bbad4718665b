//! D9: nothing that was acknowledged is lost, and nothing is delivered twice through our own fault, whichever
//! program is killed at whichever moment.

use crate::{
    dialogue::Dialogue,
    gateway::{TestGateway, within},
    mail_flow::{held, logged},
    messages,
};
use contract::{
    ids::RecordId,
    messages::{LIST_LOG, LogQuery, RELEASE_QUARANTINED, ReleaseRequest, Status},
};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

const LATER: Duration = Duration::from_secs(120);

/// Clients that send until they are told to stop. What was acknowledged is noted.
struct Load {
    acknowledged: Arc<Mutex<Vec<String>>>,
    is_over: Arc<AtomicBool>,
    clients: Vec<thread::JoinHandle<()>>,
}

impl Load {
    fn start(port: u16, name: &str) -> Self {
        let acknowledged = Arc::new(Mutex::new(Vec::new()));
        let is_over = Arc::new(AtomicBool::new(false));
        let clients = (0..4)
            .map(|client| {
                let (acknowledged, is_over) = (Arc::clone(&acknowledged), Arc::clone(&is_over));
                let name = name.to_owned();
                thread::spawn(move || {
                    let mut number = 0;
                    while !is_over.load(Ordering::SeqCst) {
                        let subject = format!("{name} {client} {number} end");
                        if Self::send(port, &subject) {
                            acknowledged.lock().unwrap().push(subject);
                        } else {
                            thread::sleep(Duration::from_millis(20));
                        }
                        number += 1;
                    }
                })
            })
            .collect();
        Self { acknowledged, is_over, clients }
    }

    /// Whether the message was acknowledged.
    fn send(port: u16, subject: &str) -> bool {
        if !Dialogue::would_take(port, "user@ours.test") {
            return false;
        }
        let Ok(mut dialogue) = Dialogue::try_open(port) else { return false };
        for line in ["EHLO load.test", "MAIL FROM:<jane@sender.test>", "RCPT TO:<user@ours.test>"] {
            if dialogue.say(line).code != 250 {
                return false;
            }
        }
        dialogue.data(messages::plain(subject).as_bytes()).code == 250
    }

    fn count(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    fn wait_for(&self, more: usize) {
        let goal = self.count() + more;
        let until = std::time::Instant::now() + LATER;
        while self.count() < goal {
            assert!(std::time::Instant::now() < until, "the load does not get through");
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn end(self) -> Vec<String> {
        self.is_over.store(true, Ordering::SeqCst);
        for client in self.clients {
            client.join().unwrap();
        }
        Arc::into_inner(self.acknowledged).unwrap().into_inner().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_node_loses_nothing_and_doubles_nothing() {
    let mut gateway = TestGateway::start();
    let load = Load::start(gateway.smtp, "node crash");
    for kill in 0..4 {
        load.wait_for(7 + kill * 5);
        gateway.kill_node();
        gateway.start_node();
    }
    load.wait_for(10);
    let acknowledged = load.end();
    within(LATER, "every acknowledged message arrives", async || {
        acknowledged
            .iter()
            .all(|subject| gateway.sink.count(&format!("Subject: {subject}\r\n")) > 0)
            .then_some(())
    })
    .await;
    // A message that is on the wire in the moment of the kill may be taken by the destination without our
    // hearing of it (RFC 5321 §6.1): at most one for each connection of each kill.
    let doubled: Vec<_> = acknowledged
        .iter()
        .filter(|subject| gateway.sink.count(&format!("Subject: {subject}\r\n")) > 1)
        .collect();
    eprintln!("{} acknowledged, {} of them taken twice around a kill", acknowledged.len(), doubled.len());
    assert!(doubled.len() <= 4, "{doubled:?}");
    let administrator = gateway.administrator().await;
    for subject in &acknowledged {
        within(LATER, &format!("{subject} is logged"), async || {
            logged(&administrator, subject).await.filter(|entry| entry.status == Status::Delivered)
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_api_loses_no_record_and_no_release() {
    let mut gateway = TestGateway::start();
    let load = Load::start(gateway.smtp, "api crash");
    let spam = messages::spam("kept through crashes");
    assert_eq!(gateway.dialogue().mail("jane@sender.test", "user@ours.test", &spam).code, 550);
    let administrator = gateway.administrator().await;
    let item = within(LATER, "held", async || held(&administrator, "kept through crashes").await).await;
    let request = ReleaseRequest { ids: vec![item.id], train: None, with_virus: false };
    administrator.call(&RELEASE_QUARANTINED, &[], &(), &request).await;
    for _ in 0..3 {
        gateway.kill_backend();
        load.wait_for(8);
        gateway.start_backend();
        load.wait_for(8);
    }
    let acknowledged = load.end();
    let administrator = gateway.administrator().await;
    for subject in &acknowledged {
        within(LATER, &format!("{subject} is logged"), async || {
            logged(&administrator, subject).await.filter(|entry| entry.status == Status::Delivered)
        })
        .await;
        assert_eq!(gateway.sink.count(&format!("Subject: {subject}\r\n")), 1, "{subject}");
    }
    within(LATER, "the release", async || {
        (gateway.sink.count("Subject: kept through crashes") > 0).then_some(())
    })
    .await;
    within(LATER, "its log entry", async || {
        logged(&administrator, "kept through crashes").await.filter(|entry| entry.status == Status::Delivered)
    })
    .await;
    assert_eq!(gateway.sink.count("Subject: kept through crashes"), 1);
    assert!(no_record_twice(&gateway).await);
}

/// Every record is there once, whatever was sent again.
async fn no_record_twice(gateway: &TestGateway) -> bool {
    let administrator = gateway.administrator().await;
    let mut ids: Vec<RecordId> = Vec::new();
    let mut cursor = None;
    loop {
        let query = LogQuery { limit: Some(500), cursor: cursor.take(), ..Default::default() };
        let page = administrator.call(&LIST_LOG, &[], &query, &()).await;
        ids.extend(page.data.iter().map(|entry| entry.id));
        match page.page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    ids.len() == all
}
