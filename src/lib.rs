//! The shell: it reads, asks the model, writes, sends.

pub mod app;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
pub mod crash;
pub mod demo;
pub mod dispatch;
pub mod entropy;
pub mod feed;
mod held;
pub mod intake;
pub mod keys;
pub mod master;
pub mod mending;
pub mod metrics;
pub mod orders;
pub mod overload;
pub mod replenish;
pub mod sandbox;
pub mod setup;
pub mod store;
pub mod telemetry;
pub mod traces;
pub mod tracking;
pub mod transit;
pub mod turns;
pub mod verify;
pub mod web;
pub mod words;
pub mod work;
pub mod world;

/// An order is many small texts and lists (docs/performance.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
