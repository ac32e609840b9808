//! The demo company's configuration, moved into this process: every address is one of the partner world's, every folder is
//! inside the demo's own.

use super::props;
use crate::{cli::http::percent_encoded, config::Config};
use anyhow::{Context as _, Result, anyhow};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// As `config/demo.toml` has it, with its database and folders at `at`.
pub(super) fn config(at: &Path, listen: &str, partners: &str, mail: SocketAddr) -> Result<Config> {
    let mut config = Config::read(props::CONFIG, "config/demo.toml").map_err(|e| anyhow!("{e}"))?;
    config.database.url = format!("sqlite://{}", at.join("tributary.db").display());
    listen.clone_into(&mut config.server.listen);
    for (name, connector) in &mut config.connectors {
        connector.url = match connector.url.split_once("://") {
            Some(("file", _)) => file_url(&made(at, name)?)?,
            Some(("smtp+plain", _)) => format!("smtp+plain://{mail}"),
            Some((_, there)) => format!("{partners}{}", there.find('/').map_or("", |path| &there[path..])),
            None => connector.url.clone(),
        };
    }
    for (code, channel) in &mut config.channels {
        if let Some(folder) = &mut channel.folder {
            folder.path = made(at, code)?;
        }
    }
    Ok(config)
}

/// A folder of this name, made when it is not there.
fn made(at: &Path, name: &str) -> Result<PathBuf> {
    let folder = std::path::absolute(at.join(name))?;
    std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    Ok(folder)
}

fn file_url(folder: &Path) -> Result<String> {
    let path = folder.to_str().ok_or_else(|| anyhow!("{} is no text", folder.display()))?;
    Ok(format!("file://{}", path.split('/').map(percent_encoded).collect::<Vec<_>>().join("/")))
}
