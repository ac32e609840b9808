//! Deliveries on their way to a sandbox of partners, over loopback and real sockets.

mod batches;
mod booking;
mod crm;
mod desks;
mod guard;
mod redact;
mod rehearse;
mod replenish;
mod rules;
mod sandbox;
mod stories;
mod trouble;
mod webhook;
mod world;
