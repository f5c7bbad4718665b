//! Lists in pages: by keyset, forwards and backwards. A cursor says where a page ended, in which direction it goes
//! on and for which order it was made; it is opaque to clients, and one of another list or order is refused.

use crate::error::{ApiError, ApiResult};
use contract::{
    page::{DEFAULT_LIMIT, MAX_COUNT, MAX_LIMIT, Page, Paging, Total},
    problem::InvalidCode,
};
use serde::{Deserialize, Serialize};

/// Which way a page goes from its cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    /// The entries after it in the order of the list.
    #[serde(rename = "n")]
    Next,
    /// The entries before it.
    #[serde(rename = "p")]
    Previous,
}

/// Where a page starts: behind the entry with this key, in this way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    way: Way,
    order: String,
    key: Vec<String>,
}

/// What a request asks of paging, checked.
#[derive(Clone, Debug)]
pub struct PageRequest {
    limit: usize,
    cursor: Option<Cursor>,
    order: String,
}

impl PageRequest {
    /// Checks the limit and the cursor; `order` names the list and its order, as in `domains:-name`.
    pub fn new(limit: Option<u32>, cursor: Option<&str>, order: &str) -> ApiResult<Self> {
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(ApiError::invalid("?limit", InvalidCode::OutOfRange));
        }
        let cursor = match cursor {
            Some(text) => {
                let wrong = || ApiError::invalid("?cursor", InvalidCode::Cursor);
                let cursor = decode(text).ok_or_else(wrong)?;
                if cursor.order != order {
                    return Err(wrong());
                }
                Some(cursor)
            }
            None => None,
        };
        let limit = usize::try_from(limit).unwrap_or(1);
        Ok(Self { limit, cursor, order: order.to_owned() })
    }

    /// How many rows to ask for: one more than the page has.
    pub fn rows(&self) -> i64 {
        i64::try_from(self.limit + 1).unwrap_or(i64::MAX)
    }

    /// Whether the rows must be asked for in the opposite order of the list.
    pub fn is_backwards(&self) -> bool {
        self.cursor.as_ref().is_some_and(|cursor| cursor.way == Way::Previous)
    }

    /// The key that the page starts behind: as many parts as the list's order has, or the cursor is refused.
    pub fn key<const N: usize>(&self) -> ApiResult<Option<&[String; N]>> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let key = <&[String; N]>::try_from(cursor.key.as_slice());
        key.map(Some).map_err(|_| ApiError::invalid("?cursor", InvalidCode::Cursor))
    }

    /// The part of a key that is a number, or the cursor is refused.
    pub fn number(part: &str) -> ApiResult<i64> {
        part.parse().map_err(|_| ApiError::invalid("?cursor", InvalidCode::Cursor))
    }

    /// The page of these rows, which were asked for as this says; `key` gives the key of a row.
    pub fn page<R, T>(
        &self,
        mut rows: Vec<R>,
        key: impl Fn(&R) -> Vec<String>,
        item: impl FnMut(R) -> T,
        total: Option<Total>,
    ) -> Page<T> {
        let has_more = rows.len() > self.limit;
        rows.truncate(self.limit);
        if self.is_backwards() {
            rows.reverse();
        }
        let (has_next, has_previous) = match &self.cursor {
            None => (has_more, false),
            Some(cursor) if cursor.way == Way::Next => (has_more, true),
            Some(_) => (true, has_more),
        };
        let at = |way, row: Option<&R>| {
            row.map(|row| encode(&Cursor { way, order: self.order.clone(), key: key(row) }))
        };
        let next = at(Way::Next, rows.last().filter(|_| has_next));
        let previous = at(Way::Previous, rows.first().filter(|_| has_previous));
        Page { data: rows.into_iter().map(item).collect(), page: Paging { next, previous, total } }
    }
}

/// A count that stopped at one more than [`MAX_COUNT`], as it is told.
pub fn total(counted: i64) -> Total {
    let counted = u64::try_from(counted).unwrap_or_default();
    Total { count: counted.min(MAX_COUNT), exact: counted <= MAX_COUNT }
}

/// How far to count.
pub fn count_limit() -> i64 {
    i64::try_from(MAX_COUNT).unwrap_or(i64::MAX - 1) + 1
}

fn encode(cursor: &Cursor) -> String {
    let json = serde_json::to_vec(cursor).unwrap_or_default();
    json.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn decode(text: &str) -> Option<Cursor> {
    if text.len() > 4096 || !text.is_ascii() {
        return None;
    }
    let pairs = text.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> = pairs
        .map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect();
    serde_json::from_slice(&bytes?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(cursor: Option<&str>) -> Page<i64> {
        let request = PageRequest::new(Some(2), cursor, "numbers:n").unwrap();
        let from = request.key::<1>().unwrap().map(|[key]| PageRequest::number(key).unwrap());
        let mut rows: Vec<i64> = (1..=5).collect();
        if request.is_backwards() {
            rows.reverse();
            rows.retain(|row| from.is_none_or(|from| *row < from));
        } else {
            rows.retain(|row| from.is_none_or(|from| *row > from));
        }
        rows.truncate(3);
        request.page(rows, |row| vec![row.to_string()], |row| row, None)
    }

    #[test]
    fn a_list_is_paged_to_its_end_and_back() {
        let first = page(None);
        assert_eq!((first.data.as_slice(), first.page.previous.is_none()), ([1, 2].as_slice(), true));
        let second = page(first.page.next.as_deref());
        let third = page(second.page.next.as_deref());
        assert_eq!((second.data, third.data.clone()), (vec![3, 4], vec![5]));
        assert!(third.page.next.is_none());
        let back = page(third.page.previous.as_deref());
        assert_eq!(back.data, [3, 4]);
        let start = page(back.page.previous.as_deref());
        assert_eq!((start.data.as_slice(), start.page.previous.is_none()), ([1, 2].as_slice(), true));
    }

    #[test]
    fn a_cursor_of_another_list_or_of_nobody_is_refused() {
        let cursor = page(None).page.next.unwrap();
        assert!(PageRequest::new(None, Some(&cursor), "numbers:-n").is_err());
        assert!(PageRequest::new(None, Some(&cursor), "numbers:n").unwrap().key::<2>().is_err());
        for text in ["", "x", "ä", "7b7d", "zz", "7"] {
            assert!(PageRequest::new(None, Some(text), "numbers:n").is_err(), "{text}");
        }
        for limit in [0, 501] {
            assert!(PageRequest::new(Some(limit), None, "numbers:n").is_err());
        }
    }
}
