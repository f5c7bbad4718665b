//! Rebuilds what is live from the log's files when the node starts. Torn and damaged records are passed over: a
//! group that is not whole was never acknowledged.

use super::{
    Live, Noted,
    record::{HEADER, Header, Kind, Location, MAGIC, Payload, is_intact},
    segment::{self, Segments},
};
use bytes::Bytes;
use std::{io, path::Path};

/// Reads every segment, oldest first.
pub(super) fn scan(spool: &Path) -> io::Result<Segments> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(segment::log_folder(spool))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        match name.strip_suffix(".segment").and_then(|number| u64::from_str_radix(number, 16).ok()) {
            Some(number) => numbers.push(number),
            // Prepared files of an earlier run: their old records would count again under an old number.
            None => std::fs::remove_file(&path)?,
        }
    }
    numbers.sort_unstable();
    let mut segments = Segments::default();
    for number in numbers {
        segments.by_number.entry(number).or_default();
        let octets = Bytes::from(std::fs::read(segment::path(spool, number))?);
        read_segment(&octets, number, &mut segments);
    }
    Ok(segments)
}

fn read_segment(octets: &Bytes, number: u64, segments: &mut Segments) {
    let mut group = Vec::new();
    let mut at = 0;
    while let Some(found) = next_record(octets, at, number) {
        if found.at != at {
            tracing::warn!(segment = number, offset = at, "a damaged part of the spool was passed over");
            group.clear();
        }
        at = found.end;
        let ends_group = found.header.ends_group;
        group.push(found);
        if ends_group {
            for record in group.drain(..) {
                apply(&record, number, segments);
            }
        }
    }
}

struct Found {
    header: Header,
    payload: Bytes,
    at: usize,
    end: usize,
}

/// The first intact record at or after `from`.
fn next_record(octets: &Bytes, from: usize, number: u64) -> Option<Found> {
    let magic = MAGIC.to_le_bytes();
    let mut at = from;
    loop {
        at += memchr::memmem::find(octets.get(at..)?, &magic)?;
        if let Some(found) = record_at(octets, at, number) {
            return Some(found);
        }
        at += 1;
    }
}

fn record_at(octets: &Bytes, at: usize, number: u64) -> Option<Found> {
    let start = octets.get(at..)?;
    let (header, crc) = Header::decode(start)?;
    let end = at.checked_add(HEADER)?.checked_add(usize::try_from(header.length).ok()?)?;
    let payload = octets.get(at + HEADER..end)?;
    (header.segment == number && is_intact(start, crc, payload)).then(|| Found {
        header,
        payload: octets.slice(at + HEADER..end),
        at,
        end,
    })
}

fn apply(record: &Found, number: u64, segments: &mut Segments) {
    let target = Location(record.header.target);
    match record.header.kind {
        Kind::Done => {
            segments.finish(target, number);
        }
        Kind::State => {
            if let Some(handle) = segments.live_at(target).cloned()
                && let Some(state) = Payload::split(record.payload.clone())
            {
                // A copy, so that the segment's octets can go.
                handle.note(Noted { segment: number, octets: Bytes::copy_from_slice(&state.head) });
                segments.by_number.entry(number).or_default().noted.push(handle);
            }
        }
        _ => {
            let at = Location::new(number, u64::try_from(record.at).unwrap_or(u64::MAX));
            let handle = Live::new(&record.header, at);
            if target.0 != 0 {
                if let Some(before) = segments.live_at(target)
                    && let Some(noted) = before.noted()
                {
                    handle.note(noted);
                }
                // Counted first, so that the body file stays named.
                segments.add(handle);
                segments.finish(target, number);
            } else {
                segments.add(handle);
            }
        }
    }
}
