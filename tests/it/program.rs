//! The program as people run it: exit codes, words, and the demo, whose every line is checked by itself.

mod check;

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

/// Runs the program in a folder of its own.
fn run(folder: &Path, args: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_tributary");
    Command::new(program).args(args).current_dir(folder).env_remove("LANG").output().expect("the program runs")
}

pub(crate) fn code_and_words(folder: &Path, args: &[&str]) -> (i32, String) {
    let output = run(folder, args);
    let words = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.code().unwrap_or(-1), words)
}

#[test]
fn the_help_of_keys_says_what_each_role_may_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_, words) = code_and_words(folder.path(), &["key", "create", "--help"]);
    for role in tributary::auth::roles() {
        let told = words.lines().filter_map(|line| line.trim().strip_prefix(role));
        assert!(told.filter(|rest| rest.trim().len() > 10).count() == 1, "{role}: {words}");
    }
}

#[test]
fn the_demo_holds_in_both_languages() {
    let folder = tempfile::tempdir().expect("a folder");
    for (language, last) in [("en", "checks hold"), ("zh", "检查全部通过")] {
        let (code, words) = code_and_words(folder.path(), &["demo", "--lang", language]);
        assert_eq!(code, 0, "{words}");
        assert!(words.contains(last) && !words.contains("panicked"), "{words}");
        assert!(words.contains("--folder"), "it says that its database goes: {words}");
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
fn a_server_that_cannot_start_says_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let holder = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = holder.local_addr().expect("an address");
    std::fs::write(folder.path().join("no.db"), "nonsense").expect("a file");
    let table = [
        (format!("[server]\nlisten = \"{}\"\n", taken), 2, "set server.listen to a free address"),
        ("[server]\nlisten = \"0.0.0.0:0\"\n".to_owned(), 2, "behind_proxy"),
        ("[database]\nurl = \"sqlite://none/t.db\"\n".to_owned(), 2, "the folder none is not there; make it"),
        ("[database]\nurl = \"sqlite://.\"\n".to_owned(), 2, "is a folder"),
        ("[database]\nurl = \"sqlite://no.db\"\n".to_owned(), 2, "set database.url to another file"),
        ("[database]\nurl = \"postgres://me:secret@127.0.0.1:1/none\"\n".to_owned(), 1, "see that it runs"),
        ("\n[server]\nlisen = 1\n".to_owned(), 2, "t.toml:3:1: server.lisen: unknown field"),
        (
            "[server]\nworkers = \"two\"\n".to_owned(),
            2,
            "t.toml:2:11: server.workers: \"two\" is not what belongs here",
        ),
        ("[server\n".to_owned(), 2, "t.toml:1:8: "),
        (
            "[channels.a]\nplatform = \"shopware\"\nmapping = \"\"\nzone = \"\"\ncountry = \"\"\n".to_owned(),
            2,
            "shopware",
        ),
    ];
    for (text, wanted, word) in table {
        std::fs::write(folder.path().join("t.toml"), &text).expect("a file");
        let (code, words) = code_and_words(folder.path(), &["serve", "--config", "t.toml"]);
        assert_eq!(code, wanted, "{text}: {words}");
        assert!(words.contains(word) && !words.contains("panicked") && !words.contains("secret"), "{text}: {words}");
    }
    let (code, words) = code_and_words(folder.path(), &["serve", "--config", "missing.toml"]);
    assert_eq!((code, words.contains("missing.toml: there is no such file")), (2, true), "{words}");
    let (code, words) = code_and_words(folder.path(), &[]);
    assert_eq!((code, words.contains("tributary demo")), (2, true), "{words}");
}

/// A server in `folder`, and where it listens.
fn served(folder: &Path) -> (Child, String) {
    let program = env!("CARGO_BIN_EXE_tributary");
    let mut command = Command::new(program);
    command.args(["serve", "--config", "t.toml"]).current_dir(folder).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program runs");
    let mut lines = BufReader::new(child.stderr.take().expect("its standard error")).lines().map_while(Result::ok);
    let address = lines.find_map(|line| Some(line.split_once(" on http://")?.1.trim().to_owned()));
    // Read on, so that it never waits for us.
    std::thread::spawn(move || lines.for_each(drop));
    (child, address.expect("it listens"))
}

#[cfg(unix)]
#[test]
fn a_server_told_to_end_finishes_what_it_has_begun() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = "[server]\nlisten = \"127.0.0.1:0\"\n\n[channels.till]\nplatform = \"file\"\n\
        mapping = \"pos-cn-csv\"\ncurrency = \"CNY\"\nzone = \"Asia/Shanghai\"\ncountry = \"CN\"\n";
    std::fs::write(folder.path().join("t.toml"), config).expect("a file");
    let (mut server, address) = served(folder.path());
    let key = run(folder.path(), &["key", "create", "--user", "lin", "--role", "admin", "--config", "t.toml"]);
    let key = String::from_utf8_lossy(&key.stdout).trim().to_owned();
    let mut upload = TcpStream::connect(&address).expect("a connection");
    let _idle = TcpStream::connect(&address).expect("another");
    let head = format!(
        "POST /v1/channels/till/uploads HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\
         expect: 100-continue\r\ncontent-length: 11\r\n\r\n"
    );
    upload.write_all(head.as_bytes()).expect("a head");
    let mut go_on = [0; 25];
    upload.read_exact(&mut go_on).expect("leave to go on");
    upload.write_all(b"some,").expect("half a body");
    let told = Command::new("kill").args(["-TERM", &server.id().to_string()]).status().expect("kill runs");
    assert!(told.success());
    wait_until("it takes no more connections", || TcpStream::connect(&address).is_err());
    upload.write_all(b"thing\n").expect("the other half");
    let mut answer = [0; 12];
    upload.read_exact(&mut answer).expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 202");
    let mut ended = None;
    wait_until("it ends", || {
        ended = server.try_wait().expect("a child of ours");
        ended.is_some()
    });
    assert_eq!(ended.and_then(|status| status.code()), Some(0));
    std::fs::write(folder.path().join("same.csv"), "some,thing\n").expect("a file");
    let (_, words) = code_and_words(folder.path(), &["import", "till", "same.csv", "--config", "t.toml"]);
    assert!(words.contains("the same file came before"), "what it answered is durable: {words}");
}

/// Asks again and again, for ten seconds.
fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..1000 {
        if done() {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    panic!("{what}: never");
}

#[test]
fn what_a_configuration_names_is_looked_for_beside_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let house = folder.path().join("house");
    std::fs::create_dir_all(house.join("maps")).expect("a folder");
    let put = |name: &str, text: &str| std::fs::write(house.join(name), text).expect("a file");
    put("shop.key", "a-secret-of-the-shop\n");
    put(
        "maps/own.toml",
        "name = \"own\"\nversion = 1\n[read]\nformat = \"json\"\n[order]\nexternal_id = \"id\"\nplaced_at = \"at\"\n\
         currency = { const = \"EUR\" }\n[items]\nat = \"lines\"\nsku = \"sku\"\nquantity = \"quantity\"\n",
    );
    put(
        "t.toml",
        "mappings = \"maps\"\n[channels.shop]\nplatform = \"shopify\"\nmapping = \"own\"\nzone = \"UTC\"\n\
         country = \"NL\"\nsecrets = [\"shop\"]\n[secrets]\nshop = { file = \"shop.key\" }\n",
    );
    for place in [folder.path(), house.as_path(), house.join("maps").as_path()] {
        let config = house.join("t.toml").display().to_string();
        let (code, words) = code_and_words(place, &["check", "--config", &config]);
        assert_eq!(code, 0, "{words}");
    }
    let (code, words) = code_and_words(folder.path(), &["check", "--config", "house/t.toml"]);
    assert_eq!(code, 0, "{words}");
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
    for wanted in ["成功订单: 5", "退回订单: 3", "新建: 5", "更改: 0", "无变化: 0", "F6", "两只", "not_a_number"]
    {
        assert!(words.contains(wanted), "no {wanted} in: {words}");
    }
    let (_, again) = code_and_words(folder.path(), &import);
    assert!(again.contains("已导入过") && !again.contains("新建"), "{again}");
    // A file that is not there is no reason to keep silent about the one before it.
    let (code, words) = code_and_words(folder.path(), &[&import[..3], &["missing.csv"], &import[3..]].concat());
    assert_eq!(code, 1, "{words}");
    assert!(words.contains("已导入过") && words.contains("missing.csv"), "{words}");
}

#[test]
fn a_file_is_tried_as_a_channel_would_read_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = root.join("config/demo.toml").display().to_string();
    let path = |name: &str| root.join("fixtures").join(name).display().to_string();
    let attempt = |channel: &str, file: &str, more: &[&str]| {
        let head = ["mapping", "try", "--config", &config, "--channel", channel, file, "--lang", "en"];
        code_and_words(folder.path(), &[&head, more].concat())
    };
    let (code, words) = attempt("store-ny-pos", &path("mappings/pos-square-items/good-2026.csv"), &[]);
    assert_eq!(code, 0, "{words}");
    assert!(words.contains("\"currency\":\"USD\"") && words.contains(" 0 rejects"), "{words}");
    let file = path("demo/store-17-pos.csv");
    let (_, words) = attempt("store-17-pos", &file, &[]);
    let line = words.lines().find(|line| line.contains("not_a_number")).unwrap_or_default();
    for wanted in ["cell F6", "“两只”", "cannot be read as a number", "order "] {
        assert!(line.contains(wanted), "no {wanted} in: {words}");
    }
    let (_, words) = attempt("store-17-pos", &file, &["--json"]);
    assert!(words.contains("{\"reject\":{"), "{words}");
    let (code, words) = attempt("store-18-pos", &file, &[]);
    assert!(code == 2 && words.contains("phone-desk"), "{words}");
}
