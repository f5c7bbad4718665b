//! How often somebody may try to sign in: a bucket for each account and one for each address of a client. A bucket
//! holds ten tries and gets one back a minute. A right
//! password gives the account's bucket back. Accounts that do not exist have buckets, too: nothing is told.

use super::buckets::{Buckets, Rate};
use crate::{
    clock::Clock,
    error::{ApiError, ApiResult},
};
use contract::problem::ErrorCode;
use std::net::IpAddr;

/// Tries in a full bucket of an account, and the milliseconds after which it gets one back.
const ACCOUNT: Rate = Rate { burst: 10, millis: 60_000 };
/// The same for a client's address. Many people can share one, so it is wider.
const ADDRESS: Rate = Rate { burst: 20, millis: 15_000 };
/// The buckets.
#[derive(Clone)]
pub struct LoginLimits {
    is_on: bool,
    buckets: Buckets,
}

impl LoginLimits {
    /// Limits by that clock; off, everything may be tried.
    pub fn new(clock: Clock, is_on: bool) -> Self {
        Self { is_on, buckets: Buckets::new(clock) }
    }

    /// Takes a try of the account and of the address, or tells when to come back.
    pub fn take(&self, username: &str, ip: Option<IpAddr>) -> ApiResult<()> {
        if !self.is_on {
            return Ok(());
        }
        let address = ip.map(|ip| (format!("ip {}", network_of(ip)), ADDRESS));
        let account = (account_key(username), ACCOUNT);
        let asked = address.into_iter().chain([account]).collect();
        self.buckets.take(asked).map(drop).map_err(|seconds| ApiError {
            retry_after: Some(seconds),
            ..ApiError::new(ErrorCode::TooManyRequests)
        })
    }

    /// The password was right: the account's bucket is full again.
    pub fn give_back(&self, username: &str) {
        self.buckets.fill(&account_key(username));
    }
}

fn account_key(username: &str) -> String {
    // Only as long as a name can be: a longer one cannot be somebody's.
    format!("user {}", username.trim().to_lowercase().chars().take(320).collect::<String>())
}

/// One customer of a provider has a whole /64 of IPv6.
pub(crate) fn network_of(ip: IpAddr) -> String {
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
