//! The house's own addresses and places: the database, the door, the company.

use super::Mistake;
use crate::config::Config;
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
    if let Some(problem) = listen(config) {
        mistakes.push(config.source.mistake(&["server", "listen"], "bad_address", &problem));
    }
    for (name, channel) in &config.channels {
        let is_code = channel.country.len() == 2 && channel.country.bytes().all(|b| b.is_ascii_uppercase());
        if !is_code && !channel.country.is_empty() {
            let problem =
                format!("`{}` is no country code; write two letters of ISO 3166, e.g. CN, NL", channel.country);
            mistakes.push(config.source.mistake(&["channels", name, "country"], "bad_country", &problem));
        }
    }
}

/// Why nobody can listen there.
fn listen(config: &Config) -> Option<String> {
    let wanted = &config.server.listen;
    let Some((host, port)) = wanted.rsplit_once(':').filter(|(host, _)| !host.is_empty()) else {
        return Some(format!("`{wanted}` is no address; write host:port, e.g. 127.0.0.1:8080"));
    };
    if port.parse::<u16>().is_err() {
        return Some(format!("`{port}` is no port"));
    }
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>().ok()?;
    let open = !address.is_loopback() && !config.server.behind_proxy;
    open.then(|| {
        format!("{address} is not a loopback address; set server.behind_proxy when TLS ends in a proxy before us")
    })
}
