//! How many requests a caller and a client's address may send: generous, so that only a program that runs wild
//! meets them. Mail nodes have none. What is left is told with every answer (`RateLimit`, `RateLimit-Policy`).

use crate::{
    access::{
        buckets::{Buckets, Rate},
        client_ip,
        login_limits::network_of,
        token::{self, Tokens},
    },
    clock::Clock,
    error::ApiError,
};
use actix_web::{
    Error, HttpMessage, HttpRequest,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    web::Data,
};
use contract::problem::ErrorCode;

/// Requests of a caller: 6,000 at once, and 100 a second.
const CALLER: Rate = Rate { burst: 6_000, millis: 10 };
/// Requests of an address, which many people can share.
const ADDRESS: Rate = Rate { burst: 12_000, millis: 5 };

/// The limits; none where they are switched off.
#[derive(Clone, Debug)]
pub struct RateLimits {
    buckets: Option<Buckets>,
    caller: Rate,
    address: Rate,
}

impl RateLimits {
    /// Limits by that clock.
    pub fn new(clock: Clock, is_on: bool) -> Self {
        Self { buckets: is_on.then(|| Buckets::new(clock)), caller: CALLER, address: ADDRESS }
    }
}

/// How many requests are left to whoever sent this one.
#[derive(Clone, Copy, Debug)]
pub struct Allowance(i64);

/// Takes one request, or answers 429.
pub async fn limit(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let limits = request.app_data::<Data<RateLimits>>().cloned();
    let is_limited = request.path().starts_with("/api/v1/") && !request.path().starts_with("/api/v1/node/");
    let bounds = limits.as_ref().filter(|_| is_limited);
    if let Some((limits, buckets)) = bounds.and_then(|it| Some((it, it.buckets.as_ref()?))) {
        match buckets.take(asked(request.request(), limits)) {
            Ok(left) => {
                request.extensions_mut().insert(Allowance(left));
            }
            Err(seconds) => {
                request.extensions_mut().insert(Allowance(0));
                let error = ApiError::new(ErrorCode::TooManyRequests);
                return Ok(request.error_response(ApiError { retry_after: Some(seconds), ..error }));
            }
        }
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// The buckets of a request: its address, and its caller as far as the token alone says who that is.
fn asked(request: &HttpRequest, limits: &RateLimits) -> Vec<(String, Rate)> {
    let address = client_ip(request).map(|ip| (format!("ip {}", network_of(ip)), limits.address));
    let value = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = value.and_then(|value| value.split_once(' ')).map(|(_, token)| token.trim());
    let caller = bearer.and_then(|bearer| {
        if token::is_api_token(bearer) {
            return Some(format!("token {}", token::hash(bearer)));
        }
        let (tokens, clock) = (request.app_data::<Data<Tokens>>()?, request.app_data::<Data<Clock>>()?);
        let claims = tokens.verify(bearer, clock.now()).ok()?;
        Some(format!("user {}", claims.sub))
    });
    address.into_iter().chain(caller.map(|caller| (caller, limits.caller))).collect()
}

/// Tells what is left.
pub fn tell(request: &HttpRequest, headers: &mut HeaderMap) {
    let Some(Allowance(left)) = request.extensions().get::<Allowance>().copied() else { return };
    let (quota, window) = (CALLER.burst, CALLER.burst * CALLER.millis / 1000);
    let policy = format!("\"caller\";q={quota};w={window}");
    let state = format!("\"caller\";r={};t=1", left.min(quota));
    for (name, value) in [("ratelimit-policy", policy), ("ratelimit", state)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::{App, HttpResponse, middleware::from_fn, test, web};

    #[actix_web::test]
    async fn whoever_has_none_left_is_stopped_until_there_is_one_again() {
        let clock = Clock::fixed(1_700_000_000_000);
        let tokens = Tokens::new(b"0123456789abcdef0123456789abcdef");
        let caller = Rate { burst: 2, millis: 1_000 };
        let limits = RateLimits { caller, ..RateLimits::new(clock.clone(), true) };
        let app = App::new()
            .app_data(Data::new(limits))
            .app_data(Data::new(tokens.clone()))
            .app_data(Data::new(clock.clone()))
            .route("/api/v1/me", web::get().to(HttpResponse::Ok))
            .wrap(from_fn(limit));
        let app = test::init_service(app).await;
        let ask = async |user: &str| {
            let token = tokens.issue(user, "ses_1", clock.now()).unwrap();
            let request = test::TestRequest::get().uri("/api/v1/me");
            let request = request.insert_header((header::AUTHORIZATION, format!("Bearer {token}")));
            test::call_service(&app, request.to_request()).await.status().as_u16()
        };
        assert_eq!([ask("usr_1").await, ask("usr_1").await, ask("usr_1").await], [200, 200, 429]);
        assert_eq!(ask("usr_2").await, 200, "each for themselves");
        clock.advance(1_000);
        assert_eq!([ask("usr_1").await, ask("usr_1").await], [200, 429]);
    }
}
