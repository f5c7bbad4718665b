//! How often something may be done: a bucket holds some tries and gets one back every so often. Buckets of what does
//! not exist are kept, too: nothing is told by them.

use crate::clock::Clock;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Buckets are forgotten when there are more than this and they are full again.
const KEPT: usize = 10_000;

/// How large a bucket is and how fast it fills.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Tries in a full bucket.
    pub burst: i64,
    /// The milliseconds after which it gets one back.
    pub millis: i64,
}

/// The buckets, each by a name.
#[derive(Clone, Debug)]
pub struct Buckets {
    clock: Clock,
    /// When each bucket will be full again, in milliseconds since 1970.
    full_at: Arc<Mutex<HashMap<String, i64>>>,
}

impl Buckets {
    /// No bucket yet, by that clock.
    pub fn new(clock: Clock) -> Self {
        Self { clock, full_at: Arc::default() }
    }

    /// Takes a try from each; the fewest that are left in one. If one is empty, none is taken: the error is the
    /// seconds until there is one again.
    pub fn take(&self, asked: Vec<(String, Rate)>) -> Result<i64, u64> {
        let now = self.clock.now();
        let mut buckets = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = asked.iter().map(|(key, rate)| wait(&buckets, key, *rate, now)).max().unwrap_or_default();
        if wait > 0 {
            return Err(u64::try_from((wait + 999) / 1000).unwrap_or(1));
        }
        let mut fewest = i64::MAX;
        for (key, rate) in asked {
            let full_at = buckets.entry(key).or_insert(now);
            *full_at = (*full_at).max(now) + rate.millis;
            fewest = fewest.min(rate.burst - (*full_at - now + rate.millis - 1) / rate.millis);
        }
        if buckets.len() > KEPT {
            buckets.retain(|_, full_at| *full_at > now);
        }
        Ok(fewest)
    }

    /// The bucket is full again.
    pub fn fill(&self, key: &str) {
        self.full_at.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

/// How long until the bucket has a try again; 0 when it has one.
fn wait(buckets: &HashMap<String, i64>, key: &str, rate: Rate, now: i64) -> i64 {
    let full_at = buckets.get(key).copied().unwrap_or(now).max(now);
    (full_at - now - (rate.burst - 1) * rate.millis).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let clock = Clock::fixed(1_700_000_000_000);
        let buckets = Buckets::new(clock.clone());
        let take = || buckets.take(vec![("a".into(), Rate { burst: 3, millis: 1_000 })]);
        assert_eq!([take(), take(), take(), take()], [Ok(2), Ok(1), Ok(0), Err(1)]);
        clock.advance(1_000);
        assert_eq!([take(), take()], [Ok(0), Err(1)]);
        buckets.fill("a");
        assert_eq!(take(), Ok(2));
    }
}
