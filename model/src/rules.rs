//! The rules. Each returns its result and its reasons.

pub mod allocation;
pub mod approval;
pub mod carrier;
pub mod checks;
pub mod condition;
pub mod freight;
pub mod places;
pub mod policy;
pub mod pricing;
pub mod priority;
