//! Mail for the situations.

/// What every filter holds (GTUBE).
pub(crate) const GTUBE: &str = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";

/// A virus that is none: the test file of EICAR, as an attachment.
const EICAR: &str =
    "WDVPIVAlQEFQWzRcUFpYNTQoUF4pN0NDKTd9JEVJQ0FSLVNUQU5EQVJELUFOVElWSVJVUy1URVNULUZJTEUhJEgrSCo=";

fn head(subject: &str) -> String {
    format!(
        "From: Jane Okafor <jane@sender.test>\r\nTo: user@ours.test\r\nSubject: {subject}\r\n\
         Date: Sun, 22 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{}@sender.test>\r\n",
        subject.replace(' ', "-")
    )
}

/// A message that nobody could object to.
pub(crate) fn plain(subject: &str) -> String {
    format!("{}\r\nHello,\r\n\r\nthe minutes of our meeting are on the shelf.\r\n\r\nJane\r\n", head(subject))
}

/// A message that must be held.
pub(crate) fn spam(subject: &str) -> String {
    format!("{}\r\n{GTUBE}\r\n", head(subject))
}

/// A message that must be held, with HTML and an attachment.
pub(crate) fn spam_with_parts(subject: &str) -> String {
    format!(
        "{}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
         <p>Hello <b>you</b></p><script>alert(1)</script><img src=\"http://tracker.test/x.gif\"><p>{GTUBE}</p>\r\n\
         --b\r\nContent-Type: text/plain; name=notes.txt\r\n\
         Content-Disposition: attachment; filename=notes.txt\r\n\r\nsome notes\r\n--b--\r\n",
        head(subject)
    )
}

/// A message with the test virus.
pub(crate) fn virus(subject: &str) -> String {
    format!(
        "{}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nsee the attachment\r\n\
         --b\r\nContent-Type: application/octet-stream; name=eicar.com\r\n\
         Content-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=eicar.com\r\n\r\n{EICAR}\r\n--b--\r\n",
        head(subject)
    )
}
