//! The core: nouns and rules of orders. No IO, no async, no clock, no randomness.
//!
//! *Architecture invariant:* everything a decision looks at arrives in [`facts::Facts`], `now` included, so the same
//! order, command and facts give the same events on any machine, on any day.

pub mod codes;
pub mod facts;
pub mod ids;
pub mod iso;
pub mod measure;
pub mod message;
pub mod money;
pub mod order;
pub mod party;
pub mod port;
pub mod rules;
pub mod said;
pub mod time;
