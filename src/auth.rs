//! Who calls, and what they may do. Deny by default; permission is a value that handlers ask for.

use model::{
    codes::{Channel, Role, User},
    order::event::Actor,
};

/// What a caller may be allowed to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Permission {
    /// Bring documents of a channel.
    Bring,
    ReadOrders,
    /// Amend, cancel, resolve holds, redecide.
    ChangeOrders,
    /// Sign approvals; the policy decides whose signature counts.
    Approve,
    /// Read the change feed, stock and deliveries.
    ReadFeed,
    ReadDocuments,
    ReplayDocuments,
    /// Products, prices, customers, warehouses, carriers.
    WriteMasterData,
    WriteStock,
    ReadDeliveries,
    Redrive,
    /// Approve and dismiss what is proposed to be bought.
    Replenish,
    /// Erase a person.
    Erase,
}

/// Roles, in a few words and in all detail what each may do. A role not listed may do nothing.
const ROLES: &[(&str, &str, &[Permission])] = &[
    (
        "admin",
        "everything but signing approvals",
        &[
            Permission::Bring,
            Permission::ReadOrders,
            Permission::ChangeOrders,
            Permission::ReadFeed,
            Permission::ReadDocuments,
            Permission::ReplayDocuments,
            Permission::WriteMasterData,
            Permission::WriteStock,
            Permission::ReadDeliveries,
            Permission::Redrive,
            Permission::Replenish,
            Permission::Erase,
        ],
    ),
    (
        "channel",
        "brings documents of its channel and reads what became of them",
        &[Permission::Bring, Permission::ReadDocuments],
    ),
    ("credit_controller", "reads, changes and signs orders", APPROVER),
    (
        "erp",
        "reads orders and the feed, counts stock",
        &[Permission::ReadOrders, Permission::ReadFeed, Permission::WriteStock, Permission::ReadDeliveries],
    ),
    ("finance", "reads, changes and signs orders", APPROVER),
    ("general_manager", "reads, changes and signs orders", APPROVER),
    ("logistics", "changes and ships orders, counts stock, redrives deliveries", DESK),
    (
        "order_desk",
        "brings and changes orders, reads documents again",
        &[
            Permission::Bring,
            Permission::ReadOrders,
            Permission::ChangeOrders,
            Permission::ReadFeed,
            Permission::ReadDocuments,
            Permission::ReplayDocuments,
            Permission::ReadDeliveries,
        ],
    ),
    ("product_engineer", "reads, changes and signs orders", APPROVER),
    (
        "purchasing",
        "counts stock, approves what is bought, redrives deliveries",
        &[
            Permission::ReadOrders,
            Permission::ChangeOrders,
            Permission::ReadFeed,
            Permission::ReadDocuments,
            Permission::WriteStock,
            Permission::ReadDeliveries,
            Permission::Redrive,
            Permission::Replenish,
        ],
    ),
    (
        "reader",
        "reads orders, the feed, documents and deliveries",
        &[Permission::ReadOrders, Permission::ReadFeed, Permission::ReadDocuments, Permission::ReadDeliveries],
    ),
    ("sales_director", "reads, changes and signs orders", APPROVER),
    ("sales_manager", "reads, changes and signs orders", APPROVER),
];

const APPROVER: &[Permission] = &[
    Permission::ReadOrders,
    Permission::ChangeOrders,
    Permission::Approve,
    Permission::ReadFeed,
    Permission::ReadDocuments,
    Permission::ReadDeliveries,
];

const DESK: &[Permission] = &[
    Permission::ReadOrders,
    Permission::ChangeOrders,
    Permission::ReadFeed,
    Permission::ReadDocuments,
    Permission::WriteStock,
    Permission::ReadDeliveries,
    Permission::Redrive,
];

/// The names of all roles, for messages and `--help`.
pub fn roles() -> impl Iterator<Item = &'static str> {
    ROLES.iter().map(|(name, ..)| *name)
}

/// A line for each role.
pub fn roles_told() -> String {
    let lines = ROLES.iter().map(|(name, about, _)| format!("  {name:<18} {about}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The names of the roles that may do this.
pub fn roles_with(permission: Permission) -> impl Iterator<Item = &'static str> {
    ROLES.iter().filter(move |(.., permissions)| permissions.contains(&permission)).map(|(name, ..)| *name)
}

/// A proven caller.
#[derive(Clone, Debug)]
pub struct Claim {
    pub user: User,
    pub role: Role,
    /// The key's public id.
    pub key: String,
    /// Set for a key that may only serve one channel.
    pub channel: Option<Channel>,
}

impl Claim {
    pub fn may(&self, permission: Permission) -> bool {
        ROLES.iter().any(|(name, _, permissions)| self.role == *name && permissions.contains(&permission))
    }

    /// A channel key may only serve its channel.
    pub fn may_bring_to(&self, channel: &str) -> bool {
        self.may(Permission::Bring) && self.channel.as_ref().is_none_or(|own| *own == *channel)
    }

    pub fn actor(&self) -> Actor {
        match &self.channel {
            Some(channel) => Actor::Channel { channel: channel.clone() },
            None => Actor::User { user: self.user.clone(), role: self.role.clone(), key: self.key.clone() },
        }
    }
}
