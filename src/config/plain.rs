//! What is wrong with a value, in the words of whoever writes configuration and not of the library that reads it.

/// The library's words for what it wanted, and ours.
const WANTED: [(&str, &str); 9] = [
    ("u", "a whole number from 0"),
    ("i", "a whole number"),
    ("a boolean", "true or false"),
    ("a string", "text in quotes"),
    ("path string", "text in quotes"),
    ("a sequence", "a list, e.g. [\"name\"]"),
    ("a map", "a table, e.g. { key = \"value\" }"),
    ("struct ", "a table, e.g. { key = \"value\" }"),
    ("internally tagged enum Auth", "a table, e.g. { scheme = \"none\" }"),
];
/// Its words for what was there.
const FOUND: [&str; 4] = ["string ", "integer ", "floating point ", "boolean "];

const SECRET: &str = "write a table with exactly one of env, file, value, e.g. { env = \"NAME\" }";

/// `problem` of the value at `path`, said plainly.
pub(super) fn said(path: &[String], problem: &str) -> String {
    let problem = problem.trim_end();
    if path.first().is_some_and(|table| table == "secrets")
        && (path.len() == 1 || problem.starts_with("wanted exactly") || problem.contains("expected one of `env`"))
    {
        return SECRET.to_owned();
    }
    let wrong = ["invalid type: ", "invalid value: "].iter().find_map(|kind| problem.strip_prefix(kind));
    match wrong.and_then(|rest| rest.rsplit_once(", expected ")) {
        Some((found, wanted)) => format!("{} is not what belongs here; write {}", was(found), ours(wanted)),
        None => problem.to_owned(),
    }
}

fn was(found: &str) -> String {
    let bare = FOUND.iter().find_map(|theirs| found.strip_prefix(theirs)).map(|value| value.trim_matches('`'));
    match (bare, found) {
        (Some(value), _) => value.to_owned(),
        (None, "sequence") => "a list".to_owned(),
        (None, "map") => "a table".to_owned(),
        (None, other) => other.to_owned(),
    }
}

fn ours(wanted: &str) -> &str {
    let number = |kind: &str| matches!(wanted.strip_prefix(kind), Some("8" | "16" | "32" | "64" | "size"));
    let fits = |theirs: &str| if theirs.len() == 1 { number(theirs) } else { wanted.starts_with(theirs) };
    WANTED.iter().find(|(theirs, _)| fits(theirs)).map_or(wanted, |(_, plain)| plain)
}
