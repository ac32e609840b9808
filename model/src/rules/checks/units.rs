//! What a unit means for a product.

use crate::{codes::Unit, facts::Product, measure::UnitFactor};

/// How many base units of `product` one `unit` is; an empty unit is the base unit. `None`: the product is not measured
/// in it, or its factor in the master data makes no sense (zero or negative).
pub fn unit_factor(product: &Product, unit: &Unit) -> Option<UnitFactor> {
    if unit.is_empty() || *unit == product.base_unit {
        return Some(UnitFactor { unit: product.base_unit.clone(), num: 1, den: 1 });
    }
    product.units.iter().find(|factor| factor.unit == *unit && factor.num > 0 && factor.den > 0).cloned()
}
