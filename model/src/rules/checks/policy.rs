//! The settings of the checks.

use crate::{
    codes::{Role, Unit},
    facts::Product,
    measure::Quantity,
    rules::checks,
    time::{HOUR, Instant},
};
use serde::{Deserialize, Deserializer, de::Error};
use std::collections::BTreeMap;

/// The settings of this rule, `[checks]` of the policy files.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChecksPolicy {
    /// An address something ships to needs a phone, its own or the buyer's.
    pub phone_for_shipping: bool,
    /// An order that ships something needs a buyer in any case; this asks for one of every other order too (a cash
    /// sale over the counter has none).
    pub buyer_always: bool,
    /// Base units that cannot be divided: of a piece nobody can have a half.
    pub whole_units: Vec<Unit>,
    /// Most a line may ask for, whole base units; 0 = no limit.
    pub max_quantity_per_line: i64,
    /// How long two equal orders count as possible duplicates, hours; 0 = never.
    pub duplicate_window_hours: u32,
    /// By how much claimed sums may differ from ours, minor units of the order's currency.
    pub totals_tolerance: i64,
    /// Who must act on a hold, by its code; a code that no check has is a mistake.
    #[serde(deserialize_with = "owners")]
    pub owners: BTreeMap<String, Role>,
    /// Who must act on every other hold.
    pub owner: Role,
    /// Hours until a hold is due; 0 = never.
    pub due_hours: u32,
}

impl Default for ChecksPolicy {
    fn default() -> Self {
        Self {
            phone_for_shipping: true,
            buyer_always: false,
            whole_units: Vec::new(),
            max_quantity_per_line: 100_000,
            duplicate_window_hours: 72,
            totals_tolerance: 0,
            owners: BTreeMap::new(),
            owner: Role::new("order_desk"),
            due_hours: 24,
        }
    }
}

impl ChecksPolicy {
    pub fn owner_of(&self, code: &str) -> Role {
        self.owners.get(code).unwrap_or(&self.owner).clone()
    }

    /// Whether that much of `product`, in its base unit, is a quantity somebody can have.
    pub(in crate::rules) fn can_be_had(&self, product: &Product, base: Quantity) -> bool {
        !self.whole_units.contains(&product.base_unit) || base.0 % Quantity::whole(1).0 == 0
    }

    /// How far back the shell looks for equal orders, microseconds.
    pub fn duplicate_window_micros(&self) -> i64 {
        i64::from(self.duplicate_window_hours) * HOUR
    }

    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        due_after(self.due_hours, now)
    }
}

/// `hours` after `now`; `None` for 0.
pub(crate) fn due_after(hours: u32, now: Instant) -> Option<Instant> {
    (hours > 0).then(|| now.plus(i64::from(hours) * HOUR))
}

fn owners<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Role>, D::Error> {
    let owners = BTreeMap::<String, Role>::deserialize(deserializer)?;
    match owners.keys().find(|code| !checks::codes().any(|known| known == code.as_str())) {
        Some(code) => Err(D::Error::custom(format!("`{code}` is no code of a check"))),
        None => Ok(owners),
    }
}
