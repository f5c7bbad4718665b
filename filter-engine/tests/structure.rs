//! What the engine makes of MIME structures, the broken ones of real life included.

use filter_engine::{Envelope, Message};

fn read(message: &str) -> Vec<(String, String, String)> {
    let bytes = message.replace('\n', "\r\n");
    let message = Message::parse(Envelope::default(), bytes.as_bytes());
    let parts = message.parts().iter();
    parts
        .map(|part| {
            let text = String::from_utf8_lossy(&part.bytes).into_owned();
            (part.media_type.clone(), part.file_name.clone(), text)
        })
        .collect()
}

fn leaf(media_type: &str, file_name: &str, text: &str) -> (String, String, String) {
    (media_type.into(), file_name.into(), text.into())
}

#[test]
fn leaves_of_nested_multiparts_in_their_order() {
    let parts = read(
        "Content-Type: multipart/mixed;\n boundary=\"outer; x\"\n\npreamble\n--outer; x\n\
         Content-Type: multipart/alternative; boundary=in\n\n--in\n\nplain\n--in\nContent-Type: TEXT/HTML\n\n<p>\n--in--\n\
         between\n--outer; x\nContent-Disposition: attachment; filename*=utf-8''%C3%BC.pdf\n\
         Content-Type: application/pdf\nContent-Transfer-Encoding: BASE64\n\naGk=\n--outer; x--\nafter\n",
    );
    assert_eq!(
        parts,
        [
            leaf("text/plain", "", "plain"),
            leaf("text/html", "", "<p>"),
            leaf("application/pdf", "\u{fc}.pdf", "hi")
        ]
    );
}

#[test]
fn a_multipart_that_is_never_closed_or_never_opened_is_still_read() {
    let open = read("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nfirst\n--b\n\nsecond");
    assert_eq!(open, [leaf("text/plain", "", "first"), leaf("text/plain", "", "second")]);
    let unseen = read("Content-Type: multipart/mixed; boundary=b\n\nhello");
    assert_eq!(unseen, [leaf("text/plain", "", "hello")]);
}

#[test]
fn messages_in_messages_are_looked_into() {
    let plain = read("Content-Type: message/rfc822\n\nSubject: inner\n\nhello");
    assert_eq!(plain, [leaf("text/plain", "", "hello")]);
    let encoded =
        read("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogYQ0KDQpoaQ==\n");
    assert!(encoded.contains(&leaf("text/plain", "", "hi")), "{encoded:?}");
}

#[test]
fn fields_of_the_header_are_unfolded_and_decoded() {
    let bytes =
        b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n an alle\r\nFROM : Ann <ann@example.org>\r\n\r\nhello\r\n";
    let message = Message::parse(Envelope::default(), bytes);
    assert_eq!(message.subject(), "Gr\u{fc}\u{df}e an alle");
    assert_eq!(message.from(), "Ann <ann@example.org>");
    assert_eq!(message.texts().first().unwrap().rendered.text, "hello\r\n");
}
