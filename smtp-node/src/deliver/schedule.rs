//! When a message is tried again (QUE-21): every 15 minutes for 2 hours; then at growing intervals, each half as
//! long again as the one before, until 16 hours have passed; then every 6 hours until the domain's days are over.

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// The age, in milliseconds, from which on a message that could not be delivered is delayed (RFC 3461 §4.1).
pub const DELAYED: i64 = 4 * HOUR;

/// The age, in milliseconds, at which a message of this age is tried next.
pub fn next_age(age: i64) -> i64 {
    if age < 2 * HOUR {
        return (age / (15 * MINUTE) + 1) * 15 * MINUTE;
    }
    let mut at = 2 * HOUR;
    let mut interval = 15 * MINUTE;
    while at < 16 * HOUR {
        interval = interval * 3 / 2;
        at += interval;
        if at > age {
            return at;
        }
    }
    at + ((age - at) / (6 * HOUR) + 1) * 6 * HOUR
}

/// The age at which it is given up.
pub fn last_age(retry_days: i32) -> i64 {
    i64::from(retry_days) * 24 * HOUR
}

#[cfg(test)]
mod tests {
    use super::*;

    /// QUE-21.
    #[test]
    fn tries_grow_rarer_and_end_after_the_days_of_the_domain() {
        let mut ages = Vec::new();
        let mut age = 3_000;
        while age < last_age(4) {
            age = next_age(age);
            ages.push(age / MINUTE);
        }
        assert_eq!(&ages[..8], [15, 30, 45, 60, 75, 90, 105, 120]);
        let growing: Vec<i64> = ages.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(&growing[7..10], [22, 34, 50]);
        assert!(ages.iter().filter(|age| **age > 16 * 60).count() >= 12);
        assert_eq!(growing.last(), Some(&360));
        assert!(ages.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
