//! Whether a command asks a running server or works on the database itself.

use super::{
    Wrong,
    config_file::{ConfigFile, is_served, shown},
    http::Caller,
};
use crate::{setup::Checked, words::Language};
use anyhow::Result;

/// The running server a command may speak to.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ServerArgs {
    /// A running server to ask, e.g. http://127.0.0.1:8080; needed when one serves the SQLite file
    #[arg(long, value_name = "URL", requires = "key")]
    server: Option<String>,
    /// The API key to ask it with (`tributary key create`)
    #[arg(long, value_name = "KEY", requires = "server")]
    key: Option<String>,
}

/// Where a command's work is done.
pub(super) enum Where {
    /// By the server, over HTTP.
    There(Caller),
    /// Here, on a database nobody serves.
    Here(Checked),
}

impl ServerArgs {
    /// Decides it.
    ///
    /// # Errors
    /// Mistakes in the configuration, or a served database and no server named.
    pub(super) fn decide(&self, config: &ConfigFile, language: Language) -> Result<Where> {
        if let (Some(server), Some(key)) = (&self.server, &self.key) {
            return Ok(Where::There(Caller::new(server, key, language)?));
        }
        let checked = config.checked()?;
        if is_served(&checked.config) {
            let problem = format!(
                "{} is served by a running Tributary, so this command must ask that one. Add\n  --server http://{} --key KEY\n\
                 and make a key, if you have none, with: tributary key create --user you --role admin{}",
                shown(&checked.config.database.url),
                checked.config.server.listen,
                config.again(),
            );
            return Err(Wrong(problem).into());
        }
        Ok(Where::Here(checked))
    }
}
