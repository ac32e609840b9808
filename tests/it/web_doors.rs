//! The web's doors, knocked at over a real socket: who gets in, what is kept, what everybody is told.

mod callbacks;
mod channels;
mod documents;
mod folder;
mod house;
mod limits;
mod mending;
mod metrics;
mod orders;
mod overload;
mod uploads;
mod webhooks;
mod wire;
