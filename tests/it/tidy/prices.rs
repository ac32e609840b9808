//! What an extension costs, as ARCHITECTURE.md says it: the files of its row and no others. Each extension that is here
//! is asked what else names it; each row of the table is one a check knows.

use super::{
    File, assert_none, entries, files,
    fixtures::{registered, stems},
    lexer::{Blank, blanked, line_of},
    read, repository,
};

/// A kind of extension that is a file and a line in a list.
struct Kind {
    /// As the table calls it.
    called: &'static str,
    /// The folder of its files; the list is the file of the same name.
    folder: &'static str,
    rust: &'static str,
}

const KINDS: [Kind; 4] = [
    Kind { called: "a platform", folder: "adapters/src/channels", rust: "one file" },
    Kind { called: "a carrier that calls back", folder: "adapters/src/carriers", rust: "one file" },
    Kind { called: "a connector", folder: "adapters/src/connectors", rust: "one file" },
    Kind { called: "a scene of the demo", folder: "src/demo/scenes", rust: "one function" },
];

const MAPPING: &str = "a channel in a known format";
const CHECK: &str = "a check";
const OUTGOING: &str = "a partner's own form of a message";
const POLICY: &str = "an approval rule, a freight rule, a weight";

/// Names that are words of everyday: what means the extension cannot be told from what means a file.
const EVERYDAY: [&str; 3] = ["file", "mail", "webhook"];

/// The rows of the table: what it is, its files, its Rust.
fn rows(page: &str) -> Vec<[String; 3]> {
    let table = page.split_once("## The price of an extension").map_or("", |(_, rest)| rest);
    let table = table.split_once("\n## ").map_or(table, |(table, _)| table);
    let cells = |line: &str| -> Option<[String; 3]> {
        let cells: Vec<String> =
            line.strip_prefix('|')?.strip_suffix('|')?.split('|').map(|c| c.trim().to_owned()).collect();
        cells.try_into().ok()
    };
    // The head and the line below it are no rows.
    table.lines().filter_map(cells).skip(2).collect()
}

/// Differences between the table and the kinds that are checked here.
fn unkept(rows: &[[String; 3]]) -> Vec<String> {
    let mut found = Vec::new();
    let mut ask = |called: &str, paths: &[String], rust: &str| match rows.iter().find(|row| row[0] == called) {
        None => found.push(format!("no row `{called}`")),
        Some([_, files, said]) => {
            found.extend(
                paths
                    .iter()
                    .filter(|path| !files.contains(*path))
                    .map(|path| format!("`{called}` does not name {path}")),
            );
            if said != rust {
                found.push(format!("`{called}` costs {rust} of Rust, not {said}"));
            }
        }
    };
    for kind in &KINDS {
        let list = kind.folder.rsplit('/').next().unwrap_or_default();
        ask(kind.called, &[format!("`{}/<name>.rs`", kind.folder), format!("its line in `{list}.rs`")], kind.rust);
    }
    ask(MAPPING, &["`mappings/<name>.toml`".to_owned(), "`fixtures/mappings/<name>/`".to_owned()], "none");
    ask(CHECK, &["`model/src/rules/checks/`".to_owned(), "its line in the list".to_owned()], "one function");
    ask(POLICY, &["`config/policies/`".to_owned()], "none");
    ask(OUTGOING, &["`mappings/out/<name>.toml`".to_owned()], "none");
    let known = |called: &str| {
        KINDS.iter().any(|kind| kind.called == called) || [MAPPING, CHECK, OUTGOING, POLICY].contains(&called)
    };
    found.extend(rows.iter().filter(|row| !known(&row[0])).map(|row| format!("nothing checks the row `{}`", row[0])));
    found
}

/// Does `text` hold `name` as a word of its own?
fn names_it(text: &str, name: &str) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(name).map(|(at, _)| at).find(|at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// Product code that names the extension outside its own files and its list; comments may.
fn named_elsewhere(files: &[File], folder: &str, name: &str) -> Vec<String> {
    let own = |file: &File| {
        file.path == format!("{folder}/{name}.rs")
            || file.path.starts_with(&format!("{folder}/{name}/"))
            || file.path == format!("{folder}.rs")
    };
    let shell = |file: &File| file.path.starts_with("src/") || file.path.starts_with("adapters/src/");
    // The demo is a configuration of its own and says whom it talks to, like a test.
    let product = files
        .iter()
        .filter(|f| f.is_rust() && shell(f) && !f.path.starts_with("src/demo") && !f.path.starts_with("src/sandbox"));
    let mut found = Vec::new();
    for file in product.filter(|file| !own(file)) {
        let code = without_examples(&blanked(&file.text, Blank::Comments));
        if let Some(at) = names_it(&code, name) {
            found.push(format!("{}:{} names {folder}/{name}", file.path, line_of(&code, at)));
        }
    }
    found
}

/// The text without the lines of help that show how a command is called; they must name something.
fn without_examples(text: &str) -> String {
    text.lines().map(|line| if line.starts_with("  tributary ") { "" } else { line }).collect::<Vec<_>>().join("\n")
}

/// Times the list of a kind names a module beside declaring it; one is right.
fn lines_in_list(list: &str, name: &str) -> usize {
    registered(list).iter().filter(|registered| *registered == name).count()
}

#[test]
fn the_table_speaks_of_what_is_checked() {
    let rows = rows(&read("ARCHITECTURE.md"));
    assert_none(&unkept(&rows), "the table `The price of an extension` and the tree differ");
}

#[test]
fn an_extension_is_named_in_its_list_once_and_nowhere_else() {
    let mut found = Vec::new();
    for kind in KINDS.iter().filter(|kind| kind.folder.starts_with("adapters")) {
        let list = read(&format!("{}.rs", kind.folder));
        // What is not in the list is shared by some of them.
        let names = registered(&list);
        assert!(!names.is_empty(), "{}: no extension was found", kind.folder);
        for name in names {
            if lines_in_list(&list, &name) != 1 {
                found.push(format!("{}.rs: {name} is in ALL {} times", kind.folder, lines_in_list(&list, &name)));
            }
            if !EVERYDAY.contains(&name.as_str()) {
                found.extend(named_elsewhere(files(), kind.folder, &name));
            }
        }
    }
    assert_none(&found, "an extension costs its file and its line");
}

/// The mapping of our own shape is a part of the program (`POST /v1/orders`), not of a channel.
const OUR_SHAPE: &str = "canonical-order";

#[test]
fn a_mapping_needs_no_rust() {
    let mappings = stems(&repository().join("mappings"), ".toml");
    let of_channels = mappings.iter().filter(|name| *name != OUR_SHAPE);
    let found: Vec<_> = of_channels.flat_map(|name| named_elsewhere(files(), "mappings", name)).collect();
    assert_none(&found, "a channel in a known format costs a mapping and configuration");
}

#[test]
fn a_scene_is_one_function_and_its_line() {
    let kind = &KINDS[3];
    let list = blanked(&read(&format!("{}.rs", kind.folder)), Blank::Comments);
    for name in stems(&repository().join(kind.folder), ".rs") {
        let lines = list.lines().filter(|line| names_it(line, &name).is_some()).count();
        assert_eq!(lines, 2, "{name}: its module and its line in {}.rs", kind.folder);
        let others = entries(&repository().join("src/demo")).into_iter().filter(|path| path.is_file());
        for path in others {
            let text = std::fs::read_to_string(&path).expect("a source");
            assert!(!text.contains(&format!("scenes::{name}")), "{} names the scene {name}", path.display());
        }
    }
}

#[test]
fn control_a_name_elsewhere_and_a_wrong_table_are_found() {
    let files = [
        File::new("adapters/src/connectors/crm.rs", "pub struct Crm; const NAME: &str = \"crm\";"),
        File::new("adapters/src/connectors/crm/orders.rs", "use super::crm;"),
        File::new("adapters/src/connectors.rs", "pub mod crm;"),
        File::new("src/dispatch.rs", "// crm is fine here\nlet scrm = crm_like;"),
        File::new("src/web/orders.rs", "\n\nif kind == \"crm\" {}"),
        File::new("src/demo/house.rs", "kind = \"crm\""),
        File::new("tests/it/x.rs", "crm"),
    ];
    let found = named_elsewhere(&files, "adapters/src/connectors", "crm");
    assert_eq!(found, ["src/web/orders.rs:3 names adapters/src/connectors/crm"]);
    assert_eq!(lines_in_list("pub static ALL: [&dyn C; 2] = [&crm::C, &crm::C];", "crm"), 2);
    let page = "## The price of an extension\n\n| extension | files | Rust |\n|---|---|---|\n\
        | a connector | `adapters/src/connectors/<name>.rs`, its line in `connectors.rs` | two files |\n| a wish | none | none |\n\n## Next\n| a | b | c |\n";
    let rows = rows(page);
    assert_eq!(rows.len(), 2);
    let found = unkept(&rows);
    for wanted in [
        "no row `a platform`",
        "`a connector` costs one file of Rust, not two files",
        "nothing checks the row `a wish`",
    ] {
        assert!(found.iter().any(|finding| finding == wanted), "{wanted}: {found:#?}");
    }
}
