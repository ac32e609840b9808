//! The stated tax follows the goods that a person changes.

use super::charge;
use crate::{
    stories::{Story, channel, person},
    world::{content, item},
};
use model::{
    measure::Quantity,
    order::{
        command::{Amendment, Command},
        status::{Status, status},
    },
    said::{ChargeKind, Claimed, Item},
};

const RATES: &str = r#"
[[pricing.tax.rates]]
class = "standard"
country = "CN"
ppm = 130_000
"#;

/// An order of two lamps at 100.00 whose channel states `tax` in a charge or on the line, and what it comes to.
fn told(policy: &str, included: bool, on_line: bool, tax: i64) -> Story {
    let mut story = Story::new(policy);
    let mut said = content(vec![item("1", "L1", 2, "100")]);
    said.header.taxes_included = included;
    if on_line {
        said.items[0].tax = Some(tax);
    } else {
        said.header.charges = vec![charge(ChargeKind::Tax, tax)];
    }
    said.header.claimed = Claimed { subtotal: None, total: Some(200_00 + if included { 0 } else { tax }) };
    story.tell(&channel(), &Command::Place { content: said, document: None });
    assert_eq!(status(&story.slot), Some(Status::Released), "{:?}", story.names());
    story
}

fn amend(story: &mut Story, quantity: i64, items: Vec<Item>) {
    let quantities = vec![(1, Quantity::whole(quantity))];
    let amendment = Amendment { quantities, items, ..Amendment::default() };
    story.tell(&person("wang", "order_desk"), &Command::Amend(amendment));
    assert_eq!(status(&story.slot), Some(Status::Released), "{:?}", story.order().holds);
    story.replays();
}

#[test]
fn tax_in_the_prices_is_no_claim_any_more() {
    for on_line in [false, true] {
        let mut story = told(RATES, true, on_line, 23_01);
        amend(&mut story, 3, vec![item("2", "L2", 1, "200")]);
        let order = story.order();
        assert!(order.header.charges.is_empty() && order.active().all(|line| line.item.tax.is_none()));
        let audit = order.audit.as_ref().expect("an audit");
        assert_eq!((audit.total, audit.differences.len()), (500_00, 0));
    }
}

#[test]
fn tax_on_top_is_reckoned_anew() {
    for on_line in [false, true] {
        let mut story = told(RATES, false, on_line, 26_00);
        amend(&mut story, 3, vec![item("2", "L2", 1, "200")]);
        let audit = story.order().audit.as_ref().expect("an audit");
        assert_eq!((audit.tax, audit.total, audit.differences.len()), (65_00, 565_00, 0), "{on_line}");
    }
}

#[test]
fn tax_on_top_is_scaled_where_we_have_no_rate() {
    let mut story = told("", false, false, 17_00);
    amend(&mut story, 3, vec![]);
    let audit = story.order().audit.as_ref().expect("an audit");
    assert_eq!((audit.tax, audit.total), (25_50, 325_50));
}

#[test]
fn goods_that_have_not_left_can_be_amended_though_others_have() {
    let mut story = Story::new(RATES);
    story.facts.stock.insert(("L2".into(), "GZ".into()), crate::world::stock(0));
    story.facts.stock.insert(("L2".into(), "SH".into()), crate::world::stock(0));
    let mut said = content(vec![item("1", "L1", 1, "100"), item("2", "L2", 1, "200")]);
    said.header.taxes_included = true;
    said.header.charges = vec![charge(ChargeKind::Tax, 34_51)];
    said.header.claimed.total = Some(300_00);
    story.tell(&channel(), &Command::Place { content: said, document: None });
    let fulfilment = story.order().fulfilments.first().expect("one goes").id;
    let parcel = model::order::event::Parcel { carrier: "sf".into(), number: "SF1".into() };
    story.tell(&person("wang", "logistics"), &Command::Ship { fulfilment, parcel });
    let amendment = Amendment { quantities: vec![(2, Quantity::ZERO)], ..Amendment::default() };
    story.tell(&person("wang", "order_desk"), &Command::Amend(amendment));
    assert_eq!(story.order().audit.as_ref().map(|audit| audit.total), Some(100_00));
    story.replays();
}
