//! Crash points: places where a test kills the process to see what survives. They are alive in debug builds only.

/// Every point there is, in alphabetical order: `tests/it/tidy` holds it against the code, and the fault campaign dies at each.
pub const POINTS: [&str; 10] = [
    "dispatch.before_record",
    "dispatch.recorded",
    "dispatch.sent",
    "folder.stored",
    "intake.before_commit",
    "intake.committed",
    "intake.part_committed",
    "orders.before_commit",
    "orders.before_journal",
    "orders.committed",
];

/// Kills this process when `TRIBUTARY_CRASH_AT` names this point (`name` or `name:n` for the n-th passing).
#[cfg(debug_assertions)]
pub fn point(name: &str) {
    use std::sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    };
    static WANTED: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static PASSED: AtomicU64 = AtomicU64::new(0);
    let wanted = WANTED.get_or_init(|| {
        let text = crate::config::environment("TRIBUTARY_CRASH_AT")?;
        let (name, count) = text.split_once(':').unwrap_or((&text, "1"));
        Some((name.to_owned(), count.parse().unwrap_or(1)))
    });
    if let Some((wanted, count)) = wanted
        && wanted == name
        && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == *count
    {
        // As kill -9 would: no destructor, no flush.
        std::process::abort();
    }
}

#[cfg(not(debug_assertions))]
pub const fn point(_name: &str) {}

/// Is the switch `TRIBUTARY_UNSAFE` set to `name`? It breaks a promise on purpose, so that a test shows that it would
/// notice; alive in debug builds only.
#[cfg(debug_assertions)]
pub fn is_unsafe(name: &str) -> bool {
    static SWITCH: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    SWITCH.get_or_init(|| crate::config::environment("TRIBUTARY_UNSAFE")).as_deref() == Some(name)
}

#[cfg(not(debug_assertions))]
pub const fn is_unsafe(_name: &str) -> bool {
    false
}
