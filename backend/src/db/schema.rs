//! The tables as the program sees them, one description for both databases (`migrations/`). Only rows' structs
//! in `features/*` and `access/*` refer to it; it holds no queries.

mod mail;
mod work;

pub use mail::*;
pub use work::*;

diesel::table! {
    resellers (id) {
        id -> BigInt,
        slug -> Text,
        name -> Text,
        domain_limit -> Integer,
        created_at -> BigInt,
        is_suspended -> Bool,
        parent_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    domains (id) {
        id -> BigInt,
        name -> Text,
        reseller_id -> Nullable<BigInt>,
        created_at -> BigInt,
        is_suspended -> Bool,
    }
}

diesel::table! {
    removed_domains (domain_id) {
        domain_id -> BigInt,
        removed_at -> BigInt,
    }
}

diesel::table! {
    routes (domain_id, position) {
        domain_id -> BigInt,
        position -> Integer,
        host -> Text,
        port -> Integer,
    }
}

diesel::table! {
    users (id) {
        id -> Text,
        username -> Text,
        role -> Text,
        reseller_id -> Nullable<BigInt>,
        domain_id -> Nullable<BigInt>,
        password_hash -> Text,
        is_active -> Bool,
        language -> Nullable<Text>,
        theme -> Text,
        time_zone -> Nullable<Text>,
        created_at -> BigInt,
        last_login_at -> Nullable<BigInt>,
        previous_login_at -> Nullable<BigInt>,
        display_name -> Nullable<Text>,
        email -> Nullable<Text>,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        user_id -> Text,
        refresh_hash -> Text,
        previous_hash -> Nullable<Text>,
        rotated_at -> BigInt,
        events_hash -> Text,
        ip -> Text,
        user_agent -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
        confirmed_at -> BigInt,
        actor_session -> Nullable<Text>,
    }
}

diesel::table! {
    logins (id) {
        id -> BigInt,
        user_id -> Nullable<Text>,
        at -> BigInt,
        ip -> Text,
        user_agent -> Text,
        outcome -> Text,
    }
}

diesel::table! {
    second_factors (user_id) {
        user_id -> Text,
        sealed_seed -> Text,
        is_active -> Bool,
        active_since -> Nullable<BigInt>,
        last_step -> BigInt,
        failures -> Integer,
        locked_until -> BigInt,
    }
}

diesel::table! {
    recovery_codes (user_id, code_hash) {
        user_id -> Text,
        code_hash -> Text,
    }
}

diesel::table! {
    trusted_devices (token_hash) {
        token_hash -> Text,
        user_id -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    second_factor_rules (role) {
        role -> Text,
        is_required -> Bool,
    }
}

diesel::table! {
    password_recoveries (token_hash) {
        token_hash -> Text,
        user_id -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    api_tokens (id) {
        id -> Text,
        user_id -> Text,
        name -> Text,
        token_hash -> Text,
        hint -> Text,
        scopes -> Text,
        domain_id -> Nullable<BigInt>,
        networks -> Text,
        expires_at -> Nullable<BigInt>,
        created_at -> BigInt,
        last_used_at -> Nullable<BigInt>,
        last_used_ip -> Nullable<Text>,
    }
}

diesel::joinable!(domains -> resellers (reseller_id));
diesel::joinable!(users -> domains (domain_id));
diesel::table! {
    permission_switches (role, name) {
        role -> Text,
        name -> Text,
        is_on -> Bool,
    }
}

diesel::joinable!(jobs -> users (owner_id));
diesel::joinable!(password_recoveries -> users (user_id));
diesel::joinable!(api_tokens -> users (user_id));
diesel::joinable!(api_tokens -> domains (domain_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(routes -> domains (domain_id));
diesel::joinable!(log -> domains (domain_id));
diesel::joinable!(quarantine -> domains (domain_id));
diesel::allow_tables_to_appear_in_same_query!(
    resellers,
    domains,
    removed_domains,
    routes,
    users,
    permission_switches,
    sessions,
    logins,
    second_factors,
    recovery_codes,
    trusted_devices,
    second_factor_rules,
    api_tokens,
    password_recoveries,
    idempotency_keys,
    settings,
    audit,
    policy_revision,
    policy_documents,
    nodes,
    node_commands,
    log,
    log_details,
    log_events,
    bodies,
    quarantine,
    training_acts,
    jobs,
    job_lines,
    logos
);
