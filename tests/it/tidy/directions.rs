//! Who may know whom, and the one address each of time, randomness, environment and network.

use super::{
    File, assert_none, files,
    lexer::{Blank, blanked, line_of, words},
    read,
};

/// Files below `under` do not mention `word` in code.
struct Wall {
    under: &'static str,
    word: &'static str,
    because: &'static str,
}

const fn wall(under: &'static str, word: &'static str, because: &'static str) -> Wall {
    Wall { under, word, because }
}

const NO_IO: &str = "model and adapters do no IO, read no clock and make no id";

const WALLS: [Wall; 24] = [
    wall("src/dispatch", "crate::web", "dispatch knows no HTTP server"),
    wall("src/dispatch", "actix_web", "dispatch knows no HTTP server"),
    wall("src/store", "actix_web", "the store knows no HTTP"),
    wall("src/store", "reqwest", "the store knows no HTTP"),
    wall("src/store", "crate::web", "the store knows no HTTP"),
    wall("src/web", "connectors", "the web knows no partner"),
    wall("src/web", "crate::dispatch::send", "only dispatch talks to a partner"),
    wall("src/orders", "actix_web", "decisions know no HTTP"),
    wall("src/orders", "crate::web", "decisions know no HTTP"),
    wall("src/intake", "actix_web", "intake knows no HTTP server"),
    wall("model/src", "std::fs", NO_IO),
    wall("model/src", "std::net", NO_IO),
    wall("model/src", "std::env", NO_IO),
    wall("model/src", "std::process", NO_IO),
    wall("model/src", "std::thread", NO_IO),
    wall("model/src", "std::time", NO_IO),
    wall("model/src", "async", NO_IO),
    wall("adapters/src", "std::fs", NO_IO),
    wall("adapters/src", "std::net", NO_IO),
    wall("adapters/src", "std::env", NO_IO),
    wall("adapters/src", "std::process", NO_IO),
    wall("adapters/src", "std::thread", NO_IO),
    wall("adapters/src", "std::time", NO_IO),
    wall("adapters/src", "async", NO_IO),
];

/// Words that only the named files (or directories) may use in product code.
struct Address {
    what: &'static str,
    words: &'static [&'static str],
    at: &'static [&'static str],
}

const ADDRESSES: [Address; 4] = [
    Address {
        what: "time",
        words: &["SystemTime::now", "Instant::now", "Utc::now", "Local::now"],
        at: &["src/clock.rs"],
    },
    Address {
        what: "randomness",
        words: &["getrandom", "rand", "new_v4", "now_v7", "thread_rng", "OsRng"],
        at: &["src/entropy.rs"],
    },
    // The crash points live in debug builds only and are set from outside the program.
    Address {
        what: "environment",
        words: &["env::var", "env::var_os", "env::vars", "env::vars_os", "env::set_var"],
        at: &["src/config", "src/crash.rs"],
    },
    // The command line and the demo speak to our own server, not to a partner.
    Address { what: "network", words: &["reqwest"], at: &["src/dispatch/send", "src/cli/http.rs"] },
];

/// `under` is the file itself, the module of that name, or a directory.
fn is_at(path: &str, under: &str) -> bool {
    path.strip_prefix(under).is_some_and(|rest| rest.is_empty() || rest == ".rs" || rest.starts_with('/'))
}

fn mentions(file: &File, word: &str, because: &str) -> Vec<String> {
    let code = blanked(&file.text, Blank::CommentsAndStrings);
    words(&code, word).map(|at| format!("{}:{}: {word}: {because}", file.path, line_of(&code, at))).collect()
}

fn through_walls(file: &File) -> Vec<String> {
    WALLS.iter().filter(|w| is_at(&file.path, w.under)).flat_map(|w| mentions(file, w.word, w.because)).collect()
}

fn away_from_address(file: &File) -> Vec<String> {
    ADDRESSES
        .iter()
        .filter(|address| !address.at.iter().any(|at| is_at(&file.path, at)))
        .flat_map(|address| {
            let because = format!("{} has one address: {}", address.what, address.at.join(", "));
            address.words.iter().flat_map(move |word| mentions(file, word, &because))
        })
        .collect()
}

/// Crates of ours that a manifest's `[dependencies]` names.
fn ours(manifest: &str) -> Vec<&str> {
    let table = manifest.split("\n[").find(|t| t.starts_with("dependencies]")).unwrap_or_default();
    let names = table.lines().filter_map(|line| line.split(['.', '=', ' ']).next());
    names.filter(|name| ["adapters", "migrations", "model", "tributary"].contains(name)).collect()
}

#[test]
fn crates_know_only_what_is_below_them() {
    assert_eq!(ours(&read("model/Cargo.toml")), [""; 0], "model knows nothing of ours");
    assert_eq!(ours(&read("adapters/Cargo.toml")), ["model"], "adapters know only the model");
    assert_eq!(ours(&read("migrations/Cargo.toml")), [""; 0], "migrations know nothing of ours");
    assert_eq!(ours(&read("Cargo.toml")), ["adapters", "migrations", "model"]);
}

#[test]
fn walls_hold() {
    let findings: Vec<String> = files().iter().filter(|f| f.is_source()).flat_map(through_walls).collect();
    assert_none(&findings, "knowledge runs the wrong way");
}

#[test]
fn one_address_each() {
    let findings: Vec<String> = files().iter().filter(|f| f.is_source()).flat_map(away_from_address).collect();
    assert_none(&findings, "ask the one address instead");
}

#[test]
fn control_walls_and_addresses_catch() {
    let dispatch = File::new("src/dispatch/claim.rs", "// crate::web\nuse crate::web::Problem;\n");
    assert_eq!(through_walls(&dispatch), ["src/dispatch/claim.rs:2: crate::web: dispatch knows no HTTP server"]);
    assert!(through_walls(&File::new("src/dispatcher.rs", "use crate::web;")).is_empty());
    assert_eq!(through_walls(&File::new("model/src/a.rs", "async fn f() {}")).len(), 1);
    let now = "let t = std::time::Instant::now(); // in code\nlet s = \"reqwest\";";
    assert_eq!(away_from_address(&File::new("src/web/a.rs", now)).len(), 1);
    assert!(away_from_address(&File::new("src/clock.rs", now)).is_empty());
    assert_eq!(away_from_address(&File::new("src/intake/a.rs", "reqwest::get(env::var(\"X\"))")).len(), 2);
    assert!(away_from_address(&File::new("src/dispatch/send/http.rs", "reqwest::Client")).is_empty());
}

#[test]
fn control_manifests_are_read() {
    assert_eq!(
        ours("[package]\n[dependencies]\nmodel.workspace = true\nserde = \"1\"\n[dev-dependencies]\nadapters = 1"),
        ["model"]
    );
}
