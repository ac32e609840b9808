//! Files under 400 lines, functions under 70.

use super::{
    File, assert_none, files,
    lexer::{Blank, blanked, line_of, words},
};

/// Lines of a Rust file.
const FILE_LINES_MAX: usize = 400;

/// Lines of a function, from its name to its closing brace.
const FUNCTION_LINES_MAX: usize = 70;

/// Files and `file::function`s that may be longer. It may only shrink.
const EXCEPTIONS: [&str; 0] = [];

/// A function with a body.
#[derive(Debug, PartialEq)]
struct Function {
    name: String,
    line: usize,
    lines: usize,
}

fn functions(source: &str) -> Vec<Function> {
    let code = blanked(source, Blank::CommentsAndStrings);
    words(&code, "fn").filter_map(|at| function(&code, at)).collect()
}

/// The function whose `fn` stands at byte `at`; `None` for a declaration or a function type.
fn function(code: &str, at: usize) -> Option<Function> {
    let rest = &code[at..];
    let name: String = rest[2..].trim_start().chars().take_while(|&c| super::lexer::is_name(c)).collect();
    let open = body_start(rest)?;
    let close = block_end(&rest[open..])? + open;
    (!name.is_empty()).then(|| Function {
        name,
        line: line_of(code, at),
        lines: rest[..close].matches('\n').count() + 1,
    })
}

/// The byte of the body's `{`; `None` when a `;` (or the end of an enclosing list) comes first.
fn body_start(rest: &str) -> Option<usize> {
    let mut depth = 0_i32;
    for (at, c) in rest.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' if depth == 0 => return None,
            ')' | ']' => depth -= 1,
            '{' if depth == 0 => return Some(at),
            ';' | '}' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

fn block_end(block: &str) -> Option<usize> {
    let mut depth = 0_i32;
    block.char_indices().find_map(|(at, c)| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        (depth == 0).then_some(at)
    })
}

fn too_long(file: &File) -> Vec<String> {
    let mut found = Vec::new();
    let lines = file.text.lines().count();
    if lines > FILE_LINES_MAX {
        found.push((file.path.clone(), format!("{}: {lines} lines, at most {FILE_LINES_MAX}", file.path)));
    }
    for f in functions(&file.text).into_iter().filter(|f| f.lines > FUNCTION_LINES_MAX) {
        let (path, name) = (&file.path, f.name);
        let what = format!("{path}:{}: fn {name} has {} lines, at most {FUNCTION_LINES_MAX}", f.line, f.lines);
        found.push((format!("{path}::{name}"), what));
    }
    found.into_iter().filter(|(key, _)| !EXCEPTIONS.contains(&key.as_str())).map(|(_, what)| what).collect()
}

#[test]
fn files_and_functions_are_short() {
    let findings: Vec<String> = files().iter().filter(|f| f.is_rust()).flat_map(too_long).collect();
    assert_none(&findings, "cut these (a file by its jobs, a function by its steps)");
}

#[test]
fn every_exception_is_still_needed() {
    let gone: Vec<String> = EXCEPTIONS
        .iter()
        .filter(|key| {
            let (path, name) = key.split_once("::").map_or((**key, None), |(path, name)| (path, Some(name)));
            let file = files().iter().find(|f| f.path == path);
            !file.is_some_and(|f| match name {
                None => f.text.lines().count() > FILE_LINES_MAX,
                Some(name) => functions(&f.text).iter().any(|f| f.name == name && f.lines > FUNCTION_LINES_MAX),
            })
        })
        .map(|key| format!("{key} is short now: take it out of the list"))
        .collect();
    assert_none(&gone, "the exception list only shrinks");
}

#[test]
fn control_long_functions_and_files_are_found() {
    let body = "    x();\n".repeat(FUNCTION_LINES_MAX);
    let file = File::new("src/a.rs", &format!("fn ok() {{\n}}\nfn long(a: [u8; 3]) -> u8 {{\n{body}}}\n"));
    assert_eq!(too_long(&file), ["src/a.rs:3: fn long has 72 lines, at most 70"]);
    let file = File::new("src/b.rs", &"\n".repeat(FILE_LINES_MAX + 1));
    assert_eq!(too_long(&file), ["src/b.rs: 401 lines, at most 400"]);
}

#[test]
fn control_functions_are_measured() {
    let source = "trait T { fn declared(&self) -> fn(u8) -> u8; }\n// fn not { }\nfn one() { \"}\"; }\nasync fn two<F: Fn(u8)>(f: F)\nwhere\n    F: Send,\n{\n    let g: fn(u8) = h;\n}\n";
    let found: Vec<_> = functions(source).into_iter().map(|f| (f.name, f.line, f.lines)).collect();
    assert_eq!(found, [("one".to_owned(), 3, 1), ("two".to_owned(), 4, 6)]);
}
