//! What the outside world said of a message: looked up or measured by the node before the message is judged.
//! A look-up that failed or was not made is a value, never an error: it moves nothing.

/// Everything a check may know beyond the message itself. The default knows nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// When the message was received, in seconds since 1970 UTC. Without it the Date header is not judged.
    pub received_at: Option<i64>,
    /// The sending server's name by reverse DNS, confirmed forward; empty if it has none. `None`: not looked up.
    pub client_host: Option<String>,
    /// Bytes of the whole message, of which the engine may have seen only the beginning.
    pub size: Option<u64>,
    /// Octets of its longest line, without the line end (FIL-14). `None`: measured in the bytes the engine has seen.
    pub longest_line: Option<u64>,
    /// SPF (RFC 7208) of MAIL FROM, or of HELO for the null sender.
    pub spf: AuthenticationResult,
    /// DKIM (RFC 6376): the best signature.
    pub dkim: AuthenticationResult,
    /// DMARC (RFC 7489): alignment of the From header.
    pub dmarc: AuthenticationResult,
    /// What the domain of the From header asks to be done where DMARC fails.
    pub dmarc_policy: DmarcPolicy,
    /// The entry of an allow list that matched sender or recipient. Switches every check off (SWL-03).
    pub allowed: Option<String>,
    /// The entry of a block list that matched. The node has already weighed it against allow lists.
    pub blocked: Option<String>,
    /// What a virus scanner said.
    pub virus: VirusScan,
}

/// The result of SPF, DKIM or DMARC, in the words of RFC 8601 §2.7.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthenticationResult {
    /// Not looked up, or the look-up did not answer in time.
    #[default]
    Unavailable,
    /// There is nothing to check against.
    None,
    /// The sender is authentic.
    Pass,
    /// The sender is forged.
    Fail,
    /// The sender is probably forged (SPF).
    SoftFail,
    /// The domain does not say (SPF), or the signature is unusable (DKIM).
    Neutral,
    /// The check failed for now.
    TemporaryError,
    /// The domain's record or the signature is broken.
    PermanentError,
}

impl AuthenticationResult {
    /// Its word in `Authentication-Results` (RFC 8601) and in the log; empty where it was not looked up.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unavailable => "",
            Self::None => "none",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::SoftFail => "softfail",
            Self::Neutral => "neutral",
            Self::TemporaryError => "temperror",
            Self::PermanentError => "permerror",
        }
    }

    /// The result of that word; [`Self::Unavailable`] for an unknown one.
    pub fn from_name(name: &str) -> Self {
        match name {
            "none" => Self::None,
            "pass" => Self::Pass,
            "fail" => Self::Fail,
            "softfail" => Self::SoftFail,
            "neutral" => Self::Neutral,
            "temperror" => Self::TemporaryError,
            "permerror" => Self::PermanentError,
            _ => Self::Unavailable,
        }
    }
}

/// What a domain asks to be done with mail that fails DMARC (RFC 7489 §6.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DmarcPolicy {
    /// Nothing, or there is no record.
    #[default]
    None,
    /// Hold it.
    Quarantine,
    /// Refuse it.
    Reject,
}

/// What a virus scanner said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum VirusScan {
    /// There is no scanner, or it did not answer in time.
    #[default]
    Unavailable,
    /// Nothing was found.
    Clean,
    /// This was found.
    Found(String),
}
