use super::{
    house::{House, PARCELS},
    wire::Ask,
};
use adapters::{
    carriers::{easypost, kuaidi100},
    sign::{self, header::HeaderSignature},
};
use model::time::Instant;

const PARAM: &str = include_str!("../../../fixtures/kuaidi100/in_transit.json");

fn form(secret: &[u8]) -> Vec<u8> {
    let scheme = kuaidi100::CARRIER.scheme;
    let signed = sign::sign(scheme, &[secret.to_vec()], "", Instant(0), PARAM.as_bytes()).expect("a signature");
    signed.body.into_owned()
}

fn callback(carrier: &str, body: Vec<u8>) -> Ask {
    Ask::post(format!("/v1/carriers/{carrier}/callbacks"), body)
        .header("content-type", "application/x-www-form-urlencoded")
}

#[tokio::test]
async fn a_callback_is_kept_and_answered_as_its_sender_wants() {
    let house = House::open().await;
    let reader = house.key("reader", None).await;
    let answer = house.ask(callback("parcels", form(PARCELS))).await;
    assert_eq!((answer.status, answer.json()["returnCode"].as_str()), (200, Some("200")));
    let address = answer.header("location").expect("an address").to_owned();
    let id = address.rsplit('/').next().expect("an id");
    let document = house.read_document(id, &reader).await;
    assert_eq!((&document["kind"], &document["state"]), (&"callback".into(), &"done".into()));
}

#[tokio::test]
async fn a_forged_callback_is_not_kept() {
    let house = House::open().await;
    let forged = house.ask(callback("parcels", form(b"another secret"))).await;
    assert_eq!((forged.status, forged.json()["result"].as_bool()), (401, Some(false)));
    assert_eq!(house.ask(callback("parcels", b"param=%7B%7D".to_vec())).await.status, 401);
    assert_eq!(house.ask(callback("nobody", form(PARCELS))).await.says(), (404, "unknown_carrier".to_owned()));
    let reader = house.key("reader", None).await;
    let list = house.ask(Ask::get("/v1/documents").key(&reader)).await.json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(0));
}

fn easypost_event(body: &str, secret: &[u8]) -> Ask {
    let scheme = easypost::CARRIER.scheme;
    let signed = sign::sign(scheme, &[secret.to_vec()], "", Instant(0), body.as_bytes()).expect("a signature");
    let ask = Ask::post("/v1/carriers/easy/callbacks", body.as_bytes().to_vec());
    let ask = ask.header("content-type", "application/json");
    signed.headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value))
}

async fn document_of(house: &House, ask: Ask) -> serde_json::Value {
    let answer = house.ask(ask).await;
    assert_eq!((answer.status, answer.json()["received"].as_bool()), (200, Some(true)));
    let address = answer.header("location").expect("an address").to_owned();
    let reader = house.key("reader", None).await;
    house.read_document(address.rsplit('/').next().expect("an id"), &reader).await
}

#[tokio::test]
async fn an_easypost_event_is_kept_and_another_kind_is_said_to_be_ignored() {
    let house = House::open().await;
    let delivered = include_str!("../../../fixtures/easypost/good_delivered.json");
    let document = document_of(&house, easypost_event(delivered, PARCELS)).await;
    assert_eq!((&document["state"], &document["orders"]["bad"]), (&"done".into(), &0.into()), "{document}");
    let batch = include_str!("../../../fixtures/easypost/ignored_batch.json");
    let document = document_of(&house, easypost_event(batch, PARCELS)).await;
    assert_eq!((&document["state"], &document["orders"]["bad"]), (&"done".into(), &1.into()), "{document}");
    assert_eq!(house.ask(easypost_event(delivered, b"another secret")).await.status, 401);
}

#[tokio::test]
async fn a_caller_without_code_is_let_in_by_its_form() {
    let house = House::open().await;
    let table = "header = \"x\"\nalgorithm = \"hmac_sha256\"\nencoding = \"hex\"\nprefix = \"sha256=\"";
    let signature: HeaderSignature = toml::from_str(table).expect("a form");
    let body = include_bytes!("../../../fixtures/signed/good_history.json");
    let ask = |value: &str| {
        let ask = Ask::post("/v1/carriers/blue/callbacks", body.to_vec());
        ask.header("content-type", "application/json").header("x-parcels-signature", value)
    };
    let document = document_of(&house, ask(&signature.sign(PARCELS, body))).await;
    assert_eq!((&document["state"], &document["orders"]["bad"]), (&"done".into(), &0.into()), "{document}");
    assert_eq!(house.ask(ask(&signature.sign(b"another secret", body))).await.status, 401);
}
