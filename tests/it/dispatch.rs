//! Deliveries on their way to a sandbox of partners, over loopback and real sockets.

mod guard;
mod replenish;
mod rules;
mod sandbox;
mod stories;
mod trouble;
mod world;
