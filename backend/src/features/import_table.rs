//! A CSV file as lines of named cells, whatever wrote it: UTF-8 with or without a byte order mark, UTF-16,
//! Windows-1252; commas, semicolons or tabs; with a line of names or without. Read as a stream: memory stays the same
//! whatever the file's length.

use csv::{ReaderBuilder, StringRecord, Trim};
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use encoding_rs_io::DecodeReaderBytesBuilder;
use std::{
    cell::RefCell,
    collections::{HashMap, VecDeque},
    io::{BufRead, BufReader, Cursor, Read},
    rc::Rc,
    sync::Arc,
};

/// Bytes that are looked at to find the separator.
const HEAD: u64 = 64 * 1024;
/// Bytes that are decoded at a time.
const STEP: usize = 8 * 1024;

/// A column that an import knows: its name, and what else it is called.
pub(super) type Column = (&'static str, &'static [&'static str]);

/// Looks at a file while it arrives: in what encoding it is, and about how many lines it has.
pub(super) struct Inspector {
    decoder: Decoder,
    is_utf8: bool,
    newlines: i64,
    start: Vec<u8>,
    last: u8,
}

impl Inspector {
    /// Nothing was seen yet.
    pub(super) fn new() -> Self {
        let decoder = UTF_8.new_decoder_without_bom_handling();
        Self { decoder, is_utf8: true, newlines: 0, start: Vec::new(), last: b'\n' }
    }

    /// Looks at the next bytes.
    pub(super) fn look(&mut self, bytes: &[u8]) {
        let wanted = 512_usize.saturating_sub(self.start.len());
        self.start.extend(bytes.iter().take(wanted));
        self.newlines +=
            i64::try_from(bytes.iter().filter(|byte| **byte == b'\n').count()).unwrap_or_default();
        self.last = bytes.last().copied().unwrap_or(self.last);
        let mut text = [0_u8; STEP];
        for part in bytes.chunks(STEP / 4) {
            if self.is_utf8 {
                let (result, ..) = self.decoder.decode_to_utf8_without_replacement(part, &mut text, false);
                self.is_utf8 = !matches!(result, DecoderResult::Malformed(..));
            }
        }
    }

    /// Whether there was nothing at all.
    pub(super) fn is_empty(&self) -> bool {
        self.start.is_empty()
    }

    /// About how many lines there are.
    pub(super) fn lines(&self) -> i64 {
        self.newlines + i64::from(!matches!(self.last, b'\n' | 0))
    }

    /// The name of the encoding: the byte order mark says it, or the zeros between Latin letters, or that it is not
    /// UTF-8.
    pub(super) fn encoding(&self) -> &'static str {
        let zeros = |odd: usize| self.start.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
        let half = self.start.len() / 4;
        let known = match Encoding::for_bom(&self.start) {
            Some((encoding, _)) => encoding,
            None if half > 0 && zeros(1) > half => UTF_16LE,
            None if half > 0 && zeros(0) > half => UTF_16BE,
            None if self.is_utf8 => UTF_8,
            None => WINDOWS_1252,
        };
        known.name()
    }
}

/// A line of a file.
pub(super) struct Line {
    /// Its number in the file, from 1.
    pub(super) number: u64,
    cells: StringRecord,
    places: Arc<HashMap<&'static str, usize>>,
}

impl Line {
    /// The cell of a column; none if the line has no such cell, or an empty one.
    pub(super) fn cell(&self, column: &str) -> Option<&str> {
        let place = self.places.get(column)?;
        self.cells.get(*place).filter(|cell| !cell.is_empty())
    }

    /// Whether the file has the column.
    pub(super) fn has(&self, column: &str) -> bool {
        self.places.contains_key(column)
    }
}

/// The lines of a file, without the one that names the columns. Where there is none, the columns are in the order
/// given. The error says why the file cannot be read on.
pub(super) fn lines(
    file: impl Read,
    encoding: &str,
    columns: &'static [Column],
) -> impl Iterator<Item = Result<Line, csv::Error>> {
    let encoding = Encoding::for_label(encoding.as_bytes()).unwrap_or(UTF_8);
    let text = DecodeReaderBytesBuilder::new().encoding(Some(encoding)).bom_override(true).build(file);
    let mut text = BufReader::new(text);
    let mut head = Vec::new();
    // An error is met again when the records are read.
    drop(text.by_ref().take(HEAD).read_until(b'\n', &mut head));
    let separator = separator(&head);
    let text = Cursor::new(head).chain(text);
    let recent = Rc::new(RefCell::new(Recent::default()));
    let reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .delimiter(separator)
        .from_reader(Remembered { text, recent: Rc::clone(&recent) });
    let (mut places, mut last) = (None, 0);
    reader.into_records().filter_map(move |cells| {
        let cells = match cells {
            Ok(cells) => cells,
            Err(error) => return Some(Err(error)),
        };
        let at = cells.position().map_or(0, |position| position.line() + recent.borrow_mut().blank(position));
        // Where lines end by CR alone the reader counts none.
        last = at.max(last + 1);
        if let Some(places) = &places {
            return Some(Ok(Line { number: last, cells, places: Arc::clone(places) }));
        }
        let named = named(&cells, columns);
        let is_head = !named.is_empty();
        let known = Arc::new(if is_head { named } else { in_order(columns) });
        places = Some(Arc::clone(&known));
        (!is_head).then_some(Ok(Line { number: last, cells, places: known }))
    })
}

/// A text whose latest bytes are remembered: the reader of records does not count the blank lines before one.
struct Remembered<R> {
    text: R,
    recent: Rc<RefCell<Recent>>,
}

/// The bytes since the beginning of the latest record.
#[derive(Default)]
struct Recent {
    begins_at: u64,
    bytes: VecDeque<u8>,
}

impl<R: Read> Read for Remembered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.text.read(buffer)?;
        self.recent.borrow_mut().bytes.extend(buffer.iter().take(count));
        Ok(count)
    }
}

impl Recent {
    /// How many line ends there are between the place where the reader began with a record and its first cell. What
    /// is before it is forgotten.
    fn blank(&mut self, position: &csv::Position) -> u64 {
        let old = usize::try_from(position.byte().saturating_sub(self.begins_at)).unwrap_or(usize::MAX);
        self.bytes.drain(..old.min(self.bytes.len()));
        self.begins_at = position.byte();
        let blank = self.bytes.iter().take_while(|byte| matches!(byte, b'\n' | b'\r'));
        u64::try_from(blank.filter(|byte| **byte == b'\n').count()).unwrap_or_default()
    }
}

/// The character between cells: the one that the first line has most of.
fn separator(head: &[u8]) -> u8 {
    let (mut is_quoted, mut counts) = (false, [(b',', 0_u32), (b';', 0), (b'\t', 0)]);
    for byte in head.iter().take_while(|byte| !matches!(byte, b'\n' | b'\r')) {
        is_quoted ^= *byte == b'"';
        let counted = counts.iter_mut().find(|(one, _)| one == byte && !is_quoted);
        counted.into_iter().for_each(|(_, count)| *count += 1);
    }
    // Of equals the first one.
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(byte, _)| byte)
}

/// Where the columns are, if this line names any.
fn named(line: &StringRecord, columns: &'static [Column]) -> HashMap<&'static str, usize> {
    let mut places = HashMap::new();
    for (place, cell) in line.iter().enumerate() {
        let cell = cell.to_lowercase().replace([' ', '-'], "_");
        let known = columns.iter().find(|(name, others)| *name == cell || others.contains(&cell.as_str()));
        if let Some((name, _)) = known {
            places.entry(*name).or_insert(place);
        }
    }
    places
}

fn in_order(columns: &'static [Column]) -> HashMap<&'static str, usize> {
    columns.iter().enumerate().map(|(place, (name, _))| (*name, place)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[("name", &["user"]), ("city", &[])];

    fn read(bytes: &[u8]) -> Vec<(u64, String, String)> {
        let mut inspector = Inspector::new();
        bytes.chunks(3).for_each(|part| inspector.look(part));
        let text = |line: &Line, column| line.cell(column).unwrap_or("-").to_owned();
        let lines = lines(bytes, inspector.encoding(), COLUMNS);
        lines
            .map(|line| line.unwrap())
            .map(|line| (line.number, text(&line, "name"), text(&line, "city")))
            .collect()
    }

    fn line(number: u64, name: &str, city: &str) -> (u64, String, String) {
        (number, name.to_owned(), city.to_owned())
    }

    /// UI-05: what spreadsheets of this and the last century write.
    #[test]
    fn a_file_is_read_in_the_encoding_that_it_is_in() {
        let expected = vec![line(1, "Zoë", "Kraków")];
        let utf8 = "Zoë,Kraków\n".as_bytes();
        assert_eq!(read(utf8), expected);
        assert_eq!(read(&[b"\xef\xbb\xbf", utf8].concat()), expected);
        let units: Vec<u16> = "Zoë,Kraków\n".encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        assert_eq!(read(&little), expected);
        assert_eq!(read(&[b"\xff\xfe".to_vec(), little].concat()), expected);
        assert_eq!(read(&[b"\xfe\xff".to_vec(), big].concat()), expected);
        assert_eq!(read(b"Zo\xeb,K\xf6ln\n"), vec![line(1, "Zoë", "Köln")]);
        // One byte far behind decides.
        let late = ["a,b\n".repeat(5000).as_bytes(), b"Zo\xeb,x\n"].concat();
        assert_eq!(read(&late).last(), Some(&line(5001, "Zoë", "x")));
    }

    #[test]
    fn cells_are_found_by_name_in_any_order_or_by_place() {
        assert_eq!(read(b"a,b\n\nc\n"), vec![line(1, "a", "b"), line(3, "c", "-")]);
        assert_eq!(
            read(b"City;extra;User\nBonn;1;a\r\n\"K\"\"x\";2; b \n"),
            vec![line(2, "a", "Bonn"), line(3, "b", "K\"x")]
        );
        assert_eq!(read(b"\"a,b\"\tc\n"), vec![line(1, "a,b", "c")]);
        assert_eq!(read(b"a,\"b\nc\"\nd,e"), vec![line(1, "a", "b\nc"), line(3, "d", "e")]);
        assert_eq!(read(b"a,b\rc,d\r").len(), 2);
        assert_eq!(read(b""), vec![]);
    }

    #[test]
    fn lines_are_counted_while_they_arrive() {
        let count = |bytes: &[u8]| {
            let mut inspector = Inspector::new();
            inspector.look(bytes);
            (inspector.lines(), inspector.is_empty())
        };
        assert_eq!(count(b""), (0, true));
        assert_eq!(count(b"a\nb"), (2, false));
        assert_eq!(count(b"a\nb\n"), (2, false));
    }
}
