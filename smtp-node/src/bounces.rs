//! How many bounces a domain was sent within the hour (SET-09). Counted by this node only, and forgotten with it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Milliseconds of an hour.
const HOUR: i64 = 3_600_000;

/// The bounces of the hour that runs, by domain.
#[derive(Debug, Default)]
pub struct Bounces(Mutex<(i64, HashMap<String, i32>)>);

impl Bounces {
    /// Counts a bounce to a domain; whether it is within the limit, 0 being none.
    pub fn admit(&self, domain: &str, limit: i32, now: i64) -> bool {
        if limit <= 0 {
            return true;
        }
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let hour = now / HOUR;
        if counted.0 != hour {
            *counted = (hour, HashMap::new());
        }
        let count = counted.1.entry(domain.to_owned()).or_default();
        let is_within = *count < limit;
        *count += i32::from(is_within);
        is_within
    }
}
