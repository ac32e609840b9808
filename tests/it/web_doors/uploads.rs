use super::{
    house::House,
    wire::{Answer, Ask, raw},
};
use model::time::{Instant, MINUTE};

const UPLOADS: &str = "/v1/channels/store-1/uploads";
const CSV: &str = "单号,商品\n1,杯子\n";

fn first(answer: &Answer) -> serde_json::Value {
    answer.json()["documents"][0].clone()
}

#[tokio::test]
async fn a_file_is_taken_and_comes_back_as_it_was() {
    let house = House::open().await;
    let key = house.key("channel", Some("store-1")).await;
    let ask = Ask::post(UPLOADS, CSV).key(&key).header("x-file-name", "2026-03%20%E5%8F%B0%E5%B8%90.csv");
    let answer = house.ask(ask).await;
    assert_eq!(answer.status, 202);
    let taken = first(&answer);
    assert_eq!(taken["name"], "2026-03 台帐.csv");
    assert_eq!(taken["duplicate"], false);
    let follow = taken["follow"].as_str().expect("an address");
    let document = house.ask(Ask::get(follow).key(&key)).await.json();
    assert_eq!((&document["kind"], &document["media_type"]), (&"upload".into(), &"text/csv".into()));

    let content = house.ask(Ask::get(format!("{follow}/content")).key(&key)).await;
    assert_eq!(content.body, CSV.as_bytes());
    assert_eq!(content.header("content-type"), Some("application/octet-stream"));
    assert_eq!(content.header("x-content-type-options"), Some("nosniff"));
    assert!(content.header("content-disposition").is_some_and(|d| d.starts_with("attachment")));

    let again = house.ask(Ask::post(UPLOADS, CSV).key(&key)).await;
    assert_eq!((again.status, &first(&again)["duplicate"]), (202, &true.into()));
    assert_eq!(first(&again)["document"], taken["document"]);
}

#[tokio::test]
async fn a_large_file_comes_back_whole() {
    let house = House::open().await;
    let key = house.key("channel", Some("store-1")).await;
    let body: Vec<u8> = (0..3_145_728_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let answer = house.ask(Ask::post(UPLOADS, body.clone()).key(&key).header("x-file-name", "large.csv")).await;
    assert_eq!(answer.status, 202);
    let follow = first(&answer)["follow"].as_str().expect("an address").to_owned();
    assert!(house.ask(Ask::get(format!("{follow}/content")).key(&key)).await.body == body);
    let again = house.ask(Ask::post(UPLOADS, body.clone()).key(&key)).await;
    assert_eq!((again.status, &first(&again)["duplicate"]), (202, &true.into()));
    // One byte more is too much, whether it is announced or not.
    let more = [body.as_slice(), b"x"].concat();
    let announced = house.ask(Ask::post(UPLOADS, more.clone()).key(&key)).await;
    assert_eq!(announced.says(), (413, "body_too_large".to_owned()));
    let head = format!(
        "POST {UPLOADS} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\
         transfer-encoding: chunked\r\n\r\n{:x}\r\n",
        more.len()
    );
    let unannounced = [head.as_bytes(), &more, b"\r\n0\r\n\r\n"].concat();
    assert_eq!(raw(house.address, &unannounced).await.says(), (413, "body_too_large".to_owned()));
}

#[tokio::test]
async fn a_form_may_hold_several_files() {
    let house = House::open().await;
    let key = house.key("order_desk", None).await;
    let part = |name: &str, body: &str| {
        format!("--cut\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{body}\r\n")
    };
    let note = "--cut\r\ncontent-disposition: form-data; name=\"note\"\r\n\r\nhello\r\n";
    let send =
        |body: String| Ask::post(UPLOADS, body).key(&key).header("content-type", "multipart/form-data; boundary=cut");
    let both = format!("{}{note}{}--cut--\r\n", part("C:\\\\files\\\\a.csv", "a\n1\n"), part("../../b.csv", "b\n2\n"));
    let answer = house.ask(send(both)).await;
    assert_eq!(answer.status, 202);
    let names: Vec<_> =
        answer.json()["documents"].as_array().expect("documents").iter().map(|d| d["name"].clone()).collect();
    assert_eq!(names, ["a.csv", "b.csv"], "a name is never a path");

    let bad = [
        (
            "no boundary",
            Ask::post(UPLOADS, "x").key(&key).header("content-type", "multipart/form-data"),
            "bad_multipart",
        ),
        ("no file", send(format!("{note}--cut--\r\n")), "bad_multipart"),
        ("cut off", send(part("a.csv", "a")), "bad_multipart"),
        ("one of them empty", send(format!("{}{}--cut--\r\n", part("a.csv", "x"), part("b.csv", ""))), "empty_file"),
        ("many parts", send(format!("{}--cut--\r\n", part("a.csv", "x").repeat(21))), "form_too_long"),
        ("an empty body", Ask::post(UPLOADS, "").key(&key), "empty_file"),
    ];
    for (what, ask, code) in bad {
        let answer = house.ask(ask.header("accept-language", "zh")).await;
        assert_eq!(answer.says(), (400, code.to_owned()), "{what}");
        let remedy = answer.json()["remedy"].as_str().unwrap_or_default().to_owned();
        assert!(remedy.starts_with('请') || remedy.starts_with('每'), "{what}: {remedy}");
    }
    let picture = Ask::post(UPLOADS, "x").key(&key).header("content-type", "image/png");
    assert_eq!(house.ask(picture).await.says(), (415, "unsupported_media_type".to_owned()));
    // "订单.csv" as a Chinese Windows writes it.
    let name = b"--cut\r\ncontent-disposition: form-data; name=\"file\"; filename=\"\xb6\xa9\xb5\xa5.csv\"\r\n\r\na\r\n--cut--\r\n";
    let named = Ask::post(UPLOADS, *name).key(&key).header("content-type", "multipart/form-data; boundary=cut");
    assert_eq!(house.ask(named).await.says(), (400, "bad_file_name".to_owned()));
    let list = house.ask(Ask::get("/v1/documents").key(&key)).await.json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(2), "a form is taken as a whole or not at all");
}

#[tokio::test]
async fn only_the_right_key_opens_the_door() {
    let house = House::open().await;
    let good = house.key("channel", Some("store-1")).await;
    let other = house.key("channel", Some("store-2")).await;
    let reader = house.key("reader", None).await;
    let nobody = house.key("no_such_role", None).await;
    let now = house.app.core.clock.now();
    let expired = house.key_until("admin", None, Some(now.plus(-MINUTE)), None).await;
    let revoked = house.key_until("admin", None, None, Some(Instant(1))).await;
    let last = if good.ends_with('x') { 'y' } else { 'x' };
    let mistyped = format!("{}{last}", &good[..good.len() - 1]);
    let post = || Ask::post(UPLOADS, CSV);
    let cases = [
        ("no key", post(), 401, "unauthorized"),
        ("a mistyped one", post().key(&mistyped), 401, "unauthorized"),
        ("a long one", post().key(&"k".repeat(9000)), 401, "unauthorized"),
        ("two at once", post().key(&good).header("x-api-key", &good), 401, "unauthorized"),
        ("in the address", Ask::post(format!("{UPLOADS}?key={good}"), CSV), 401, "unauthorized"),
        ("as basic", post().header("authorization", format!("Basic {good}")), 401, "unauthorized"),
        ("expired", post().key(&expired), 401, "key_expired"),
        ("revoked", post().key(&revoked), 401, "key_revoked"),
        ("another channel's", post().key(&other), 403, "channel_not_yours"),
        ("one that only reads", post().key(&reader), 403, "forbidden"),
        ("a role nobody knows", post().key(&nobody), 403, "forbidden"),
        ("the right one", post().key(&good), 202, ""),
        ("the right one, as plain header", post().header("x-api-key", &good), 202, ""),
    ];
    for (what, ask, status, code) in cases {
        let answer = house.ask(ask).await;
        assert_eq!(answer.says(), (status, code.to_owned()), "{what}");
        assert_eq!(answer.header("www-authenticate").is_some(), status == 401, "{what}");
    }
}

/// Bytes that are nothing, each in its own way.
fn rubbish() -> Vec<(&'static str, Vec<u8>)> {
    let noise: Vec<u8> = (0..4_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let head = "小票号,数量,商品编码,日期\n";
    let long = format!("{head}1,1,\"{},2026-03-02\n", "x".repeat(70_000));
    let wide = format!("{head}1,1{}\n", ",".repeat(600));
    let row = [head.as_bytes(), b"1,1,LT-\xff\xff,2026-03-02\n"].concat();
    let noisy = [head.as_bytes(), &noise].concat();
    vec![
        ("noise.xlsx", noise.clone()),
        ("noise.csv", noise[1..].to_vec()),
        ("long.csv", long.into_bytes()),
        ("wide.csv", wide.into_bytes()),
        ("row.csv", row),
        ("noisy.csv", noisy),
        ("pdf.csv", b"%PDF-1.7".to_vec()),
        ("zip.xlsx", b"PK\x03\x04 and no more".to_vec()),
        ("header.csv", "甲,乙\n1,2\n".into()),
        ("sum.csv", format!("{head}1,1,LT-DL-0012,2026-03-02\n合计,9,,\n").into_bytes()),
        ("values.csv", format!("{head}1,-1,1.38E+10,2026-13-45\n1,x,,1/2/3\n").into_bytes()),
    ]
}

/// Every answer is looked through for sentences with a gap (`described`).
#[tokio::test]
async fn what_is_wrong_with_rubbish_is_said_in_whole_sentences() {
    let house = House::open().await;
    let key = house.key("channel", Some("store-1")).await;
    for (name, bytes) in rubbish() {
        let answer = house.ask(Ask::post(UPLOADS, bytes).key(&key).header("x-file-name", name)).await;
        let document = first(&answer)["document"].as_str().expect("a document").to_owned();
        house.read_document(&document, &key).await;
        for language in ["en", "zh"] {
            let ask = Ask::get(format!("/v1/documents/{document}/rejects")).key(&key);
            let rejects = house.ask(ask.header("accept-language", language)).await.json();
            let found = rejects["items"].as_array().expect("a list");
            assert!(!found.is_empty(), "{name} is no good file: {rejects}");
            let misnamed = found.iter().any(|reject| reject["code"] == "not_a_workbook");
            if name == "zip.xlsx" {
                continue;
            }
            assert_eq!(misnamed, name.ends_with(".xlsx"), "{name}: {rejects}");
        }
    }
}
