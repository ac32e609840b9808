//! Pauses and the breaker, without a clock.

use model::time::{HOUR, Instant, MINUTE, SECOND};
use tributary::dispatch::{
    backoff::{ATTEMPTS_MAX, Backoff, SCHEDULE},
    breaker::{Breaker, OPEN},
};

const PLAIN: Backoff = Backoff { permille: 1000 };

#[test]
fn a_delivery_is_tried_for_more_than_three_days() {
    assert_eq!(SCHEDULE.iter().sum::<i64>(), 75 * HOUR + 42 * MINUTE + 35 * SECOND);
    assert!(SCHEDULE.is_sorted());
    assert_eq!(PLAIN.after(ATTEMPTS_MAX, None, 500), None);
}

#[test]
fn pauses_are_jittered_scaled_and_never_shorter_than_asked() {
    for (attempts, asked, dice, pause) in [
        (1, None, 500, 5 * SECOND),
        (1, None, 0, 4 * SECOND),
        (1, None, 1000, 6 * SECOND),
        (1, None, u64::MAX, 6 * SECOND),
        (2, None, 500, 30 * SECOND),
        (11, None, 500, 24 * HOUR),
        (1, Some(90 * SECOND), 500, 90 * SECOND),
        (1, Some(i64::MAX), 500, 24 * HOUR),
        (1, Some(-1), 500, 5 * SECOND),
        // A partner that is always busy for a second does not use up a delivery in a minute.
        (6, Some(SECOND), 500, 2 * HOUR),
    ] {
        assert_eq!(PLAIN.after(attempts, asked, dice), Some(pause), "{attempts} {asked:?} {dice}");
        assert_eq!(Backoff { permille: 1 }.after(attempts, asked, dice), Some(pause / 1000));
    }
}

fn at(seconds: i64) -> Instant {
    Instant(seconds * SECOND)
}

#[test]
fn ten_failures_in_a_row_open_and_probes_close_again() {
    let mut breaker = Breaker::new(PLAIN);
    for n in 0..9 {
        breaker.note(false, at(n * 60));
        assert_eq!(breaker.at_once(at(n * 60)), None);
    }
    breaker.note(false, at(540));
    assert_eq!(breaker.at_once(at(540)), Some(0));
    assert_eq!(breaker.closed_until(at(540)), Some(at(540).plus(OPEN)));
    // A late answer to what was begun before changes nothing.
    breaker.note(true, at(541));
    assert_eq!(breaker.at_once(at(569)), Some(0));
    let now = at(570);
    for allowed in [1, 2, 4] {
        for _ in 0..allowed {
            assert_eq!(breaker.at_once(now), Some(allowed));
            breaker.note(true, now);
        }
    }
    assert_eq!(breaker.at_once(now), None);
}

#[test]
fn a_probe_that_fails_opens_again() {
    let mut breaker = Breaker::new(PLAIN);
    (0..10).for_each(|_| breaker.note(false, at(0)));
    assert_eq!(breaker.at_once(at(30)), Some(1));
    breaker.note(true, at(30));
    assert_eq!(breaker.at_once(at(30)), Some(2));
    breaker.note(false, at(31));
    assert_eq!(breaker.at_once(at(60)), Some(0));
    assert_eq!(breaker.at_once(at(61)), Some(1));
}

#[test]
fn most_of_many_opens_and_half_of_them_does_not() {
    let mut flapping = Breaker::new(PLAIN);
    for n in 0..1000 {
        flapping.note(n % 2 == 0, at(n / 20));
    }
    assert_eq!(flapping.at_once(at(50)), None);
    let mut failing = Breaker::new(PLAIN);
    for works in [true, false, false, true, false, false, true, false, false] {
        failing.note(works, at(0));
    }
    assert_eq!(failing.at_once(at(0)), None, "nine calls say nothing");
    failing.note(false, at(0));
    assert_eq!(failing.at_once(at(0)), Some(0));
}

#[test]
fn failures_of_long_ago_do_not_count() {
    let mut breaker = Breaker::new(PLAIN);
    (0..8).for_each(|_| breaker.note(false, at(0)));
    breaker.note(true, at(31));
    (0..8).for_each(|_| breaker.note(false, at(40)));
    assert_eq!(breaker.at_once(at(40)), None);
}

#[test]
fn a_partner_that_asks_for_rest_gets_it() {
    let mut breaker = Breaker::new(PLAIN);
    breaker.rest(90 * SECOND, at(10));
    breaker.rest(SECOND, at(11));
    assert_eq!(breaker.at_once(at(99)), Some(0));
    assert_eq!(breaker.closed_until(at(20)), Some(at(100)));
    assert_eq!(breaker.at_once(at(100)), None);
}
