//! From findings to what the node has to do (FIL-03 … FIL-11, FIL-15, QUA-23, QUA-24, SBL-03, SBL-04, SWL-03).

use crate::finding::{Finding, Outcome, Tag};
use contract::{
    messages::{Classification, Evidence},
    settings::{Settings, Text, incoming},
};

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Delivered as it is.
    Deliver,
    /// Delivered and marked as unsure or as spam.
    Tag,
    /// Held.
    Quarantine,
    /// Refused and not held.
    Reject,
}

impl Action {
    /// Its name in text cases and in logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deliver => "deliver",
            Self::Tag => "tag",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        }
    }
}

/// The value of the header `X-Recommended-Action` (FIL-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecommendedAction {
    /// The destination should take the message.
    Accept,
    /// The destination should refuse the message.
    Reject,
}

impl RecommendedAction {
    /// The value of the header.
    pub const fn header(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reject => "reject",
        }
    }
}

/// What a message is, for one recipient, and what to do with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What becomes of it.
    pub action: Action,
    /// What it was taken for; `classification.header()` is the value of `X-Gatepost-Class`.
    pub classification: Classification,
    /// How likely it is spam, 0–1.
    pub score: f64,
    /// What moved the score, the strongest first. The weights add up to the log-odds of the score.
    pub evidence: Vec<Evidence>,
    /// The value of `X-Gatepost-Evidence` (FIL-10), such as `Combined (0.96)`.
    pub evidence_header: String,
    /// The value of `X-Recommended-Action` (FIL-11).
    pub recommended_action: RecommendedAction,
    /// What the subject of the delivered message begins with (FIL-08, FIL-09); `None` for nothing.
    pub subject_notation: Option<String>,
    /// Whether it goes to the quarantine.
    pub hold: bool,
    /// Whether the SMTP answer refuses it for good (5xx); otherwise it is taken (250).
    pub smtp_reject: bool,
    /// What kinds of message the evidence points to, each once. Phishing and malware only where the score is at least
    /// [`TAGGED_SCORE`]: single findings occur in good mail, too.
    pub tags: Vec<Tag>,
    /// The symbol that decided alone; `None` where the score did. Chooses the words of the SMTP answer.
    pub decisive: Option<&'static str>,
}

/// Adds up the findings and derives from the settings what to do.
pub(crate) fn judge(mut findings: Vec<Finding>, settings: &Settings) -> Verdict {
    findings.sort_by(|one, other| other.weight.abs().total_cmp(&one.weight.abs()));
    let score = probability(findings.iter().map(|finding| finding.weight).sum());
    let decisive = findings
        .iter()
        .map(|finding| finding.symbol)
        .filter(|symbol| symbol.outcome != Outcome::Weighs)
        .max_by_key(|symbol| symbol.outcome);
    let classification = classify(score, decisive.map_or(Outcome::Weighs, |symbol| symbol.outcome), settings);
    let action = act(classification, settings);
    let refused = match action {
        Action::Deliver | Action::Tag => false,
        Action::Quarantine => settings.get(&incoming::QUARANTINE_RESPONSE) == incoming::REJECT,
        Action::Reject => true,
    };
    Verdict {
        action,
        classification,
        score,
        evidence_header: evidence_header(score, decisive.map(|symbol| symbol.name)),
        recommended_action: recommend(classification),
        subject_notation: notation(classification, action, settings),
        hold: action == Action::Quarantine,
        smtp_reject: refused,
        tags: tags(&findings, score),
        decisive: decisive.map(|symbol| symbol.name),
        evidence: findings
            .into_iter()
            .map(|finding| Evidence {
                symbol: finding.symbol.name.to_owned(),
                weight: finding.weight,
                detail: finding.detail,
            })
            .collect(),
    }
}

/// The score from which on a message is said to be phishing or malware.
pub const TAGGED_SCORE: f64 = 0.5;

fn tags(findings: &[Finding], score: f64) -> Vec<Tag> {
    let tags = findings.iter().filter_map(|finding| finding.symbol.tag);
    let mut tags: Vec<Tag> = tags.filter(|tag| *tag == Tag::Bulk || score >= TAGGED_SCORE).collect();
    tags.sort_unstable();
    tags.dedup();
    tags
}

/// The probability of these log-odds.
pub(crate) fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// FIL-05 … FIL-07: reaching a threshold counts. An unsure threshold above the other one has no effect.
fn classify(score: f64, outcome: Outcome, settings: &Settings) -> Classification {
    match outcome {
        Outcome::Allowed => Classification::Allowed,
        Outcome::Blocked => Classification::Blocked,
        Outcome::Virus => Classification::Virus,
        Outcome::Rejected => Classification::Rejected,
        Outcome::Phishing => Classification::Phishing,
        Outcome::Spam => Classification::Spam,
        Outcome::Weighs if score >= settings.get(&incoming::QUARANTINE_THRESHOLD) => Classification::Spam,
        Outcome::Weighs if score >= settings.get(&incoming::UNSURE_THRESHOLD) => Classification::Unsure,
        Outcome::Weighs => Classification::NotSpam,
    }
}

/// FIL-03, FIL-04; a virus is held whatever the settings (QUA-24).
fn act(classification: Classification, settings: &Settings) -> Action {
    match classification {
        Classification::NotSpam | Classification::Allowed => Action::Deliver,
        Classification::Unsure => Action::Tag,
        Classification::Virus | Classification::Attachment => Action::Quarantine,
        Classification::Spam | Classification::Phishing => {
            if settings.get(&incoming::QUARANTINE_ENABLED) {
                Action::Quarantine
            } else {
                Action::Tag
            }
        }
        Classification::Blocked
        | Classification::Oversize
        | Classification::Rejected
        | Classification::Deferred => Action::Reject,
    }
}

/// FIL-11.
const fn recommend(classification: Classification) -> RecommendedAction {
    match classification {
        Classification::NotSpam | Classification::Unsure | Classification::Allowed => {
            RecommendedAction::Accept
        }
        _ => RecommendedAction::Reject,
    }
}

/// FIL-08, FIL-09: only what is delivered is marked, and only where there is something to mark it with.
fn notation(classification: Classification, action: Action, settings: &Settings) -> Option<String> {
    let setting = match (action, classification) {
        (Action::Tag, Classification::Unsure) => &incoming::UNSURE_NOTATION,
        (Action::Tag, _) => &incoming::SPAM_NOTATION,
        _ => return None,
    };
    let Text(notation) = settings.get(setting);
    (!notation.is_empty()).then(|| notation.into_owned())
}

/// FIL-10: two decimals, cut and not rounded, so that 0.899 does not read as if it had reached 0.90.
fn evidence_header(score: f64, decisive: Option<&str>) -> String {
    let shown = (score * 100.0 + 1e-9).floor() / 100.0;
    match decisive {
        Some(symbol) => format!("{symbol} ({shown:.2})"),
        None => format!("Combined ({shown:.2})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Symbol;
    use contract::settings::Overrides;

    static ODD: Symbol = Symbol::weighing("ODD", 0.0);

    fn of_score(score: f64, overrides: &[(&str, serde_json::Value)]) -> Verdict {
        let finding = Finding { weight: (score / (1.0 - score)).ln(), ..Finding::of(&ODD) };
        let overrides: Overrides =
            overrides.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        judge(vec![finding], &Settings::resolve([&overrides]))
    }

    /// FIL-05, FIL-07, FIL-10.
    #[test]
    fn the_default_thresholds_divide_good_mail_unsure_mail_and_spam() {
        for (score, classification) in [
            (0.05, Classification::NotSpam),
            (0.5, Classification::Unsure),
            (0.89, Classification::Unsure),
            (0.95, Classification::Spam),
        ] {
            assert_eq!(of_score(score, &[]).classification, classification, "{score}");
        }
        assert_eq!(of_score(0.96, &[]).evidence_header, "Combined (0.96)");
        assert_eq!(of_score(0.8999, &[]).evidence_header, "Combined (0.89)");
    }

    /// FIL-05, FIL-07: reaching a threshold counts.
    #[test]
    fn the_boundary_belongs_to_the_higher_class() {
        let spam = of_score(0.5, &[("incoming.quarantine_threshold", 0.5.into())]);
        assert_eq!(spam.classification, Classification::Spam);
        let unsure = of_score(0.5, &[("incoming.unsure_threshold", 0.5.into())]);
        assert_eq!(unsure.classification, Classification::Unsure);
    }

    /// FIL-06.
    #[test]
    fn a_higher_threshold_never_makes_more_spam() {
        for hundredths in 1..100 {
            let score = f64::from(hundredths) / 100.0;
            let spam_at = |threshold: f64| {
                of_score(score, &[("incoming.quarantine_threshold", threshold.into())]).classification
                    == Classification::Spam
            };
            assert!(spam_at(0.3) || !spam_at(0.6), "{score}");
            assert!(spam_at(0.6) || !spam_at(0.9), "{score}");
        }
    }
}
