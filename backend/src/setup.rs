//! What the command line sets up: the first administrator, resellers, domains, users, nodes. Whatever exists already
//! is left as it is, with a note.

use crate::{
    access::scope,
    audit::Actor,
    clock::Clock,
    command::say,
    config::{Config, given_password},
    db::{Conn, Db},
    error::{ApiError, ApiResult},
    features::{domains, node_registry, resellers, routes, user_accounts},
};
use contract::{
    accounts::NewReseller,
    domains::Route,
    language::{Language, text},
    permission::Role,
    problem::{ErrorCode, InvalidCode},
    users::NewUser,
};
use std::collections::BTreeMap;

/// The options of a command: `--name value`.
struct Options<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Options<'a> {
    fn read(words: &[&'a str], known: &[&str]) -> Result<Self, String> {
        let mut options = BTreeMap::new();
        for pair in words.chunks(2) {
            let name = pair.first().copied().unwrap_or_default();
            let plain = name.strip_prefix("--").filter(|name| known.contains(name));
            let plain = plain
                .ok_or_else(|| format!("there is no option {name:?}; it takes --{}", known.join(", --")))?;
            let value = pair.get(1).copied().ok_or_else(|| format!("{name} needs a value"))?;
            if options.insert(plain, value).is_some() {
                return Err(format!("{name} is given twice"));
            }
        }
        Ok(Self(options))
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).copied()
    }

    fn need(&self, name: &str) -> Result<&'a str, String> {
        self.get(name).ok_or_else(|| format!("--{name} is missing"))
    }
}

/// Runs a command that sets something up; none if there is no such command.
pub(crate) fn run(command: &str, words: &[&str]) -> Option<Result<(), String>> {
    let work = match command {
        "create-administrator" => create_administrator,
        "create-reseller" => create_reseller,
        "create-domain" => create_domain,
        "create-user" => create_user,
        "create-node" => create_node,
        _ => return None,
    };
    Some(work(words))
}

/// Opens the database of the environment and changes it.
fn change<T: Send + 'static>(
    config: &Config,
    work: impl FnOnce(&mut Conn, &Clock) -> ApiResult<T> + Send + 'static,
) -> Result<T, String> {
    let db = Db::open(&config.database_url)?;
    let system = actix_web::rt::System::new();
    let changed = system.block_on(async move { db.change(move |conn| work(conn, &Clock::system())).await });
    changed.map_err(|error| in_words(&error))
}

/// An error as a sentence for the command line.
fn in_words(error: &ApiError) -> String {
    let reason = text(Language::En, &format!("error.{}", error.code.name())).to_owned();
    let fields = error.fields.iter().map(|(pointer, code)| {
        let option = pointer.trim_start_matches('/').split('/').next().unwrap_or_default();
        format!("--{option}: {}", text(Language::En, &format!("invalid.{}", code.name())))
    });
    let details = error.detail.iter().cloned().chain(fields);
    let details: Vec<String> = details.collect();
    if details.is_empty() { reason } else { details.join("; ") }
}

fn create_administrator(words: &[&str]) -> Result<(), String> {
    let options = Options::read(words, &["username", "password-file"])?;
    let username = options.need("username")?;
    let password = match options.get("password-file") {
        Some(file) => Some(
            std::fs::read_to_string(file)
                .map_err(|error| format!("cannot read {file}: {error}"))?
                .trim_end_matches(['\r', '\n'])
                .to_owned(),
        ),
        None => given_password(),
    };
    create(Role::Administrator, username, None, None, password)
}

fn create_user(words: &[&str]) -> Result<(), String> {
    let options = Options::read(words, &["role", "username", "reseller", "domain"])?;
    let role = match options.need("role")? {
        "reseller" => Role::Reseller,
        "domain" => Role::Domain,
        "email" => Role::Email,
        other => return Err(format!("--role is {other:?}; write reseller, domain or email")),
    };
    let (reseller, domain) = (options.get("reseller"), options.get("domain"));
    create(role, options.need("username")?, reseller, domain, given_password())
}

fn create(
    role: Role,
    username: &str,
    reseller: Option<&str>,
    domain: Option<&str>,
    given: Option<String>,
) -> Result<(), String> {
    let is_given = given.is_some();
    let password = match given {
        Some(password) => password,
        None => new_password()?,
    };
    let new = NewUser {
        role,
        reseller: reseller.map(str::to_owned),
        domain: domain.map(str::to_owned),
        display_name: None,
        email: None,
        password: Some(password.clone()),
        is_active: true,
    };
    let name = username.to_owned();
    let created = change(&Config::from_environment()?, move |conn, clock| {
        user_accounts::create(conn, clock, &Actor::command_line(), &name, &new)
    })?;
    match (created, is_given) {
        (false, _) => say(&format!("There is a user {username} already; nothing was changed.")),
        (true, true) => say(&format!("Created {username}.")),
        (true, false) => say(&format!("Created {username} with the password {password}")),
    }
}

/// A random password that every rule of passwords takes.
fn new_password() -> Result<String, String> {
    loop {
        let password = crate::access::token::random_text(20).map_err(|error| error.to_string())?;
        if [Role::Administrator, Role::Email]
            .iter()
            .all(|role| crate::access::password::is_acceptable(*role, "", &password))
        {
            return Ok(password);
        }
    }
}

fn create_reseller(words: &[&str]) -> Result<(), String> {
    let options = Options::read(words, &["slug", "name"])?;
    let slug = options.need("slug")?.to_owned();
    let name = options.get("name").unwrap_or(&slug).to_owned();
    let shown = slug.clone();
    let created = change(&Config::from_environment()?, move |conn, clock| {
        let new = NewReseller { name, domain_limit: 0, parent: None };
        resellers::create(conn, clock, &Actor::command_line(), (&slug, None), &new)
    })?;
    say(&if created {
        format!("Created the reseller {shown}.")
    } else {
        format!("There is a reseller {shown} already; nothing was changed.")
    })
}

fn create_domain(words: &[&str]) -> Result<(), String> {
    let options = Options::read(words, &["name", "reseller", "route"])?;
    let config = Config::from_environment()?;
    let wanted = options.need("name")?;
    let name = domains::domain_name(wanted).ok_or_else(|| format!("{wanted:?} is no domain name"))?;
    let route = options.need("route")?;
    let route: Route = route.parse().map_err(|_| format!("{route:?} is no host:port"))?;
    let routes = routes::checked(vec![route], &config).map_err(|error| in_words(&error))?;
    let slug = options.get("reseller").map(str::to_owned);
    let shown = name.clone();
    let created = change(&config, move |conn, clock| {
        let reseller = match &slug {
            Some(slug) => Some(
                scope::find_reseller(conn, slug)?
                    .ok_or_else(|| ApiError::invalid("/reseller", InvalidCode::NotFound))?
                    .id,
            ),
            None => None,
        };
        match domains::create(conn, clock, &Actor::command_line(), (&name, reseller), &routes) {
            Err(error) if error.code == ErrorCode::AlreadyExists => Ok(false),
            created => created,
        }
    })?;
    say(&if created {
        format!("Created the domain {shown}.")
    } else {
        format!("There is a domain {shown} already; nothing was changed.")
    })
}

fn create_node(words: &[&str]) -> Result<(), String> {
    let name = Options::read(words, &["name"])?.need("name")?.to_owned();
    let node = change(&Config::from_environment()?, move |conn, clock| {
        node_registry::register(conn, clock, &Actor::command_line(), &name)
    })?;
    say(&format!("Created the node {}. Its token, shown only now:\n{}", node.id.0, node.token))
}
