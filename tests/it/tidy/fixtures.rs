//! Every extension comes with documents as they arrive: a mapping with good and bad ones, a platform, carrier or
//! connector with recorded ones.

use super::{assert_none, entries, read, repository};
use std::path::Path;

/// Where extensions are registered: a plain list called `ALL`, in alphabetical order.
const LISTS: [&str; 3] = ["adapters/src/carriers.rs", "adapters/src/channels.rs", "adapters/src/connectors.rs"];

/// Platforms that are only a way in: their documents are those of the mappings.
const WAYS_IN: [&str; 2] = ["file", "webhook"];

/// Names of the files of `directory` that end in `suffix`, without it.
pub(super) fn stems(directory: &Path, suffix: &str) -> Vec<String> {
    let names = entries(directory).into_iter().filter(|path| path.is_file());
    names.filter_map(|path| Some(path.file_name()?.to_str()?.strip_suffix(suffix)?.to_owned())).collect()
}

fn names(directory: &Path) -> Vec<String> {
    entries(directory).iter().filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect()
}

fn without_good_and_bad(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for mapping in stems(&root.join("mappings"), ".toml") {
        let documents = names(&root.join("fixtures/mappings").join(&mapping));
        for kind in ["good", "bad"] {
            if !documents.iter().any(|name| name.starts_with(kind)) {
                found.push(format!("mappings/{mapping}.toml: fixtures/mappings/{mapping}/ has no file {kind}*"));
            }
        }
    }
    found
}

/// Modules that the list `ALL` of `source` names, in its order.
pub(super) fn registered(source: &str) -> Vec<String> {
    let list =
        source.split_once(" ALL: [").and_then(|(_, rest)| rest.split_once(']')?.1.split_once('[')?.1.split_once("];"));
    let items = list.map_or("", |(items, _)| items).split(',');
    items.filter_map(|item| Some(item.trim().trim_start_matches('&').split_once("::")?.0.to_owned())).collect()
}

fn without_fixtures(root: &Path, list: &str, source: &str) -> Vec<String> {
    let names_of = |name: &str| names(&root.join("fixtures").join(name));
    let extensions = registered(source).into_iter().filter(|name| !WAYS_IN.contains(&name.as_str()));
    let bare = extensions.filter(|name| names_of(name).is_empty());
    bare.map(|name| format!("{list}: {name}: fixtures/{name}/ is empty or missing")).collect()
}

/// Fixture folders of mappings that are gone.
fn left_over(root: &Path) -> Vec<String> {
    let mappings = stems(&root.join("mappings"), ".toml");
    let folders = names(&root.join("fixtures/mappings"));
    folders
        .into_iter()
        .filter(|name| !mappings.contains(name))
        .map(|name| format!("fixtures/mappings/{name}"))
        .collect()
}

#[test]
fn every_mapping_has_good_and_bad_documents() {
    assert!(!stems(&repository().join("mappings"), ".toml").is_empty(), "there are no mappings at all");
    assert_none(&without_good_and_bad(repository()), "add documents");
    assert_none(&left_over(repository()), "no mapping of this name any more");
}

#[test]
fn every_extension_has_recorded_documents() {
    let of = |list: &&str| without_fixtures(repository(), list, &read(list));
    assert_none(&LISTS.iter().flat_map(of).collect::<Vec<_>>(), "add documents as the partner sends them");
}

#[test]
fn lists_are_alphabetical() {
    for list in LISTS {
        let names = registered(&read(list));
        assert!(!names.is_empty(), "{list}: no list called ALL was found");
        assert!(names.is_sorted(), "{list}: {names:?}");
    }
}

#[test]
fn control_missing_documents_are_found() {
    let root = tempfile::tempdir().expect("a directory");
    let put = |path: &str| {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(path, "x").expect("a file");
    };
    put("mappings/pos.toml");
    put("mappings/tables/units.toml");
    put("fixtures/mappings/pos/good_day.csv");
    put("fixtures/mappings/gone/good.csv");
    let list = "pub static ALL: [&Platform; 2] = [&square::PLATFORM, &webhook::PLATFORM];";
    assert_eq!(without_good_and_bad(root.path()), ["mappings/pos.toml: fixtures/mappings/pos/ has no file bad*"]);
    assert_eq!(left_over(root.path()), ["fixtures/mappings/gone"]);
    assert_eq!(without_fixtures(root.path(), "l.rs", list), ["l.rs: square: fixtures/square/ is empty or missing"]);
    put("fixtures/mappings/pos/bad_price.csv");
    put("fixtures/square/created.json");
    assert!(without_good_and_bad(root.path()).is_empty());
    assert!(without_fixtures(root.path(), "l.rs", list).is_empty());
    assert_eq!(registered("pub static ALL: [&dyn Connector; 2] = [\n    &b::B,\n    &a::A,\n];"), ["b", "a"]);
    assert_eq!(registered("pub static ALL: [&dyn Connector; 2] =\n    [&a::A, &b::B];"), ["a", "b"]);
}
