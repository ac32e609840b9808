//! Transports, one file each, and the only address of the network.
//!
//! There is one client for the whole program: it follows no redirect, uses no proxy of the environment, unpacks nothing and
//! reads no more of an answer than was allowed.

mod file;
mod http;
mod mail;

pub use file::Folder;
pub use http::{AddressRefused, Client, ClientError, Endpoint};
pub use mail::{Security, Server, Wanted as WantedMail};

use super::auth::Credentials;
use model::{
    port::outbound::{Outcome, Request},
    time::Instant,
};

/// The way to one partner.
#[derive(Debug)]
pub enum Transport {
    Http { client: Client, endpoint: Endpoint, credentials: Credentials },
    Folder(Folder),
    Mail(Server),
}

impl Transport {
    /// Whether a call of this kind can go this way.
    pub(super) const fn carries(&self, request: &Request) -> bool {
        matches!(
            (self, request),
            (Self::Http { .. }, Request::Http(_))
                | (Self::Folder(_), Request::PutFile(_))
                | (Self::Mail(_), Request::Mail(_))
        )
    }

    /// Makes one call, within its deadline; `key` is the message's and `at` the attempt's own time, for what is signed.
    pub(super) async fn send(&self, request: &Request, key: &str, at: Instant) -> Outcome {
        match (self, request) {
            (Self::Http { client, endpoint, credentials }, Request::Http(request)) => {
                match credentials.signed(request, key, at) {
                    Some(signed) => client.send(endpoint, credentials, &signed).await,
                    None => Outcome::NotSent { code: "partner_auth".to_owned() },
                }
            }
            (Self::Folder(folder), Request::PutFile(request)) => folder.put(request).await,
            (Self::Mail(server), Request::Mail(request)) => server.send(request).await,
            _ => Outcome::NotSent { code: "message_broken".to_owned() },
        }
    }

    /// What must be seen nowhere.
    pub(super) fn hidden(&self) -> Vec<String> {
        match self {
            Self::Http { credentials, .. } => credentials.hidden(),
            Self::Folder(_) => Vec::new(),
            Self::Mail(server) => server.hidden(),
        }
    }
}
