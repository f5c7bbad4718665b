//! Dates as header fields write them (RFC 5322 §3.3, with the obsolete forms of §4.3).

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Seconds since 1970 UTC of a date; `None` if it is none.
pub fn read(text: &str) -> Option<i64> {
    let text = text.split('(').next()?;
    let rest = text.split_once(',').map_or(text, |(_, rest)| rest);
    let mut words = rest.split_whitespace();
    let day: i64 = words.next()?.parse().ok().filter(|day| (1..=31).contains(day))?;
    let month = words.next()?.get(..3)?.to_ascii_lowercase();
    let month = i64::try_from(MONTHS.iter().position(|one| *one == month)?).ok()? + 1;
    let year: i64 = words.next()?.parse().ok()?;
    let year = match year {
        0..50 => year + 2000,
        50..1000 => year + 1900,
        1000..10_000 => year,
        _ => return None,
    };
    let mut time = words.next()?.splitn(3, ':').map(|number| number.parse::<i64>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next().flatten().unwrap_or(0));
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0..=60).contains(&second) {
        return None;
    }
    let seconds = (days(year, month, day) * 24 + hour) * 3600 + minute * 60 + second;
    Some(seconds - offset(words.next().unwrap_or_default()))
}

/// Days since 1970-01-01 in the Gregorian calendar, counted from the first of March of year 0.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - 719_468
}

/// Seconds east of UTC; names of zones count as UTC.
fn offset(zone: &str) -> i64 {
    let (sign, digits) = match (zone.strip_prefix('+'), zone.strip_prefix('-')) {
        (Some(digits), _) => (1, digits),
        (_, Some(digits)) => (-1, digits),
        _ => return 0,
    };
    let number = digits.parse::<i64>().unwrap_or(0).clamp(0, 9959);
    sign * ((number / 100) * 3600 + (number % 100) * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_every_form() {
        assert_eq!(read("Thu, 01 Jan 1970 00:00:00 +0000"), Some(0));
        assert_eq!(read("Sun, 22 Nov 2026 19:35:08 +0100 (CET)"), Some(1_795_372_508));
        assert_eq!(read("29 Feb 00 12:00 GMT"), Some(951_825_600));
        for none in [
            "",
            "yesterday",
            "32 Jan 2020 00:00:00",
            "1 Foo 2020 00:00",
            "1 Jan 99999 00:00",
            "1 Jan 2020 25:00",
            "1 Jan 2020 -1:00",
        ] {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
