//! The river from the door to the decided order: real intake, mapping, runner and store; no HTTP.

mod approval;
mod booking;
mod files;
mod intake;
mod people;
mod permutations;
mod stock;
pub(crate) mod world;
