//! Where places are, offline: Chinese provinces and prefectures, postcodes, country centres. For distances only.

mod name;

pub use name::{Level, Name};
use std::{collections::HashMap, sync::OnceLock};

/// `kind,country,region,name,also,latitude,longitude`; `also` holds further names, separated by `;`.
/// A city's place is its seat, to about a tenth of a degree.
const TABLE: &str = include_str!("../../data/places.csv");

/// Mean radius of the earth, kilometres (IUGG).
const EARTH_KM: f64 = 6371.0088;

/// A point on the earth, microdegrees, north and east positive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    pub latitude: i64,
    pub longitude: i64,
}

/// One name that the table knows.
#[derive(Debug)]
struct Known {
    /// The name it is matched by, the same for all its other names.
    name: String,
    /// The region it lies in, as matched; empty when the table does not say.
    region: String,
    at: Position,
}

#[derive(Debug, Default)]
struct Country {
    centre: Option<Position>,
    regions: HashMap<String, Known>,
    cities: HashMap<String, Known>,
    /// By their first [`PREFIX`] digits.
    postcodes: HashMap<String, Position>,
}

/// Digits of a Chinese postcode that tell the province.
const PREFIX: usize = 2;

impl Country {
    fn level(&self, level: Level) -> &HashMap<String, Known> {
        match level {
            Level::Region => &self.regions,
            Level::City => &self.cities,
        }
    }
}

/// Finds a place as well as it can: by city, else region, else postcode, else the country's centre.
/// `country` is ISO 3166-1 alpha-2. A city known to lie in another region than the one given is not believed.
pub fn locate(country: &str, region: &str, city: &str, postcode: &str) -> Option<Position> {
    let known = countries().get(country)?;
    let region = known.regions.get(&name::key(region));
    let city = known
        .cities
        .get(&name::key(city))
        .filter(|city| city.region.is_empty() || region.is_none_or(|region| region.name == city.region));
    let postcode = || postcode.trim().get(..PREFIX).and_then(|prefix| known.postcodes.get(prefix)).copied();
    city.or(region).map(|place| place.at).or_else(postcode).or(known.centre)
}

/// The name the table matches `written` by, when it knows it.
fn canonical(level: Level, country: &str, key: &str) -> Option<&'static str> {
    Some(countries().get(country)?.level(level).get(key)?.name.as_str())
}

fn countries() -> &'static HashMap<String, Country> {
    static COUNTRIES: OnceLock<HashMap<String, Country>> = OnceLock::new();
    COUNTRIES.get_or_init(|| {
        let mut found = HashMap::new();
        for row in TABLE.lines().skip(1) {
            let fields: Vec<&str> = row.split(',').collect();
            if let [kind, country, region, name, also, latitude, longitude] = fields[..] {
                let country: &mut Country = found.entry(country.to_owned()).or_default();
                if let (Some(latitude), Some(longitude)) = (microdegrees(latitude), microdegrees(longitude)) {
                    learn(country, kind, (region, name, also), Position { latitude, longitude });
                }
            }
        }
        found
    })
}

fn learn(country: &mut Country, kind: &str, (region, name, also): (&str, &str, &str), at: Position) {
    let canonical = name::key(name);
    let level = match kind {
        "country" => {
            country.centre = Some(at);
            return;
        }
        "postcode" => {
            country.postcodes.insert(canonical, at);
            return;
        }
        "region" => &mut country.regions,
        _ => &mut country.cities,
    };
    for written in std::iter::once(name).chain(also.split(';').filter(|other| !other.is_empty())) {
        let known = Known { name: canonical.clone(), region: name::key(region), at };
        level.entry(name::key(written)).or_insert(known);
    }
}

fn microdegrees(degrees: &str) -> Option<i64> {
    degrees.parse::<f64>().ok().map(|degrees| (degrees * 1e6).round() as i64)
}

/// Great-circle distance, whole kilometres. Uses only operations whose result IEEE 754 fixes to the last bit, so that
/// every machine finds the same distance.
pub fn distance_km(a: Position, b: Position) -> i64 {
    let radians = |microdegrees: i64| microdegrees as f64 * (std::f64::consts::PI / 180e6);
    let latitude = |place: Position| radians(place.latitude.clamp(-90_000_000, 90_000_000));
    let turn = (b.longitude.saturating_sub(a.longitude)).rem_euclid(360_000_000);
    let turn = radians(turn.min(360_000_000 - turn));
    let (north, east) = (sine((latitude(b) - latitude(a)) / 2.0), sine(turn / 2.0));
    let haversine = north * north + cosine(latitude(a)) * cosine(latitude(b)) * east * east;
    (2.0 * EARTH_KM * arcsine(haversine.clamp(0.0, 1.0).sqrt())).round() as i64
}

/// Sine for |x| <= pi/2 by its power series, good to 1e-12.
fn sine(x: f64) -> f64 {
    let mut term = x;
    let mut sum = x;
    for n in 1..10 {
        term *= -x * x / f64::from(2 * n * (2 * n + 1));
        sum += term;
    }
    sum
}

/// Cosine for |x| <= pi/2.
fn cosine(x: f64) -> f64 {
    sine(std::f64::consts::FRAC_PI_2 - x.abs())
}

/// Arcsine for 0 <= x <= 1: the angle is halved three times, then its power series is good to 1e-11.
fn arcsine(x: f64) -> f64 {
    let halve = |x: f64| x / (2.0 * (1.0 + (1.0 - x * x).max(0.0).sqrt())).sqrt();
    let small = halve(halve(halve(x)));
    let square = small * small;
    let mut term = small;
    let mut sum = small;
    for n in 1..8 {
        let odd = f64::from(2 * n - 1);
        term *= square * odd / f64::from(2 * n);
        sum += term / f64::from(2 * n + 1);
    }
    8.0 * sum
}
