//! Tables of mail: the nodes, what they were told and told, held messages.

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
