//! What the program says of itself: structured lines on stderr, never bodies, secrets or people.

use crate::config;
use tracing_subscriber::{EnvFilter, fmt::SubscriberBuilder};

/// The variable that says what is logged, e.g. `info`, `warn,tributary::dispatch=debug`.
pub const FILTER: &str = "TRIBUTARY_LOG";
/// The variable that says how: `json` for one object a line, anything else for text.
pub const FORMAT: &str = "TRIBUTARY_LOG_FORMAT";

/// Starts logging. `usual` is the filter when [`FILTER`] says nothing; a second call changes nothing.
pub fn start(usual: &str) {
    let wanted = config::environment(FILTER).unwrap_or_else(|| usual.to_owned());
    let (filter, mistake) = match EnvFilter::try_new(&wanted) {
        Ok(filter) => (filter, None),
        Err(error) => (EnvFilter::new(usual), Some(error.to_string())),
    };
    let builder = SubscriberBuilder::default().with_env_filter(filter).with_writer(std::io::stderr);
    let as_json = config::environment(FORMAT).is_some_and(|format| format.eq_ignore_ascii_case("json"));
    let started = if as_json {
        builder.json().flatten_event(true).try_init()
    } else {
        let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
        builder.with_ansi(colours).try_init()
    };
    if started.is_ok()
        && let Some(problem) = mistake
    {
        tracing::warn!(problem, variable = FILTER, "the log filter cannot be read; the usual one is used");
    }
}
