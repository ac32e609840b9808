//! Mail to a real SMTP server and files into a folder: the partners that are not spoken to over HTTP.

use super::world::{BUYER, World, partners};
use model::message::MessageKind::{FulfilmentLate, FulfilmentReleased, OrderCancelled, OrderReleased};
use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};
use tributary::{
    clock::Clock,
    config::{Config, environment},
    sandbox::Options,
    setup,
    store::deliveries::DeliveryState,
};

struct Smtp(Child);

impl Drop for Smtp {
    fn drop(&mut self) {
        let _ended = self.0.kill().and_then(|()| self.0.wait());
    }
}

/// The system's Python first: Debian's packages are for that one only.
fn python() -> Option<&'static str> {
    let knows = |python: &&str| {
        let tried = Command::new(python).args(["-c", "import aiosmtpd"]).stderr(Stdio::null()).status();
        tried.is_ok_and(|status| status.success())
    };
    ["/usr/bin/python3", "python3"].into_iter().find(knows)
}

fn smtp(port: u16, folder: &Path) -> Smtp {
    smtp_with(port, folder, &[])
}

fn smtp_with(port: u16, folder: &Path, more: &[&std::ffi::OsStr]) -> Smtp {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/dispatch/smtp.py");
    let mut command = Command::new(python().expect("is there"));
    let child = command.arg(script).arg(port.to_string()).arg(folder).args(more).spawn().expect("starts");
    let server = Smtp(child);
    for _ in 0..1000 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return server;
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    panic!("the mail server does not listen");
}

/// Where the server cannot be had a developer may go on; a pipeline may not.
fn can_serve_mail() -> bool {
    let can = python().is_some();
    assert!(can || environment("CI").is_none(), "aiosmtpd is missing (Debian: python3-aiosmtpd)");
    if !can {
        println!("skipped: aiosmtpd is not installed (Debian: python3-aiosmtpd)");
    }
    can
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port()
}

/// A world with one more partner, `desk`.
async fn with_desk(desk: &str, test: impl AsyncFn(&World)) {
    crate::store::world::urls(async |url: &str| {
        let config = format!(
            "[database]\nurl = \"{url}\"\n[dispatch]\nbackoff_permille = 1\nlease_seconds = 4\n[connectors.desk]\n{desk}\n"
        );
        let checked = setup::check(Config::read(&config, "test").expect("is right")).expect("is right");
        let core = Arc::new(setup::open(checked, Clock::system(), false).await.expect("opens"));
        let world = World { core, erp: partners(Options::default()), other: partners(Options::default()) };
        test(&world).await;
        world.erp.stop().await;
        world.other.stop().await;
    })
    .await;
}

fn mail_to(scheme: &str, port: u16, to: &str) -> String {
    format!(
        "kind = \"mail\"\nurl = \"{scheme}://127.0.0.1:{port}\"\ninside = true\n\
         from = \"Orders <orders@example.com>\"\nto = [\"{to}\"]"
    )
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder).expect("a folder").map(|f| f.expect("a file").path()).collect();
    names.sort();
    names.iter().map(|path| fs::read_to_string(path).expect("is text")).collect()
}

fn empty(folder: &Path) {
    fs::read_dir(folder).expect("a folder").for_each(|f| fs::remove_file(f.expect("a file").path()).expect("goes"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_is_mailed_in_order_once_its_server_is_up() {
    if !can_serve_mail() {
        return;
    }
    let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port());
    with_desk(&mail_to("smtp+plain", port, "busy@example.com"), async |world| {
        empty(folder.path());
        let order = world.place("1001\r\nBcc: thief@example.com").await;
        let ids = world.tell("desk", &order, &[OrderReleased, OrderCancelled]).await;
        world.start();
        while world.delivery(ids[0]).await.attempts == 0 {
            tokio::task::yield_now().await;
        }
        let server = smtp(port, folder.path());
        world.until_all_done(&ids).await;
        let mails = files(folder.path());
        assert_eq!(mails.len(), 2, "{mails:?}");
        for (mail, id) in mails.iter().zip(&ids) {
            let (head, body) = mail.split_once("\r\n\r\n").expect("a head and a body");
            assert!(head.contains(&format!("Message-ID: <{id}@example.com>")), "{head}");
            assert!(head.contains("Auto-Submitted: auto-generated"), "{head}");
            assert!(head.contains("=?utf-8?b?"), "{head}");
            assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
            assert!(body.contains("LT-DL-0003 2 pcs Lamp") && !body.contains(BUYER), "{body}");
        }
        assert_eq!(mails[0].matches("订单已放行").count(), 2, "in subject and text: {}", mails[0]);
        assert_eq!(mails[1].matches("订单已取消").count(), 2, "in subject and text: {}", mails[1]);
        drop(server);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_address_and_a_silent_server_wait_for_a_person() {
    if !can_serve_mail() {
        return;
    }
    let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port());
    let server = smtp(port, folder.path());
    for (to, error, accepted) in [("nobody", "partner_refused", 0), ("silent", "outcome_unknown", 1)] {
        with_desk(&mail_to("smtp+plain", port, &format!("{to}@example.com")), async |world| {
            empty(folder.path());
            let order = world.place("1").await;
            let ids = world.tell("desk", &order, &[OrderReleased]).await;
            world.start();
            assert_eq!(world.until(ids[0], DeliveryState::Quarantined).await.error, error);
            assert_eq!(files(folder.path()).len(), accepted);
        })
        .await;
    }
    drop(server);
}

/// A certificate for this machine, signed by itself, with its key: what a house without an authority has.
fn certificate(folder: &Path, name: &str) -> std::path::PathBuf {
    let key = rcgen::KeyPair::generate().expect("a key");
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::CertificateParams::new(names).expect("names").self_signed(&key).expect("signs");
    let file = folder.join(name);
    fs::write(&file, made.pem() + &key.serialize_pem()).expect("a file");
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_goes_over_tls_to_who_proves_to_be_the_server_and_takes_our_login() {
    if !can_serve_mail() {
        return;
    }
    let keys = tempfile::tempdir().expect("a folder");
    let (ours, strange) = (certificate(keys.path(), "ours.pem"), certificate(keys.path(), "strange.pem"));
    let login = |password: &str| {
        format!(
            "auth = {{ scheme = \"basic\", user = \"orders\", secret = \"mail\" }}\n[secrets]\nmail = {{ value = \"{password}\" }}"
        )
    };
    let good = "a password of nobody";
    for (mode, scheme) in [("tls", "smtps"), ("starttls", "smtp")] {
        let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port());
        let server = smtp_with(port, folder.path(), &[mode.as_ref(), ours.as_ref()]);
        for (ca, password, error) in [
            (Some(&ours), good, None),
            (Some(&ours), "another password", Some("partner_auth")),
            // A server that proves to be somebody else, or that nobody vouches for, is told nothing.
            (Some(&strange), good, Some("partner_down")),
            (None, good, Some("partner_down")),
        ] {
            let ca = ca.map(|file| format!("\nca = \"{}\"", file.display())).unwrap_or_default();
            let desk = format!("{}{ca}\n{}", mail_to(scheme, port, "desk@example.com"), login(password));
            with_desk(&desk, async |world| {
                empty(folder.path());
                let order = world.place("1001").await;
                let ids = world.tell("desk", &order, &[OrderReleased]).await;
                world.start();
                while world.delivery(ids[0]).await.attempts == 0
                    && world.delivery(ids[0]).await.state != DeliveryState::Done
                {
                    tokio::task::yield_now().await;
                }
                match error {
                    None => world.until_all_done(&ids).await,
                    Some(error) => assert_eq!(world.delivery(ids[0]).await.error, error, "{mode} {ca}"),
                }
                assert_eq!(files(folder.path()).len(), usize::from(error.is_none()), "{mode} {ca}");
                let told = format!("{:?}", world.exchanges(ids[0]).await);
                assert!(!told.contains("password"), "{told}");
            })
            .await;
        }
        drop(server);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_mailed_at_the_customers_own_address() {
    if !can_serve_mail() {
        return;
    }
    let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port());
    let server = smtp(port, folder.path());
    let desk = format!(
        "kind = \"customer_mail\"\nurl = \"smtp+plain://127.0.0.1:{port}\"\ninside = true\n\
         from = \"Lamps <orders@example.com>\"\nlanguage = \"zh\""
    );
    with_desk(&desk, async |world| {
        empty(folder.path());
        let order = world.place("1001").await;
        let ids = world.tell("desk", &order, &[OrderReleased, FulfilmentLate]).await;
        world.start();
        world.until_all_done(&ids).await;
        // The two are of different streams, so either may come first.
        let mails = files(folder.path()).join("\n");
        assert_eq!(mails.matches("To: anna.devries@example.com").count(), 2, "{mails}");
        assert!(mails.contains("已确认") && mails.contains("配送延迟") && mails.contains(BUYER), "{mails}");
    })
    .await;
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_is_told_nothing_unless_that_is_meant() {
    if !can_serve_mail() {
        return;
    }
    let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port());
    let server = smtp(port, folder.path());
    with_desk(&mail_to("smtp", port, "desk@example.com"), async |world| {
        let order = world.place("1").await;
        let ids = world.tell("desk", &order, &[OrderReleased]).await;
        world.start();
        while world.delivery(ids[0]).await.attempts == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(world.delivery(ids[0]).await.error, "partner_down");
        assert!(files(folder.path()).is_empty());
    })
    .await;
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_dropped_as_whole_files_and_never_over_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let desk = format!("kind = \"file_drop\"\nurl = \"file://{}\"", folder.path().display());
    with_desk(&desk, async |world| {
        empty(folder.path());
        let order = world.place("../../1001").await;
        let ids = world.tell("desk", &order, &[OrderReleased, FulfilmentReleased]).await;
        let other = world.place("2").await;
        let taken = world.tell("desk", &other, &[OrderReleased]).await;
        fs::write(folder.path().join(format!("2-order_released-{}.json", taken[0])), "{}").expect("a file");
        world.start();
        world.until_all_done(&ids).await;
        let name = format!("______1001-order_released-{}.json", ids[0]);
        let dropped = fs::read(folder.path().join(name)).expect("is there");
        let dropped: serde_json::Value = serde_json::from_slice(&dropped).expect("JSON");
        assert_eq!(dropped["order"]["lines"][0]["sku"], "LT-DL-0003");
        assert_eq!(dropped["key"], ids[0].to_string());
        assert_eq!(world.until(taken[0], DeliveryState::Quarantined).await.error, "file_conflict");
        assert_eq!(files(folder.path()).len(), 3, "nothing half-written stays");
        let told = world.exchanges(ids[0]).await;
        assert!(told.len() == 1 && !format!("{told:?}").contains(BUYER), "{told:?}");
    })
    .await;
}
