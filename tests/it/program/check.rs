//! `tributary check`: every mistake at once, with its place.

use super::code_and_words;

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
fn a_file_with_mistakes_of_every_kind_is_told_all_of_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = |text: &str| {
        std::fs::write(folder.path().join("t.toml"), text).expect("a file");
        let (code, words) = code_and_words(folder.path(), &["check", "--config", "t.toml"]);
        assert_eq!(code, 1, "{words}");
        words
    };
    let words = check(include_str!("../../fixtures/config/mistakes.toml"));
    let told: Vec<_> = words.lines().filter_map(|line| line.strip_prefix("t.toml:")).collect();
    let wanted = include_str!("../../fixtures/config/mistakes.txt");
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
        (
            "prefix =",
            "prefix = 3 #",
            "t.toml:12:10: channels.hook.signature.prefix: 3 is not what belongs here; write text in quotes",
        ),
        ("long enough", "short", "secret_too_short"),
    ] {
        assert!(good.contains(from), "{from}");
        let (code, words) = check(&good.replace(from, to));
        assert!(code == 1 && words.contains(wanted), "{to}: no {wanted} in: {words}");
    }
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

#[test]
fn values_that_cannot_be_meant_have_their_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = |text: &str| {
        std::fs::write(folder.path().join("t.toml"), text).expect("a file");
        code_and_words(folder.path(), &["check", "--config", "t.toml"])
    };
    let good = "[company]\nbase_currency = \"CNY\"\n[dispatch]\nbackoff_permille = 1000\nlease_seconds = 60\n\
                [channels.shop]\nplatform = \"shopify\"\nmapping = \"shopify-order\"\nsecrets = [\"shop\"]\n\
                zone = \"UTC\"\ncountry = \"NL\"\ncurrency = \"EUR\"\n\
                [connectors.erp]\nkind = \"erp_rest\"\nurl = \"https://erp.example/x\"\n\
                [secrets]\nshop = { value = \"a-secret-of-the-shop\" }\n";
    assert_eq!(check(good).0, 0, "{}", check(good).1);
    for (from, to, wanted) in [
        ("\"CNY\"", "\"RMB\"", "t.toml:2:17: company.base_currency: there is no currency `RMB`"),
        ("\"EUR\"", "\"XYZ\"", "t.toml:12:12: channels.shop.currency: there is no currency `XYZ`"),
        ("\"NL\"", "\"ZZ\"", "t.toml:11:11: channels.shop.country: `ZZ` is no country code"),
        ("permille = 1000", "permille = -1", "t.toml:4:20: dispatch.backoff_permille: -1 is too small"),
        ("seconds = 60", "seconds = 2", "t.toml:5:17: dispatch.lease_seconds: 2 is too small"),
        ("channels.shop]", "channels.\"shop nl\"]", "t.toml:6:11: channels.shop nl: can be no name"),
        ("connectors.erp]", "connectors.\"e/rp\"]", "t.toml:13:13: connectors.e/rp: can be no name"),
        ("\"shopify-order\"", "\"pos-cn-csv\"", "t.toml:8:11: channels.shop.mapping: `pos-cn-csv` reads tables"),
    ] {
        assert!(good.contains(from), "{from}");
        let (code, words) = check(&good.replace(from, to));
        assert!(code == 1 && words.contains(wanted), "{to}: no {wanted} in: {words}");
    }
}

#[test]
fn mistakes_are_told_in_plain_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "[server]\nworkers = \"many\"\nbehind_proxy = 1\n[channels.b]\nplatform = \"shopify\"\n\
                mapping = \"shopify-order\"\nzone = \"UTC\"\ncountry = \"NL\"\n\
                [secrets]\na = {}\nb = { env = \"X\", file = \"y\" }\nc = \"plain\"\n";
    std::fs::write(folder.path().join("t.toml"), text).expect("a file");
    let (code, words) = code_and_words(folder.path(), &["check", "--config", "t.toml"]);
    assert_eq!(code, 1, "{words}");
    for wanted in [
        "server.workers: \"many\" is not what belongs here; write a whole number from 0 [",
        "server.behind_proxy: 1 is not what belongs here; write true or false [",
        "channels.b.secrets: it needs at least one",
        "secrets.a: write a table with exactly one of env, file, value",
        "secrets.b: write a table with exactly one of env, file, value",
        "secrets.c: write a table with exactly one of env, file, value",
    ] {
        assert!(words.contains(wanted), "no {wanted} in: {words}");
    }
}

#[test]
fn files_of_the_operators_own_are_named_whole_and_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    for name in ["maps/out", "maps/tables", "rules"] {
        std::fs::create_dir_all(folder.path().join(name)).expect("a folder");
    }
    put("maps/my-pos.toml", "name = \"my-pos\"\nversion = 1\n[read]\nformat = \"json\"\nheader = [\"a\"]\n");
    put("maps/out/mine.toml", "name = \"mine\"\nversion = 1\ntells = \"order_released\"\n[body]\nid = \"order.idd\"\n");
    put("maps/tables/a.toml", "name = \"t\"\n[values]\na = \"x\"\n");
    put("maps/tables/b.toml", "name = \"t\"\n[values]\na = \"x\"\n");
    put("rules/a.toml", "[checks]\n");
    put("rules/b.toml", "[checks]\n");
    let config = "mappings = \"maps\"\npolicies = \"rules\"\n\
                  [channels.a]\nplatform = \"file\"\nmapping = \"my-pos\"\nzone = \"UTC\"\ncountry = \"NL\"\n\
                  [connectors.e]\nkind = \"erp_rest\"\nurl = \"https://erp.example\"\nmessages = [\"mine\"]\n";
    put("t.toml", config);
    let (code, words) = code_and_words(folder.path(), &["check", "--config", "t.toml", "--lang", "en"]);
    assert_eq!(code, 1, "{words}");
    for wanted in [
        "maps/my-pos.toml:5:1: There is no key header here; known are format, ",
        "maps/out/mine.toml:5:6: ",
        "maps/tables/b.toml:1:1: The table t is there twice; the first is in maps/tables/a.toml.",
        "rules/b.toml:1:2: The table checks is there twice; the first is in rules/a.toml:1.",
    ] {
        assert!(words.contains(wanted), "no {wanted} in: {words}");
    }
    assert!(!words.contains("format, format") && !words.contains("is unknown"), "{words}");
    let (_, words) = code_and_words(folder.path(), &["check", "--config", "t.toml", "--lang", "zh"]);
    assert!(words.contains("rules/b.toml:1:2: 表 checks 出现两次") && words.contains("处错误"), "{words}");
    put("t.toml", &config.replace("\"rules\"", "\"gone\""));
    let (_, words) = code_and_words(folder.path(), &["check", "--config", "t.toml"]);
    assert!(words.contains("t.toml:2:12: policies: the folder gone cannot be read"), "{words}");
}
