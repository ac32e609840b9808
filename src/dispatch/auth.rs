//! How we prove ourselves to a partner. Secrets are read here by name and go from here into the request, nowhere else.

use crate::config::{Auth, Config, ConfigError};
use adapters::sign::{self, Scheme};
use base64::{Engine, engine::general_purpose::STANDARD};
use model::{port::outbound::HttpRequest, time::Instant};

/// What stands where a secret stood.
pub const REDACTED: &str = "[REDACTED]";

/// What proves us.
#[derive(Clone, Default)]
pub struct Credentials {
    proof: Proof,
}

#[derive(Clone, Default)]
enum Proof {
    #[default]
    None,
    /// One header with a secret in it.
    Header(String, Vec<u8>),
    /// A signature of each request, by every secret that lives.
    Signature(Scheme, Vec<Vec<u8>>),
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.proof {
            Proof::None => f.write_str("Credentials(none)"),
            Proof::Header(name, _) => write!(f, "Credentials({name}: {REDACTED})"),
            Proof::Signature(scheme, _) => write!(f, "Credentials({scheme:?})"),
        }
    }
}

impl Credentials {
    pub const fn none() -> Self {
        Self { proof: Proof::None }
    }

    /// Reads the secrets that `auth` names.
    ///
    /// # Errors
    /// A secret that is missing or cannot be read, or one that no header can carry or no signature be made with.
    pub fn of(config: &Config, place: &str, auth: &Auth) -> Result<Self, ConfigError> {
        let wrong = |problem: &str| ConfigError { place: place.to_owned(), problem: problem.to_owned() };
        let (name, value) = match auth {
            Auth::None => return Ok(Self::none()),
            Auth::Basic { user, secret } => {
                if user.contains(':') {
                    return Err(wrong("a user name for the scheme `basic` has no colon"));
                }
                let pair = [user.as_bytes(), b":", &config.secret(secret)?].concat();
                ("authorization", [b"Basic ", STANDARD.encode(pair).as_bytes()].concat())
            }
            Auth::Bearer { secret } => ("authorization", [b"Bearer ", config.secret(secret)?.as_slice()].concat()),
            Auth::Header { name, secret } => (name.as_str(), config.secret(secret)?),
            Auth::StandardWebhooks { secrets } => {
                let read = secrets.iter().map(|name| config.secret(name)).collect::<Result<Vec<_>, _>>()?;
                sign::check_secrets(Scheme::StandardWebhooks, &read)
                    .map_err(|fault| wrong(&format!("its signing secrets cannot be used ({})", fault.code())))?;
                return Ok(Self { proof: Proof::Signature(Scheme::StandardWebhooks, read) });
            }
        };
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if name.is_empty() || !name.bytes().all(token) {
            return Err(wrong("the name is no header's"));
        }
        if value.is_empty() || !value.iter().all(|b| (0x20..0x7f).contains(b)) {
            return Err(wrong("the secret is empty or holds what no header can carry"));
        }
        Ok(Self { proof: Proof::Header(name.to_ascii_lowercase(), value) })
    }

    /// What must be seen nowhere: the header's value, and the secrets.
    pub(super) fn hidden(&self) -> Vec<String> {
        match &self.proof {
            Proof::None => Vec::new(),
            Proof::Header(_, value) => {
                let value = String::from_utf8_lossy(value);
                let secret = value.rsplit(' ').next().unwrap_or_default();
                vec![secret.to_owned(), value.into_owned()]
            }
            Proof::Signature(_, secrets) => {
                let texts = secrets.iter().map(|secret| String::from_utf8_lossy(secret).into_owned());
                // Without its prefix it is as good to whoever finds it.
                texts.flat_map(|text| [text.trim_start_matches("whsec_").to_owned(), text]).collect()
            }
        }
    }

    /// The header to be added to every request.
    pub(super) fn header(&self) -> Option<(&str, &[u8])> {
        match &self.proof {
            Proof::Header(name, value) => Some((name.as_str(), value.as_slice())),
            Proof::None | Proof::Signature(..) => None,
        }
    }

    /// The request with its signature, when it is signed: `key` is the message's, the same for every attempt; `at` is the
    /// attempt's own time. `None` when it cannot be signed.
    pub(super) fn signed(&self, request: &HttpRequest, key: &str, at: Instant) -> Option<HttpRequest> {
        let mut request = request.clone();
        if let Proof::Signature(scheme, secrets) = &self.proof {
            let signed = sign::sign(*scheme, secrets, key, at, &request.body).ok()?;
            let (headers, body) = (signed.headers, signed.body.into_owned());
            request.headers.retain(|(name, _)| headers.iter().all(|(new, _)| !new.eq_ignore_ascii_case(name)));
            request.headers.extend(headers);
            request.body = body;
        }
        Some(request)
    }

    /// Headers of a request as people may see them: those that hold a secret, or prove one, without it.
    pub(super) fn shown(&self, request: &HttpRequest) -> Vec<(String, String)> {
        let proves = |name: &str| name.ends_with("-signature");
        let seen = |(name, value): &(String, String)| {
            (name.clone(), if proves(name) { REDACTED.to_owned() } else { value.clone() })
        };
        let mut headers: Vec<_> = request.headers.iter().map(seen).collect();
        headers.extend(self.header().map(|(name, _)| (name.to_owned(), REDACTED.to_owned())));
        headers
    }
}

/// A user and its password, for partners that are not spoken to over HTTP.
///
/// # Errors
/// A secret that is missing or no text, or a scheme with which nobody can log in there.
pub(super) fn login(config: &Config, place: &str, auth: &Auth) -> Result<Option<(String, String)>, ConfigError> {
    let wrong = |problem: &str| ConfigError { place: place.to_owned(), problem: problem.to_owned() };
    match auth {
        Auth::None => Ok(None),
        Auth::Basic { user, secret } => {
            let password = String::from_utf8(config.secret(secret)?).map_err(|_| wrong("the secret is no text"))?;
            Ok(Some((user.clone(), password)))
        }
        Auth::Bearer { .. } | Auth::Header { .. } | Auth::StandardWebhooks { .. } => {
            Err(wrong("mail servers take the scheme `basic` only"))
        }
    }
}
