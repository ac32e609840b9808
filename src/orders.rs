//! The only place that changes an order. Everything takes a batch: load, facts, decide, append.

mod batch;
mod draft;
mod facts;
mod file;
mod footprint;
mod preview;
mod quote;
mod run;
mod runner;
mod statement;
mod turns;
mod write;

pub use file::{PartyKey, customer_party, refer};
pub use preview::{Preview, preview};
pub use quote::quote;
pub use run::{CommandJob, Did, Finish, Outcome, StatementJob, counted};
pub use runner::{RunError, Runner};
