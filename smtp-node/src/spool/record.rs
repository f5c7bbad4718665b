//! One record of the spool's log: a header of 40 octets, then a head (JSON) and a body (octets as received).
//! Written by the spool's writer, read by its scan. A record whose checksum is wrong does not exist.

use bytes::Bytes;

/// Octets of a record before its payload.
pub(super) const HEADER: usize = 40;
/// "GPS1", little-endian.
pub(super) const MAGIC: u32 = 0x3153_5047;
/// No payload is larger: heads of 1,000 recipients and the largest body kept in the log fit.
pub(super) const MAX_PAYLOAD: usize = 64 * 1024 * 1024;

/// What a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A message to be delivered.
    Message,
    /// Records and events to be told to the API.
    Report,
    /// The content of a held message, to be given to the API.
    HeldBody,
    /// A command that was carried out, until the API knows.
    Executed,
    /// The record it points to is finished.
    Done,
    /// How far the record it points to is.
    State,
}

impl Kind {
    const ALL: [Self; 6] =
        [Self::Message, Self::Report, Self::HeldBody, Self::Executed, Self::Done, Self::State];

    const fn code(self) -> u8 {
        match self {
            Self::Message => 1,
            Self::Report => 2,
            Self::HeldBody => 3,
            Self::Executed => 4,
            Self::Done => 16,
            Self::State => 17,
        }
    }
}

/// Where a record begins: the number of its segment, and the offset in it. Never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Location(pub(super) u64);

impl Location {
    pub(super) const fn new(segment: u64, offset: u64) -> Self {
        Self(segment << 32 | offset)
    }
    pub(super) const fn segment(self) -> u64 {
        self.0 >> 32
    }
    pub(super) const fn offset(self) -> u64 {
        self.0 & 0xffff_ffff
    }
}

/// A record's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    /// Whether the group, which counts only as a whole, ends here.
    pub(super) ends_group: bool,
    pub(super) length: u32,
    pub(super) segment: u64,
    /// The record that it finishes, describes, or replaces; 0 for none.
    pub(super) target: u64,
    /// The number of its body file; 0 for none.
    pub(super) file: u64,
}

impl Header {
    /// The octets of the header for this payload.
    pub(super) fn encode(&self, payload: &[&[u8]]) -> [u8; HEADER] {
        let mut rest = [0_u8; HEADER - 8];
        let fields: [&[u8]; 6] = [
            &[self.kind.code(), u8::from(self.ends_group), 0, 0],
            &self.length.to_le_bytes(),
            &self.segment.to_le_bytes(),
            &self.target.to_le_bytes(),
            &self.file.to_le_bytes(),
            &[],
        ];
        copy_into(&mut rest, &fields);
        let crc = payload.iter().fold(crc32c::crc32c(&rest), |crc, part| crc32c::crc32c_append(crc, part));
        let mut all = [0_u8; HEADER];
        copy_into(&mut all, &[&MAGIC.to_le_bytes(), &crc.to_le_bytes(), &rest]);
        all
    }

    /// Reads a header; the second part is the checksum of header and payload. None if it is not one.
    pub(super) fn decode(octets: &[u8]) -> Option<(Self, u32)> {
        let mut fields = Fields(octets.get(..HEADER)?);
        if fields.u32()? != MAGIC {
            return None;
        }
        let crc = fields.u32()?;
        let flags = fields.u32()?.to_le_bytes();
        let kind = Kind::ALL.into_iter().find(|kind| Some(&kind.code()) == flags.first())?;
        let header = Self {
            kind,
            ends_group: flags.get(1) == Some(&1),
            length: fields.u32()?,
            segment: fields.u64()?,
            target: fields.u64()?,
            file: fields.u64()?,
        };
        (usize::try_from(header.length).ok()? <= MAX_PAYLOAD).then_some((header, crc))
    }
}

/// Whether the checksum fits the header's octets and the payload.
pub(super) fn is_intact(header: &[u8], crc: u32, payload: &[u8]) -> bool {
    header.get(8..HEADER).is_some_and(|rest| crc32c::crc32c_append(crc32c::crc32c(rest), payload) == crc)
}

/// What a record says: a head in JSON and a body as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// JSON.
    pub head: Bytes,
    /// Octets.
    pub body: Bytes,
}

impl Payload {
    /// Parts a payload as it was read.
    pub(super) fn split(octets: Bytes) -> Option<Self> {
        let length = usize::try_from(Fields(&octets).u32()?).ok()?;
        let end = length.checked_add(4)?;
        if octets.len() < end {
            return None;
        }
        Some(Self { head: octets.slice(4..end), body: octets.slice(end..) })
    }
}

fn copy_into(to: &mut [u8], fields: &[&[u8]]) {
    for (place, octet) in to.iter_mut().zip(fields.iter().copied().flatten()) {
        *place = *octet;
    }
}

struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn u32(&mut self) -> Option<u32> {
        let (field, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*field))
    }
    fn u64(&mut self) -> Option<u64> {
        let (field, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*field))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_reads_as_it_was_written_and_a_flipped_bit_is_seen() {
        let header =
            Header { kind: Kind::Report, ends_group: true, length: 5, segment: 7, target: 9, file: 11 };
        let octets = header.encode(&[b"he", b"llo"]);
        let (read, crc) = Header::decode(&octets).unwrap();
        assert_eq!(read, header);
        assert!(is_intact(&octets, crc, b"hello"));
        assert!(!is_intact(&octets, crc, b"hellp"));
        let mut flipped = octets;
        flipped[20] ^= 1;
        let (_, crc) = Header::decode(&flipped).unwrap();
        assert!(!is_intact(&flipped, crc, b"hello"));
        assert_eq!(Header::decode(&[0; HEADER]), None);
    }
}
