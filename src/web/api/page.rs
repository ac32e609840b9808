//! The description for programs, and the page for people: Swagger UI, out of the binary, nothing fetched from elsewhere.

use super::openapi;
use crate::web::problem::Problem;
use actix_web::{
    HttpResponse,
    http::header::{self, HeaderValue},
    web::Path,
};
use std::{
    borrow::Cow,
    sync::{Arc, LazyLock},
};
use utoipa_swagger_ui::Config;

/// The page runs its own scripts and styles, and talks to this server only.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
     font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

static DESCRIPTION: LazyLock<String> = LazyLock::new(|| openapi().to_string());
static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| Arc::new(Config::from("/openapi.json")));

pub(super) async fn description() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(DESCRIPTION.as_str())
}

/// Relative addresses on the page want the slash.
pub(super) async fn home() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, "/docs/index.html")).finish()
}

pub(super) async fn file(name: Path<String>) -> Result<HttpResponse, Problem> {
    match utoipa_swagger_ui::serve(&name, Arc::clone(&CONFIG)) {
        Ok(Some(file)) => {
            let bytes = match file.bytes {
                Cow::Borrowed(bytes) => bytes.to_vec(),
                Cow::Owned(bytes) => bytes,
            };
            let policy = (header::CONTENT_SECURITY_POLICY, POLICY);
            Ok(HttpResponse::Ok().content_type(file.content_type).insert_header(policy).body(bytes))
        }
        Ok(None) | Err(_) => Err(Problem::not_found("not_found")),
    }
}
