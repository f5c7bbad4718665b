//! Messages damaged at random: whatever becomes of the text cases, judging them ends, is repeatable and adds up.
//! The damage comes from a fixed seed, so a finding can be repeated.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by panic")]

use contract::settings::Settings;
use filter_engine::{Envelope, Facts, Message, evaluate, html, learned::model::Model};
use std::{fs, path::Path};

/// How many damaged messages a run judges.
const RUNS: usize = 1500;

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
    let seeds = seeds();
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for run in 0..RUNS {
        let bytes = damage(&seeds, &mut random);
        let judge = || {
            let message = Message::parse(Envelope::default(), &bytes);
            evaluate(&message, &Facts::default(), &Settings::default())
        };
        let verdict = judge();
        assert!((0.0..=1.0).contains(&verdict.score), "run {run}");
        assert!(verdict.evidence.len() <= 80, "run {run}");
        assert_eq!(verdict, judge(), "run {run}");
        html::render(&String::from_utf8_lossy(&bytes));
    }
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
