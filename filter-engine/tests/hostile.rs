//! What attackers send: whatever the bytes, there is a verdict, soon, and always the same.

use contract::settings::Settings;
use filter_engine::{Envelope, Facts, Message, Verdict, evaluate};
use std::time::{Duration, Instant};

fn judge(bytes: &[u8]) -> Verdict {
    evaluate(&Message::parse(Envelope::default(), bytes), &Facts::default(), &Settings::default())
}

fn has(verdict: &Verdict, symbol: &str) -> bool {
    verdict.evidence.iter().any(|one| one.symbol == symbol)
}

/// Judges within a time that is generous for a debug build on a busy machine, but not for quadratic cost.
fn judge_soon(bytes: &[u8]) -> Verdict {
    let started = Instant::now();
    let verdict = judge(bytes);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    verdict
}

#[test]
fn the_same_message_gets_the_same_verdict_whose_evidence_adds_up() {
    let message =
        b"From: \"PayPal\" <a@example.net>\r\nSubject: =?utf-8?b?w7w=?=\r\n\r\nhttp://192.0.2.1/x\r\n";
    let verdict = judge(message);
    assert_eq!(verdict, judge(message));
    let log_odds: f64 = verdict.evidence.iter().map(|one| one.weight).sum();
    assert!((1.0 / (1.0 + (-log_odds).exp()) - verdict.score).abs() < 1e-12);
}

#[test]
fn attached_messages_nested_without_end() {
    let verdict = judge_soon("Content-Type: message/rfc822\r\n\r\n".repeat(100_000).as_bytes());
    assert!(has(&verdict, "UNSCANNABLE_NESTING"));
}

#[test]
fn multiparts_nested_without_end() {
    let nested: String = (0..20_000)
        .map(|level| format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"))
        .collect();
    assert!(has(&judge_soon(nested.as_bytes()), "UNSCANNABLE_NESTING"));
}

#[test]
fn header_fields_without_end() {
    let message = format!("{}\r\nhello\r\n", "X-A: b\r\n".repeat(100_000));
    assert!(has(&judge_soon(message.as_bytes()), "UNSCANNABLE_HEADERS"));
    let folded = format!("Subject: a\r\n{}\r\nhello\r\n", " =?utf-8?q?x?=\r\n".repeat(100_000));
    judge_soon(folded.as_bytes());
}

#[test]
fn encoded_words_without_end() {
    for piece in ["=?a?q?", "=?a?b?x?=", "=?", "=?utf-8?q?=C3?= "] {
        let subject = format!("Subject: {}\r\n\r\nhello\r\n", piece.repeat(100_000));
        judge_soon(subject.as_bytes());
        let parameter = format!("Content-Type: a/b; {}\r\n\r\nhello\r\n", "name*0*=%C3;".repeat(50_000));
        judge_soon(parameter.as_bytes());
    }
}

#[test]
fn parts_without_end() {
    let message =
        format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{}", "--b\r\n\r\nx\r\n".repeat(100_000));
    assert!(has(&judge_soon(message.as_bytes()), "UNSCANNABLE_PARTS"));
}

#[test]
fn one_line_of_many_megabytes() {
    for byte in [b'a', b'=', b'<', b'&', b'"', b' ', b'.', b'-', 0, 0xFF] {
        for head in ["", "Subject: x\r\n\r\n", "Content-Type: text/html\r\n\r\n<a href=\"", "From: "] {
            let mut message = head.as_bytes().to_vec();
            message.resize(1024 * 1024, byte);
            judge_soon(&message);
        }
    }
}

#[test]
fn no_bytes_and_no_header() {
    for bytes in [&b""[..], b"\r\n", b"\n\n", b"\0", b":", b": \r\n\r\n", b"no header at all", b"From \r\n"] {
        judge(bytes);
    }
}

/// Pieces of mail in random order: every parser meets the middle of every other.
#[test]
fn random_pieces_never_panic() {
    const PIECES: [&[u8]; 24] = [
        b"Content-Type: multipart/mixed; boundary=b\r\n",
        b"Content-Type: text/html; charset=utf-16\r\n",
        b"Content-Type: message/rfc822\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"\r\n",
        b"\n",
        b"--b",
        b"--b--\r\n",
        b"Subject: =?utf-8?b?",
        b"=?x?q?=ZZ?=",
        b"From: \"<@>\" <\r\n",
        b"Date: Mon, 99 Foo -1 :::\r\n",
        b"<a href='",
        b"<div style=\"display:none",
        b"&#x110000;",
        b"http://[::",
        b"://",
        b"\xC3",
        b"\xF0\x9F",
        b"\0",
        b"=\r\n",
        b"%zz",
        b"Content-Disposition: attachment; filename*0*=utf-8''%C3\"\r\n",
        b"Reply-To: @\r\n",
    ];
    let mut random = 88_172_645_463_325_252u64;
    let mut next = move |limit: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % u64::try_from(limit).unwrap()).unwrap()
    };
    for _ in 0..3000 {
        let mut message = Vec::new();
        for _ in 0..next(40) {
            match next(8) {
                0 => message.push(u8::try_from(next(256)).unwrap()),
                _ => message.extend_from_slice(PIECES.get(next(PIECES.len())).unwrap()),
            }
        }
        judge(&message);
    }
}
