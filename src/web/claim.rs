//! Who calls: every route but the signed ones and health asks for a [`Caller`].

use super::problem::Problem;
use crate::{
    app::App,
    auth::{Claim, Permission},
    keys,
};
use actix_web::{FromRequest, HttpRequest, dev::Payload, http::StatusCode, http::header, web::Data};
use futures_util::future::LocalBoxFuture;

/// A proven caller. A handler that takes one is closed to everybody without a key.
#[derive(Clone, Debug)]
pub struct Caller(pub Claim);

impl Caller {
    /// Passes when the caller may do this.
    ///
    /// # Errors
    /// 403 `forbidden`.
    pub fn need(&self, permission: Permission) -> Result<(), Problem> {
        if self.0.may(permission) { Ok(()) } else { Err(self.forbidden()) }
    }

    /// Passes when the caller may bring documents to this channel.
    ///
    /// # Errors
    /// 403 `forbidden`, or `channel_not_yours` for the key of another channel.
    pub fn need_channel(&self, channel: &str) -> Result<(), Problem> {
        self.need(Permission::Bring)?;
        if self.0.may_bring_to(channel) {
            return Ok(());
        }
        Err(Problem::new(StatusCode::FORBIDDEN, "channel_not_yours").with("channel", channel))
    }

    fn forbidden(&self) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, "forbidden").with("role", &self.0.role)
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { identify(&request).await })
    }
}

/// Who shows a key with this request.
///
/// # Errors
/// 401 `unauthorized`, `key_expired` or `key_revoked`; 503 when the database is away.
pub async fn identify(request: &HttpRequest) -> Result<Caller, Problem> {
    let Some(app) = request.app_data::<Data<App>>() else {
        tracing::error!("the application state is missing");
        return Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal"));
    };
    let Some(key) = presented(request) else { return Err(unauthorized("unauthorized")) };
    match keys::claim(&app.core, key).await? {
        Ok(claim) => Ok(Caller(claim)),
        Err(denied) => Err(unauthorized(denied.code())),
    }
}

fn unauthorized(code: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, code)
}

/// The key a request shows: `Authorization: Bearer` or `X-Api-Key`, one of them and once, so that no proxy and we can
/// read two different callers from one request. Never from the URL, which ends in logs.
fn presented(request: &HttpRequest) -> Option<&str> {
    let bearers = request.headers().get_all(header::AUTHORIZATION).map(|value| {
        let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
    });
    let plain = request.headers().get_all("x-api-key").map(|value| value.to_str().ok().map(str::trim));
    let mut keys = bearers.chain(plain);
    let key = keys.next()?;
    if keys.next().is_some() { None } else { key }
}
