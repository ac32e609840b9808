//! How we prove ourselves to a partner. Secrets are read here by name and go from here into the request, nowhere else.

use crate::config::{Auth, Config, ConfigError};
use base64::{Engine, engine::general_purpose::STANDARD};

/// One header with a secret in it, or nothing.
#[derive(Clone, Default)]
pub struct Credentials {
    header: Option<(String, Vec<u8>)>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.header {
            None => f.write_str("Credentials(none)"),
            Some((name, _)) => write!(f, "Credentials({name}: [REDACTED])"),
        }
    }
}

impl Credentials {
    pub const fn none() -> Self {
        Self { header: None }
    }

    /// Reads the secrets that `auth` names.
    ///
    /// # Errors
    /// A secret that is missing or cannot be read, or one that no header can carry.
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
        };
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if name.is_empty() || !name.bytes().all(token) {
            return Err(wrong("the name is no header's"));
        }
        if value.is_empty() || !value.iter().all(|b| (0x20..0x7f).contains(b)) {
            return Err(wrong("the secret is empty or holds what no header can carry"));
        }
        Ok(Self { header: Some((name.to_ascii_lowercase(), value)) })
    }

    /// What must be seen nowhere: the header's value, and the secret in it.
    pub(super) fn hidden(&self) -> Vec<String> {
        let Some((_, value)) = &self.header else { return Vec::new() };
        let value = String::from_utf8_lossy(value);
        let secret = value.rsplit(' ').next().unwrap_or_default();
        vec![secret.to_owned(), value.into_owned()]
    }

    /// The header to be added to every request.
    pub(super) fn header(&self) -> Option<(&str, &[u8])> {
        self.header.as_ref().map(|(name, value)| (name.as_str(), value.as_slice()))
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
        Auth::Bearer { .. } | Auth::Header { .. } => Err(wrong("mail servers take the scheme `basic` only")),
    }
}
