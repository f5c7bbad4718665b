//! What messages carry, how large they are and how they are formed, and what the settings of the domains make of it.

use crate::{running::until_count, settled::Judging};
use contract::messages::{Classification, Status};
use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use std::io::{Cursor, Write};
use zip::{ZipWriter, write::SimpleFileOptions};

const PROGRAM: &[u8] = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00";

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, octets) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(octets).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The same with every file said to be encrypted.
fn locked(mut zip: Vec<u8>) -> Vec<u8> {
    for (magic, offset) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let places: Vec<usize> = memchr::memmem::find_iter(&zip, magic).collect();
        places.into_iter().for_each(|at| zip[at + offset] |= 1);
    }
    zip
}

fn tar_gz(name: &str, octets: &[u8]) -> Vec<u8> {
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(octets.len().try_into().unwrap());
    header.set_mode(0o644);
    header.set_cksum();
    builder.append_data(&mut header, name, octets).unwrap();
    builder.into_inner().unwrap().finish().unwrap()
}

fn seven(name: &str, octets: &[u8]) -> Vec<u8> {
    let mut writer = sevenz_rust2::ArchiveWriter::new(Cursor::new(Vec::new())).unwrap();
    let entry = sevenz_rust2::ArchiveEntry::new_file(name);
    writer.push_archive_entry(entry, Some(Cursor::new(octets))).unwrap();
    writer.finish().unwrap().into_inner()
}

/// A rar archive of version 5 with one file, stored as it is.
fn rar(name: &str, octets: &[u8]) -> Vec<u8> {
    let size = u8::try_from(octets.len()).unwrap();
    let mut file = vec![2, 2, size, 0, size, 0, 0, 0, u8::try_from(name.len()).unwrap()];
    file.extend_from_slice(name.as_bytes());
    let mut archive = b"Rar!\x1a\x07\x01\x00".to_vec();
    archive.extend([0, 0, 0, 0, 3, 1, 0, 0]);
    archive.extend([0, 0, 0, 0, u8::try_from(file.len()).unwrap()]);
    archive.extend(file);
    archive.extend_from_slice(octets);
    archive.extend([0, 0, 0, 0, 3, 5, 0, 0]);
    archive
}

/// ATT-01, ATT-02, ATT-03, ATT-05, X-20: by every way of writing a name, by what the file is, and inside archives.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_a_blocked_type_is_held_however_it_is_hidden() {
    let judging = Judging::start(&[("ours.test", &[])]).await;
    let deep = zip(&[("c.zip", &zip(&[("b.zip", &zip(&[("a.vbs", b"x")]))]))]);
    let too_deep = zip(&[("d.zip", &deep)]);
    let renamed = zip(&[("holiday.jpg", PROGRAM)]);
    let cases: [(&str, &[u8], &str); 15] = [
        ("filename=\"Setup.EXE\"", b"x", "CONTENT_EXTENSION"),
        ("filename=\"invoice.pdf.scr.\"", b"x", "CONTENT_EXTENSION"),
        ("filename*=utf-8''set%75p%2Eexe", b"x", "CONTENT_EXTENSION"),
        ("filename*0=\"set\"; filename*1=\"up.exe\"", b"x", "CONTENT_EXTENSION"),
        ("filename=\"=?utf-8?B?c2V0dXAuZXhl?=\"", b"x", "CONTENT_EXTENSION"),
        ("filename=\"letter.txt\"", PROGRAM, "CONTENT_EXTENSION"),
        ("filename=\"a.zip\"", &zip(&[("run.js", b"x")]), "CONTENT_HIDDEN_PROGRAM"),
        ("filename=\"a.zip\"", &renamed, "CONTENT_EXTENSION"),
        ("filename=\"a.bin\"", &deep, "CONTENT_EXTENSION"),
        ("filename=\"a.zip\"", &too_deep, "CONTENT_UNREAD"),
        ("filename=\"a.tar.gz\"", &tar_gz("x/run.hta", b"x"), "CONTENT_HIDDEN_PROGRAM"),
        ("filename=\"a.7z\"", &seven("run.wsf", b"x"), "CONTENT_HIDDEN_PROGRAM"),
        ("filename=\"a.rar\"", &rar("run.jse", b"x"), "CONTENT_HIDDEN_PROGRAM"),
        ("filename=\"a.rar\"", &rar("b.txt", PROGRAM), "CONTENT_EXTENSION"),
        ("filename=\"a.zip\"", &locked(zip(&[("setup.exe", b"x")])), "CONTENT_EXTENSION"),
    ];
    for (count, (name, octets, symbol)) in cases.into_iter().enumerate() {
        let reply = judging.send_file("user@ours.test", name, octets).await;
        let record = judging.record("user@ours.test", count + 1).await;
        assert_eq!(
            record.evidence.first().map(|found| found.symbol.as_str()),
            Some(symbol),
            "{name}: {reply}"
        );
        assert_eq!((record.classification, record.status), (Classification::Attachment, Status::Quarantined));
        assert_eq!(reply, "550 5.7.1 Message contains an attachment that is not allowed", "{name}");
    }
    judging.stop().await;
}

/// ATT-03, ATT-04, ATT-05, FIL-15, X-21: each domain its own switches, and the answer that it wants.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_domain_does_not_block_arrives() {
    let macros = zip(&[("word/vbaProject.bin", b"x"), ("word/document.xml", b"<x/>")]);
    let judging = Judging::start(&[
        ("ours.test", &[]),
        (
            "strict.test",
            &[
                ("content.blocked_extensions", json!(".ISO, tar.gz")),
                ("content.block_encrypted", json!(true)),
                ("content.block_macros", json!(true)),
                ("content.block_unwanted", json!(true)),
                ("incoming.quarantine_response", json!("accept")),
            ],
        ),
        (
            "open.test",
            &[
                ("content.blocked_extensions", json!("")),
                ("content.block_hidden_programs", json!(false)),
                ("incoming.quarantine_threshold", json!(1.0)),
            ],
        ),
    ])
    .await;
    let secret = locked(zip(&[("letter.txt", b"x")]));
    let cases: [(&str, &[u8], &str); 5] = [
        ("filename=disk.iso", b"x", "CONTENT_EXTENSION"),
        ("filename=a.tar.gz", &tar_gz("a.txt", b"x"), "CONTENT_EXTENSION"),
        ("filename=a.zip", &secret, "CONTENT_ENCRYPTED"),
        ("filename=letter.docx", &macros, "CONTENT_MACROS"),
        ("filename=help.chm", b"x", "CONTENT_UNWANTED"),
    ];
    for (count, (name, octets, symbol)) in cases.into_iter().enumerate() {
        let reply = judging.send_file("user@strict.test", name, octets).await;
        assert!(reply.starts_with("250 "), "{name}: {reply}");
        let record = judging.record("user@strict.test", count + 1).await;
        assert_eq!(record.evidence.first().map(|found| found.symbol.as_str()), Some(symbol), "{name}");
        assert_eq!(record.status, Status::Quarantined);
        let reply = judging.send_file("user@ours.test", name, octets).await;
        assert!(reply.starts_with("250 "), "{name}: {reply}");
        assert_eq!(judging.record("user@ours.test", count + 1).await.status, Status::Queued, "{name}");
    }
    let reply = judging.send_file("user@open.test", "filename=a.zip", &zip(&[("setup.exe", PROGRAM)])).await;
    assert!(reply.starts_with("250 "), "{reply}");
    assert_eq!(judging.record("user@open.test", 1).await.status, Status::Queued);
    until_count(&judging.destination, 6).await;
    judging.stop().await;
}

/// S12: bombs and broken archives are held, and the node goes on.
#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_cannot_be_looked_into_is_not_called_clean() {
    let judging = Judging::start(&[("ours.test", &[])]).await;
    let mut zeros = GzEncoder::new(Vec::new(), Compression::fast());
    zeros.write_all(&vec![0; 70_000_000]).unwrap();
    let zeros = zeros.finish().unwrap();
    let bomb = zip(&[("a.zip", &zip(&[("b.gz", &zeros)]))]);
    let many: Vec<(String, &[u8])> =
        (0..12_000).map(|number| (format!("{number}.txt"), b"".as_slice())).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, octets)| (name.as_str(), *octets)).collect();
    let broken = [zip(&[("a.txt", b"x")]).as_slice(), b"rest"].concat();
    let cases: [(&str, &[u8]); 5] = [
        ("a.zip", &bomb),
        ("b.zip", &zip(&many)),
        ("c.zip", &broken[..40]),
        ("d.7z", b"7z\xbc\xaf\x27\x1c\x00\x04garbage garbage garbage garbage"),
        ("e.rar", b"Rar!\x1a\x07\x01\x00\x00\x00\x00\x00\xff\xff\xff\xff"),
    ];
    for (count, (name, octets)) in cases.into_iter().enumerate() {
        judging.send_file("user@ours.test", &format!("filename={name}"), octets).await;
        let record = judging.record("user@ours.test", count + 1).await;
        assert_eq!(
            record.evidence.first().map(|found| found.symbol.as_str()),
            Some("CONTENT_UNREAD"),
            "{name}"
        );
    }
    judging.stop().await;
}

/// SIZ-01, SIZ-02, SIZ-03, C4.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_larger_than_the_domain_allows_is_held_or_refused() {
    let judging = Judging::start(&[
        ("holds.test", &[("size.limit_mb", json!(1))]),
        ("refuses.test", &[("size.limit_mb", json!(1)), ("size.quarantine_oversized", json!(false))]),
        ("open.test", &[]),
    ])
    .await;
    let large = "0123456789\r\n".repeat(100_000);
    for (count, (domain, code, status)) in [
        ("holds.test", "552", Status::Quarantined),
        ("refuses.test", "552", Status::Rejected),
        ("open.test", "250", Status::Queued),
    ]
    .into_iter()
    .enumerate()
    {
        let recipient = format!("user@{domain}");
        let reply = judging.send(&[&recipient], "Subject: Large\r\n", &large).await;
        assert!(reply.starts_with(code), "{domain}, {count}: {reply}");
        let record = judging.record(&recipient, 1).await;
        assert_eq!(record.status, status, "{domain}");
        assert_eq!(record.classification == Classification::Oversize, domain != "open.test");
    }
    let mut client = judging.client().await;
    client.say("MAIL FROM:<ann@sender.test> SIZE=2000000").await;
    assert!(client.say("RCPT TO:<user@refuses.test>").await.starts_with("552 "));
    assert!(client.say("RCPT TO:<user@holds.test>").await.starts_with("250 "));
    judging.stop().await;
}

/// X-05 … X-10, FIL-14: each with its words, and each with the switch of the domain.
#[tokio::test(flavor = "multi_thread")]
async fn mail_that_is_not_formed_as_mail_is_refused_where_the_domain_wants_it() {
    let judging = Judging::start(&[
        ("ours.test", &[("rules.check_date", json!(true))]),
        (
            "lenient.test",
            &[
                ("rules.max_parts", json!(0)),
                ("rules.check_duplicate_fields", json!(false)),
                ("rules.check_subject", json!(false)),
                ("incoming.skip_line_length_check", json!(true)),
                ("incoming.quarantine_threshold", json!(1.0)),
            ],
        ),
    ])
    .await;
    let many = format!("{}--b--", "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n".repeat(101));
    let multipart = "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n";
    for (fields, body, words) in [
        (multipart, many.as_str(), "550 5.6.0 Message had more parts than the user maximum"),
        (
            "Subject: x\r\nSubject: y\r\n",
            "x",
            "550 5.6.0 Message incorrectly formed: Subject, From or To is there more than once",
        ),
        (
            "Subject: gr\u{fc}n\r\n",
            "x",
            "550 5.6.0 Subject contains invalid characters; encode it as RFC 2047 says",
        ),
        ("Subject: x\r\n", &"x".repeat(1_200), "550 5.6.0 Lines in message were longer than user maximum"),
    ] {
        let said = judging.send(&["user@ours.test"], fields, body).await;
        assert_eq!(said, words);
        let said = judging.send(&["user@lenient.test"], fields, body).await;
        assert!(said.starts_with("250 "), "{words}: {said}");
    }
    let old = "From: Ann <ann@sender.test>\r\nTo: <user@ours.test>\r\nSubject: Old\r\n\
        Date: Mon, 05 Jan 2015 10:00:00 +0000\r\nMessage-ID: <1@sender.test>\r\n\r\nold";
    let said = judging.client().await.send_raw("ann@sender.test", &["user@ours.test"], old).await;
    assert!(said.starts_with("550 5.6.0 The Date of the message is more than 7 days away"), "{said}");
    let said = judging.client().await.send_raw("ann@sender.test", &["user@lenient.test"], old).await;
    assert!(said.starts_with("250 "), "{said}");
    let record = judging.record("user@ours.test", 5).await;
    assert_eq!(
        (record.classification, record.reason.as_deref()),
        (Classification::Rejected, Some("wrong_date"))
    );
    judging.stop().await;
}

/// X-11, LOG-04: refused at RCPT, so that it is in the log.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_greets_with_no_host_name_is_refused_where_the_domain_wants_it() {
    let judging =
        Judging::start(&[("ours.test", &[]), ("lenient.test", &[("rules.check_greeting", json!(false))])])
            .await;
    for (greeting, code) in
        [("192.0.2.9", "550"), ("my_host.test", "550"), ("[127.0.0.1]", "250"), ("mx.test", "250")]
    {
        let mut client = judging.client().await;
        client.say(&format!("EHLO {greeting}")).await;
        assert!(client.say("MAIL FROM:<ann@sender.test>").await.starts_with("250 "));
        let said = client.say("RCPT TO:<user@ours.test>").await;
        assert!(said.starts_with(code), "{greeting}: {said}");
        assert_eq!(said.contains("invalid greeting"), code == "550", "{said}");
        assert!(client.say("RCPT TO:<user@lenient.test>").await.starts_with("250 "), "{greeting}");
    }
    assert_eq!(judging.record("user@ours.test", 2).await.reason.as_deref(), Some("greeting"));
    judging.stop().await;
}

/// DNS block lists: those of the domain only, off by default, and never in the way for long.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_a_block_list_of_the_domain_is_refused() {
    let lists = |zones: &str| [("rules.block_lists", json!(zones))];
    let (one, two) = (lists("clean.test bl.test"), lists("silent.test"));
    let judging = Judging::start(&[("ours.test", &one), ("slow.test", &two), ("open.test", &[])]).await;
    judging.names.address_of("1.0.0.127.bl.test", "127.0.0.2").silence("1.0.0.127.silent.test");
    let mut client = judging.client().await;
    client.say("MAIL FROM:<ann@sender.test>").await;
    let said = client.say("RCPT TO:<user@ours.test>").await;
    assert!(said.starts_with("550 5.7.1 Your server is on a DNS block list"), "{said}");
    let before = std::time::Instant::now();
    assert!(client.say("RCPT TO:<user@slow.test>").await.starts_with("250 "));
    assert!(before.elapsed() < std::time::Duration::from_secs(4));
    assert!(client.say("RCPT TO:<user@open.test>").await.starts_with("250 "));
    assert_eq!(judging.record("user@ours.test", 1).await.reason.as_deref(), Some("listed"));
    judging.stop().await;
}
