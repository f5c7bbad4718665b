//! Messages damaged at random, a test per parser: whatever becomes of the text cases, reading them ends within limits,
//! and judging them is repeatable and adds up.
//! The damage comes from a fixed seed, so a finding can be repeated.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may fail by panic, and tells how much it tried"
)]

use contract::settings::Settings;
use filter_engine::{Envelope, Facts, Message, date, decoding, evaluate, html, learned::model::Model, links};
use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

/// How often a parser is tried. `GATEPOST_FUZZ_SECONDS` tries it for so long instead (`cargo xtask fuzz`).
const RUNS: usize = 1500;

/// Tries a parser with damaged messages; the numbers say which, so that a finding can be repeated.
fn try_all(seed: u64, parser: impl Fn(usize, &[u8])) {
    let seconds: Option<u64> = std::env::var("GATEPOST_FUZZ_SECONDS").ok().map(|text| text.parse().unwrap());
    let began = Instant::now();
    let seeds = seeds();
    let mut random = Random(seed);
    for run in 0.. {
        let is_over = match seconds {
            Some(seconds) => began.elapsed() >= Duration::from_secs(seconds),
            None => run >= RUNS,
        };
        if is_over {
            println!("{run} inputs");
            return;
        }
        parser(run, &damage(&seeds, &mut random));
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }
}

/// Messages and pieces that parsers trip over.
fn seeds() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let cases = paths.iter().flat_map(|path| {
        let text = fs::read_to_string(path).unwrap();
        text.split("\n=== next\n").map(|case| case.as_bytes().to_vec()).collect::<Vec<_>>()
    });
    let pieces: [&[u8]; 6] = [
        b"Content-Type: multipart/mixed; boundary=\"b\"\n\n--b\nContent-Transfer-Encoding: base64\n\naGk=\n--b--\n",
        b"Subject: =?utf-8?b?w7w=?= =?x?q?=ff=\n\n",
        b"Content-Type: text/html; charset=\"utf-16\"\n\n<a href='http://xn--a.test:1/%zz'>&#x110000;&amp</a><!--",
        b"Content-Type: message/rfc822\n\nContent-Type: text/plain; name*0*=utf-8''%\n\n=\n",
        b"From: \"a@b\" <>, <<@>>\nDate: Mon, 99 Foo 99999 99:99:99 +9999\n\nhttp://[::1]@/\n",
        b"\xff\xfe\0\0--b\r\r\n\n.\r\n",
    ];
    cases.chain(pieces.map(<[u8]>::to_vec)).collect()
}

fn damage(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.below(12) {
        let at = random.below(bytes.len());
        match random.below(4) {
            0 if !bytes.is_empty() => bytes[at] = u8::try_from(random.below(256)).unwrap(),
            1 => bytes.truncate(at),
            2 => {
                let other = &seeds[random.below(seeds.len())];
                let from = random.below(other.len());
                let piece = other[from..(from + random.below(400)).min(other.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => {
                let end = (at + random.below(60)).min(bytes.len());
                let piece = bytes[at.min(end)..end].repeat(random.below(30));
                bytes.splice(at..at, piece);
            }
        }
    }
    bytes
}

#[test]
fn damaged_messages_are_judged_and_judged_the_same_again() {
    try_all(0x9E37_79B9_7F4A_7C15, |run, bytes| {
        let judge = || {
            let message = Message::parse(Envelope::default(), bytes);
            evaluate(&message, &Facts::default(), &Settings::default())
        };
        let verdict = judge();
        assert!((0.0..=1.0).contains(&verdict.score), "run {run}");
        assert!(verdict.evidence.len() <= 80, "run {run}");
        let sum: f64 = verdict.evidence.iter().map(|one| one.weight).sum();
        assert!((1.0 / (1.0 + (-sum).exp()) - verdict.score).abs() < 1e-9, "run {run}");
        assert_eq!(verdict, judge(), "run {run}");
    });
}

#[test]
fn damaged_html_is_rendered_within_limits() {
    try_all(0xD1B5_4A32_D192_ED03, |run, bytes| {
        let source = String::from_utf8_lossy(bytes);
        let rendered = html::render(&source);
        assert!(rendered.text.len() <= 4 * source.len() + 16, "run {run}");
        assert!(rendered.links.len() <= html::LINK_LIMIT, "run {run}");
        assert!(html::render_plain(&source).links.len() <= html::LINK_LIMIT, "run {run}");
    });
}

#[test]
fn damaged_encodings_are_decoded_within_limits() {
    try_all(0x94D0_49BB_1331_11EB, |run, bytes| {
        assert!(decoding::base64(bytes).len() <= bytes.len(), "run {run}");
        assert!(decoding::quoted_printable(bytes).len() <= bytes.len(), "run {run}");
        assert!(decoding::header_text(bytes).len() <= 4 * bytes.len() + 16, "run {run}");
        for charset in ["", "utf-8", "utf-16", "iso-2022-jp", "gb18030", "no such thing"] {
            assert!(decoding::text(bytes, charset).len() <= 4 * bytes.len() + 16, "run {run}, {charset}");
        }
    });
}

#[test]
fn damaged_dates_addresses_and_links_are_read_or_not() {
    try_all(0xBF58_476D_1CE4_E5B9, |run, bytes| {
        for line in String::from_utf8_lossy(bytes).lines() {
            let value = line.split_once(':').map_or(line, |(_, value)| value);
            date::read(value);
            let domain = links::domain_of(value);
            assert!(
                domain.ends_with(links::registrable(&domain).trim_end_matches('.')) || domain.ends_with('.'),
                "run {run}"
            );
            if let Some(target) = links::Target::read(value.trim()) {
                target.is_address();
                assert!(!target.host.is_empty(), "run {run}");
            }
        }
    });
}

#[test]
fn a_damaged_model_file_is_refused() {
    let bytes = include_bytes!("../models/gatepost.bin");
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    for _ in 0..10 {
        let mut damaged = bytes.to_vec();
        let at = random.below(damaged.len());
        damaged[at] ^= 0x55;
        assert!(Model::read(&damaged).is_none(), "byte {at}");
        assert!(Model::read(&bytes[..at]).is_none(), "cut at {at}");
    }
}
