//! Whether a message is from whom it says: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489), and what those say who
//! passed it on (ARC, RFC 8617). Signatures and look-ups are bounded (S14); what is not known in time is a temporary error, never a failure.

use super::{BUDGET, Lookups, spf};
use contract::messages::Authentication;
use filter_engine::{AuthenticationResult, DmarcPolicy};
use mail_auth::{
    ArcOutput, AuthenticatedMessage, DkimOutput, DkimResult, DmarcOutput, DmarcResult, Error,
    MessageAuthenticator, SpfOutput, SpfResult,
    dkim::DkimError,
    dmarc::{Policy, verify::DmarcParameters},
};
use std::{fmt::Write, net::IpAddr, sync::Arc};
use tokio::{
    task::JoinHandle,
    time::{Instant, timeout_at},
};

/// Signatures that are verified; further ones are ignored.
const SIGNATURES: usize = 10;
/// Octets of the header beyond which signatures are not looked for.
const HEADER: usize = 1024 * 1024;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The address of the sending server.
    pub client_ip: IpAddr,
    /// What it called itself.
    pub helo: &'a str,
    /// MAIL FROM; empty for the null sender.
    pub sender: &'a str,
    /// The name of this node.
    pub hostname: &'a str,
    /// The message as received, or its beginning.
    pub message: &'a [u8],
    /// Whether that is the whole: signatures cover all of it.
    pub is_whole: bool,
}

/// What the sender's domain says of a message. The default says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authenticity {
    /// SPF of MAIL FROM, or of the name in EHLO for the null sender.
    pub spf: AuthenticationResult,
    /// The best signature.
    pub dkim: AuthenticationResult,
    /// The chain of those who passed it on.
    pub arc: AuthenticationResult,
    /// The domain that sealed the chain last, in lower case; empty where the chain does not hold, or DMARC did not
    /// hold before it.
    pub arc_sealer: String,
    /// Whether one of the two is of the domain of the From header.
    pub dmarc: AuthenticationResult,
    /// What that domain wants done with what fails.
    pub dmarc_policy: DmarcPolicy,
    /// What follows the node's name in `Authentication-Results` (RFC 8601 §2.2); empty where nothing was asked.
    pub results: String,
}

impl Authenticity {
    /// Whether the sender's domain says that others sent this. What it does not say, or was not heard in time, is
    /// held against nobody.
    pub fn is_forged(&self) -> bool {
        match self.spf {
            // Whoever sent it may use this MAIL FROM, to which a bounce would go.
            AuthenticationResult::Pass => false,
            AuthenticationResult::Fail | AuthenticationResult::SoftFail => {
                self.dkim != AuthenticationResult::Pass
            }
            _ => self.dmarc == AuthenticationResult::Fail,
        }
    }

    /// The same in the words of the log.
    pub fn in_words(&self) -> Authentication {
        Authentication {
            spf: self.spf.name().to_owned(),
            dkim: self.dkim.name().to_owned(),
            dmarc: self.dmarc.name().to_owned(),
            arc: self.arc.name().to_owned(),
        }
    }
}

impl Lookups {
    /// Asks whether a message is from whom it says, with the SPF that was asked for before, if it was. Takes at most two seconds; says nothing where the domain name
    /// system may not be asked.
    pub async fn judge_sender(&self, question: &Question<'_>, asked: Option<SenderPolicy>) -> Authenticity {
        let Some(dns) = self.awake() else { return Authenticity::default() };
        let deadline = Instant::now() + BUDGET;
        let seen = Seen::of(question);
        let (spf, dkim, arc) = tokio::join!(
            async {
                match asked {
                    Some(asked) => asked.answer().await,
                    None => timeout_at(deadline, Box::pin(asked_spf(dns, &question.origin()))).await.ok(),
                }
            },
            timeout_at(deadline, Box::pin(dkim(dns, &seen))),
            timeout_at(deadline, Box::pin(arc(dns, &seen)))
        );
        let is_late = spf.is_none() || dkim.is_err() || arc.is_err();
        let spf = spf.unwrap_or_else(|| SpfOutput::new(String::new()).with_result(SpfResult::TempError));
        let dkim_result = match &dkim {
            Err(_) => AuthenticationResult::TemporaryError,
            Ok(_) if seen.is_unreadable => AuthenticationResult::Unavailable,
            Ok(outputs) => best(outputs),
        };
        let dkim = dkim.unwrap_or_default();
        let dmarc = timeout_at(deadline, Box::pin(dmarc(dns, question, &seen, (&spf, &dkim)))).await;
        self.note(!is_late && dmarc.is_ok());
        let mut authenticity =
            Authenticity { spf: spf_word(spf.result()), dkim: dkim_result, ..Authenticity::default() };
        (authenticity.arc, authenticity.arc_sealer) =
            arc.unwrap_or((AuthenticationResult::TemporaryError, String::new()));
        match &dmarc {
            Err(_) => authenticity.dmarc = AuthenticationResult::TemporaryError,
            Ok(output) => {
                authenticity.dmarc = dmarc_word(output, dkim_result);
                authenticity.dmarc_policy = policy(output);
            }
        }
        authenticity.results = results(&authenticity, question, &dkim, dmarc.as_ref().ok());
        authenticity
    }
}

/// Who sends, as SPF sees it.
#[derive(Clone, Copy)]
struct Origin<'a> {
    client_ip: IpAddr,
    helo: &'a str,
    sender: &'a str,
    hostname: &'a str,
}

impl<'a> Question<'a> {
    const fn origin(&self) -> Origin<'a> {
        let Self { client_ip, helo, sender, hostname, .. } = *self;
        Origin { client_ip, helo, sender, hostname }
    }
}

/// SPF of a sender, asked for while the message comes in. Nobody asks on when it is dropped.
#[derive(Debug)]
pub struct SenderPolicy(JoinHandle<Option<SpfOutput>>);

impl SenderPolicy {
    /// Begins to ask; none where the domain name system may not be asked.
    pub fn ask(
        lookups: &Arc<Lookups>,
        client_ip: IpAddr,
        helo: &str,
        sender: &str,
        hostname: &str,
    ) -> Option<Self> {
        lookups.awake()?;
        let lookups = lookups.clone();
        let [helo, sender, hostname] = [helo, sender, hostname].map(str::to_owned);
        Some(Self(tokio::spawn(async move {
            let dns = lookups.dns.as_ref()?;
            let asked = Origin { client_ip, helo: &helo, sender: &sender, hostname: &hostname };
            timeout_at(Instant::now() + BUDGET, Box::pin(asked_spf(dns, &asked))).await.ok()
        })))
    }

    /// The answer; none if there was none in time.
    async fn answer(mut self) -> Option<SpfOutput> {
        (&mut self.0).await.ok().flatten()
    }
}

impl Drop for SenderPolicy {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The parts of a message that authenticity is about.
struct Seen<'a> {
    message: Option<AuthenticatedMessage<'a>>,
    /// It has signatures that cannot be verified, because the message is too large.
    is_unreadable: bool,
}

impl<'a> Seen<'a> {
    fn of(question: &Question<'a>) -> Self {
        let end = memchr::memmem::find(question.message, b"\r\n\r\n");
        let header_end = end.map_or(question.message.len(), |at| at + 4);
        let is_verifiable = question.is_whole && header_end <= HEADER;
        let header = question.message.get(..header_end.min(HEADER)).unwrap_or_default();
        let octets = if is_verifiable { question.message } else { header };
        let mut message = AuthenticatedMessage::parse(octets);
        let mut is_unreadable = false;
        if let Some(message) = &mut message {
            message.errors.truncate(SIGNATURES);
            message.dkim_headers.truncate(SIGNATURES);
            if !is_verifiable {
                is_unreadable = !message.dkim_headers.is_empty() || !message.ams_headers.is_empty();
                message.dkim_headers.clear();
            }
        }
        Self { message, is_unreadable }
    }
}

async fn asked_spf(dns: &MessageAuthenticator, asked: &Origin<'_>) -> SpfOutput {
    let Origin { client_ip, helo, sender, hostname } = *asked;
    let sender = spf::Sender { address: client_ip, helo, mail_from: sender, receiver: hostname };
    let (domain, result) = spf::check(&dns.0, sender).await;
    SpfOutput::new(domain).with_result(result)
}

async fn dkim<'a>(dns: &MessageAuthenticator, seen: &'a Seen<'_>) -> Vec<DkimOutput<'a>> {
    match &seen.message {
        Some(message) => dns.verify_dkim(message).await,
        None => Vec::new(),
    }
}

/// The chain, and who sealed it last with the word that DMARC held before (RFC 8617 §7.2.1).
async fn arc(dns: &MessageAuthenticator, seen: &Seen<'_>) -> (AuthenticationResult, String) {
    let Some(message) = &seen.message else { return (AuthenticationResult::None, String::new()) };
    if seen.is_unreadable {
        return Default::default();
    }
    if !is_a_chain(message) {
        return (AuthenticationResult::Fail, String::new());
    }
    let output: ArcOutput<'_> = dns.verify_arc(message).await;
    let result = match output.result() {
        DkimResult::Pass => AuthenticationResult::Pass,
        DkimResult::None => AuthenticationResult::None,
        DkimResult::TempError(_) => AuthenticationResult::TemporaryError,
        DkimResult::Neutral(_) | DkimResult::Fail(_) | DkimResult::PermError(_) => AuthenticationResult::Fail,
    };
    let sealer = output.sets().last().filter(|set| {
        let seen_before = String::from_utf8_lossy(set.results.value).to_ascii_lowercase();
        result == AuthenticationResult::Pass && seen_before.contains("dmarc=pass")
    });
    (result, sealer.map(|set| set.seal.header.d.to_ascii_lowercase()).unwrap_or_default())
}

/// What RFC 8617 §4.1 demands of the fields of a chain before any of them is verified: as many of each, no weak
/// algorithm, no seal among what a signature covers.
fn is_a_chain(message: &AuthenticatedMessage<'_>) -> bool {
    let sets = message.ams_headers.len();
    message.as_headers.len() == sets
        && message.aar_headers.len() == sets
        && message.ams_headers.iter().all(|signature| {
            let text = String::from_utf8_lossy(signature.value).to_ascii_lowercase();
            let says_algorithm = text.split(';').any(|tag| {
                matches!(tag.split_once('='), Some((name, value)) if name.trim() == "a" && value.trim().ends_with("-sha256"))
            });
            says_algorithm && !signature.header.h.iter().any(|name| name.eq_ignore_ascii_case("ARC-Seal"))
        })
}

async fn dmarc(
    dns: &MessageAuthenticator,
    question: &Question<'_>,
    seen: &Seen<'_>,
    (spf, dkim): (&SpfOutput, &[DkimOutput<'_>]),
) -> DmarcOutput {
    let Some(message) = &seen.message else { return DmarcOutput::default() };
    let domain = question.sender.rsplit_once('@').map_or(question.helo, |(_, domain)| domain);
    dns.verify_dmarc(DmarcParameters::new(message, dkim, domain, spf)).await
}

/// The best of the signatures.
fn best(outputs: &[DkimOutput<'_>]) -> AuthenticationResult {
    let rank = |result: &AuthenticationResult| match result {
        AuthenticationResult::Pass => 0,
        AuthenticationResult::TemporaryError => 1,
        AuthenticationResult::Fail => 2,
        AuthenticationResult::PermanentError => 3,
        _ => 4,
    };
    outputs
        .iter()
        .map(|output| dkim_word(output.result()))
        .min_by_key(rank)
        .unwrap_or(AuthenticationResult::None)
}

fn dkim_word(result: &DkimResult) -> AuthenticationResult {
    match result {
        DkimResult::Pass => AuthenticationResult::Pass,
        // The content was changed: RFC 8601 §2.7.1 calls it a failure.
        DkimResult::Neutral(Error::Dkim(DkimError::FailedBodyHashMatch)) | DkimResult::Fail(_) => {
            AuthenticationResult::Fail
        }
        DkimResult::Neutral(_) => AuthenticationResult::Neutral,
        DkimResult::PermError(_) => AuthenticationResult::PermanentError,
        DkimResult::TempError(_) => AuthenticationResult::TemporaryError,
        DkimResult::None => AuthenticationResult::None,
    }
}

const fn spf_word(result: SpfResult) -> AuthenticationResult {
    match result {
        SpfResult::Pass => AuthenticationResult::Pass,
        SpfResult::Fail => AuthenticationResult::Fail,
        SpfResult::SoftFail => AuthenticationResult::SoftFail,
        SpfResult::Neutral => AuthenticationResult::Neutral,
        SpfResult::TempError => AuthenticationResult::TemporaryError,
        SpfResult::PermError => AuthenticationResult::PermanentError,
        SpfResult::None => AuthenticationResult::None,
    }
}

fn dmarc_word(output: &DmarcOutput, dkim: AuthenticationResult) -> AuthenticationResult {
    match output.result() {
        DmarcResult::Pass => AuthenticationResult::Pass,
        // A signature that could not be verified may have been the domain's own.
        DmarcResult::Fail(_) if dkim == AuthenticationResult::Unavailable => {
            AuthenticationResult::Unavailable
        }
        DmarcResult::Fail(_) if dkim == AuthenticationResult::TemporaryError => {
            AuthenticationResult::TemporaryError
        }
        DmarcResult::Fail(_) => AuthenticationResult::Fail,
        DmarcResult::TempError(_) => AuthenticationResult::TemporaryError,
        DmarcResult::PermError(_) => AuthenticationResult::PermanentError,
        DmarcResult::None => AuthenticationResult::None,
    }
}

fn policy(output: &DmarcOutput) -> DmarcPolicy {
    match output.policy() {
        Policy::Reject => DmarcPolicy::Reject,
        Policy::Quarantine => DmarcPolicy::Quarantine,
        Policy::None | Policy::Unspecified => DmarcPolicy::None,
    }
}

/// RFC 8601 §2.2, without the name of the node before it.
fn results(
    authenticity: &Authenticity,
    question: &Question<'_>,
    dkim: &[DkimOutput<'_>],
    dmarc: Option<&DmarcOutput>,
) -> String {
    let mut text = format!("spf={}", authenticity.spf.name());
    let (property, value) = match question.sender {
        "" => ("smtp.helo", question.helo),
        sender => ("smtp.mailfrom", sender),
    };
    add_property(&mut text, property, value);
    if dkim.is_empty() && authenticity.dkim != AuthenticationResult::Unavailable {
        let _ = write!(text, "; dkim={}", authenticity.dkim.name());
    }
    for output in dkim {
        let _ = write!(text, "; dkim={}", dkim_word(output.result()).name());
        if let Some(signature) = output.signature() {
            add_property(&mut text, "header.d", &signature.d);
            add_property(&mut text, "header.s", &signature.s);
        }
    }
    if !matches!(authenticity.arc, AuthenticationResult::Unavailable | AuthenticationResult::None) {
        let _ = write!(text, "; arc={}", authenticity.arc.name());
    }
    if authenticity.dmarc != AuthenticationResult::Unavailable {
        let _ = write!(text, "; dmarc={}", authenticity.dmarc.name());
        add_property(&mut text, "header.from", dmarc.map_or("", DmarcOutput::domain));
    }
    text
}

/// Adds a property whose value somebody else chose: left out if it has anything that would have to be quoted.
fn add_property(text: &mut String, name: &str, value: &str) {
    let is_plain = |one: u8| one.is_ascii_alphanumeric() || b"@.-_+=!#$%&'*/^`{|}~".contains(&one);
    if (1..=320).contains(&value.len()) && value.bytes().all(is_plain) {
        let _ = write!(text, " {name}={value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mail_auth::DnsError;

    const SIGNED: &[u8] =
        b"From: a@b.test\r\nDKIM-Signature: v=1; a=rsa-sha256; d=b.test; s=s; c=simple/simple; \
        h=from; bh=AAAA; b=AAAA\r\n\r\nbody\r\n";

    fn question(message: &[u8], is_whole: bool) -> Question<'_> {
        Question {
            client_ip: [192, 0, 2, 1].into(),
            helo: "mx.b.test",
            sender: "a@b.test",
            hostname: "node.test",
            message,
            is_whole,
        }
    }

    #[test]
    fn signatures_of_a_message_that_is_not_seen_whole_are_not_called_false() {
        let whole = Seen::of(&question(SIGNED, true));
        assert_eq!(whole.message.unwrap().dkim_headers.len(), 1);
        assert!(!whole.is_unreadable);
        let cut = Seen::of(&question(SIGNED, false));
        assert!(cut.message.unwrap().dkim_headers.is_empty() && cut.is_unreadable);
        let failed = DmarcOutput::default().with_spf_result(DmarcResult::Fail(Error::NotAligned));
        assert_eq!(dmarc_word(&failed, AuthenticationResult::Unavailable), AuthenticationResult::Unavailable);
        assert_eq!(dmarc_word(&failed, AuthenticationResult::None), AuthenticationResult::Fail);
    }

    /// S14.
    #[test]
    fn only_so_many_signatures_are_verified() {
        let line =
            b"DKIM-Signature: v=1; a=rsa-sha256; d=b.test; s=s; c=simple/simple; h=from; bh=AAAA; b=AAAA\r\n";
        let message = [line.repeat(1_000).as_slice(), b"From: a@b.test\r\n\r\nbody\r\n"].concat();
        let seen = Seen::of(&question(&message, true));
        assert_eq!(seen.message.unwrap().dkim_headers.len(), SIGNATURES);
    }

    #[test]
    fn the_best_signature_counts() {
        let outputs = [
            DkimOutput::neutral(Error::Dkim(DkimError::FailedBodyHashMatch)),
            DkimOutput::pass(),
            DkimOutput::temp_err(Error::Dns(DnsError::Resolver(String::new()))),
        ];
        assert_eq!(best(&outputs), AuthenticationResult::Pass);
        assert_eq!(best(&outputs[..1]), AuthenticationResult::Fail);
        assert_eq!(best(&[]), AuthenticationResult::None);
    }

    /// S8.
    #[test]
    fn only_what_the_senders_domain_disowns_is_forged() {
        use AuthenticationResult::{Fail, None, Pass, SoftFail, TemporaryError, Unavailable};
        for (spf, dkim, dmarc, is_forged) in [
            (Unavailable, Unavailable, Unavailable, false),
            (None, None, None, false),
            (TemporaryError, TemporaryError, TemporaryError, false),
            (SoftFail, Pass, Pass, false),
            (Fail, Pass, None, false),
            (Fail, None, None, true),
            (SoftFail, Fail, None, true),
            (Pass, None, Fail, false),
            (None, None, Fail, true),
        ] {
            let authenticity = Authenticity { spf, dkim, dmarc, ..Authenticity::default() };
            assert_eq!(authenticity.is_forged(), is_forged, "{authenticity:?}");
        }
    }

    /// S10.
    #[test]
    fn what_strangers_wrote_cannot_forge_results() {
        let authenticity = Authenticity { spf: AuthenticationResult::Fail, ..Authenticity::default() };
        let asked = Question { helo: "x;spf=pass", sender: "", ..question(b"", true) };
        assert_eq!(results(&authenticity, &asked, &[], None), "spf=fail");
        let authenticity = Authenticity { dkim: AuthenticationResult::None, ..authenticity };
        let plain = results(&authenticity, &question(b"", true), &[], None);
        assert_eq!(plain, "spf=fail smtp.mailfrom=a@b.test; dkim=none");
    }
}
