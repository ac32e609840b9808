//! Configuration: `config/base.toml` holds every default, an operator's file overrides, secrets come by name. The one
//! address of the environment.

mod mistake;
mod plain;
mod read;
mod running;
mod source;

pub use mistake::Mistake;
pub use read::Unread;
pub use running::{Metrics, Overload, Traces};
pub use source::Source;

use adapters::carriers::{Caller, signed};
use model::money::Currency;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// The whole configuration, as `check` reports on it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    pub database: Database,
    pub company: Company,
    pub intake: Intake,
    pub overload: Overload,
    pub metrics: Metrics,
    pub traces: Traces,
    pub dispatch: Dispatch,
    /// Directory of policy files; empty = those inside the binary.
    pub policies: PathBuf,
    /// Directory of mapping files; empty = those inside the binary.
    pub mappings: PathBuf,
    #[serde(default)]
    pub channels: BTreeMap<String, Channel>,
    #[serde(default)]
    pub carriers: BTreeMap<String, CarrierCallback>,
    #[serde(default)]
    pub connectors: BTreeMap<String, Connector>,
    /// Secrets by name; nothing else in the configuration may hold one.
    #[serde(default)]
    pub secrets: BTreeMap<String, SecretSource>,
    /// The operator's file, to name places in it.
    #[serde(skip)]
    pub source: Source,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address and port, e.g. `127.0.0.1:8080`.
    pub listen: String,
    /// TLS ends in a proxy before us, so listening beyond loopback is meant.
    pub behind_proxy: bool,
    pub workers: usize,
    /// Bytes of a webhook or API body.
    pub body_max: usize,
    /// Bytes of an uploaded file.
    pub upload_max: usize,
    /// Seconds a body may take to arrive; uploads have `upload_seconds`.
    pub body_seconds: u64,
    pub upload_seconds: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// `sqlite://path/to/file.db` or `postgres://user@host/name`.
    pub url: String,
    /// Run on a database whose settings can lose acknowledged data. Never in production.
    pub allow_unsafe: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Company {
    pub base_currency: Currency,
    /// IANA zone of the company's calendar.
    pub zone: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intake {
    /// Documents waiting for their commit; more are answered 503.
    pub queue: usize,
    /// Documents waiting to be parsed in memory; more are found again by their lease.
    pub parse_queue: usize,
    /// Seconds after which another node may take an unfinished document over.
    pub lease_seconds: i64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dispatch {
    /// Multiplies every backoff, in thousandths: 1000 in production, less in a demonstration.
    pub backoff_permille: i64,
    pub lease_seconds: i64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// `shopify`, `woocommerce`, `webhook`, or `file` for uploads.
    pub platform: String,
    /// Name of the mapping, e.g. `shopify-order`.
    pub mapping: String,
    /// Names of the signing secrets that live now, newest first; at most two.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// Currency where a document does not say.
    pub currency: Option<Currency>,
    /// IANA zone of times without one.
    pub zone: String,
    /// Country where an address does not say, ISO 3166-1 alpha-2.
    pub country: String,
    /// Price book group of buyers who are no known customers.
    #[serde(default)]
    pub group: String,
    /// Requests a second that are accepted; 0 = no limit.
    #[serde(default)]
    pub rate: u32,
    /// A folder whose files are taken.
    pub folder: Option<Folder>,
    /// Of `webhook`: how the sender signs; without it as Standard Webhooks asks.
    pub signature: Option<Signature>,
    /// Of `webhook`: mappings by topic; without it `mapping` reads everything.
    pub topics: Option<Topics>,
}

/// How a partner signs with HMAC over the raw body. Words are checked with the mappings, so that each mistake has its place.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    pub header: String,
    /// `md5`, `sha1`, `sha256`, `sha512`.
    pub algorithm: String,
    /// `hex`, `base64`.
    pub encoding: String,
    /// What stands before the signature, e.g. `sha256=`.
    #[serde(default)]
    pub prefix: String,
}

/// Which mapping reads which topic, and where a document names its own: in a header or, by a JSON pointer, in its body.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topics {
    pub header: Option<String>,
    pub pointer: Option<String>,
    pub mappings: BTreeMap<String, String>,
}

/// A folder that is looked into again and again.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Folder {
    pub path: PathBuf,
    /// Seconds between two looks; a file is taken when it is the same in two of them.
    #[serde(default = "look_seconds")]
    pub every_seconds: u64,
}

const fn look_seconds() -> u64 {
    5
}

/// A carrier (or tracking service) that calls us back.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarrierCallback {
    /// `easypost`, `kuaidi100`, or `signed` for one that `form` describes.
    pub kind: String,
    /// How a `signed` caller signs and writes.
    #[serde(default)]
    pub form: Option<signed::Form>,
    /// Name of the secret its signature is checked with.
    pub secret: String,
    /// The caller's carrier codes to ours: `shunfeng = "sf"`.
    #[serde(default)]
    pub codes: BTreeMap<String, String>,
}

impl CarrierCallback {
    /// Who this is; `None` for a kind nobody knows, or a form that is missing or not wanted.
    pub fn caller(&self) -> Option<Caller<'_>> {
        Caller::new(&self.kind, self.form.as_ref())
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connector {
    /// `crm_rest`, `customer_mail`, `customer_sms`, `erp_rest`, `file_drop`, `logistics_xml`, `mail` or `webhook`.
    pub kind: String,
    /// `https://...`; a folder is `file:///...`, a mail server `smtps://`, `smtp://` (STARTTLS) or `smtp+plain://`.
    pub url: String,
    /// Names of the outgoing mappings of its messages, e.g. `erp-order`; empty = the connector's own form of them.
    #[serde(default)]
    pub messages: Vec<String>,
    /// Of connectors that tell customers: the name of their texts; empty = `customer`.
    #[serde(default)]
    pub notices: String,
    /// Of connectors that tell customers: `zh` or `en`; empty = the customer's own.
    #[serde(default)]
    pub language: String,
    /// Told of orders of these channels only; empty = of all.
    #[serde(default)]
    pub channels: Vec<String>,
    /// Mail only: a file with the certificates (PEM) of an authority that is trusted besides the public ones, for a mail server
    /// inside the house.
    pub ca: Option<PathBuf>,
    /// Mail only: the sender's address.
    #[serde(default)]
    pub from: String,
    /// `mail` only: who gets it.
    #[serde(default)]
    pub to: Vec<String>,
    /// Message kinds it is told; empty = those the connector's own file lists.
    #[serde(default)]
    pub listens: Vec<String>,
    #[serde(default)]
    pub auth: Auth,
    /// Requests a second; 0 = no limit.
    #[serde(default)]
    pub rate: u32,
    /// Calls in flight at once.
    #[serde(default = "in_flight")]
    pub in_flight: usize,
    /// Plain http and private addresses are allowed: a partner inside the house.
    #[serde(default)]
    pub inside: bool,
}

const fn in_flight() -> usize {
    8
}

/// How the shell authenticates to a partner; run by `dispatch::auth`, never seen by a connector.
#[derive(Clone, Debug, Deserialize, Default)]
#[serde(tag = "scheme", rename_all = "snake_case", deny_unknown_fields)]
pub enum Auth {
    #[default]
    None,
    Basic {
        user: String,
        secret: String,
    },
    Bearer {
        secret: String,
    },
    Header {
        name: String,
        secret: String,
    },
    /// Signs each request as the Standard Webhooks specification says.
    StandardWebhooks {
        /// Names of the live secrets, newest first: two while one is rotated.
        secrets: Vec<String>,
    },
}

/// Where a secret comes from.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SecretSource {
    /// An environment variable.
    Env(String),
    /// A file; a final line break is dropped.
    File(PathBuf),
    /// The value itself: for demonstrations and tests.
    Value(String),
}

impl std::fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Env(name) => write!(f, "Env({name})"),
            Self::File(path) => write!(f, "File({})", path.display()),
            Self::Value(_) => f.write_str("Value([REDACTED])"),
        }
    }
}

/// Every default, commented.
pub const BASE: &str = include_str!("../config/base.toml");

/// What is wrong with a setting; `place` names its key, e.g. `connectors.erp.url`.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct ConfigError {
    pub place: String,
    pub problem: String,
}

impl Config {
    /// The defaults with the operator's file over them; table by table, key by key.
    ///
    /// # Errors
    /// A file that cannot be read or is not TOML, unknown or missing keys, values of the wrong type: all, with their places.
    pub fn load(file: Option<&Path>) -> Result<Self, Box<Unread>> {
        let Some(path) = file else { return Self::read("", "config") };
        let over = std::fs::read_to_string(path).map_err(|error| Unread::file(path, &error))?;
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        match Self::read(&over, &path.display().to_string()) {
            Ok(config) => Ok(config.found_from(folder)),
            Err(unread) => {
                let rest = unread.rest.map(|config| config.found_from(folder));
                Err(Box::new(Unread { rest, ..*unread }))
            }
        }
    }

    /// With the files and folders it names looked for from `folder`, where they are not absolute.
    fn found_from(mut self, folder: &Path) -> Self {
        let channels = self.channels.values_mut().filter_map(|channel| channel.folder.as_mut());
        let secrets = self.secrets.values_mut().filter_map(|secret| match secret {
            SecretSource::File(path) => Some(path),
            SecretSource::Env(_) | SecretSource::Value(_) => None,
        });
        let own = [&mut self.policies, &mut self.mappings];
        let authorities = self.connectors.values_mut().filter_map(|connector| connector.ca.as_mut());
        let folders = channels.map(|folder| &mut folder.path);
        for path in own.into_iter().chain(folders).chain(secrets).chain(authorities) {
            // An empty path is none.
            if !path.as_os_str().is_empty() {
                *path = folder.join(&*path);
            }
        }
        self
    }

    /// The defaults with `over` (a TOML text named `place`) over them.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn read(over: &str, place: &str) -> Result<Self, Box<Unread>> {
        read::read(Source { place: place.to_owned(), text: over.to_owned(), faulty: Vec::new() })
    }

    /// The bytes of the secret called `name`.
    ///
    /// # Errors
    /// No such secret, or its source cannot be read.
    pub fn secret(&self, name: &str) -> Result<Vec<u8>, ConfigError> {
        let wrong = |problem: String| ConfigError { place: format!("secrets.{name}"), problem };
        let source = self.secrets.get(name).ok_or_else(|| wrong("no such secret is configured".to_owned()))?;
        match source {
            SecretSource::Value(text) => Ok(text.clone().into_bytes()),
            SecretSource::Env(variable) => {
                environment(variable).map(String::into_bytes).ok_or_else(|| wrong(format!("{variable} is not set")))
            }
            SecretSource::File(path) => {
                let mut bytes = std::fs::read(path).map_err(|e| wrong(format!("{}: {e}", path.display())))?;
                while bytes.last().is_some_and(|b| matches!(b, b'\n' | b'\r')) {
                    bytes.pop();
                }
                Ok(bytes)
            }
        }
    }
}

/// An environment variable, when it is set and is text.
#[expect(clippy::disallowed_methods, reason = "the one address of the environment")]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
