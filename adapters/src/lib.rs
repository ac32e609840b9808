//! Translators: bytes to model and back. No IO, no clock, no randomness; a fault is a value beside the good, never a panic.

pub mod canonical;
pub mod carriers;
pub mod channels;
pub mod connectors;
pub mod decode;
pub mod mapping;
pub mod node;
pub mod sign;
