use super::{
    house::{House, PARCELS},
    wire::Ask,
};
use adapters::{carriers::kuaidi100, sign};
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
