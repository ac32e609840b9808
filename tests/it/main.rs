//! Stories against the real shell.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod crash;
mod described;
mod dispatch;
mod overload;
mod program;
mod river;
mod store;
mod tidy;
mod turns;
mod web_doors;
mod web_orders;
