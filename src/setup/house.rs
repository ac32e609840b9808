//! The house's own addresses and places: the database, the door, the company.

use super::Mistake;
use crate::{
    config::Config,
    dispatch::{LEASE_MIN, collector},
};
use model::{iso, money::Currency};
use std::net::IpAddr;

pub(super) fn check(config: &Config, mistakes: &mut Vec<Mistake>) {
    if config.company.zone.parse::<chrono_tz::Tz>().is_err() {
        mistakes.push(config.source.mistake(
            &["company", "zone"],
            "unknown_zone",
            &format!("`{}` is no IANA zone", config.company.zone),
        ));
    }
    let known = ["sqlite://", "postgres://", "postgresql://"];
    if !known.iter().any(|scheme| config.database.url.starts_with(scheme)) {
        // Passwords may be in an address: the scheme only.
        let scheme = config.database.url.split(':').next().unwrap_or_default();
        let problem =
            format!("`{scheme}:` is no database we know; write sqlite:///path/file.db or postgres://user@host/name");
        mistakes.push(config.source.mistake(&["database", "url"], "bad_address", &problem));
    }
    let doors = [("server", &config.server.listen, "behind_proxy"), ("metrics", &config.metrics.listen, "inside")];
    for (door, wanted, key) in doors {
        let is_open = if door == "server" { config.server.behind_proxy } else { config.metrics.inside };
        let is_wanted = door == "server" || !wanted.is_empty();
        if is_wanted && let Some(problem) = listen(wanted, is_open, door, key) {
            mistakes.push(config.source.mistake(&[door, "listen"], "bad_address", &problem));
        }
    }
    if let Err(refused) = collector::check(&config.traces.endpoint) {
        mistakes.push(config.source.mistake(&["traces", "endpoint"], "bad_address", &refused.to_string()));
    }
    currency(config, &["company", "base_currency"], config.company.base_currency, mistakes);
    numbers(config, mistakes);
    let tables = [
        ("channels", config.channels.keys().collect::<Vec<_>>()),
        ("carriers", config.carriers.keys().collect()),
        ("connectors", config.connectors.keys().collect()),
    ];
    for (table, names) in tables {
        names.into_iter().for_each(|name| fits_a_path(config, table, name, mistakes));
    }
    for (name, channel) in &config.channels {
        if !channel.country.is_empty() && !iso::is_country(&channel.country) {
            let problem =
                format!("`{}` is no country code; write two letters of ISO 3166, e.g. CN, NL", channel.country);
            mistakes.push(config.source.mistake(&["channels", name, "country"], "bad_country", &problem));
        }
        if let Some(of_channel) = channel.currency {
            currency(config, &["channels", name, "currency"], of_channel, mistakes);
        }
    }
}

fn currency(config: &Config, path: &[&str], currency: Currency, mistakes: &mut Vec<Mistake>) {
    if !iso::is_currency(currency) {
        let problem = format!("there is no currency `{currency}`; write three letters of ISO 4217, e.g. CNY, EUR");
        mistakes.push(config.source.mistake(path, "unknown_currency", &problem));
    }
}

/// Numbers that cannot be meant.
fn numbers(config: &Config, mistakes: &mut Vec<Mistake>) {
    let least = [
        ("intake", "lease_seconds", config.intake.lease_seconds, 1),
        ("dispatch", "backoff_permille", config.dispatch.backoff_permille, 0),
        ("dispatch", "lease_seconds", config.dispatch.lease_seconds, LEASE_MIN),
    ];
    for (table, key, was, least) in least {
        if was < least {
            let problem = format!("{was} is too small; write a whole number from {least}");
            mistakes.push(config.source.mistake(&[table, key], "out_of_range", &problem));
        }
    }
}

/// Characters of a name at most.
const NAME_MAX: usize = 64;

/// Names stand in addresses such as `/v1/webhooks/{channel}`, so they have no characters that must be written otherwise there.
fn fits_a_path(config: &Config, table: &str, name: &str, mistakes: &mut Vec<Mistake>) {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    let good = name.len() <= NAME_MAX && name.bytes().all(plain);
    if !good || !name.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        let problem = format!(
            "can be no name: it stands in addresses, so write Latin letters, digits, `-`, `_` and `.`, a letter or a digit first, \
             at most {NAME_MAX} of them"
        );
        mistakes.push(config.source.mistake(&[table, name], "bad_name", &problem));
    }
}

/// Why nobody can listen there. `key` of the table `door` says whether an address beyond loopback is meant.
fn listen(wanted: &str, is_open: bool, door: &str, key: &str) -> Option<String> {
    let Some((host, port)) = wanted.rsplit_once(':').filter(|(host, _)| !host.is_empty()) else {
        return Some(format!("`{wanted}` is no address; write host:port, e.g. 127.0.0.1:8080"));
    };
    if port.parse::<u16>().is_err() {
        return Some(format!("`{port}` is no port"));
    }
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>().ok()?;
    let because =
        if door == "server" { "when TLS ends in a proxy before us" } else { "when only your network reaches it" };
    let is_refused = !address.is_loopback() && !is_open;
    is_refused.then(|| format!("{address} is not a loopback address; set {door}.{key} {because}"))
}
