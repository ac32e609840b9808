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

#[test]
fn mistakes_of_connectors_are_found_before_anything_starts() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(folder.path().join("maps/out")).expect("a folder");
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    let head = "version = 1\ntells = \"order_released\"\n[body]\n";
    put("maps/out/wrong.toml", &format!("name = \"wrong\"\n{head}id = \"order.idd\"\n"));
    put("maps/out/short.toml", &format!("name = \"short\"\n{head}id = \"order.id\"\n"));
    put("maps/out/other.toml", &format!("name = \"other\"\n{head}id = \"order.number\"\n"));
    put(
        "t.toml",
        "mappings = \"maps\"\n\
         [connectors.a]\nkind = \"erp_soap\"\nurl = \"https://erp.example\"\n\
         [connectors.b]\nkind = \"erp_rest\"\nurl = \"https://erp.example\"\nmessages = [\"short\", \"other\", \"none\"]\n\
         [connectors.c]\nkind = \"logistics_xml\"\nurl = \"https://van.example\"\nmessages = [\"short\"]\n\
         [connectors.d]\nkind = \"webhook\"\nurl = \"https://hook.example\"\n\
         auth = { scheme = \"standard_webhooks\", secrets = [\"weak\"] }\n\
         [secrets]\nweak = { value = \"whsec_c2hvcnQ=\" }\n",
    );
    let (code, words) = code_and_words(folder.path(), &["check", "--config", "t.toml"]);
    assert_eq!(code, 1, "{words}");
    for wanted in [
        "out/wrong.toml:5:6",
        "[unknown_word]",
        "there are: crm_rest, erp_rest",
        "written by two mappings; `other` is the second",
        "outgoing mapping `none` is unknown; there are: other, short",
        "`logistics_xml` takes no mapping of order_released",
        "secret_too_short",
    ] {
        assert!(words.contains(wanted), "{wanted} is not in {words}");
    }
}
