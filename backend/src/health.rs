//! What operators and their programs ask: is it alive, is it ready, what does it measure.

use crate::{db::Db, error::ApiResult};
use actix_web::{
    HttpResponse, get,
    web::{Data, ServiceConfig},
};
use diesel::prelude::*;
use prometheus::{Encoder, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, TextEncoder};
use std::time::Duration;

/// What is measured, in the words of Prometheus.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
}

impl Metrics {
    /// Nothing measured yet.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let requests = IntCounterVec::new(
            Opts::new(
                "gatepost_http_requests_total",
                "Requests answered, by method, path pattern and status",
            ),
            &["method", "path", "status"],
        )?;
        let seconds = HistogramVec::new(
            HistogramOpts::new("gatepost_http_request_seconds", "Seconds until the answer's head was ready"),
            &["method", "path"],
        )?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(seconds.clone()))?;
        Ok(Self { registry, requests, seconds })
    }

    /// Where features register their own measures.
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// One request was answered. The path is its pattern: few values, and no tenant's names.
    pub fn answered(&self, method: &str, pattern: &str, status: u16, elapsed: Duration) {
        let method = if matches!(method, "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD") {
            method
        } else {
            "other"
        };
        self.requests.with_label_values(&[method, pattern, &status.to_string()]).inc();
        self.seconds.with_label_values(&[method, pattern]).observe(elapsed.as_secs_f64());
    }
}

/// The process runs.
#[get("/healthz")]
async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// The process can answer: the database does.
#[get("/readyz")]
async fn readyz(db: Data<Db>) -> ApiResult<HttpResponse> {
    db.run(|conn| {
        use crate::db::schema::policy_revision;
        policy_revision::table.select(policy_revision::revision).first::<i64>(conn)?;
        Ok(())
    })
    .await?;
    Ok(HttpResponse::Ok().content_type("text/plain").body("ready\n"))
}

/// The measures, for Prometheus.
#[get("/metrics")]
async fn measures(metrics: Data<Metrics>) -> ApiResult<HttpResponse> {
    let mut text = Vec::new();
    TextEncoder::new()
        .encode(&metrics.registry.gather(), &mut text)
        .map_err(crate::error::ApiError::internal)?;
    Ok(HttpResponse::Ok().content_type(prometheus::TEXT_FORMAT).body(text))
}

/// The three.
pub fn routes(config: &mut ServiceConfig) {
    config.service(healthz).service(readyz).service(measures);
}
