//! Dates and times as people and programs write them. What can be read in two ways is refused, not guessed.

use super::{text, zones};
use chrono::{DateTime, Duration, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone};
use chrono_tz::Tz;
use model::time::{Instant, SourceTime};

/// Years a date may have; anything else is a slip.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

/// The order of day, month and year where the year is not written first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum DayOrder {
    /// Only dates that begin with a year of four digits can be read.
    #[default]
    Ymd,
    Dmy,
    Mdy,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum DateFault {
    NotADate,
    /// What it could mean.
    Ambiguous(Vec<NaiveDate>),
}

/// A date as written: perhaps with a time of day, perhaps with minutes east of UTC or the name of a zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Written {
    pub(super) date: NaiveDate,
    pub(super) time: Option<NaiveTime>,
    pub(super) offset: Option<i32>,
    pub(super) zone: Option<Tz>,
}

impl Written {
    pub(super) fn from_local(at: NaiveDateTime) -> Self {
        Self { date: at.date(), time: Some(at.time()), offset: None, zone: None }
    }

    /// The instant; without an offset or a zone of its own it is local time in `zone`.
    ///
    /// An hour that comes twice (end of summer time) is its first; an hour that is skipped is read with the offset before
    /// the change, so 02:30 becomes 03:30.
    pub(super) fn instant(self, zone: Tz) -> SourceTime {
        let local = self.date.and_time(self.time.unwrap_or(NaiveTime::MIN));
        let minutes = self.offset.unwrap_or_else(|| zone_offset(local, self.zone.unwrap_or(zone)));
        let utc = local - Duration::minutes(i64::from(minutes));
        SourceTime { at: Instant(utc.and_utc().timestamp_micros()), offset: i16::try_from(minutes).unwrap_or(0) }
    }
}

fn zone_offset(local: NaiveDateTime, zone: Tz) -> i32 {
    let seconds = match zone.offset_from_local_datetime(&local) {
        MappedLocalTime::Single(offset) | MappedLocalTime::Ambiguous(offset, _) => offset.fix().local_minus_utc(),
        MappedLocalTime::None => zone
            .offset_from_local_datetime(&(local - Duration::hours(3)))
            .earliest()
            .map_or(0, |offset| offset.fix().local_minus_utc()),
    };
    seconds.div_euclid(60)
}

/// The date of a workbook's serial number. Day 60 of the 1900 system is 29 February 1900, which never was.
pub(super) fn from_serial(serial: f64, from_1904: bool) -> Option<NaiveDateTime> {
    if !(0.0..2_958_466.0).contains(&serial) || (!from_1904 && (serial < 1.0 || serial.trunc() == 60.0)) {
        return None;
    }
    let epoch = match (from_1904, serial < 60.0) {
        (true, _) => NaiveDate::from_ymd_opt(1904, 1, 1)?,
        (false, true) => NaiveDate::from_ymd_opt(1899, 12, 31)?,
        (false, false) => NaiveDate::from_ymd_opt(1899, 12, 30)?,
    };
    // Whole seconds: a workbook's fraction of a day is not exact below that.
    let seconds = (serial.fract() * 86_400.0).round() as i64;
    let at = epoch.and_time(NaiveTime::MIN) + Duration::days(serial.trunc() as i64) + Duration::seconds(seconds);
    YEARS.contains(&chrono::Datelike::year(&at)).then_some(at)
}

/// The instant of seconds (or milliseconds, `per_second` 1000) since 1970.
pub(super) fn from_unix(number: i64, per_second: i64, zone: Tz) -> Option<SourceTime> {
    let micros = number.checked_mul(model::time::SECOND / per_second)?;
    let utc = DateTime::from_timestamp_micros(micros)?;
    if !YEARS.contains(&chrono::Datelike::year(&utc)) {
        return None;
    }
    let offset = zone.offset_from_utc_datetime(&utc.naive_utc()).fix().local_minus_utc();
    Some(SourceTime { at: Instant(micros), offset: i16::try_from(offset.div_euclid(60)).unwrap_or(0) })
}

/// Reads a date with an optional time and offset.
pub(super) fn parse(source: &str, order: DayOrder) -> Result<Written, DateFault> {
    let cleaned = text::clean(source);
    let narrow = text::narrow(text::unwrapped(&cleaned));
    let mut rest = Scanner(narrow.trim());
    if rest.0.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return rfc2822(rest.0).ok_or(DateFault::NotADate);
    }
    let (date, clock) = read_date(&mut rest, order)?;
    let found = match clock {
        Some(time) => rest.0.is_empty().then_some(Written { date, time: Some(time), offset: None, zone: None }),
        None => read_time(&mut rest).map(|(time, offset, zone)| Written { date, time, offset, zone }),
    };
    found.ok_or(DateFault::NotADate)
}

/// `Tue, 20 Nov 2012 00:00:00 +0000`
fn rfc2822(source: &str) -> Option<Written> {
    let at = DateTime::parse_from_rfc2822(source).ok()?;
    let local = at.naive_local();
    Some(Written {
        date: local.date(),
        time: Some(local.time()),
        offset: Some(at.offset().local_minus_utc().div_euclid(60)),
        zone: None,
    })
}

/// Takes numbers and marks off the front of a text.
#[derive(Debug)]
struct Scanner<'a>(&'a str);

impl<'a> Scanner<'a> {
    fn digits(&mut self) -> &'a str {
        let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at(end);
        self.0 = rest;
        digits
    }

    /// A number of `least` to `most` digits.
    fn number(&mut self, least: usize, most: usize) -> Option<u32> {
        let digits = self.digits();
        if (least..=most).contains(&digits.len()) { digits.parse().ok() } else { None }
    }

    fn mark(&mut self, marks: &[char]) -> bool {
        self.0.strip_prefix(marks).map(|rest| self.0 = rest).is_some()
    }

    fn word(&mut self, words: &[&str]) -> bool {
        let found = words.iter().find(|w| self.0.get(..w.len()).is_some_and(|head| head.eq_ignore_ascii_case(w)));
        found.map(|w| self.0 = &self.0[w.len()..]).is_some()
    }

    fn spaces(&mut self) {
        self.0 = self.0.trim_start();
    }
}

type DateAndClock = (NaiveDate, Option<NaiveTime>);

fn read_date(rest: &mut Scanner<'_>, order: DayOrder) -> Result<DateAndClock, DateFault> {
    let first = rest.digits();
    let number = |digits: &str| digits.parse::<u32>().map_err(|_| DateFault::NotADate);
    match first.len() {
        8 | 12 | 14 => compact(first).ok_or(DateFault::NotADate),
        4 => {
            let year = number(first)?;
            let date = year_first(rest, year).ok_or(DateFault::NotADate)?;
            Ok((date, None))
        }
        1 | 2 => {
            let first = number(first)?;
            let parts = (|| {
                rest.mark(&['/', '-', '.']).then_some(())?;
                let second = rest.number(1, 2)?;
                rest.mark(&['/', '-', '.']).then_some(())?;
                let year = rest.digits();
                let year: u32 = year.parse().ok().filter(|_| matches!(year.len(), 2 | 4))?;
                Some((second, if year < 100 { 2000 + year } else { year }))
            })();
            let (second, year) = parts.ok_or(DateFault::NotADate)?;
            year_last(first, second, year, order).map(|date| (date, None))
        }
        _ => Err(DateFault::NotADate),
    }
}

fn date(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    let year = i32::try_from(year).ok().filter(|year| YEARS.contains(year))?;
    NaiveDate::from_ymd_opt(year, month, day)
}

/// `2026-01-31`, `2026/1/31`, `2026.1.31`, `2026年1月31日`, after the year.
fn year_first(rest: &mut Scanner<'_>, year: u32) -> Option<NaiveDate> {
    rest.mark(&['-', '/', '.', '年']).then_some(())?;
    rest.spaces();
    let month = rest.number(1, 2)?;
    rest.mark(&['-', '/', '.', '月']).then_some(())?;
    rest.spaces();
    let day = rest.number(1, 2)?;
    rest.mark(&['日', '号']);
    date(year, month, day)
}

fn year_last(first: u32, second: u32, year: u32, order: DayOrder) -> Result<NaiveDate, DateFault> {
    let (day_first, month_first) = (date(year, second, first), date(year, first, second));
    match order {
        DayOrder::Dmy => day_first.ok_or(DateFault::NotADate),
        DayOrder::Mdy => month_first.ok_or(DateFault::NotADate),
        DayOrder::Ymd => {
            let mut readings: Vec<NaiveDate> = [day_first, month_first].into_iter().flatten().collect();
            readings.dedup();
            Err(if readings.is_empty() { DateFault::NotADate } else { DateFault::Ambiguous(readings) })
        }
    }
}

/// `20260131`, `202601311405`, `20260131140509`
fn compact(digits: &str) -> Option<DateAndClock> {
    let part = |from: usize, to: usize| digits.get(from..to).map_or(Some(0), |text| text.parse::<u32>().ok());
    let date = date(part(0, 4)?, part(4, 6)?, part(6, 8)?)?;
    if digits.len() == 8 {
        return Some((date, None));
    }
    let time = NaiveTime::from_hms_opt(part(8, 10)?, part(10, 12)?, part(12, 14)?)?;
    Some((date, Some(time)))
}

type Clock = (Option<NaiveTime>, Option<i32>, Option<Tz>);

/// The time of day after a date: nothing, `14:05`, `T14:05:09.120+08:00`, `下午2:05`, `5:18 PM`, `14时05分`,
/// `10:12 Europe/Berlin`.
fn read_time(rest: &mut Scanner<'_>) -> Option<Clock> {
    rest.mark(&['T', 't', ',']);
    rest.spaces();
    if rest.0.is_empty() {
        return Some((None, None, None));
    }
    let (mut noon, mut before_noon) = (rest.word(&["下午", "晚上"]), rest.word(&["上午", "凌晨"]));
    rest.spaces();
    let mut hour = rest.number(1, 2)?;
    rest.mark(&[':', '时', '点']).then_some(())?;
    let minute = rest.number(1, 2)?;
    let more = rest.mark(&[':', '分']);
    let second = if more && rest.0.starts_with(|c: char| c.is_ascii_digit()) { rest.number(1, 2)? } else { 0 };
    let micros = if rest.mark(&['.']) { fraction(rest.digits())? } else { 0 };
    rest.mark(&['秒']);
    rest.spaces();
    // Amsterdam and America begin like a morning.
    let mut zone = zones::named(rest.0);
    if zone.is_none() {
        noon |= rest.word(&["pm", "p.m."]);
        before_noon |= rest.word(&["am", "a.m."]);
        rest.spaces();
        zone = zones::named(rest.0);
    }
    match (noon, before_noon, hour) {
        (true, true, _) => return None,
        (true, false, 1..=11) => hour += 12,
        (false, true, 12) => hour = 0,
        _ => {}
    }
    let time = NaiveTime::from_hms_micro_opt(hour, minute, second, micros)?;
    if zone.is_some() {
        return Some((Some(time), None, zone));
    }
    let offset = read_offset(rest)?;
    rest.0.is_empty().then_some((Some(time), offset, None))
}

/// Microseconds of a decimal fraction of a second; finer digits are dropped.
fn fraction(digits: &str) -> Option<u32> {
    let kept = digits.get(..digits.len().min(6)).filter(|kept| !kept.is_empty())?;
    kept.parse::<u32>().ok().map(|n| n * 10_u32.pow(6 - kept.len() as u32))
}

/// `Z`, `UTC`, `+08:00`, `-0500`, or nothing (`Some(None)`); `None` when it is none of them.
fn read_offset(rest: &mut Scanner<'_>) -> Option<Option<i32>> {
    if rest.word(&["z", "utc", "gmt"]) {
        return Some(Some(0));
    }
    let sign = if rest.mark(&['+']) {
        1
    } else if rest.mark(&['-']) {
        -1
    } else {
        return Some(None);
    };
    let digits = rest.digits();
    let (hours, minutes) = match digits.len() {
        4 => (digits[..2].parse::<i32>().ok()?, digits[2..].parse::<i32>().ok()?),
        2 => (digits.parse().ok()?, if rest.mark(&[':']) { rest.number(2, 2)?.cast_signed() } else { 0 }),
        _ => return None,
    };
    (hours <= 14 && minutes < 60).then_some(Some(sign * (hours * 60 + minutes)))
}
