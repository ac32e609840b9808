//! The order: several small machines in one state, moved by events only.

pub mod advance;
pub mod apply;
pub mod change;
pub mod command;
pub mod decide;
pub mod deed;
pub mod effects;
pub mod event;
mod promise;
pub mod refusal;
pub mod state;
pub mod status;
