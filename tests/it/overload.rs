//! When there is too much to do.

use model::time::{Instant, SECOND};
use tributary::{
    config::{Config, Overload},
    overload::{Load, Mode},
};

fn limits() -> Overload {
    let config =
        "[overload]\nundecided_millis = 4000\nintake_permille = 400\nenter_millis = 1000\nleave_millis = 5000\n";
    Config::read(config, "test").expect("a configuration").overload
}

#[test]
fn the_mode_changes_only_after_a_while_and_does_not_flutter() {
    let mut mode = Mode::new(limits());
    let mut at = |tenths: i64, age_millis: i64, intake_permille: usize| {
        mode.note(Load { age: age_millis * 1000, intake_permille }, Instant(tenths * SECOND / 10))
    };
    assert_eq!(at(0, 5000, 0), None, "high, but not for long");
    assert_eq!(at(5, 100, 0), None, "low again");
    assert_eq!(at(6, 5000, 0), None);
    assert_eq!(at(15, 100, 500), None, "high for another reason");
    assert_eq!(at(16, 5000, 0), Some(true));
    assert_eq!(at(20, 2000, 0), None, "between: it stays");
    assert_eq!(at(90, 2000, 0), None);
    assert_eq!(at(100, 1000, 100), None, "low, but not for long");
    assert_eq!(at(140, 1001, 0), None, "and not all the time");
    assert_eq!(at(150, 0, 0), None);
    assert_eq!(at(199, 0, 0), None);
    assert_eq!(at(200, 0, 0), Some(false));
    assert_eq!(at(201, 0, 0), None);
}
