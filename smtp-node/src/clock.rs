//! The time, and the identifiers made from it. Everything that waits or dates takes the time from here, so that
//! tests move it instead of sleeping.

use chrono::{DateTime, Utc};
use contract::ids::RecordId;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::sync::Notify;

/// The time of the machine, which tests can move forward.
#[derive(Clone, Default)]
pub struct Clock(Arc<Inner>);

#[derive(Default)]
struct Inner {
    offset: AtomicI64,
    moved: Notify,
}

impl Clock {
    /// Now, in milliseconds since 1970.
    pub fn now(&self) -> i64 {
        Utc::now().timestamp_millis().saturating_add(self.0.offset.load(Ordering::Relaxed))
    }

    /// Now, as the `Date` and `Received` fields write it (RFC 5322 §3.3).
    pub fn now_in_mail(&self) -> String {
        in_mail(self.now())
    }

    /// Moves the time forward and wakes whoever waits for it.
    pub fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.0.offset.fetch_add(millis, Ordering::Relaxed);
        self.0.moved.notify_waiters();
    }

    /// Waits until that time.
    pub async fn sleep_until(&self, millis: i64) {
        loop {
            let moved = self.0.moved.notified();
            let left = millis.saturating_sub(self.now());
            let Ok(left) = u64::try_from(left) else { return };
            if left == 0 {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(left)) => {}
                () = moved => {}
            }
        }
    }
}

/// Makes the ids of records and events: unique, and in the order of time.
pub struct RecordIds {
    clock: Clock,
    node: AtomicI64,
    last: AtomicI64,
}

impl RecordIds {
    /// For the node of that number.
    pub fn new(clock: Clock, node: i64) -> Self {
        Self { clock, node: AtomicI64::new(node), last: AtomicI64::new(0) }
    }

    /// Takes the node's number, which the API gives.
    pub fn set_node(&self, number: i64) {
        self.node.store(number, Ordering::Relaxed);
    }

    /// The node's number.
    pub fn node(&self) -> i64 {
        self.node.load(Ordering::Relaxed)
    }

    /// Never makes an id that is not above this one: what an earlier run of the node made before its clock was
    /// set back.
    pub fn continue_after(&self, id: RecordId) {
        self.last.fetch_max((id.unix_millis() + 1) << 8, Ordering::Relaxed);
    }

    /// A new id. More than 256 in a millisecond borrow from the next one.
    pub fn next(&self) -> RecordId {
        let now = self.clock.now() << 8;
        let mut last = self.last.load(Ordering::Relaxed);
        loop {
            let next = now.max(last + 1);
            match self.last.compare_exchange_weak(last, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return RecordId::new(next >> 8, self.node(), next & 0xff),
                Err(seen) => last = seen,
            }
        }
    }
}

/// A time in milliseconds since 1970 as mail writes it (RFC 5322 §3.3).
pub fn in_mail(millis: i64) -> String {
    DateTime::from_timestamp_millis(millis).unwrap_or_default().to_rfc2822()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_even_when_a_millisecond_has_more_than_it_can_hold() {
        let ids = RecordIds::new(Clock::default(), 3);
        let made: Vec<RecordId> = (0..5_000).map(|_| ids.next()).collect();
        assert!(made.windows(2).all(|pair| pair[0] < pair[1]));
        ids.continue_after(RecordId::new(Clock::default().now() + 60_000, 3, 1));
        assert!(ids.next() > made[4_999]);
    }
}
