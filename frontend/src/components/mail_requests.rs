//! The quarantine and the log as the page's scope has them: one function an operation, whose path is the scope's.
//! Everything else of this area asks the API through here.

use crate::api::{self, ApiError};
use contract::{
    ids::RecordId,
    messages::{
        BulkAnswer, CREATE_PREVIEW, DELETE_QUARANTINED, EMPTY_DOMAIN_QUARANTINE, EMPTY_QUARANTINE, Emptied,
        GET_ATTACHMENT, GET_DOMAIN_LOG_VOLUME, GET_LOG_ENTRY, GET_LOG_VOLUME, GET_QUARANTINED,
        GET_QUARANTINED_RAW, LIST_DOMAIN_LOG, LIST_DOMAIN_QUARANTINE, LIST_LOG, LIST_QUARANTINE, LogDetail,
        LogItem, LogQuery, LogVolume, MessageSelection, Preview, QuarantineItem, QuarantineMessage,
        QuarantineQuery, RELEASE_DOMAIN_QUARANTINED, RELEASE_QUARANTINED, RESTORE_QUARANTINED, RawQuery,
        ReleaseRequest,
    },
    page::Page,
};

/// Where messages are looked for: in one domain, or in all that the caller reaches.
pub type Reach = Option<String>;

/// A message, by all that its address needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagePlace {
    /// The domain of its recipient.
    pub domain: String,
    /// Its id.
    pub id: RecordId,
}

impl MessagePlace {
    fn path(&self) -> [String; 2] {
        [self.domain.clone(), self.id.to_string()]
    }
}

/// A page of held messages (QUA-01).
pub async fn list_held(reach: &Reach, query: &QuarantineQuery) -> Result<Page<QuarantineItem>, ApiError> {
    match reach {
        Some(domain) => api::call(&LIST_DOMAIN_QUARANTINE, &[domain], query, &()).await,
        None => api::call(&LIST_QUARANTINE, &[], query, &()).await,
    }
}

/// All held messages of a search as a table (QUA-11).
pub async fn export_held(reach: &Reach, query: &QuarantineQuery) -> Result<Vec<u8>, ApiError> {
    let query = QuarantineQuery { limit: None, count: None, ..query.clone() };
    match reach {
        Some(domain) => api::csv(&LIST_DOMAIN_QUARANTINE, &[domain], &query).await,
        None => api::csv(&LIST_QUARANTINE, &[], &query).await,
    }
}

/// Deletes all held messages of a search at the caller's level (QUA-08).
pub async fn empty(reach: &Reach, query: &QuarantineQuery) -> Result<Emptied, ApiError> {
    let query = QuarantineQuery { sort: None, limit: None, cursor: None, count: None, ..query.clone() };
    match reach {
        Some(domain) => api::call(&EMPTY_DOMAIN_QUARANTINE, &[domain], &query, &()).await,
        None => api::call(&EMPTY_QUARANTINE, &[], &query, &()).await,
    }
}

/// Releases messages (QUA-06, QUA-22).
pub async fn release(reach: &Reach, request: &ReleaseRequest) -> Result<BulkAnswer, ApiError> {
    match reach {
        Some(domain) => api::call(&RELEASE_DOMAIN_QUARANTINED, &[domain], &(), request).await,
        None => api::call(&RELEASE_QUARANTINED, &[], &(), request).await,
    }
}

/// Deletes messages at the caller's level (QUA-07, QUA-10).
pub async fn delete(ids: Vec<RecordId>) -> Result<BulkAnswer, ApiError> {
    api::call(&DELETE_QUARANTINED, &[], &(), &MessageSelection { ids }).await
}

/// Takes a deletion back.
pub async fn restore(ids: Vec<RecordId>) -> Result<BulkAnswer, ApiError> {
    api::call(&RESTORE_QUARANTINED, &[], &(), &MessageSelection { ids }).await
}

/// One held message (QUA-03).
pub async fn held(place: &MessagePlace) -> Result<QuarantineMessage, ApiError> {
    let [domain, id] = place.path();
    api::call(&GET_QUARANTINED, &[&domain, &id], &(), &()).await
}

/// The whole message as it was received, as bytes (QUA-19).
pub async fn raw(place: &MessagePlace) -> Result<Vec<u8>, ApiError> {
    let [domain, id] = place.path();
    api::download(&GET_QUARANTINED_RAW, &[&domain, &id], &RawQuery::default()).await
}

/// The content of an attachment (QUA-21).
pub async fn attachment(place: &MessagePlace, index: u32) -> Result<Vec<u8>, ApiError> {
    let [domain, id] = place.path();
    api::download(&GET_ATTACHMENT, &[&domain, &id, &index.to_string()], &()).await
}

/// Where a sandboxed frame finds the HTML of a message (QUA-18).
pub async fn preview(place: &MessagePlace) -> Result<Preview, ApiError> {
    let [domain, id] = place.path();
    api::call(&CREATE_PREVIEW, &[&domain, &id], &(), &()).await
}

/// A page of the log (LOG-01).
pub async fn list_log(reach: &Reach, query: &LogQuery) -> Result<Page<LogItem>, ApiError> {
    match reach {
        Some(domain) => api::call(&LIST_DOMAIN_LOG, &[domain], query, &()).await,
        None => api::call(&LIST_LOG, &[], query, &()).await,
    }
}

/// All entries that a search of the log finds as a table (LOG-19).
pub async fn export_log(reach: &Reach, query: &LogQuery) -> Result<Vec<u8>, ApiError> {
    let query = LogQuery { limit: None, count: None, ..query.clone() };
    match reach {
        Some(domain) => api::csv(&LIST_DOMAIN_LOG, &[domain], &query).await,
        None => api::csv(&LIST_LOG, &[], &query).await,
    }
}

/// How much a search of the log finds over time.
pub async fn log_volume(reach: &Reach, query: &LogQuery) -> Result<LogVolume, ApiError> {
    match reach {
        Some(domain) => api::call(&GET_DOMAIN_LOG_VOLUME, &[domain], query, &()).await,
        None => api::call(&GET_LOG_VOLUME, &[], query, &()).await,
    }
}

/// One entry of the log (LOG-30).
pub async fn log_entry(place: &MessagePlace) -> Result<LogDetail, ApiError> {
    let [domain, id] = place.path();
    api::call(&GET_LOG_ENTRY, &[&domain, &id], &(), &()).await
}
