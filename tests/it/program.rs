//! The program as people run it: exit codes, words, and the demo, whose every line is checked by itself.

use std::{
    path::Path,
    process::{Command, Output},
};

/// Runs the program in a folder of its own.
fn run(folder: &Path, args: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_tributary");
    Command::new(program).args(args).current_dir(folder).env_remove("LANG").output().expect("the program runs")
}

fn code_and_words(folder: &Path, args: &[&str]) -> (i32, String) {
    let output = run(folder, args);
    let words = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.code().unwrap_or(-1), words)
}

#[test]
fn the_demo_holds_in_both_languages() {
    let folder = tempfile::tempdir().expect("a folder");
    for (language, last) in [("en", "checks hold"), ("zh", "检查全部通过")] {
        let (code, words) = code_and_words(folder.path(), &["demo", "--lang", language]);
        assert_eq!(code, 0, "{words}");
        assert!(words.contains(last) && !words.contains("panicked"), "{words}");
    }
    let left = std::fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!(left, 0, "the demo leaves nothing where it was started");
}

#[test]
fn usage_failure_and_success_have_their_codes() {
    let folder = tempfile::tempdir().expect("a folder");
    let table: [(&[&str], i32, &str); 8] = [
        (&["--help"], 0, "tributary demo"),
        (&["import", "--help"], 0, "--server"),
        (&["check"], 0, "No mistakes"),
        (&["nonsense"], 2, "unrecognized"),
        (&["key", "create", "--user", "mei", "--role", "king"], 2, "order_desk"),
        (&["check", "--config", "missing.toml"], 1, "missing.toml"),
        (&["mapping", "try", "pos-cn", "x.csv"], 2, "pos-cn-csv"),
        (&["key", "revoke", "nobody00"], 1, "key list"),
    ];
    for (args, wanted, word) in table {
        let (code, words) = code_and_words(folder.path(), args);
        assert_eq!(code, wanted, "{args:?}: {words}");
        assert!(words.contains(word), "{args:?}: {words}");
    }
}

#[test]
fn every_mistake_is_printed_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    std::fs::create_dir(folder.path().join("rules")).expect("a folder");
    put(
        "rules/a.toml",
        "[checks]\nno_such_setting = 1\n\n[[approval]]\nname = \"x\"\nwhen = \"order.totl\"\nsteps = []\n",
    );
    put(
        "tributary.toml",
        "policies = \"rules\"\n\n[channels.shop]\nplatform = \"shopware\"\nmapping = \"none\"\nzone = \"UTC\"\ncountry = \"NL\"\n",
    );
    let (code, words) = code_and_words(folder.path(), &["check", "--config", "tributary.toml"]);
    assert_eq!(code, 1, "{words}");
    for wanted in ["a.toml:2:", "a.toml:6:", "shopware", "unknown_mapping", "mistakes"] {
        assert!(words.contains(wanted), "no {wanted} in: {words}");
    }
}

#[test]
fn mistakes_of_a_partners_tables_have_their_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = |text: &str| {
        std::fs::write(folder.path().join("t.toml"), text).expect("a file");
        code_and_words(folder.path(), &["check", "--config", "t.toml"])
    };
    let good = r#"[channels.hook]
platform = "webhook"
mapping = "partner-order"
secrets = ["hook"]
zone = "UTC"
country = "NL"

[channels.hook.signature]
header = "X-Sign"
algorithm = "sha256"
encoding = "hex"
prefix = "sha256="

[channels.hook.topics]
pointer = "/type"
mappings = { placed = "partner-order" }

[secrets]
hook = { value = "long enough" }
"#;
    assert_eq!(check(good).0, 0, "{}", check(good).1);
    for (from, to, wanted) in [
        ("sha256\"\n", "sha3\"\n", "t.toml:10:13: channels.hook.signature.algorithm"),
        ("\"hex\"", "\"hexx\"", "t.toml:11:12: "),
        ("X-Sign", "X Sign", "t.toml:9:10: "),
        ("sha256=\"", "sha256=\\n\"", "t.toml:12:10: "),
        ("/type", "type", "t.toml:15:11: "),
        ("pointer = \"/type\"", "header = \"x\"\npointer = \"/type\"", "t.toml:14:16: channels.hook.topics: "),
        ("\"partner-order\" }", "\"partner\" }", "t.toml:16:23: "),
        ("{ placed = \"partner-order\" }", "{}", "t.toml:16:1: "),
        ("\"webhook\"", "\"shopify\"", "t.toml:8:16: channels.hook.signature: only"),
        ("encoding =", "encodig =", "t.toml: TOML parse error at line 11, column 1"),
        ("prefix =", "prefix = 3 #", "t.toml: TOML parse error at line 12, column 10"),
        ("long enough", "short", "secret_too_short"),
    ] {
        assert!(good.contains(from), "{from}");
        let (code, words) = check(&good.replace(from, to));
        assert!(code == 1 && words.contains(wanted), "{to}: no {wanted} in: {words}");
    }
}

#[test]
fn a_file_goes_in_and_bad_cells_come_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = root.join("config/demo.toml").display().to_string();
    let path = |name: &str| root.join("fixtures").join(name).display().to_string();
    for table in ["products", "warehouses"] {
        let file = path(&format!("master/minimal/{table}.csv"));
        let (code, words) = code_and_words(folder.path(), &["master", "import", table, &file, "--config", &config]);
        assert_eq!(code, 0, "{words}");
    }
    let file = path("demo/store-17-pos.csv");
    let import = ["import", "store-17-pos", &file, "--config", &config, "--lang", "zh"];
    let (code, words) = code_and_words(folder.path(), &import);
    assert_eq!(code, 0, "{words}");
    for wanted in ["成功订单: 5", "退回订单: 3", "F6", "两只", "not_a_number"] {
        assert!(words.contains(wanted), "no {wanted} in: {words}");
    }
    let (_, again) = code_and_words(folder.path(), &import);
    assert!(again.contains("已导入过"), "{again}");
}
