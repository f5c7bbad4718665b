//! What a line of a job means: a domain (PER-05), a user (USR-05), or a domain whose MX records are looked up (PER-06).
//! Each is checked as if it came alone by the
//! API, with the rights of whoever began the import.

use super::{
    domains,
    import_table::{Column, Line},
    routes, user_accounts, users,
};
use crate::{
    access::{Caller, find_user, password::Passwords},
    audit::Actor,
    clock::Clock,
    config::Config,
    db::{Conn, Db},
    dns::Dns,
    error::{ApiError, ApiResult},
};
use contract::{
    domains::Route,
    jobs::{JobKind, LineOutcome},
    permission::{Permission, Role},
    problem::{ErrorCode, InvalidCode},
    users::{NewUser, edit_permission},
};
use futures_util::{StreamExt, stream};

/// The columns of domains; routes are separated by blanks.
const DOMAIN: &[Column] = &[
    ("domain", &["domain_name"]),
    ("routes", &["route", "destination", "destinations"]),
    ("reseller", &["owner"]),
];
/// The columns of users.
const USER: &[Column] = &[
    ("username", &["user", "address", "mailbox"]),
    ("domain", &[]),
    ("password", &[]),
    ("status", &["is_active", "active"]),
    ("display_name", &["name"]),
    ("email", &["e_mail"]),
];

/// The columns of domains to be looked up: `hosts` are the right ones, separated by blanks.
const LOOKED_UP: &[Column] = &[("domain", &[]), ("hosts", &[])];
/// Questions to name servers at the same time.
const QUESTIONS: usize = 20;

/// What the lines of a file are.
#[derive(Clone, Copy)]
pub(super) struct Meaning {
    pub(super) kind: JobKind,
    /// The role of users.
    pub(super) role: Role,
}

/// A line as far as it can be read without the database.
pub(super) enum Wanted {
    Domain {
        name: String,
        routes: Vec<Route>,
        reseller: Option<String>,
    },
    User {
        username: String,
        new: NewUser,
        hash: String,
    },
    /// The hosts that are right, and what is wrong with those that there are.
    MailServers {
        name: String,
        hosts: Vec<String>,
        fault: Option<&'static str>,
    },
}

impl Meaning {
    /// The columns that are known.
    pub(super) const fn columns(self) -> &'static [Column] {
        match self.kind {
            JobKind::ImportDomains => DOMAIN,
            JobKind::ImportUsers => USER,
            JobKind::CheckMx => LOOKED_UP,
        }
    }

    /// 403 unless the caller may add such things by a file.
    pub(super) fn demand(self, caller: &Caller) -> ApiResult<()> {
        match self.kind {
            JobKind::ImportDomains => {
                caller.demand(Permission::DomainsImport)?;
                caller.demand(Permission::DomainsAdd)
            }
            JobKind::ImportUsers => {
                caller.demand(Permission::EmailUsersImport)?;
                caller.demand(edit_permission(self.role))
            }
            JobKind::CheckMx => caller.demand(Permission::DomainsMxVerify),
        }
    }

    /// What the line is about, as far as that can be read.
    pub(super) fn target(self, line: &Line) -> String {
        match self.kind {
            JobKind::ImportDomains | JobKind::CheckMx => {
                line.cell("domain").unwrap_or_default().to_lowercase()
            }
            JobKind::ImportUsers => address(self.role, line).to_lowercase(),
        }
    }

    /// Reads a line; the error names the column.
    pub(super) fn read(self, line: &Line, config: &Config) -> ApiResult<Wanted> {
        match self.kind {
            JobKind::ImportDomains => read_domain(line, config),
            JobKind::ImportUsers => read_user(self.role, line),
            JobKind::CheckMx => {
                let hosts = required(line, "hosts")?.split(' ').map(str::to_owned).collect();
                Ok(Wanted::MailServers { name: required(line, "domain")?.to_owned(), hosts, fault: None })
            }
        }
    }
}

fn required<'a>(line: &'a Line, column: &str) -> ApiResult<&'a str> {
    line.cell(column).ok_or_else(|| ApiError::invalid(format!("/{column}"), InvalidCode::Required))
}

fn read_domain(line: &Line, config: &Config) -> ApiResult<Wanted> {
    let name = domains::domain_name(required(line, "domain")?);
    let name = name.ok_or_else(|| ApiError::invalid("/domain", InvalidCode::NotADomain))?;
    let places = required(line, "routes")?.split([' ', ';', '|', ',']).filter(|place| !place.is_empty());
    let routes: Result<Vec<Route>, InvalidCode> = places.map(str::parse).collect();
    let routes = routes.map_err(|code| ApiError::invalid("/routes", code))?;
    let routes = routes::checked(routes, config)?;
    Ok(Wanted::Domain { name, routes, reseller: line.cell("reseller").map(str::to_owned) })
}

/// The user name of a line: for email users the address, of which the domain can be in a cell of its own.
fn address(role: Role, line: &Line) -> String {
    let name = line.cell("username").unwrap_or_default();
    match line.cell("domain") {
        Some(domain) if role == Role::Email && !name.contains('@') => format!("{name}@{domain}"),
        _ => name.to_owned(),
    }
}

fn read_user(role: Role, line: &Line) -> ApiResult<Wanted> {
    required(line, "username")?;
    let username = user_accounts::username(&address(role, line))?;
    if !username.contains('@') || role != Role::Email {
        required(line, "domain")?;
    }
    let text = |column| line.cell(column).map(str::to_owned);
    let password = required(line, "password")?.to_owned();
    let is_active = match line.cell("status") {
        Some(status) => status_of(status)?,
        None if line.has("status") => return Err(ApiError::invalid("/status", InvalidCode::Required)),
        None => true,
    };
    let new = NewUser {
        role,
        reseller: None,
        domain: text("domain"),
        display_name: text("display_name"),
        email: text("email").filter(|_| role != Role::Email),
        password: Some(password.clone()),
        is_active,
    };
    user_accounts::check_texts(role, new.display_name.as_deref(), new.email.as_deref())?;
    user_accounts::check_password(role, &username, &password)?;
    Ok(Wanted::User { username, new, hash: String::new() })
}

/// USR-05: what people write for active and inactive.
fn status_of(text: &str) -> ApiResult<bool> {
    match text.to_lowercase().as_str() {
        "1" | "true" | "active" | "yes" => Ok(true),
        "0" | "false" | "inactive" | "no" => Ok(false),
        _ => Err(ApiError::invalid("/status", InvalidCode::UnknownChoice)),
    }
}

/// Asks for the mail servers, some at the same time.
pub(super) async fn look_up(dns: &Dns, wanted: &mut [ApiResult<Wanted>]) {
    let asked = wanted.iter_mut().filter_map(|one| match one {
        Ok(Wanted::MailServers { name, hosts, fault }) => Some((name, hosts, fault)),
        _ => None,
    });
    stream::iter(asked)
        .for_each_concurrent(QUESTIONS, |(name, hosts, fault)| async move {
            let found = dns.mail_servers(name).await;
            *fault = fault_of(found.ok().as_deref(), hosts);
        })
        .await;
}

/// What is wrong with mail servers, as the key of a text; nothing if all of them are among the right ones.
fn fault_of(found: Option<&[String]>, right: &[String]) -> Option<&'static str> {
    let Some(found) = found else { return Some("mx.unknown") };
    let ours = found.iter().filter(|host| right.contains(host)).count();
    match (found.len(), ours) {
        (0, _) => Some("mx.none"),
        (_, 0) => Some("mx.elsewhere"),
        (all, ours) if ours < all => Some("mx.mixed"),
        _ => None,
    }
}

/// Hashes the passwords of those who are not there yet, one after another: who signs in meanwhile has a turn, too.
pub(super) async fn hash_passwords(
    db: &Db,
    passwords: &Passwords,
    wanted: &mut [ApiResult<Wanted>],
) -> ApiResult<()> {
    for one in wanted.iter_mut() {
        if let Ok(Wanted::User { username, new, hash }) = one {
            let name = username.clone();
            let is_known = db.run(move |conn| Ok(find_user(conn, &name)?.is_some())).await?;
            if let (false, Some(password)) = (is_known, new.password.take()) {
                *hash = passwords.hash(password).await?;
            }
        }
    }
    Ok(())
}

/// Adds what a line says; an error that is not ours is what is wrong with the line.
pub(super) fn add(
    conn: &mut Conn,
    clock: &Clock,
    caller: &Caller,
    actor: &Actor,
    wanted: &Wanted,
) -> ApiResult<LineOutcome> {
    let is_new = match wanted {
        Wanted::MailServers { .. } => return Ok(LineOutcome::InOrder),
        Wanted::Domain { name, routes, reseller } => {
            let reach = caller.everything(Permission::DomainsImport)?;
            let owner = domains::owner(conn, &reach, reseller.as_deref())?;
            domains::create(conn, clock, actor, (name, owner), routes)?
        }
        Wanted::User { username, new, hash } => {
            let owner = users::owner_in_reach(conn, caller, new, username)?;
            match find_user(conn, username)? {
                Some(known) if known.role()? == new.role && known.domain_id == owner.domain_id => false,
                Some(_) => return Err(ApiError::new(ErrorCode::AlreadyExists)),
                None => {
                    user_accounts::insert(conn, clock, actor, (username, owner), (new, hash))?;
                    true
                }
            }
        }
    };
    Ok(if is_new { LineOutcome::Added } else { LineOutcome::Skipped })
}
