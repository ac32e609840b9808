//! The river from the door to the decided order: real intake, mapping, runner and store; no HTTP.

mod approval;
mod files;
mod intake;
mod people;
mod permutations;
mod replenish;
mod stock;
pub(crate) mod world;
