//! House rules that no compiler holds. Each check is a plain function from texts to findings, so that a test can show
//! it a bad snippet first: a check that never failed proves nothing.

mod crashes;
mod dependencies;
mod directions;
mod fixtures;
mod lexer;
mod master;
mod prices;
mod sizes;
mod texts;
mod words;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// A text file of the repository.
#[derive(Debug)]
struct File {
    /// Relative to the repository, with `/`.
    path: String,
    text: String,
}

impl File {
    fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Product code: not a test, not a bench.
    fn is_source(&self) -> bool {
        self.is_rust() && (self.path.starts_with("src/") || self.path.contains("/src/"))
    }
}

/// What holds nothing of ours; in a second worktree `.git` is a file.
const SKIPPED: [&str; 4] = [".git", ".idea", "node_modules", "target"];

/// Larger files are data, not text.
const FILE_MAX: u64 = 2 * 1024 * 1024;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every text file, sorted by path; read once.
fn files() -> &'static [File] {
    static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
        let mut found = Vec::new();
        walk(repository(), &mut found);
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found
    });
    &FILES
}

fn walk(directory: &Path, found: &mut Vec<File>) {
    for path in entries(directory) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if SKIPPED.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            walk(&path, found);
        } else if fs::metadata(&path).is_ok_and(|meta| meta.len() <= FILE_MAX) {
            // What is not UTF-8 is a fixture in its own encoding or a workbook.
            if let Ok(text) = fs::read_to_string(&path) {
                let relative = path.strip_prefix(repository()).expect("below the repository");
                found.push(File::new(&relative.to_string_lossy().replace('\\', "/"), &text));
            }
        }
    }
}

/// What a directory holds, sorted; nothing when it does not exist.
fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        fs::read_dir(directory).into_iter().flatten().map(|entry| entry.expect("a readable entry").path()).collect();
    found.sort();
    found
}

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_else(|error| format!("cannot read {path}: {error}"))
}

/// Fails with every finding at once.
#[track_caller]
fn assert_none(findings: &[String], what: &str) {
    assert!(findings.is_empty(), "{what}:\n  {}", findings.join("\n  "));
}

#[test]
fn the_walk_sees_the_repository() {
    assert!(files().iter().any(|f| f.path == "Cargo.toml"));
    assert!(files().iter().filter(|f| f.is_source()).count() > 20, "too few sources were found");
    assert!(files().iter().all(|f| !f.path.starts_with("target/")));
}
