//! What becomes of a message for one recipient: the engine's verdict, and what the recipient's settings object to
//! besides (C17, FIL-18). Decides nothing for anybody else.

use crate::{
    content::{Inventory, objection},
    form::Form,
    scanner::Scan,
    smtp::protocol::Reason,
};
use contract::{
    messages::{Classification, Evidence},
    settings::{
        Settings,
        content::{PASS, SCAN_ALLOWED_MAIL, SCANNER_AWAY},
        incoming::{QUARANTINE_RESPONSE, REJECT, SKIP_LINE_LENGTH_CHECK},
        size::{LIMIT_MB, QUARANTINE_OVERSIZED},
    },
};
use filter_engine::Verdict;

/// Octets a line may have (X-05, RFC 5322 §2.1.1).
const MAX_LINE: u64 = 998;
/// Octets of a megabyte (SIZ-02).
const MEGABYTE: u64 = 1024 * 1024;

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It goes on.
    Deliver,
    /// Held; whether the client hears a refusal is the settings' choice (FIL-15).
    Hold {
        /// Why.
        reason: Reason,
        /// Whether the client hears of it.
        is_refused: bool,
    },
    /// Neither taken nor held.
    Refuse(Reason),
}

impl Outcome {
    /// What the client hears, if it hears a refusal.
    pub const fn refusal(self) -> Option<Reason> {
        match self {
            Self::Refuse(reason) | Self::Hold { reason, is_refused: true } => Some(reason),
            _ => None,
        }
    }
}

/// What happens, and what the log says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Ruling {
    /// What happens.
    pub outcome: Outcome,
    /// What it was taken for.
    pub classification: Classification,
    /// The reason that the log shows, where the engine's verdict does not tell it.
    pub reason: Option<Reason>,
    /// What was found besides what the engine found.
    pub found: Option<Evidence>,
}

/// What is known of a message besides the verdicts.
#[derive(Debug, Default)]
pub struct Known {
    /// Its size in octets.
    pub size: u64,
    /// Octets of its longest line.
    pub longest_line: u64,
    /// What it carries.
    pub inventory: Inventory,
    /// What the virus scanner says.
    pub scan: Scan,
    /// Its form.
    pub form: Form,
}

fn refused(reason: Reason) -> Ruling {
    let is_final = reason.reply().code >= 500;
    let classification = if is_final { Classification::Rejected } else { Classification::Deferred };
    Ruling { outcome: Outcome::Refuse(reason), classification, reason: Some(reason), found: None }
}

/// What the size limit of a recipient makes of a message of so many octets, before its content is looked at (SIZ-03):
/// whether it is refused.
pub fn is_refused_for_size(octets: u64, settings: &Settings) -> bool {
    is_too_large(octets, settings) && !settings.get(&QUARANTINE_OVERSIZED)
}

fn is_too_large(octets: u64, settings: &Settings) -> bool {
    let limit = u64::try_from(settings.get(&LIMIT_MB)).unwrap_or(0);
    limit > 0 && octets > limit.saturating_mul(MEGABYTE)
}

/// Decides for the recipient whose settings these are. Without a verdict nothing is judged but the form that mail
/// must have to be passed on.
pub fn rule(known: &Known, verdict: Option<&Verdict>, settings: &Settings) -> Ruling {
    // FIL-14.
    if known.longest_line > MAX_LINE && !settings.get(&SKIP_LINE_LENGTH_CHECK) {
        return refused(Reason::LineTooLong);
    }
    let by_verdict = of_verdict(verdict);
    let decided = by_verdict.classification;
    let hold = |reason, classification, symbol: &str, detail: &str| Ruling {
        outcome: Outcome::Hold { reason, is_refused: settings.get(&QUARANTINE_RESPONSE) == REJECT },
        classification,
        reason: None,
        found: Some(evidence(symbol, detail)),
    };
    match (decided, &known.scan) {
        (Classification::Allowed, Scan::Found(name)) if settings.get(&SCAN_ALLOWED_MAIL) => {
            return hold(Reason::Virus, Classification::Virus, "VIRUS_FOUND", name);
        }
        (Classification::Allowed | Classification::Blocked | Classification::Virus, _) => return by_verdict,
        _ => {}
    }
    if is_too_large(known.size, settings) {
        if settings.get(&QUARANTINE_OVERSIZED) {
            let size = known.size.to_string();
            return hold(Reason::TooLarge, Classification::Oversize, "CONTENT_OVERSIZE", &size);
        }
        return Ruling { classification: Classification::Oversize, ..refused(Reason::TooLarge) };
    }
    if verdict.is_none() {
        return by_verdict;
    }
    if let Some(reason) = known.form.objection(settings) {
        return refused(reason);
    }
    if let Some(objection) = objection::find(&known.inventory, &known.scan, settings) {
        return hold(Reason::Attachment, Classification::Attachment, objection.symbol, &objection.detail);
    }
    match &known.scan {
        Scan::Away(_) if settings.get(&SCANNER_AWAY) != PASS && by_verdict.outcome == Outcome::Deliver => {
            refused(Reason::ScannerAway)
        }
        Scan::Away(why) => Ruling { found: Some(evidence("VIRUS_NOT_SCANNED", why)), ..by_verdict },
        _ => by_verdict,
    }
}

fn evidence(symbol: &str, detail: &str) -> Evidence {
    let detail = detail.chars().map(|one| if one.is_control() { ' ' } else { one }).take(120).collect();
    Evidence { symbol: symbol.to_owned(), weight: 0.0, detail }
}

fn of_verdict(verdict: Option<&Verdict>) -> Ruling {
    let Some(verdict) = verdict else {
        let classification = Classification::NotSpam;
        return Ruling { outcome: Outcome::Deliver, classification, reason: None, found: None };
    };
    let reason = match verdict.classification {
        Classification::Virus => Reason::Virus,
        Classification::Attachment => Reason::Attachment,
        Classification::Blocked => Reason::Blocked,
        Classification::Oversize => Reason::TooLarge,
        Classification::Rejected | Classification::Deferred => Reason::Content,
        _ => Reason::Spam,
    };
    let outcome = if verdict.hold {
        Outcome::Hold { reason, is_refused: verdict.smtp_reject }
    } else if verdict.smtp_reject {
        Outcome::Refuse(reason)
    } else {
        Outcome::Deliver
    };
    Ruling { outcome, classification: verdict.classification, reason: None, found: None }
}
