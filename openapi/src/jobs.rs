//! Long work that goes on by itself (D12): imports of CSV files, checks of many domains. One sees how far it is, what became of each line,
//! and can stop it.

use crate::{
    endpoint::{Access, Endpoint, Method, Operation},
    ids::{JobId, Timestamp},
    page::Page,
    permission::{Permission, Role},
    problem::ErrorCode,
};
use serde::{Deserialize, Serialize};

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Adds the domains of a CSV file (PER-05).
    ImportDomains,
    /// Adds the users of a CSV file (USR-05).
    ImportUsers,
    /// Looks up whether the mail of domains comes to us (PER-06).
    CheckMx,
}

impl JobKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::ImportDomains, Self::ImportUsers, Self::CheckMx];

    /// Its name on the wire, in the database and in the locale keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ImportDomains => "import_domains",
            Self::ImportUsers => "import_users",
            Self::CheckMx => "check_mx",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It waits for its turn.
    Queued,
    /// It is worked on.
    Running,
    /// Every line was looked at.
    Done,
    /// Somebody stopped it; what was done until then stays.
    Stopped,
    /// It could not go on; `error` says why. What was done until then stays.
    Failed,
}

impl JobState {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Done, Self::Stopped, Self::Failed];

    /// Its name on the wire, in the database and in the locale keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether nothing more will happen.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Stopped | Self::Failed)
    }
}

/// Long work, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// How far it is.
    pub state: JobState,
    /// Who began it.
    pub owner: String,
    /// The role of the users that an import adds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Whether it only says what would become of each line.
    pub is_dry_run: bool,
    /// How many lines there are: about so many until it is over.
    pub total: u64,
    /// How many lines were looked at.
    pub done: u64,
    /// How many of them were added.
    pub added: u64,
    /// How many of them were there already, or are as they should be.
    pub skipped: u64,
    /// How many of them could not be added, or are not as they should be.
    pub failed: u64,
    /// Why it could not go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorCode>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LineOutcome {
    /// It was added.
    Added,
    /// It was there already.
    Skipped,
    /// It is as it should be.
    InOrder,
    /// It could not be added, or is not as it should be.
    Failed,
}

impl LineOutcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [Self::Added, Self::Skipped, Self::InOrder, Self::Failed];

    /// Its name on the wire, in the database and in the locale keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Skipped => "skipped",
            Self::InOrder => "in_order",
            Self::Failed => "failed",
        }
    }

    /// The outcome of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// A line of the file, and what became of it. Passwords are not repeated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct JobLine {
    /// Its number in the file, from 1.
    pub line: u64,
    /// What became of it.
    pub outcome: LineOutcome,
    /// What it was about, as far as that could be read.
    pub target: String,
    /// The column that is not right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Why it failed: the key of a text, such as `invalid.password` or `error.limit_reached`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Which jobs are wanted, the latest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::IntoParams, utoipa::ToSchema))]
#[cfg_attr(feature = "schema", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields, default)]
pub struct JobQuery {
    /// Only those in this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<JobState>,
    /// Entries a page: 1–500, 100 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where to go on: `next` or `previous` of an earlier page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Which lines are wanted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::IntoParams, utoipa::ToSchema))]
#[cfg_attr(feature = "schema", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields, default)]
pub struct JobLineQuery {
    /// Only those that this became of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<LineOutcome>,
    /// Entries a page: 1–500, 100 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where to go on: `next` or `previous` of an earlier page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// How domains are imported.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::IntoParams, utoipa::ToSchema))]
#[cfg_attr(feature = "schema", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields, default)]
pub struct DomainImport {
    /// Whether only to say what would become of each line.
    pub dry_run: bool,
}

/// How users are imported.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::IntoParams, utoipa::ToSchema))]
#[cfg_attr(feature = "schema", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct UserImport {
    /// The role of all of them: `email` or `domain`; `email` if not given.
    #[serde(default = "email")]
    pub role: Role,
    /// Whether only to say what would become of each line.
    #[serde(default)]
    pub dry_run: bool,
}

const fn email() -> Role {
    Role::Email
}

/// The jobs that one began; administrators see everybody's.
pub static LIST_JOBS: Endpoint<JobQuery, (), Page<Job>> =
    Endpoint::new("list_jobs", Method::Get, "/api/v1/jobs", Access::Needs(Permission::JobsView));
/// One job.
pub static GET_JOB: Endpoint<(), (), Job> =
    Endpoint::new("get_job", Method::Get, "/api/v1/jobs/{job}", Access::Needs(Permission::JobsView));
/// What became of each line.
pub static LIST_JOB_LINES: Endpoint<JobLineQuery, (), Page<JobLine>> = Endpoint::new(
    "list_job_lines",
    Method::Get,
    "/api/v1/jobs/{job}/lines",
    Access::Needs(Permission::JobsView),
);
/// Stops a job after the lines that it is at.
pub static STOP_JOB: Endpoint<(), (), Job> =
    Endpoint::new("stop_job", Method::Post, "/api/v1/jobs/{job}/stop", Access::Needs(Permission::JobsView));
/// Adds the domains of a CSV file (PER-05).
pub static IMPORT_DOMAINS: Endpoint<DomainImport, (), Job> = Endpoint::new(
    "import_domains",
    Method::Post,
    "/api/v1/domains/import",
    Access::Needs(Permission::DomainsImport),
);
/// Adds the users of a CSV file (USR-05).
pub static IMPORT_USERS: Endpoint<UserImport, (), Job> = Endpoint::new(
    "import_users",
    Method::Post,
    "/api/v1/users/import",
    Access::Needs(Permission::EmailUsersImport),
);

/// Every operation of this area.
pub static OPERATIONS: &[&Operation] = &[
    &LIST_JOBS.operation,
    &GET_JOB.operation,
    &LIST_JOB_LINES.operation,
    &STOP_JOB.operation,
    &IMPORT_DOMAINS.operation,
    &IMPORT_USERS.operation,
];
