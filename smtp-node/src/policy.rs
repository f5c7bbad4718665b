//! What the node has to obey: an immutable picture of the policy, put together from the documents of the API.
//! A message looks at one picture from its beginning to its end. The node never decides policy.

use contract::{
    nodes::{DomainPolicy, PolicyChanges, PolicyDocument},
    settings::{Overrides, Settings},
};
use std::{collections::HashMap, sync::Arc};

/// The policy at one revision.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// The revision of the API that it is; 0 while nothing was ever received.
    pub revision: i64,
    global: Arc<Overrides>,
    resellers: HashMap<String, Arc<Overrides>>,
    domains: HashMap<String, Arc<DomainPolicy>>,
}

impl Policy {
    /// The domain of that name, compared without case; None if its mail is not ours.
    pub fn domain(&self, name: &str) -> Option<&Arc<DomainPolicy>> {
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            self.domains.get(&name.to_ascii_lowercase())
        } else {
            self.domains.get(name)
        }
    }

    /// The settings in force for a mailbox of a domain.
    pub fn settings(&self, domain: &DomainPolicy, local_part: &str) -> Settings {
        let reseller = domain.reseller.as_ref().and_then(|slug| self.resellers.get(slug));
        let mailbox = domain.mailboxes.get(&local_part.to_lowercase());
        let levels = [Some(&*self.global), reseller.map(AsRef::as_ref), Some(&domain.settings), mailbox];
        Settings::resolve(levels.into_iter().flatten())
    }

    /// The policy after these changes.
    pub fn after(&self, changes: PolicyChanges) -> Self {
        let mut next = self.clone();
        next.revision = changes.revision;
        for document in changes.documents {
            next.take(document);
        }
        next
    }

    fn take(&mut self, document: PolicyDocument) {
        match document {
            PolicyDocument::Global { settings } => self.global = settings.into(),
            PolicyDocument::Reseller { slug, settings } => {
                self.resellers.insert(slug, settings.into());
            }
            PolicyDocument::Domain(domain) => {
                self.domains.insert(domain.name.to_ascii_lowercase(), domain.into());
            }
            PolicyDocument::DomainRemoved { name } => {
                self.domains.remove(&name.to_ascii_lowercase());
            }
        }
    }

    /// How many documents it is made of.
    pub fn len(&self) -> usize {
        1 + self.resellers.len() + self.domains.len()
    }

    /// Whether no policy was ever received.
    pub const fn is_empty(&self) -> bool {
        self.revision == 0
    }

    /// The whole of it as documents, to be written down.
    pub fn documents(&self) -> impl Iterator<Item = PolicyDocument> {
        let global = PolicyDocument::Global { settings: (*self.global).clone() };
        let resellers = self.resellers.iter().map(|(slug, settings)| PolicyDocument::Reseller {
            slug: slug.clone(),
            settings: (**settings).clone(),
        });
        let domains = self.domains.values().map(|domain| PolicyDocument::Domain((**domain).clone()));
        std::iter::once(global).chain(resellers).chain(domains)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::settings::incoming::QUARANTINE_THRESHOLD;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn threshold(value: f64) -> Overrides {
        Overrides::from([(QUARANTINE_THRESHOLD.key.into(), json!(value))])
    }

    fn domain(settings: Overrides) -> PolicyDocument {
        PolicyDocument::Domain(DomainPolicy {
            name: "Example.com".into(),
            reseller: Some("north".into()),
            routes: vec![],
            is_suspended: false,
            settings,
            mailboxes: BTreeMap::from([("anna".to_owned(), threshold(0.3))]),
        })
    }

    fn changes(revision: i64, documents: Vec<PolicyDocument>) -> PolicyChanges {
        PolicyChanges { revision, documents, more: false }
    }

    /// FIL-01, SET-01.
    #[test]
    fn a_mailbox_overrides_its_domain_and_a_domain_its_reseller() {
        let policy = Policy::default().after(changes(
            7,
            vec![
                PolicyDocument::Global { settings: threshold(0.8) },
                PolicyDocument::Reseller { slug: "north".into(), settings: threshold(0.7) },
                domain(Overrides::new()),
            ],
        ));
        let found = policy.domain("EXAMPLE.com").unwrap();
        assert_eq!(policy.settings(found, "bob").get(&QUARANTINE_THRESHOLD), 0.7);
        assert_eq!(policy.settings(found, "Anna").get(&QUARANTINE_THRESHOLD), 0.3);
        let policy = policy.after(changes(8, vec![domain(threshold(0.6))]));
        let found = policy.domain("example.com").unwrap();
        assert_eq!(policy.settings(found, "bob").get(&QUARANTINE_THRESHOLD), 0.6);
        assert_eq!(policy.revision, 8);
    }

    #[test]
    fn a_removed_domain_is_not_ours_any_more() {
        let policy = Policy::default().after(changes(1, vec![domain(Overrides::new())]));
        let policy =
            policy.after(changes(2, vec![PolicyDocument::DomainRemoved { name: "example.com".into() }]));
        assert!(policy.domain("example.com").is_none());
        assert!(!policy.is_empty());
    }

    #[test]
    fn its_documents_make_the_same_policy_again() {
        let policy = Policy::default().after(changes(
            3,
            vec![PolicyDocument::Global { settings: threshold(0.8) }, domain(threshold(0.6))],
        ));
        let again = Policy::default().after(changes(3, policy.documents().collect()));
        let found = again.domain("example.com").unwrap();
        assert_eq!(again.settings(found, "x").get(&QUARANTINE_THRESHOLD), 0.6);
        assert_eq!(again.len(), policy.len());
    }
}
