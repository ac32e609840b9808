//! Plain data contracts between the shell and the adapters.

pub mod inbound;
pub mod outbound;
