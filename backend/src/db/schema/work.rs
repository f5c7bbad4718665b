//! Tables of administration: settings, policy, the audit log, long work, logos.

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

diesel::table! {
    logos (reseller_id) {
        reseller_id -> BigInt,
        hash -> Text,
        media_type -> Text,
        content -> Binary,
    }
}
