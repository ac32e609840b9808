//! Transports, one file each, and the only address of the network.
//!
//! There is one client for the whole program: it follows no redirect, uses no proxy of the environment, unpacks nothing and
//! reads no more of an answer than was allowed.

mod http;

pub use http::{AddressRefused, Client, ClientError, Endpoint};
