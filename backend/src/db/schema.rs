//! The tables as the program sees them, one description for both databases (`migrations/`). Only rows' structs
//! in `features/*` and `access/*` refer to it; it holds no queries.

diesel::table! {
    resellers (id) {
        id -> BigInt,
        slug -> Text,
        name -> Text,
        domain_limit -> Integer,
        created_at -> BigInt,
        is_suspended -> Bool,
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
    idempotency_keys (owner, key) {
        owner -> Text,
        key -> Text,
        request_hash -> Text,
        status -> Nullable<Integer>,
        content_type -> Nullable<Text>,
        sealed_answer -> Nullable<Text>,
        created_at -> BigInt,
        lease_until -> BigInt,
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

diesel::table! {
    settings (level, scope_id, mailbox, key) {
        level -> Text,
        scope_id -> BigInt,
        mailbox -> Text,
        key -> Text,
        value -> Text,
    }
}

diesel::table! {
    audit (id) {
        id -> BigInt,
        at -> BigInt,
        actor_id -> Text,
        actor -> Text,
        role -> Text,
        ip -> Text,
        request_id -> Text,
        action -> Text,
        target -> Text,
        reseller_id -> Nullable<BigInt>,
        domain_id -> Nullable<BigInt>,
        before -> Nullable<Text>,
        after -> Nullable<Text>,
        hash -> Text,
        as_user -> Nullable<Text>,
    }
}

diesel::table! {
    policy_revision (id) {
        id -> BigInt,
        revision -> BigInt,
    }
}

diesel::table! {
    policy_documents (kind, key) {
        kind -> Text,
        key -> Text,
        revision -> BigInt,
        is_removed -> Bool,
    }
}

diesel::table! {
    nodes (id) {
        id -> Text,
        name -> Text,
        number -> Integer,
        token_hash -> Text,
        version -> Nullable<Text>,
        last_seen_at -> Nullable<BigInt>,
        queued -> BigInt,
        policy_revision -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    node_commands (id) {
        id -> Text,
        node_id -> Nullable<Text>,
        record_id -> BigInt,
        domain_id -> BigInt,
        body_key -> Text,
        orders -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    log (domain_id, id) {
        domain_id -> BigInt,
        id -> BigInt,
        node -> Integer,
        message_id -> Text,
        sender -> Text,
        recipient -> Text,
        subject -> Text,
        sender_ip -> Text,
        sender_host -> Text,
        size -> BigInt,
        size_delivered -> BigInt,
        classification -> Text,
        status -> Text,
        status_at -> BigInt,
        score -> Nullable<Double>,
        ip_search -> Text,
        sender_search -> Text,
        recipient_search -> Text,
        subject_search -> Text,
    }
}

diesel::table! {
    log_details (id) {
        id -> BigInt,
        helo -> Text,
        is_encrypted -> Bool,
        header_from -> Text,
        header_to -> Text,
        reason -> Nullable<Text>,
        reply -> Text,
        unsure_threshold -> Nullable<Double>,
        quarantine_threshold -> Nullable<Double>,
        evidence -> Text,
        authentication -> Text,
        attachments -> Integer,
    }
}

diesel::table! {
    log_events (record_id, id) {
        record_id -> BigInt,
        id -> BigInt,
        kind -> Text,
        host -> Text,
        reply -> Text,
        size -> BigInt,
        actor -> Text,
    }
}

diesel::table! {
    bodies (key) {
        key -> Text,
        node_id -> Text,
        message_id -> Text,
        size -> BigInt,
        stored_at -> BigInt,
        look_at -> BigInt,
    }
}

diesel::table! {
    quarantine (domain_id, id) {
        domain_id -> BigInt,
        id -> BigInt,
        node -> Integer,
        message_id -> Text,
        body_key -> Text,
        expires_at -> BigInt,
        sender -> Text,
        recipient -> Text,
        header_from -> Text,
        header_to -> Text,
        subject -> Text,
        size -> BigInt,
        classification -> Text,
        score -> Nullable<Double>,
        attachments -> Integer,
        released_at -> Nullable<BigInt>,
        hidden_admin -> Bool,
        hidden_domain -> Bool,
        hidden_email -> Bool,
        hidden_at -> Nullable<BigInt>,
        sender_search -> Text,
        recipient_search -> Text,
        from_search -> Text,
        to_search -> Text,
        subject_search -> Text,
    }
}

diesel::table! {
    training_acts (record_id) {
        record_id -> BigInt,
        domain_id -> BigInt,
        mailbox -> Text,
        is_spam -> Bool,
        body_key -> Text,
        at -> BigInt,
        actor_id -> Text,
        actor -> Text,
        role -> Text,
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

diesel::table! {
    jobs (id) {
        id -> Text,
        kind -> Text,
        state -> Text,
        owner_id -> Text,
        actor -> Text,
        within_domain -> Nullable<BigInt>,
        role -> Nullable<Text>,
        is_dry_run -> Bool,
        encoding -> Text,
        total -> BigInt,
        done -> BigInt,
        added -> BigInt,
        skipped -> BigInt,
        failed -> BigInt,
        error -> Nullable<Text>,
        is_stop_wanted -> Bool,
        lease_owner -> Nullable<Text>,
        lease_until -> BigInt,
        created_at -> BigInt,
        started_at -> Nullable<BigInt>,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    job_lines (job_id, line) {
        job_id -> Text,
        line -> BigInt,
        outcome -> Text,
        target -> Text,
        field -> Nullable<Text>,
        reason -> Nullable<Text>,
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
    job_lines
);
