//! `tributary connector try`, by the real program beside an open database: everything is shown but the secrets, and nothing
//! is sent or written.

use super::world::{BUYER, ERP, HOOK_SECRETS, SECRET, World, on_each_database};
use model::{message::MessageKind::OrderReleased, order::state::Order};
use std::process::Command;
use tributary::{sandbox::Options, store::deliveries};

/// What the program prints, and its exit code.
fn run(world: &World, order: &Order, connector: &str, more: &[&str]) -> (i32, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let (database, url) = (&world.core.config.database.url, world.other.url());
    let connector_table = |name: &str, kind: &str, more: &str| {
        format!("[connectors.{name}]\nkind = \"{kind}\"\nurl = \"{url}/\"\ninside = true\n{more}\n")
    };
    let config = [
        format!("[database]\nurl = \"{database}\"\n"),
        connector_table(
            "erp",
            "erp_rest",
            "messages = [\"erp-order\"]\nauth = { scheme = \"bearer\", secret = \"erp\" }",
        ),
        connector_table("customers", "crm_rest", ""),
        connector_table("hook", "webhook", "auth = { scheme = \"standard_webhooks\", secrets = [\"hook\"] }"),
        connector_table("van", "logistics_xml", ""),
        format!("[secrets]\nerp = {{ value = \"{SECRET}\" }}\nhook = {{ value = \"{}\" }}\n", HOOK_SECRETS[0]),
    ];
    std::fs::write(folder.path().join("t.toml"), config.concat()).expect("a file");
    let answer = r#"[{ "status": 201, "json": { "number": "SO-9", "key": "k" } }]"#;
    std::fs::write(folder.path().join("answer.json"), answer).expect("a file");
    let lost = r#"{ "outcome": "unknown" }"#;
    std::fs::write(folder.path().join("lost.json"), lost).expect("a file");
    let id = order.id.to_string();
    let args = ["connector", "try", connector, "--order", &id, "--config", "t.toml", "--lang", "en"];
    let program = env!("CARGO_BIN_EXE_tributary");
    let output = Command::new(program).args(args).args(more).current_dir(folder.path()).output().expect("it runs");
    let words = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.code().unwrap_or(-1), words)
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_shown_but_secrets_and_nothing_is_sent() {
    on_each_database(1, Options::default(), async |world| {
        let order = world.place("1").await;
        let id = order.id.to_string();
        let put = format!("1. PUT {}/sales-orders/{id} (write)", world.other.url());
        for (connector, more, wanted) in [
            (
                "erp",
                &["--answer", "answer.json"] as &[&str],
                vec![&*put, "authorization: [REDACTED]", BUYER, "Done: SO-9"],
            ),
            ("erp", &[], vec!["<- 200 with nothing in it", "For a person", "[partner_broken]"]),
            ("erp", &["--answer", "lost.json"], vec!["the answer is lost", "Later", "[partner_down]"]),
            ("erp", &["--message", "order_cancelled"], vec!["/cancel (write)", "\"at\""]),
            ("hook", &[], vec!["webhook-signature: [REDACTED]", "webhook-id: ", "order.released", "Done"]),
            ("customers", &[], vec!["1. PUT", "/customers/", BUYER]),
            ("van", &[], vec!["1. POST", "/bookings (book)", "<consignee>", "application/xml"]),
            ("van", &["--message", "fulfilment_stopped"], vec!["/cancel (cancel)"]),
        ] {
            let (code, words) = run(world, &order, connector, more);
            assert_eq!(code, 0, "{connector} {more:?}: {words}");
            assert!(words.ends_with("Nothing was sent.\n"), "{words}");
            for wanted in wanted {
                assert!(words.contains(wanted), "{connector} {more:?}: {wanted} is not in {words}");
            }
            assert!(
                !words.contains(SECRET) && !words.contains(&HOOK_SECRETS[0][6..]) && !words.contains("v1,"),
                "{words}"
            );
        }
        for (connector, more, wanted) in [
            ("nobody", &[] as &[&str], "there are: customers, erp, hook, van"),
            ("erp", &["--message", "order_gone"], "order_released"),
            ("erp", &["--answer", "t.toml"], "is no JSON"),
            ("van", &["--fulfilment", &id], "fulfilment_missing"),
        ] {
            let (code, words) = run(world, &order, connector, more);
            assert!(code != 0 && words.contains(wanted), "{connector} {more:?}: {code} {words}");
        }
        assert_eq!(world.other.state().requests, 0);
        let all = deliveries::DeliveryFilter { limit: 10, ..Default::default() };
        assert_eq!(deliveries::list(world.core.store.read(), &all).await.expect("reads").len(), 0);
        // A message that was written is shown under its own key.
        let told = world.tell(ERP, &order, &[OrderReleased]).await;
        let (_, words) = run(world, &order, ERP, &[]);
        assert!(words.contains(&format!("idempotency-key: {}", told[0])), "{words}");
        assert_eq!(world.delivery(told[0]).await.attempts, 0);
    })
    .await;
}
