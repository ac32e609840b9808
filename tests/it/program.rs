//! The program as people run it: exit codes, words, and the demo, whose every line is checked by itself.

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
        ("[server]\nworkers = \"two\"\n".to_owned(), 2, "t.toml:2:11: server.workers: invalid type"),
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
fn a_file_with_mistakes_of_every_kind_is_told_all_of_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = |text: &str| {
        std::fs::write(folder.path().join("t.toml"), text).expect("a file");
        let (code, words) = code_and_words(folder.path(), &["check", "--config", "t.toml"]);
        assert_eq!(code, 1, "{words}");
        words
    };
    let words = check(include_str!("../fixtures/config/mistakes.toml"));
    let told: Vec<_> = words.lines().filter_map(|line| line.strip_prefix("t.toml:")).collect();
    let wanted = include_str!("../fixtures/config/mistakes.txt");
    for (told, wanted) in told.iter().zip(wanted.lines()) {
        let code = told.rsplit_once(" [").map_or("", |(_, code)| code.trim_end_matches(']'));
        assert_eq!(format!("{} {code}", told.split(": ").take(2).collect::<Vec<_>>().join(" ")), wanted, "{words}");
    }
    assert_eq!(told.len(), wanted.lines().count(), "{words}");
    // What is no TOML is told at every place of it too.
    let words = check("[server\nlisten = 5 6\n[x]]\n");
    for wanted in ["t.toml:1:8: ", "t.toml:3:4: ", "[not_toml]"] {
        assert!(words.contains(wanted), "no {wanted} in {words}");
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
        ("encoding =", "encodig =", "t.toml:11:1: channels.hook.signature.encodig: unknown field"),
        ("prefix =", "prefix = 3 #", "t.toml:12:10: channels.hook.signature.prefix: invalid type"),
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
         [connectors.e]\nkind = \"crm_rest\"\nurl = \"https://crm.example\"\n\
         listens = [\"order_released\", \"replenishment_approved\"]\n\
         [secrets]\nweak = { value = \"whsec_c2hvcnQ=\" }\n",
    );
    let (code, words) = code_and_words(folder.path(), &["check", "--config", "t.toml"]);
    assert_eq!(code, 1, "{words}");
    for wanted in [
        "out/wrong.toml:5:6",
        "[unknown_word]",
        "there are: crm_rest, customer_mail",
        "written by two mappings; `other` is the second",
        "outgoing mapping `none` is unknown; there are: other, short",
        "`logistics_xml` takes no mapping of order_released",
        "secret_too_short",
        "t.toml:20:11",
        "`crm_rest` cannot be told of `replenishment_approved`; it takes: order_released, ",
        "[message_unfit]",
    ] {
        assert!(words.contains(wanted), "{wanted} is not in {words}");
    }
}

#[test]
fn mistakes_in_what_customers_are_told_are_found_before_anything_starts() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(folder.path().join("maps/notices")).expect("a folder");
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    let text = "{ subject = \"s\", mail = \"{nmae}\", sms = \"s\" }";
    let line = "line = { zh = \"{sku}\", en = \"{sku}\" }";
    let head = format!("version = 1\n{line}\n[order_released]\n");
    put("maps/notices/wrong.toml", &format!("name = \"wrong\"\n{head}zh = {text}\nen = {text}\n"));
    let text = text.replace("{nmae}", "{name}");
    put("maps/notices/short.toml", &format!("name = \"short\"\n{head}zh = {text}\nen = {text}\n"));
    put(
        "t.toml",
        "mappings = \"maps\"\n\
         [connectors.a]\nkind = \"customer_mail\"\nurl = \"smtps://mail.example\"\nfrom = \"a@shop.example\"\n\
         notices = \"none\"\nlanguage = \"nl\"\nchannels = [\"web\"]\n\
         [connectors.b]\nkind = \"customer_sms\"\nurl = \"https://sms.example\"\nnotices = \"short\"\n\
         [connectors.c]\nkind = \"customer_mail\"\nurl = \"smtps://mail.example\"\nfrom = \"a@shop.example\"\n\
         notices = \"short\"\nlistens = [\"order_released\"]\nto = [\"x@shop.example\"]\n\
         [connectors.d]\nkind = \"erp_rest\"\nurl = \"https://erp.example\"\nnotices = \"short\"\n",
    );
    let (code, words) = code_and_words(folder.path(), &["check", "--config", "t.toml"]);
    assert_eq!(code, 1, "{words}");
    for wanted in [
        "notices/wrong.toml:5:30: There is no word nmae here",
        "t.toml:6:11: connectors.a.notices: notices `none` are unknown; there are: short",
        "t.toml:7:12: connectors.a.language: `nl` is no language",
        "t.toml:8:12: connectors.a.channels: names a channel that is not there",
        "t.toml:9:13: connectors.b.listens: notices `short` have no text for fulfilment_shipped",
        "connectors.c.url: goes to customers, so it has no `to`",
        "t.toml:23:11: connectors.d.notices: `erp_rest` tells no customers",
    ] {
        assert!(words.contains(wanted), "{wanted} is not in {words}");
    }
}

#[test]
fn check_finds_the_addresses_that_serve_would_refuse() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = "[server]\nlisten = \"0.0.0.0:8080\"\n[database]\nurl = \"mysql://root@h/x\"\n[channels.shop]\n\
                  platform = \"file\"\nmapping = \"pos-cn-csv\"\nzone = \"Asia/Shanghai\"\ncountry = \"China\"\n\
                  [connectors.erp]\nkind = \"erp_rest\"\nurl = \"ftp://erp.example/x\"\n";
    std::fs::write(folder.path().join("a.toml"), config).expect("a file");
    let (code, words) = code_and_words(folder.path(), &["check", "--config", "a.toml"]);
    assert_eq!(code, 1, "{words}");
    for wanted in
        ["server.listen", "behind_proxy", "database.url", "`mysql:`", "channels.shop.country", "connectors.erp.url"]
    {
        assert!(words.contains(wanted), "{wanted}: {words}");
    }
}
