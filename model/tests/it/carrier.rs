//! Tests of places, freight and carrier: where things are, what carrying them costs, who carries them.

use crate::world::{self, NOW, destination};
use model::{
    codes::{Carrier, Warehouse},
    facts::{
        CarrierFacts, Facts, RateCard, RateCards, World,
        transit::{Observed, Taken, Transits, Way, origin, region},
    },
    ids::{FulfilmentId, OrderId},
    measure::Quantity,
    money::{Currency, Money},
    order::state::{Fulfilment, FulfilmentLine, FulfilmentState},
    party::Destination,
    rules::{
        carrier::{CarrierPolicy, Offer, choose, offers},
        freight::{Load, best_row, quote},
        places::{Position, distance_km, locate},
        policy::Policies,
    },
    time::HOUR,
};
use std::sync::Arc;

pub(crate) fn facts(carrier: CarrierPolicy) -> Facts {
    world::facts(Arc::new(Policies {
        texts: vec![],
        hash: "test".into(),
        checks: Default::default(),
        pricing: Default::default(),
        priority: Default::default(),
        allocation: Default::default(),
        approval: Default::default(),
        carrier,
    }))
}

pub(crate) fn change(facts: &mut Facts, how: impl FnOnce(&mut World)) {
    let mut world = (*facts.world).clone();
    how(&mut world);
    facts.world = Arc::new(world);
}

fn near(found: Option<Position>, latitude: f64, longitude: f64) -> bool {
    found.is_some_and(|p| {
        (p.latitude as f64 / 1e6 - latitude).abs() < 0.2 && (p.longitude as f64 / 1e6 - longitude).abs() < 0.2
    })
}

#[test]
fn places_are_found_however_they_are_written() {
    let cases = [
        ("CN", "江苏省", "苏州市", "", 31.30, 120.59),
        ("CN", "江苏", "苏州", "", 31.30, 120.59),
        ("CN", "", " 苏州市 ", "", 31.30, 120.59),
        ("CN", "Jiangsu", "Suzhou", "", 31.30, 120.59),
        ("CN", "Jiangsu Province", "SUZHOU CITY", "", 31.30, 120.59),
        ("CN", "陕西", "Xi'an", "", 34.34, 108.94),
        ("CN", "湖北省", "恩施土家族苗族自治州", "", 30.27, 109.49),
        ("CN", "湖北省", "恩施州", "", 30.27, 109.49),
        ("CN", "新疆维吾尔自治区", "克孜勒苏柯尔克孜自治州", "", 39.71, 76.17),
        ("CN", "青海省", "海南藏族自治州", "", 36.29, 100.62),
        ("CN", "海南省", "海口市", "", 20.04, 110.20),
        ("CN", "内蒙古自治区", "锡林郭勒盟", "", 43.93, 116.05),
        ("CN", "Guangxi Zhuang Autonomous Region", "", "", 22.82, 108.37),
        ("CN", "黑龙江", "大兴安岭地区", "", 51.92, 124.12),
        ("CN", "上海市", "市辖区", "", 31.23, 121.47),
        ("CN", "江苏省", "昆山市", "", 32.06, 118.80),
        ("CN", "", "", "215300", 32.06, 118.80),
        ("CN", "", "", "", 35.86, 104.20),
        ("CN", "安徽", "Suzhou", "", 31.82, 117.23), // 宿州, not 苏州: the region is believed
        ("NL", "", "Rotterdam", "3011", 51.92, 4.48),
        ("DE", "NRW", "Köln", "", 50.94, 6.96),
        ("DE", "", "Koeln", "", 50.94, 6.96),
        ("US", "KY", "Louisville", "", 38.25, -85.76),
        ("US", "New York", "Albany", "", 42.17, -74.95),
        ("FR", "", "Nulle Part", "", 46.23, 2.21),
    ];
    for (country, region, city, postcode, latitude, longitude) in cases {
        let found = locate(country, region, city, postcode);
        assert!(near(found, latitude, longitude), "{country} {region} {city} {postcode}: {found:?}");
    }
    assert_eq!(locate("ZZ", "江苏", "苏州", ""), None);
    assert_eq!(locate("", "", "", ""), None);
}

#[test]
fn every_row_of_the_table_is_found_by_all_its_names() {
    let table = include_str!("../../data/places.csv");
    let mut countries = 0;
    for row in table.lines().skip(1) {
        let fields: Vec<&str> = row.split(',').collect();
        assert_eq!(fields.len(), 7, "{row}");
        let [kind, country, region, name, also] = [0, 1, 2, 3, 4].map(|i| fields[i]);
        let [latitude, longitude] = [5, 6].map(|i| fields[i].parse::<f64>().expect("degrees"));
        assert!((-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude), "{row}");
        assert!(["country", "region", "postcode", "city"].contains(&kind), "{row}");
        countries += usize::from(kind == "country");
        for name in std::iter::once(name).chain(also.split(';').filter(|n| !n.is_empty())) {
            let found = match kind {
                "country" => locate(country, "", "", ""),
                "region" => locate(country, name, "", ""),
                "postcode" => locate(country, "", "", &format!("{name}0000")),
                _ => locate(country, region, name, ""),
            };
            assert!(near(found, latitude, longitude), "{row}: {name} {found:?}");
        }
    }
    assert!(countries >= 60 && table.lines().count() > 500);
}

#[test]
fn distances_are_those_of_an_atlas() {
    let at = |country, city| locate(country, "", city, "").expect("a place");
    let cases = [
        (at("CN", "上海"), at("CN", "上海"), 0, 0),
        (at("CN", "上海"), at("CN", "广州"), 1213, 10),
        (at("CN", "北京"), at("CN", "上海"), 1067, 10),
        (at("NL", "Rotterdam"), at("DE", "Berlin"), 615, 10),
        (at("NL", "Rotterdam"), at("CN", "上海"), 8960, 60),
        (at("JP", "Tokyo"), at("US", "Los Angeles"), 8815, 30),
        (at("AU", "Sydney"), at("CA", "Vancouver"), 12490, 40),
        (Position { latitude: 0, longitude: 0 }, Position { latitude: 0, longitude: 180_000_000 }, 20015, 1),
        (Position { latitude: 90_000_000, longitude: 0 }, Position { latitude: -90_000_000, longitude: 77 }, 20015, 1),
    ];
    for (a, b, km, within) in cases {
        assert!((distance_km(a, b) - km).abs() <= within, "{a:?} {b:?}: {} for {km}", distance_km(a, b));
        assert_eq!(distance_km(a, b), distance_km(b, a));
    }
    let absurd = Position { latitude: i64::MIN, longitude: i64::MAX };
    assert!(distance_km(absurd, Position { latitude: i64::MAX, longitude: i64::MIN }) <= 20_016);
}

#[test]
fn freight_is_first_weight_then_steps_begun() {
    let card = RateCard { max_weight_g: 30_000, ..world::rate("yto", "standard", "*", 800, 200, (2, 4)) };
    // weight g, volume cm3, billed g, price
    let cases = [
        (0, 0, 0, 800),
        (1, 0, 1, 800),
        (1_000, 0, 1_000, 800),
        (1_001, 0, 1_001, 1_000),
        (3_000, 0, 3_000, 1_200),
        (3_000, 12_000, 3_000, 1_200),
        (1_200, 12_000, 2_000, 1_000), // 12 litres count as 2 kg
        (1_200, 12_001, 2_001, 1_200),
        (30_000, 0, 30_000, 6_600),
    ];
    for (weight, volume, billed, price) in cases {
        assert_eq!(quote(&card, weight, volume), Some((billed, Money::new(price, Currency::CNY))), "{weight} {volume}");
    }
    assert_eq!(quote(&card, 30_001, 0), None);
    assert_eq!(quote(&card, 0, 180_001), None);
    let real = RateCard { volumetric_divisor: 0, ..card.clone() };
    assert_eq!(quote(&real, 1_000, 1_000_000), Some((1_000, Money::new(800, Currency::CNY))));
    let flat = RateCard { step_g: 0, max_weight_g: 0, ..card };
    assert_eq!(quote(&flat, i64::MAX, i64::MAX).map(|(_, price)| price.minor), Some(800));
    let dear = RateCard { step_g: 1, step_price: i64::MAX, ..flat };
    assert_eq!(quote(&dear, i64::MAX, 0).map(|(_, price)| price.minor), Some(i64::MAX));
}

#[test]
fn the_most_specific_row_is_taken() {
    let row = |warehouse: &str, region: &str, city: &str, zone: &str| RateCard {
        warehouse: warehouse.into(),
        city: city.into(),
        zone: zone.into(),
        ..world::rate("yto", "standard", region, 800, 200, (2, 4))
    };
    let cards = [
        row("*", "*", "*", "all"),
        row("SH", "*", "*", "from SH"),
        row("*", "江苏", "*", "Jiangsu"),
        row("SH", "江苏省", "*", "SH to Jiangsu"),
        row("*", "江苏省", "苏州", "Suzhou"),
        row("*", "Guangdong", "*", "Guangdong"),
        row("*", "江苏省", "苏州市", "second row of the same"),
    ];
    let cases = [
        ("GZ", "湖南省", "长沙市", "all"),
        ("SH", "湖南省", "长沙市", "from SH"),
        ("GZ", "江苏省", "南京市", "Jiangsu"),
        ("SH", "江苏", "南京", "SH to Jiangsu"),
        ("SH", "Jiangsu", "", "SH to Jiangsu"),
        ("SH", "江苏省", "苏州市", "Suzhou"),
        ("GZ", "江苏省", "Suzhou", "Suzhou"),
        ("GZ", "广东省", "广州市", "Guangdong"),
        ("GZ", "安徽省", "宿州市", "all"),
    ];
    for (warehouse, region, city, zone) in cases {
        let found = best_row(&cards, &warehouse.into(), &destination(region, city)).map(|row| row.zone.as_str());
        assert_eq!(found, Some(zone), "{warehouse} {region} {city}");
    }
    let berlin = Destination { country: "DE".into(), ..destination("", "Berlin") };
    assert_eq!(best_row(&cards, &"SH".into(), &berlin), None);
}

fn ask(facts: &Facts, weight_g: i64) -> Vec<Offer> {
    let to = destination("上海市", "上海市");
    offers(&facts.world.warehouses[0], &to, Load::new(weight_g, 0), facts, None)
}

fn names(offers: &[Offer]) -> Vec<(&str, &str)> {
    offers.iter().map(|offer| (offer.carrier.as_str(), offer.excluded.as_str())).collect()
}

#[test]
fn cost_days_and_quality_weigh_as_the_policy_says() {
    let none = CarrierPolicy { cost_ppm: 0, day: 0, late_percent: 0, missed_wish: 0, ..CarrierPolicy::default() };
    let cost = CarrierPolicy { cost_ppm: 1_000_000, ..none.clone() };
    let days = CarrierPolicy { day: 1, ..none.clone() };
    let quality = CarrierPolicy { late_percent: 1, ..none.clone() };
    for (policy, first, score) in [
        (cost, "yto", 1_000),
        (days, "sf", 2),
        (quality, "sf", 2),
        (none, "sf", 0),
        (CarrierPolicy::default(), "yto", 1_540),
    ] {
        let offers = ask(&facts(policy.clone()), 1_200);
        assert_eq!((offers[0].carrier.as_str(), offers[0].score), (first, score), "{policy:?}");
        assert_eq!(offers.len(), 2);
    }
}

#[test]
fn after_the_cut_off_a_day_is_lost() {
    let mut facts = facts(CarrierPolicy::default());
    let days = |facts: &Facts| ask(facts, 1_000).iter().map(|o| (o.min_days, o.max_days)).collect::<Vec<_>>();
    assert_eq!(days(&facts), [(2, 4), (1, 2)]);
    facts.now = NOW.plus(6 * HOUR - 1); // 15:59:59.999999 there, cut-off at 16:00
    assert_eq!(days(&facts), [(2, 4), (1, 2)]);
    facts.now = NOW.plus(6 * HOUR);
    assert_eq!(days(&facts), [(3, 5), (2, 3)]);
    facts.now = NOW.plus(14 * HOUR); // midnight: a new day
    assert_eq!(days(&facts), [(2, 4), (1, 2)]);
}

#[test]
fn a_wished_day_that_only_one_service_meets_makes_it_win() {
    let facts = facts(CarrierPolicy::default());
    let to = destination("上海市", "上海市");
    let first = |day| {
        let wished = Some(world::date(2026, 3, day));
        offers(&facts.world.warehouses[0], &to, Load::new(1_000, 0), &facts, wished)[0].carrier.to_string()
    };
    assert_eq!(first(6), "yto", "arrives on the 6th at the latest");
    assert_eq!(first(5), "sf");
    assert_eq!(first(3), "yto", "both miss it, so cost decides again");
}

#[test]
fn what_cannot_be_had_is_listed_with_its_reason() {
    let mut facts = facts(CarrierPolicy::default());
    change(&mut facts, |world| {
        world.carriers.push(CarrierFacts {
            code: "dhl".into(),
            name: "DHL".into(),
            on_time_ppm: 990_000,
            active: true,
        });
        world.carriers.push(CarrierFacts {
            code: "old".into(),
            name: "Old".into(),
            on_time_ppm: 990_000,
            active: false,
        });
        let dhl = RateCard { currency: Currency::EUR, ..world::rate("dhl", "paket", "*", 100, 10, (1, 2)) };
        let yto = RateCard { max_weight_g: 5_000, ..world::rate("yto", "standard", "*", 800, 200, (2, 4)) };
        let sf = world::rate("sf", "express", "*", 2000, 800, (1, 2));
        world.rate_cards = RateCards::new([dhl, yto, sf, world::rate("old", "standard", "*", 1, 1, (1, 1))]);
    });
    assert_eq!(names(&ask(&facts, 6_000)), [("sf", ""), ("dhl", "no_rate"), ("old", "inactive"), ("yto", "too_heavy")]);
}

#[test]
fn currencies_are_compared_by_the_rates_of_the_policy() {
    let policy = CarrierPolicy { rates: [(Currency::EUR, 7_800_000)].into(), ..CarrierPolicy::default() };
    let mut facts = facts(policy);
    change(&mut facts, |world| {
        let sf = RateCard { currency: Currency::EUR, ..world::rate("sf", "express", "*", 100, 10, (1, 2)) };
        world.rate_cards = RateCards::new([sf, world::rate("yto", "standard", "*", 800, 200, (2, 4))]);
    });
    let offers = ask(&facts, 1_000);
    assert_eq!(names(&offers), [("sf", ""), ("yto", "")]);
    assert_eq!(offers[0].freight, Money::new(100, Currency::EUR), "the freight stays in its own currency");
    assert_eq!(offers[0].score, 780 + 2 * 100 + 2 * 20);
}

fn fulfilment(quantity: i64) -> Fulfilment {
    Fulfilment {
        id: FulfilmentId::of(OrderId::of("web", "1001"), 1, 0),
        warehouse: Warehouse::new("SH"),
        carrier: "".into(),
        service: "".into(),
        freight: Money::zero(Currency::CNY),
        lines: vec![FulfilmentLine { line: 1, quantity: Quantity::whole(quantity) }],
        state: FulfilmentState::Planned,
        planned_at: NOW,
        promised: None,
        late: false,
    }
}

#[test]
fn choose_takes_the_best_offer_and_keeps_the_others() {
    let facts = facts(CarrierPolicy::default());
    let order = world::order(vec![world::item("1", "L1", 2, "100")]);
    let choice = choose(&order, &fulfilment(2), &facts).expect("a choice");
    assert_eq!((choice.carrier.as_str(), choice.service.as_str()), ("yto", "standard"));
    // Two lamps weigh 2.4 kg but take the room of 4 kg.
    assert_eq!((choice.offers[0].billed_g, choice.freight.minor), (4_000, 1_400));
    assert_eq!((choice.min_days, choice.max_days, choice.offers.len()), (2, 4, 2));
    assert_eq!(choose(&order, &fulfilment(2), &facts), Some(choice));
}

#[test]
fn choose_finds_nobody_where_nobody_goes() {
    let facts = facts(CarrierPolicy::default());
    let mut abroad = world::order(vec![world::item("1", "L1", 2, "100")]);
    if let Some(to) = abroad.header.ship_to.as_mut().and_then(|p| p.destination.as_mut()) {
        to.country = "DE".into();
    }
    assert_eq!(choose(&abroad, &fulfilment(1), &facts), None);
    if let Some(to) = abroad.header.ship_to.as_mut().and_then(|p| p.destination.as_mut()) {
        to.country = String::new(); // the channel's country is assumed
    }
    assert!(choose(&abroad, &fulfilment(1), &facts).is_some());
    abroad.header.ship_to = None;
    assert_eq!(choose(&abroad, &fulfilment(1), &facts), None, "collected");
}

#[test]
fn the_settings_are_read_strictly() {
    let policy: CarrierPolicy = toml::from_str("day = 50\n[rates]\nEUR = 7800000").expect("a policy");
    assert_eq!((policy.day, policy.cost_ppm, policy.rates[&Currency::EUR]), (50, 1_000_000, 7_800_000));
    assert!(toml::from_str::<CarrierPolicy>("days = 50").is_err());
    assert!(toml::from_str::<CarrierPolicy>("day = -1").is_err());
    assert!(toml::from_str::<CarrierPolicy>("[rates]\nEURO = 1").is_err());
}

#[test]
fn what_was_observed_outweighs_the_card_only_when_there_is_much_of_it() {
    let of = |parcels: i64, days: i32| {
        let mut facts = facts(CarrierPolicy::default());
        let way = Way {
            carrier: "yto".into(),
            service: "standard".into(),
            origin: origin("CN", "上海"),
            country: "CN".to_owned(),
            region: region(&destination("江苏省", "苏州市")),
        };
        change(&mut facts, |world| world.transits = Transits::new([(way, days, parcels)]));
        let warehouse = facts.world.warehouses[0].clone();
        let offers = offers(&warehouse, &destination("江苏", "苏州"), Load::ZERO, &facts, None);
        offers.into_iter().find(|offer| offer.carrier == Carrier::new("yto")).expect("an offer")
    };
    // The card says 4 days and 93 in 100 on time; it counts as 50 parcels.
    let none = of(0, 9);
    let few = of(3, 9);
    let many = of(450, 9);
    let lost = none.max_days - 4;
    assert_eq!((none.max_days - lost, none.on_time_ppm), (4, 930_000));
    assert_eq!((few.max_days - lost, few.on_time_ppm), (4, 877_358));
    assert_eq!((many.max_days - lost, many.on_time_ppm), (9, 93_000));
    assert!(few.score < many.score && none.score < few.score);
    let kept = Observed { parcels: 450, on_time: 0, days: 9, prior: 50 };
    assert_eq!(many.observed, Some(kept));
    // Better than its card: counted as on time.
    assert_eq!(of(450, 2).observed.map(|seen| seen.on_time), Some(450));
    // A choice stored before there were observations is read as it was.
    let stored = serde_json::to_string(&Offer { observed: None, ..few }).expect("JSON");
    assert!(!stored.contains("observed"));
    assert_eq!(serde_json::from_str::<Offer>(&stored).expect("an offer").observed, None);
}

#[test]
fn quantiles_of_days_are_those_of_whole_parcels() {
    let mut taken = Taken::default();
    for (days, parcels) in [(1, 5), (2, 4), (7, 1)] {
        taken.add(days, parcels);
    }
    assert_eq!([taken.within(50), taken.within(51), taken.within(90), taken.within(91)], [1, 2, 2, 7]);
    assert_eq!((taken.parcels(), taken.total_days(), taken.up_to(2), taken.up_to(0)), (10, 20, 9, 0));
    assert_eq!(Taken::default().within(90), 0);
}

#[test]
fn a_destination_without_a_region_has_the_zone_of_its_postcode() {
    let place = |region: &str| Destination {
        country: "US".to_owned(),
        region: region.to_owned(),
        postcode: " 73301-0001".to_owned(),
        ..Destination::default()
    };
    assert_eq!(region(&place("")), "733");
    assert_eq!(region(&place("Texas")), region(&place(" texas ")));
}
