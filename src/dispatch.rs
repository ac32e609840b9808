//! The only place that talks to a partner: deliveries are claimed, sent outside any transaction, recorded, and tried again
//! until they are done or a person must look.
//!
//! One task a connector, so that a partner that is down or slow holds up nobody else. What it does, in turns: record the
//! attempts that ended and claim what is due, in one transaction; then let the attempts run.

pub mod auth;
pub mod backoff;
pub mod breaker;
pub mod collector;
pub mod guard;
pub mod redact;
pub mod rehearse;
pub mod send;

mod brought;
mod claim;
mod pace;
mod step;
mod turn;
mod view;

use crate::{
    app::Core,
    config::{self, ConfigError},
};
use adapters::connectors;
use auth::Credentials;
use backoff::Backoff;
use model::time::SECOND;
use pace::Pace;
use send::{Client, Endpoint, Folder, Server, Transport};
use std::{path::Path, sync::Arc};
use step::Partner;

/// Shortest lease, seconds: a call needs time within it.
pub const LEASE_MIN: i64 = 3;

/// Starts a task for each configured connector, and the one that says this node lives, connectors or not.
///
/// # Errors
/// A connector whose address, secret or kind cannot be used.
pub fn start(core: &Arc<Core>) -> Result<(), ConfigError> {
    let config = &core.config;
    collector::start(core).map_err(|error| wrong("traces.endpoint", error.to_string()))?;
    if config.connectors.is_empty() {
        tokio::spawn(pace::follow_nodes(Arc::clone(core), Vec::new()));
        return Ok(());
    }
    if config.dispatch.lease_seconds < LEASE_MIN {
        let problem = format!("a lease is at least {LEASE_MIN} seconds long");
        return Err(ConfigError { place: "dispatch.lease_seconds".to_owned(), problem });
    }
    let endpoints = config.connectors.iter().map(|(name, c)| Ok((name, c, endpoint(name, c)?)));
    let endpoints = endpoints.collect::<Result<Vec<_>, ConfigError>>()?;
    let inside = endpoints.iter().filter_map(|(_, _, endpoint)| endpoint.as_ref()?.inside_host());
    let client = Client::new(inside).map_err(|error| wrong("connectors", error.to_string()))?;
    let mut partners = Vec::with_capacity(endpoints.len());
    for (name, connector, endpoint) in endpoints {
        partners.push((connector, partner(core, name, connector, endpoint, &client)?));
    }
    let paced = partners.iter().map(|(_, partner)| Arc::clone(&partner.pace)).filter(|pace| pace.is_limited());
    tokio::spawn(pace::follow_nodes(Arc::clone(core), paced.collect()));
    for (connector, partner) in partners {
        tokio::spawn(claim::work(Arc::clone(core), Arc::new(partner), connector.in_flight.max(1)));
    }
    Ok(())
}

fn partner(
    core: &Core,
    name: &str,
    connector: &config::Connector,
    endpoint: Option<Endpoint>,
    client: &Client,
) -> Result<Partner, ConfigError> {
    let unknown = || wrong(name, format!("kind `{}` is unknown", connector.kind));
    Ok(Partner {
        name: name.into(),
        kind: connectors::named(&connector.kind).ok_or_else(unknown)?,
        transport: transport(core, name, connector, endpoint, client)?,
        wording: core.wordings.get(name).cloned().unwrap_or_default(),
        pace: Arc::new(Pace::new(connector.rate)),
        backoff: Backoff { permille: core.config.dispatch.backoff_permille },
        lease: core.config.dispatch.lease_seconds * SECOND,
    })
}

fn transport(
    core: &Core,
    name: &str,
    connector: &config::Connector,
    endpoint: Option<Endpoint>,
    client: &Client,
) -> Result<Transport, ConfigError> {
    let auth = format!("connectors.{name}.auth");
    if let Some(endpoint) = endpoint {
        let credentials = Credentials::of(&core.config, &auth, &connector.auth)?;
        return Ok(Transport::Http { client: client.clone(), endpoint, credentials });
    }
    elsewhere(&core.config, name, connector)
}

/// Passes when the connector's address is one we can call.
///
/// # Errors
/// What is wrong with it.
pub fn check_address(config: &config::Config, name: &str, connector: &config::Connector) -> Result<(), ConfigError> {
    if endpoint(name, connector)?.is_none() {
        elsewhere(config, name, connector)?;
    }
    Ok(())
}

/// The way to a partner that is not called over HTTP.
fn elsewhere(config: &config::Config, name: &str, connector: &config::Connector) -> Result<Transport, ConfigError> {
    let url = format!("connectors.{name}.url");
    if connector.url.starts_with("file:") {
        let folder = Folder::of(&connector.url);
        return folder.map(Transport::Folder).ok_or_else(|| wrong(&url, "a folder is file:///path".to_owned()));
    }
    let login = auth::login(config, &format!("connectors.{name}.auth"), &connector.auth)?;
    let to_customers = connectors::named(&connector.kind).is_some_and(|kind| kind.tells_customers());
    if to_customers != connector.to.is_empty() {
        let problem = if to_customers { "goes to customers, so it has no `to`" } else { "`to` names nobody" };
        return Err(wrong(&url, problem.to_owned()));
    }
    let ca = connector.ca.as_deref().map(|file| ca(name, file)).transpose()?;
    let config::Connector { url: address, inside, from, to, .. } = connector;
    Server::new(send::WantedMail { url: address, inside: *inside, from, to, login, ca })
        .map(Transport::Mail)
        .map_err(|problem| wrong(&url, problem))
}

/// The certificates of an authority of the house's own.
fn ca(name: &str, file: &Path) -> Result<Vec<u8>, ConfigError> {
    let unreadable = |error| wrong(&format!("connectors.{name}.ca"), format!("{}: {error}", file.display()));
    let pem = std::fs::read(file).map_err(unreadable)?;
    // Whatever else is in a file, it is no authority.
    if pem.windows(11).any(|part| part == b"BEGIN CERTI") {
        return Ok(pem);
    }
    Err(wrong(&format!("connectors.{name}.ca"), format!("{} holds no certificate in PEM", file.display())))
}

/// The address of a partner that is called over HTTP; `None` for files and mail.
fn endpoint(name: &str, connector: &config::Connector) -> Result<Option<Endpoint>, ConfigError> {
    if ["file:", "smtp:", "smtps:", "smtp+plain:"].iter().any(|scheme| connector.url.starts_with(scheme)) {
        return Ok(None);
    }
    Endpoint::new(&connector.url, connector.inside)
        .map(Some)
        .map_err(|refused| wrong(&format!("connectors.{name}.url"), refused.to_string()))
}

fn wrong(place: &str, problem: String) -> ConfigError {
    ConfigError { place: place.to_owned(), problem }
}
