//! What the texts of the repository must not hold, and what both READMEs must share.

use super::{
    File, assert_none, files,
    lexer::{Blank, blanked, line_of, words},
};

/// Marks of unfinished work. Written in halves, so that this file does not find itself.
const UNFINISHED: [&str; 5] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X:"),
    concat!("unimpl", "emented!"),
    concat!("to", "do!"),
];

/// Folders of one machine.
const MACHINES: [&str; 4] =
    [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Use", "rs/")];

/// Column types that lose money: SQLite reads them through a binary float.
const INEXACT: [&str; 7] = ["DECIMAL", "NUMERIC", "REAL", "DOUBLE", "FLOAT", "FLOAT4", "FLOAT8"];

/// Files whose text is not ours.
const FOREIGN: [&str; 2] = ["Cargo.lock", "LICENSE"];

fn unfinished(file: &File) -> Vec<String> {
    let marks = UNFINISHED.iter().flat_map(|mark| file.text.match_indices(mark));
    marks.map(|(at, mark)| format!("{}:{}: {mark}", file.path, line_of(&file.text, at))).collect()
}

/// A path that begins with one of [`MACHINES`]; `src` + `/wo..` + `rk/` is a relative path and no finding.
fn machine_paths(file: &File) -> Vec<String> {
    let starts = |at: usize| {
        let before = file.text[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '}' | ')'))
    };
    let paths = MACHINES.iter().flat_map(|path| file.text.match_indices(path)).filter(|(at, _)| starts(*at));
    paths.map(|(at, path)| format!("{}:{}: {path}", file.path, line_of(&file.text, at))).collect()
}

/// The SQL of `file` with its comments taken out.
fn sql(file: &File) -> String {
    if file.is_rust() {
        return blanked(&file.text, Blank::Comments);
    }
    file.text.lines().map(|line| line.split("--").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

fn inexact_columns(file: &File) -> Vec<String> {
    let text = sql(file).to_uppercase();
    let found = INEXACT.iter().flat_map(|kind| words(&text, kind).map(|at| (at, *kind)).collect::<Vec<_>>());
    found.map(|(at, kind)| format!("{}:{}: {kind}", file.path, line_of(&text, at))).collect()
}

fn decimal_entities(file: &File) -> Vec<String> {
    let code = blanked(&file.text, Blank::CommentsAndStrings);
    let kinds = ["Decimal", "BigDecimal", "f32", "f64"];
    let found = kinds.iter().flat_map(|kind| words(&code, kind).map(|at| (at, *kind)).collect::<Vec<_>>());
    found.map(|(at, kind)| format!("{}:{}: {kind}", file.path, line_of(&code, at))).collect()
}

/// Levels of the headings, in order: what two translations of one text share.
fn headings(markdown: &str) -> Vec<usize> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && line.starts_with('#') {
            found.push(line.chars().take_while(|&c| c == '#').count());
        }
    }
    found
}

/// The text of each fenced block, where commands are: they are the same in both languages.
fn commands(markdown: &str) -> Vec<&str> {
    let blocks = markdown.split("```").skip(1).step_by(2);
    blocks.filter_map(|block| block.strip_prefix("sh\n").or(block.strip_prefix("bash\n"))).collect()
}

fn text_of(path: &str) -> &'static str {
    files().iter().find(|f| f.path == path).map_or("", |f| &f.text)
}

#[test]
fn nothing_is_unfinished() {
    let ours = files().iter().filter(|f| !FOREIGN.contains(&f.path.as_str()) && !f.path.starts_with("fixtures/"));
    assert_none(&ours.flat_map(unfinished).collect::<Vec<_>>(), "finish it or take it out");
}

#[test]
fn no_path_of_one_machine() {
    let findings: Vec<String> = files().iter().flat_map(machine_paths).collect();
    assert_none(&findings, "paths must be relative, or come from a setting");
}

#[test]
fn no_inexact_column() {
    let schema = files().iter().filter(|f| f.path.starts_with("migrations/src/"));
    assert_none(&schema.flat_map(inexact_columns).collect::<Vec<_>>(), "money is minor units, the rest scaled by 10^6");
    let entities = files().iter().filter(|f| f.path.starts_with("src/store/entity"));
    assert_none(
        &entities.flat_map(decimal_entities).collect::<Vec<_>>(),
        "money is minor units, the rest scaled by 10^6",
    );
}

#[test]
fn both_readmes_say_the_same() {
    let (english, chinese) = (text_of("README.md"), text_of("README.zh-CN.md"));
    assert!(!english.is_empty() && !chinese.is_empty(), "README.md and README.zh-CN.md must be there");
    assert_eq!(headings(english), headings(chinese), "the same headings in the same order");
    let bare =
        |block: &&str| block.lines().map(|l| l.split('#').next().unwrap_or("").trim().to_owned()).collect::<Vec<_>>();
    let (english, chinese) = (commands(english), commands(chinese));
    assert_eq!(english.iter().map(bare).collect::<Vec<_>>(), chinese.iter().map(bare).collect::<Vec<_>>());
}

#[test]
fn control_marks_and_paths_are_found() {
    let at = |text: &str| File::new("a.md", text);
    assert_eq!(unfinished(&at(&format!("x\n// {}: y", UNFINISHED[0]))).len(), 1);
    assert!(unfinished(&at("a todo list")).is_empty());
    assert_eq!(machine_paths(&at(&format!("see `{}main`", MACHINES[0]))).len(), 1);
    assert_eq!(machine_paths(&at(&format!("{}me/x", MACHINES[2]))).len(), 1);
    assert!(machine_paths(&at(&format!("src{0}lease.rs and net{0}", MACHINES[0]))).is_empty());
}

#[test]
fn control_inexact_columns_are_found() {
    let sql = File::new("a.sql", "CREATE TABLE t (\n  a numeric(12, 2), -- REAL life\n  realm TEXT,\n  b Real)");
    assert_eq!(inexact_columns(&sql), ["a.sql:2: NUMERIC", "a.sql:4: REAL"]);
    let entity = File::new("e.rs", "// Decimal\npub struct Model {\n    pub price: Decimal,\n    pub x: f64,\n}");
    assert_eq!(decimal_entities(&entity), ["e.rs:3: Decimal", "e.rs:4: f64"]);
}

#[test]
fn control_headings_and_commands_are_read() {
    let text = "# A\n```sh\n# no heading\nrun it\n```\n## B\n```text\nc\n```";
    assert_eq!(headings(text), [1, 2]);
    assert_eq!(commands(text), ["# no heading\nrun it\n"]);
}
