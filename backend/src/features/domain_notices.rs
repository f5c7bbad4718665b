//! Mail to those who look after a domain (SET-02, SET-08): that its mail was suspended, or goes on. Nobody waits for
//! it: a notice that cannot be sent is in the log of the program.

use super::settings_store::in_force;
use crate::{
    access::scope::Domain,
    db::Conn,
    dry_run,
    error::ApiResult,
    mailer::{Letter, Mailer},
};
use actix_web::web::Data;
use contract::{
    language::{Language, text},
    settings::{
        branding::SENDER,
        domain::{ADMINISTRATOR_CONTACT, CONTACT, NOTIFICATION_SENDER},
    },
};
use lettre::Address;
use std::collections::HashMap;

/// From whom notices about the mail of each domain come: its own sender (SET-03), or its brand's; those that are not
/// in it have the installation's.
pub(super) fn senders(conn: &mut Conn, domains: &[Domain]) -> ApiResult<HashMap<i64, Address>> {
    let mut senders = HashMap::new();
    for setting in [&SENDER, &NOTIFICATION_SENDER] {
        let named = in_force(conn, setting, domains)?;
        senders.extend(named.into_iter().filter_map(|(id, sender)| Some((id, sender.0.parse().ok()?))));
    }
    Ok(senders)
}

/// The letters that say that these domains were suspended, or go on.
pub(super) fn of_suspension(
    conn: &mut Conn,
    domains: &[Domain],
    is_suspended: bool,
) -> ApiResult<Vec<Letter>> {
    let (contacts, administrators) =
        (in_force(conn, &CONTACT, domains)?, in_force(conn, &ADMINISTRATOR_CONTACT, domains)?);
    let senders = senders(conn, domains)?;
    let (subject, body) = match is_suspended {
        true => ("mail.suspended.subject", "mail.suspended.text"),
        false => ("mail.resumed.subject", "mail.resumed.text"),
    };
    let mut letters = Vec::new();
    for Domain { id, name, .. } in domains {
        let addresses = [contacts.get(id), administrators.get(id)].into_iter().flatten();
        let mut recipients: Vec<Address> = addresses.filter_map(|address| address.0.parse().ok()).collect();
        recipients.dedup();
        letters.extend(recipients.into_iter().map(|recipient| Letter {
            sender: senders.get(id).cloned(),
            recipient,
            subject: text(Language::En, subject).replace("{domain}", name),
            text: text(Language::En, body).replace("{domain}", name),
        }));
    }
    Ok(letters)
}

/// Sends the letters, without keeping anybody waiting.
pub(super) fn send(mailer: &Data<Mailer>, letters: Vec<Letter>) {
    if !mailer.is_set_up() || letters.is_empty() || dry_run::is_on() {
        return;
    }
    let mailer = mailer.clone();
    actix_web::rt::spawn(async move {
        for letter in letters {
            if let Err(error) = mailer.send(letter).await {
                tracing::error!(%error, "a notice about a domain was not sent");
            }
        }
    });
}
