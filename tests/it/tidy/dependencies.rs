//! What the manifests and the lock must and must not say.

use super::{assert_none, files, read};
use toml::{Table, Value};

/// The SQLite it bundles (3.51.3) is the first that cannot lose committed WAL data.
const SQLITE: &str = "0.37.0";

/// Dependency lines without a reason beside them. Lines that only pass on the workspace's choice need none.
fn without_reason(path: &str, manifest: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for (number, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if inside && line.contains('=') && !line.starts_with('#') && !passes_on(line) && !line.contains(" #") {
            found.push(format!("{path}:{}: {line}", number + 1));
        }
    }
    found
}

fn passes_on(line: &str) -> bool {
    line.contains(".workspace = true") || line.contains("workspace = true }") || line.contains("path = \"")
}

fn actix_faults(manifest: &str) -> Vec<String> {
    let manifest: Table = manifest.parse().expect("a manifest");
    let actix = &manifest["dependencies"]["actix-web"];
    let mut found = Vec::new();
    if actix.get("default-features") != Some(&Value::Boolean(false)) {
        found.push("actix-web: default-features must be false (http2 and compress-* are defaults)".to_owned());
    }
    let features = actix.get("features").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    for feature in features.filter(|name| *name == "http2" || name.starts_with("compress")) {
        found.push(format!("actix-web: the feature {feature} must stay off"));
    }
    found
}

fn lock_faults(lock: &str) -> Vec<String> {
    let lock: Table = lock.parse().expect("a lock file");
    let versions = |name: &str| -> Vec<String> {
        let packages = lock["package"].as_array().into_iter().flatten();
        let named = packages.filter(|p| p["name"].as_str() == Some(name));
        named.filter_map(|p| p["version"].as_str().map(str::to_owned)).collect()
    };
    let mut found = Vec::new();
    if versions("libsqlite3-sys") != [SQLITE] {
        found.push(format!("libsqlite3-sys must be exactly {SQLITE}, is {:?}", versions("libsqlite3-sys")));
    }
    found.extend(versions("h2").iter().filter(|v| v.starts_with("0.3.")).map(|v| format!("h2 {v} has a known flaw")));
    for banned in ["openssl-sys", "native-tls", "aws-lc-sys"] {
        found.extend(versions(banned).iter().map(|v| format!("{banned} {v}: rustls with ring is the one TLS here")));
    }
    found
}

#[test]
fn every_dependency_has_a_reason() {
    let manifests = files().iter().filter(|f| f.path == "Cargo.toml" || f.path.ends_with("/Cargo.toml"));
    let findings: Vec<String> = manifests.flat_map(|f| without_reason(&f.path, &f.text)).collect();
    assert_none(&findings, "say in a few words why it is here");
}

#[test]
fn actix_stays_small() {
    assert_none(&actix_faults(&read("Cargo.toml")), "known advisory and decompression bombs");
}

#[test]
fn the_lock_holds_what_we_rely_on() {
    assert_none(&lock_faults(&read("Cargo.lock")), "the lock moved");
    let manifest: Table = read("Cargo.toml").parse().expect("a manifest");
    let pinned = manifest["dependencies"]["libsqlite3-sys"].get("version").and_then(Value::as_str);
    assert_eq!(pinned, Some(format!("={SQLITE}").as_str()), "a lock refresh must not move SQLite");
}

#[test]
fn control_bad_manifests_are_found() {
    let manifest =
        "[dependencies]\na = \"1\"\nb = \"1\" # why\nc.workspace = true\n# -- d\nd = { workspace = true }\n[x]\ny = 1";
    assert_eq!(without_reason("Cargo.toml", manifest), ["Cargo.toml:2: a = \"1\""]);
    assert_eq!(
        actix_faults("[dependencies]\nactix-web = { version = \"4\", features = [\"http2\", \"macros\"] }").len(),
        2
    );
    assert!(actix_faults("[dependencies]\nactix-web = { version = \"4\", default-features = false }").is_empty());
    let lock = "[[package]]\nname = \"libsqlite3-sys\"\nversion = \"0.35.0\"\n[[package]]\nname = \"h2\"\nversion = \"0.3.27\"\n";
    assert_eq!(lock_faults(lock).len(), 2);
}
