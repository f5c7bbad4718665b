//! What a check reports: a symbol, how far it moves the log-odds of spam, and what exactly was found.

/// What kind of finding a symbol is, and its weight. Weights are data: one table per check.
#[derive(Debug, PartialEq)]
pub struct Symbol {
    /// `UPPER_SNAKE`, prefixed by its check. Its text is `symbol.<name>` in the locales.
    pub name: &'static str,
    /// How far it moves the log-odds of spam; negative towards good mail. A finding can carry its own.
    pub weight: f64,
    /// Whether it decides alone.
    pub outcome: Outcome,
    /// What kind of message it points to, if any.
    pub tag: Option<Tag>,
}

/// What kind of message it is, beside the score. Decides nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tag {
    /// Pretends to be somebody else to get at secrets.
    Phishing,
    /// Carries what does harm when it is opened.
    Malware,
    /// Sent to many: newsletters, lists, notices.
    Bulk,
}

impl Tag {
    /// Its name in text cases and in logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Phishing => "phishing",
            Self::Malware => "malware",
            Self::Bulk => "bulk",
        }
    }
}

impl Symbol {
    /// A symbol that moves the score and decides nothing alone.
    pub const fn weighing(name: &'static str, weight: f64) -> Self {
        Self { name, weight, outcome: Outcome::Weighs, tag: None }
    }

    /// The same, pointing to a kind of message.
    #[must_use]
    pub const fn tagged(self, tag: Tag) -> Self {
        Self { tag: Some(tag), ..self }
    }

    /// A symbol that decides alone.
    pub const fn decisive(name: &'static str, outcome: Outcome) -> Self {
        let weight = match outcome {
            Outcome::Weighs => 0.0,
            Outcome::Allowed => -CERTAIN,
            _ => CERTAIN,
        };
        let tag = match outcome {
            Outcome::Phishing => Some(Tag::Phishing),
            Outcome::Virus => Some(Tag::Malware),
            _ => None,
        };
        Self { name, weight, outcome, tag }
    }
}

/// The log-odds of a decisive finding: rounds to a score of 0 or 1 whatever else was found.
pub const CERTAIN: f64 = 30.0;

/// The farthest a finding that is not decisive moves the log-odds: below the default threshold of 0.9, so that
/// none decides alone.
pub const LIMIT: f64 = 2.15;

/// What a symbol decides alone. Ordered: of several, the last decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Nothing: it moves the score.
    Weighs,
    /// Spam.
    Spam,
    /// Pretends to be somebody else; held whatever the score.
    Phishing,
    /// Refused and not held, for its form.
    Rejected,
    /// Carries a virus: blocked and held whatever the settings (QUA-24).
    Virus,
    /// On a block list: refused, not held (SBL-03, SBL-04).
    Blocked,
    /// On an allow list: delivered, nothing else is checked (SWL-03).
    Allowed,
}

impl Outcome {
    /// Whether no further check is of any use.
    pub(crate) const fn ends_judgement(self) -> bool {
        matches!(self, Self::Allowed | Self::Blocked)
    }
}

/// Something a check found.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What.
    pub symbol: &'static Symbol,
    /// How far it moves the log-odds of spam.
    pub weight: f64,
    /// What exactly; empty if the symbol says all. At most [`Finding::DETAIL_LIMIT`] characters.
    pub detail: String,
}

impl Finding {
    /// The most characters of a detail.
    pub const DETAIL_LIMIT: usize = 120;

    /// A finding of the symbol's own weight.
    pub fn of(symbol: &'static Symbol) -> Self {
        Self { symbol, weight: symbol.weight, detail: String::new() }
    }

    /// A finding with its detail: of hostile origin, therefore cut and stripped of control characters.
    pub fn with(symbol: &'static Symbol, detail: &str) -> Self {
        let detail = detail
            .chars()
            .map(|one| if one.is_control() { ' ' } else { one })
            .take(Self::DETAIL_LIMIT)
            .collect();
        Self { symbol, weight: symbol.weight, detail }
    }

    /// The same with another weight, kept within [`LIMIT`].
    #[must_use]
    pub fn weighing(self, weight: f64) -> Self {
        Self { weight: weight.clamp(-LIMIT, LIMIT), ..self }
    }
}
