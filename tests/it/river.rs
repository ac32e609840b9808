//! The river from the door to the decided order: real intake, mapping, runner and store; no HTTP.

mod approval;
mod batches;
mod booking;
mod channels;
mod fair;
mod files;
mod intake;
mod large;
mod node;
mod notices;
mod people;
mod permutations;
mod replenish;
mod stock;
mod traces;
pub(crate) mod world;
