//! Runs every text case in `cases/`: settings, envelope, facts, a message; which symbols and which action follow.
//!
//! A file holds cases, separated by lines `=== next`. A case is lines of `word value` up to `---`, then the message
//! (line ends become CRLF; `{gtube}` and `{eicar}` stand for the test strings, `{base64 …}` for their encoding):
//!
//! | word | value |
//! |---|---|
//! | `#` | what the case shows |
//! | `setting` | `key = JSON value` |
//! | `from`, `to`, `client`, `helo` | the envelope; `to` may be repeated |
//! | `fact` | `name = value` with a field of `Facts` |
//! | `expect` | symbols that must be there, `not SYMBOL` for those that must not, `action`, `class`, `recommend`, `notation`, `reject yes`, `hold no`, `header text` |
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panic")]

use contract::settings::{Overrides, Settings};
use filter_engine::{
    AuthenticationResult, DmarcPolicy, Envelope, Facts, Message, Verdict, VirusScan, evaluate,
};
use std::{fs, path::Path};

const GTUBE: &str = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";
/// In two halves, so that no scanner takes this file for it.
const EICAR: [&str; 2] = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR", "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"];

#[derive(Default)]
struct Case {
    name: String,
    overrides: Overrides,
    envelope: Envelope,
    facts: Facts,
    expectations: Vec<String>,
    message: String,
}

#[test]
fn every_text_case_gives_what_it_expects() {
    let mut count = 0;
    let mut failed = Vec::new();
    let mut paths: Vec<_> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("cases"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    for path in paths {
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        for text in fs::read_to_string(&path).unwrap().split("\n=== next\n") {
            let case = read(text);
            let message = Message::parse(case.envelope.clone(), case.message.as_bytes());
            let verdict = evaluate(&message, &case.facts, &Settings::resolve([&case.overrides]));
            count += 1;
            for expectation in case.expectations.iter().filter(|one| !holds(one, &verdict)) {
                failed.push(format!("{file}: {}: {expectation}, but {verdict:#?}", case.name));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(count >= 40, "only {count} cases were read");
}

fn read(text: &str) -> Case {
    let (head, message) = text.split_once("\n---\n").unwrap_or_else(|| panic!("no message in {text}"));
    let mut case = Case { message: fill(message), ..Case::default() };
    for line in head.lines().filter(|line| !line.is_empty()) {
        let (word, value) = line.split_once(' ').unwrap_or((line, ""));
        let value = value.trim();
        match word {
            "#" => case.name = value.to_owned(),
            "setting" => {
                let (key, value) = value.split_once('=').unwrap();
                case.overrides.insert(key.trim().into(), serde_json::from_str(value).unwrap());
            }
            "from" => case.envelope.sender = value.into(),
            "to" => case.envelope.recipients.push(value.into()),
            "client" => case.envelope.client_ip = Some(value.parse().unwrap()),
            "helo" => case.envelope.helo = value.into(),
            "fact" => fact(&mut case.facts, value),
            "expect" => case.expectations.extend(value.split(',').map(|one| one.trim().to_owned())),
            _ => panic!("{word} is no word of a case"),
        }
    }
    assert!(!case.expectations.is_empty(), "{} expects nothing", case.name);
    case
}

fn fact(facts: &mut Facts, line: &str) {
    let (name, value) = line.split_once('=').unwrap();
    let value = value.trim();
    match name.trim() {
        "spf" => facts.spf = AuthenticationResult::from_name(value),
        "dkim" => facts.dkim = AuthenticationResult::from_name(value),
        "dmarc" => facts.dmarc = AuthenticationResult::from_name(value),
        "dmarc_policy" => {
            facts.dmarc_policy = match value {
                "quarantine" => DmarcPolicy::Quarantine,
                "reject" => DmarcPolicy::Reject,
                _ => DmarcPolicy::None,
            }
        }
        "received_at" => facts.received_at = filter_engine::date::read(value),
        "allowed" => facts.allowed = Some(value.into()),
        "blocked" => facts.blocked = Some(value.into()),
        "virus" => facts.virus = VirusScan::Found(value.into()),
        "longest_line" => facts.longest_line = value.parse().ok(),
        other => panic!("{other} is no fact"),
    }
}

fn fill(message: &str) -> String {
    let eicar = EICAR.concat();
    let filled = message
        .replace("{base64 gtube}", &base64(GTUBE))
        .replace("{base64 eicar}", &base64(&eicar))
        .replace("{gtube}", GTUBE)
        .replace("{eicar}", &eicar)
        .replace("{long line}", &"x".repeat(1200));
    format!("{}\n", filled.trim_end_matches('\n')).replace('\n', "\r\n")
}

fn base64(text: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits =
            chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in (0..4).rev() {
            let at = usize::try_from(bits >> (6 * place) & 63).unwrap();
            encoded.push(if 3 - place <= chunk.len() { char::from(*ALPHABET.get(at).unwrap()) } else { '=' });
        }
    }
    encoded
}

fn holds(expectation: &str, verdict: &Verdict) -> bool {
    let has = |symbol: &str| verdict.evidence.iter().any(|one| one.symbol == symbol);
    let yes = |flag: bool, value: &str| value == if flag { "yes" } else { "no" };
    match expectation.split_once(' ') {
        None => has(expectation),
        Some(("not", symbol)) => !has(symbol),
        Some(("action", name)) => verdict.action.name() == name,
        Some(("class", name)) => verdict.classification.name() == name,
        Some(("recommend", word)) => verdict.recommended_action.header() == word,
        Some(("notation", "none")) => verdict.subject_notation.is_none(),
        Some(("notation", text)) => verdict.subject_notation.as_deref() == Some(text),
        Some(("reject", value)) => yes(verdict.smtp_reject, value),
        Some(("hold", value)) => yes(verdict.hold, value),
        Some(("tag", name)) => verdict.tags.iter().any(|tag| tag.name() == name),
        Some(("header", text)) => verdict.evidence_header == text,
        Some((word, _)) => panic!("{word} can't be expected"),
    }
}
