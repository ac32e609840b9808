//! HTTP and HTTPS.

use crate::dispatch::{auth::Credentials, guard};
use model::port::outbound::{HttpRequest, Outcome};
use reqwest::{
    Method, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{HeaderMap, HeaderName, HeaderValue},
    redirect, retry,
};
use std::{
    collections::HashSet,
    error::Error,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

/// Until the connection stands, TLS and name included.
const CONNECT: Duration = Duration::from_secs(3);
/// Headers of an answer.
const HEADERS_MAX: usize = 64;
/// Connections kept open to a partner, and for how long.
const IDLE_MAX: usize = 64;
const IDLE: Duration = Duration::from_secs(30);
/// Ports of partners outside the house.
const PORTS: [u16; 3] = [443, 8443, 80];

/// Codes of what went wrong without an answer.
const DOWN: &str = "partner_down";
const REFUSED: &str = "partner_address_refused";

/// Why an address is not called.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AddressRefused {
    #[error("it is no address of the form https://host/path")]
    Unreadable,
    #[error("only https is allowed outside the house (http needs `inside = true`)")]
    Scheme,
    #[error("it holds a user or a password; credentials belong into `auth`")]
    Userinfo,
    #[error("it holds a query or a fragment")]
    Query,
    #[error("only the ports 443, 8443 and 80 are allowed outside the house")]
    Port,
    #[error("it leads into a network that must not be called (a partner inside the house needs `inside = true`)")]
    Network,
}

/// The client could not be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no HTTP client: {0}")]
pub struct ClientError(String);

/// A partner's base address, checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    /// Without a slash at its end.
    base: String,
    host: String,
    inside: bool,
}

impl Endpoint {
    /// Checks a base address; `inside`: a partner inside the house, plain http and private networks allowed.
    ///
    /// # Errors
    /// Why it is not called.
    pub fn new(url: &str, inside: bool) -> Result<Self, AddressRefused> {
        let url = Url::parse(url).map_err(|_| AddressRefused::Unreadable)?;
        // The parser has normalised it: 0x7f.1 and 2130706433 are 127.0.0.1 by now.
        let host = url.host_str().ok_or(AddressRefused::Unreadable)?.to_ascii_lowercase();
        match url.scheme() {
            "https" => {}
            "http" if inside => {}
            _ => return Err(AddressRefused::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressRefused::Userinfo);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(AddressRefused::Query);
        }
        if !inside {
            if !url.port_or_known_default().is_some_and(|port| PORTS.contains(&port)) {
                return Err(AddressRefused::Port);
            }
            if guard::is_local_name(&host) || literal(&host).is_some_and(|address| !guard::is_public(address)) {
                return Err(AddressRefused::Network);
            }
        }
        Ok(Self { base: url.as_str().trim_end_matches('/').to_owned(), host, inside })
    }

    /// The host's name, when it may lead inside.
    pub(in crate::dispatch) fn inside_host(&self) -> Option<String> {
        self.inside.then(|| bare(&self.host))
    }

    /// The address of `path` below this one; `None` when the path would lead elsewhere.
    fn below(&self, path: &str) -> Option<Url> {
        if !path.is_empty() && !path.starts_with('/') {
            return None;
        }
        let url = Url::parse(&format!("{}{path}", self.base)).ok()?;
        url.as_str().starts_with(&self.base).then_some(url)
    }
}

/// The address a host is written as, when it is one.
fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn bare(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

/// The one HTTP client; clones share it.
#[derive(Clone, Debug)]
pub struct Client {
    inner: reqwest::Client,
}

impl Client {
    /// `inside`: names of hosts that may have private addresses.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new(inside: impl IntoIterator<Item = String>) -> Result<Self, ClientError> {
        // A second call finds the provider there already, which is as good.
        let _there_already = rustls::crypto::ring::default_provider().install_default();
        let resolver = Arc::new(Filtering { inside: inside.into_iter().collect() });
        let built = builder(Arc::clone(&resolver)).build().or_else(|error| {
            tracing::warn!(%error, "no trusted roots: partners can only be called over plain http");
            builder(resolver).tls_certs_only([]).build()
        });
        built.map(|inner| Self { inner }).map_err(|error| ClientError(error.to_string()))
    }

    /// Makes one call: at most `request.deadline` in all, at most `request.answer_max` bytes of the answer.
    pub async fn send(&self, to: &Endpoint, credentials: &Credentials, request: &HttpRequest) -> Outcome {
        let refused = || Outcome::NotSent { code: REFUSED.to_owned() };
        let Some(url) = to.below(&request.path) else { return refused() };
        let Ok(method) = Method::from_bytes(request.method.as_bytes()) else { return refused() };
        let Some(headers) = headers(&request.headers, credentials) else { return refused() };
        let sending = self.inner.request(method, url).headers(headers).body(request.body.clone()).send();
        let deadline = Duration::from_micros(u64::try_from(request.deadline).unwrap_or(0));
        let whole = async { answer(sending.await?, request.answer_max).await };
        match tokio::time::timeout(deadline, whole).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => failed(&error),
            Err(_elapsed) => Outcome::Unknown { code: DOWN.to_owned() },
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one address of HTTP clients")]
fn builder(resolver: Arc<Filtering>) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("tributary/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        // One layer repeats, and it is ours.
        .retry(retry::never())
        .no_proxy()
        .referer(false)
        .connect_timeout(CONNECT)
        .pool_max_idle_per_host(IDLE_MAX)
        .pool_idle_timeout(IDLE)
        .http1_max_headers(HEADERS_MAX)
        .dns_resolver(resolver)
}

fn headers(of_request: &[(String, String)], credentials: &Credentials) -> Option<HeaderMap> {
    let mut headers = HeaderMap::with_capacity(of_request.len() + 1);
    for (name, value) in of_request {
        headers.append(HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?);
    }
    if let Some((name, secret)) = credentials.header() {
        let mut value = HeaderValue::from_bytes(secret).ok()?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_bytes(name.as_bytes()).ok()?, value);
    }
    Some(headers)
}

async fn answer(mut response: reqwest::Response, max: usize) -> Result<Outcome, reqwest::Error> {
    let status = response.status().as_u16();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let mut body = Vec::new();
    while body.len() < max
        && let Some(chunk) = response.chunk().await?
    {
        let fits = chunk.len().min(max - body.len());
        body.extend_from_slice(&chunk[..fits]);
    }
    Ok(Outcome::Http { status, headers, body })
}

/// Nothing was sent when no connection stood; of anything later nobody knows.
fn failed(error: &reqwest::Error) -> Outcome {
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(now) = cause {
        if now.is::<AddressRefused>() {
            return Outcome::NotSent { code: REFUSED.to_owned() };
        }
        cause = now.source();
    }
    if error.is_connect() || error.is_builder() {
        Outcome::NotSent { code: DOWN.to_owned() }
    } else {
        Outcome::Unknown { code: DOWN.to_owned() }
    }
}

/// Resolves names and drops addresses that must not be called, at the moment of connecting: what was public when it was
/// configured may not be so now.
#[derive(Debug)]
struct Filtering {
    inside: HashSet<String>,
}

impl Resolve for Filtering {
    fn resolve(&self, name: Name) -> Resolving {
        let inside = self.inside.contains(&bare(name.as_str()));
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let (usable, denied): (Vec<_>, Vec<_>) =
                found.into_iter().partition(|address| inside || guard::is_public(address.ip()));
            if usable.is_empty() && !denied.is_empty() {
                tracing::warn!(host = name.as_str(), "a partner's name leads into a network that must not be called");
                return Err(AddressRefused::Network.into());
            }
            Ok(Box::new(usable.into_iter()) as Addrs)
        })
    }
}
