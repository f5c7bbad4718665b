//! Time and identifiers. Everything that needs to know the time asks a [`Clock`], so that tests can move it.

use chrono::{DateTime, SecondsFormat, Utc};
use contract::ids::{TextId, Timestamp};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Where the time comes from.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Milliseconds since 1970 that stand still until a test moves them; absent: the system's time.
    fixed: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The system's time.
    pub const fn system() -> Self {
        Self { fixed: None }
    }

    /// A clock that stands at the given milliseconds since 1970 until it is moved.
    pub fn fixed(unix_millis: i64) -> Self {
        Self { fixed: Some(Arc::new(AtomicI64::new(unix_millis))) }
    }

    /// Moves a fixed clock, and all its clones, by so many milliseconds; does nothing to the system's time.
    pub fn advance(&self, millis: i64) {
        if let Some(fixed) = &self.fixed {
            fixed.fetch_add(millis, Ordering::SeqCst);
        }
    }

    /// Milliseconds since 1970.
    pub fn now(&self) -> i64 {
        match &self.fixed {
            Some(fixed) => fixed.load(Ordering::SeqCst),
            None => Utc::now().timestamp_millis(),
        }
    }

    /// A new identifier: later ones sort after earlier ones.
    pub fn new_id<Id: TextId>(&self) -> Id {
        Id::from_unique(&self.unique())
    }

    /// The part of an identifier that is unique and sorts by time: 32 hexadecimal digits (UUID version 7).
    pub fn unique(&self) -> String {
        let now = u64::try_from(self.now()).unwrap_or_default();
        let nanos = u32::try_from(now % 1000).unwrap_or_default() * 1_000_000;
        let stamp = uuid::Timestamp::from_unix(uuid::NoContext, now / 1000, nanos);
        uuid::Uuid::new_v7(stamp).simple().to_string()
    }
}

/// Milliseconds since 1970 as the API writes them: RFC 3339 in UTC.
pub fn timestamp(unix_millis: i64) -> Timestamp {
    let instant = DateTime::from_timestamp_millis(unix_millis).unwrap_or_default();
    Timestamp(instant.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// Reads RFC 3339 into milliseconds since 1970.
pub fn unix_millis(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text.trim()).ok().map(|instant| instant.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::ids::UserId;

    #[test]
    fn a_fixed_clock_stands_until_it_is_moved() {
        let clock = Clock::fixed(1_700_000_000_000);
        let same = clock.clone();
        clock.advance(1500);
        assert_eq!(same.now(), 1_700_000_001_500);
        assert_eq!(timestamp(same.now()).0, "2023-11-14T22:13:21.500Z");
        assert_eq!(unix_millis("2023-11-14T23:13:21.5+01:00"), Some(1_700_000_001_500));
        assert_eq!(unix_millis("yesterday"), None);
    }

    #[test]
    fn later_identifiers_sort_after_earlier_ones() {
        let clock = Clock::fixed(1_700_000_000_000);
        let first: UserId = clock.new_id();
        clock.advance(1);
        let second: UserId = clock.new_id();
        assert!(first.0.starts_with("usr_") && first < second);
    }
}
