//! Errors as RFC 9457 problem documents: a stable code, words in the caller's language, the place, the remedy.

use crate::{entropy, words::Language};
use actix_web::{HttpRequest, HttpResponse, http::StatusCode, http::header};
use model::{order::refusal::Refusal, said::Args};
use serde::Serialize;
use serde_json::{Map, Value};

/// Seconds after which, at the latest, somebody who found us busy is asked to try again.
const RETRY_SECONDS: u64 = 5;

/// An error on its way to a caller.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    pub status: StatusCode,
    pub code: String,
    pub args: Args,
    /// Seconds after which to try again.
    pub retry_after: Option<u32>,
    /// JSON pointer or parameter the problem is about.
    pub at: Option<String>,
    /// Further members of the document, e.g. every fault of a body.
    pub more: Option<Box<Map<String, Value>>>,
    pub language: Language,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: String,
    status: u16,
    code: &'a str,
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    remedy: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<&'a str>,
    #[serde(skip_serializing_if = "Args::is_empty")]
    args: &'a Args,
    #[serde(flatten)]
    more: Option<&'a Map<String, Value>>,
}

impl Problem {
    pub fn new(status: StatusCode, code: &str) -> Self {
        let (code, args, language) = (code.to_owned(), Args::new(), Language::default());
        Self { status, code, args, retry_after: None, at: None, more: None, language }
    }

    pub fn bad_request(code: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code)
    }

    pub fn not_found(code: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, code)
    }

    /// A document that was there, but not its bytes any more: the people in it were erased.
    pub fn erased() -> Self {
        Self::new(StatusCode::GONE, "content_erased")
    }

    /// The database is away, or we have too much to do: nothing was lost, try again.
    pub fn unavailable() -> Self {
        Self::later("unavailable")
    }

    pub fn overloaded() -> Self {
        Self::later("overloaded")
    }

    /// What is not urgent waits until orders are decided again as they come.
    pub fn degraded() -> Self {
        Self::later("degraded")
    }

    /// 503, and when to try again: not everybody at the same moment.
    fn later(code: &str) -> Self {
        let seconds = 1 + u32::try_from(entropy::below(RETRY_SECONDS)).unwrap_or(0);
        Self { retry_after: Some(seconds), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, code) }
    }

    /// A command that could not be done: 404 for what is not there, 403 for who may not, 409 for all else.
    pub fn refused(refusal: Refusal) -> Self {
        let status = match refusal.code.as_str() {
            "unknown_order" | "unknown_line" | "unknown_hold" | "unknown_fulfilment" => StatusCode::NOT_FOUND,
            "hold_not_yours" | "not_a_person" | "own_order" | "wrong_role" | "over_authority" => StatusCode::FORBIDDEN,
            _ => StatusCode::CONFLICT,
        };
        Self { args: refusal.args, ..Self::new(status, &refusal.code) }
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.args.insert(name.to_owned(), value.to_string());
        self
    }

    #[must_use]
    pub fn at(mut self, place: impl ToString) -> Self {
        self.at = Some(place.to_string());
        self
    }

    /// In the language this caller asked for.
    #[must_use]
    pub fn to(mut self, request: &HttpRequest) -> Self {
        self.language = language(request);
        self
    }
}

/// The language a request asks for.
pub fn language(request: &HttpRequest) -> Language {
    let header = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
    header.map_or_else(Language::default, Language::accepted)
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.code)
    }
}

impl actix_web::ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let words = self.language.say(&self.code, &self.args);
        let body = Body {
            r#type: format!("urn:tributary:problem:{}", self.code),
            title: words.title,
            status: self.status.as_u16(),
            code: &self.code,
            detail: words.detail,
            remedy: words.remedy,
            at: self.at.as_deref(),
            args: &self.args,
            more: self.more.as_deref(),
        };
        let mut response = HttpResponse::build(self.status);
        if let Some(seconds) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        response.insert_header((header::CONTENT_LANGUAGE, self.language.tag()));
        response.content_type("application/problem+json").body(serde_json::to_vec(&body).unwrap_or_default())
    }
}

impl From<crate::store::StoreError> for Problem {
    fn from(error: crate::store::StoreError) -> Self {
        if error.is_unavailable() || error.is_retryable() {
            tracing::warn!(%error, "a request found the database away");
            return Self::unavailable();
        }
        tracing::error!(%error, "a request failed in the store");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
    }
}

impl From<crate::orders::RunError> for Problem {
    fn from(error: crate::orders::RunError) -> Self {
        tracing::warn!(%error, "a command was not carried out");
        match error {
            crate::orders::RunError::Unavailable(_) => Self::unavailable(),
            crate::orders::RunError::Fault(_) => Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }
}
