//! The crash points: the list that the fault campaign dies at is what the code has.

use super::{File, files};
use std::collections::BTreeSet;

/// Names of the points a file has.
fn points(file: &File) -> BTreeSet<&str> {
    let calls = file.text.match_indices("crash::point(\"");
    calls.filter_map(|(at, call)| file.text[at + call.len()..].split('"').next()).collect()
}

#[test]
fn a_point_is_found_in_the_code() {
    let file = File::new("src/a.rs", "crash::point(\"a.b\");\n    crate::crash::point(\"c.d\");");
    assert_eq!(points(&file), BTreeSet::from(["a.b", "c.d"]));
}

#[test]
fn every_crash_point_is_listed() {
    let found: BTreeSet<&str> = files().iter().filter(|file| file.is_source()).flat_map(points).collect();
    let found: Vec<&str> = found.into_iter().collect();
    assert_eq!(found, tributary::crash::POINTS, "list them in src/crash.rs");
}
