//! The verdict as a whole: the situations that no single check's text case shows.
#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use contract::{messages::Classification, settings::Settings};
use filter_engine::{Action, Envelope, Facts, Message, RecommendedAction, evaluate};

const GTUBE: &str =
    "Subject: test\r\n\r\nXJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n";

fn settings(json: &str) -> Settings {
    Settings::resolve([&serde_json::from_str(json).unwrap()])
}

fn judge(message: &str, facts: &Facts, json: &str) -> filter_engine::Verdict {
    evaluate(&Message::parse(Envelope::default(), message.as_bytes()), facts, &settings(json))
}

/// QUA-23, FIL-04.
#[test]
fn the_test_string_is_held_and_refused() {
    let verdict = judge(GTUBE, &Facts::default(), "{}");
    assert_eq!((verdict.action, verdict.classification), (Action::Quarantine, Classification::Spam));
    assert!(verdict.hold && verdict.smtp_reject);
    assert_eq!(verdict.evidence_header, "GTUBE (1.00)");
    assert_eq!(verdict.recommended_action, RecommendedAction::Reject);
}

/// FIL-15.
#[test]
fn with_the_response_accept_the_sender_hears_nothing_of_it() {
    let verdict = judge(GTUBE, &Facts::default(), r#"{"incoming.quarantine_response": "accept"}"#);
    assert!(verdict.hold && !verdict.smtp_reject);
}

/// FIL-03, FIL-04, FIL-09, FIL-11.
#[test]
fn with_the_quarantine_off_spam_is_delivered_and_marked() {
    let json = r#"{"incoming.quarantine_enabled": false, "incoming.spam_notation": "[SPAM]"}"#;
    let verdict = judge(GTUBE, &Facts::default(), json);
    assert_eq!(verdict.action, Action::Tag);
    assert!(!verdict.hold && !verdict.smtp_reject);
    assert_eq!(verdict.subject_notation.as_deref(), Some("[SPAM]"));
    assert_eq!(verdict.recommended_action, RecommendedAction::Reject);
}

/// SWL-03.
#[test]
fn an_allowed_sender_may_send_the_test_string() {
    let facts = Facts { allowed: Some("example.com".into()), ..Facts::default() };
    let verdict = judge(GTUBE, &facts, "{}");
    assert_eq!((verdict.action, verdict.classification), (Action::Deliver, Classification::Allowed));
    assert_eq!(verdict.recommended_action, RecommendedAction::Accept);
    assert_eq!(verdict.classification.header(), "whitelisted");
}

/// SBL-03, SBL-04.
#[test]
fn a_blocked_sender_is_refused_and_not_held() {
    let facts = Facts { blocked: Some("example.com".into()), ..Facts::default() };
    let verdict = judge("Subject: hello\r\n\r\nhello\r\n", &facts, "{}");
    assert_eq!((verdict.action, verdict.classification), (Action::Reject, Classification::Blocked));
    assert!(!verdict.hold && verdict.smtp_reject);
}
