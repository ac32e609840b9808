//! Rows about whom we sell to, ship from and ship with: customers, warehouses, carriers, rate cards.

use super::row::Row;
use chrono_tz::Tz;
use model::{
    facts::{CarrierFacts, CustomerFacts, RateCard, Tier, WarehouseFacts},
    money::Currency,
    party::{Address, Party},
};

/// Characters of a name, and of a part of an address.
const NAME_MAX: usize = 200;
/// Days of credit, and of a journey.
const DAYS_MAX: i32 = 366;
/// Grams of a parcel, or of a step of a rate card.
const GRAMS_MAX: i64 = 100_000_000;
/// Parts per million.
const WHOLE_PPM: i64 = 1_000_000;
/// On-time rate of a carrier nobody has observed yet.
const ON_TIME_UNKNOWN: i64 = 900_000;
/// Minutes of a day, and the cut-off of a warehouse that does not say: 17:00.
const LAST_MINUTE: i32 = 1_439;
const CUTOFF: i32 = 1_020;

pub(super) fn customer(row: &mut Row<'_>) -> (CustomerFacts, Party) {
    let currency = row.currency("currency").unwrap_or(Currency::CNY);
    let facts = CustomerFacts {
        code: row.code("code"),
        group: row.code("customer_group"),
        tier: tier(row),
        currency,
        credit_limit: row.money("credit_limit", currency),
        payment_days: row.small("payment_days", 0..=DAYS_MAX, 0),
        active: row.yes("active"),
    };
    let address = Address {
        country: row.country("country"),
        region: row.text("region", NAME_MAX),
        city: row.text("city", NAME_MAX),
        district: row.text("district", NAME_MAX),
        street: row.text("street", NAME_MAX),
        postcode: row.text("postcode", 20),
    };
    let party = Party {
        name: row.text("contact", NAME_MAX),
        company: row.text("name", NAME_MAX),
        phones: row.phone("phone"),
        emails: row.email("email"),
        address: (address != Address::default()).then_some(address),
        ..Party::default()
    };
    (facts, party)
}

fn tier(row: &mut Row<'_>) -> Tier {
    match row.text("tier", 20).as_str() {
        "" | "regular" | "普通" => Tier::Regular,
        "key" | "重点" => Tier::Key,
        "strategic" | "战略" => Tier::Strategic,
        _ => {
            row.wrong("not_in_table", "tier");
            Tier::Regular
        }
    }
}

pub(super) fn carrier(row: &mut Row<'_>) -> CarrierFacts {
    CarrierFacts {
        code: row.code("code"),
        name: row.text("name", NAME_MAX),
        on_time_ppm: row.whole("on_time_ppm", 0..=WHOLE_PPM, ON_TIME_UNKNOWN),
        active: row.yes("active"),
    }
}

pub(super) fn warehouse(row: &mut Row<'_>) -> (WarehouseFacts, Tz) {
    let zone = row.text("zone", 64);
    let zone = zone.parse::<Tz>().unwrap_or_else(|_| {
        if !zone.is_empty() {
            row.wrong("unknown_zone", "zone");
        }
        Tz::UTC
    });
    let facts = WarehouseFacts {
        code: row.code("code"),
        name: row.text("name", NAME_MAX),
        country: row.country("country"),
        region: row.text("region", NAME_MAX),
        city: row.text("city", NAME_MAX),
        postcode: row.text("postcode", 20),
        latitude: row.whole("latitude", -90_000_000..=90_000_000, 0),
        longitude: row.whole("longitude", -180_000_000..=180_000_000, 0),
        // What depends on the day is worked out when it is read, and not stored.
        offset_minutes: 0,
        planned_today: 0,
        cutoff_minute: row.small("cutoff_minute", 0..=LAST_MINUTE, CUTOFF),
        daily_capacity: row.small("daily_capacity", 0..=1_000_000, 0),
        active: row.yes("active"),
    };
    (facts, zone)
}

pub(super) fn rate_card(row: &mut Row<'_>) -> RateCard {
    let currency = row.currency("currency").unwrap_or(Currency::CNY);
    let (min_days, max_days) = (row.small("min_days", 0..=DAYS_MAX, 0), row.small("max_days", 0..=DAYS_MAX, 0));
    if min_days > max_days {
        row.wrong("out_of_range", "max_days");
    }
    RateCard {
        carrier: row.code("carrier"),
        service: row.code("service"),
        warehouse: row.code_or_any("warehouse"),
        country: row.country("country"),
        region: row.text("region", NAME_MAX),
        city: row.text("city", NAME_MAX),
        zone: row.text("zone", NAME_MAX),
        currency,
        first_g: row.whole("first_g", 0..=GRAMS_MAX, 0),
        first_price: row.money("first_price", currency),
        step_g: row.whole("step_g", 1..=GRAMS_MAX, 1),
        step_price: row.money("step_price", currency),
        volumetric_divisor: row.whole("volumetric_divisor", 0..=1_000_000, 0),
        max_weight_g: row.whole("max_weight_g", 0..=GRAMS_MAX, 0),
        min_days,
        max_days,
    }
}
