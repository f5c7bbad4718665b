//! The permissions and the matrix: one row a permission, one column a role.

use super::{Cell, Role};
use serde::{Deserialize, Serialize};

/// Something that can be granted. Its name is a noun and a verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// See the overview of domains.
    DomainsView,
    /// Add a domain.
    DomainsAdd,
    /// Remove a domain.
    DomainsRemove,
    /// Import domains from a CSV file.
    DomainsImport,
    /// Verify the MX records of domains.
    DomainsMxVerify,
    /// Change the destination of many domains.
    DomainsChangeDestination,
    /// Suspend domains, and let them go on.
    DomainsSuspend,
    /// Move domains to another reseller.
    DomainsMove,
    /// See the list of held messages.
    QuarantineView,
    /// Read held messages.
    QuarantineRead,
    /// Release a held message.
    QuarantineRelease,
    /// Release several held messages at once.
    QuarantineReleaseMany,
    /// Release messages with a virus.
    QuarantineReleaseVirus,
    /// Delete held messages.
    QuarantineDelete,
    /// Search the log.
    LogView,
    /// Export the log.
    LogExport,
    /// See the delivery queue.
    DeliveryQueueView,
    /// Act on the delivery queue.
    DeliveryQueueEdit,
    /// See the bandwidth overview.
    BandwidthView,
    /// See statistics.
    StatisticsView,
    /// See statistics of the whole cluster.
    ClusterStatisticsView,
    /// See blocked and trusted sender IPs.
    IpListsView,
    /// Block and trust sender IPs.
    IpListsEdit,
    /// Clear a domain's callout cache.
    CalloutCacheClear,
    /// Clear the whole callout cache.
    CalloutCacheClearAll,
    /// See domain settings.
    DomainSettingsView,
    /// Change domain settings.
    DomainSettingsEdit,
    /// Change the defaults of all domains.
    DefaultSettingsEdit,
    /// See domain aliases.
    AliasesView,
    /// Change domain aliases.
    AliasesEdit,
    /// See routes.
    RoutesView,
    /// Change routes.
    RoutesEdit,
    /// Test routes.
    RoutesTest,
    /// See filter settings.
    FilterSettingsView,
    /// Change filter settings.
    FilterSettingsEdit,
    /// See IP addresses without SPF check.
    SpfExemptionsView,
    /// Change IP addresses without SPF check.
    SpfExemptionsEdit,
    /// See local recipients.
    LocalRecipientsView,
    /// Change local recipients.
    LocalRecipientsEdit,
    /// Report messages as spam or not spam.
    TrainingReport,
    /// See allowed and blocked senders.
    SenderListsView,
    /// Allow and block senders.
    SenderListsEdit,
    /// See allowed and blocked recipients.
    RecipientListsView,
    /// Allow and block recipients.
    RecipientListsEdit,
    /// Import lists from a CSV file.
    ListsImport,
    /// See protection reports.
    ProtectionReportsView,
    /// Set up protection reports.
    ProtectionReportsEdit,
    /// See blocked attachment types.
    BlockedExtensionsView,
    /// Change blocked attachment types.
    BlockedExtensionsEdit,
    /// Change message size limits.
    SizeLimitsEdit,
    /// See outgoing users.
    OutgoingUsersView,
    /// Change outgoing users.
    OutgoingUsersEdit,
    /// Lock and unlock outgoing users.
    OutgoingUsersLock,
    /// Import outgoing users.
    OutgoingUsersImport,
    /// Manage administrators.
    AdministratorsEdit,
    /// See resellers.
    ResellersView,
    /// Manage resellers.
    ResellersEdit,
    /// See domain users.
    DomainUsersView,
    /// Manage domain users.
    DomainUsersEdit,
    /// See email users.
    EmailUsersView,
    /// Manage email users.
    EmailUsersEdit,
    /// Import email users from a CSV file.
    EmailUsersImport,
    /// Sign in as another user.
    LoginAs,
    /// See permissions.
    PermissionsView,
    /// Switch permissions.
    PermissionsEdit,
    /// Manage API tokens.
    ApiTokensEdit,
    /// Change the branding.
    BrandingEdit,
    /// See the audit log.
    AuditView,
    /// Change one's own account.
    AccountEdit,
    /// See mail nodes.
    NodesView,
    /// Manage mail nodes.
    NodesEdit,
    /// See one's own jobs.
    JobsView,
}

impl Permission {
    /// Every permission, in the order of the permission page.
    pub const ALL: [Self; 72] = {
        use Permission::*;
        [
            DomainsView,
            DomainsAdd,
            DomainsRemove,
            DomainsImport,
            DomainsMxVerify,
            DomainsChangeDestination,
            DomainsSuspend,
            DomainsMove,
            QuarantineView,
            QuarantineRead,
            QuarantineRelease,
            QuarantineReleaseMany,
            QuarantineReleaseVirus,
            QuarantineDelete,
            LogView,
            LogExport,
            DeliveryQueueView,
            DeliveryQueueEdit,
            BandwidthView,
            StatisticsView,
            ClusterStatisticsView,
            IpListsView,
            IpListsEdit,
            CalloutCacheClear,
            CalloutCacheClearAll,
            DomainSettingsView,
            DomainSettingsEdit,
            DefaultSettingsEdit,
            AliasesView,
            AliasesEdit,
            RoutesView,
            RoutesEdit,
            RoutesTest,
            FilterSettingsView,
            FilterSettingsEdit,
            SpfExemptionsView,
            SpfExemptionsEdit,
            LocalRecipientsView,
            LocalRecipientsEdit,
            TrainingReport,
            SenderListsView,
            SenderListsEdit,
            RecipientListsView,
            RecipientListsEdit,
            ListsImport,
            ProtectionReportsView,
            ProtectionReportsEdit,
            BlockedExtensionsView,
            BlockedExtensionsEdit,
            SizeLimitsEdit,
            OutgoingUsersView,
            OutgoingUsersEdit,
            OutgoingUsersLock,
            OutgoingUsersImport,
            AdministratorsEdit,
            ResellersView,
            ResellersEdit,
            DomainUsersView,
            DomainUsersEdit,
            EmailUsersView,
            EmailUsersEdit,
            EmailUsersImport,
            LoginAs,
            PermissionsView,
            PermissionsEdit,
            ApiTokensEdit,
            BrandingEdit,
            AuditView,
            AccountEdit,
            NodesView,
            NodesEdit,
            JobsView,
        ]
    };

    /// The permission of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.name() == name)
    }

    /// The permission page: permission by role. A permission without a row does not compile.
    #[rustfmt::skip]
    #[expect(clippy::too_many_lines, reason = "one line a permission: the permission page itself")]
    pub const fn cell(self, role: Role) -> Cell {
        use {Cell::*, Permission::*};
        let [administrator, reseller, domain, email, guest] = match self {
            //                        admin    reseller domain  email   guest
            // Domains
            DomainsView              => [Always,  On,      Off,    Never,  Never],
            DomainsAdd               => [Always,  On,      Never,  Never,  Never],
            DomainsRemove            => [Always,  On,      Never,  Never,  Never],
            DomainsImport            => [Always,  On,      Never,  Never,  Never],
            DomainsMxVerify          => [Always,  On,      Never,  Never,  Never],
            DomainsChangeDestination => [Always,  On,      Never,  Never,  Never],
            DomainsSuspend           => [Always,  On,      Never,  Never,  Never],
            DomainsMove              => [Always,  On,      Never,  Never,  Never],
            // Incoming
            QuarantineView           => [Always,  On,      On,     On,     Never],
            QuarantineRead           => [Always,  On,      On,     On,     Never],
            QuarantineRelease        => [Always,  On,      On,     On,     Never],
            QuarantineReleaseMany    => [Always,  On,      On,     Off,    Never],
            QuarantineReleaseVirus   => [Always,  Never,   Never,  Never,  Never],
            QuarantineDelete         => [Always,  On,      On,     On,     Never],
            LogView                  => [Always,  On,      On,     On,     Never],
            LogExport                => [Always,  On,      On,     On,     Never],
            DeliveryQueueView        => [Always,  On,      On,     On,     Never],
            DeliveryQueueEdit        => [Always,  On,      On,     Off,    Never],
            BandwidthView            => [Always,  On,      Never,  Never,  Never],
            StatisticsView           => [Always,  On,      On,     On,     Never],
            ClusterStatisticsView    => [Always,  Never,   Never,  Never,  Never],
            IpListsView              => [Always,  On,      Never,  Never,  Never],
            IpListsEdit              => [Always,  On,      Never,  Never,  Never],
            CalloutCacheClear        => [Always,  On,      Off,    Never,  Never],
            CalloutCacheClearAll     => [Always,  Never,   Never,  Never,  Never],
            DomainSettingsView       => [Always,  On,      On,     Never,  Never],
            DomainSettingsEdit       => [Always,  On,      On,     Never,  Never],
            DefaultSettingsEdit      => [Always,  Never,   Never,  Never,  Never],
            AliasesView              => [Always,  On,      On,     Never,  Never],
            AliasesEdit              => [Always,  On,      On,     Never,  Never],
            RoutesView               => [Always,  On,      On,     Never,  Never],
            RoutesEdit               => [Always,  On,      On,     Never,  Never],
            RoutesTest               => [Always,  On,      On,     Never,  Never],
            FilterSettingsView       => [Always,  On,      On,     On,     Never],
            FilterSettingsEdit       => [Always,  On,      On,     On,     Never],
            SpfExemptionsView        => [Always,  On,      On,     Never,  Never],
            SpfExemptionsEdit        => [Always,  On,      On,     Never,  Never],
            LocalRecipientsView      => [Always,  On,      On,     Never,  Never],
            LocalRecipientsEdit      => [Always,  On,      On,     Never,  Never],
            TrainingReport           => [Always,  On,      On,     On,     Never],
            // Lists
            SenderListsView          => [Always,  On,      On,     On,     Never],
            SenderListsEdit          => [Always,  On,      On,     On,     Never],
            RecipientListsView       => [Always,  On,      On,     Never,  Never],
            RecipientListsEdit       => [Always,  On,      On,     Never,  Never],
            ListsImport              => [Always,  On,      On,     Never,  Never],
            // Reports
            ProtectionReportsView    => [Always,  On,      On,     On,     Never],
            ProtectionReportsEdit    => [Always,  On,      On,     On,     Never],
            // Restrictions
            BlockedExtensionsView    => [Always,  On,      On,     Never,  Never],
            BlockedExtensionsEdit    => [Always,  On,      On,     Never,  Never],
            SizeLimitsEdit           => [Always,  On,      On,     Never,  Never],
            // Outgoing
            OutgoingUsersView        => [Always,  On,      On,     Never,  Never],
            OutgoingUsersEdit        => [Always,  On,      On,     Never,  Never],
            OutgoingUsersLock        => [Always,  On,      On,     Never,  Never],
            OutgoingUsersImport      => [Always,  On,      On,     Never,  Never],
            // Users
            AdministratorsEdit       => [Always,  Never,   Never,  Never,  Never],
            ResellersView            => [Always,  On,      Never,  Never,  Never],
            ResellersEdit            => [Always,  Off,     Never,  Never,  Never],
            DomainUsersView          => [Always,  On,      Off,    Never,  Never],
            DomainUsersEdit          => [Always,  On,      Off,    Never,  Never],
            EmailUsersView           => [Always,  On,      On,     Never,  Never],
            EmailUsersEdit           => [Always,  On,      On,     Never,  Never],
            EmailUsersImport         => [Always,  On,      On,     Never,  Never],
            LoginAs                  => [Always,  On,      On,     Never,  Never],
            PermissionsView          => [Always,  On,      Never,  Never,  Never],
            PermissionsEdit          => [Always,  Never,   Never,  Never,  Never],
            ApiTokensEdit            => [Always,  On,      On,     Off,    Never],
            BrandingEdit             => [Always,  On,      Never,  Never,  Never],
            AuditView                => [Always,  On,      On,     Never,  Never],
            // Account
            AccountEdit              => [Always,  On,      On,     On,     Never],
            // System
            NodesView                => [Always,  Never,   Never,  Never,  Never],
            NodesEdit                => [Always,  Never,   Never,  Never,  Never],
            JobsView                 => [Always,  On,      On,     On,     Never],
        };
        match role {
            Role::Administrator => administrator,
            Role::Reseller => reseller,
            Role::Domain => domain,
            Role::Email => email,
            Role::Guest => guest,
        }
    }

    /// Its name on the wire and in the locale keys.
    #[expect(clippy::too_many_lines, reason = "one line a permission")]
    pub const fn name(self) -> &'static str {
        use Permission::*;
        match self {
            DomainsView => "domains_view",
            DomainsAdd => "domains_add",
            DomainsRemove => "domains_remove",
            DomainsImport => "domains_import",
            DomainsMxVerify => "domains_mx_verify",
            DomainsChangeDestination => "domains_change_destination",
            DomainsSuspend => "domains_suspend",
            DomainsMove => "domains_move",
            QuarantineView => "quarantine_view",
            QuarantineRead => "quarantine_read",
            QuarantineRelease => "quarantine_release",
            QuarantineReleaseMany => "quarantine_release_many",
            QuarantineReleaseVirus => "quarantine_release_virus",
            QuarantineDelete => "quarantine_delete",
            LogView => "log_view",
            LogExport => "log_export",
            DeliveryQueueView => "delivery_queue_view",
            DeliveryQueueEdit => "delivery_queue_edit",
            BandwidthView => "bandwidth_view",
            StatisticsView => "statistics_view",
            ClusterStatisticsView => "cluster_statistics_view",
            IpListsView => "ip_lists_view",
            IpListsEdit => "ip_lists_edit",
            CalloutCacheClear => "callout_cache_clear",
            CalloutCacheClearAll => "callout_cache_clear_all",
            DomainSettingsView => "domain_settings_view",
            DomainSettingsEdit => "domain_settings_edit",
            DefaultSettingsEdit => "default_settings_edit",
            AliasesView => "aliases_view",
            AliasesEdit => "aliases_edit",
            RoutesView => "routes_view",
            RoutesEdit => "routes_edit",
            RoutesTest => "routes_test",
            FilterSettingsView => "filter_settings_view",
            FilterSettingsEdit => "filter_settings_edit",
            SpfExemptionsView => "spf_exemptions_view",
            SpfExemptionsEdit => "spf_exemptions_edit",
            LocalRecipientsView => "local_recipients_view",
            LocalRecipientsEdit => "local_recipients_edit",
            TrainingReport => "training_report",
            SenderListsView => "sender_lists_view",
            SenderListsEdit => "sender_lists_edit",
            RecipientListsView => "recipient_lists_view",
            RecipientListsEdit => "recipient_lists_edit",
            ListsImport => "lists_import",
            ProtectionReportsView => "protection_reports_view",
            ProtectionReportsEdit => "protection_reports_edit",
            BlockedExtensionsView => "blocked_extensions_view",
            BlockedExtensionsEdit => "blocked_extensions_edit",
            SizeLimitsEdit => "size_limits_edit",
            OutgoingUsersView => "outgoing_users_view",
            OutgoingUsersEdit => "outgoing_users_edit",
            OutgoingUsersLock => "outgoing_users_lock",
            OutgoingUsersImport => "outgoing_users_import",
            AdministratorsEdit => "administrators_edit",
            ResellersView => "resellers_view",
            ResellersEdit => "resellers_edit",
            DomainUsersView => "domain_users_view",
            DomainUsersEdit => "domain_users_edit",
            EmailUsersView => "email_users_view",
            EmailUsersEdit => "email_users_edit",
            EmailUsersImport => "email_users_import",
            LoginAs => "login_as",
            PermissionsView => "permissions_view",
            PermissionsEdit => "permissions_edit",
            ApiTokensEdit => "api_tokens_edit",
            BrandingEdit => "branding_edit",
            AuditView => "audit_view",
            AccountEdit => "account_edit",
            NodesView => "nodes_view",
            NodesEdit => "nodes_edit",
            JobsView => "jobs_view",
        }
    }
}
