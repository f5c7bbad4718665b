//! What the settings of a recipient make of a message that fails DMARC: nobody else's settings touch it.

use contract::settings::{Settings, Text, incoming};
use filter_engine::{AuthenticationResult, DmarcPolicy, Facts};

/// The facts as this recipient wants them seen. `arc_sealer`: who says that DMARC held before; empty if nobody.
pub fn facts_for(facts: &Facts, arc_sealer: &str, settings: &Settings) -> Facts {
    let mut facts = facts.clone();
    if facts.dmarc != AuthenticationResult::Fail {
        return facts;
    }
    let Text(trusted) = settings.get(&incoming::TRUSTED_ARC_SEALERS);
    let is_trusted = trusted
        .split([' ', ',', ';'])
        .any(|domain| !domain.is_empty() && domain.eq_ignore_ascii_case(arc_sealer));
    let handling = settings.get(&incoming::DMARC_HANDLING);
    if is_trusted {
        (facts.dmarc, facts.dmarc_policy) = (AuthenticationResult::None, DmarcPolicy::None);
    } else if handling == incoming::WEIGH {
        facts.dmarc_policy = DmarcPolicy::None;
    } else if handling == incoming::HOLD && facts.dmarc_policy == DmarcPolicy::Reject {
        facts.dmarc_policy = DmarcPolicy::Quarantine;
    }
    facts
}
