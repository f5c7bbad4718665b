//! How often somebody may try to sign in: a bucket for each account and one for each address of a client. A bucket
//! holds ten tries and gets one back a minute. A right
//! password gives the account's bucket back. Accounts that do not exist have buckets, too: nothing is told.

use crate::{
    clock::Clock,
    error::{ApiError, ApiResult},
};
use contract::problem::ErrorCode;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

/// Tries in a full bucket of an account, and the milliseconds after which it gets one back.
const ACCOUNT: Rate = Rate { burst: 10, millis: 60_000 };
/// The same for a client's address. Many people can share one, so it is wider.
const ADDRESS: Rate = Rate { burst: 20, millis: 15_000 };
/// Buckets are forgotten when there are more than this and they are full again.
const KEPT: usize = 10_000;

#[derive(Clone, Copy)]
struct Rate {
    burst: i64,
    millis: i64,
}

/// The buckets.
#[derive(Clone)]
pub struct LoginLimits {
    clock: Clock,
    is_on: bool,
    /// When each bucket will be full again, in milliseconds since 1970.
    buckets: Arc<Mutex<HashMap<String, i64>>>,
}

impl LoginLimits {
    /// Limits by that clock; off, everything may be tried.
    pub fn new(clock: Clock, is_on: bool) -> Self {
        Self { clock, is_on, buckets: Arc::default() }
    }

    /// Takes a try of the account and of the address, or tells when to come back.
    pub fn take(&self, username: &str, ip: Option<IpAddr>) -> ApiResult<()> {
        if !self.is_on {
            return Ok(());
        }
        let address = ip.map(|ip| (format!("ip {}", network_of(ip)), ADDRESS));
        let account = (account_key(username), ACCOUNT);
        let now = self.clock.now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let asked: Vec<_> = address.into_iter().chain([account]).collect();
        let wait = asked.iter().map(|(key, rate)| wait(&buckets, key, *rate, now)).max().unwrap_or_default();
        if wait > 0 {
            let seconds = u64::try_from((wait + 999) / 1000).unwrap_or(1);
            return Err(ApiError { retry_after: Some(seconds), ..ApiError::new(ErrorCode::TooManyRequests) });
        }
        for (key, rate) in asked {
            let full_at = buckets.entry(key).or_insert(now);
            *full_at = (*full_at).max(now) + rate.millis;
        }
        if buckets.len() > KEPT {
            buckets.retain(|_, full_at| *full_at > now);
        }
        Ok(())
    }

    /// The password was right: the account's bucket is full again.
    pub fn give_back(&self, username: &str) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.remove(&account_key(username));
    }
}

fn account_key(username: &str) -> String {
    // Only as long as a name can be: a longer one cannot be somebody's.
    format!("user {}", username.trim().to_lowercase().chars().take(320).collect::<String>())
}

/// How long until the bucket has a try again; 0 when it has one.
fn wait(buckets: &HashMap<String, i64>, key: &str, rate: Rate, now: i64) -> i64 {
    let full_at = buckets.get(key).copied().unwrap_or(now).max(now);
    (full_at - now - (rate.burst - 1) * rate.millis).max(0)
}

/// One customer of a provider has a whole /64 of IPv6.
fn network_of(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{:016x}", address.to_bits() >> 64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> (LoginLimits, Clock) {
        let clock = Clock::fixed(1_700_000_000_000);
        (LoginLimits::new(clock.clone(), true), clock)
    }

    /// P14.
    #[test]
    fn an_account_is_tried_ten_times_and_then_once_a_minute() {
        let (limits, clock) = limits();
        let client = |number: u8| Some(IpAddr::from([192, 0, 2, number]));
        for number in 0..10 {
            limits.take("Anna", client(number)).unwrap();
        }
        let refused = limits.take("anna ", client(11)).unwrap_err();
        assert_eq!((refused.code, refused.retry_after), (ErrorCode::TooManyRequests, Some(60)));
        limits.take("bob", client(11)).unwrap();
        clock.advance(60_000);
        limits.take("anna", client(12)).unwrap();
        assert!(limits.take("anna", client(13)).is_err());
        limits.give_back("anna");
        limits.take("anna", client(14)).unwrap();
    }

    /// P14: one client, many accounts.
    #[test]
    fn a_client_is_stopped_after_twenty_accounts() {
        let (limits, clock) = limits();
        let client = |last: &str| format!("2001:db8::{last}").parse().ok();
        for number in 0..20 {
            limits.take(&format!("user{number}"), client(&format!("{number:x}"))).unwrap();
        }
        assert!(limits.take("another", client("ffff")).is_err(), "the same /64");
        clock.advance(15_000);
        limits.take("another", client("1")).unwrap();
    }
}
