//! Tests of the core: no database, no clock, only values.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod allocation;
mod approval;
mod carrier;
mod checks;
mod ids;
mod matrix;
mod measure;
mod policy;
mod pricing;
mod priority;
mod stories;
mod world;
